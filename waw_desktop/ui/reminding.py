"""Takes readings, and has the toast shown, the log written and breaks suggested.

    reminding = Reminding(Toast(window, wants_no_motion), log, sources, parent=window)
    reminding.take(reading)  # each, in the thread of the window

The rules are in `core.reminders` and `core.breaks`; here they meet the screen and the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Protocol

from PyQt6.QtCore import QObject

from waw_desktop.core import breaks, presence, reminders
from waw_desktop.core.breaks import Breaks, Habit
from waw_desktop.core.effect import Reminder
from waw_desktop.core.presence import Hindrance, Presence
from waw_desktop.core.readings import Reading
from waw_desktop.core.reminders import Due, Followed, Moment, Reminders, Rules, Vanish
from waw_desktop.ui import work
from waw_desktop.ui.language import _, marked
from waw_desktop.ui.toast import Toast

_BREAKS = {
    Habit.FIFTY_FIVE: (
        marked("Time for a short break?"),
        marked("You have been at the screen for 50 minutes. Five minutes away from it do good."),
    ),
    Habit.TWENTY: (
        marked("Look into the distance for 20 seconds?"),
        marked("You have been at the screen for 20 minutes. Some find this helps; studies differ."),
    ),
}
_HINDRANCES = {
    Hindrance.OFF: marked("Reminders are off."),
    Hindrance.PAUSED: marked("No reminders while paused."),
    Hindrance.LOCKED: marked("No reminders while the screen is locked."),
    Hindrance.CAMERA_IN_USE: marked("No reminders while another program uses the camera."),
    Hindrance.PRESENTING: marked("No reminders while a program keeps the screen awake."),
    Hindrance.FULL_SCREEN: marked("No reminders while a program fills the screen."),
    Hindrance.QUIET_HOURS: marked("No reminders in your quiet hours."),
    Hindrance.OCCUPIED: marked("No reminders while a break is suggested."),
    Hindrance.SNOOZED: marked("No reminders for now, as you wished."),
    Hindrance.COOLING_DOWN: marked("There was a reminder just now."),
    Hindrance.BUDGET_SPENT: marked("No more reminders today."),
}


class Log(Protocol):
    """Where reminders are noted; called in threads, and may wait for the disk."""

    def add(self, reminder: Reminder) -> None:
        """Store one that was due."""

    def follow(self, at: datetime, after_per_min: float) -> None:
        """Store the rate that came after the one of a time."""

    def due_since(self, begin: datetime) -> int:
        """Return how many were due since a time."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is asked at each reading; each answers at once.

    Attributes:
        rules: When to remind.
        habits: Which breaks to suggest.
        level_per_min: The person's own blink rate, None while unknown.
        presence: What they are busy with.
        now: Local time, aware.
        bits: 32 random bits.
    """

    rules: Callable[[], Rules]
    habits: Callable[[], Collection[Habit]]
    level_per_min: Callable[[], float | None]
    presence: Callable[[], Presence]
    now: Callable[[], datetime]
    bits: Callable[[], int]


class Reminding(QObject):
    """Reminds while it is given readings.

    Args:
        toast: What is shown.
        log: Where it is noted. Reminders go on when it fails: they are worth more than figures.
        sources: What to ask.
        parent: With whom it ends.
    """

    def __init__(
        self, toast: Toast, log: Log, sources: Sources, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._toast = toast
        self._log = log
        self._ask = sources
        self._reminders = Reminders()
        self._breaks: dict[Habit, Breaks] = {}
        toast.dismissed.connect(self.dismiss)
        toast.snoozed.connect(self.snooze)
        now = sources.now()
        midnight = datetime.combine(now, time.min, now.tzinfo)
        work.run(
            self,
            lambda: log.due_since(midnight),
            lambda due: self._remember(midnight, due),
            _go_on,
        )

    def take(self, reading: Reading) -> None:
        """Take in the next reading; it costs some 40 microseconds."""
        rules, now = self._ask.rules(), self._ask.now()
        bad = presence.hindrance(self._ask.presence(), rules.quiet, now)
        occupied = Hindrance.OCCUPIED if self._suggested() is not None else None
        moment = Moment(now, bad or occupied, self._ask.level_per_min(), self._ask.bits())
        self._reminders, changes = reminders.advance(self._reminders, reading, moment, rules)
        for change in changes:
            self._apply(change)
        self._suggest(reading, is_good=bad is None)

    def dismiss(self) -> None:
        """Have what is shown go."""
        self._reminders = reminders.dismiss(self._reminders)
        self._breaks = {habit: breaks.dismiss(it) for habit, it in self._breaks.items()}
        self._toast.vanish()

    def snooze(self) -> None:
        """Remind of nothing for a while."""
        self._reminders = reminders.snooze(self._reminders, self._ask.rules())
        self.dismiss()

    def why_not(self) -> str:
        """Return why no reminder comes now, in words; empty if one may."""
        rules, now = self._ask.rules(), self._ask.now()
        bad = presence.hindrance(self._ask.presence(), rules.quiet, now)
        moment = Moment(now, bad, self._ask.level_per_min(), self._ask.bits())
        latest_s = self._reminders.seen.latest_s or 0.0
        reason = reminders.hindrance(self._reminders, latest_s, moment, rules)
        return _(_HINDRANCES[reason]) if reason is not None else ""

    def _remember(self, midnight: datetime, due: int) -> None:
        self._reminders = reminders.remember(self._reminders, midnight.date(), due)

    def _apply(self, change: reminders.Change) -> None:
        match change:
            case Due(at, is_held_out, before_per_min):
                if not is_held_out:
                    self._toast.appear(
                        _("Blink a few times"),
                        _("You have blinked little in the last minutes. This goes as you blink."),
                    )
                noted = Reminder(at.astimezone(UTC), is_held_out, before_per_min, None)
                self._note(lambda: self._log.add(noted))
            case Vanish():
                self._toast.vanish()
            case Followed(at, after_per_min):
                self._note(lambda: self._log.follow(at, after_per_min))

    def _note(self, write: Callable[[], None]) -> None:
        work.run(self, write, _go_on, _go_on)

    def _suggested(self) -> Habit | None:
        for habit, it in self._breaks.items():
            if it.shown_s is not None:
                return habit
        return None

    def _suggest(self, reading: Reading, *, is_good: bool) -> None:
        habits = self._ask.habits()
        if not habits and not self._breaks:
            return
        shown = self._suggested()
        if shown is not None and shown not in habits:
            self._toast.vanish()
        self._breaks = {it: self._breaks.get(it, Breaks()) for it in Habit if it in habits}
        is_snoozed = reading.t_s < self._reminders.snoozed_until_s
        is_free = is_good and not is_snoozed and self._reminders.shown_s is None
        for habit in self._breaks:
            may_suggest = is_free and self._suggested() in (None, habit)
            self._breaks[habit], change = breaks.advance(
                self._breaks[habit], reading, habit, may_suggest=may_suggest
            )
            if change is breaks.Change.SUGGEST:
                text, detail = _BREAKS[habit]
                self._toast.appear(_(text), _(detail))
            elif change is breaks.Change.VANISH:
                self._toast.vanish()


def _go_on(_outcome: object) -> None:
    """Remind all the same."""
