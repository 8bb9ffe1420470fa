"""Eye aspect ratios over time to closures.

The ratio is taken relative to this person's open eye, its dips are found, and a dip is a
closure when its shape in time is one. Seconds decide, never frames, so a slow camera and a
fast one see the same blinks. Replay and live are the same function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from waw_desktop.core import dips
from waw_desktop.core.dips import Dip, Point, Shape
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Closure, Kind

LONGEST_BLINK_S = 0.5
LONGEST_CLOSURE_S = 1.0
COMPLETE = 0.8

_MEMORY_S = 6.0
_OPEN_QUANTILE = 0.9
_WARM_UP_S = 1.0
_LONGEST_GAP_S = 0.25
_FORGET_AFTER_S = 10.0
_LOOK_ON_S = 0.1
_ABANDON_AFTER_S = 1.2
_SHUT_RATIO = 0.25
_STILL_SHUT = 0.4

# Fitted on labelled clips and sessions by tests/bench/fit_blinks.py.
_BIAS, _PROMINENCE, _CLARITY, _HALF_OPEN_PER_S = 3.05, 3.82, 1.82, -19.7
_QUIETEST = 0.02
_WINK_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Eyes:
    """What is remembered of the eyes between two samples.

    Attributes:
        samples: The last seconds in which the face was seen.
        points: Their ratios, once a baseline was known.
        baseline: This person's open eye, as an eye aspect ratio, None before it is known.
        dip: The fall or rise under way, None after the face was lost.
        risen: Dips that wait for the last tenth of a second of their shape.
        last_s: Time of the last sample, seen or not.
    """

    samples: tuple[Sample, ...] = ()
    points: tuple[Point, ...] = ()
    baseline: float | None = None
    dip: Dip | None = None
    risen: tuple[Dip, ...] = ()
    last_s: float = -math.inf

    @property
    def settled_s(self) -> float:
        """Every closure that starts before this has been reported."""
        if self.baseline is None and self.samples:
            return self.samples[0].t_s
        waiting = (*self.risen, self.dip) if self.dip else self.risen
        return min((dip.top.t_s for dip in waiting), default=self.last_s)


def advance(eyes: Eyes, sample: Sample) -> tuple[Eyes, tuple[Closure, ...]]:
    """Return what is remembered after one sample, and the closures it decided."""
    eyes = _after_gap(eyes, sample)
    if sample.ear is None:
        return eyes, ()
    samples = (*(past for past in eyes.samples if past.t_s > sample.t_s - _MEMORY_S), sample)
    eyes = replace(eyes, samples=samples)
    if eyes.baseline is not None:
        return _judge(replace(eyes, baseline=_open(_ears(samples))), sample)
    if sample.t_s - samples[0].t_s < _WARM_UP_S:
        return eyes, ()
    eyes = replace(eyes, baseline=_open(_ears(samples)))
    closures: list[Closure] = []
    for waiting in samples:
        eyes, decided = _judge(eyes, waiting)
        closures += decided
    return eyes, tuple(closures)


def detect(samples: Iterable[Sample]) -> Iterator[Closure]:
    """Yield each closure as the sample that decides it arrives."""
    eyes = Eyes()
    for sample in samples:
        eyes, closures = advance(eyes, sample)
        yield from closures


def openness(eyes: Eyes, sample: Sample) -> float | None:
    """Return 0.0 for closed to 1.0 for this person's open eye, None while not known."""
    if sample.ear is None or eyes.baseline is None:
        return None
    return 1 - _completeness(sample.ear / eyes.baseline)


def is_closure(shape: Shape) -> bool:
    """Return whether a dip is a closure of the eyes rather than a look down or a squint.

    Three things tell, in a logistic model: how far the lids went, how far that stands out
    from the noise, and how long they stayed only half down. A blink is over before that
    adds up; a closed eye may stay closed, as its ratio is next to nothing.
    """
    prominence = max(shape.prominence, 1e-3)
    score = (
        _BIAS
        + _PROMINENCE * math.log(prominence)
        + _CLARITY * math.log(prominence / (shape.noise + _QUIETEST))
        + _HALF_OPEN_PER_S * min(shape.width_s, LONGEST_CLOSURE_S) * shape.trough.ratio
    )
    return score > 0


