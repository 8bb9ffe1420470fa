"""The servers as children of the command that was typed: one for HTTP, one for WebSockets."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from waw_server.ops.database import PROJECT, free_port

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
MAX_MESSAGE_BYTES = 1 << 16


class ServerFailed(Exception):
    """A server ended, or did not answer in time."""


def where(url: str, live_url: str) -> str:
    """Say which ports were chosen: those one expects may have been taken."""
    database = settings.DATABASES["default"]
    return (
        f"Server on {url}, live updates on {live_url}, "
        f"PostgreSQL on {database['HOST']}:{database['PORT']}."
    )


def end_like_ctrl_c() -> None:
    """Let a termination, or the terminal's end, close everything in order as Ctrl-C does.

    Ctrl-C's own signal is among them: a shell has what it starts in the background ignore it.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def wait_for_ctrl_c() -> None:
    """Wait until somebody ends it; what was said so far is shown first, also in a pipe.

    Raises:
        KeyboardInterrupt: Always, in the end.
    """
    sys.stdout.flush()
    threading.Event().wait()


@contextmanager
def serving(preferred_port: int, live_url: str = "") -> Iterator[str]:
    """Serve HTTP on loopback meanwhile and yield the address.

    Granian runs the WSGI application: a synchronous view on its own threads costs a third to a
    fifth of any of Django's ASGI variants.

    Args:
        preferred_port: Another free one is taken if something listens there.
        live_url: What pages are told of live updates; left out, what `LIVE_URL` says.

    Raises:
        ServerFailed: If it does not answer.
    """
    port = free_port(preferred_port)
    with _running(port, {"LIVE_URL": live_url} if live_url else {}, *http_command(port)):
        yield f"http://127.0.0.1:{port}"


def http_command(port: int) -> list[str]:
    """Return the module, with its arguments, that serves HTTP on a port of loopback."""
    return [
        *("granian", "--interface", "wsgi", "--http", "1", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        # A request waits for PostgreSQL for nearly half of its time, so two for each core.
        *("--workers", "1", "--blocking-threads", str(2 * (os.cpu_count() or 1))),
        # A worker that was killed, say for its memory, must not take the server with it.
        *("--respawn-failed-workers", "--respawn-interval", "1"),
        "waw_server.wsgi:application",
    ]


@contextmanager
def serving_live(preferred_port: int) -> Iterator[str]:
    """Serve WebSockets on loopback meanwhile and yield the address.

    Uvicorn runs the ASGI application: it has settings that granian lacks, for how long a
    message may be, and pings that find a client gone.

    Args:
        preferred_port: Another free one is taken if something listens there.

    Raises:
        ServerFailed: If it does not answer.
    """
    port = free_port(preferred_port)
    with _running(port, {}, *_live_command(port)):
        yield f"ws://127.0.0.1:{port}/graphql"


def _live_command(port: int) -> list[str]:
    return [
        *("uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        *("--no-access-log", "--no-server-header", "--lifespan", "off"),
        # psycopg needs this kind of loop, which is not the usual one on Windows.
        *("--loop", "asyncio:SelectorEventLoop"),
        *("--ws", "websockets-sansio", "--ws-max-size", str(MAX_MESSAGE_BYTES)),
        *("--ws-per-message-deflate", "false"),
        *("--timeout-graceful-shutdown", "2"),
        "waw_server.asgi:application",
    ]


@contextmanager
def _running(port: int, variables: dict[str, str], *module: str) -> Iterator[None]:
    server = subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
        [sys.executable, "-m", "waw_server.ops.leash", sys.executable, "-m", *module],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us to hear; the leash passes it on
        cwd=PROJECT,
        env={**os.environ, **variables},
    )
    try:
        _wait(server, port)
        yield
    finally:
        _end(server)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    deadline_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline_s:
        if server.poll() is not None:
            raise ServerFailed(f"The server on port {port} ended with code {server.returncode}.")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/admin/login/")
            connection.getresponse()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise ServerFailed(f"The server on port {port} did not answer within {START_LIMIT_S:.0f} s.")


def _end(server: subprocess.Popen[bytes]) -> None:
    try:
        server.communicate(timeout=STOP_LIMIT_S)  # closes its input: the leash lets go
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
