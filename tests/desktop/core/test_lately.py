"""The blink rate over time that was seen."""

import pytest

from waw_desktop.core import lately
from waw_desktop.core.lately import Lately
from waw_desktop.core.readings import Closure, Kind, Reading, State

STEP_S = 0.1


def closure(start_s, kind=Kind.COMPLETE):
    return Closure(start_s, start_s + 0.1, start_s + 0.2, 0.9, kind)


def watched(seen, state, for_s, blinks_per_min=0, step_s=STEP_S):
    """Return what is remembered after so much more time, with evenly spread blinks."""
    begin_s = seen.latest_s or 0.0
    blinks = 0
    for number in range(1, round(for_s / step_s) + 1):
        passed_s = number * step_s
        is_blink = blinks < int(passed_s * blinks_per_min / 60 + 1e-6)
        blinks += is_blink
        t_s = begin_s + passed_s
        closures = (closure(t_s - 0.3),) if is_blink else ()
        openness = 1.0 if state is State.TRACKING else None
        seen = lately.advance(seen, Reading(t_s, state, openness, closures, t_s))
    return seen


@pytest.mark.parametrize("blinks_per_min", [0, 6, 12, 24, 60])
def test_a_rate_needs_all_of_its_time(blinks_per_min):
    """Three minutes are three minutes, and then the rate is right."""
    seen = watched(Lately(), State.TRACKING, 179, blinks_per_min)
    assert seen.rate_per_min(180) is None

    seen = watched(seen, State.TRACKING, 2, blinks_per_min)
    assert seen.rate_per_min(180) == pytest.approx(blinks_per_min, abs=1)


def test_the_rate_is_the_newest():
    """Two minutes of many blinks, then two of few."""
    seen = watched(Lately(), State.TRACKING, 121, 30)
    seen = watched(seen, State.TRACKING, 120, 6)

    assert seen.rate_per_min(120) == pytest.approx(6, abs=1)
    assert seen.rate_per_min(240) == pytest.approx(18, abs=1)


def test_ten_minutes_are_remembered():
    seen = watched(Lately(), State.TRACKING, 700, 12)

    assert len(seen.steps) == 120
    assert seen.rate_per_min(600) == pytest.approx(12, abs=0.5)


@pytest.mark.parametrize("kind", [Kind.LONG, Kind.SHUT])
def test_only_blinks_count(kind):
    seen = watched(Lately(), State.TRACKING, 121)
    long = Reading(121.1, State.TRACKING, 1.0, (closure(120, kind),), 121)
    seen = watched(lately.advance(seen, long), State.TRACKING, 10)

    assert seen.rate_per_min(120) == 0


@pytest.mark.parametrize(
    "state, for_s, left",
    [
        (State.TURNED_AWAY, 60, 30),
        (State.NO_FACE, 299, 30),
        (State.NO_FACE, 301, 0),
        (State.LOCKED, 301, 0),
        (State.TOO_DARK, 301, 0),
        (State.RESTING, 720, 24),
        (State.RESTING, 1199, 24),
        (State.RESTING, 1201, 0),
    ],
)
def test_what_is_left_of_before(state, for_s, left):
    """A look away takes nothing; a rest of five minutes all; the duty cycle all but two minutes."""
    seen = watched(Lately(), State.TRACKING, 152)
    assert len(seen.steps) == 30

    seen = watched(seen, state, for_s, step_s=0.5)
    seen = watched(seen, State.TRACKING, 1)

    assert len(seen.steps) == left


def test_looking_up_often_does_not_reset():
    """Half of each minute away: three seen minutes take six."""
    seen = Lately()
    for _ in range(6):
        seen = watched(seen, State.TRACKING, 31, 12)
        seen = watched(seen, State.TURNED_AWAY, 30)

    assert seen.rate_per_min(180) == pytest.approx(12, abs=2)


def test_absences_between_two_moments_add_up():
    """Two reasons not to be seen, three minutes each, are six minutes away."""
    seen = watched(Lately(), State.TRACKING, 100)
    seen = watched(seen, State.NO_FACE, 180)
    seen = watched(seen, State.TOO_DARK, 180)

    assert watched(seen, State.TRACKING, 1).steps == ()


def test_a_pause_without_readings_was_not_seen():
    """The computer slept; nobody knows who sat there."""
    seen = watched(Lately(), State.TRACKING, 100)
    seen = lately.advance(seen, Reading(700, State.TRACKING, 1.0, (), 700))
    assert len(seen.steps) in (19, 20)

    seen = watched(seen, State.TRACKING, 1)
    assert seen.steps == ()


def test_a_clock_that_goes_back_adds_nothing():
    seen = watched(Lately(), State.TRACKING, 2)
    back = lately.advance(seen, Reading(0, State.TRACKING, 1.0, (), 0))

    assert back.part_s == seen.part_s


def test_a_blink_told_of_late_counts():
    """It began while the eyes were seen, and was decided when they no longer were."""
    seen = watched(Lately(), State.TRACKING, 118)
    seen = lately.advance(seen, Reading(118.1, State.TURNED_AWAY, None, (closure(118),), 118.1))
    seen = watched(seen, State.TRACKING, 10)

    assert seen.rate_per_min(120) == 0.5


def test_beginning_anew_keeps_the_clock():
    seen = watched(Lately(), State.TRACKING, 152)

    fresh = lately.anew(seen)

    assert fresh.steps == ()
    assert fresh.latest_s == seen.latest_s
