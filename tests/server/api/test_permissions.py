"""Who may ask for what: nobody without signing in, and nobody for another person's rows."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from strawberry.types.base import StrawberryObjectDefinition

from tests.server.minutes import LAPTOP, batch_input, message_input, minute
from tests.server.senders import stored
from waw_server.accounts.models import AuthCache, Consent
from waw_server.api.permissions import PUBLIC, IsSignedIn, ShowsToken
from waw_server.api.schema import schema
from waw_server.blinks.models import BlinkQuarter, Device, Message

ANSWERED = None


@dataclass(frozen=True, slots=True)
class Row:
    """One root field, and what comes of it for each asker.

    Attributes:
        document: The operation, in full.
        variables: For it, with the ids of what is bob's wherever an id is taken.
        nobody: The code that a stranger is refused with, ANSWERED if he is not.
        staff: The same for charlie, who is staff and is not tracked.
    """

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    nobody: str | None = "UNAUTHENTICATED"
    staff: str | None = ANSWERED


BOBS = minute(1, blinks=tuple((onset_ms, 100, 90) for onset_ms in range(0, 33_000, 1000)))
OTHERS = minute(1, seen_ms=10)
BOBS_SESSION = UUID(int=0xB0B)

# A root field that is added without a row here fails a test below.
ROWS = {
    "blinkHistory": Row(
        "query ($device: UUID) { blinkHistory("
        '    from: "2026-03-02T00:00:00Z", to: "2026-03-03T00:00:00Z",'
        '    bucket: HOUR, timeZone: "UTC", device: $device'
        ") { starts blinks } }",
        {"device": str(LAPTOP)},
    ),
    "health": Row("{ health { status version } }", nobody=ANSWERED),
    "profile": Row(
        "{ profile { email consents { textHash } devices { id name } today { blinks } } }"
    ),
    "grantConsent": Row(
        "mutation ($input: GrantConsentInput!) { grantConsent(input: $input) { textHash } }",
        {
            "input": {
                "purpose": "CLOUD_SYNC",
                "textHash": "c" * 64,
                "grantedAt": "2026-03-02T09:00:00Z",
                "clientSentAt": "2026-03-02T09:00:00Z",
            }
        },
    ),
    "browserSignIn": Row("{ browserSignIn { clientId } }", nobody=ANSWERED),
    "loginWithOidc": Row(
        "mutation ($input: LoginWithOidcInput!) { loginWithOidc(input: $input) { __typename } }",
        {
            "input": {
                "code": "a-guess",
                "codeVerifier": "v" * 43,
                "redirectUri": "http://127.0.0.1:1234/",
                "nonce": "n" * 43,
                "email": "bob@example.com",
            }
        },
        nobody=ANSWERED,
    ),
    "login": Row(
        "mutation ($input: LoginInput!) { login(input: $input) { __typename } }",
        {"input": {"email": "bob@example.com", "password": "a guess", "deviceId": str(LAPTOP)}},
        nobody=ANSWERED,
    ),
    "logout": Row("mutation { logout(everywhere: true) { sessionsEnded } }"),
    "refreshSession": Row(
        "mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }",
        {"token": "a guess"},
        nobody=ANSWERED,
    ),
    "revokeSession": Row(
        "mutation ($id: UUID!) { revokeSession(id: $id) { sessionsEnded } }",
        {"id": str(BOBS_SESSION)},
    ),
    "sessions": Row("{ sessions { id deviceName isCurrent } }"),
    "syncBlinks": Row(
        "mutation ($input: SyncBlinksInput!) { syncBlinks(input: $input) {"
        "    statuses codes watermark } }",
        {"input": batch_input(OTHERS, minute(2), sent_at=timezone.now())},
        staff="CONSENT_REQUIRED",
    ),
    "tally": Row(
        "query ($device: UUID!) { tally(deviceId: $device) { messages watermark } }",
        {"device": str(LAPTOP)},
    ),
    "trackBlink": Row(
        "mutation ($input: MessageInput!) { trackBlink(input: $input) { status code } }",
        {"input": message_input(OTHERS)},
        staff="CONSENT_REQUIRED",
    ),
    "withdrawConsent": Row(
        "mutation { withdrawConsent(input: {purpose: CLOUD_SYNC}) { textHash } }",
        staff="BAD_USER_INPUT",
    ),
}
# What sockets are for; who may is in test_socket.py and test_live.py.
SUBSCRIPTIONS = {"blinkUpdates"}
TABLES = (AuthCache, Consent, Device, Message, BlinkQuarter)


def _root_fields():
    """Return every root field of the schema by the name that clients use."""
    name = schema.config.name_converter.get_graphql_name
    roots = [schema.get_type_by_name(root) for root in ("Query", "Mutation", "Subscription")]
    return {
        name(it): it
        for root in roots
        if isinstance(root, StrawberryObjectDefinition)
        for it in root.fields
    }


def _code(answer):
    errors = answer.get("errors")
    return errors[0]["extensions"]["code"] if errors else ANSWERED


def _counts():
    return [model.objects.count() for model in TABLES]


@pytest.fixture
def bobs_minute(bob, now, signed_in):
    """Store a minute of 33 blinks of bob's, from a device whose id others might learn."""
    stored(bob, BOBS, device_name="bob's laptop", at=now)
    signed_in(bob, LAPTOP)
    AuthCache.objects.filter(user=bob).update(id=BOBS_SESSION)


