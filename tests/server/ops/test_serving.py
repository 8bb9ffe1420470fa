"""The HTTP server as a child: it answers, gives way, and ends with its context."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.sockets import PROTOCOL
from waw_server.ops import serving
from waw_server.ops.database import PROJECT, free_port
from waw_server.ops.serving import ServerFailed

OWNER = """
import sys, time
from waw_server.ops.serving import serving
with serving(0) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def _port(url):
    return int(url.rpartition(":")[2])


def _is_refused(url):
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", _port(url)), timeout=2)
    return True


def _sleeping():
    """Start a process that never answers, in a session of its own as the server is."""
    return subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def test_it_answers_meanwhile_and_not_after(database_url, monkeypatch):
    """A real request through a real server to the real database."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    with serving.serving(free_port(0)) as url:
        request = urllib.request.Request(
            f"{url}/graphql",
            json.dumps({"query": "{ health { status database } }"}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            answer = json.load(reply)

    assert answer == {"data": {"health": {"status": "ok", "database": "ok"}}}
    assert _is_refused(url)


def test_live_updates_are_served_beside_it(database_url, monkeypatch):
    """By WebSocket, at one address, and nothing else at all."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    with serving.serving_live(free_port(0)) as url:
        with connect(url, subprotocols=[PROTOCOL], proxy=None) as socket:
            socket.send('{"type": "ping"}')
            assert socket.recv(timeout=30) == '{"type":"pong"}'
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(f"{url}/more", subprotocols=[PROTOCOL], proxy=None),
        ):
            pass
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url.replace("ws://", "http://"), timeout=30)
        assert refused.value.code == 404
        refused.value.close()

    assert _is_refused(url.removesuffix("/graphql"))


def test_it_gives_way_to_whoever_has_the_port(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        with serving.serving(taken) as url:
            assert _port(url) != taken
            connection = http.client.HTTPConnection("127.0.0.1", _port(url), timeout=30)
            connection.request("GET", "/graphql")
            assert connection.getresponse().status == 405
            connection.close()


def test_a_server_that_ends_is_reported_at_once(monkeypatch):
    """Its settings are wrong, so it never answers."""
    monkeypatch.setenv("WAW_ENV", "nonsense")
    began_s = time.monotonic()

    with pytest.raises(ServerFailed, match=r"ended with code [1-9]"), serving.serving(0):
        pass

    assert time.monotonic() - began_s < serving.START_LIMIT_S


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(serving, "START_LIMIT_S", 0.3)
    server = _sleeping()

    with server:
        with pytest.raises(ServerFailed, match="did not answer within 0 s"):
            serving._wait(server, free_port(0))
        server.kill()


def test_a_server_that_does_not_end_is_killed(monkeypatch):
    """One that does not mind that its owner has let go, after a while."""
    monkeypatch.setattr(serving, "STOP_LIMIT_S", 0.3)
    server = _sleeping()

    with server:
        serving._end(server)

        assert server.returncode == -signal.SIGKILL


def test_it_ends_with_a_killed_owner(database_url, monkeypatch):
    """Nothing is left that listens."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        socket.create_connection(("127.0.0.1", _port(url)), timeout=5).close()
        owner.kill()

    deadline_s = time.monotonic() + 30
    while _answers(url):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def _answers(url):
    try:
        socket.create_connection(("127.0.0.1", _port(url)), timeout=2).close()
    except OSError:
        return False
    return True


def test_the_ports_are_said(settings, monkeypatch):
    where = {"HOST": "127.0.0.1", "PORT": "54321"}
    monkeypatch.setitem(settings.DATABASES, "default", where)

    assert serving.where("http://127.0.0.1:8001", "ws://127.0.0.1:8002/graphql") == (
        "Server on http://127.0.0.1:8001, live updates on ws://127.0.0.1:8002/graphql, "
        "PostgreSQL on 127.0.0.1:54321."
    )


@pytest.fixture
def handlers():
    """Put the handlers of signals back afterwards."""
    ways = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.getsignal(each) for each in ways}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_each_way_to_end_it_is_that_of_ctrl_c(name):
    """Also where all of them were ignored when it was started."""
    signal.signal(getattr(signal, name), signal.SIG_IGN)
    serving.end_like_ctrl_c()
    somebody = threading.Timer(0.2, os.kill, (os.getpid(), getattr(signal, name)))

    somebody.start()
    with pytest.raises(KeyboardInterrupt):
        serving.wait_for_ctrl_c()


@pytest.mark.usefixtures("handlers")
def test_a_system_without_hangups_does_without(monkeypatch):
    """Windows knows no SIGHUP."""
    monkeypatch.delattr(signal, "SIGHUP")

    serving.end_like_ctrl_c()

    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
