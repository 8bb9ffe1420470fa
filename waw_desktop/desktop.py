"""The window's wiring: pages, and one tracker in a thread beside them.

The window holds no logic: what it shows comes as values, and what the person does goes to the
rooms below as calls that this module makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from waw_desktop import app
from waw_desktop.app import StartTracker, Summary, Task
from waw_desktop.config import Settings
from waw_desktop.core.live import Live
from waw_desktop.host import paths, pauses
from waw_desktop.ui import application
from waw_desktop.ui.language import _
from waw_desktop.ui.now import Now
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tracking import Tracking
from waw_desktop.ui.window import Window

LAST_SENDS_S = 0.5  # the window closes within two seconds; what is not sent goes next time


def run(task: Task, settings: Settings, start: StartTracker) -> int:
    """Open the window and track beside it until the person quits; return the exit code.

    Args:
        task: What to track, and for whom.
        settings: Where to keep files and how long a message is.
        start: Begins to detect; it is not called before the person has agreed.

    Raises:
        OSError: If the data directory cannot be used.
    """
    task = replace(task, last_sends_s=LAST_SENDS_S)
    qt = application.make(sys.argv[:1], wanted="system", theme=Theme.SYSTEM)
    desktop = Desktop(task, settings, start)
    signals = application.StopSignals(desktop.quit, desktop.window)
    desktop.quitted.append(qt.quit)
    desktop.open()
    code = qt.exec()
    signals.end()
    return code


class Desktop:
    """The window and what moves it.

    Attributes:
        window: The main window.
        quitted: Called once everything has ended.
    """

    def __init__(self, task: Task, settings: Settings, start: StartTracker) -> None:
        self._task = task
        self._settings = settings
        self._start = start
        self._directory = paths.desktop_dir(settings.data_dir)
        self._tracking: Tracking | None = None
        self._is_quitting = False
        self._listeners: list[Callable[[Live], None]] = []
        self.quitted: list[Callable[[], object]] = []
        self.window = Window()
        self.now = Now(datetime.now(UTC))
        self.now.pause_wanted.connect(self.pause)
        self.now.resume_wanted.connect(self.resume)
        self.now.again_wanted.connect(self.track)
        self.window.add_page(_("Now"), self.now)
        self.window.close_wanted.connect(self.quit)
        self.listen(self.now.show_live)

    def open(self) -> None:
        """Show the window and begin to track."""
        self.window.show()
        self.track()

    def track(self) -> None:
        """Begin to track, with the task as it is now."""
        run = partial(app.track, self._task, self._settings, self._start)
        tracking = Tracking(run, self.window)
        for listener in self._listeners:
            tracking.told.connect(listener)
        tracking.ended.connect(self._ended)
        self._tracking = tracking
        tracking.start()

    def listen(self, listener: Callable[[Live], None]) -> None:
        """Have something told how things are, up to some thirty times a second."""
        self._listeners.append(listener)
        if self._tracking is not None:
            self._tracking.told.connect(listener)

    def pause(self, minutes: int) -> None:
        """Turn the camera off for so many minutes; until tomorrow for 0."""
        now = datetime.now().astimezone()
        until = now + timedelta(minutes=minutes) if minutes else pauses.tomorrow(now)
        pauses.pause(self._directory, until)

    def resume(self) -> None:
        """End the pause."""
        pauses.resume(self._directory)

    def quit(self) -> None:
        """End the tracker, which stores what it has, and then the program."""
        self._is_quitting = True
        self.window.hide()
        if self._tracking is None:
            self._finish()
        else:
            self._tracking.stop()

    def _ended(self, outcome: Summary | Exception) -> None:
        self._tracking = None
        if self._is_quitting:
            self._finish()
        elif isinstance(outcome, Exception):
            self.now.show_end(_("Nothing is counted at present."), str(outcome))
        else:
            self.now.show_end(_("The recording is over."))

    def _finish(self) -> None:
        self.window.let_close()
        for call in self.quitted:
            call()
