"""A person's own level: how often they usually blink, and how far that usually varies.

Rates differ much between people, and within one person from task to task, so that
a figure is compared with the person's own and with nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import quantiles

from waw_desktop.core.metrics import rate_per_min

LOOKS_BACK = timedelta(days=14)
QUARTER_S = 15 * 60
SHORTEST_MS = 5 * 60_000
FEWEST_QUARTERS = 20
FEWEST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Level:
    """What is usual for one person.

    Attributes:
        rate_per_min: Blinks per seen minute, the median of quarters of an hour.
        low_per_min: One in ten quarters of an hour is below.
        high_per_min: One in ten is above.
        quarters: How many there were.
        days: On how many days.
    """

    rate_per_min: float
    low_per_min: float
    high_per_min: float
    quarters: int
    days: int


def level(minutes: Iterable[tuple[datetime, int, int]], zone: tzinfo) -> Level | None:
    """Return a person's own level, None until enough was seen.

    A quarter of an hour counts when at least five minutes of it were seen. There have to be 20
    of them on three days: with a coefficient of variation of 30 percent the median of 20 is
    known within 8 percent, and one odd day cannot decide it. Median and deciles, because a
    conversation or an hour of film raises a few quarters a lot.

    Args:
        minutes: Start (aware), seen milliseconds and blinks of each of the last 14 days.
        zone: The person's, to tell days apart.

    Source:
        Invest Ophthalmol Vis Sci 2011;52:3419, doi 10.1167/iovs.10-7060, and its abstract: the
        rate in windows of five minutes varies by 29.6 percent in one person at one task. The
        error of a median of n is 1.253 times that of the mean: 1.253 * 30 / sqrt(20) = 8.4.
    """
    seen_ms: defaultdict[int, int] = defaultdict(int)
    blinks: defaultdict[int, int] = defaultdict(int)
    days: dict[int, datetime] = {}
    for started_at, minute_seen_ms, minute_blinks in minutes:
        quarter = int(started_at.timestamp()) // QUARTER_S
        seen_ms[quarter] += minute_seen_ms
        blinks[quarter] += minute_blinks
        days[quarter] = started_at
    counted = [quarter for quarter, quarter_ms in seen_ms.items() if quarter_ms >= SHORTEST_MS]
    of_days = {days[quarter].astimezone(zone).date() for quarter in counted}
    if len(counted) < FEWEST_QUARTERS or len(of_days) < FEWEST_DAYS:
        return None
    rates = [rate_per_min(blinks[it], seen_ms[it] / 1000) or 0.0 for it in counted]
    tenths = quantiles(rates, n=10, method="inclusive")
    return Level(tenths[4], tenths[0], tenths[8], len(counted), len(of_days))
