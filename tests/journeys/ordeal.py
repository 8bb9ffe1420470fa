"""Killed and hindered in every way: is each message on the server, and there once?"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.journeys.fault_proxy import FAULTS, faulty
from tests.journeys.sealing_tracker import Orders, message
from tests.journeys.world import Database, Server, Tracker
from waw_desktop.core.messages import Message

DRAIN_LIMIT_S = 600.0

_STORED = """
SELECT m.device_started_at, m.onsets_ms, m.durations_ms, m.closures, m.seen_ms, m.closed_ms,
    m.long_closures, m.duration_ms
FROM blinks_message m JOIN accounts_user u ON u.id = m.user_id WHERE u.email = %s
"""

# Quarters that are not what their messages add up to, from either side.
_WRONG_QUARTERS = """
WITH recounted AS (
    SELECT device_id, date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter_start,
        count(*) AS messages, sum(cardinality(onsets_ms)) AS blinks,
        sum(partial_blinks) AS partial_blinks,
        sum((SELECT coalesce(sum(it), 0) FROM unnest(durations_ms) it)) AS blink_ms,
        sum(long_closures) AS long_closures, sum(closed_ms) AS closed_ms, sum(seen_ms) AS seen_ms
    FROM blinks_message GROUP BY 1, 2
)
SELECT count(*)
FROM recounted r FULL JOIN blinks_blinkquarter q USING (device_id, quarter_start)
WHERE (r.messages, r.blinks, r.partial_blinks, r.blink_ms, r.long_closures, r.closed_ms, r.seen_ms)
    IS DISTINCT FROM
    (q.messages, q.blinks, q.partial_blinks, q.blink_ms, q.long_closures, q.closed_ms, q.seen_ms)
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run consists of.

    Attributes:
        messages: To seal and send.
        fault_rate: The part of requests that something happens to on the way.
        tracker_kills: With SIGKILL.
        server_kills: With SIGKILL: all of it, its first process or its worker.
        crashes: Immediate stops of PostgreSQL.
        pause_s: Between two of these, at most; at least a quarter of it.
        client: Whose way of sending, one of `CLIENTS`.
        faults: What happens to requests, each as likely as the next.
    """

    messages: int
    fault_rate: float = 0.3
    tracker_kills: int = 0
    server_kills: int = 0
    crashes: int = 0
    pause_s: float = 1.2
    client: str = "ours"
    faults: tuple[str, ...] = FAULTS

    @property
    def lasts_s(self) -> float:
        """How long things go on happening, about."""
        return (self.tracker_kills + self.server_kills + self.crashes) * self.pause_s * 5 / 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the messages of one run.

    Attributes:
        lost: Sealed, and not on the server.
        doubled: On the server more often than once.
        foreign: On the server, and never sealed like that.
        wrong_quarters: Quarters of an hour that differ from a recount of their messages.
        took_s: From the first message to the last receipt.
        requests: That reached the proxy, by what happened to them.
        report: What the tracker says of its outbox at the end.
    """

    lost: int
    doubled: int
    foreign: int
    wrong_quarters: int
    took_s: float
    requests: dict[str, int]
    report: dict[str, Any]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or doubled, and both sides know it."""
        counted = {self.report[it] for it in ("quarantined", "dropped", "pending")}
        is_agreed = self.report["disagreement"] is None and not self.report["is_salvaged"]
        is_exact = not (self.lost or self.doubled or self.foreign or self.wrong_quarters)
        return is_exact and is_agreed and counted == {0}


def undergo(
    plan: Plan, seed: int, directory: Path, database: Database, server: Server, email: str
) -> Verdict:
    """Run a tracker through a plan and see what the server has in the end.

    Args:
        plan: What happens.
        seed: Of everything that is drawn: messages, faults, kills and their order.
        directory: For the outbox; nothing of another run may be there.
        database: Where the server keeps its messages.
        server: On that database.
        email: Of an account that has no messages yet.

    Raises:
        RuntimeError: If the tracker failed.
        subprocess.TimeoutExpired: If it never comes to an end.
    """
    begin_s = time.monotonic()
    with faulty(server.port, plan.fault_rate, plan.faults, seed) as proxy:
        orders = Orders(
            outbox=str(directory / "outbox.db"),
            log=str(directory / "sealed"),
            server_url=f"http://127.0.0.1:{proxy.port}",
            email=email,
            seed=seed,
            count=plan.messages,
            first_at=_minutes_ago(plan.messages + 60).isoformat(),
            pause_s=0.4 * plan.lasts_s / plan.messages,
            client=plan.client,
        )
        with closing(Tracker(orders)) as tracker:
            _torment(plan, random.Random(seed), tracker, database, server)
            report = tracker.report(DRAIN_LIMIT_S)
        took_s = time.monotonic() - begin_s
    server.wait()
    return _verdict(orders, database, report, dict(proxy.met), took_s)


def _minutes_ago(minutes: int) -> datetime:
    """Return when a minute began; one that spans two quarters of an hour would be refused."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)


def _torment(
    plan: Plan, chance: random.Random, tracker: Tracker, database: Database, server: Server
) -> None:
    blows: list[Callable[[], None]] = [
        *[tracker.kill] * plan.tracker_kills,
        *[lambda: server.kill(chance)] * plan.server_kills,
        *[database.crash] * plan.crashes,
    ]
    chance.shuffle(blows)
    for blow in blows:
        time.sleep(plan.pause_s * chance.uniform(0.25, 1.0))
        blow()
        server.revive()


def _verdict(
    orders: Orders,
    database: Database,
    report: dict[str, Any],
    requests: dict[str, int],
    took_s: float,
) -> Verdict:
    sealed = [_facts(message(orders, number)) for number in range(1, orders.count + 1)]
    with psycopg.connect(database.url) as connection:
        rows = connection.execute(_STORED, (orders.email,)).fetchall()
        (wrong,) = connection.execute(_WRONG_QUARTERS).fetchone() or (None,)
    stored = [_hashable(row) for row in rows]
    return Verdict(
        lost=len(set(sealed) - set(stored)),
        doubled=len(stored) - len(set(stored)),
        foreign=len(set(stored) - set(sealed)),
        wrong_quarters=int(wrong or 0),
        took_s=round(took_s, 1),
        requests=requests,
        report=report,
    )


def _facts(it: Message) -> tuple[object, ...]:
    """Return what a message says, without its name: a broken client may give it another."""
    return _hashable(
        (
            it.started_at.replace(microsecond=it.started_at.microsecond // 1000 * 1000),
            it.onsets_ms,
            it.durations_ms,
            it.closures,
            it.seen_ms,
            it.closed_ms,
            it.long_closures,
            it.duration_ms,
        )
    )


def _hashable(fields: Iterable[Any]) -> tuple[object, ...]:
    return tuple(tuple(it) if isinstance(it, list) else it for it in fields)
