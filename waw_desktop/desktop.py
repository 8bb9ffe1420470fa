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
from waw_desktop.core import recent
from waw_desktop.core.live import Live
from waw_desktop.core.readings import Reading
from waw_desktop.host import paths, pauses
from waw_desktop.ui import application, words
from waw_desktop.ui.camera import CameraPage
from waw_desktop.ui.language import _
from waw_desktop.ui.now import Now
from waw_desktop.ui.resources import Resources
from waw_desktop.ui.strip import Strip
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tracking import Tracking
from waw_desktop.ui.window import Window
from waw_desktop.vision.preview import Preview

LAST_SENDS_S = 0.5  # the window closes within two seconds; what is not sent goes next time
RATE_OVER_MIN = 3
SHOW_EVERY_S = 0.25


def run(task: Task, settings: Settings, start: StartTracker, preview: Preview) -> int:
    """Open the window and track beside it until the person quits; return the exit code.

    Args:
        task: What to track, and for whom.
        settings: Where to keep files and how long a message is.
        start: Begins to detect; it is not called before the person has agreed.
        preview: Holds the pictures that the detector sends while it is open.

    Raises:
        OSError: If the data directory cannot be used.
    """
    qt = application.make(sys.argv[:1], wanted="system", theme=Theme.SYSTEM)
    desktop = Desktop(task, settings, start, preview)
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

    def __init__(
        self, task: Task, settings: Settings, start: StartTracker, preview: Preview
    ) -> None:
        self._task = replace(task, last_sends_s=LAST_SENDS_S)
        self._settings = settings
        self._start = start
        self._preview = preview
        self._directory = paths.desktop_dir(settings.data_dir)
        self._tracking: Tracking | None = None
        self._is_quitting = False
        self._is_to_go_on = False
        self._shown: Reading | None = None
        self._listeners: list[Callable[[Live], None]] = []
        self.quitted: list[Callable[[], object]] = []
        self.window = Window()
        self.now = Now(datetime.now(UTC))
        self.strip = Strip()
        self.camera = CameraPage(task.source, lambda: preview.picture)
        self._connect()

    def open(self) -> None:
        """Show the window and begin to track."""
        self.track()
        self.window.show()

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

    def use_camera(self, source: str) -> None:
        """Track another source from now on."""
        self._task = replace(self._task, source=source)
        self.restart()

    def restart(self) -> None:
        """Begin to track anew, with the task as it is now, once the tracker of before has ended."""
        if self._tracking is None:
            self.track()
        else:
            self._is_to_go_on = True
            self._tracking.stop()

    def quit(self) -> None:
        """End the tracker, which stores what it has, and then the program."""
        self._is_quitting = True
        self.window.hide()
        if self._tracking is None:
            self._finish()
        else:
            self._tracking.stop()

    def _connect(self) -> None:
        self.now.add(self.strip)
        self.now.add(Resources())
        self.now.pause_wanted.connect(self.pause)
        self.now.resume_wanted.connect(self.resume)
        self.now.again_wanted.connect(self.track)
        self.camera.camera_chosen.connect(self.use_camera)
        self.camera.preview_wanted.connect(self._show_pictures)
        self.window.add_page(_("Now"), self.now)
        self.window.add_page(_("Camera"), self.camera)
        self.window.close_wanted.connect(self.quit)
        self.listen(self._take)

    def _show_pictures(self, is_wanted: bool) -> None:  # noqa: FBT001 - Qt's signal has one bool
        if is_wanted:
            self._preview.open()
        else:
            self._preview.close()

    def _take(self, live: Live) -> None:
        """Take in every reading, and show what has changed a few times a second."""
        self.strip.take(live.reading)
        self.camera.take(live.reading)
        shown, now = self._shown, live.reading
        if shown is None or shown.state is not now.state or now.t_s - shown.t_s >= SHOW_EVERY_S:
            self._shown = now
            self._show(live)

    def _show(self, live: Live) -> None:
        self.now.show_live(live)
        rate = recent.rate_per_min(self.strip.recent, RATE_OVER_MIN)
        self.now.show_rate(words.rate_words(rate, RATE_OVER_MIN))

    def _ended(self, outcome: Summary | Exception) -> None:
        self._tracking = None
        if self._is_quitting:
            self._finish()
        elif self._is_to_go_on:
            self._is_to_go_on = False
            self.track()
        elif isinstance(outcome, Exception):
            self.now.show_end(_("Nothing is counted at present."), str(outcome))
        else:
            self.now.show_end(_("The recording is over."))

    def _finish(self) -> None:
        self._preview.close()
        self.window.let_close()
        for call in self.quitted:
            call()
