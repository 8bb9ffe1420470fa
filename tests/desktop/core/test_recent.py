"""The last ten minutes of readings."""

from __future__ import annotations

import sys
import time

import pytest

from waw_desktop.core import recent as recents
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.core.recent import LASTS_S, MOST_CLOSURES, Recent

BEGIN_S = 5000.0


def blink(at_s, kind=Kind.COMPLETE):
    return Closure(at_s, at_s + 0.1, at_s + 0.2, 0.9, kind)


def reading(t_s, state=State.TRACKING, closures=()):
    return Reading(t_s, state, None, closures, t_s)


def watched(seconds, *, blink_every_s=3.0, state=lambda _t_s: State.TRACKING, hz=4, begin=BEGIN_S):
    """What is remembered after so long, with a blink in each third second that is seen."""
    recent, blinked_s = Recent(), begin
    closures: tuple[Closure, ...]
    for number in range(round(seconds * hz) + 1):
        t_s = begin + number / hz
        closures = ()
        if t_s - blinked_s >= blink_every_s:
            blinked_s = t_s
            closures = (blink(t_s - 0.5),) if state(t_s) is State.TRACKING else ()
        recent = recents.advance(recent, reading(t_s, state(t_s), closures))
    return recent


def test_at_first_there_is_nothing():
    recent = Recent()

    assert recents.unseen(recent) == ()
    assert recents.rates(recent) == ()
    assert recents.rate_per_min(recent, 1) is None
    assert recents.within(recent) == ()
    assert recents.seen_s(recent) == 0


@pytest.mark.parametrize("hz", [1, 4, 30])
def test_seen_time_and_rate_do_not_depend_on_how_often_one_looks(hz):
    recent = watched(120, hz=hz)

    assert recents.seen_s(recent) == pytest.approx(120)
    assert recents.rate_per_min(recent, 1) == pytest.approx(20, abs=1)
    assert recents.rate_per_min(recent, 10) == pytest.approx(20, abs=1)


def test_the_rate_is_of_the_minutes_asked_for():
    """Five minutes with a blink each six seconds, then one each two."""
    recent = watched(300, blink_every_s=6)
    for number in range(1, 241):
        t_s = BEGIN_S + 300 + number / 4
        closures = (blink(t_s - 0.5),) if number % 8 == 0 else ()
        recent = recents.advance(recent, reading(t_s, closures=closures))

    assert recents.rate_per_min(recent, 1) == pytest.approx(30, abs=1)
    assert recents.rate_per_min(recent, 6) == pytest.approx((5 * 10 + 30) / 6, abs=1)


def half(t_s):
    """Every other ten seconds."""
    return State.TRACKING if t_s // 10 % 2 else State.NO_FACE


def test_time_not_seen_is_not_time_without_blinks():
    recent = watched(300, state=half)

    assert recents.seen_s(recent) == pytest.approx(150, abs=1)
    assert recents.rate_per_min(recent, 5) == pytest.approx(20, abs=2)


def test_too_little_seen_is_no_rate():
    recent = watched(60, state=lambda t_s: State.TRACKING if t_s < BEGIN_S + 14 else State.BUSY)
    assert recents.rate_per_min(recent, 1) is None
    assert recents.rates(recent)[-1][1] is None

    recent = watched(60, state=lambda t_s: State.TRACKING if t_s < BEGIN_S + 16 else State.BUSY)
    assert recents.rate_per_min(recent, 1) == pytest.approx(20, abs=4)
    assert recents.rates(recent)[-1][1] == pytest.approx(20, abs=4)


def test_long_closures_are_shown_and_are_no_blinks():
    recent = watched(30, blink_every_s=99)
    for kind in Kind:
        closure = blink(BEGIN_S + 29, kind)
        recent = recents.advance(recent, reading(BEGIN_S + 30, closures=(closure,)))

    assert [it.kind for it in recents.within(recent)] == list(Kind)
    assert recents.rate_per_min(recent, 1) == pytest.approx(2 * 60 / 30)


def test_the_line_has_a_point_each_five_seconds():
    recent = watched(123)

    times_s = [at_s for at_s, _rate in recents.rates(recent)]

    assert times_s == [*(BEGIN_S + 5 * number for number in range(1, 25)), BEGIN_S + 123]
    assert recents.rates(recent)[-1][1] == pytest.approx(20, abs=1)


def test_what_was_not_seen():
    """Before the begin, between, and up to now; a moment's loss is not worth a mark."""

    def state(t_s):
        after_s = t_s - BEGIN_S
        is_away = 20 < after_s <= 30 or 40 < after_s <= 40.25 or after_s > 50
        return State.NO_FACE if is_away else State.TRACKING

    recent = watched(60, state=state)

    assert recents.unseen(recent) == (
        (BEGIN_S + 60 - LASTS_S, BEGIN_S),
        (BEGIN_S + 20, BEGIN_S + 30),
        (BEGIN_S + 50, BEGIN_S + 60),
    )


def test_spans_that_meet_are_one():
    recent = watched(20, state=lambda t_s: State.BUSY if t_s <= BEGIN_S + 5 else State.TRACKING)

    assert recents.unseen(recent) == ((BEGIN_S + 20 - LASTS_S, BEGIN_S + 5),)


def test_what_was_seen_throughout_has_no_gap():
    assert recents.unseen(watched(LASTS_S + 5)) == ()


def test_ten_minutes_and_no_more():
    recent = watched(LASTS_S + 100)

    assert recents.seen_s(recent) == pytest.approx(LASTS_S, abs=1)
    assert recent.begin_s == BEGIN_S + 100
    assert all(it.end_s >= recent.begin_s for it in recents.within(recent))
    assert len(recents.within(recent)) == pytest.approx(200, abs=2)


@pytest.mark.parametrize("later_s", [LASTS_S, -1.0])
def test_after_a_long_silence_or_on_another_clock_it_begins_anew(later_s):
    recent = recents.advance(watched(60), reading(BEGIN_S + 60 + later_s))

    assert (recents.seen_s(recent), recent.closures) == (0, ())


def test_a_silence_counts_as_what_ended_it():
    recent = recents.advance(watched(60), reading(BEGIN_S + 90))

    assert recents.seen_s(recent) == pytest.approx(90)


def test_memory_is_bounded():
    """However often it blinks and flickers."""
    recent = Recent()
    for number in range(60_000):
        t_s = BEGIN_S + number / 30
        state = State.TRACKING if number % 2 else State.NO_FACE
        closures = (blink(t_s),) if number % 3 == 0 else ()
        recent = recents.advance(recent, reading(t_s, state, closures))

    assert len(recent.before_s) == LASTS_S
    assert len(recent.closures) == MOST_CLOSURES
    assert len(recents.unseen(recent)) <= LASTS_S
    assert sys.getsizeof(recent.before_s) < 10_000


def test_a_reading_costs_little():
    """Thirty a second take less than a thousandth of a core, and it is no matter how late."""
    recent = watched(LASTS_S)
    began_s = time.process_time()

    for number in range(3000):
        recent = recents.advance(recent, reading(BEGIN_S + LASTS_S + number / 30))

    assert (time.process_time() - began_s) / 3000 < 0.001 / 30 * 10  # ten times, for busy machines
