"""Eye aspect ratios over time to closures.

The ratio is taken relative to this person's open eye, its dips are found, and a dip is a
closure when its shape in time is one. Seconds decide, never frames, so a slow camera and a
fast one see the same blinks. Replay and live are the same function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from waw_desktop.core import dips
from waw_desktop.core.dips import MEMORY_S, Point, Shape, Trace
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Closure, Kind

LONGEST_BLINK_S = 0.5
LONGEST_CLOSURE_S = 1.0
COMPLETE = 0.8

_OPEN_QUANTILE = 0.9
_WARM_UP_S = 1.0
_BASELINE_EVERY_S = 0.2
_LONGEST_GAP_S = 0.25
_FORGET_AFTER_S = 10.0
_SHUT_RATIO = 0.3
_WINK_SHARE = 0.4

# Fitted to labelled clips and sessions by tests/bench/fit_blinks.py; see docs/detection.md.
_LEAST_PROMINENCE, _HALF_OPEN_PER_S, _LEVEL = 0.399, 3.57, 0.75


@dataclass(frozen=True, slots=True)
class Eyes:
    """What is remembered of the eyes between two samples.

    Attributes:
        samples: The last seconds in which the face was seen.
        baseline: This person's open eye, as an eye aspect ratio, None before it is known.
        baseline_s: When that was found out.
        trace: The dips under way.
        latest_s: Time of the latest sample, seen or not.
    """

    samples: tuple[Sample, ...] = ()
    baseline: float | None = None
    baseline_s: float = -math.inf
    trace: Trace = field(default_factory=Trace)
    latest_s: float = -math.inf

    @property
    def seen_s(self) -> float:
        """When the face was last seen."""
        return self.samples[-1].t_s if self.samples else -math.inf

    @property
    def settled_s(self) -> float:
        """Every closure that starts before this has been reported."""
        if self.baseline is None and self.samples:
            return self.samples[0].t_s
        oldest_s = self.trace.oldest_s
        return self.latest_s if oldest_s is None else oldest_s


def advance(eyes: Eyes, sample: Sample) -> tuple[Eyes, tuple[Closure, ...]]:
    """Return what is remembered after one sample, and the closures it decided."""
    eyes, shapes = advance_shapes(eyes, sample)
    return eyes, tuple(_closure(shape) for shape in shapes if is_closure(shape))


def detect(samples: Iterable[Sample]) -> Iterator[Closure]:
    """Yield each closure as the sample that decides it arrives."""
    eyes = Eyes()
    for sample in samples:
        eyes, closures = advance(eyes, sample)
        yield from closures
    yield from advance(eyes, Sample(eyes.latest_s, None))[1]


def advance_shapes(eyes: Eyes, sample: Sample) -> tuple[Eyes, tuple[Shape, ...]]:
    """Return what is remembered after one sample, and the dips of both eyes it completed.

    The first second of a face only tells how open its eyes are; then it is gone through.
    """
    is_gap = sample.ear is None or sample.t_s - eyes.seen_s > _LONGEST_GAP_S
    cut_short = _of_both_eyes(eyes.samples, dips.finish(eyes.trace)) if is_gap else ()
    eyes = replace(_after_gap(eyes, sample) if is_gap else eyes, latest_s=sample.t_s)
    if sample.ear is None:
        return eyes, cut_short
    samples = (*dips.since(eyes.samples, sample.t_s - MEMORY_S), sample)
    eyes = replace(eyes, samples=samples)
    if eyes.baseline is not None:
        eyes, shapes = _measure(_with_baseline(eyes), (sample,))
        return eyes, (*cut_short, *shapes)
    if sample.t_s - samples[0].t_s < _WARM_UP_S:
        return eyes, ()
    return _measure(_with_baseline(eyes), samples)


def is_closure(shape: Shape) -> bool:
    """Return whether a dip is a closure of the eyes rather than a look down or a squint.

    How far it stands out decides. More is asked of one in which the eyes stayed half open,
    for a blink is soon over and shut eyes are not open; and of one that starts from lowered
    lids, where every look up and down is a dip.
    """
    return shape.prominence > _LEAST_PROMINENCE * math.exp(
        _HALF_OPEN_PER_S * shape.half_open_s - _LEVEL * shape.level
    )


def openness(eyes: Eyes, sample: Sample) -> float | None:
    """Return 0.0 for closed to 1.0 for this person's open eye, None while not known."""
    if sample.ear is None or eyes.baseline is None:
        return None
    return 1 - _completeness(sample.ear / eyes.baseline)


def kind_of(lasted_s: float, completeness: float) -> Kind:
    """Return what a closure of this length and depth is called."""
    if lasted_s > LONGEST_CLOSURE_S:
        return Kind.SHUT
    if lasted_s > LONGEST_BLINK_S:
        return Kind.LONG
    return Kind.COMPLETE if completeness >= COMPLETE else Kind.PARTIAL


def _after_gap(eyes: Eyes, sample: Sample) -> Eyes:
    """Drop what a gap makes worthless: at once the dip under way, later the baseline."""
    gap_s = sample.t_s - eyes.seen_s
    if gap_s > (_LONGEST_GAP_S if eyes.baseline is None else _FORGET_AFTER_S):
        return Eyes()
    return replace(eyes, trace=Trace())


def _with_baseline(eyes: Eyes) -> Eyes:
    now_s = eyes.samples[-1].t_s
    if now_s - eyes.baseline_s < _BASELINE_EVERY_S:
        return eyes
    baseline = _open_ratio(sample.ear for sample in eyes.samples)
    return replace(eyes, baseline=baseline, baseline_s=now_s)


def _measure(eyes: Eyes, samples: Iterable[Sample]) -> tuple[Eyes, tuple[Shape, ...]]:
    """Return what is remembered after samples with a baseline, and the dips they completed."""
    trace, found = eyes.trace, list[Shape]()
    for sample in samples:
        ratio = (sample.ear or 0.0) / (eyes.baseline or 1.0)
        trace, shapes = dips.advance(trace, Point(sample.t_s, ratio))
        found += shapes
    return replace(eyes, trace=trace), _of_both_eyes(eyes.samples, found)


def _of_both_eyes(samples: tuple[Sample, ...], shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    return tuple(shape for shape in shapes if not _is_wink(samples, shape.trough.t_s))


def _open_ratio(ratios: Iterable[float | None]) -> float:
    """Return the open eye's ratio: the one that is exceeded a tenth of the time."""
    ranked = sorted(ratio for ratio in ratios if ratio is not None)
    return max(ranked[round(_OPEN_QUANTILE * (len(ranked) - 1))], 1e-3)


def _is_wink(samples: tuple[Sample, ...], trough_s: float) -> bool:
    """Return whether one eye closed much less than the other, where both are known."""
    lowest = next(sample for sample in samples if sample.t_s == trough_s)
    if lowest.right is None or lowest.left is None:
        return False
    right = 1 - lowest.right / _open_ratio(sample.right for sample in samples)
    left = 1 - lowest.left / _open_ratio(sample.left for sample in samples)
    return min(right, left) < _WINK_SHARE * max(right, left)


def _closure(shape: Shape) -> Closure:
    completeness = _completeness(shape.trough.ratio)
    kind = kind_of(shape.end_s - shape.start_s, completeness)
    return Closure(shape.start_s, shape.trough.t_s, shape.end_s, completeness, kind)


def _completeness(ratio: float) -> float:
    return min(max((1 - ratio) / (1 - _SHUT_RATIO), 0.0), 1.0)
