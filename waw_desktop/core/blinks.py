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

_USUAL_WIDTH_S = 0.14
_LOOK_WIDTH_S = 0.3

# Fitted to labelled clips and sessions by tests/bench/fit_blinks.py; see docs/detection.md.
_LEAST_PROMINENCE, _LINGERING, _USUAL, _AGREEMENT = 0.424, 1.29, 0.58, 0.77


@dataclass(frozen=True, slots=True)
class Evidence:
    """What, beside its prominence, tells a closure from other dips.

    Attributes:
        lingering: By how much the dip is wider than a usual blink, as a logarithm, weighed by
            how far open the eyes were in it: a look down and a squint linger half open, a
            blink is over at once, and shut eyes are not open. 0.0 if it is not wider.
        usual: How open the eyes were most of the time in the seconds before: from lowered
            lids every look up and down is a dip.
        agreement: How alike both eyes fell, which noise does not make them do. It says
            nothing of dips as wide as a look down: there both eyes go together as well.
    """

    lingering: float
    usual: float
    agreement: float


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

    How far it stands out decides, and how far it must is weighed by the other evidence.
    """
    it = evidence(shape)
    return shape.prominence > _LEAST_PROMINENCE * math.exp(
        _LINGERING * it.lingering - _USUAL * it.usual - _AGREEMENT * it.agreement
    )


def evidence(shape: Shape) -> Evidence:
    """Return what `is_closure` weighs.

    No more than a second counts, or eyes shut for long would add up to half open ones.
    """
    width_s = min(max(shape.width_s, _USUAL_WIDTH_S), LONGEST_CLOSURE_S)
    wider = math.log(width_s / _USUAL_WIDTH_S)
    like_a_blink = max(0.0, 1 - wider / math.log(_LOOK_WIDTH_S / _USUAL_WIDTH_S))
    return Evidence(
        lingering=wider * shape.trough.ratio / shape.high,
        usual=shape.usual,
        agreement=shape.agreement * like_a_blink,
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
    """Drop winks, and note how alike the eyes fell in the others."""
    found = []
    for shape in shapes:
        agreement = _agreement(samples, shape.trough.t_s)
        if agreement is None or agreement >= _WINK_SHARE:
            found.append(replace(shape, agreement=agreement or 0.0))
    return tuple(found)


def _open_ratio(ratios: Iterable[float | None]) -> float:
    """Return the open eye's ratio: the one that is exceeded a tenth of the time."""
    ranked = sorted(ratio for ratio in ratios if ratio is not None)
    return max(ranked[round(_OPEN_QUANTILE * (len(ranked) - 1))], 1e-3)


def _agreement(samples: tuple[Sample, ...], trough_s: float) -> float | None:
    """Return how far the eye that closed less did as a share of the other, None if unknown."""
    lowest = next(sample for sample in samples if sample.t_s == trough_s)
    if lowest.right is None or lowest.left is None:
        return None
    right = 1 - lowest.right / _open_ratio(sample.right for sample in samples)
    left = 1 - lowest.left / _open_ratio(sample.left for sample in samples)
    return max(0.0, min(right, left)) / max(right, left, 1e-3)


def _closure(shape: Shape) -> Closure:
    completeness = _completeness(shape.trough.ratio)
    kind = kind_of(shape.end_s - shape.start_s, completeness)
    return Closure(shape.start_s, shape.trough.t_s, shape.end_s, completeness, kind)


def _completeness(ratio: float) -> float:
    return min(max((1 - ratio) / (1 - _SHUT_RATIO), 0.0), 1.0)
