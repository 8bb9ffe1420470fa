"""`login`: a device session for whoever knows the password, one answer for all who do not."""

import pytest

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache, User

LOGIN = """
mutation ($input: LoginInput!) { login(input: $input) {
    __typename
    ... on LoginSuccess { accessToken accessExpiresInS refreshToken userId }
    ... on InvalidCredentials { message }
} }
"""
PROFILE = "{ profile { email } }"
DEVICE = "00000000-0000-4000-8000-00000000a000"


def _input(**changes):
    return {"input": {"email": "alice@example.com", "password": "alice's password", **changes}}


def test_alice_signs_in(post, alice):
    """The token she gets is good for her profile, for five minutes."""
    answer = post(LOGIN, _input(deviceId=DEVICE, deviceName="laptop"))["data"]["login"]

    assert answer["__typename"] == "LoginSuccess"
    assert (answer["accessExpiresInS"], answer["userId"]) == (300, str(alice.pk))
    assert len(answer["refreshToken"]) == 91
    assert post(PROFILE, token=answer["accessToken"]) == {
        "data": {"profile": {"email": "alice@example.com"}}
    }
    session = AuthCache.objects.get()
    assert (str(session.device_id), session.device_name) == (DEVICE, "laptop")


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("unknown address", {"email": "eve@example.com"}),
        ("wrong password", {"password": "bob's password"}),
        ("no password", {"password": ""}),
        ("switched off", {"email": "bob@example.com", "password": "bob's password"}),
        ("an address that no column could hold", {"email": "a" * 10_000}),
        ("a password of a megabyte, nearly", {"password": "a" * 1_000_000}),
    ],
)
def test_everybody_else_gets_one_answer(post, alice, bob, _case, changes):
    """It does not say which of the two was wrong, and no session begins."""
    User.objects.filter(pk=bob.pk).update(is_active=False)

    answer = post(LOGIN, _input(**changes))

    assert answer == {
        "data": {
            "login": {
                "__typename": "InvalidCredentials",
                "message": "Wrong e-mail address or password.",
            }
        }
    }
    assert not AuthCache.objects.exists()


@pytest.mark.parametrize(
    "_case, changes, name",
    [
        ("left out", {}, ""),
        ("null", {"deviceName": None}, ""),
        ("too long for its column", {"deviceName": "x" * 81}, "x" * 80),
        ("any letters", {"deviceName": "Zoës 💻"}, "Zoës 💻"),
    ],
)
def test_what_a_device_is_called(post, alice, _case, changes, name):
    post(LOGIN, _input(**changes))

    assert AuthCache.objects.get().device_name == name


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("a device id that is none", {"deviceId": "laptop"}),
        ("no address", {"email": None}),
        ("a number as password", {"password": 12}),
        ("a field that there is not", {"isStaff": True}),
    ],
)
def test_what_is_no_input_is_refused(post, alice, _case, changes):
    answer = post(LOGIN, _input(**changes))

    assert code_of(answer) == "BAD_USER_INPUT"
    assert not AuthCache.objects.exists()


@pytest.mark.parametrize("field", ["email", "deviceName"])
def test_a_nul_written_as_graphql_may_is_refused(post, alice, field):
    """The braced escape hides it from the check of the body; PostgreSQL can hold none."""
    fields = {"email": "alice@example.com", "password": "alice's password", "deviceName": "laptop"}
    fields[field] += r"\u{0}"
    literal = ", ".join(f'{name}: "{value}"' for name, value in fields.items())

    answer = post(f"mutation {{ login(input: {{ {literal} }}) {{ __typename }} }}")

    assert code_of(answer) == "BAD_USER_INPUT"
    assert not AuthCache.objects.exists()


def test_two_devices_are_two_sessions(post, alice):
    """Signing in on one leaves the other as it is."""
    first, second = (post(LOGIN, _input())["data"]["login"]["accessToken"] for _ in range(2))

    assert AuthCache.objects.filter(user=alice, revoked_at=None).count() == 2
    for token in (first, second):
        assert "data" in post(PROFILE, token=token)
