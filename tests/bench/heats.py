"""One heat: one contestant under load for a while, and whether what it said was true."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from django.db import connection
from django.utils import timezone

from tests.bench import load, payloads, servers
from tests.bench.load import Job, Outcome
from tests.server.minutes import LAPTOP
from waw_server.accounts.models import Consent, User
from waw_server.accounts.services import begin_session

WARM_UP = 0.25  # of the time that is measured
SUMS = ("messages", "blinks", "partial_blinks", "blink_ms", "long_closures", "closed_ms", "seen_ms")


class Untrue(Exception):
    """The database does not hold what a contestant said it stored."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is sent in each heat of one kind.

    Attributes:
        name: For the table.
        size: Messages in a request.
        connections: Each is one person's device, and waits for its reply.
        rate: Requests a second to prepare for each connection; more than anybody takes.
    """

    name: str
    size: int
    connections: int
    rate: int


TRACK = Kind("trackBlink", size=1, connections=16, rate=250)
SYNC = Kind("syncBlinks", size=250, connections=4, rate=60)


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who serves over HTTP.

    Attributes:
        name: For the table.
        port: On loopback.
        path: Where it takes messages.
        shape: How it takes them, one of payloads.SHAPES.
    """

    name: str
    port: int
    path: str
    shape: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What one heat came to; CPU is in milliseconds a request.

    Attributes:
        requests_s: A second.
        messages_s: A second.
        blinks_s: A second.
        p50_ms: The median latency.
        p99_ms: The latency that one request in a hundred exceeds.
        server_cpu_ms: Of the contestant's processes.
        postgres_cpu_ms: Of PostgreSQL's.
        client_cpu_ms: Of the load's.
        foreign_cores: What everybody else on the machine took meanwhile, in cores.
        messages: Acknowledged and found in the database, those of the warm-up included.
    """

    requests_s: float
    messages_s: float
    blinks_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    client_cpu_ms: float
    foreign_cores: float
    messages: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """CPU seconds so far: contestant, PostgreSQL, everything."""

    server_s: float
    postgres_s: float
    machine_s: float


def enrol(count: int) -> list[User]:
    """Make people who agreed to everything that is sent."""
    people = []
    for number in range(count):
        person = User.objects.create_user(f"person{number}@example.com")
        Consent.objects.create(
            user=person,
            purpose=Consent.Purpose.CLOUD_SYNC,
            text_hash="a" * 64,
            granted_at=payloads.BEGIN,
        )
        people.append(person)
    return people


def heat(
    who: Contestant, kind: Kind, people: list[User], client: Executor, seconds: float
) -> Measured:
    """Put one contestant under load; warm up first, and check what it stored afterwards.

    Raises:
        Untrue: If the database does not hold exactly what was acknowledged, or sending a
            message again changes it.
        BadReply: If it refused anything.
    """
    people = people[: kind.connections]
    clear()
    job = Job(
        port=who.port,
        path=who.path,
        shape=who.shape,
        size=kind.size,
        tokens=tuple(begun_session(person) for person in people),
        firsts=(0,) * kind.connections,
        prepared=int(kind.rate * seconds * (1 + WARM_UP)) + 10,
        seconds=seconds * WARM_UP,
    )
    warm = _done(client, job)
    server, postgres = servers.listening_on(who.port), servers.postmaster()
    before = clocks(servers.cpu_s(server), postgres)
    outcome = _done(client, replace(job, firsts=warm.nexts, seconds=seconds))
    after = clocks(servers.cpu_s(server), postgres)
    acknowledged = warm.receipts + outcome.receipts
    require_stored(acknowledged)
    _done(client, replace(job, seconds=0, status="DUPLICATE"))
    require_stored(acknowledged)
    return measured(outcome, before, after, acknowledged)


def begun_session(person: User) -> str:
    """Sign a person's device in and return its access token, good for longer than a heat."""
    return begin_session(
        user=person, device_id=LAPTOP, device_name="bench", now=timezone.now()
    ).access


def clear() -> None:
    """Empty what heats fill, and let PostgreSQL finish writing, so that none pays for another."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE blinks_message, blinks_blinkquarter")
        cursor.execute("UPDATE blinks_device SET watermark = 0")
        cursor.execute("CHECKPOINT")


def require_stored(acknowledged: Counter[str]) -> None:
    """Check that messages and quarter-hours both add up to what was acknowledged.

    Raises:
        Untrue: If they do not.
    """
    for name, sql in (("messages", _IN_MESSAGES), ("quarters", _IN_QUARTERS)):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            stored = Counter(dict(zip(SUMS, map(int, cursor.fetchone()), strict=True)))
        if stored != acknowledged:
            raise Untrue(f"{name} hold {dict(stored)}, acknowledged were {dict(acknowledged)}")


_IN_MESSAGES = """
SELECT count(*), coalesce(sum(cardinality(onsets_ms)), 0), coalesce(sum(partial_blinks), 0),
    coalesce(sum((SELECT sum(ms) FROM unnest(durations_ms) ms)), 0),
    coalesce(sum(long_closures), 0), coalesce(sum(closed_ms), 0), coalesce(sum(seen_ms), 0)
FROM blinks_message
"""
_IN_QUARTERS = (
    f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in SUMS)} FROM blinks_blinkquarter"
)


def _done(client: Executor, job: Job) -> Outcome:
    return client.submit(load.run, job).result()


def clocks(server_s: float, postgres: int) -> Clocks:
    """Read the clocks: a contestant's, already read, and those of PostgreSQL and the machine."""
    return Clocks(server_s, servers.cpu_s(postgres), servers.machine_cpu_s())


def measured(
    outcome: Outcome, before: Clocks, after: Clocks, acknowledged: Counter[str]
) -> Measured:
    """Return what came back between two readings of the clocks as rates and times."""
    count = len(outcome.latencies_s)
    latencies_s = sorted(outcome.latencies_s)
    server_s = after.server_s - before.server_s
    postgres_s = after.postgres_s - before.postgres_s
    ours_s = server_s + postgres_s + outcome.cpu_s
    return Measured(
        requests_s=count / outcome.elapsed_s,
        messages_s=outcome.receipts["messages"] / outcome.elapsed_s,
        blinks_s=outcome.receipts["blinks"] / outcome.elapsed_s,
        p50_ms=latencies_s[count // 2] * 1000,
        p99_ms=latencies_s[count * 99 // 100] * 1000,
        server_cpu_ms=server_s / count * 1000,
        postgres_cpu_ms=postgres_s / count * 1000,
        client_cpu_ms=outcome.cpu_s / count * 1000,
        foreign_cores=(after.machine_s - before.machine_s - ours_s) / outcome.elapsed_s,
        messages=acknowledged["messages"],
    )
