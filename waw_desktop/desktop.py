"""The window's wiring: pages, and one tracker in a thread beside them.

The window holds no logic: what it shows comes as values, and what the person does goes to the
rooms below as calls that this module makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from waw_desktop import app
from waw_desktop.account import Account, Accounts
from waw_desktop.app import StartTracker, Summary, Task
from waw_desktop.config import Settings
from waw_desktop.core import recent
from waw_desktop.core.consents import Purpose
from waw_desktop.core.history import Overview, Scale, period
from waw_desktop.core.live import Live
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.readings import Reading
from waw_desktop.host import paths, pauses, preferences
from waw_desktop.own_pages import OwnPages
from waw_desktop.ui import application, words, work
from waw_desktop.ui.camera import CameraPage
from waw_desktop.ui.language import _
from waw_desktop.ui.now import Now
from waw_desktop.ui.resources import Resources
from waw_desktop.ui.settings import SettingsPage
from waw_desktop.ui.strip import Strip
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tracking import Tracking
from waw_desktop.ui.window import Window
from waw_desktop.vision.preview import Preview

LAST_SENDS_S = 0.5  # the window closes within two seconds; what is not sent goes next time
ENDS_WITHIN_S = 10.0  # a tracker that is to make room for a deletion
RATE_OVER_MIN = 3
SHOW_EVERY_S = 0.25
LEVEL_EVERY_S = 60.0

_RESTART_FOR = (
    "source",
    "cpu_limit",
    "duty_cycle_s",
    "duty_cycle_on_battery_s",
    "server_url",
    "account",
)


@dataclass(frozen=True, slots=True)
class Job:
    """What to track, and how to begin to detect."""

    task: Task
    start: StartTracker


Prepare = Callable[[Settings], Job]


def run(prepare: Prepare, settings: Settings, preview: Preview) -> int:
    """Open the window and track beside it until the person quits; return the exit code.

    Args:
        prepare: Makes a job of the settings that hold, each time they change.
        settings: As the environment has them.
        preview: Holds the pictures that the detector sends while it is open.

    Raises:
        OSError: If the data directory cannot be used.
    """
    directory = paths.desktop_dir(settings.data_dir)
    loaded = preferences.load(directory)
    chosen = loaded.preferences
    qt = application.make(sys.argv[:1], chosen.language, Theme(chosen.theme))
    desktop = Desktop(prepare, settings, preview, chosen)
    signals = application.StopSignals(desktop.quit, desktop.window)
    desktop.quitted.append(qt.quit)
    desktop.theme_wanted = partial(application.dress, qt)
    desktop.open()
    code = qt.exec()
    signals.end()
    return code


class Desktop:
    """The window and what moves it.

    Attributes:
        window: The main window.
        quitted: Called once everything has ended.
        theme_wanted: Dresses the application.
    """

    def __init__(
        self, prepare: Prepare, settings: Settings, preview: Preview, chosen: Preferences
    ) -> None:
        self._prepare = prepare
        self._environment = settings
        self._preview = preview
        self._directory = paths.desktop_dir(settings.data_dir)
        self._tracking: Tracking | None = None
        self._is_quitting = False
        self._is_to_go_on = False
        self._is_deleting = False
        self._accounts = Accounts()
        self._shown: Reading | None = None
        self._levelled_s = float("-inf")
        self._listeners: list[Callable[[Live], None]] = []
        self.quitted: list[Callable[[], object]] = []
        self.theme_wanted: Callable[[Theme], None] = lambda _theme: None
        self._choose(chosen)
        self._make_pages()
        self._connect()

    def open(self) -> None:
        """Begin to track, and show the window."""
        self.track()
        self.window.show()

    def track(self) -> None:
        """Begin to track, by the settings as they are now."""
        job = self._prepare(self._settings)
        task = replace(job.task, last_sends_s=LAST_SENDS_S)
        if self._is_to_be_sent(task):
            task = replace(task, client=self._account_of(task).client)
        else:
            task = replace(task, credentials=None)
        tracking = Tracking(partial(app.track, task, self._settings, job.start), self.window)
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

    def change(self, chosen: Preferences) -> None:
        """Keep the person's choices, and let them take effect."""
        before = self._chosen
        work.run(
            self.window,
            partial(preferences.save, self._directory, chosen),
            lambda _none: None,
            lambda error: self.settings.show_problem("language", str(error)),
        )
        self._choose(chosen)
        if chosen.theme != before.theme:
            self.theme_wanted(Theme(chosen.theme))
        if any(getattr(chosen, name) != getattr(before, name) for name in _RESTART_FOR):
            self.restart()

    def use_camera(self, source: str) -> None:
        """Track another source from now on."""
        name = self.camera.picker.name
        self.change(replace(self._chosen, source=source, camera_name=name))
        self.settings.show_preferences(self._effective.preferences, self._effective.managed)

    def restart(self) -> None:
        """Begin to track anew, once the tracker of before has ended."""
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

    def _choose(self, chosen: Preferences) -> None:
        """Let choices hold, but for what an administrator has set."""
        self._chosen = chosen
        self._effective = preferences.effective(self._environment, chosen)
        self._settings = self._effective.settings

    def _make_pages(self) -> None:
        self.window = Window()
        self.now = Now(datetime.now(UTC))
        self.strip = Strip()
        self.camera = CameraPage(self._settings.source, lambda: self._preview.picture)
        self.own = OwnPages(self._environment, self._whose, self._stop_to_delete)
        self.settings = SettingsPage(
            self._effective.preferences, self._effective.managed, has_tray=False
        )
        self.now.add(self.strip)
        self.now.add(Resources())
        self.window.add_page(_("Now"), self.now)
        self.own.add_history(self.window)
        self.window.add_page(_("Camera"), self.camera)
        self.own.add_rest(self.window)
        self.window.add_page(_("Settings"), self.settings)

    def _connect(self) -> None:
        self.now.pause_wanted.connect(self.pause)
        self.now.resume_wanted.connect(self.resume)
        self.now.again_wanted.connect(self.track)
        self.camera.camera_chosen.connect(self.use_camera)
        self.camera.preview_wanted.connect(self._show_pictures)
        self.own.own_data.ended.connect(self._go_on_after_deleting)
        self.settings.changed.connect(self.change)
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
        if now.t_s - self._levelled_s >= LEVEL_EVERY_S:
            self._levelled_s = now.t_s
            today = period(Scale.DAY, datetime.now().astimezone().date())
            work.run(self.window, lambda: self.own.look_back(today), self._show_level, _pass_over)

    def _show(self, live: Live) -> None:
        self.now.show_live(live)
        rate = recent.rate_per_min(self.strip.recent, RATE_OVER_MIN)
        self.now.show_rate(words.rate_words(rate, RATE_OVER_MIN))

    def _show_level(self, today: Overview) -> None:
        self.now.show_level(words.today_words(today))

    def _whose(self) -> tuple[str, str]:
        task = self._prepare(self._settings).task
        return task.server_url, task.account

    def _is_to_be_sent(self, task: Task) -> bool:
        """Whether the person has, or agrees now to have, their blinks sent to an account."""
        if not task.account:
            return False
        agreed = self._account_of(task).agreed()
        return Purpose.CLOUD_SYNC in (*agreed, *task.agrees_to)

    def _account_of(self, task: Task) -> Account:
        return self._accounts.of(self._settings, task.server_url, task.account)

    def _stop_to_delete(self) -> None:
        """End the tracker, in a thread that may wait for it."""
        self._is_deleting = True
        tracking = self._tracking
        if tracking is not None:
            tracking.stop()
            tracking.wait(ENDS_WITHIN_S)

    def _go_on_after_deleting(self) -> None:
        self._is_deleting = False
        if not self._is_quitting:
            self.restart()

    def _ended(self, outcome: Summary | Exception) -> None:
        self._tracking = None
        if self._is_quitting:
            self._finish()
        elif self._is_deleting:
            pass  # the page tells when it is done
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


def _pass_over(_error: Exception) -> None:
    """Leave the level as it is: the history page says what is wrong with the file."""
