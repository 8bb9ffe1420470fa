"""What happens when trackers that were offline come back.

    WAW_ENV=development python -m tests.soak.week [--seed N] [--json PATH]

1. A week's 10,080 messages leave one tracker for the real server: for how long, and how long is
   its main thread kept from its turn meanwhile? A window would not repaint for as long.
2. 200 trackers outlast an outage of ten minutes: how many requests come in the busiest ten
   seconds after it? The time is simulated; what is done after each answer, and when a message
   is looked for, is the tracker's own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path

from waw_desktop.core.retry import Answer, RetryAfter, decide
from waw_desktop.sync.outbox import Outbox

PROJECT = Path(__file__).resolve().parents[2]
MESSAGES = 7 * 24 * 60
DRAIN_LIMIT_S = 60.0
TICK_S = 0.01
TRACKERS = 200
SEAL_S = 60.0
OUTAGE_S = 600.0
AFTER_S = 900.0  # until everybody is back for sure
WINDOW_S = 10.0
MOST_PEAK = 3.0


@dataclass(frozen=True, slots=True)
class Drained:
    """What a week took.

    Attributes:
        messages: Confirmed by the server.
        drain_s: From the first request to the last receipt.
        longest_gap_ms: Between two turns of the main thread, which asks for one every 10 ms.
        p99_gap_ms: The gap that one in a hundred exceeds.
    """

    messages: int
    drain_s: float
    longest_gap_ms: float
    p99_gap_ms: float


@dataclass(frozen=True, slots=True)
class Returned:
    """How many requests came after an outage.

    Attributes:
        peak: In the busiest window of ten seconds.
        mean: In a window, on average, once the outage is over.
        ratio: Of the two.
    """

    peak: int
    mean: float
    ratio: float


def returned(seed: int, *, trackers: int = TRACKERS, idle_s: float) -> Returned:
    """Return what a server sees of trackers that come back.

    All seal at the same instants, the full minutes, by clocks that agree within two seconds; each
    was started at an instant of its own.

    Args:
        seed: Of when each was started, and of all jitter.
        trackers: How many.
        idle_s: How long a tracker waits before it looks for a message again.
    """
    chance = random.Random(seed)
    looks = [(chance.uniform(0.0, idle_s), nth) for nth in range(trackers)]
    lags_s = [chance.uniform(0.0, 2.0) for _ in range(trackers)]
    failures, sent_until = [0] * trackers, [-1.0] * trackers
    begin_s, end_s = 5 * SEAL_S, 5 * SEAL_S + OUTAGE_S
    windows: Counter[int] = Counter()
    heapify(looks)
    while looks[0][0] < end_s + AFTER_S:
        now_s, nth = heappop(looks)
        sealed_until = (now_s - lags_s[nth]) // SEAL_S
        wait_s = idle_s
        if sealed_until > sent_until[nth]:
            windows[int((now_s - end_s) // WINDOW_S)] += 1
            if begin_s <= now_s < end_s:
                wait_s = _delay_s(failures[nth], chance.random())
                failures[nth] += 1
            else:
                failures[nth], sent_until[nth] = 0, sealed_until
        heappush(looks, (now_s + wait_s, nth))
    after = [windows[it] for it in range(int(AFTER_S // WINDOW_S))]
    mean = sum(after) / len(after)
    return Returned(max(after), round(mean, 1), round(max(after) / mean, 2))


def _delay_s(failures: int, jitter: float) -> float:
    action = decide(Answer.NO_ANSWER, failures=failures, jitter=jitter)
    assert isinstance(action, RetryAfter)
    return action.delay_s


def drained(outbox: Path, server_url: str, email: str) -> Drained:
    """Send a week from a process of its own, and return what it measured.

    Args:
        outbox: Of the messages.
        server_url: Where to.
        email: Of an account that has agreed to what is sent.
    """
    orders = json.dumps([str(outbox), server_url, email])
    run = [sys.executable, "-m", "tests.soak.week", "--drain", orders]
    done = subprocess.run(run, cwd=PROJECT, capture_output=True, check=True)
    return Drained(**json.loads(done.stdout))


def fill(outbox: Path, count: int) -> None:
    """Seal the latest minutes."""
    from tests.journeys.sealing_tracker import Orders, message

    begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=count + 5)
    orders = Orders(str(outbox), "", "", "", 1, count, begin.isoformat(), 0.0)
    with Outbox(outbox) as filled:
        for number in range(1, count + 1):
            filled.seal(message(orders, number))


def _drain(path: Path, server_url: str, email: str) -> Drained:
    from tests.journeys.sealing_tracker import PASSWORD
    from waw_desktop.sync.client import SyncClient
    from waw_desktop.sync.engine import Clock, Credentials, Engine
    from waw_desktop.sync.sender import Sender
    from waw_desktop.sync.transport import Transport

    clock = Clock(lambda: datetime.now(UTC), lambda: 0, "boot", random.random)
    with Outbox(path) as outbox, closing(Transport(server_url)) as transport:
        client, alice = SyncClient(transport), Credentials(email, PASSWORD)
        begin_s = time.monotonic()
        sender = Sender(Engine(outbox, client, clock, credentials=alice), outbox)
        gaps_s = list(_gaps_s(outbox, begin_s + 10 * DRAIN_LIMIT_S))
        drain_s = time.monotonic() - begin_s
        sender.stop()
        gaps_s.sort()
        return Drained(
            messages=outbox.counts().synced,
            drain_s=round(drain_s, 2),
            longest_gap_ms=round(gaps_s[-1] * 1000, 1),
            p99_gap_ms=round(gaps_s[len(gaps_s) * 99 // 100] * 1000, 1),
        )


def _gaps_s(outbox: Outbox, until_s: float) -> Iterator[float]:
    """Yield the time between two turns, until everything is sent."""
    at_s, look_at_s = time.monotonic(), 0.0
    while at_s < until_s:
        if at_s >= look_at_s:
            if not outbox.counts().pending:
                return
            look_at_s = at_s + 0.5
            at_s = time.monotonic()  # this wait is ours, not the sender's
        time.sleep(TICK_S)
        before_s, at_s = at_s, time.monotonic()
        yield at_s - before_s


def main() -> int:
    """Measure both, print the figures, and return 1 if one is worse than it may be."""
    arguments = _arguments()
    if arguments.drain:
        path, url, email = json.loads(arguments.drain)
        sys.stdout.write(json.dumps(asdict(_drain(Path(path), url, email))))
        return 0
    from tests.journeys.world import Server, populated

    with populated(["week"]) as database, closing(Server(database)) as server:
        server.wait()
        with tempfile.TemporaryDirectory(prefix="waw-week-") as directory:
            outbox = Path(directory, "outbox.db")
            fill(outbox, MESSAGES)
            week = drained(outbox, f"http://127.0.0.1:{server.port}", "week@example.com")
    back = returned(arguments.seed, idle_s=SEAL_S / 2)
    report = json.dumps({"week": asdict(week), "return": asdict(back)}, indent=2)
    sys.stdout.write(f"{report}\n")
    if arguments.json:
        arguments.json.write_text(report + "\n")
    is_well = week.messages == MESSAGES and week.drain_s < DRAIN_LIMIT_S
    return 0 if is_well and back.ratio <= MOST_PEAK else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of the 200 trackers")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--drain", help=argparse.SUPPRESS)  # the tracker that is measured
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
