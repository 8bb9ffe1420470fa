"""Record what the tracker sends, byte by byte: `python -m tests.contract.record_requests`.

Each call of the tracker is made once against a server that answers nothing useful, and the
body of each request is kept in `tests/data/requests` as `<operation>-<n>.json`. One is added
where a document, or what it brings, has changed since the latest; none is ever changed or
taken away.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID

from waw_desktop.core.messages import Message
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.outbox import Row
from waw_desktop.sync.transport import Transport

REQUESTS = Path(__file__).resolve().parents[1] / "data" / "requests"
DEVICE = UUID("0196b4c1-7d3e-4a6b-9c52-3f0e8d7a1b46")
SENT_AT = datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
TOKENS = {"accessToken": "access", "accessExpiresInS": 300, "refreshToken": "refresh"}


def recordings(operation):
    """Return the recordings of an operation, the first one first."""
    found = REQUESTS.glob(f"{operation}-*.json")
    return sorted(found, key=lambda path: int(path.stem.rpartition("-")[2]))


def message(number):
    """Return one of two minutes as they were measured."""
    return Message(
        message_id=UUID(f"0195563a-4e80-7c1d-8a2b-00000000000{number}"),
        started_at=SENT_AT - timedelta(minutes=10 - number),
        started_mono_ms=0,
        boot_id="boot",
        duration_ms=60_000,
        seen_ms=58_500,
        fps_mean=29.97,
        onsets_ms=(1000, 21_500),
        durations_ms=(180, 240),
        closures=(97, 61),
        long_closures=1,
        closed_ms=640,
    )


class Handler(BaseHTTPRequestHandler):
    """Keeps each body, and answers so that the client goes on asking."""

    bodies: list[bytes]

    def do_POST(self):
        """Let sign-in succeed, and refuse the last call so that it refreshes."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(body)
        answer: dict[str, object] = {"data": {}}
        if b"mutation Login" in body:
            answer = {"data": {"login": {"__typename": "LoginSuccess", **TOKENS}}}
        if b"mutation Logout" in body:
            answer = {"errors": [{"message": "", "extensions": {"code": "UNAUTHENTICATED"}}]}
        reply = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        """Say nothing."""


def call_everything(client):
    """Make each call that the tracker can make."""
    first, second = Row(1, message(1)), Row(2, message(2))
    client.health()
    client.login("alice@example.com", "alice's password", DEVICE, "Linux tracker")
    client.grant_consent("5e" * 32, SENT_AT - timedelta(hours=1), SENT_AT)
    client.sync_blinks([first, second], DEVICE, [540_000, -1], SENT_AT)
    client.track_blink(first, SENT_AT)
    client.profile("Europe/Vienna")
    client.tally(DEVICE)
    client.withdraw_consent()
    client.logout(everywhere=True)


def recorded():
    """Return the body of each request, by operation."""
    Handler.bodies = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    transport = Transport(f"http://127.0.0.1:{server.server_port}")
    try:
        call_everything(SyncClient(transport))
    finally:
        transport.close()
        server.shutdown()
        thread.join()
        server.server_close()
    return {operation_of(body): body for body in Handler.bodies}


def operation_of(body):
    """Return the field that a request asks for."""
    name = json.loads(body)["query"].split("{")[0].split("(")[0].split()[-1]
    return name[0].lower() + name[1:]


def shape_of(body):
    """Return the document of a request and which values it brings."""
    request = json.loads(body)
    variables = request.get("variables", {})
    return request["query"], sorted(variables.get("input", variables))


def main():
    """Keep what is new."""
    for operation, body in sorted(recorded().items()):
        kept = recordings(operation)
        if kept and shape_of(kept[-1].read_bytes()) == shape_of(body):
            continue
        path = REQUESTS / f"{operation}-{len(kept) + 1}.json"
        path.write_bytes(body)
        sys.stdout.write(f"recorded {path.name}\n")


if __name__ == "__main__":
    main()
