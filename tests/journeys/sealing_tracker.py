"""`python -m tests.journeys.sealing_tracker ORDERS`: the tracker without a camera.

What a camera would bring is generated; from the outbox on everything is the tracker's own. It
may be killed at any instant: whoever starts it again has it go on where it was.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.journeys.broken_clients import CLIENTS
from waw_desktop.core.messages import Message, uuid7
from waw_desktop.sync.engine import Clock, Credentials, Engine, Halted
from waw_desktop.sync.lock import only_tracker
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.salvage import open_outbox
from waw_desktop.sync.sender import Sender
from waw_desktop.sync.transport import Timeouts, Transport

PASSWORD = "a password for tests only"
TIMEOUTS = Timeouts(connect_s=1.0, read_s=2.0, total_s=3.0)
HASTE = 1 / 20  # of each usual wait, or a run would take hours


@dataclass(frozen=True, slots=True)
class Orders:
    """What to do.

    Attributes:
        outbox: The file.
        log: Each number is written here once its message is sealed.
        server_url: Where to send.
        email: Of the account.
        seed: Of the messages.
        count: Of messages in all.
        first_at: When the first began, ISO 8601.
        pause_s: Between two messages.
        client: One of `CLIENTS`.
    """

    outbox: str
    log: str
    server_url: str
    email: str
    seed: int
    count: int
    first_at: str
    pause_s: float
    client: str = "ours"


def message(orders: Orders, number: int) -> Message:
    """Return the message of a number, from 1; the same each time."""
    chance = random.Random(f"{orders.seed} {number}")
    started_at = datetime.fromisoformat(orders.first_at) + timedelta(minutes=number)
    blinks = range(chance.randint(0, 30))
    return Message(
        message_id=uuid7(int(started_at.timestamp() * 1000), chance.getrandbits(74)),
        started_at=started_at,
        started_mono_ms=0,
        boot_id="",
        duration_ms=60_000,
        seen_ms=chance.randint(30_000, 60_000),
        fps_mean=30.0,
        onsets_ms=tuple(nth * 2_000 + chance.randrange(1_000) for nth in blinks),
        durations_ms=tuple(chance.randint(80, 500) for _ in blinks),
        closures=tuple(chance.randint(50, 100) for _ in blinks),
        long_closures=chance.randint(0, 2),
        closed_ms=chance.randint(0, 3_000),
    )


def run(orders: Orders) -> dict[str, object]:
    """Seal what is left to seal, send everything, and return how things are then."""
    path = Path(orders.outbox)
    with only_tracker(path), closing(Transport(orders.server_url, timeouts=TIMEOUTS)) as transport:
        outbox, salvage = open_outbox(path, datetime.now(UTC))
        with outbox:
            clock = Clock(lambda: datetime.now(UTC), _since_boot_ms, "b", _hasty)
            credentials = Credentials(orders.email, PASSWORD)
            client = CLIENTS[orders.client](transport)
            engine = Engine(outbox, client, clock, credentials=credentials)
            sender = Sender(engine, outbox)
            _seal(orders, outbox)
            _wait(sender, outbox)
            sender.stop()
            is_salvaged = salvage is not None
            return asdict(outbox.counts()) | {
                "disagreement": sender.disagreement,
                "is_salvaged": is_salvaged,
                "quarantine": [it.reason for it in outbox.quarantined()][:5],
            }


def _seal(orders: Orders, outbox: Outbox) -> None:
    """Go on after the last one known to be sealed: what is lost of those is lost for good."""
    log = Path(orders.log)
    lines = log.read_text().split() if log.exists() else []  # none, if it was killed right away
    logged = int(lines[-1]) if lines else 0
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(max(logged, outbox.counts().produced) + 1, orders.count + 1):
        outbox.seal(message(orders, number))
        os.write(file, f"{number:09}\n".encode())
        time.sleep(orders.pause_s)
    os.close(file)


def _wait(sender: Sender, outbox: Outbox) -> None:
    """Return when everything is sent, or never will be."""
    while outbox.counts().pending and not isinstance(sender.trouble, Halted):
        time.sleep(0.02)


def _since_boot_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _hasty() -> float:
    return random.random() * HASTE


if __name__ == "__main__":
    print(json.dumps(run(Orders(**json.loads(sys.argv[1])))))  # noqa: T201 - the report
