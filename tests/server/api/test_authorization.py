"""Who gets what: every field of the API, for nobody, its person, another, staff and an operator.

Two tables. `ROOTS` has what comes of each root field for each asker, `FIELDS` whose data each
field of an object shows. A field without a row fails by its name, and so does a row without a
field. Each row of `ROOTS` is asked for real, with all that can be selected below it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from tests.server.minutes import LAPTOP, Minute, batch_input, message_input, minute
from tests.server.senders import stored
from tests.server.sockets import noon_zone, opened
from waw_server.accounts.models import AuthCache, Consent, User
from waw_server.api.permissions import PUBLIC, IsSignedIn, ShowsToken
from waw_server.api.schema import schema
from waw_server.blinks.models import BlinkQuarter, Device, Message
from waw_server.privacy import erase

BOBS_ID = "b0b00000-0000-4000-8000-000000000001"
BOBS_SESSION = "b0b00000-0000-4000-8000-000000000002"
BOBS_PASSWORD = "bob's password"


@dataclass(frozen=True, slots=True)
class Asker:
    """What somebody knows when asking.

    Attributes:
        is_bob: Whether it is bob, whose things are asked for.
        password: Bob's; a guess of anybody else.
        refresh_token: Bob's; of anybody else the same with a tag made up, session and all.
        message: The first that bob sent.
        prepared: What the fixture of the row returned, if it needs one.
    """

    is_bob: bool
    password: str
    refresh_token: str
    message: Minute
    prepared: Any = None


@dataclass(frozen=True, slots=True)
class Row:
    """One way to ask for a root field.

    Attributes:
        outcomes: For each of ROLES, what comes of it: the code of the error, which of a union's
            types is the answer, or ANSWERED.
        variables: What is sent, with the ids of what is bob's wherever an id is taken.
        shows: The types of the objects that bob is answered with.
        needs: A fixture to prepare what it is about.
    """

    outcomes: tuple[str | None, ...]
    shows: frozenset[str]
    variables: Callable[[Asker], dict[str, Any]] = lambda _: {}
    needs: str | None = None


def _login(it: Asker) -> dict[str, Any]:
    return {
        "input": {
            "email": "bob@example.com",
            "password": it.password,
            "deviceId": str(LAPTOP),
            "deviceName": "a tracker",
        }
    }


def _code_of_a_browser(_: Asker) -> dict[str, Any]:
    return {
        "input": {
            "code": "a-guess",
            "codeVerifier": "v" * 43,
            "redirectUri": "http://127.0.0.1:1234/",
            "nonce": "n" * 43,
            "email": "bob@example.com",
        }
    }


def _consent(it: Asker) -> dict[str, Any]:
    return {
        "input": {
            "purpose": "CLOUD_SYNC",
            "textHash": ("b" if it.is_bob else "c") * 64,
            "grantedAt": "2026-03-02T09:00:00Z",
            "clientSentAt": "2026-03-02T09:00:00Z",
        }
    }


def _around_now(_: Asker) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "from": (now - timedelta(days=1)).isoformat(),
        "to": (now + timedelta(days=1)).isoformat(),
        "bucket": "DAY",
        "timeZone": noon_zone(),
        "device": str(LAPTOP),
    }


ANSWERED = None
OUT, CONSENT = "UNAUTHENTICATED", "CONSENT_REQUIRED"
WRONG, SENT_AWAY = "InvalidCredentials", "4401"

# Bob asks for what is his; alice, who is tracked too, charlie, who is staff, and olga, who may do
# everything in the admin, ask with his ids. The API knows no ranks: to it they are all others.
ROLES = ("nobody", "bob", "alice", "charlie", "olga")
# fmt: off
#              nobody       bob              alice        charlie      olga
PUBLICLY    = (ANSWERED,    ANSWERED,        ANSWERED,    ANSWERED,    ANSWERED)
SIGNED_IN   = (OUT,         ANSWERED,        ANSWERED,    ANSWERED,    ANSWERED)
IN_A_SOCKET = (SENT_AWAY,   ANSWERED,        ANSWERED,    ANSWERED,    ANSWERED)
AGREED      = (OUT,         ANSWERED,        ANSWERED,    CONSENT,     CONSENT)
HAD_AGREED  = (OUT,         ANSWERED,        ANSWERED,    "BAD_USER_INPUT", "BAD_USER_INPUT")
PASSWORD    = (WRONG,       "LoginSuccess",  WRONG,       WRONG,       WRONG)
HOLDS_TOKEN = ("SessionEnded", "RefreshSuccess", "SessionEnded", "SessionEnded", "SessionEnded")
# fmt: on


def _all(outcome: str) -> tuple[str, ...]:
    return (outcome,) * len(ROLES)


# The root field, and after a colon what is special.
ROOTS = {
    "health": Row(PUBLICLY, frozenset({"Health"})),
    "browserSignIn": Row(PUBLICLY, frozenset()),
    "browserSignIn: set up": Row(PUBLICLY, frozenset({"BrowserSignIn"}), needs="issuer"),
    "profile": Row(
        SIGNED_IN,
        frozenset({"Profile", "Consent", "Device", "Figures"}),
        lambda _: {"timeZone": noon_zone()},
    ),
    "sessions": Row(SIGNED_IN, frozenset({"Session"})),
    "tally": Row(SIGNED_IN, frozenset({"Tally"}), lambda _: {"deviceId": str(LAPTOP)}),
    "blinkHistory": Row(SIGNED_IN, frozenset({"BlinkSeries"}), _around_now),
    "blinkUpdates": Row(
        IN_A_SOCKET, frozenset({"BlinkUpdate", "Figures"}), lambda _: {"timeZone": noon_zone()}
    ),
    "login": Row(PASSWORD, frozenset({"LoginSuccess"}), _login),
    "login: wrong password": Row(
        _all(WRONG),
        frozenset({WRONG}),
        lambda _: {"input": {"email": "bob@example.com", "password": "a guess"}},
    ),
    "login: locked out": Row(
        _all("LockedOut"), frozenset({"LockedOut"}), _login, needs="bob_locked_out"
    ),
    "loginWithOidc": Row(
        _all("OidcUnavailable"), frozenset({"OidcUnavailable"}), _code_of_a_browser
    ),
    "loginWithOidc: set up": Row(
        _all("OidcRefused"), frozenset({"OidcRefused"}), _code_of_a_browser, needs="issuer"
    ),
    "refreshSession": Row(
        HOLDS_TOKEN,
        frozenset({"RefreshSuccess"}),
        lambda it: {"refreshToken": it.refresh_token},
    ),
    "refreshSession: a guess": Row(
        _all("SessionEnded"), frozenset({"SessionEnded"}), lambda _: {"refreshToken": "a guess"}
    ),
    "refreshSession: erased": Row(
        _all("Erased"),
        frozenset({"Erased"}),
        lambda it: {"refreshToken": it.prepared},
        needs="token_of_erased_dana",
    ),
    "logout": Row(SIGNED_IN, frozenset({"LogoutResult"}), lambda _: {"everywhere": True}),
    "revokeSession": Row(SIGNED_IN, frozenset({"LogoutResult"}), lambda _: {"id": BOBS_SESSION}),
    "grantConsent": Row(SIGNED_IN, frozenset({"Consent"}), _consent),
    "withdrawConsent": Row(
        HAD_AGREED, frozenset({"Consent"}), lambda _: {"input": {"purpose": "CLOUD_SYNC"}}
    ),
    "trackBlink": Row(
        AGREED, frozenset({"Receipt"}), lambda it: {"input": message_input(it.message)}
    ),
    "syncBlinks": Row(
        AGREED,
        frozenset({"SyncReceipts"}),
        lambda it: {"input": batch_input(it.message, sent_at=timezone.now())},
    ),
}


class Shows(Enum):
    """Whose data a field shows, where it is nothing by which bob is known."""

    ANYBODY = "words and figures that are nobody's"
    SIGNED_IN = "the same, but null for a stranger"
    OWN = "the asker's own: made at the moment, sent along, a list of objects, or like another's"


ANYBODY, WHOEVER_IS_IN, OWN = Shows.ANYBODY, Shows.SIGNED_IN, Shows.OWN

# Whose data each field of each type shows. A value is bob's alone: his answers have it, nobody
# else's do.
FIELDS: Mapping[str, Mapping[str, object]] = {
    "BlinkSeries": {
        "starts": OWN,
        "messages": [3],
        "blinks": [33],
        "partialBlinks": [5],
        "longClosures": [7],
        "closedMs": [4321],
        "seenMs": [51234],
        "blinksPerMin": [33 * 60_000 / 51_234],
    },
    "BlinkUpdate": {
        "deviceId": str(LAPTOP),
        "deviceName": "bob's laptop",
        "latestSyncAt": "2024-02-02T02:02:02Z",
        "today": OWN,
    },
    "BrowserSignIn": {
        "authorizationEndpoint": ANYBODY,
        "clientId": ANYBODY,
        "scope": ANYBODY,
        "hostedDomain": ANYBODY,
    },
    "Consent": {
        "purpose": OWN,
        "textHash": "b" * 64,
        "grantedAt": "2024-01-02T01:01:01Z",
        "withdrawnAt": "2023-12-13T14:15:16Z",
    },
    "Device": {
        "id": str(LAPTOP),
        "name": "bob's laptop",
        "latestSyncAt": "2024-02-02T02:02:02Z",
        "watermark": "3",
    },
    "Erased": {"message": ANYBODY},
    "Figures": {
        "messages": 3,
        "blinks": 33,
        "partialBlinks": 5,
        "longClosures": 7,
        "closedMs": "4321",
        "seenMs": "51234",
        "blinksPerMin": 33 * 60_000 / 51_234,
    },
    "Health": {
        "status": ANYBODY,
        "uptimeSeconds": ANYBODY,
        "database": ANYBODY,
        "version": WHOEVER_IS_IN,
    },
    "InvalidCredentials": {"message": ANYBODY},
    "LockedOut": {"message": ANYBODY, "retryAfterS": ANYBODY},
    "LoginSuccess": {
        "accessToken": OWN,
        "accessExpiresInS": OWN,
        "refreshToken": OWN,
        "userId": BOBS_ID,
    },
    "LogoutResult": {"sessionsEnded": OWN},
    "OidcRefused": {"message": ANYBODY},
    "OidcUnavailable": {"message": ANYBODY},
    "Profile": {
        "id": BOBS_ID,
        "email": "bob@example.com",
        "displayName": "Bob",
        "consents": OWN,
        "devices": OWN,
        "latestSyncAt": "2024-02-02T02:02:02Z",
        "today": OWN,
    },
    "Receipt": {"messageId": OWN, "status": "DUPLICATE", "code": OWN, "detail": OWN},
    "RefreshSuccess": {"accessToken": OWN, "accessExpiresInS": OWN, "refreshToken": OWN},
    "Session": {
        "id": BOBS_SESSION,
        "deviceName": "bob's laptop",
        "createdAt": "2024-03-03T03:03:03Z",
        "lastSeenAt": OWN,
        "isCurrent": OWN,
    },
    "SessionEnded": {"reason": ANYBODY},
    "SyncReceipts": {
        "messageIds": OWN,
        "statuses": ["DUPLICATE"],
        "codes": OWN,
        "details": OWN,
        "watermark": "3",
        "serverTime": OWN,
    },
    "Tally": {"messages": 3, "watermark": "3"},
}
BY_SOCKET = {name for name, row in ROOTS.items() if row.outcomes is IN_A_SOCKET}
TABLES = (AuthCache, Consent, Device, Message, BlinkQuarter)
CONTRACT = build_schema(schema.as_str())
KINDS = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}


def _named(row: str) -> str:
    return row.partition(":")[0]


def _root(field: str) -> tuple[str, Any]:
    """Return the type that a root field is of, and the field."""
    for name in KINDS:
        it = CONTRACT.get_type(name)
        assert isinstance(it, GraphQLObjectType)
        if field in it.fields:
            return name, it.fields[field]
    raise AssertionError(f"no root field {field}")


def _objects(it: GraphQLOutputType) -> list[GraphQLObjectType]:
    """Return the types of the objects that a field may show, none of a scalar."""
    named = get_named_type(it)
    if isinstance(named, GraphQLUnionType):
        return list(named.types)
    return [named] if isinstance(named, GraphQLObjectType) else []


def _reachable() -> dict[str, GraphQLObjectType]:
    """Return every type of objects that somebody can be shown."""
    found: dict[str, GraphQLObjectType] = {}
    left = [CONTRACT.get_type(name) for name in KINDS]
    while left:
        it = left.pop()
        assert isinstance(it, GraphQLObjectType)
        for field in it.fields.values():
            new = [each for each in _objects(field.type) if each.name not in found]
            found |= {each.name: each for each in new}
            left += new
    return found


def _document(field: str, variables: Mapping[str, Any]) -> str:
    """Return an operation that selects everything there is below a root field."""
    declared: dict[str, Any] = {}

    def called(name: str, it: Any) -> str:
        given = {key: argument for key, argument in it.args.items() if key in variables}
        declared.update({key: argument.type for key, argument in given.items()})
        arguments = ", ".join(f"{key}: ${key}" for key in given)
        return f"{name}({arguments}) {below(it)}" if given else f"{name} {below(it)}"

    def below(it: Any) -> str:
        members = [
            f"... on {each.name} {{ {' '.join(called(*pair) for pair in each.fields.items())} }}"
            for each in _objects(it.type)
        ]
        return f"{{ __typename {' '.join(members)} }}" if members else ""

    root, it = _root(field)
    selection = called(field, it)
    heads = ", ".join(f"${key}: {kind}" for key, kind in declared.items())
    return f"{KINDS[root]} {f'({heads})' if heads else ''} {{ {selection} }}"


def _shown(data: Any) -> dict[str, list[Any]]:
    """Return all that an answer shows, by type and field."""
    found = defaultdict(list)
    left = [data]
    while left:
        it = left.pop()
        if isinstance(it, list):
            left += it
        elif isinstance(it, dict):
            left += it.values()
            for name, value in it.items():
                found[f"{it.get('__typename')}.{name}"].append(value)
    return found


def _types(answer: Any) -> set[str]:
    return {_type_of(name) for name in _shown(answer)} - {"None"}


def _type_of(name: str) -> str:
    return name.partition(".")[0]


def _outcome(field: str, answer: dict[str, Any]) -> str | None:
    if answer.get("errors"):
        return str(answer["errors"][0]["extensions"]["code"])
    _, it = _root(field)
    is_union = isinstance(get_named_type(it.type), GraphQLUnionType)
    return answer["data"][field]["__typename"] if is_union else ANSWERED


def _kinds() -> dict[str, object]:
    return {f"{name}.{field}": it for name, row in FIELDS.items() for field, it in row.items()}


def _markers() -> dict[str, object]:
    return {name: it for name, it in _kinds().items() if not isinstance(it, Shows)}


def _told_of_bob(answer: Any) -> set[str]:
    """Return the fields of an answer that show what is bob's, and his names wherever they are."""
    shown = _shown(answer)
    text = json.dumps(answer).lower()
    everywhere = {it for it in ("bob", BOBS_ID, BOBS_SESSION, str(LAPTOP)) if it in text}
    return everywhere | {name for name, it in _markers().items() if it in shown[name]}


