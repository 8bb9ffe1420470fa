"""When somebody is reminded to blink."""

from datetime import UTC, datetime, time, timedelta, timezone
from itertools import pairwise

import pytest

from waw_desktop.core import reminders
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.presence import Hindrance, QuietHours
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.core.reminders import Due, Followed, Moment, Reminders, Rules, Vanish

RULES = Rules()
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=1)))
HALF = 2**31


class Person:
    """Somebody before the screen, and what became of it."""

    def __init__(self, rules=RULES, level_per_min=20.0, bits=HALF):
        self.rules = rules
        self.level_per_min = level_per_min
        self.bits = bits
        self.hindrance = None
        self.t_s = 1000.0
        self.began_s = self.t_s
        self.begin = MORNING
        self.reminders = Reminders()
        self.changes = []

    def moment(self):
        """Return what a decision depends on now."""
        now = self.begin + timedelta(seconds=self.t_s - self.began_s)
        return Moment(now, self.hindrance, self.level_per_min, self.bits)

    def take(self, state=State.TRACKING, closures=(), step_s=0.25):
        """Be seen once more; return what changed."""
        self.t_s += step_s
        reading = Reading(self.t_s, state, None, closures, self.t_s)
        self.reminders, changes = reminders.advance(
            self.reminders, reading, self.moment(), self.rules
        )
        self.changes += [(self.t_s - self.began_s, change) for change in changes]
        return changes

    def blink(self, began_s_ago=0.2, kind=Kind.COMPLETE):
        """Close the eyes, some of it before the last reading; return what changed."""
        start_s = self.t_s + 0.25 - began_s_ago
        return self.take(closures=(Closure(start_s, start_s, start_s + 0.15, 0.9, kind),))

    def sit(self, for_s, blinks_per_min=0.0, state=State.TRACKING):
        """Look at the screen for a while, blinking evenly; return what changed."""
        known = len(self.changes)
        blinks = 0
        for number in range(round(for_s * 4)):
            is_blink = blinks < int(number / 240 * blinks_per_min)
            blinks += is_blink
            if is_blink:
                self.blink()
            else:
                self.take(state)
        return [change for _, change in self.changes[known:]]

    def why_not(self):
        """Return why no reminder comes now."""
        return reminders.hindrance(self.reminders, self.t_s, self.moment(), self.rules)


def kinds(changes):
    return [type(change) for change in changes]


@pytest.mark.parametrize(
    "level_per_min, threshold_per_min",
    [(None, 10), (5, 6), (10, 6), (15, 9), (20, 12), (30, 18)],
)
def test_the_threshold(level_per_min, threshold_per_min):
    """60 % of the own level, 6 at least, 10 until it is known."""
    assert RULES.threshold_per_min(level_per_min) == pytest.approx(threshold_per_min)


@pytest.mark.parametrize(
    "level_per_min, blinks_per_min, is_reminded",
    [
        (20, 10, True),
        (20, 14, False),
        (None, 8, True),
        (None, 12, False),
        (8, 4, True),
        (8, 8, False),
    ],
)
def test_a_low_rate_is_reminded_of(level_per_min, blinks_per_min, is_reminded):
    """By the person's own measure."""
    alice = Person(level_per_min=level_per_min)

    changes = alice.sit(200, blinks_per_min)

    assert (Due in kinds(changes)) is is_reminded


def test_it_takes_three_seen_minutes():
    """Not one second less."""
    alice = Person()

    assert alice.sit(179, 2) == []
    assert kinds(alice.sit(6)) == [Due]


def test_looking_away_neither_counts_nor_resets():
    alice = Person()
    alice.sit(120)
    alice.sit(120, state=State.TURNED_AWAY)

    assert alice.sit(55) == []
    assert kinds(alice.sit(10)) == [Due]


@pytest.mark.parametrize(
    "kind, vanishes",
    [(Kind.COMPLETE, True), (Kind.PARTIAL, True), (Kind.LONG, False), (Kind.SHUT, False)],
)
def test_it_vanishes_on_the_next_blink(kind, vanishes):
    alice = Person()
    alice.sit(185)
    assert alice.reminders.shown_s is not None

    assert kinds(alice.blink(kind=kind)) == [Vanish] * vanishes
    assert (alice.reminders.shown_s is None) is vanishes


