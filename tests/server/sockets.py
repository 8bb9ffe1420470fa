"""A client of live updates, as a program would be: one socket, graphql-transport-ws."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.server.minutes import LAPTOP, minute
from tests.server.senders import stored

PROTOCOL = Subprotocol("graphql-transport-ws")
SOON_S = 10.0  # for what has to happen, on a machine that is busy
QUIET_S = 1.5  # for what must not happen: longer than the pause between two updates


def noon_zone():
    """Return a time zone where it is about noon: no midnight comes between."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"  # POSIX counts west as positive


UPDATES = (
    "subscription ($zone: String!) { blinkUpdates(timeZone: $zone) {"
    " deviceName latestSyncAt today { blinks messages seenMs blinksPerMin } } }"
)


class Listener:
    """One end of a socket."""

    def __init__(self, socket):
        self.socket = socket

    def send(self, message):
        """Send a message, text as it is."""
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def send_together(self, *messages):
        """Send messages in one packet."""
        with self.socket.protocol_mutex:
            for message in messages:
                self.socket.protocol.send_text(json.dumps(message).encode())
            self.socket.send_data()

    def heard(self, timeout_s=SOON_S):
        """Return the next message."""
        return json.loads(self.socket.recv(timeout=timeout_s))

    def sign_in(self, token):
        """Say who listens, and wait until it is accepted."""
        payload = {"Authorization": f"Bearer {token}"}
        self.send({"type": "connection_init", "payload": payload})
        assert self.heard() == {"type": "connection_ack"}

    def subscribe(self, query=UPDATES, variables=None, key="1"):
        """Ask for something."""
        variables = {"zone": noon_zone()} if variables is None else variables
        payload = {"query": query, "variables": variables}
        self.send({"id": key, "type": "subscribe", "payload": payload})

    def update(self, timeout_s=SOON_S):
        """Return the next update."""
        message = self.heard(timeout_s)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]["blinkUpdates"]

    def blinks(self):
        """Return how many blinks of today the next update has."""
        return self.update()["today"]["blinks"]

    def is_quiet(self, for_s=QUIET_S):
        """Return whether nothing is heard for a while."""
        try:
            self.socket.recv(timeout=for_s)
        except TimeoutError:
            return True
        return False

    def close_code(self, timeout_s=SOON_S):
        """Return the code with which it is closed, whatever is heard before."""
        deadline_s = time.monotonic() + timeout_s
        try:
            while True:
                self.socket.recv(timeout=deadline_s - time.monotonic())
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@contextmanager
def opened(url, token=None, **options):
    """Open a socket, sign in with a token if there is one, and close it at the end."""
    options = {"subprotocols": [PROTOCOL], "proxy": None, **options}
    with connect(url, **options) as socket:
        listener = Listener(socket)
        if token is not None:
            listener.sign_in(token)
        yield listener


def recorded(user, nth, device_id=LAPTOP):
    """Store the nth minute before this one, which has two blinks."""
    now = datetime.now(UTC)
    started_at = now.replace(second=0, microsecond=0) - timedelta(minutes=nth)
    stored(user, minute(nth, started_at=started_at), device_id=device_id, at=now)