def _told_a_stranger(answer: Any) -> set[str]:
    """Return the fields that show something, but not what is for anybody."""
    shown, kinds = _shown(answer), _kinds()
    return {
        name
        for name, it in kinds.items()
        if it is not ANYBODY and any(value is not None for value in shown[name])
    }


def _root_fields():
    """Return every root field of the schema by the name that clients use."""
    name = schema.config.name_converter.get_graphql_name
    roots = [schema.get_type_by_name(root) for root in KINDS]
    return {
        name(it): it
        for root in roots
        if isinstance(root, StrawberryObjectDefinition)
        for it in root.fields
    }


def _rows_and_account(rows_of, bob):
    return rows_of(bob), User.objects.filter(pk=bob.pk).values().get()


def _counts():
    return [model.objects.count() for model in TABLES]


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Hash in no time: four people for each row, of whom one signs in with a password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def bob(db):
    """Return bob, of whom everything that the API shows is known by its value."""
    bob = User.objects.create_user(
        "bob@example.com", BOBS_PASSWORD, id=UUID(BOBS_ID), display_name="Bob"
    )
    for granted, withdrawn in (
        ("2023-12-12T12:12:12Z", "2023-12-13T14:15:16Z"),
        ("2024-01-02T01:01:01Z", None),
    ):
        Consent.objects.create(
            user=bob,
            purpose=Consent.Purpose.CLOUD_SYNC,
            text_hash="b" * 64,
            granted_at=datetime.fromisoformat(granted),
            withdrawn_at=datetime.fromisoformat(withdrawn) if withdrawn else None,
        )
    return bob


