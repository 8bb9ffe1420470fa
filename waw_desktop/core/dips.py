"""Falls and rises of a noisy ratio: where it dips, and what each dip looks like.

A dip is a fall from a top to a trough, told from noise by its depth, that has risen again:

    falling from a top --12 % down--> down at a trough --40 % of the fall back--> risen
          ^                                  |                                      |
          '--still down after 1.2 s, not shut'                               0.1 s later
          ^                                                                         v
          '---- the next fall starts at once: lids that half reopen            its Shape
                between two blinks still make two dips
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, takewhile
from typing import TypeVar

from waw_desktop.core.openness import Sample

MEMORY_S = 6.0
SMALLEST_FALL = 0.12
_RISEN_SHARE = 0.4
_TOP_WITHIN_S = 0.6
_LOOK_ON_S = 0.1
_ABANDON_AFTER_S = 1.2
_STILL_SHUT = 0.4
_JUST_BEFORE_S = 0.3
_EDGE = 0.8
_USUAL_QUANTILE = 0.25


@dataclass(frozen=True, slots=True)
class Point:
    """The ratio of one frame.

    Attributes:
        t_s: Time of the frame, in seconds.
        ratio: Eye aspect ratio over this person's open eye: about 1 open, 0.2 shut.
    """

    t_s: float
    ratio: float


Timed = TypeVar("Timed", Point, Sample)


@dataclass(frozen=True, slots=True)
class Dip:
    """A fall that may have risen again.

    Attributes:
        top: Where the fall began: the highest point of the 0.6 s before it was one.
        trough: The lowest point since, None while the fall is too small to be one.
        risen_s: When enough of the fall was made good, None before.
    """

    top: Point
    trough: Point | None = None
    risen_s: float | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of the ratio between two points.

    Attributes:
        points: The last seconds.
        dip: The fall under way.
        risen: Dips that wait for the last tenth of a second of their shape.
    """

    points: tuple[Point, ...] = ()
    dip: Dip | None = None
    risen: tuple[Dip, ...] = ()

    @property
    def oldest_s(self) -> float | None:
        """Where the oldest dip that may still become a shape began, None without any."""
        return min(
            (dip.top.t_s for dip in (*self.risen, self.dip) if dip is not None), default=None
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a dip looks like.

    Attributes:
        start_s: When a fifth of the fall was done, interpolated between points.
        end_s: When four fifths of the rise were done.
        width_s: How long the ratio was below half of the prominence.
        trough: The lowest point.
        prominence: The smaller of fall and rise.
        high: The ratio just before the fall.
        usual: The ratio that was exceeded three quarters of the time in the seconds before.
        agreement: How alike both eyes fell, from 0.0, one eye only or not known, to 1.0.
    """

    start_s: float
    end_s: float
    width_s: float
    trough: Point
    prominence: float
    high: float
    usual: float
    agreement: float = 0.0


def advance(trace: Trace, point: Point) -> tuple[Trace, tuple[Shape, ...]]:
    """Return what is remembered after one point, and the shapes that it completed."""
    points = (*since(trace.points, point.t_s - MEMORY_S), point)
    dip = _follow(trace.dip, points)
    risen = trace.risen if dip.risen_s is None else (*trace.risen, dip)
    ripe = tuple(dip for dip in risen if _is_ripe(dip, point.t_s))
    trace = Trace(points, dip, risen[len(ripe) :])
    return trace, _shapes(ripe, points)


def finish(trace: Trace) -> tuple[Shape, ...]:
    """Return the shapes of the dips that have risen, now that no further point will come."""
    return _shapes(trace.risen, trace.points)


def since(timed: tuple[Timed, ...], first_s: float) -> tuple[Timed, ...]:
    """Return what is not older than a time, of points or samples in order."""
    return tuple(dropwhile(lambda each: each.t_s < first_s, timed))


def shape_of(top: Point, trough: Point, points: Sequence[Point]) -> Shape:
    """Return what a dip looks like.

    Args:
        top: Where it fell from.
        trough: Its lowest point.
        points: Some seconds before it and all after it so far, in order.
    """
    down = [point for point in points if top.t_s <= point.t_s <= trough.t_s][::-1]
    after = [point for point in points if point.t_s >= trough.t_s]
    rise = max(point.ratio for point in after) - trough.ratio
    # The lids may have sunk slowly before they fell: what counts is the height just before.
    fell_s = _crossing_s(down, trough.ratio + min(rise, top.ratio - trough.ratio) / 2)
    down = [point for point in down if point.t_s >= fell_s - _JUST_BEFORE_S]
    high = max(point.ratio for point in down)
    fall = high - trough.ratio
    prominence = min(fall, rise)
    half = trough.ratio + prominence / 2
    return Shape(
        start_s=_crossing_s(down, trough.ratio + _EDGE * fall),
        end_s=_crossing_s(after, trough.ratio + _EDGE * rise),
        width_s=_crossing_s(after, half) - _crossing_s(down, half),
        trough=trough,
        prominence=prominence,
        high=high,
        usual=_usual(points, fell_s),
    )


def _shapes(dips: Sequence[Dip], points: Sequence[Point]) -> tuple[Shape, ...]:
    return tuple(shape_of(dip.top, dip.trough, points) for dip in dips if dip.trough)


def _follow(dip: Dip | None, points: Sequence[Point]) -> Dip:
    """Return the dip under way after the latest point."""
    now = points[-1]
    if dip is None:
        return Dip(now)
    if dip.risen_s is not None:
        return _fall(points[-2], points)
    if dip.trough is None:
        return _fall(dip.top, points)
    if now.ratio < dip.trough.ratio:
        # Lids that had come to rest half way fall anew from there.
        return _fall(dip.top, points) if dip.trough.ratio > _STILL_SHUT else Dip(dip.top, now)
    fall = dip.top.ratio - dip.trough.ratio
    if now.ratio - dip.trough.ratio >= max(SMALLEST_FALL, _RISEN_SHARE * fall):
        return replace(dip, risen_s=now.t_s)
    return Dip(now) if _is_stale(dip.top, dip.trough, now) else dip


def _fall(top: Point, points: Sequence[Point]) -> Dip:
    now = points[-1]
    if top.t_s < now.t_s - _TOP_WITHIN_S:
        recent = takewhile(lambda point: point.t_s >= now.t_s - _TOP_WITHIN_S, reversed(points))
        top = max(recent, key=lambda point: point.ratio)
    if now.ratio >= top.ratio:
        return Dip(now)
    return Dip(top, now if top.ratio - now.ratio >= SMALLEST_FALL else None)


def _is_stale(top: Point, trough: Point, now: Point) -> bool:
    """Return whether a dip has become the way the eyes are; shut ones get more time."""
    has_stayed = now.t_s - trough.t_s > _ABANDON_AFTER_S
    return has_stayed and (trough.ratio > _STILL_SHUT or now.t_s - top.t_s > MEMORY_S)


def _is_ripe(dip: Dip, now_s: float) -> bool:
    # A microsecond of slack, lest the sum of frame times decides.
    return dip.risen_s is not None and now_s >= dip.risen_s + _LOOK_ON_S - 1e-6


def _crossing_s(points: Sequence[Point], level: float) -> float:
    """Return when the ratio rises through a level, walking away from the trough."""
    inside = points[0]
    for point in points[1:]:
        if point.ratio >= level:
            share = (level - inside.ratio) / (point.ratio - inside.ratio)
            return inside.t_s + share * (point.t_s - inside.t_s)
        inside = point
    return inside.t_s


def _usual(points: Sequence[Point], fell_s: float) -> float:
    before = sorted(point.ratio for point in points if point.t_s < fell_s)
    return before[round(_USUAL_QUANTILE * (len(before) - 1))] if before else 1.0
