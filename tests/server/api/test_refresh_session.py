"""`refreshSession`: the session goes on, or has ended, and the answer says which."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from tests.server.minutes import LAPTOP, batch_input, message_input, minute
from waw_server.accounts.models import AuthCache, User
from waw_server.blinks.models import Device, Message
from waw_server.privacy import erase

REFRESH = """
mutation ($token: String!) { refreshSession(refreshToken: $token) {
    __typename
    ... on RefreshSuccess { accessToken accessExpiresInS refreshToken }
    ... on SessionEnded { reason }
    ... on Erased { message }
} }
"""
PROFILE = "{ profile { email } }"
ENDED = {"__typename": "SessionEnded", "reason": "This session has ended. Sign in again."}


@pytest.fixture
def refreshed(post):
    """Return a function that refreshes with a token and returns the outcome."""

    def refreshed(token):
        return post(REFRESH, {"token": token})["data"]["refreshSession"]

    return refreshed


def test_the_session_goes_on(post, refreshed, alice, signed_in):
    """The new tokens work; the old access token does too, until it expires."""
    old = signed_in(alice)

    new = refreshed(old.refresh)

    assert (new["__typename"], new["accessExpiresInS"]) == ("RefreshSuccess", 300)
    assert new["refreshToken"] != old.refresh
    for token in (new["accessToken"], old.access):
        assert post(PROFILE, token=token)["data"]["profile"]["email"] == "alice@example.com"
    assert refreshed(new["refreshToken"])["__typename"] == "RefreshSuccess"


def test_a_lost_reply_is_given_again(refreshed, alice, signed_in):
    """The same refresh token, so that whichever reply arrives is good."""
    old = signed_in(alice).refresh

    assert refreshed(old)["refreshToken"] == refreshed(old)["refreshToken"]
    assert AuthCache.objects.get().revoked_at is None


def test_a_replay_ends_the_session_and_its_access_tokens(post, refreshed, alice, signed_in):
    stolen = signed_in(alice)
    new = refreshed(stolen.refresh)
    AuthCache.objects.update(rotated_at=timezone.now() - timedelta(seconds=31))

    assert refreshed(stolen.refresh) == ENDED

    assert refreshed(new["refreshToken"]) == ENDED
    assert code_of(post(PROFILE, token=new["accessToken"])) == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", ["", "x", "a" * 91, "é", "a" * 100_000])
def test_what_is_no_token_is_refused(refreshed, alice, signed_in, token):
    signed_in(alice)

    assert refreshed(token) == ENDED
    assert AuthCache.objects.get().generation == 0


@pytest.mark.parametrize(
    "_case, change",
    [
        ("idle", {"used_at": timedelta(days=14)}),
        ("past its absolute limit", {"expires_at": timedelta(0)}),
        ("revoked", {"revoked_at": timedelta(0)}),
    ],
)
def test_a_session_that_is_over(refreshed, alice, signed_in, _case, change):
    token = signed_in(alice).refresh
    AuthCache.objects.update(**{field: timezone.now() - before for field, before in change.items()})

    assert refreshed(token) == ENDED


def test_somebody_switched_off(refreshed, alice, signed_in):
    token = signed_in(alice).refresh
    User.objects.update(is_active=False)

    assert refreshed(token) == ENDED


def test_an_access_token_is_no_refresh_token(refreshed, alice, signed_in):
    assert refreshed(signed_in(alice).access) == ENDED


@pytest.mark.parametrize(
    "_case, document, argument",
    [
        ("syncBlinks", "SyncBlinksInput!) { syncBlinks(input: $input) { statuses } }", "batch"),
        ("trackBlink", "MessageInput!) { trackBlink(input: $input) { status } }", "one"),
    ],
)
def test_a_device_that_returns_after_an_erasure(
    post, refreshed, alice, signed_in, _case, document, argument
):
    """Its access token opens nothing, its refresh token says why, and nothing reappears."""
    held = signed_in(alice, LAPTOP)
    them = {
        "batch": batch_input(minute(1), sent_at=timezone.now()),
        "one": message_input(minute(1)),
    }
    erase(user_id=alice.pk)

    answer = post(f"mutation ($input: {document}", {"input": them[argument]}, held.access)

    assert code_of(answer) == "UNAUTHENTICATED"
    for _ in range(2):  # a reply may be lost
        erased = {"__typename": "Erased", "message": "This account was erased."}
        assert refreshed(held.refresh) == erased
    assert not Device.objects.exists()
    assert not Message.objects.exists()
    assert not User.objects.exists()
