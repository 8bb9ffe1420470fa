"""What wrong passwords are counted by, and how long one waits."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import RequestFactory

from waw_server.accounts.lockout import account, address, name_of, wait_s

ALICE = name_of("alice@example.com")


@pytest.mark.parametrize(
    "_case, credentials, form",
    [
        ("as django-axes hands it on", {"username": "alice@example.com"}, {}),
        ("by the field of our accounts", {"email": "alice@example.com"}, {}),
        ("in another case", {"username": " Alice@Example.COM "}, {}),
        ("from the form", None, {"username": "alice@example.com"}),
    ],
)
def test_an_account_is_one_however_it_is_typed(_case, credentials, form):
    assert account(RequestFactory().post("/", form), credentials) == ALICE


def test_it_tells_nobody_what_was_typed(settings):
    """Not even whoever has a list of addresses to try, without the key."""
    settings.SECRET_KEY = "another key"

    assert name_of("alice@example.com") != ALICE
    assert account(None, None) == name_of("")


@pytest.mark.parametrize(
    "_case, remote, forwarded_for, found",
    [
        ("straight", "203.0.113.7", "", "203.0.113.7"),
        ("by our proxy", "10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("by somebody's own", "198.51.100.1", "203.0.113.7", "198.51.100.1"),
        ("by a socket that is a file", "", "", None),
    ],
)
def test_where_a_request_came_from(settings, _case, remote, forwarded_for, found):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    headers = {"X-Forwarded-For": forwarded_for}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)

    assert address(request) == found


@pytest.mark.parametrize(
    "_case, ago_s, left_s", [("just now", 0, 600), ("a while ago", 599.5, 1), ("over", 700, 1)]
)
def test_how_long_one_waits(db, now, _case, ago_s, left_s):
    request = RequestFactory().post("/")
    request.axes_attempt_time = now  # type: ignore[attr-defined]  # as django-axes does
    AccessAttempt.objects.create(username=ALICE, ip_address="127.0.0.1", failures_since_start=10)
    AccessAttempt.objects.update(attempt_time=now - timedelta(seconds=ago_s))

    assert wait_s(request, "alice@example.com") == left_s


def test_a_count_that_was_cleared_meanwhile(db):
    assert wait_s(RequestFactory().post("/"), "alice@example.com") == 1
