"""Five thousand requests that nobody in their right mind would send, to the real application."""

from __future__ import annotations

import io
from itertools import islice

import pytest
from django.core.handlers.wsgi import WSGIHandler

from tests.soak.mutated_requests import Request, bombs, fault, requests
from waw_server.api import throttle
from waw_server.api.rates import Buckets

COUNT = 5000
SEED = 20260302


def answered(application, it):
    """Put a request to a WSGI application, and return the status and body of its answer."""
    environ = {
        "REQUEST_METHOD": it.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/graphql",
        "QUERY_STRING": it.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_LENGTH": str(len(it.body)),
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(it.body),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in it.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    statuses = []
    response = application(environ, lambda status, _headers: statuses.append(status))
    body = b"".join(response)
    response.close()
    return int(statuses[0].split()[0]), body


@pytest.fixture
def uncounted(monkeypatch):
    """Take any number of requests from one address."""
    for name in ("SESSIONS", "ADDRESSES", "SIGN_INS"):
        monkeypatch.setattr(throttle, name, Buckets(1e6, 1 << 20, 100))


def test_whatever_is_sent_is_answered_with_its_reason(
    transactional_db, alice, bob, dana, signed_in, uncounted
):
    """No status of 500 and above, and no error that was not foreseen."""
    tokens = [signed_in(person).access for person in (alice, bob, dana)]
    application = WSGIHandler()
    faults = []
    answers = 0
    for it in islice(requests(SEED, tokens), COUNT):
        status, body = answered(application, it)
        answers += b'"data":{' in body
        if found := fault(it, status, body):
            faults.append(f"{found}: {it}"[:1000])

    assert faults == []
    assert answers > COUNT / 10  # enough of them got as far as the database


def test_what_doubles_itself_is_refused(db, uncounted):
    for it in islice(bombs(SEED), 20):
        status, body = answered(WSGIHandler(), it)

        assert (status, fault(it, status, body)) == (200, None)
        assert b"At most 300 fields" in body


@pytest.mark.parametrize(
    "_case, status, body, expected",
    [
        ("an answer", 200, b'{"data":{"a":1}}', None),
        ("an error that is known", 200, b'{"errors":[{"extensions":{"code":"FORBIDDEN"}}]}', None),
        ("a fault of ours", 200, b'{"errors":[{"extensions":{"code":"INTERNAL"}}]}', "INTERNAL"),
        ("no code", 200, b'{"errors":[{"message":"?"}]}', "None"),
        ("nothing", 200, b'{"data":null}', "neither"),
        ("a page", 404, b"<html>", "no JSON"),
        ("a status", 500, b'{"data":{"a":1}}', "status 500"),
    ],
)
def test_what_counts_as_a_fault(_case, status, body, expected):
    found = fault(Request(b""), status, body)

    assert (found is None) if expected is None else (expected in (found or ""))
