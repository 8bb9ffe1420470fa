"""Reminders, breaks and the page of what they change, wired to the desktop and the disk."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from waw_desktop.core import breaks, effect, reminders
from waw_desktop.core.live import Live
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.presence import Presence
from waw_desktop.core.readings import State
from waw_desktop.host.presence import PresenceWatch
from waw_desktop.host.reminder_log import ReminderLog
from waw_desktop.ui.effect import EffectPage
from waw_desktop.ui.reminding import Reminding, Sources
from waw_desktop.ui.toast import Toast
from waw_desktop.ui.window import Window


class ReminderPages:
    """Reminds while it is told how things are.

    Attributes:
        page: Whether reminders help.
        log: What is known of past ones.
        level_per_min: The person's own blink rate, None while unknown.
    """

    def __init__(self, directory: Path, window: Window, chosen: Callable[[], Preferences]) -> None:
        """Begin to look at what the person is busy with.

        Args:
            directory: Where the tracker keeps its files.
            window: On whose screen reminders appear.
            chosen: The person's choices.
        """
        self._chosen = chosen
        self._state = State.STARTING
        self.level_per_min: float | None = None
        self.log = ReminderLog(directory, lambda: datetime.now(UTC))
        self._watch = PresenceWatch()
        self._watch.__enter__()
        self.choose()
        sources = Sources(
            rules=lambda: self._rules,
            habits=lambda: self._habits,
            level_per_min=lambda: self.level_per_min,
            presence=self._presence,
            now=lambda: datetime.now().astimezone(),
            bits=lambda: random.getrandbits(32),
        )
        toast = Toast(window, lambda: chosen().reduced_motion == "always")
        self._reminding = Reminding(toast, self.log, sources, window)
        self.page = EffectPage(
            lambda: effect.effect(self.log.reminders()),
            self.log.delete_all,
            lambda: chosen().holdout,
        )

    def choose(self) -> None:
        """Let the person's choices hold from now on."""
        self._rules = reminders.rules_for(self._chosen())
        self._habits = breaks.habits_for(self._chosen())

    def take(self, live: Live) -> None:
        """Take in every reading: each may carry the blink that makes a reminder go."""
        self._state = live.reading.state
        self._reminding.take(live.reading)

    def end(self) -> None:
        """Look no more."""
        self._watch.__exit__(None, None, None)

    def _presence(self) -> Presence:
        latest = self._watch.latest()
        return replace(
            latest,
            is_locked=latest.is_locked or self._state is State.LOCKED,
            is_paused=self._state is State.PAUSED,
        )
