"""What closures and readings amount to: rates, intervals, shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from waw_desktop.core.readings import Closure, Kind, Reading, State

PERCLOS_OPENNESS = 0.2
PERCLOS_WINDOW_S = 60.0


def seconds_by_state(readings: Iterable[Reading]) -> dict[State, float]:
    """Return how long each state lasted, in seconds, in order of appearance.

    The time between two readings belongs to the state of the later one.
    """
    lasted_s: dict[State, float] = {}
    for earlier, later in pairwise(readings):
        step_s = later.t_s - earlier.t_s
        lasted_s[later.state] = lasted_s.get(later.state, 0.0) + step_s
    return lasted_s


def blink_rate_per_min(closures: Sequence[Closure], seen_s: float) -> float | None:
    """Return blinks per seen minute, None when nothing was seen.

    Args:
        closures: What was detected; long closures do not count as blinks.
        seen_s: How long the eyes could be measured. Dividing by time at the screen would
            turn every look away into a low rate.
    """
    return rate_per_min(sum(closure.is_blink for closure in closures), seen_s)


def rate_per_min(blinks: int, seen_s: float) -> float | None:
    """Return a count of blinks per seen minute, None when nothing was seen."""
    return 60 * blinks / seen_s if seen_s > 0 else None


def inter_blink_intervals_s(
    closures: Sequence[Closure], unseen_at_s: Sequence[float]
) -> list[float]:
    """Return the times from the end of one blink to the start of the next, in seconds.

    Args:
        closures: What was detected, in order.
        unseen_at_s: When the eyes could not be measured; an interval that spans such a
            time is left out, as a blink may have been missed in it.

    Source:
        Doughty, Consideration of three types of spontaneous eyeblink activity in normal
        humans, Optom Vis Sci 2002, doi 10.1097/00006324-200207000-00013: 6.4 s at rest.
    """
    blinks = [closure for closure in closures if closure.is_blink]
    return [
        later.start_s - earlier.end_s
        for earlier, later in pairwise(blinks)
        if not any(earlier.end_s <= at_s <= later.start_s for at_s in unseen_at_s)
    ]


def incomplete_share(closures: Sequence[Closure]) -> float | None:
    """Return which share of the blinks did not close the eye, None without blinks.

    Source:
        Chu, Rosenfield and Portello, Optom Vis Sci 2014, doi
        10.1097/OPX.0000000000000157: 7 % at a screen. The share depends on what is called
        complete, so it compares with itself rather than with other studies.
    """
    kinds = [closure.kind for closure in closures if closure.is_blink]
    return share(kinds.count(Kind.PARTIAL), len(kinds))


def share(part: int, whole: int) -> float | None:
    """Return a part of a count, 0.0 to 1.0, None of nothing."""
    return part / whole if whole else None


def perclos(readings: Sequence[Reading], now_s: float) -> float | None:
    """Return the share of the last seen minute with the eyes at least 80 % closed.

    Args:
        readings: The last minute's at least, in order.
        now_s: Where the minute ends.

    Returns:
        0.0 to 1.0, None when nothing was seen in it.

    Source:
        Wierwille et al., Research on vehicle-based driver status/performance monitoring,
        NHTSA DOT HS 808 247, 1994 (P80).
    """
    seen_s = closed_s = 0.0
    for earlier, later in pairwise(readings):
        if later.openness is None or later.t_s <= now_s - PERCLOS_WINDOW_S:
            continue
        step_s = later.t_s - earlier.t_s
        seen_s += step_s
        closed_s += step_s if later.openness <= PERCLOS_OPENNESS else 0.0
    return closed_s / seen_s if seen_s else None
