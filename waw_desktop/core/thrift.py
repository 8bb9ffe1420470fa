"""Which frames are worth a look, when the processor is to be spared.

Eyes that stay as they are need no thirty looks a second. While nothing stirs, only as many
frames are looked at as a blink needs to be noticed; the others wait in memory until the next
look. If that one shows a change, they are looked at after all, so the blink is measured from
frames as dense as ever:

    looked   .       .       .       X x x x x x x x       .       .
    waited     . . .   . . .   . . .^                . . .   . . .
                         change: look back      calm again

Where the picture of the eyes has not changed either, fewer looks still will do. Where no face
is, a look every quarter of a second will notice one in time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from waw_desktop.core.openness import Sample

REST_S = 0.084
"""Twelve looks a second, the least at which a blink is counted, and a camera's jitter."""

STILL_REST_S = 0.21
"""Five looks a second and a camera's jitter; eyes count as unseen from 0.25 s on."""

AWAY_REST_S = 0.25
AWAY_AFTER_S = 2.0
STIR = 0.1
"""Above the noise of an open eye's ratio, half of the smallest dip that may be a blink."""

ALERT_S = 0.15
_COMPARED_OVER_S = 0.15


@dataclass(frozen=True, slots=True)
class Thrift:
    """What is remembered to choose by.

    Attributes:
        arrived_s: When the latest frame came.
        interval_s: How long after the one before.
        looked_s: When the latest frame that was looked at came.
        seen_s: When a face was last seen.
        alert_until_s: Until then each frame is looked at.
        ratios: Time and eye aspect ratio of the latest looks, to compare with.
    """

    arrived_s: float = -math.inf
    interval_s: float = 0.0
    looked_s: float = -math.inf
    seen_s: float = -math.inf
    alert_until_s: float = math.inf
    ratios: tuple[tuple[float, float], ...] = ()


def arrive(it: Thrift, t_s: float, *, is_still: bool = False) -> tuple[Thrift, bool]:
    """Return what is remembered once a frame has come, and whether it may wait.

    It may when the next one, if it comes after the same interval, is still in time.

    Args:
        it: What was remembered before.
        t_s: When the frame came.
        is_still: Whether it shows the eyes as the frame did that was looked at last.
    """
    interval_s = max(t_s - it.arrived_s, 0.0) if it.arrived_s > -math.inf else math.inf
    is_away = t_s - it.seen_s > AWAY_AFTER_S
    rest_s = AWAY_REST_S if is_away else STILL_REST_S if is_still else REST_S
    may_wait = (is_away or t_s >= it.alert_until_s) and t_s + interval_s - it.looked_s <= rest_s
    arrived = Thrift(t_s, interval_s, it.looked_s, it.seen_s, it.alert_until_s, it.ratios)
    return arrived, may_wait


def look(it: Thrift, sample: Sample) -> tuple[Thrift, bool]:
    """Return what is remembered after a look, and whether the frames that waited matter."""
    t_s, ratio = sample.t_s, sample.ear
    if ratio is None:
        has_gone = bool(it.ratios)
        return Thrift(it.arrived_s, it.interval_s, t_s, it.seen_s, t_s + ALERT_S), has_gone
    recent = tuple(past for past in it.ratios if past[0] > t_s - _COMPARED_OVER_S)
    before = recent or it.ratios[-1:]
    stirs = not before or not _is_calm(ratio, [past for _, past in before])
    alert_until_s = t_s + ALERT_S if stirs else it.alert_until_s
    ratios = (*before, (t_s, ratio))
    return Thrift(it.arrived_s, it.interval_s, t_s, t_s, alert_until_s, ratios), stirs


def spared(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield those of a series of samples that would have been looked at."""
    it, waiting = Thrift(), list[Sample]()
    for sample in samples:
        it, may_wait = arrive(it, sample.t_s)
        if may_wait:
            waiting.append(sample)
            continue
        it, matters = look(it, sample)
        if matters:
            yield from waiting
        yield sample
        waiting.clear()


def _is_calm(ratio: float, before: list[float]) -> bool:
    return max(before) * (1 - STIR) <= ratio <= min(before) * (1 + STIR)
