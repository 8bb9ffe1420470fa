"""The database without a server: what PostgreSQL takes of the very same statements."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection

from tests.bench import payloads, servers
from tests.bench.heats import (
    WARM_UP,
    Kind,
    Measured,
    begun_session,
    clear,
    clocks,
    measured,
    require_stored,
)
from tests.bench.load import Outcome
from tests.server.minutes import LAPTOP, columns
from waw_server.accounts.models import User
from waw_server.accounts.selectors import session_named
from waw_server.blinks import services
from waw_server.ops import arrays

RATE = 30_000  # messages a second to record; the heat ends early when they are used up


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one request asks of the database.

    Attributes:
        statements: SQL and its parameters, in order.
        sums: What it adds to a person's quarter-hours.
    """

    statements: list[tuple[str, Any]]
    sums: Counter[str]


def recorded(kind: Kind, person: User, seconds: float) -> list[Recorded]:
    """Run the server's own code on one device's requests, and return what it asked for."""
    clear()
    token = begun_session(person)
    count = int(RATE / kind.size * seconds * (1 + WARM_UP)) + 10
    return [_recorded(token, nth, kind.size) for nth in range(count)]


def replayed(requests: list[Recorded], seconds: float) -> Measured:
    """Send PostgreSQL the statements of the server's own requests, with no server in between.

    They go over one connection, one transaction a request, as psycopg does by default:
    parameters apart from the text, statements prepared. Nothing else is done.

    Raises:
        Untrue: If the database does not hold what was sent.
    """
    clear()
    with psycopg.connect(**_where(), autocommit=True) as bare:
        arrays.register(bare)
        postgres = servers.postmaster()
        warm = _replayed(bare, requests, seconds * WARM_UP)
        before = clocks(time.process_time(), postgres)
        outcome = _replayed(bare, requests[warm.nexts[0] :], seconds)
        after = clocks(time.process_time(), postgres)
    acknowledged = warm.receipts + outcome.receipts
    require_stored(acknowledged)
    return measured(outcome, before, after, acknowledged)


def _recorded(token: str, nth: int, size: int) -> Recorded:
    statements: list[tuple[str, Any]] = []

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    them = payloads.minutes(nth, size)
    now = datetime.now(UTC)
    with connection.execute_wrapper(record):
        services.record_messages(
            session_id=session_named(token, now),
            device_id=LAPTOP,
            columns=columns(*them),
            sent_at=now,
            received_at=now,
        )
    return Recorded(statements, payloads.sums(them))


def _replayed(bare: psycopg.Connection[Any], requests: list[Recorded], seconds: float) -> Outcome:
    """Send recorded requests for a while; the client's CPU is counted as the contestant's."""
    latencies_s: list[float] = []
    receipts: Counter[str] = Counter()
    begin_s = now_s = time.perf_counter()
    for request in requests:
        if now_s >= begin_s + seconds:
            break
        with bare.transaction(), bare.cursor() as cursor:
            for sql, params in request.statements:
                cursor.execute(sql, params)
                cursor.fetchall()
        receipts.update(request.sums)
        latencies_s.append(time.perf_counter() - now_s)
        now_s += latencies_s[-1]
    return Outcome(latencies_s, now_s - begin_s, 0, receipts, (len(latencies_s),))


def _where() -> dict[str, Any]:
    it = connection.get_connection_params()
    return {name: it[name] for name in ("dbname", "user", "password", "host", "port") if name in it}
