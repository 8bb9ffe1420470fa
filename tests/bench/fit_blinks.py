"""Fit the four numbers of `blinks.is_closure`, and say how well they hold for others.

    python -m tests.bench.fit_blinks FOLDER

FOLDER holds labelled clips and series, as `bench` reads them. A dip is a closure when

    log(prominence) > log(least) + lingering - usual - agreement

each of the three with a weight (see `blinks.Evidence`), which is a logistic regression with
the decision moved: a missed blink costs as much as a false one, yet the regression sees far
more dips than blinks. Three tables are printed: with the numbers in the source, fitted to
everything, and fitted to everybody else (each person and session left out in turn), with
intervals from drawing people anew 2,000 times.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from waw_desktop.core import blinks
from waw_desktop.core.blinks import LONGEST_CLOSURE_S, Eyes
from waw_desktop.core.dips import Shape
from waw_desktop.core.openness import Sample
from waw_desktop.core.scoring import TOLERANCE_FRAMES, Marked, Score, Span, score
from waw_desktop.vision.bench import Labelled, labelled

DECISION = -0.5
"""Log odds above which a dip counts; where misses and false alarms balance."""

# From 321 s on, all nine labels of this session lie 72 frames before their dips: at no other
# shift do more than four of them touch any dip, unshifted none does.
MISPLACED = {"session_01.csv": (321.0, 72)}

FEATURES = tuple(field.name for field in fields(blinks.Evidence))

Array = NDArray[np.float64]
Judge = Callable[[Shape], bool]


@dataclass(frozen=True, slots=True)
class Person:
    """The dips of one clip or session, and which of them are closures."""

    source: Labelled
    shapes: tuple[Shape, ...]

    @property
    def name(self) -> str:
        """Who it is: two of the clips show the same face."""
        return "cap" if "_cap1" in self.source.name else self.source.name

    def score(self, judge: Judge) -> Score:
        """Score the dips that are closures in a judge's eyes."""
        return score(
            [self.span(shape) for shape in self.shapes if judge(shape)], self.source.marked
        )

    def span(self, shape: Shape) -> Span:
        """Return the frames of a dip."""
        return self.source.span(shape.start_s, shape.end_s)

    def labels(self) -> list[tuple[Shape, bool]]:
        """Pair each dip with whether it was marked; the deepest dip takes a mark first."""
        pairs, open_marks = [], list(self.source.marked.blinks)
        unmarked = replace(self.source.marked, blinks=())
        for shape in sorted(self.shapes, key=lambda shape: -shape.prominence):
            span = self.span(shape)
            near = [mark for mark in open_marks if span.touches(mark, TOLERANCE_FRAMES)]
            hit = min(near, key=lambda mark: abs(mark.end - span.end), default=None)
            if hit is not None:
                open_marks.remove(hit)
            if hit is not None or score([span], unmarked).fp:
                pairs.append((shape, hit is not None))
        return pairs


def main(folder: Path) -> None:
    """Print the fit and the tables."""
    people = [Person(source, dips_of(source)) for source in labelled(folder)]
    table("the numbers in the source", people, lambda _: blinks.is_closure)
    put_right = [replace(person, source=corrected(person.source)) for person in people]
    table("the same, misplaced labels put right", put_right, lambda _: blinks.is_closure)
    weights = fit(put_right)
    bias, prominence, *others = weights
    least = np.exp(-(bias - DECISION) / prominence)
    named = zip(FEATURES, others, strict=True)
    say(f"fitted: least {least:.3f}, " + ", ".join(f"{n} {w / prominence:.2f}" for n, w in named))
    table("fitted to everybody", put_right, lambda _: judge_of(weights))
    table(
        "fitted to everybody else",
        put_right,
        lambda who: judge_of(fit([person for person in put_right if person.name != who.name])),
    )


def dips_of(source: Labelled) -> tuple[Shape, ...]:
    """Return the shape of every dip that lasts no longer than a long closure."""
    eyes, found = Eyes(), []
    for sample in (*source.samples, Sample(source.samples[-1].t_s, None)):
        eyes, shapes = blinks.advance_shapes(eyes, sample)
        found += [shape for shape in shapes if shape.end_s - shape.start_s <= LONGEST_CLOSURE_S]
    return tuple(found)


def corrected(source: Labelled) -> Labelled:
    """Return a session with its misplaced labels put right."""
    if source.name not in MISPLACED:
        return source
    from_s, frames = MISPLACED[source.name]
    marked = source.marked
    marks = [
        Span(mark.start + frames, mark.end + frames)
        if source.samples[mark.start].t_s > from_s
        else mark
        for mark in marked.blinks
    ]
    return replace(source, marked=Marked(tuple(marks), marked.ignored, marked.frames))


def features(shape: Shape) -> list[float]:
    """Return what the rule looks at."""
    weighed = astuple(blinks.evidence(shape))
    return [1.0, np.log(max(shape.prominence, 1e-3)), *weighed]


def judge_of(weights: Array) -> Judge:
    """Return the rule that a fit stands for."""
    return lambda shape: float(weights @ features(shape)) > DECISION


def fit(people: Sequence[Person]) -> Array:
    """Return the weights of a logistic regression by Newton's method, ridge 1 on unit scale."""
    pairs = [pair for person in people for pair in person.labels()]
    x = np.array([features(shape) for shape, _ in pairs])
    y = np.array([float(is_closure) for _, is_closure in pairs])
    mean, scale = x.mean(axis=0), x.std(axis=0)
    mean[0], scale[0] = 0.0, 1.0
    z, ridge = (x - mean) / scale, np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        odds = 1 / (1 + np.exp(-z @ weights))
        slope = z.T @ (odds - y) + ridge @ weights
        curve = (z * (odds * (1 - odds))[:, None]).T @ z + ridge
        weights -= np.linalg.solve(curve, slope)
    weights /= scale
    weights[0] -= weights[1:] @ mean[1:]
    return weights


def table(title: str, people: Sequence[Person], judge_for: Callable[[Person], Judge]) -> None:
    """Print precision, recall and F1 of clips and sessions, with intervals."""
    say(title)
    for name, is_clip in (("clips", True), ("series", False)):
        scores = [p.score(judge_for(p)) for p in people if p.source.is_clip == is_clip]
        if scores:
            total = sum(scores, Score())
            low, high = interval(scores)
            say(
                f"  {name:7} {total.tp:4} hits {total.fp:3} false {total.fn:3} missed  "
                f"P {total.precision:.3f} R {total.recall:.3f} "
                f"F1 {total.f1:.3f} [{low:.3f}, {high:.3f}]"
            )


def say(line: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{line}\n")


def interval(scores: Sequence[Score]) -> tuple[float, float]:
    """Return the middle 95 % of F1 over people drawn anew."""
    random = np.random.default_rng(1)
    draws = random.integers(len(scores), size=(2000, len(scores)))
    f1 = [sum((scores[i] for i in draw), Score()).f1 for draw in draws]
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
