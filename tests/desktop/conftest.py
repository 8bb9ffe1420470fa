"""A real HTTP server on loopback that keeps the contract, and breaks it where told to.

And a real screen with a window manager, and other programs on it.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from uuid import UUID

import pytest

from waw_desktop.core.messages import Message
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.transport import Timeouts, Transport

PASSWORD = "correct horse"
MESSAGE_FIELDS = (
    "startedAts",
    "messageDurationsMs",
    "seenMs",
    "fpsMeans",
    "longClosures",
    "closedMs",
)


def error(code, status=200):
    body = {"errors": [{"message": "no", "extensions": {"code": code}}], "data": None}
    return status, json.dumps(body).encode()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing of a client that hangs up: some are meant to."""


class Server:
    """The account of alice, as the contract has it.

    `faults` are taken one a request: a name of `FAULTS`, a number (status) or a function of
    the handler. `judge` may answer for a message with another (status, code).
    """

    def __init__(self):
        self.requests = []
        self.faults = []
        self.stored = {}
        self.seqs = {}
        self.judged = {}
        self.refused = set()
        self.consents = []
        self.consent_in_force = True
        self.session_lasts = True
        self.erased = False
        self.valid = set()
        self.upgrade_required = False
        self._numbers = count(1)
        self._operations = {
            "Login": self._op_login,
            "RefreshSession": self._op_refresh_session,
            "Logout": self._op_logout,
            "Health": self._op_health,
            "Profile": self._op_profile,
            "Tally": self._op_tally,
            "GrantConsent": self._op_grant_consent,
            "WithdrawConsent": self._op_withdraw_consent,
            "SyncBlinks": self._op_sync_blinks,
            "TrackBlink": self._op_track_blink,
        }
        self._lock = threading.Lock()
        self._http = _Quiet(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        """Stop to serve."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def operations(self):
        """Return the names of the operations asked for, in order."""
        return [operation for operation, _ in self.requests]

    def sent(self, operation):
        """Return the variables of each request for an operation."""
        return [variables for name, variables in self.requests if name == operation]

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                server.answer(self)

            def do_GET(self):
                server.requests.append(("GET", self.path))
                self.send(200, b'{"data": {}}')

            def send(self, status, body, headers=(), promised=None):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(promised or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def drop(self):
                # A reset, as when the process behind it dies.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.close_connection = True
                self.connection.close()

            def log_message(self, *_):
                pass

            def finish(self):
                with suppress(ValueError, OSError):
                    super().finish()

        return Handler

    def answer(self, handler):
        """Answer one request, or break off as told."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        payload = json.loads(body)
        operation = payload["query"].split("{")[0].split("(")[0].split()[-1]
        variables = payload.get("variables", {})
        with self._lock:
            self.requests.append((operation, variables))
            fault = self.faults.pop(0) if self.faults else "none"
        if callable(fault):
            fault(handler)
        elif isinstance(fault, int):
            handler.send(fault, b"<html>no</html>")
        else:
            getattr(self, f"_{fault}")(handler, operation, variables)

    def _none(self, handler, operation, variables):
        handler.send(*self._reply(handler, operation, variables))

    def _unheard(self, handler, *_):
        handler.drop()

    def _unanswered(self, handler, operation, variables):
        self._reply(handler, operation, variables)
        handler.drop()

    def _truncated(self, handler, operation, variables):
        status, body = self._reply(handler, operation, variables)
        handler.send(status, body[: len(body) // 2], promised=len(body))
        handler.drop()

    def _portal(self, handler, *_):
        handler.send(200, b'{"data": {"captive": 1}}')

    def _html(self, handler, *_):
        handler.send(200, b"<html>Welcome to our hotel</html>")

    def _slow(self, handler, operation, variables):
        status, body = self._reply(handler, operation, variables)
        time.sleep(0.6)
        handler.send(status, body)

    def _redirected(self, handler, *_):
        handler.send(307, b"", [("Location", "http://127.0.0.1:9/graphql")])

    def _twice(self, handler, operation, variables):
        self._reply(handler, operation, variables)
        self._none(handler, operation, variables)

    def _reply(self, handler, operation, variables):
        with self._lock:
            token = (handler.headers["Authorization"] or "").removeprefix("Bearer ")
            is_known = token in self.valid and not self.erased
            if operation not in ("Login", "RefreshSession", "Health") and not is_known:
                return error("UNAUTHENTICATED")
            data = self._operations[operation](variables)
            return data if isinstance(data, tuple) else (200, json.dumps({"data": data}).encode())

    def _tokens(self):
        number = next(self._numbers)
        self.valid.add(f"access-{number}")
        return {
            "accessToken": f"access-{number}",
            "accessExpiresInS": 300,
            "refreshToken": f"refresh-{number}",
        }

    def _op_login(self, variables):
        if variables["input"]["password"] != PASSWORD:
            refusal = {"__typename": "InvalidCredentials", "message": "Wrong password."}
            return {"login": refusal}
        return {"login": {"__typename": "LoginSuccess", **self._tokens()}}

    def _op_refresh_session(self, _variables):
        if self.erased:
            return {"refreshSession": {"__typename": "Erased", "message": "Erased."}}
        if not self.session_lasts:
            return {"refreshSession": {"__typename": "SessionEnded", "reason": "EXPIRED"}}
        return {"refreshSession": {"__typename": "RefreshSuccess", **self._tokens()}}

    def _op_logout(self, _variables):
        self.valid.clear()
        return {"logout": {"sessionsEnded": 1}}

    def _op_health(self, _variables):
        return {"health": {"status": "ok"}}

    def _op_profile(self, _variables):
        consent = {"purpose": "CLOUD_SYNC", "withdrawnAt": None}
        return {
            "profile": {
                "email": "alice@example.org",
                "displayName": "Alice",
                "consents": [consent] if self.consent_in_force else [],
                "today": {"blinks": 7, "seenMs": "60000"},
            }
        }

    def _op_tally(self, variables):
        mine = {
            int(seq)
            for (device_id, seq), message_id in self.seqs.items()
            if device_id == variables["deviceId"] and message_id in self.stored
        }
        watermark = next(seq for seq in count(0) if seq + 1 not in mine)
        return {"tally": {"messages": len(mine), "watermark": str(watermark)}}

    def _op_grant_consent(self, variables):
        self.consents.append(variables["input"])
        self.consent_in_force = True
        return {"grantConsent": {"purpose": "CLOUD_SYNC"}}

    def _op_withdraw_consent(self, _variables):
        self.consent_in_force = False
        return {"withdrawConsent": {"purpose": "CLOUD_SYNC"}}

    def _op_sync_blinks(self, variables):
        batch = variables["input"]
        if not self.consent_in_force:
            return error("CONSENT_REQUIRED")
        if self.upgrade_required:
            return error("UPGRADE_REQUIRED")
        if self.refused & set(batch["messageIds"]):
            return error("BAD_USER_INPUT")
        results = [self._store(batch, i) for i in range(len(batch["messageIds"]))]
        return {
            "syncBlinks": {
                "messageIds": batch["messageIds"],
                "statuses": [status for status, _ in results],
                "codes": [code for _, code in results],
                "details": [None] * len(results),
            }
        }

    def _op_track_blink(self, variables):
        one = variables["input"]
        known = one["messageId"] in self.stored
        self.stored[one["messageId"]] = one
        status = "DUPLICATE" if known else "ACCEPTED"
        receipt = {"messageId": one["messageId"], "status": status, "code": None}
        return {"trackBlink": {**receipt, "detail": None}}

    def _store(self, batch, i):
        message_id, slot = batch["messageIds"][i], (batch["deviceId"], batch["seqs"][i])
        if message_id in self.judged:
            return self.judged[message_id]
        content = tuple(batch[name][i] for name in MESSAGE_FIELDS)
        if message_id in self.stored:
            same = self.stored[message_id] == content
            return ("DUPLICATE", None) if same else ("CONFLICT", "PAYLOAD_DIFFERS")
        if slot in self.seqs:
            return "CONFLICT", "SEQ_TAKEN"
        self.stored[message_id] = content
        self.seqs[slot] = message_id
        return "ACCEPTED", None


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def transport(server):
    transport = Transport(server.url, timeouts=Timeouts(0.5, 0.3, 0.5))
    yield transport
    transport.close()


@pytest.fixture
def client(transport):
    """A client of alice's, signed in."""
    client = SyncClient(transport)
    client.login("alice@example.org", PASSWORD, UUID(int=1), "Linux tracker")
    return client


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "outbox.db") as outbox:
        yield outbox


@pytest.fixture(scope="session")
def make_message():
    """Make messages that differ, numbered from 1."""

    def make(number, **fields):
        return Message(
            **{
                "message_id": UUID(int=number),
                "started_at": datetime(2026, 3, 2, 9, number % 60, tzinfo=UTC),
                "started_mono_ms": number * 60_000,
                "boot_id": "boot",
                "duration_ms": 60_000,
                "seen_ms": 59_000,
                "fps_mean": 29.97,
                "onsets_ms": (1000, 2000),
                "durations_ms": (200, 300),
                "closures": (95, 60),
                "long_closures": 1,
                "closed_ms": 700,
            }
            | fields
        )

    return make


@contextmanager
def running(argv, **options):
    """Run a program that is ended however the test ends."""
    with subprocess.Popen(argv, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def screen(monkeypatch):
    """Run an X server of the test's own with a window manager."""
    reader, writer = os.pipe()
    argv = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with running(argv, pass_fds=[writer], stderr=subprocess.DEVNULL):
        os.close(writer)
        with open(reader) as lines:  # noqa: PTH123 - a pipe has no path
            display = f":{lines.readline().strip()}"
        monkeypatch.setenv("DISPLAY", display)
        with running(["openbox"], stderr=subprocess.DEVNULL):
            _wait_for_manager(display)
            yield display


def _wait_for_manager(name):
    """Wait until windows that open are managed, and so get the keyboard."""
    from Xlib.display import Display
    from Xlib.X import AnyPropertyType

    display = Display(name)
    sign = display.intern_atom("_NET_SUPPORTING_WM_CHECK")
    until_s = time.monotonic() + 10
    while display.screen().root.get_full_property(sign, AnyPropertyType) is None:
        assert time.monotonic() < until_s, "openbox did not start"
        time.sleep(0.02)
    display.close()


_WINDOW = """
import sys
from PyQt6.QtWidgets import QApplication, QWidget
app = QApplication([])
window = QWidget()
window.resize(300, 200)
window.showFullScreen() if sys.argv[1] == "full" else window.show()
app.exec()
"""


@pytest.fixture
def program(screen):
    """Run programs of Qt's on that screen."""

    def run(code, *arguments, **options):
        env = os.environ | {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        return running([sys.executable, "-c", code, *arguments], env=env, **options)

    return run


@pytest.fixture
def window(program):
    """Run other programs with a window, "small" or "full"."""
    return lambda kind: program(_WINDOW, kind)
