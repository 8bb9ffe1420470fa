"""Coming back from being offline: what can be said of it without a clock."""

from __future__ import annotations

import pytest

from tests.journeys.enrolment import enrol
from tests.soak.week import MOST_PEAK, SEAL_S, drained, fill, returned


@pytest.mark.parametrize("seed", range(5))
def test_trackers_that_return_do_not_come_together(seed):
    """200 after ten minutes: the busiest ten seconds have at most three times the usual."""
    assert returned(seed, idle_s=SEAL_S / 2).ratio <= MOST_PEAK


def test_it_would_be_noticed_if_they_did():
    """All of them seal on the full minute; who looks every second is there in the next."""
    assert returned(1, idle_s=1.0).ratio > 2 * MOST_PEAK


def test_what_waited_for_long_leaves_in_batches(server, tmp_path):
    """As a week does, but a day's; the server confirms all of it."""
    enrol(["alice"])
    outbox = tmp_path / "outbox.db"
    fill(outbox, 1440)

    found = drained(outbox, f"http://127.0.0.1:{server}", "alice@example.com")

    assert found.messages == 1440
