"""Whoever asks too often is told how long to wait, and stands in nobody else's way."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tests.server.minutes import batch_input, minute
from tests.server.sockets import opened
from waw_server.api import throttle
from waw_server.api.rates import Buckets

HEALTH = "{ health { status } }"
LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
REFRESH = 'mutation { refreshSession(refreshToken: "a guess") { __typename } }'
SYNC = "mutation ($input: SyncBlinksInput!) { syncBlinks(input: $input) { statuses } }"
GUESS = {"input": {"email": "alice@example.com", "password": "a guess"}}


@pytest.fixture
def few(monkeypatch):
    """Let buckets hold three, and gain one in a hundred seconds."""
    for name in ("SESSIONS", "ADDRESSES", "SIGN_INS"):
        monkeypatch.setattr(throttle, name, Buckets(0.01, 3, 100))


def sent(query=HEALTH, variables=None, token=None, address="192.0.2.1", **headers):
    """Send a document from an address and return the reply."""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Client().post(
        "/graphql",
        {"query": query, "variables": variables},
        content_type="application/json",
        headers=headers,
        REMOTE_ADDR=address,
    )


def statuses(count, *args, **kwargs):
    """Return how so many requests were answered."""
    return [sent(*args, **kwargs).status_code for _ in range(count)]


def test_the_answer_says_how_long_to_wait(db, few):
    statuses(3)

    reply = sent()

    (error,) = reply.json()["errors"]
    assert reply.status_code == 429
    wait_s = int(reply.headers["Retry-After"])
    assert 0 < wait_s <= 100  # less where the machine was busy meanwhile
    assert error["message"] == f"Too many requests; come again in {wait_s} s."
    assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfterS": wait_s}


def test_strangers_are_counted_by_address(db, few):
    assert statuses(4) == [200, 200, 200, 429]

    assert sent(address="192.0.2.2").status_code == 200


def test_whoever_comes_from_an_issuer_is_counted_as_signing_in(db, monkeypatch):
    monkeypatch.setattr(throttle, "SIGN_INS", Buckets(0.01, 1, 100))
    document = "mutation ($i: LoginWithOidcInput!) { loginWithOidc(input: $i) { __typename } }"
    came_back = {
        "code": "a code",
        "codeVerifier": "v" * 43,
        "nonce": "n" * 16,
        "redirectUri": "http://127.0.0.1:1/",
    }

    assert statuses(2, document, {"i": came_back}) == [200, 429]


def test_refreshing_is_counted_by_address(db, few):
    assert statuses(4, REFRESH) == [200, 200, 200, 429]


def test_a_token_that_is_not_ours_counts_as_none(db, few):
    assert statuses(2, token="made up") + statuses(2, token="otherwise") == [200] * 3 + [429]


def test_the_signed_in_are_counted_by_session(alice, bob, signed_in, few):
    """They share an address with somebody who has used it up, and with each other."""
    hers, another, his = (signed_in(user).access for user in (alice, alice, bob))
    statuses(4)

    assert statuses(4, token=hers) == [200, 200, 200, 429]
    assert sent(token=another).status_code == sent(token=his).status_code == 200


def test_what_is_no_request_counts_too(db, few):
    replies = [Client().post("/graphql", b"[", content_type="application/json") for _ in range(4)]

    assert [it.status_code for it in replies] == [400, 400, 400, 429]


def test_attempts_to_sign_in_count_once_more(alice, signed_in, few):
    """Also those that are sent with a token, or from several sessions."""
    tokens = [signed_in(alice).access for _ in range(4)]

    replies = [sent(LOGIN, GUESS, token) for token in tokens]

    assert [it.status_code for it in replies] == [200, 200, 200, 429]
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 100
    assert replies[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert sent(LOGIN, GUESS, address="192.0.2.2").status_code == 200


@pytest.mark.parametrize(
    "_case, trusted, expected",
    [
        ("anybody's word", [], [200, 200, 200, 429]),
        ("a proxy's word", ["192.0.2.0/24"], [200] * 4),
    ],
)
def test_whose_word_about_addresses_counts(db, few, settings, _case, trusted, expected):
    settings.TRUSTED_PROXIES = trusted

    replies = [sent(**{"X-Forwarded-For": f"198.51.100.{nth}"}) for nth in range(4)]

    assert [it.status_code for it in replies] == expected


def test_a_week_offline_meets_no_limit(alice, signed_in):
    """41 batches at once, and a refresh, all within the limits of the settings."""
    token = signed_in(alice).access
    batch = {"input": batch_input(minute(1), sent_at=timezone.now())}

    assert set(statuses(41, SYNC, batch, token)) == {200}
    assert sent(REFRESH).status_code == 200


def test_an_office_meets_no_limit(db):
    """A thousand people behind one address, whose tokens all expire in the same second."""
    assert set(statuses(1000, REFRESH)) == {200}


def test_a_socket_is_closed(live, alice, signed_in, few):
    """By what its session sends, once there is one."""
    with opened(live, signed_in(alice).access) as listener:
        for _ in range(4):
            listener.send({"type": "ping"})

        assert listener.close_code() == 1008
    with opened(live, signed_in(alice).access) as another:
        another.send({"type": "ping"})

        assert another.heard() == {"type": "pong"}


def test_a_socket_of_nobody_is_closed(live, few):
    """By what its address sends."""
    with opened(live) as listener:
        for _ in range(4):
            listener.send({"type": "ping"})

        assert listener.close_code() == 1008
