"""Whatever is killed or goes wrong on the way: nothing lost, nothing doubled.

The short form; the long one is `tests/soak/faults.py`.
"""

from __future__ import annotations

import pytest

from tests.journeys.broken_clients import CLIENTS
from tests.journeys.ordeal import Plan, undergo
from tests.journeys.world import Server, populated

PEOPLE = {client: f"person{number}" for number, client in enumerate(CLIENTS)}


@pytest.fixture(scope="module")
def database():
    with populated(list(PEOPLE.values())) as it:
        yield it


@pytest.fixture(scope="module")
def server(database):
    it = Server(database)
    it.wait()
    yield it
    it.close()


@pytest.fixture
def undergone(database, server, tmp_path):
    """Return a function that sends a client through a plan."""

    def undergone(plan, seed):
        email = f"{PEOPLE[plan.client]}@example.com"
        return undergo(plan, seed, tmp_path, database, server, email)

    return undergone


def test_nothing_is_lost_or_doubled(undergone):
    """2,000 messages, a third of all requests hindered; tracker, server and database killed."""
    verdict = undergone(Plan(messages=2000, tracker_kills=14, server_kills=6, crashes=2), seed=1)

    assert verdict.is_clean, verdict
    assert verdict.report["synced"] == 2000
    assert verdict.requests["none"] < sum(verdict.requests.values())


@pytest.mark.parametrize(
    "client, faults, is_caught",
    [
        ("deletes before the receipt", ("unheard", "503"), lambda it: it.lost),
        ("new ids each time", ("unanswered", "hangs"), lambda it: it.doubled),
        ("any answer is a receipt", ("portal", "unreadable"), lambda it: it.lost),
    ],
)
def test_a_broken_client_is_caught(undergone, client, faults, is_caught):
    """The same harness says so: else its silence about ours would say nothing."""
    plan = Plan(300, fault_rate=0.5, tracker_kills=2, client=client, faults=faults)

    verdict = undergone(plan, seed=2)

    assert is_caught(verdict), verdict
    assert not verdict.is_clean
