"""`sessions`: where I am signed in; nothing of anybody else's, and no addresses."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache

SESSIONS = "{ sessions { id deviceName createdAt lastSeenAt isCurrent } }"
REFRESH = "mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }"


def _listed(post, tokens):
    return post(SESSIONS, token=tokens.access)["data"]["sessions"]


def test_each_device_with_the_one_that_asks(post, alice, bob, signed_in):
    """Hers, the latest used first; bob's is not among them."""
    signed_in(alice, device_name="laptop")
    here = signed_in(alice, device_name="desk")
    signed_in(bob, device_name="bob's")

    listed = _listed(post, here)

    assert [(it["deviceName"], it["isCurrent"]) for it in listed] == [
        ("desk", True),
        ("laptop", False),
    ]
    assert {it["id"] for it in listed} == {
        str(pk) for pk in AuthCache.objects.filter(user=alice).values_list("pk", flat=True)
    }


def test_when_it_began_and_was_seen_last(post, alice, signed_in):
    """A refresh is what is seen."""
    tokens = signed_in(alice)
    AuthCache.objects.update(created_at="2026-03-02T09:00:00Z", used_at=timezone.now())
    before = timezone.now()
    post(REFRESH, {"token": tokens.refresh})

    (it,) = _listed(post, tokens)

    assert it["createdAt"] == "2026-03-02T09:00:00Z"
    assert datetime.fromisoformat(it["lastSeenAt"]) >= before.replace(microsecond=0)


@pytest.mark.parametrize(
    "_case, change",
    [
        ("ended", {"revoked_at": timedelta(0)}),
        ("past its absolute limit", {"expires_at": timedelta(0)}),
        ("idle too long", {"used_at": timedelta(days=14)}),
    ],
)
def test_what_is_over_is_not_listed(post, alice, signed_in, _case, change):
    signed_in(alice, device_name="old")
    ago = {field: timezone.now() - before for field, before in change.items()}
    AuthCache.objects.update(**ago)

    assert [it["deviceName"] for it in _listed(post, signed_in(alice))] == ["laptop"]


def test_one_statement_beside_the_one_for_the_caller(
    post, alice, signed_in, django_assert_num_queries
):
    """However many there are."""
    here, *_ = (signed_in(alice) for _ in range(5))

    with django_assert_num_queries(2):
        assert len(_listed(post, here)) == 5


def test_whoever_is_out_sees_none(post, alice, signed_in):
    tokens = signed_in(alice)
    AuthCache.objects.update(revoked_at=timezone.now())

    assert code_of(post(SESSIONS, token=tokens.access)) == "UNAUTHENTICATED"
