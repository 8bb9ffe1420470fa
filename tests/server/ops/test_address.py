"""Which address a request comes from: what a stranger says of himself does not count."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from waw_server.ops.address import home, of, of_request

PROXIES = ["10.0.0.0/24", "2001:db8::1"]


@pytest.mark.parametrize(
    "_case, remote, forwarded_for, expected",
    [
        ("no proxy", "192.0.2.1", "", "192.0.2.1"),
        ("a stranger's word", "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("a proxy's word", "10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("a proxy's word after a stranger's", "10.0.0.7", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("two proxies", "10.0.0.7", "198.51.100.1,10.0.0.8", "198.51.100.1"),
        ("a proxy of another sort", "2001:DB8::1", "2001:db8::2", "2001:db8::2"),
        ("a proxy that says nothing", "10.0.0.7", "", "10.0.0.7"),
        ("proxies only", "10.0.0.7", "10.0.0.9, 10.0.0.8", "10.0.0.9"),
        ("no address before ours", "10.0.0.7", "unknown, 10.0.0.8", "10.0.0.8"),
        ("an address within another", "::ffff:10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("no connection", "", "198.51.100.1", "unknown"),
    ],
)
def test_where_it_comes_from(_case, remote, forwarded_for, expected):
    assert of(remote, forwarded_for, PROXIES) == expected


def test_a_request_has_it(settings):
    settings.TRUSTED_PROXIES = PROXIES

    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.7", headers={"X-Forwarded-For": "198.51.100.1"}
    )

    assert of_request(request) == "198.51.100.1"


@pytest.mark.parametrize(
    "address, expected",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:db8:0:7:8::9", "2001:db8:0:7::/64"),
        ("unknown", "unknown"),
    ],
)
def test_what_is_counted_as_one(address, expected):
    assert home(address) == expected
