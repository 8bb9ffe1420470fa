"""Readings in; a toast, a log and suggestions out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from waw_desktop.core.breaks import Habit
from waw_desktop.core.effect import Reminder
from waw_desktop.core.presence import Presence
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.core.reminders import Rules
from waw_desktop.host.reminder_log import LogError
from waw_desktop.ui.reminding import Reminding, Sources
from waw_desktop.ui.toast import Toast

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=1)))


class Log:
    """A log in memory that may fail."""

    def __init__(self):
        self.due = 0
        self.asked = []
        self.reminders = []
        self.followed = []
        self.fails = False

    def add(self, reminder):
        """Store it."""
        if self.fails:
            raise LogError("the disk is full")
        self.reminders.append(reminder)

    def follow(self, at, after_per_min):
        """Store what came after."""
        self.followed.append((at, after_per_min))

    def due_since(self, begin):
        """Return what was due."""
        self.asked.append(begin)
        return self.due


class Desk:
    """Somebody at a screen with everything that reminds them."""

    def __init__(self, qtbot):
        self.rules = Rules()
        self.habits: frozenset[Habit] = frozenset()
        self.presence = Presence()
        self.level_per_min = 20.0
        self.bits = 2**31
        self.t_s = 100.0
        self.log = Log()
        self.toast = Toast(None, lambda: True)
        qtbot.addWidget(self.toast)
        self.qtbot = qtbot

    def open(self):
        """Begin, and wait until the log was read."""
        self.reminding = Reminding(
            self.toast,
            self.log,
            Sources(
                rules=lambda: self.rules,
                habits=lambda: self.habits,
                level_per_min=lambda: self.level_per_min,
                presence=lambda: self.presence,
                now=lambda: MORNING + timedelta(seconds=self.t_s - 100),
                bits=lambda: self.bits,
            ),
            self.toast,
        )
        self.qtbot.waitUntil(lambda: bool(self.log.asked))
        self.qtbot.waitUntil(lambda: self.reminding._reminders.day == MORNING.date())
        return self

    def sit(self, for_s, state=State.TRACKING):
        """Look at the screen, and never blink."""
        for _ in range(round(for_s * 2)):
            self.t_s += 0.5
            self.reminding.take(Reading(self.t_s, state, None, (), self.t_s))

    def blink(self):
        """Close the eyes and open them."""
        self.t_s += 0.3
        closure = Closure(self.t_s - 0.2, self.t_s - 0.1, self.t_s, 0.9, Kind.COMPLETE)
        self.reminding.take(Reading(self.t_s, State.TRACKING, 1.0, (closure,), self.t_s))

    def shown(self):
        """Return the words on the screen, empty if there are none."""
        return self.toast._text.text() if self.toast.isVisible() else ""


@pytest.fixture
def desk(qtbot):
    return Desk(qtbot)


def test_a_reminder_comes_and_goes(desk, qtbot):
    """After three minutes without a blink, until the next one; both are noted."""
    desk.open().sit(179)
    assert desk.shown() == ""

    desk.sit(6)
    assert desk.shown() == "Blink a few times"

    desk.blink()
    assert desk.shown() == ""

    desk.sit(125)
    qtbot.waitUntil(lambda: bool(desk.log.followed))
    (reminder,) = desk.log.reminders
    assert reminder == Reminder(reminder.at, False, 0.0, None)
    assert reminder.at.tzinfo is UTC
    assert desk.log.followed == [(reminder.at, 0.5)]


def test_one_that_is_held_out_is_only_noted(desk, qtbot):
    desk.rules = Rules(holdout_share=0.2)
    desk.bits = 0
    desk.open().sit(185)

    assert desk.shown() == ""
    qtbot.waitUntil(lambda: [it.is_held_out for it in desk.log.reminders] == [True])


@pytest.mark.parametrize(
    "presence, words",
    [
        (Presence(is_full_screen=True), "No reminders while a program fills the screen."),
        (Presence(is_camera_shared=True), "No reminders while another program uses the camera."),
        (Presence(is_presenting=True), "No reminders while a program keeps the screen awake."),
        (Presence(is_locked=True), "No reminders while the screen is locked."),
        (Presence(is_paused=True), "No reminders while paused."),
    ],
)
def test_nobody_is_disturbed(desk, presence, words):
    """And they can read why nothing comes."""
    desk.presence = presence
    desk.habits = frozenset(Habit)
    desk.open().sit(3100)

    assert desk.shown() == ""
    assert desk.log.reminders == []
    assert desk.reminding.why_not() == words


def test_what_is_shown_goes_when_a_call_begins(desk):
    desk.open().sit(185)
    desk.presence = Presence(is_camera_shared=True)
    desk.sit(0.5)

    assert desk.shown() == ""


def test_why_not_before_anything_was_seen(desk):
    assert desk.open().reminding.why_not() == ""

    desk.rules = Rules(is_on=False)
    assert desk.reminding.why_not() == "Reminders are off."


def test_a_click_is_enough(desk):
    desk.open().sit(185)
    desk.toast.dismissed.emit()

    assert desk.shown() == ""
    assert desk.reminding.why_not() == "There was a reminder just now."


def test_not_now(desk):
    """Neither reminders nor breaks for half an hour."""
    desk.habits = frozenset({Habit.TWENTY})
    desk.open().sit(185)
    desk.toast.snoozed.emit()
    assert desk.shown() == ""

    desk.sit(1025)
    assert desk.shown() == ""  # a break would be due
    desk.sit(765)
    assert desk.shown() == ""
    assert desk.reminding.why_not() == "No reminders for now, as you wished."

    desk.sit(20)
    assert desk.shown() != ""


def test_the_budget_outlives_the_program(desk):
    """Midnight is the local one."""
    desk.log.due = 12
    desk.open().sit(400)

    assert desk.log.asked == [datetime(2026, 3, 2, tzinfo=MORNING.tzinfo)]
    assert desk.shown() == ""
    assert desk.reminding.why_not() == "No more reminders today."


def test_a_log_that_fails_stops_no_reminder(desk):
    desk.log.fails = True
    desk.open().sit(185)

    assert desk.shown() == "Blink a few times"


@pytest.fixture
def rested(desk):
    """Somebody who blinks enough, so that only breaks come."""
    desk.rules = Rules(is_on=False)
    return desk


def test_no_break_is_suggested_to_who_did_not_ask(rested):
    rested.open().sit(3100)

    assert rested.shown() == ""


@pytest.mark.parametrize(
    "habit, minutes, words",
    [
        (Habit.FIFTY_FIVE, 50, "Time for a short break?"),
        (Habit.TWENTY, 20, "Look into the distance for 20 seconds?"),
    ],
)
def test_a_break_is_suggested_and_goes_as_it_begins(rested, habit, minutes, words):
    rested.habits = frozenset({habit})
    rested.open().sit(minutes * 60 - 5)
    assert rested.shown() == ""

    rested.sit(10)
    assert rested.shown() == words

    rested.sit(5, State.NO_FACE)
    assert rested.shown() == ""


def test_the_evidence_is_not_oversold(rested):
    rested.habits = frozenset({Habit.TWENTY})
    rested.open().sit(1205)

    assert "studies differ" in rested.toast._detail.text()


def test_one_toast_at_a_time(desk):
    """A reminder waits for a suggestion to go."""
    desk.habits = frozenset(Habit)
    desk.rules = Rules(daily_budget=0)
    desk.open().sit(1205)
    assert desk.shown() == "Look into the distance for 20 seconds?"

    desk.rules = Rules()
    desk.sit(15)
    assert desk.shown() == "Look into the distance for 20 seconds?"
    desk.sit(25)
    assert desk.shown() == "Blink a few times"


def test_a_suggestion_waits_for_a_reminder_to_go(desk):
    desk.habits = frozenset({Habit.TWENTY})
    desk.rules = Rules(cool_down_s=1010)
    desk.open().sit(1205)
    assert desk.shown() == "Blink a few times"

    desk.sit(30)
    assert desk.shown() == "Look into the distance for 20 seconds?"


def test_two_breaks_at_once_are_one(rested):
    rested.habits = frozenset(Habit)
    rested.presence = Presence(is_full_screen=True)
    rested.open().sit(3005)
    rested.presence = Presence()

    rested.sit(1)
    assert rested.shown() == "Time for a short break?"


def test_a_suggestion_can_be_dismissed(rested):
    rested.habits = frozenset({Habit.TWENTY})
    rested.open().sit(1205)
    rested.toast.dismissed.emit()
    assert rested.shown() == ""

    rested.sit(600)
    assert rested.shown() == ""


def test_a_habit_given_up_takes_its_suggestion_along(rested):
    rested.habits = frozenset({Habit.TWENTY})
    rested.open().sit(1205)
    rested.habits = frozenset()
    rested.sit(0.5)

    assert rested.shown() == ""


def test_a_reading_costs_next_to_nothing(desk):
    """Thirty a second are a thousandth of a core; the bound leaves room for a busy machine."""
    desk.habits = frozenset(Habit)
    desk.open()
    readings = [Reading(100 + n / 30, State.TRACKING, 1.0, (), n / 30) for n in range(3000)]

    begin_s = time.thread_time()
    for reading in readings:
        desk.reminding.take(reading)

    assert (time.thread_time() - begin_s) / len(readings) < 0.001