def test_a_blink_that_began_before_does_not_count():
    """It would only flash."""
    alice = Person()
    while alice.reminders.shown_s is None:
        alice.take()

    assert alice.blink(began_s_ago=0.4) == ()
    assert kinds(alice.blink()) == [Vanish]


def test_it_goes_by_itself():
    """Somebody who left, or whose blink was not seen, finds no old reminder."""
    alice = Person()
    alice.sit(180.5)

    assert kinds(alice.sit(40, state=State.NO_FACE)) == [Vanish]


@pytest.mark.parametrize("state", [State.PAUSED, State.LOCKED])
def test_it_goes_with_the_camera(state):
    alice = Person()
    alice.sit(185)

    assert kinds(alice.take(state)) == [Vanish]


def test_it_goes_when_the_moment_turns_bad():
    alice = Person()
    alice.sit(185)
    alice.hindrance = Hindrance.FULL_SCREEN

    assert kinds(alice.take()) == [Vanish]


def test_it_goes_when_switched_off():
    alice = Person()
    alice.sit(185)
    alice.rules = Rules(is_on=False)

    assert kinds(alice.take()) == [Vanish]
    assert alice.why_not() is Hindrance.OFF


def test_a_bad_moment_is_waited_out():
    """It comes at once when the moment is good, if the rate is low still."""
    alice = Person()
    alice.hindrance = Hindrance.PRESENTING
    assert alice.sit(600) == []
    assert alice.why_not() is Hindrance.PRESENTING

    alice.hindrance = None
    assert kinds(alice.sit(6)) == [Due]


def test_a_bad_moment_that_was_not_low_is_not_held_against_them():
    alice = Person()
    alice.hindrance = Hindrance.CAMERA_IN_USE
    alice.sit(200)
    alice.sit(200, 20)
    alice.hindrance = None

    assert alice.sit(10) == []


@pytest.mark.parametrize("cool_down_s, apart_s", [(120, 180), (300, 300), (900, 900)])
def test_reminders_keep_their_distance(cool_down_s, apart_s):
    """And each has three minutes of its own."""
    alice = Person(Rules(cool_down_s=cool_down_s))
    alice.sit(2400)

    dues = [at_s for at_s, change in alice.changes if isinstance(change, Due)]
    gaps = [later - earlier for earlier, later in pairwise(dues)]
    assert len(dues) > 2
    assert all(apart_s <= gap <= apart_s + 10 for gap in gaps)


def test_cooling_down_is_told():
    alice = Person()
    alice.sit(186)
    assert alice.why_not() is Hindrance.COOLING_DOWN

    alice.sit(300, 20)
    assert alice.why_not() is None


def test_a_day_has_its_budget():
    """And the next day another one."""
    alice = Person(Rules(daily_budget=2))
    assert kinds(alice.sit(3600)).count(Due) == 2
    assert alice.why_not() is Hindrance.BUDGET_SPENT

    alice.begin += timedelta(days=1)
    assert alice.why_not() is None
    assert kinds(alice.sit(3600)).count(Due) == 2


def test_what_was_due_before_the_program_started_counts():
    alice = Person(Rules(daily_budget=3))
    alice.reminders = reminders.remember(alice.reminders, MORNING.date(), 2)

    assert kinds(alice.sit(3600)).count(Due) == 1


def test_what_becomes_known_late_counts_as_well():
    """The log is read beside the window; a reminder may have been due meanwhile."""
    alice = Person(Rules(daily_budget=3))
    alice.sit(185)
    alice.reminders = reminders.remember(alice.reminders, MORNING.date(), 1)
    assert alice.reminders.due_today == 2

    alice.reminders = reminders.remember(alice.reminders, MORNING.date() + timedelta(days=1), 1)
    assert alice.reminders.due_today == 1


def test_the_day_is_a_local_one():
    """Eleven at night in Tokyo is another day than in Greenwich."""
    alice = Person(Rules(daily_budget=1))
    alice.begin = datetime(2026, 3, 2, 23, 50, tzinfo=timezone(timedelta(hours=9)))

    alice.sit(1800)

    days = [change.at.date().day for _, change in alice.changes if isinstance(change, Due)]
    assert days == [2, 3]