def kind_of(lasted_s: float, completeness: float) -> Kind:
    """Return what a closure of this length and depth is called."""
    if lasted_s > LONGEST_CLOSURE_S:
        return Kind.SHUT
    if lasted_s > LONGEST_BLINK_S:
        return Kind.LONG
    return Kind.COMPLETE if completeness >= COMPLETE else Kind.PARTIAL


def _after_gap(eyes: Eyes, sample: Sample) -> Eyes:
    """Drop what a gap makes worthless: soon the dip under way, later the person's baseline."""
    gap_s = sample.t_s - eyes.samples[-1].t_s if eyes.samples else math.inf
    if gap_s > (_FORGET_AFTER_S if eyes.baseline else _LONGEST_GAP_S):
        return Eyes(last_s=sample.t_s)
    if sample.ear is None or gap_s > _LONGEST_GAP_S:
        return replace(eyes, points=(), dip=None, risen=(), last_s=sample.t_s)
    return replace(eyes, last_s=sample.t_s)


def _ears(samples: tuple[Sample, ...]) -> Iterator[float]:
    return (sample.ear for sample in samples if sample.ear is not None)


def _open(ears: Iterable[float]) -> float:
    """Return the open eye's ratio: the one that is exceeded a tenth of the time."""
    ranked = sorted(ears)
    return max(ranked[round(_OPEN_QUANTILE * (len(ranked) - 1))], 1e-3)


def _judge(eyes: Eyes, sample: Sample) -> tuple[Eyes, tuple[Closure, ...]]:
    point = Point(sample.t_s, (sample.ear or 0.0) / (eyes.baseline or 1.0))
    first_s = sample.t_s - _MEMORY_S
    points = (*(past for past in eyes.points if past.t_s > first_s), point)
    dip = dips.follow(eyes.dip, points)
    if dip.trough and _is_stale(dip.trough, dip.top, point.t_s):
        dip = Dip(point)
    risen = (*eyes.risen, dip) if dip.risen_s is not None else eyes.risen
    ripe = [dip for dip in risen if point.t_s >= (dip.risen_s or 0.0) + _LOOK_ON_S - 1e-6]
    risen = risen[len(ripe) :]
    found = (_closure(dip, points, eyes.samples) for dip in ripe)
    closures = tuple(closure for closure in found if closure)
    return replace(eyes, points=points, dip=dip, risen=risen), closures


def _is_stale(trough: Point, top: Point, now_s: float) -> bool:
    """Return whether a dip has become the way the eyes are, unless they are shut."""
    has_stayed = now_s - trough.t_s > _ABANDON_AFTER_S
    return has_stayed and (trough.ratio > _STILL_SHUT or now_s - top.t_s > _MEMORY_S)


def _closure(dip: Dip, points: tuple[Point, ...], samples: tuple[Sample, ...]) -> Closure | None:
    if dip.trough is None:
        return None
    shape = dips.shape_of(dip.top, dip.trough, points)
    if not is_closure(shape) or _is_wink(samples, shape.trough.t_s):
        return None
    completeness = _completeness(shape.trough.ratio)
    kind = kind_of(shape.end_s - shape.start_s, completeness)
    return Closure(shape.start_s, shape.trough.t_s, shape.end_s, completeness, kind)


def _is_wink(samples: tuple[Sample, ...], trough_s: float) -> bool:
    """Return whether one eye closed much less than the other, where both are known."""
    lowest = next(sample for sample in samples if sample.t_s == trough_s)
    if lowest.right is None or lowest.left is None:
        return False
    right = [sample.right for sample in samples if sample.right is not None]
    left = [sample.left for sample in samples if sample.left is not None]
    falls = 1 - lowest.right / _open(right), 1 - lowest.left / _open(left)
    return min(falls) < _WINK_SHARE * max(falls)


def _completeness(ratio: float) -> float:
    return min(max((1 - ratio) / (1 - _SHUT_RATIO), 0.0), 1.0)
