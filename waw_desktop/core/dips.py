"""Falls and rises of a noisy ratio: where it dips, and what the dip looks like.

A dip is a fall from a top to a trough, told from noise by its depth, that has risen again:

    Falling from a top --12 % down--> Down at a trough --40 % of the fall back--> Risen
                                                                                    | 0.1 s
    the next fall starts here, so lids that only half reopen between two blinks     v
    still make two dips                                                          complete
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

SMALLEST_FALL = 0.12
_RISEN_SHARE = 0.4
_TOP_WITHIN_S = 0.6
_JUST_BEFORE_S = 0.3
_BEGIN_SHARE = 0.8
_END_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Point:
    """The ratio of one frame.

    Attributes:
        t_s: Time of the frame, in seconds.
        ratio: Eye aspect ratio over this person's open eye.
    """

    t_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Dip:
    """A fall that may have risen again.

    Attributes:
        top: Where the fall began, or the highest point of the 0.6 s before now.
        trough: The lowest point since, None while the fall is too small to be one.
        risen_s: When enough of the fall was made good, None before.
    """

    top: Point
    trough: Point | None = None
    risen_s: float | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What a risen dip looks like.

    Attributes:
        start_s: When the ratio began to fall for good, interpolated between frames.
        end_s: When most of the fall was made good.
        width_s: How long it stayed below half of its prominence.
        prominence: The smaller of its fall and its rise.
        trough: The lowest ratio.
        noise: Median change of the ratio from frame to frame in the seconds before.
    """

    start_s: float
    end_s: float
    width_s: float
    prominence: float
    trough: Point
    noise: float


def follow(dip: Dip | None, points: Sequence[Point]) -> Dip:
    """Return the dip under way after the latest point, `points[-1]`."""
    now = points[-1]
    if dip is None or dip.risen_s is not None:
        return Dip(now)
    if dip.trough is None:
        return _descend(dip.top, points)
    if now.ratio < dip.trough.ratio:
        return Dip(dip.top, now)
    fall = dip.top.ratio - dip.trough.ratio
    if now.ratio - dip.trough.ratio >= max(SMALLEST_FALL, _RISEN_SHARE * fall):
        return Dip(dip.top, dip.trough, now.t_s)
    return dip


def _descend(top: Point, points: Sequence[Point]) -> Dip:
    now = points[-1]
    if top.t_s < now.t_s - _TOP_WITHIN_S:
        recent = [point for point in points if point.t_s >= now.t_s - _TOP_WITHIN_S]
        top = max(recent, key=lambda point: point.ratio)
    if now.ratio >= top.ratio:
        return Dip(now)
    return Dip(top, now if top.ratio - now.ratio >= SMALLEST_FALL else None)


def shape_of(top: Point, trough: Point, points: Sequence[Point]) -> Shape:
    """Return what a dip looks like.

    Args:
        top: Where it fell from.
        trough: Its lowest point.
        points: Some seconds before it and all after it so far, in order.
    """
    down = [point for point in points if top.t_s <= point.t_s <= trough.t_s][::-1]
    after = [point for point in points if point.t_s >= trough.t_s]
    # The lids may have sunk slowly before they fell: what counts is the level just before.
    fell_s = _crossing_s(down, (top.ratio + trough.ratio) / 2)
    down = [point for point in down if point.t_s >= fell_s - _JUST_BEFORE_S]
    fall = max(point.ratio for point in down) - trough.ratio
    rise = max(point.ratio for point in after) - trough.ratio
    prominence = min(fall, rise)
    half = trough.ratio + prominence / 2
    return Shape(
        start_s=_crossing_s(down, trough.ratio + _BEGIN_SHARE * fall),
        end_s=_crossing_s(after, trough.ratio + _END_SHARE * rise),
        width_s=_crossing_s(after, half) - _crossing_s(down, half),
        prominence=prominence,
        trough=trough,
        noise=_noise([point for point in points if point.t_s <= trough.t_s]),
    )


def _crossing_s(points: Sequence[Point], level: float) -> float:
    """Return when the ratio rises through a level, walking away from the trough."""
    inside = points[0]
    for point in points[1:]:
        if point.ratio >= level:
            share = (level - inside.ratio) / (point.ratio - inside.ratio)
            return inside.t_s + share * (point.t_s - inside.t_s)
        inside = point
    return inside.t_s


def _noise(points: Sequence[Point]) -> float:
    steps = [abs(later.ratio - earlier.ratio) for earlier, later in pairwise(points)]
    return median(steps) if steps else 0.0