@pytest.fixture
def olga(db):
    """Return olga, an operator: she may do everything in the admin."""
    return User.objects.create_superuser("olga@example.com", "olga's password")


@pytest.fixture
def bobs_message(bob, signed_in):
    """Store three minutes of bob's with 33 blinks, and a session; return the first minute."""
    now = datetime.now(UTC)
    begin = now.replace(second=0, microsecond=0)
    nothing = {"blinks": (), "seen_ms": 0, "long_closures": 0, "closed_ms": 0}
    blinks = tuple((nth * 1000, 100, 60 if nth < 5 else 90) for nth in range(33))
    first, *rest = (
        minute(nth, started_at=begin - timedelta(minutes=nth), **changes)
        for nth, changes in (
            (1, {"blinks": blinks, "seen_ms": 51_234, "long_closures": 7, "closed_ms": 4_321}),
            (2, nothing),
            (3, nothing),
        )
    )
    stored(bob, first, *rest, device_name="bob's laptop", at=now)
    Device.objects.update(latest_sync_at=datetime(2024, 2, 2, 2, 2, 2, tzinfo=UTC))
    signed_in(bob, LAPTOP, "bob's laptop")
    AuthCache.objects.update(
        id=UUID(BOBS_SESSION), created_at=datetime(2024, 3, 3, 3, 3, 3, tzinfo=UTC)
    )
    return first


