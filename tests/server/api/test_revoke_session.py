"""`revokeSession`: one of mine ends at once; another person's does not even exist."""

from uuid import uuid4

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache

REVOKE = "mutation ($id: UUID!) { revokeSession(id: $id) { sessionsEnded } }"
REFRESH = "mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }"
PROFILE = "{ profile { email } }"


def _revoked(post, session_id, tokens):
    return post(REVOKE, {"id": str(session_id)}, tokens.access)["data"]["revokeSession"]


def _is_in(post, tokens):
    return "errors" not in post(PROFILE, token=tokens.access)


def test_the_other_device_is_out(post, alice, signed_in):
    """Its access token and its refresh token, and this device goes on."""
    lost = signed_in(alice)
    session_id = AuthCache.objects.get().pk
    here = signed_in(alice)

    assert _revoked(post, session_id, here) == {"sessionsEnded": 1}

    assert (_is_in(post, lost), _is_in(post, here)) == (False, True)
    refreshed = post(REFRESH, {"token": lost.refresh})
    assert refreshed["data"]["refreshSession"]["__typename"] == "SessionEnded"
    assert _revoked(post, session_id, here) == {"sessionsEnded": 0}


def test_this_one_may_be_it(post, alice, signed_in):
    here = signed_in(alice)

    assert _revoked(post, AuthCache.objects.get().pk, here) == {"sessionsEnded": 1}

    assert not _is_in(post, here)


def test_bobs_is_as_unknown_as_one_that_is_not(post, alice, bob, signed_in):
    """G-9: the answer is the same."""
    his = signed_in(bob)
    bobs = AuthCache.objects.get().pk
    here = signed_in(alice)

    answers = [_revoked(post, it, here) for it in (bobs, uuid4())]

    assert answers == [{"sessionsEnded": 0}] * 2
    assert _is_in(post, his)


def test_an_id_that_is_none(post, alice, signed_in):
    answer = post(REVOKE, {"id": "laptop"}, signed_in(alice).access)

    assert code_of(answer) == "BAD_USER_INPUT"
