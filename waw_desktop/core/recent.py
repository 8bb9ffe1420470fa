"""The last ten minutes: each closure, and how much of each second was seen.

Time not seen is no time without blinks. A reading costs the same however many came before it,
and what is remembered is bounded: six hundred seconds and a few thousand closures.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, dropwhile, groupby

from waw_desktop.core.readings import Closure, Reading, State

LASTS_S = 600
MOST_CLOSURES = 3000

_RATE_OVER_S = 60
_RATE_EVERY_S = 5
_LEAST_SEEN_S = 15.0  # of a minute: with less, one blink more or less is four a minute

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Recent:
    """What is remembered.

    Attributes:
        latest_s: Time of the latest reading, monotonic seconds; None before the first.
        second: The whole second under way.
        seen_s: How much of it was seen so far.
        before_s: How much was seen of each second before it, oldest first.
        closures: Those of the last ten minutes, in order of their start.
    """

    latest_s: float | None = None
    second: int = 0
    seen_s: float = 0.0
    before_s: tuple[float, ...] = ()
    closures: tuple[Closure, ...] = ()

    @property
    def begin_s(self) -> float:
        """Where the ten minutes begin."""
        return (self.latest_s or 0.0) - LASTS_S


def advance(recent: Recent, reading: Reading) -> Recent:
    """Return what is remembered after one more reading.

    After a silence of ten minutes, or on another clock, nothing of before is.
    """
    latest_s = recent.latest_s
    if latest_s is None or not 0 <= reading.t_s - latest_s < LASTS_S:
        recent = Recent(reading.t_s, math.floor(reading.t_s))
    recent = _pass(recent, reading.t_s, is_seen=reading.state is State.TRACKING)
    if not reading.closures:
        return recent
    closures = dropwhile(lambda it: it.end_s < recent.begin_s, recent.closures)
    return replace(recent, closures=(*closures, *reading.closures)[-MOST_CLOSURES:])


def rate_per_min(recent: Recent, minutes: int) -> float | None:
    """Return blinks per seen minute of the last whole minutes and the second under way.

    Args:
        recent: What is remembered.
        minutes: How many, ten at most.

    Returns:
        None when less than 15 s were seen: that is too little to say.
    """
    begin_s = recent.second - 60 * minutes
    blinks = sum(it.is_blink and it.start_s > begin_s for it in recent.closures)
    return _rate(blinks, sum(recent.before_s[-60 * minutes :]) + recent.seen_s)


def rates(recent: Recent) -> tuple[tuple[float, float | None], ...]:
    """Return each five seconds, and at last, how many blinks a seen minute the minute before had.

    Returns:
        Time, in monotonic seconds, and rate; None where less than 15 s of it were seen.
    """
    count = len(recent.before_s)
    first = recent.second - count
    seen_s = [0.0, *accumulate(recent.before_s)]
    starts_s = [it.start_s for it in recent.closures if it.is_blink]
    points = []
    for end in range(1, count + 1):
        if (first + end) % _RATE_EVERY_S == 0 or end == count:
            begin = max(0, end - _RATE_OVER_S)
            blinks = bisect_right(starts_s, first + end) - bisect_right(starts_s, first + begin)
            points.append((float(first + end), _rate(blinks, seen_s[end] - seen_s[begin])))
    return tuple(points)


def unseen(recent: Recent) -> tuple[Span, ...]:
    """Return from when to when there is no data: whole seconds that were hardly seen.

    Returns:
        Begin and end of each span in monotonic seconds, in order, within the ten minutes; the
        first reaches back to where they begin if nothing was watched then.
    """
    if recent.latest_s is None:
        return ()
    first = recent.second - len(recent.before_s)
    spans = [(recent.begin_s, float(first))] if recent.begin_s < first else []
    for is_seen, run in groupby(enumerate(recent.before_s), lambda it: it[1] >= 0.5):
        if not is_seen:
            indexes = [index for index, _ in run]
            spans = _joined(spans, (float(first + indexes[0]), float(first + indexes[-1] + 1)))
    return tuple(spans)


def seen_s(recent: Recent) -> float:
    """Return how much of the ten minutes was seen, in seconds."""
    return sum(recent.before_s) + recent.seen_s


def within(recent: Recent) -> tuple[Closure, ...]:
    """Return the closures of the ten minutes up to the latest reading."""
    return tuple(dropwhile(lambda it: it.end_s < recent.begin_s, recent.closures))


def _pass(recent: Recent, until_s: float, *, is_seen: bool) -> Recent:
    """Let time pass up to a reading, second by second."""
    latest_s, second, seen = recent.latest_s or 0.0, recent.second, recent.seen_s
    before_s = recent.before_s
    while second < math.floor(until_s):
        second += 1
        seen += second - latest_s if is_seen else 0.0
        before_s, seen, latest_s = (*before_s[1 - LASTS_S :], seen), 0.0, float(second)
    seen += until_s - latest_s if is_seen else 0.0
    return replace(recent, latest_s=until_s, second=second, seen_s=seen, before_s=before_s)


def _rate(blinks: int, over_s: float) -> float | None:
    return None if over_s < _LEAST_SEEN_S else 60 * blinks / over_s


def _joined(spans: list[Span], span: Span) -> list[Span]:
    """Add a span; one that begins where the last ends makes it longer."""
    if spans and spans[-1][1] == span[0]:
        return [*spans[:-1], (spans[-1][0], span[1])]
    return [*spans, span]
