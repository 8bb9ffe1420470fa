"""Whether the server's memory stays as it is while messages come in, hour after hour.

    WAW_ENV=development python tests/soak/server_memory.py [--minutes N] [--rate N] [--json PATH]

The real server takes messages at a steady rate, most in batches and some alone, and its resident
memory is read meanwhile. What was stored is counted and emptied every minute, so that only the
server could grow. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[2]
if TYPE_CHECKING:
    from waw_server.accounts.models import User

SETTLED_S = 60.0  # by then every thread has its connection and every cache its entries
MOST_GROWTH = 0.05
READ_EVERY_S = 10.0
COUNT_EVERY_S = 60.0
SIGN_IN_EVERY_S = 240.0  # an access token is good for five minutes
BATCH = 240  # messages in a syncBlinks
ALONE = 10  # messages sent by trackBlink after each batch
PAIRS = 8  # of devices


@dataclass(frozen=True, slots=True)
class Reading:
    """The server at a moment.

    Attributes:
        elapsed_s: Since the first message.
        messages: Acknowledged so far.
        resident_mb: Of all of the server's processes, in 1,000,000 bytes.
    """

    elapsed_s: float
    messages: int
    resident_mb: float


def growth(readings: list[Reading]) -> float:
    """Return by what part memory grew since it had settled.

    The middle of three readings stands for each end: a request under way weighs nothing.
    """
    settled = [it for it in readings if it.elapsed_s >= SETTLED_S] or readings
    first, last = (
        sorted(it.resident_mb for it in end)[len(end) // 2] for end in (settled[:3], settled[-3:])
    )
    return last / first - 1


def soak(port: int, people: list[User], rate: float, seconds: float) -> Iterator[Reading]:
    """Send messages at a steady rate, and yield a reading every ten seconds.

    Args:
        port: Where the server listens.
        people: Half of them send batches, half of them messages alone.
        rate: Messages a second.
        seconds: How long.

    Raises:
        Untrue: If the database does not hold exactly what was acknowledged.
        BadReply: If a message was refused.
    """
    from tests.bench import heats, servers

    heats.clear()
    server = servers.listening_on(port)
    with ExitStack() as stack:
        fleet = _Fleet([stack.enter_context(closing(_Sender(port, it))) for it in people])
        chores = [(_alarm(SIGN_IN_EVERY_S), fleet.sign_in), (_alarm(COUNT_EVERY_S), fleet.count)]
        is_time_to_read = _alarm(READ_EVERY_S)
        begin_s, elapsed_s = time.monotonic(), 0.0
        while elapsed_s < seconds:
            for is_time, chore in chores:
                if is_time(elapsed_s):
                    chore()
            if is_time_to_read(elapsed_s):
                yield Reading(round(elapsed_s, 1), fleet.messages, resident_mb(server))
            fleet.send()
            time.sleep(max(0.0, fleet.messages / rate - (time.monotonic() - begin_s)))
            elapsed_s = time.monotonic() - begin_s
        fleet.count()
        yield Reading(round(elapsed_s, 1), fleet.messages, resident_mb(server))


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its descendants."""
    from tests.bench import servers

    pages = [
        int((servers.PROC / str(it) / "statm").read_text().split()[1]) for it in servers._tree(pid)
    ]
    return round(sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


class _Sender:
    """One person's device."""

    def __init__(self, port: int, person: User) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._person = person
        self._next = 0
        self.acknowledged: Counter[str] = Counter()

    def close(self) -> None:
        self._connection.close()

    def sign_in(self) -> None:
        from tests.bench import heats

        self._headers = {
            "Authorization": f"Bearer {heats.begun_session(self._person)}",
            "Content-Type": "application/json",
        }

    def send(self, shape: str, size: int) -> None:
        from tests.bench import payloads
        from tests.bench.load import BadReply

        request = payloads.request(shape, self._next, size)
        body = request.body(datetime.now(UTC))
        self._connection.request("POST", "/graphql", body, self._headers)
        reply = self._connection.getresponse().read()
        if reply.count(b'"ACCEPTED"') != size:
            raise BadReply(f"{reply[:400]!r}")
        self._next += 1
        self.acknowledged.update(request.sums)


class _Fleet:
    """Everybody's devices: of each two one sends batches, the other messages alone."""

    def __init__(self, senders: list[_Sender]) -> None:
        self._senders = senders
        self._turns = cycle(zip(senders[::2], senders[1::2], strict=True))
        self.messages = 0

    def sign_in(self) -> None:
        for sender in self._senders:
            sender.sign_in()

    def send(self) -> None:
        in_batches, alone = next(self._turns)
        in_batches.send("columns by GraphQL", BATCH)
        for _ in range(ALONE):
            alone.send("one by GraphQL", 1)
        self.messages += BATCH + ALONE

    def count(self) -> None:
        """Check what is stored against what was acknowledged, and begin anew."""
        from tests.bench import heats

        heats.require_stored(sum((it.acknowledged for it in self._senders), Counter()))
        heats.clear()
        for sender in self._senders:
            sender.acknowledged.clear()


def _alarm(every_s: float) -> Callable[[float], bool]:
    """Return what says whether it is time again; the first time is at once."""
    due_s = 0.0

    def is_time(now_s: float) -> bool:
        nonlocal due_s
        is_due = now_s >= due_s
        if is_due:
            due_s = now_s + every_s
        return is_due

    return is_time


def main() -> int:
    """Run, print each reading, and return 1 if memory grew by more than it may."""
    arguments = _arguments()
    sys.path.insert(0, str(PROJECT))
    from waw_server.ops import database
    from waw_server.ops.serving import end_like_ctrl_c

    end_like_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="waw-soak-") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs it, another account runs the database
        with database.running(database.cluster(root)) as url:
            os.environ["DATABASE_URL"] = url
            readings = list(_run(arguments.rate, arguments.minutes * 60))
    grew = growth(readings)
    sys.stdout.write(f"Memory grew by {grew:.1%} after the first minute.\n")
    if arguments.json:
        report = {"growth": round(grew, 4), "readings": [asdict(it) for it in readings]}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if grew <= MOST_GROWTH else 1


def _run(rate: float, seconds: float) -> Iterator[Reading]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "waw_server.settings"
    os.environ["SESSION_RATE"] = "1000000"  # few sessions stand for many trackers
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench import heats, servers
    from waw_server.ops.serving import serving

    call_command("migrate", verbosity=0)
    people = heats.enrol(2 * PAIRS)
    with serving(servers.PREFERRED_PORT) as url:
        for reading in soak(urlsplit(url).port or 0, people, rate, seconds):
            sys.stdout.write(
                f"{reading.elapsed_s:7.0f} s {reading.messages:10,} messages"
                f" {reading.resident_mb:8.1f} MB\n"
            )
            sys.stdout.flush()
            yield reading


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60, help="how long")
    parser.add_argument("--rate", type=float, default=1000, help="messages a second")
    parser.add_argument("--json", type=Path, help="write the readings to this file as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
