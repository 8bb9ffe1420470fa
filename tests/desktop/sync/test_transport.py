"""One request to one server: what counts as a reply, and what everything else means."""

import json
import time
from datetime import UTC, datetime

import pytest
import requests

from waw_desktop.core.retry import Answer
from waw_desktop.sync.transport import (
    Failure,
    Timeouts,
    Transport,
    _no_answer,
    parse_retry_after,
)


def raw(status, body, *headers):
    """A fault that answers with exactly this."""
    return lambda handler: handler.send(status, body, headers)


def graphql_error(code, status=200):
    body = {"data": None, "errors": [{"message": "no", "extensions": {"code": code}}]}
    return raw(status, json.dumps(body).encode())


def never_ending(handler):
    handler.send(200, b"{", promised=10**6)
    for _ in range(50):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def far_too_long(handler):
    handler.send(200, b" " * (3 << 20))


def test_a_reply(transport):
    """The data of a well-formed reply."""
    assert transport.send("health", {}) == {"health": {"status": "ok"}}


@pytest.mark.parametrize("errors", [b"null", b"[]"])
def test_a_reply_with_no_errors_in_it(server, transport, errors):
    """Some servers name an empty list of errors."""
    server.faults = [raw(200, b'{"data": {"health": {}}, "errors": %s}' % errors)]

    assert transport.send("health", {}) == {"health": {}}


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("unheard", Answer.NO_ANSWER),
        ("unanswered", Answer.NO_ANSWER),
        ("truncated", Answer.NO_ANSWER),
        ("slow", Answer.NO_ANSWER),
        (never_ending, Answer.UNREADABLE),
        (far_too_long, Answer.UNREADABLE),
        ("html", Answer.UNREADABLE),
        ("redirected", Answer.UNREADABLE),
        (raw(200, b""), Answer.UNREADABLE),
        (raw(200, b"null"), Answer.UNREADABLE),
        (raw(200, b"7"), Answer.UNREADABLE),
        (raw(200, b"[]"), Answer.UNREADABLE),
        (raw(200, b"{}"), Answer.UNREADABLE),
        (raw(200, b'{"data": null}'), Answer.UNREADABLE),
        (raw(200, b'{"data": []}'), Answer.UNREADABLE),
        (raw(200, b'{"errors": []}'), Answer.UNREADABLE),
        (raw(200, b'{"errors": "no"}'), Answer.UNREADABLE),
        (raw(200, b'{"errors": ["no"]}'), Answer.UNREADABLE),
        (raw(200, b'{"errors": [{}]}'), Answer.UNKNOWN),
        (raw(200, b"\xff\xfe\xfd"), Answer.UNREADABLE),
        (raw(200, b"[" * 100_000), Answer.UNREADABLE),
        (raw(204, b""), Answer.UNREADABLE),
        (raw(201, b'{"data": {"health": {}}}'), Answer.UNREADABLE),
        (raw(500, b'{"data": {"health": {}}}'), Answer.BUSY),
        (400, Answer.REFUSED),
        (401, Answer.SIGNED_OUT),
        (404, Answer.UNREADABLE),
        (413, Answer.REFUSED),
        (429, Answer.BUSY),
        (503, Answer.BUSY),
        (graphql_error("UNAUTHENTICATED"), Answer.SIGNED_OUT),
        (graphql_error("BAD_USER_INPUT"), Answer.REFUSED),
        (graphql_error("CONSENT_REQUIRED"), Answer.CONSENT_REQUIRED),
        (graphql_error("UPGRADE_REQUIRED"), Answer.UPGRADE_REQUIRED),
        (graphql_error("INTERNAL"), Answer.BUSY),
        (graphql_error("UNAVAILABLE", 503), Answer.BUSY),
        (graphql_error("FORBIDDEN"), Answer.UNKNOWN),
        (graphql_error("UPGRADE_REQUIRED", 400), Answer.UPGRADE_REQUIRED),
        (graphql_error("BAD_USER_INPUT", 503), Answer.BUSY),
        (graphql_error("BAD_USER_INPUT", 429), Answer.BUSY),
    ],
)
def test_faults(server, transport, fault, answer):
    """Only a whole GraphQL reply counts; each other end has its own meaning."""
    server.faults = [fault]

    failure = transport.send("health", {})

    assert isinstance(failure, Failure)
    assert failure.answer is answer
    assert failure.detail
    assert transport.send("health", {}) == {"health": {"status": "ok"}}


