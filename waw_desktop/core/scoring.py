"""How well detected closures agree with those a person marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

TOLERANCE_FRAMES = 2


@dataclass(frozen=True, slots=True)
class Span:
    """From one frame to another, both included."""

    start: int
    end: int

    def touches(self, other: Span, slack: int = 0) -> bool:
        """Return whether they share a frame once the other is widened by slack frames."""
        return self.start <= other.end + slack and self.end >= other.start - slack


@dataclass(frozen=True, slots=True)
class Marked:
    """What a person marked in one clip or session.

    Attributes:
        blinks: Blinks and long closures, in order.
        ignored: Where nothing counts, neither way.
        frames: What was looked at.
    """

    blinks: tuple[Span, ...]
    ignored: tuple[Span, ...]
    frames: Span


@dataclass(frozen=True, slots=True)
class Score:
    """Hits, false alarms and misses, with how far off the hits begin and end, in frames."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    onset_errors: tuple[int, ...] = ()
    end_errors: tuple[int, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.onset_errors + other.onset_errors,
            self.end_errors + other.end_errors,
        )

    @property
    def precision(self) -> float:
        """Share of the detected that were marked; 1.0 when none were detected."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        """Share of the marked that were detected; 1.0 when none were marked."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 1.0

    @property
    def onset_error(self) -> float | None:
        """Median distance of a hit's first frame, None without hits."""
        return median(self.onset_errors) if self.onset_errors else None

    @property
    def end_error(self) -> float | None:
        """Median distance of a hit's last frame, None without hits."""
        return median(self.end_errors) if self.end_errors else None


def score(detected: Sequence[Span], marked: Marked) -> Score:
    """Match detected closures with marked ones, one to one and in order.

    A pair matches when it shares a frame, the marked one widened by 2 frames on both sides.
    """
    wanted = [blink for blink in marked.blinks if not _is_ignored(blink, marked)]
    hits: list[tuple[Span, Span]] = []
    false_alarms = 0
    for span in detected:
        hit = next((blink for blink in wanted if span.touches(blink, TOLERANCE_FRAMES)), None)
        if hit:
            wanted.remove(hit)
            hits.append((span, hit))
        elif not _is_ignored(span, marked):
            false_alarms += 1
    return Score(
        len(hits),
        false_alarms,
        len(wanted),
        tuple(abs(span.start - hit.start) for span, hit in hits),
        tuple(abs(span.end - hit.end) for span, hit in hits),
    )


def _is_ignored(span: Span, marked: Marked) -> bool:
    outside = not span.touches(marked.frames)
    return outside or any(span.touches(ignored) for ignored in marked.ignored)
