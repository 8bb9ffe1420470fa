"""What reminders change, told honestly."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from waw_desktop.core import effect as module
from waw_desktop.core.effect import FEWEST_EACH, Reminder, Verdict, effect

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def reminders(changes, *, is_held_out, before_per_min=6.0):
    return [
        Reminder(
            BEGIN + timedelta(minutes=number),
            is_held_out,
            before_per_min,
            None if change is None else before_per_min + change,
        )
        for number, change in enumerate(changes)
    ]


def both(shown, held_out):
    return effect(reminders(shown, is_held_out=False) + reminders(held_out, is_held_out=True))


def spread(mean, count=20):
    """Return changes around a mean, one apart."""
    return [mean + (number % 3 - 1) for number in range(count)]


@pytest.mark.parametrize(
    "shown, held_out, verdict",
    [
        ([], [], Verdict.TOO_FEW),
        (spread(5), [], Verdict.TOO_FEW),
        (spread(5), spread(1, FEWEST_EACH - 1), Verdict.TOO_FEW),
        (spread(5, FEWEST_EACH - 1), spread(1), Verdict.TOO_FEW),
        (spread(5, FEWEST_EACH), spread(1, FEWEST_EACH), Verdict.HELPS),
        (spread(1), spread(5), Verdict.HURTS),
        (spread(3), spread(3), Verdict.NOTHING_SEEN),
        (spread(3), spread(2.9), Verdict.NOTHING_SEEN),
    ],
)
def test_the_verdict(shown, held_out, verdict):
    """Ten of each kind at least, and a difference that chance does not explain."""
    assert both(shown, held_out).verdict is verdict


def test_what_was_not_followed_is_left_out():
    """Somebody left after it."""
    told = both([4.0, None, 6.0], [None])

    assert (told.shown.count, told.shown.mean_per_min) == (2, 5.0)
    assert (told.held_out.count, told.held_out.mean_per_min) == (0, None)
    assert told.difference_per_min is None


def test_the_difference_is_what_rises_more_with_than_without():
    """A low rate rises by itself."""
    told = both(spread(5), spread(3))

    assert told.difference_per_min == pytest.approx(2, abs=0.1)
    assert told.interval_per_min is not None


def test_too_few_have_no_interval():
    told = both([5.0, 6.0], [1.0])

    assert told.difference_per_min == pytest.approx(4.5)
    assert told.interval_per_min is None


def test_the_interval_is_welchs():
    """Computed by hand: variances 2.5 and 10 over twice five of each, 95 %."""
    shown = [1.0, 2, 3, 4, 5] * 2
    held_out = [2.0, 4, 6, 8, 10] * 2
    told = both(shown, held_out)

    a, b = 20 / 9 / 10, 80 / 9 / 10
    freedom = (a + b) ** 2 / (a**2 / 9 + b**2 / 9)
    assert freedom == pytest.approx(13.2353, abs=1e-4)
    half = 2.1563 * math.sqrt(a + b)  # t at 0.975 and 13.2353 degrees of freedom
    assert told.interval_per_min == pytest.approx((-3 - half, -3 + half), abs=0.002)


def test_figures_all_alike():
    assert both([2.0] * 10, [2.0] * 10).verdict is Verdict.NOTHING_SEEN


@pytest.mark.parametrize(
    "freedom, quantile",
    [(9, 2.2622), (10, 2.2281), (15, 2.1314), (30, 2.0423), (120, 1.9799), (1e9, 1.95996)],
)
def test_students_t(freedom, quantile):
    """Against the printed table."""
    assert module._quantile(0.975, freedom) == pytest.approx(quantile, abs=0.001)


def test_chance_is_believed_once_in_twenty():
    """Reminders that change nothing: the interval misses zero in about 5 % of the cases."""
    chance = random.Random(20260302)

    def changes(count):
        return [round(chance.gauss(3, 4) * 2) / 2 for _ in range(count)]

    verdicts = [both(changes(40), changes(12)).verdict for _ in range(1000)]

    missed = sum(verdict is not Verdict.NOTHING_SEEN for verdict in verdicts)
    assert 25 <= missed <= 75
