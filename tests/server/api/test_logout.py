"""`logout`: one session or all of mine, at once; never another person's."""

import pytest

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache

LOGOUT = "mutation ($all: Boolean!) { logout(everywhere: $all) { sessionsEnded } }"
PROFILE = "{ profile { email } }"
REFRESH = "mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }"


def _is_in(post, tokens):
    return "errors" not in post(PROFILE, token=tokens.access)


@pytest.mark.parametrize("everywhere, ended", [(False, 1), (True, 2)])
def test_what_ends(post, alice, bob, signed_in, everywhere, ended):
    """Access and refresh tokens alike, before they expire."""
    here, there, his = signed_in(alice), signed_in(alice), signed_in(bob)

    answer = post(LOGOUT, {"all": everywhere}, here.access)

    assert answer == {"data": {"logout": {"sessionsEnded": ended}}}
    assert (_is_in(post, here), _is_in(post, there)) == (False, not everywhere)
    assert _is_in(post, his)
    refreshed = post(REFRESH, {"token": here.refresh})
    assert refreshed["data"]["refreshSession"]["__typename"] == "SessionEnded"


def test_one_session_unless_said_otherwise(post, alice, signed_in):
    here, there = signed_in(alice), signed_in(alice)

    answer = post("mutation { logout { sessionsEnded } }", token=here.access)

    assert answer == {"data": {"logout": {"sessionsEnded": 1}}}
    assert _is_in(post, there)


def test_whoever_is_out_cannot_sign_out(post, alice, signed_in):
    """Not even the other sessions."""
    here, there = signed_in(alice), signed_in(alice)
    post(LOGOUT, {"all": False}, here.access)

    answer = post(LOGOUT, {"all": True}, here.access)

    assert code_of(answer) == "UNAUTHENTICATED"
    assert _is_in(post, there)
    assert AuthCache.objects.filter(revoked_at=None).count() == 1