@pytest.fixture
def bob_locked_out(bob, post, settings):
    """Have somebody guess at bob's password until it may not be tried again."""
    settings.AXES_FAILURE_LIMIT = 1
    guess = ROOTS["login: wrong password"].variables
    variables = guess(Asker(is_bob=False, password="", refresh_token="", message=minute()))
    post(_document("login", variables), variables)


@pytest.fixture
def token_of_erased_dana(dana, signed_in):
    """Erase dana and return the refresh token that a device of hers still holds."""
    token = signed_in(dana).refresh
    erase(user_id=dana.pk)
    return token


@pytest.fixture
def askers(request, bobs_message, signed_in):
    """Return for each role an access token and what it knows, all with devices of bob's id."""
    his = signed_in(request.getfixturevalue("bob"), LAPTOP, "bob's laptop")
    knows = Asker(
        is_bob=False,
        password="a guess",
        refresh_token=his.refresh[:-8] + "A" * 8,
        message=bobs_message,
    )
    others = {
        role: (signed_in(request.getfixturevalue(role), LAPTOP, "a tracker").access, knows)
        for role in ROLES
        if role not in {"nobody", "bob"}
    }
    himself = Asker(
        is_bob=True, password=BOBS_PASSWORD, refresh_token=his.refresh, message=bobs_message
    )
    return {"nobody": (None, knows), "bob": (his.access, himself), **others}


