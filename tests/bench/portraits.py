"""The detector against the portrait, whose every closure is known.

    python -m tests.bench.portraits

At each frame rate the portrait blinks, half closing now and then, under noise, a rolling and
drifting head, changing light and, from 24 frames a second up, lost frames. Then for ten
minutes it only looks down, squints and winks. Ends with code 1 if anything falls short.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from waw_desktop.core.readings import Closure, Kind
from waw_desktop.vision.analyze import analyze
from waw_desktop.vision.portrait import truth

FRAME_RATES_HZ = (12, 15, 24, 30, 60, 120)
FEWEST_TO_LOSE_FROM_HZ = 24
CONDITIONS = {
    "plain": "noise=2",
    "noise": "noise=6",
    "motion": "noise=3&motion=15",
    "light": "noise=3&light=0.3",
    "lost frames": "noise=3&drop=0.15",
    "all": "noise=4&motion=15&light=0.3",
}
BLINKING = "rate=30&half=0.3&seconds=60&seed={seed}"
DISTRACTIONS = "portrait?fps=30&seconds=600&rate=0&gaze=6&squint=4&wink=4&noise=3&seed=3"
LEAST_RECALL_OF_HALF = 0.95
SLACK_S = 0.1
LATEST_S = 0.15
FASTEST_FROM_HZ = 30
"""A slower camera shows later that the lids are open."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one portrait went.

    Attributes:
        painted: How many closures were complete, and how many of them were found.
        halves: The same of those that closed half way.
        false: Closures found where none was painted.
        latest_s: The longest that a count came after the lids were open again.
    """

    painted: tuple[int, int]
    halves: tuple[int, int]
    false: int
    latest_s: float

    @property
    def is_good(self) -> bool:
        """Whether it is what is asked for."""
        halves, found = self.halves
        complete, seen = self.painted
        return complete == seen and not self.false and found >= LEAST_RECALL_OF_HALF * halves


def main() -> int:
    """Print a line for each portrait and return 1 if one falls short."""
    is_good = True
    for fps in FRAME_RATES_HZ:
        for seed, (name, options) in enumerate(CONDITIONS.items(), start=fps):
            if "drop" in options and fps < FEWEST_TO_LOSE_FROM_HZ:
                continue
            result = watch(f"portrait?fps={fps}&{options}&{BLINKING.format(seed=seed)}")
            is_good &= result.is_good
            is_good &= fps < FASTEST_FROM_HZ or result.latest_s <= LATEST_S
            say(f"{fps:4} fps  {name:12}", result)
    distracted = watch(DISTRACTIONS)
    say("  30 fps  distractions", distracted)
    return int(not (is_good and distracted.is_good))


def watch(spec: str) -> Result:
    """Return how what is found in a portrait agrees with what is painted."""
    counted = [
        (reading.t_s, closure) for reading in analyze(spec).readings for closure in reading.closures
    ]
    hits = {closure: at_s for closure in truth(spec) if (at_s := _take(closure, counted))}
    halves = [closure for closure in truth(spec) if closure.kind is Kind.PARTIAL]
    complete = [closure for closure in truth(spec) if closure.kind is not Kind.PARTIAL]
    return Result(
        (len(complete), sum(closure in hits for closure in complete)),
        (len(halves), sum(closure in hits for closure in halves)),
        len(counted),
        max((at_s - closure.end_s for closure, at_s in hits.items()), default=0.0),
    )


def _take(painted: Closure, counted: list[tuple[float, Closure]]) -> float | None:
    """Remove the counted closure that a painted one meets; return when it was counted."""
    for at_s, closure in counted:
        is_before = closure.end_s < painted.start_s - SLACK_S
        is_after = closure.start_s > painted.end_s + SLACK_S
        if not (is_before or is_after):
            counted.remove((at_s, closure))
            return at_s
    return None


def say(name: str, it: Result) -> None:
    """Print one line."""
    verdict = "good" if it.is_good else "NOT GOOD"
    sys.stdout.write(
        f"{name}  complete {it.painted[1]} of {it.painted[0]}, half {it.halves[1]} of"
        f" {it.halves[0]}, {it.false} false, counted within {1000 * it.latest_s:.0f} ms:"
        f" {verdict}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
