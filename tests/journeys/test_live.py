"""A message travels from one process to a page that another serves, by each of the two layers."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Thread

import pytest

from tests.server.minutes import batch_input, message_input, minute
from tests.server.sockets import SOON_S, opened
from waw_server.accounts.services import begin_session
from waw_server.ops.serving import serving, serving_live

TRACK = "mutation ($input: MessageInput!) { trackBlink(input: $input) { status } }"
SYNC = "mutation ($input: SyncBlinksInput!) { syncBlinks(input: $input) { statuses } }"
LOGOUT = "mutation { logout { sessionsEnded } }"


@pytest.fixture(params=["postgresql", "redis"])
def layer(request, environment, monkeypatch):
    """Have the processes that are started from here on use one layer."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    monkeypatch.setenv("REDIS_URL", url)


@pytest.fixture
def http(layer):
    """Return the address of a server that takes requests."""
    with serving(preferred_port=0) as url:
        yield url


@pytest.fixture
def live(layer):
    """Return the address of a server of live updates."""
    with serving_live(preferred_port=0) as url:
        yield url


@pytest.fixture
def token():
    """Return a function that signs somebody in."""

    def token(user):
        now = datetime.now(UTC)
        return begin_session(user=user, device_id=None, device_name="", now=now).access

    return token


def asked(http, token, query, variables=None):
    """Send a request and return what it gives."""
    request = urllib.request.Request(
        f"{http}/graphql",
        json.dumps({"query": query, "variables": variables or {}}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=SOON_S) as reply:
        answer = json.load(reply)
    assert "errors" not in answer, answer
    return answer["data"]


def recent(nth):
    """Return the nth minute before this one, which has two blinks."""
    started_at = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=nth)
    return minute(nth, started_at=started_at)


def tracked(http, token, nth):
    """Send a minute by itself."""
    answer = asked(http, token, TRACK, {"input": message_input(recent(nth))})
    assert answer == {"trackBlink": {"status": "ACCEPTED"}}


def test_from_the_tracker_to_the_page(http, live, alice, bob, token):
    """One at a time or many at once; alice's pages see it, bob's do not."""
    hers = token(alice)
    with opened(live, hers) as page, opened(live, token(bob)) as his:
        for listener in (page, his):
            listener.subscribe()
            assert listener.blinks() == 0
        tracked(http, hers, 1)
        assert page.blinks() == 2
        batch = batch_input(recent(2), recent(3), sent_at=datetime.now(UTC))
        asked(http, hers, SYNC, {"input": batch})

        assert page.blinks() == 6
        assert his.is_quiet()


def test_once_a_second_and_the_last_one_always(http, live, alice, token):
    """Thirty minutes arrive in a row: what is shown in the end is all of them."""
    hers = token(alice)

    def send():
        for nth in range(1, 31):
            tracked(http, hers, nth)
            time.sleep(0.1)

    sender = Thread(target=send)
    with opened(live, hers) as page:
        page.subscribe()
        found = [(page.blinks(), time.monotonic())]
        sender.start()
        while found[-1][0] < 60:
            found.append((page.blinks(), time.monotonic()))
        sender.join()

        assert page.is_quiet()
    # When each is heard differs from when it was sent, on a busy machine.
    assert all(later - earlier > 0.8 for (_, earlier), (_, later) in pairwise(found))


def test_signing_out_closes_the_page(http, live, alice, token):
    here, there = token(alice), token(alice)
    with opened(live, here) as page, opened(live, there) as other:
        page.subscribe()
        assert page.blinks() == 0
        assert asked(http, here, LOGOUT) == {"logout": {"sessionsEnded": 1}}
        ended_s = time.monotonic()

        assert page.close_code() == 4403
        assert time.monotonic() - ended_s < 2
        other.subscribe()
        assert other.blinks() == 0


def test_a_page_that_comes_back_sees_what_it_missed(http, layer, alice, token):
    """The server of live updates is started anew while minutes go on arriving."""
    hers = token(alice)
    with serving_live(0) as live, opened(live, hers) as page:
        page.subscribe()
        assert page.blinks() == 0
    tracked(http, hers, 1)

    with serving_live(0) as live, opened(live, hers) as page:
        page.subscribe()
        assert page.blinks() == 2
        tracked(http, hers, 2)
        assert page.blinks() == 4
