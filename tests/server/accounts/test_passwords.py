"""Passwords are hashed by Argon2id at the cost we chose."""

import pytest
from argon2 import PasswordHasher
from django.contrib.auth.hashers import check_password, identify_hasher, make_password


def test_the_hash_says_its_cost():
    """19 MiB, two passes, one lane: not Django's 100 MiB and eight."""
    assert make_password("a password").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "_case, typed, expected",
    [("right", "Zoë's password", True), ("wrong", "Zoe's password", False), ("none", "", False)],
)
def test_only_the_password_opens(_case, typed, expected):
    assert check_password(typed, make_password("Zoë's password")) is expected


def test_two_hashes_of_a_password_differ():
    """Each has a salt of its own."""
    assert make_password("a password") != make_password("a password")


def test_a_hash_of_another_cost_is_renewed():
    """Who signs in with a hash of older parameters gets one of today's."""
    old = "argon2" + PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("a password")
    renewed: list[str] = []

    assert check_password("a password", old, setter=renewed.append)
    assert identify_hasher(old).must_update(old)
    assert renewed == ["a password"]
