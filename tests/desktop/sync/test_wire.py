"""Times on the wire are UTC, whatever zone the computer is in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.sync.wire import rfc3339

ZONES = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
YEAR = st.integers(0, 366 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


@pytest.mark.parametrize("zone", ZONES)
@given(instant=YEAR)
def test_summer_time_changes_nothing(zone, instant):
    """Also in the hour that comes twice, and around the one that does not come."""
    assert rfc3339(instant.astimezone(ZoneInfo(zone))) == rfc3339(instant)


@given(st.lists(YEAR, min_size=2, max_size=2).map(sorted))
def test_the_order_of_instants_is_that_of_their_texts(instants):
    """No two instants are written alike."""
    first, second = map(rfc3339, instants)

    assert (first < second) == (instants[0] < instants[1])