def test_not_now_lasts():
    """Half an hour unless set otherwise, and what is shown goes."""
    alice = Person()
    alice.sit(185)

    alice.reminders = reminders.snooze(alice.reminders, alice.rules)

    assert alice.reminders.shown_s is None
    assert Due not in kinds(alice.sit(1790))
    assert alice.why_not() is Hindrance.SNOOZED
    assert Due in kinds(alice.sit(20))


def test_not_now_before_anything_was_seen():
    assert reminders.snooze(Reminders(), RULES).snoozed_until_s == RULES.snooze_s


@pytest.mark.parametrize(
    "share, bits, is_held_out",
    [
        (0.0, 0, False),
        (0.2, 0, True),
        (0.2, round(0.2 * 2**32) - 1, True),
        (0.2, round(0.2 * 2**32) + 1, False),
        (0.2, 2**32 - 1, False),
        (1.0, 2**32 - 1, True),
    ],
)
def test_some_are_held_out(share, bits, is_held_out):
    """By bits that are handed in; none unless it is wished."""
    alice = Person(Rules(holdout_share=share), bits=bits)

    (due,) = alice.sit(185)

    assert due.is_held_out is is_held_out
    assert (alice.reminders.shown_s is None) is is_held_out


def test_a_fifth_is_held_out_in_the_long_run():
    rules = Rules(holdout_share=reminders.HOLDOUT_SHARE)
    held_out = [bits < rules.holdout_share * 2**32 for bits in range(0, 2**32, 2**22)]

    assert sum(held_out) / len(held_out) == pytest.approx(0.2, abs=0.001)


@pytest.mark.parametrize("bits", [0, HALF])
def test_what_was_before_and_after_is_told(bits):
    """Of those held out as of those shown, over two seen minutes each."""
    alice = Person(Rules(holdout_share=0.2), bits=bits)
    (due,) = alice.sit(185, 6)
    changes = alice.sit(150, 24)

    (followed,) = [change for change in changes if isinstance(change, Followed)]
    assert due.before_per_min == pytest.approx(6, abs=1)
    assert followed.at == due.at
    assert followed.after_per_min == pytest.approx(24, abs=2)


def test_looking_away_only_delays_what_came_after():
    alice = Person()
    alice.sit(185)
    alice.sit(100, 20)
    alice.sit(200, state=State.TURNED_AWAY)

    assert kinds(alice.sit(30, 20)) == [Followed]


@pytest.mark.parametrize("stays_s", [0, 1, 60])
def test_who_leaves_is_not_followed(stays_s):
    """What comes after lunch is another story, however soon they left."""
    alice = Person()
    while not alice.changes:
        alice.take()
    alice.sit(stays_s)
    alice.sit(400, state=State.NO_FACE)

    assert Followed not in kinds(alice.sit(170))


def test_the_next_one_is_followed_again():
    alice = Person()
    alice.sit(185)
    alice.sit(400, state=State.NO_FACE)
    alice.sit(185)

    assert Followed in kinds(alice.sit(125))


@pytest.mark.parametrize(
    "wrong",
    [
        {"cool_down_s": 119},
        {"low_for_s": 115},
        {"low_for_s": 605},
        {"low_for_s": 122},
        {"holdout_share": -0.1},
        {"holdout_share": 1.1},
    ],
)
def test_rules_are_reasonable(wrong):
    with pytest.raises(ValueError):  # noqa: PT011 - which words is not the point
        Rules(**wrong)


def test_times_are_aware():
    """What is noted can be stored as UTC."""
    alice = Person()
    (due,) = alice.sit(185)

    assert due.at.astimezone(UTC).hour == 8


@pytest.mark.parametrize(
    "chosen, rules",
    [
        (Preferences(), Rules()),
        (Preferences(reminders_on=False), Rules(is_on=False)),
        (Preferences(reminder_after_min=10), Rules(low_for_s=600)),
        (Preferences(reminder_after_min=2), Rules(low_for_s=120)),
        (Preferences(cool_down_min=2), Rules(cool_down_s=120)),
        (Preferences(reminders_a_day=48), Rules(daily_budget=48)),
        (Preferences(holdout=True), Rules(holdout_share=0.2)),
        (
            Preferences(quiet_from=time(22), quiet_to=time(7)),
            Rules(quiet=QuietHours(time(22), time(7))),
        ),
    ],
)
def test_what_the_person_chose(chosen, rules):
    """Whatever can be chosen can be done, and the defaults agree."""
    assert reminders.rules_for(chosen) == rules
