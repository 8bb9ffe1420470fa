"""The benchmark's figures are of work that was done.

Where the peers' packages are not installed, only the server and the bare SQL are put to it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

import pytest
from django.db import connection

from tests.bench import bare, detector, heats, load, payloads, report, rounds, servers
from tests.bench.heats import SYNC, TRACK, Kind, Measured
from tests.bench.rounds import OURS, REST, SQL

SECONDS = 0.2
TINY = {
    TRACK.name: Kind(TRACK.name, size=1, connections=4, rate=400),
    SYNC.name: Kind(SYNC.name, size=20, connections=2, rate=100),
}


@pytest.fixture
def ports(server):
    """Return where the server, and the peers that this environment has, listen."""
    with ExitStack() as stack:
        ports = {"waw": server}
        if not servers.missing_peer_packages():
            for name in ("rest", "graphql"):
                ports[name] = stack.enter_context(servers.peer(name))
        yield ports


@pytest.fixture
def client():
    """Return the process that sends the load."""
    with load.process() as client:
        yield client


def stored():
    """Return how many messages and blinks the database holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(cardinality(onsets_ms)) FROM blinks_message")
        return cursor.fetchone()


def test_every_contestant_stored_what_is_counted(ports, client, capsys):
    """What each heat says was stored is in the database, once, by messages and by quarters."""
    if missing := servers.missing_peer_packages():
        with capsys.disabled():
            sys.stdout.write(f"\nThe peers did not run: {', '.join(missing)} not installed.\n")
    people = heats.enrol(4)

    for kind, who in rounds.contestants(ports):
        measured = heats.heat(who, TINY[kind.name], people, client, SECONDS)

        assert stored() == (measured.messages, measured.messages * payloads.BLINKS), who
        assert measured.messages > 0, who


def test_bare_sql_stored_what_is_counted(transactional_db):
    """The recorded statements do the server's whole work again."""
    (person,) = heats.enrol(1)

    requests = bare.recorded(TINY[SYNC.name], person, SECONDS)
    measured = bare.replayed(requests, SECONDS)

    assert stored() == (measured.messages, measured.messages * payloads.BLINKS)
    assert measured.messages > 0


@pytest.mark.parametrize(
    ("_case", "tampering"),
    [
        ("a message is gone", "DELETE FROM blinks_message WHERE seq = 1"),
        ("a blink was cut off", "UPDATE blinks_message SET onsets_ms = '{}' WHERE seq = 1"),
        ("a quarter counts twice", "UPDATE blinks_blinkquarter SET blinks = 2 * blinks"),
    ],
)
def test_a_heat_that_lies_is_found_out(transactional_db, _case, tampering):
    """Any difference between what was acknowledged and what is stored ends the run."""
    (person,) = heats.enrol(1)
    bare.recorded(TINY[SYNC.name], person, SECONDS / 10)
    messages, blinks = stored()
    with connection.cursor() as cursor:
        cursor.execute(heats._IN_QUARTERS)
        acknowledged = Counter(dict(zip(heats.SUMS, map(int, cursor.fetchone()), strict=True)))
        assert (acknowledged["messages"], acknowledged["blinks"]) == (messages, blinks)
        heats.require_stored(acknowledged)
        cursor.execute(tampering)

    with pytest.raises(heats.Untrue):
        heats.require_stored(acknowledged)


def test_a_refusal_ends_the_heat(server, client):
    """A reply other than a receipt for each message is no throughput."""
    who = rounds.contestants({"waw": server})[0][1]
    job = load.Job(
        port=who.port,
        path=who.path,
        shape=who.shape,
        size=1,
        tokens=("not a token",),
        firsts=(0,),
        prepared=5,
        seconds=SECONDS,
    )

    with pytest.raises(load.BadReply, match="UNAUTHENTICATED"):
        client.submit(load.run, job).result()


def test_a_processs_cpu_is_counted():
    """Work done here is found in /proc, to a clock tick."""
    before_s = servers.cpu_s(os.getpid())
    sum(number * number for number in range(3_000_000))

    assert 0.02 < servers.cpu_s(os.getpid()) - before_s < 5


def test_the_detector_is_measured_in_a_process_of_its_own():
    """It takes at least what the face mesh in it takes, give or take the noise."""
    assert 0.8 < detector.cpu_vs_bare() < 3


def test_ratios_are_of_rounds():
    """Each round is divided by itself: a slow spell hits both."""
    usual = Measured(1, 1, 1, 1, 1, 1, 1, 1, 1, messages=1)

    def measured(*rates):
        return [replace(usual, requests_s=rate) for rate in rates]

    results = {
        TRACK.name: {OURS: measured(100, 50, 80), REST: measured(50, 25, 20)},
        SYNC.name: {OURS: measured(10, 10, 10), SQL: measured(20, 20, 40)},
    }

    figures = report.figures(results)

    assert (figures["track_rps"], figures["track_vs_rest"]) == (80, 2.0)
    assert (figures["sync_vs_sql"], figures["sync_vs_sql_by_cpu"]) == (0.5, 1.0)
    assert "track_vs_graphql_peer" not in figures
