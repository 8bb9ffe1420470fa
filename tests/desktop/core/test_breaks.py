"""When a break is suggested."""

import pytest

from waw_desktop.core import breaks
from waw_desktop.core.breaks import Breaks, Change, Habit
from waw_desktop.core.preferences import BREAKS, Preferences
from waw_desktop.core.readings import Reading, State

MINUTE_S = 60


class Person:
    """Somebody at a screen who asked for suggestions."""

    def __init__(self, habit):
        self.habit = habit
        self.breaks = Breaks()
        self.t_s = 0.0
        self.may_suggest = True

    def take(self, state, step_s=0.5):
        """Be seen once more; return what changed."""
        self.t_s += step_s
        reading = Reading(self.t_s, state, None, (), self.t_s)
        self.breaks, change = breaks.advance(
            self.breaks, reading, self.habit, may_suggest=self.may_suggest
        )
        return change

    def spend(self, minutes, state=State.TRACKING):
        """Return what changed."""
        changes = [self.take(state) for _ in range(round(minutes * 120))]
        return [change for change in changes if change]


@pytest.mark.parametrize("habit, minutes", [(Habit.FIFTY_FIVE, 50), (Habit.TWENTY, 20)])
def test_a_break_is_suggested_after_so_much_work(habit, minutes):
    alice = Person(habit)

    assert alice.spend(minutes - 0.1) == []
    assert alice.spend(0.2) == [Change.SUGGEST]


@pytest.mark.parametrize(
    "habit, state, for_s, is_break",
    [
        (Habit.FIFTY_FIVE, State.NO_FACE, 299, False),
        (Habit.FIFTY_FIVE, State.NO_FACE, 300, True),
        (Habit.FIFTY_FIVE, State.LOCKED, 300, True),
        (Habit.FIFTY_FIVE, State.TURNED_AWAY, 300, False),
        (Habit.FIFTY_FIVE, State.PAUSED, 300, False),
        (Habit.FIFTY_FIVE, State.RESTING, 720, False),
        (Habit.FIFTY_FIVE, State.TOO_DARK, 2999, False),
        (Habit.FIFTY_FIVE, State.TOO_DARK, 3000, True),
        (Habit.TWENTY, State.NO_FACE, 19, False),
        (Habit.TWENTY, State.NO_FACE, 20, True),
        (Habit.TWENTY, State.TURNED_AWAY, 20, True),
        (Habit.TWENTY, State.SEVERAL_FACES, 600, False),
        (Habit.TWENTY, State.SEVERAL_FACES, 1200, True),
    ],
)
def test_what_a_natural_break_is(habit, state, for_s, is_break):
    """Being away; for 20-20-20 looking elsewhere too; never what nobody knows, unless it lasts."""
    alice = Person(habit)
    worked = 49 if habit is Habit.FIFTY_FIVE else 19
    alice.spend(worked)
    alice.spend(for_s / 60, state)

    assert (alice.spend(1.1) == []) is is_break


def test_a_glimpse_does_not_end_a_break():
    """Somebody passes by in the middle of it."""
    alice = Person(Habit.FIFTY_FIVE)
    alice.spend(49)
    alice.spend(3, State.NO_FACE)
    alice.spend(1.5 / 60)
    alice.spend(2.1, State.NO_FACE)

    assert alice.spend(10) == []


def test_coming_back_does():
    """Two short absences are no long one."""
    alice = Person(Habit.FIFTY_FIVE)
    alice.spend(49)
    alice.spend(3, State.NO_FACE)
    alice.spend(5 / 60)
    alice.spend(3, State.NO_FACE)

    assert alice.spend(1) == [Change.SUGGEST]


def test_a_pause_without_readings_is_unknown():
    alice = Person(Habit.TWENTY)
    alice.spend(19)
    alice.take(State.TRACKING, step_s=600)
    assert alice.spend(0.9) == []
    assert alice.spend(0.2) == [Change.SUGGEST]


def test_a_clock_that_goes_back_adds_nothing():
    alice = Person(Habit.TWENTY)
    alice.spend(19)
    worked_s = alice.breaks.worked_s
    alice.take(State.TRACKING, step_s=-600)

    assert alice.breaks.worked_s == worked_s


def test_a_bad_moment_is_waited_out():
    alice = Person(Habit.TWENTY)
    alice.may_suggest = False
    assert alice.spend(30) == []

    alice.may_suggest = True
    assert alice.take(State.TOO_DARK) is None
    assert alice.take(State.TRACKING) is Change.SUGGEST


def suggested(habit):
    person = Person(habit)
    person.spend(60 if habit is Habit.FIFTY_FIVE else 20)
    while person.breaks.shown_s is None:
        person.take(State.TRACKING)
    return person


def test_a_suggestion_goes_when_the_break_begins():
    bob = suggested(Habit.TWENTY)

    assert bob.take(State.NO_FACE) is None
    assert bob.spend(5 / 60, State.NO_FACE) == [Change.VANISH]


def test_it_goes_by_itself():
    bob = suggested(Habit.TWENTY)

    assert bob.spend(29 / 60) == []
    assert bob.spend(2 / 60) == [Change.VANISH]


def test_it_goes_when_the_moment_turns_bad():
    bob = suggested(Habit.TWENTY)
    bob.may_suggest = False

    assert bob.take(State.TRACKING) is Change.VANISH


def test_it_does_not_insist():
    """One that is not followed comes again after as much work again."""
    bob = suggested(Habit.TWENTY)

    assert bob.spend(19) == [Change.VANISH]
    assert bob.spend(1.1) == [Change.SUGGEST]


def test_dismissed_is_dismissed():
    bob = suggested(Habit.TWENTY)
    bob.breaks = breaks.dismiss(bob.breaks)

    assert bob.spend(19) == []


def test_what_the_person_chose():
    """Nothing unless they wish it."""
    chosen = {value: breaks.habits_for(Preferences(breaks=value)) for value in BREAKS}

    assert chosen == {
        "off": frozenset(),
        "50/5": {Habit.FIFTY_FIVE},
        "20-20-20": {Habit.TWENTY},
    }
    assert breaks.habits_for(Preferences()) == frozenset()
