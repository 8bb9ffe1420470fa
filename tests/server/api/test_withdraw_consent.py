"""`withdrawConsent`: it ends at once, for this person only."""

from datetime import timedelta

from django.utils import timezone

from tests.server.api.conftest import code_of
from tests.server.minutes import message_input, minute
from waw_server.accounts.models import Consent
from waw_server.blinks.models import Message

WITHDRAW = """
mutation { withdrawConsent(input: {purpose: CLOUD_SYNC}) { purpose textHash withdrawnAt } }
"""
TRACK = "mutation ($input: MessageInput!) { trackBlink(input: $input) { status } }"


def test_it_ends_at_once(post, alice, bob, signed_in):
    """Her next minute is refused, what is stored stays, and bob goes on."""
    tokens = signed_in(alice)
    post(TRACK, {"input": message_input(minute(1))}, tokens.access)
    before = timezone.now()

    answer = post(WITHDRAW, token=tokens.access)

    assert answer["data"]["withdrawConsent"]["textHash"] == "a" * 64
    assert Consent.objects.filter(
        user=alice, withdrawn_at__gte=before, withdrawn_at__lte=timezone.now()
    ).exists()
    refused = post(TRACK, {"input": message_input(minute(2))}, tokens.access)
    assert code_of(refused) == "CONSENT_REQUIRED"
    assert Message.objects.count() == 1
    assert Consent.objects.get(user=bob).withdrawn_at is None


def test_once_withdrawn_it_stays_so(post, dana, now, signed_in):
    """Again is harmless, and does not move the time."""
    answer = post(WITHDRAW, token=signed_in(dana).access)

    assert answer["data"]["withdrawConsent"] == {
        "purpose": "CLOUD_SYNC",
        "textHash": "a" * 64,
        "withdrawnAt": "2026-03-01T09:00:00Z",
    }
    assert Consent.objects.get().withdrawn_at == now - timedelta(days=1)


def test_there_may_be_nothing_to_withdraw(post, charlie, signed_in):
    answer = post(WITHDRAW, token=signed_in(charlie).access)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer["errors"][0]["message"] == "There is no consent to withdraw."
    assert not Consent.objects.exists()
