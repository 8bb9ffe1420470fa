"""`login`: a device session for whoever knows the password, one answer for all who do not."""

from datetime import timedelta

import argon2
import pytest
from axes.models import AccessAttempt
from django.utils import timezone

from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache, User
from waw_server.privacy import erase

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


def _outcome(post, **changes):
    return post(LOGIN, _input(**changes))["data"]["login"]["__typename"]


@pytest.mark.parametrize(
    "_case, emails",
    [("known", ["alice@example.com", " ALICE@example.com"]), ("unknown", ["eve@example.com"] * 2)],
)
def test_ten_wrong_passwords_make_one_wait(post, alice, bob, _case, emails):
    """A-4: however the address is typed and whether or not there is such an account."""
    tried = [_outcome(post, email=emails[n % 2], password="a guess") for n in range(10)]

    assert tried == ["InvalidCredentials"] * 9 + ["LockedOut"]
    assert _outcome(post, email=emails[0]) == "LockedOut"  # with alice's right password
    assert _outcome(post, email="bob@example.com", password="bob's password") == "LoginSuccess"
    kept = str(list(AccessAttempt.objects.values()))
    assert "example.com" not in kept
    assert "guess" not in kept


def test_elsewhere_nobody_waits(post, alice):
    """The attacker shuts alice out of his own address only."""
    for _ in range(11):
        _outcome(post, password="a guess")
    AccessAttempt.objects.update(ip_address="203.0.113.7")

    assert _outcome(post) == "LoginSuccess"


def test_it_ends_by_itself(post, alice):
    """Ten minutes after the tenth, whatever was tried meanwhile; the answer says when."""
    for _ in range(15):
        _outcome(post, password="a guess")
    attempts = AccessAttempt.objects
    attempts.update(attempt_time=timezone.now() - timedelta(minutes=9))

    document = LOGIN.replace("LoginSuccess {", "LockedOut { retryAfterS } ... on LoginSuccess {")
    answer = post(document, _input())["data"]["login"]
    assert (answer["__typename"], 50 <= answer["retryAfterS"] <= 60) == ("LockedOut", True)

    attempts.update(attempt_time=timezone.now() - timedelta(minutes=10))
    assert _outcome(post) == "LoginSuccess"


@pytest.mark.parametrize(
    "_case, changes, hashes",
    [
        ("right", {}, 1),
        ("wrong password", {"password": "a guess"}, 1),
        ("unknown address", {"email": "eve@example.com"}, 1),
    ],
)
def test_each_answer_costs_one_hash(post, alice, monkeypatch, _case, changes, hashes):
    """A-3: counted, since a clock tells only of this machine on this day."""
    hashed = []

    def counted(work):
        def count(*args, **kwargs):
            hashed.append(work)
            return work(*args, **kwargs)

        return count

    for name in ("hash_secret", "verify_secret"):
        monkeypatch.setattr(argon2.low_level, name, counted(getattr(argon2.low_level, name)))
    monkeypatch.setattr(argon2._password_hasher, "verify_secret", argon2.low_level.verify_secret)

    _outcome(post, **changes)

    assert len(hashed) == hashes


def test_an_erasure_takes_the_count_along(post, alice):
    _outcome(post, password="a guess")
    assert AccessAttempt.objects.exists()

    erase(user_id=alice.pk)

    assert not AccessAttempt.objects.exists()