def test_a_response_object_is_never_judged_by_its_truth(server, transport):
    """In requests a 503 is false: whoever writes `if response` takes it for no answer."""
    server.faults = [raw(503, b"", ("Retry-After", "7"))] * 2
    assert not requests.post(server.url, json={"query": "query Health {"}, timeout=5)

    failure = transport.send("health", {})

    assert (failure.answer, failure.retry_after_s) == (Answer.BUSY, 7.0)


def test_nobody_listens():
    """A refused connection is no answer."""
    transport = Transport("http://127.0.0.1:9")

    failure = transport.send("health", {})

    assert isinstance(failure, Failure)
    assert failure.answer is Answer.NO_ANSWER
    transport.close()


def test_redirects_are_not_followed(server, transport):
    """Neither the password nor a blink goes where a redirect points."""
    elsewhere = ("Location", f"{server.url}/elsewhere")
    server.faults = [raw(status, b"", elsewhere) for status in (301, 302, 303, 307, 308)]

    for _ in range(5):
        failure = transport.send("health", {})
        assert "is not followed" in failure.detail

    assert server.operations() == ["Health"] * 5


def test_the_environment_cannot_divert(server, transport, monkeypatch, tmp_path):
    """Proxies and passwords of the environment are not used."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password eve")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    authorization = []

    def note(handler):
        authorization.append(handler.headers["Authorization"])
        handler.send(503, b"")

    server.faults = [note]

    transport.send("health", {})

    assert authorization == [None]


def test_a_proxy_that_is_set(server):
    """With a proxy set, requests go to it."""
    through = Transport("http://192.0.2.1", proxy=server.url)

    assert through.send("health", {}) == {"health": {"status": "ok"}}
    through.close()


def test_asks_for_plain_replies(server, transport):
    """A compressed reply could grow without end after the limit was checked."""
    asked = []

    def note(handler):
        asked.append(handler.headers["Accept-Encoding"])
        handler.send(503, b"")

    server.faults = [note]

    transport.send("health", {})

    assert asked == ["identity"]


def test_sends_the_token(server, transport):
    """The token goes as a bearer, and only where it is given."""
    seen = []

    def note(handler):
        seen.append(handler.headers["Authorization"])
        handler.send(503, b"")

    server.faults = [note, note]

    transport.send("health", {}, "secret")
    transport.send("health", {})

    assert seen == ["Bearer secret", None]


NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "delay_s"),
    [
        (None, None),
        ("7", 7.0),
        ("0.05", 0.05),
        ("-3", -3.0),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 11:59:00 GMT", -60.0),
        ("Mon, 02 Mar 2026 12:00:30 -0000", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after(value, delay_s):
    """Seconds or a date; anything else is as if it were not there."""
    assert parse_retry_after(value, NOON) == delay_s


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.SSLError(), "the server's certificate is not trusted"),
        (requests.exceptions.ProxyError(), "the proxy does not answer"),
        (requests.exceptions.ReadTimeout(), "the server takes too long to answer"),
        (requests.exceptions.ConnectTimeout(), "the server takes too long to answer"),
        (requests.exceptions.ConnectionError(), "the server does not answer"),
        (OSError(), "the server does not answer"),
        (None, "the server does not answer"),
    ],
)
def test_words_for_the_person(error, words):
    """Each kind of silence has its own words."""
    assert _no_answer(error) == words


def test_timeouts_are_bounded_by_default():
    """No wait is without an end."""
    assert Timeouts() == Timeouts(connect_s=5.0, read_s=20.0, total_s=30.0)
