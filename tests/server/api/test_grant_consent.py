"""`grantConsent`: what was agreed to, in which wording, and when by our clock."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from waw_server.accounts.models import Consent

GRANT = """
mutation ($input: GrantConsentInput!) { grantConsent(input: $input) {
    purpose textHash grantedAt withdrawnAt
} }
"""
HASH = "0123456789abcdef" * 4


def _input(granted_at, sent_at=None, text_hash=HASH, **changes):
    return {
        "input": {
            "purpose": "CLOUD_SYNC",
            "textHash": text_hash,
            "grantedAt": granted_at.isoformat(),
            "clientSentAt": (sent_at or timezone.now()).isoformat(),
            **changes,
        }
    }


def test_charlie_agrees(post, charlie, signed_in):
    """What the answer says is what is kept."""
    granted_at = timezone.now() - timedelta(days=2)

    answer = post(GRANT, _input(granted_at), signed_in(charlie).access)

    consent = Consent.objects.get()
    assert answer["data"]["grantConsent"] == {
        "purpose": "CLOUD_SYNC",
        "textHash": HASH,
        "grantedAt": granted_at.isoformat().replace("+00:00", "Z"),
        "withdrawnAt": None,
    }
    assert (consent.user, consent.granted_at, consent.text_hash) == (charlie, granted_at, HASH)


@pytest.mark.parametrize("skew", [timedelta(days=-400), timedelta(hours=3)])
def test_a_wrong_clock_is_corrected(post, charlie, signed_in, skew):
    """By how far it is off at sending."""
    true = timezone.now() - timedelta(days=2)

    post(GRANT, _input(true + skew, timezone.now() + skew), signed_in(charlie).access)

    assert abs(Consent.objects.get().granted_at - true) < timedelta(seconds=30)


def test_nobody_agrees_ahead(post, charlie, signed_in):
    """A time to come becomes now, so that it can be withdrawn at once."""
    before = timezone.now()

    post(GRANT, _input(before + timedelta(days=9)), signed_in(charlie).access)

    assert before <= Consent.objects.get().granted_at <= timezone.now()


@pytest.mark.parametrize("text_hash", ["A" * 64, HASH.upper()])
def test_the_case_of_a_hash_does_not_matter(post, charlie, signed_in, text_hash):
    answer = post(GRANT, _input(timezone.now(), text_hash=text_hash), signed_in(charlie).access)

    assert answer["data"]["grantConsent"]["textHash"] == text_hash.lower()


@pytest.mark.parametrize(
    "_case, changes, message",
    [
        ("too short", {"textHash": "a" * 63}, "textHash: 64 hexadecimal digits"),
        ("too long", {"textHash": "a" * 65}, "textHash: 64 hexadecimal digits"),
        ("no hexadecimal digit", {"textHash": "g" * 64}, "textHash: 64 hexadecimal digits"),
        ("nothing", {"textHash": ""}, "textHash: 64 hexadecimal digits"),
        ("no such purpose", {"purpose": "MARKETING"}, None),
        ("a time without an offset", {"grantedAt": "2026-03-02T09:00:00"}, None),
        ("no sending time", {"clientSentAt": None}, None),
    ],
)
def test_what_is_refused(post, charlie, signed_in, _case, changes, message):
    answer = post(GRANT, _input(timezone.now(), **changes), signed_in(charlie).access)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert message is None or answer["errors"][0]["message"] == message
    assert not Consent.objects.exists()


def test_what_was_withdrawn_since_is_not_given(post, dana, now, signed_in):
    """A device that was offline cannot undo her withdrawal."""
    answer = post(GRANT, _input(now - timedelta(days=9)), signed_in(dana).access)

    assert code_of(answer) == "CONSENT_REQUIRED"
    assert answer["errors"][0]["message"] == "It was withdrawn since; agree again first."
    assert Consent.objects.get().withdrawn_at == now - timedelta(days=1)


@pytest.mark.parametrize(
    "_case, granted_at, sent_at",
    [
        ("the end of time", "9999-12-31T23:59:59Z", "2026-03-02T09:00:00Z"),
        ("the begin of time", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_impossible_clocks_are_answered(post, charlie, signed_in, _case, granted_at, sent_at):
    """With a consent that has begun, never with a fault of ours."""
    times = (datetime.fromisoformat(each) for each in (granted_at, sent_at))

    answer = post(GRANT, _input(*times), signed_in(charlie).access)

    assert "errors" not in answer
    assert Consent.objects.get().granted_at <= timezone.now()
