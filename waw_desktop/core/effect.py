"""What reminders change, told from those that were shown and those that were held out.

A reminder comes when the rate is low, and a low rate rises by itself: the change after shown
reminders alone proves nothing. Which are held out is left to chance, so the difference between
the two changes is what reminders do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt
from statistics import NormalDist, fmean, variance

FEWEST_EACH = 10
"""Below so many of each kind, an interval over such uneven figures means little."""

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Reminder:
    """One that was due.

    Attributes:
        at: When, aware UTC.
        is_held_out: Whether it was not shown.
        before_per_min: Blink rate over the two seen minutes before.
        after_per_min: The same after; None where there are no such two minutes.
    """

    at: datetime
    is_held_out: bool
    before_per_min: float
    after_per_min: float | None


class Verdict(StrEnum):
    """What can be said."""

    TOO_FEW = "too few to tell"
    NOTHING_SEEN = "no difference that shows"
    HELPS = "more blinks with reminders"
    HURTS = "fewer blinks with reminders"


@dataclass(frozen=True, slots=True)
class Change:
    """How the rate changed over some reminders.

    Attributes:
        count: Over how many.
        mean_per_min: From before to after in the mean; None without any.
    """

    count: int
    mean_per_min: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What reminders change for one person.

    Attributes:
        shown: With a reminder.
        held_out: Without.
        difference_per_min: How much more the rate rose with than without; None where either
            kind is missing.
        interval_per_min: Where the true difference lies, with 95 % confidence; None where
            there are too few.
        verdict: What that comes to.
    """

    shown: Change
    held_out: Change
    difference_per_min: float | None
    interval_per_min: tuple[float, float] | None
    verdict: Verdict


def effect(reminders: Iterable[Reminder]) -> Effect:
    """Compare what came after reminders with what came after those that were held out.

    Those without two seen minutes after them are left out.

    Source:
        Welch, Biometrika 1947;34:28: an interval for the difference of two means whose
        variances may differ. It takes one reminder's change to say nothing of the next one's.
    """
    shown: list[float] = []
    held_out: list[float] = []
    for reminder in reminders:
        if reminder.after_per_min is not None:
            changes = held_out if reminder.is_held_out else shown
            changes.append(reminder.after_per_min - reminder.before_per_min)
    difference = fmean(shown) - fmean(held_out) if shown and held_out else None
    interval = None
    if difference is not None and min(len(shown), len(held_out)) >= FEWEST_EACH:
        margin = _margin(shown, held_out)
        interval = (difference - margin, difference + margin)
    return Effect(_change(shown), _change(held_out), difference, interval, _verdict(interval))


def _change(changes: Sequence[float]) -> Change:
    return Change(len(changes), fmean(changes) if changes else None)


def _verdict(interval: tuple[float, float] | None) -> Verdict:
    if interval is None:
        return Verdict.TOO_FEW
    lowest, highest = interval
    if lowest > 0:
        return Verdict.HELPS
    return Verdict.HURTS if highest < 0 else Verdict.NOTHING_SEEN


def _margin(first: Sequence[float], second: Sequence[float]) -> float:
    """Return half the width of Welch's interval."""
    a, b = variance(first) / len(first), variance(second) / len(second)
    if a + b == 0:
        return 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
    return _quantile((1 + _CONFIDENCE) / 2, freedom) * sqrt(a + b)


def _quantile(share: float, freedom: float) -> float:
    """Return the quantile of Student's t, within 0.001 from 9 degrees of freedom on.

    Source:
        Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(share)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