@pytest.fixture
def asked(post, askers):
    """Return a function that asks for a row as somebody, and takes back what that changed."""

    def asked(name, role, prepared=None):
        token, knows = askers[role]
        variables = ROOTS[name].variables(replace(knows, prepared=prepared))
        with transaction.atomic():
            yield post(_document(_named(name), variables), variables, token)
            transaction.set_rollback(True)

    return contextmanager(asked)


BY_HTTP = [
    pytest.param(name, marks=pytest.mark.issuer if row.needs == "issuer" else ())
    for name, row in ROOTS.items()
    if name not in BY_SOCKET
]


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
    assert {_named(row) for row in ROOTS} == set(_root_fields())


def test_every_field_of_an_object_has_a_row():
    fields = {f"{name}.{field}" for name, it in _reachable().items() for field in it.fields}

    assert set(_kinds()) == fields


def test_every_type_of_object_is_asked_for():
    assert {name for row in ROOTS.values() for name in row.shows} == set(_reachable())


@pytest.mark.parametrize("name", BY_HTTP)
def test_what_each_role_gets(request, asked, rows_of, bob, name):
    """Bob what is his; the others nothing of it, by whichever of his ids, and they change none."""
    row = ROOTS[name]
    prepared = request.getfixturevalue(row.needs) if row.needs else None
    before, counts = _rows_and_account(rows_of, bob), _counts()
    outcomes, told, changed = [], {}, set()
    for role in ROLES:
        with asked(name, role, prepared) as answer:
            outcomes.append(_outcome(_named(name), answer))
            if role == "bob":
                shown = _types(answer)
                continue
            told[role] = _told_of_bob(answer)
            changed |= {role} if _rows_and_account(rows_of, bob) != before else set()
            if role == "nobody":
                told[role] |= _told_a_stranger(answer)
                assert _counts() == counts

    assert tuple(outcomes) == row.outcomes
    assert {role: it for role, it in told.items() if it} == {}
    assert changed == set()
    assert shown == row.shows