def test_every_root_field_is_guarded_or_listed_as_public():
    """Deny by default: a field without a permission is reported by name."""
    unguarded = {
        name
        for name, it in _root_fields().items()
        if not any(issubclass(each, IsSignedIn) for each in it.permission_classes)
    }

    assert unguarded == PUBLIC


def test_only_what_asks_within_its_statement_is_let_in_with_a_token_alone():
    """The two whose statement finds no sender without a living session."""
    guarded = _root_fields().items()

    assert {name for name, it in guarded if ShowsToken in it.permission_classes} == {
        "trackBlink",
        "syncBlinks",
    }


def test_every_root_field_has_a_row():
    assert set(ROWS) | SUBSCRIPTIONS == set(_root_fields())


@pytest.mark.parametrize("name", ROWS)
def test_nobody(post, bobs_minute, rows_of, bob, name):
    """A stranger is refused, and changes nothing, not even by trying."""
    row = ROWS[name]
    before, counts = rows_of(bob), _counts()

    answer = post(row.document, row.variables)

    assert _code(answer) == row.nobody
    assert rows_of(bob) == before
    assert _counts() == counts


@pytest.mark.parametrize("name", ROWS)
def test_herself_and_nobody_elses(post, bobs_minute, rows_of, alice, bob, signed_in, name):
    """Alice is answered, with bob's ids too, and meets nothing of bob's by them."""
    row = ROWS[name]
    before = rows_of(bob)

    answer = post(row.document, row.variables, signed_in(alice).access)

    assert _code(answer) is ANSWERED
    assert not _tells_of_bob(answer)
    assert rows_of(bob) == before


@pytest.mark.parametrize("name", ROWS)
def test_staff_is_nobody_special(post, bobs_minute, rows_of, bob, charlie, signed_in, name):
    """Charlie gets his own, which is little, and nothing of bob's."""
    row = ROWS[name]
    before = rows_of(bob)

    answer = post(row.document, row.variables, signed_in(charlie).access)

    assert _code(answer) == row.staff
    assert not _tells_of_bob(answer)
    assert rows_of(bob) == before


@pytest.mark.parametrize("name", sorted(set(ROWS) - PUBLIC))
def test_whoever_was_switched_off_is_nobody(post, alice, signed_in, name):
    """Before his token expires."""
    row = ROWS[name]
    token = signed_in(alice).access
    alice.is_active = False
    alice.save()

    answer = post(row.document, row.variables, token)

    assert _code(answer) == "UNAUTHENTICATED"
    assert not Device.objects.exists()


def _tells_of_bob(answer):
    text = json.dumps(answer)
    # His name, and how often he blinked, unless it is a part of an id made by chance.
    return "bob" in text or re.search(r"\b33\b", text) is not None


def test_a_message_of_bobs_id_is_alices_own(post, bobs_minute, alice, bob, signed_in):
    """The answer neither confirms nor denies that bob has one; each keeps their own."""
    row = ROWS["syncBlinks"]

    answer = post(row.document, row.variables, signed_in(alice).access)["data"]["syncBlinks"]

    assert answer == {"statuses": ["ACCEPTED"] * 2, "codes": [None] * 2, "watermark": "2"}
    stored = {it.user: it.seen_ms for it in Message.objects.filter(message_id=OTHERS.message_id)}
    assert stored == {alice: 10, bob: 50_000}


def test_a_device_of_bobs_id_is_alices_own(post, bobs_minute, alice, bob, signed_in):
    row = ROWS["syncBlinks"]

    post(row.document, row.variables, signed_in(alice, LAPTOP, "alice's laptop").access)

    found = {it.user: it.name for it in Device.objects.filter(device_id=LAPTOP)}
    assert found == {alice: "alice's laptop", bob: "bob's laptop"}


def test_bobs_refresh_token_opens_bobs_session_only(post, alice, bob, signed_in):
    """Sent with alice's access token, it is still bob's."""
    his, hers = signed_in(bob), signed_in(alice)

    answer = post(
        "mutation ($token: String!) { refreshSession(refreshToken: $token) {"
        "    ... on RefreshSuccess { accessToken } } }",
        {"token": his.refresh},
        hers.access,
    )

    token = answer["data"]["refreshSession"]["accessToken"]
    assert post("{ profile { email } }", token=token)["data"]["profile"]["email"] == (
        "bob@example.com"
    )


def test_several_fields_are_each_guarded(post, bobs_minute):
    """What is public answers beside what is not; nothing leaks from the one to the other."""
    answer = post("{ health { status } one: profile { email } two: profile { id } }")

    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}
