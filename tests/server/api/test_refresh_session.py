"""`refreshSession`: the session goes on, or has ended, and the answer says which."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache, User

REFRESH = """
mutation ($token: String!) { refreshSession(refreshToken: $token) {
    __typename
    ... on RefreshSuccess { accessToken accessExpiresInS refreshToken }
    ... on SessionEnded { reason }
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