def test_bob_is_shown_all_that_is_his(asked):
    """So each value that the others must not meet is one that an answer can have."""
    shown: dict[str, list[Any]] = defaultdict(list)
    for name, row in ROOTS.items():
        if row.needs is None and name not in BY_SOCKET:
            with asked(name, "bob") as answer:
                for field, values in _shown(answer).items():
                    shown[field] += values

    unseen = {name for name, it in _markers().items() if it not in shown[name]}
    assert {it for it in unseen if _type_of(it) != "BlinkUpdate"} == set()  # see the next test


def test_what_each_role_hears(live, askers, rows_of, bob):
    """The same by WebSocket, where there is one operation."""
    name, row = "blinkUpdates", ROOTS["blinkUpdates"]
    variables = row.variables(askers["bob"][1])
    document = _document(name, variables)
    before = _rows_and_account(rows_of, bob)
    heard = {}
    for role, (token, _) in askers.items():
        with opened(live, token) as listener:
            listener.subscribe(document, variables)
            heard[role] = listener.heard()["payload"] if token else listener.close_code()

    his = _shown(heard.pop("bob"))
    markers = {it for it in _markers() if _type_of(it) in row.shows}
    assert heard.pop("nobody") == int(SENT_AWAY)
    assert {it for it in markers if _markers()[it] not in his[it]} == set()
    assert {role: told for role, it in heard.items() if (told := _told_of_bob(it))} == {}
    assert [_outcome(name, it) for it in heard.values()] == list(row.outcomes[2:])
    assert _rows_and_account(rows_of, bob) == before


@pytest.mark.parametrize("name", sorted(set(map(_named, ROOTS)) - PUBLIC - BY_SOCKET))
def test_whoever_was_switched_off_is_nobody(asked, alice, name):
    """Before his token expires."""
    User.objects.filter(pk=alice.pk).update(is_active=False)

    with asked(name, "alice") as answer:
        assert _outcome(name, answer) == OUT
        assert not Device.objects.filter(user=alice).exists()


def test_a_message_of_bobs_id_is_alices_own(post, askers, bobs_message, alice, bob):
    """The answer neither confirms nor denies that bob has one; each keeps their own."""
    hers = replace(bobs_message, seen_ms=40_000)
    variables = {"input": batch_input(hers, sent_at=timezone.now())}

    answer = post(_document("syncBlinks", variables), variables, askers["alice"][0])

    receipts = answer["data"]["syncBlinks"]
    assert (receipts["statuses"], receipts["codes"]) == (["ACCEPTED"], [None])
    them = Message.objects.filter(message_id=hers.message_id)
    assert {it.user: it.seen_ms for it in them} == {alice: 40_000, bob: 51_234}


def test_a_device_of_bobs_id_is_alices_own(post, askers, bobs_message, alice, bob):
    variables = {"input": batch_input(bobs_message, sent_at=timezone.now())}

    post(_document("syncBlinks", variables), variables, askers["alice"][0])

    found = {it.user: it.name for it in Device.objects.filter(device_id=LAPTOP)}
    assert found == {alice: "a tracker", bob: "bob's laptop"}


def test_bobs_refresh_token_opens_bobs_session_only(post, askers):
    """Sent with alice's access token, it is still bob's."""
    variables = {"refreshToken": askers["bob"][1].refresh_token}

    answer = post(_document("refreshSession", variables), variables, askers["alice"][0])

    token = answer["data"]["refreshSession"]["accessToken"]
    assert post("{ profile { email } }", token=token)["data"]["profile"]["email"] == (
        "bob@example.com"
    )


def test_several_fields_are_each_guarded(post, bobs_message):
    """What is public answers beside what is not; nothing leaks from the one to the other."""
    answer = post("{ health { status } one: profile { email } two: profile { id } }")

    assert answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}
