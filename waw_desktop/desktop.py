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
from threading import Event
from typing import assert_never

import waw_desktop
from waw_desktop import app
from waw_desktop.account_pages import AccountPages
from waw_desktop.app import StartTracker, Summary, Task
from waw_desktop.config import Settings
from waw_desktop.core import cameras, closing, last_hour, recent
from waw_desktop.core.closing import Move
from waw_desktop.core.consents import Purpose
from waw_desktop.core.history import Overview, Scale, period
from waw_desktop.core.last_hour import LastHour
from waw_desktop.core.live import Live
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.readings import Reading
from waw_desktop.host import autostart, diagnostics, paths, pauses, preferences
from waw_desktop.host import cameras as host_cameras
from waw_desktop.host.logs import Log
from waw_desktop.host.preferences import Loaded
from waw_desktop.host.resources import Meter
from waw_desktop.host.single_instance import only_window
from waw_desktop.own_pages import OwnPages
from waw_desktop.reminder_pages import ReminderPages
from waw_desktop.ui import application, words, work
from waw_desktop.ui.camera import CameraPage
from waw_desktop.ui.diagnostics import Diagnostics
from waw_desktop.ui.first_run import FirstRun, FirstRunDialog
from waw_desktop.ui.language import _, spoken
from waw_desktop.ui.now import Now
from waw_desktop.ui.resources import Resources
from waw_desktop.ui.settings import SettingsPage
from waw_desktop.ui.strip import Strip
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tracking import Screen, Tracking
from waw_desktop.ui.tray import Tray
from waw_desktop.ui.unexpected import Unexpected
from waw_desktop.ui.window import Window
from waw_desktop.vision.preview import Preview

LAST_SENDS_S = 0.5  # the window closes within two seconds; what is not sent goes next time
ENDS_WITHIN_S = 10.0  # a tracker that is to make room for a deletion
RATE_OVER_MIN = 3
SHOW_EVERY_S = 0.25
LEVEL_EVERY_S = 60.0
POLL_S = 0.25

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


def run(prepare: Prepare, settings: Settings, preview: Preview, *, in_tray: bool = False) -> int:
    """Open the window and track beside it until the person quits; return the exit code.

    Where a window is open already for the same data, that one comes forward instead.

    Args:
        prepare: Makes a job of the settings that hold, each time they change.
        settings: As the environment has them.
        preview: Holds the pictures that the detector sends while it is open.
        in_tray: Whether to begin out of the way.

    Raises:
        OSError: If the data directory cannot be used.
    """
    directory = paths.desktop_dir(settings.data_dir)
    loaded = preferences.load(directory)
    chosen = loaded.preferences
    qt = application.make(sys.argv[:1], chosen.language, Theme(chosen.theme))
    bell = application.Bell(qt)
    with only_window(directory, bell.rung.emit) as is_first:
        if not is_first:
            return 0
        log = Log(directory)
        desktop = Desktop(prepare, settings, preview, loaded, log)
        application.survive(Unexpected(log.note, desktop.window).tell)
        bell.rung.connect(desktop.window.bring_forward)
        signals = application.StopSignals(desktop.quit, desktop.window)
        desktop.quitted.append(qt.quit)
        desktop.theme_wanted = partial(application.dress, qt)
        qt.commitDataRequest.connect(lambda _session: desktop.quit())  # the person signs out
        desktop.open(in_tray=in_tray)
        code = qt.exec()
        signals.end()
        log.close()
    return code


class Desktop:
    """The window and what moves it.

    Attributes:
        window: The main window.
        quitted: Called once everything has ended.
        theme_wanted: Dresses the application.
        welcome: The dialog of the first run, while it is open.
    """

    def __init__(
        self, prepare: Prepare, settings: Settings, preview: Preview, loaded: Loaded, log: Log
    ) -> None:
        self._prepare = prepare
        self._environment = settings
        self._preview = preview
        self._log = log
        self._directory = paths.desktop_dir(settings.data_dir)
        self._keeper = preferences.Keeper(self._directory)
        self._meter = Meter()
        self._qt_platform = application.platform_name()  # Qt is asked in its own thread only
        self._tracking: Tracking | None = None
        self._looking: Tracking | None = None
        self._is_quitting = False
        self._is_to_go_on = False
        self._is_deleting = False
        self._shown: Live | None = None
        self._hour = LastHour()
        self._levelled_s = float("-inf")
        self._listeners: list[Callable[[Live], None]] = []
        self.quitted: list[Callable[[], object]] = []
        self.theme_wanted: Callable[[Theme], None] = lambda _theme: None
        self.welcome: FirstRunDialog | None = None
        self._choose(loaded.preferences)
        self._make_pages(loaded)
        self._connect()

    def open(self, *, in_tray: bool = False) -> None:
        """Begin to track and show the window; ask first what may be done, if that is not known.

        Args:
            in_tray: Whether to begin out of the way, as at login.
        """
        try:
            is_known = Purpose.LOCAL_TRACKING in self._agreed()
        except OSError as error:
            self.window.show()
            self._tell_end(error)
            return
        if not is_known:
            self._welcome_person()
            return
        self.track()
        work.run(self.window, self.accounts.tell, _pass_over, _pass_over)
        self._move(closing.at_start(in_tray=in_tray, has_tray=Tray.is_there()))

    def track(self) -> None:
        """Begin to track, by the settings as they are now."""
        job = self._prepare(self._with_camera_found_again())
        task = replace(job.task, last_sends_s=LAST_SENDS_S)
        if task.account and Purpose.CLOUD_SYNC in self._agreed():
            task = replace(task, client=self.accounts.account().client)
        else:
            task = replace(task, credentials=None)
        tracking = Tracking(partial(app.track, task, self._settings, job.start), self.window)
        for listener in self._listeners:
            tracking.told.connect(listener)
        tracking.said.connect(self.now.say)
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
        self._choose(chosen)
        self.reminders.choose()
        self._save("language", self._keeper.keep(chosen))
        if chosen.start_at_login != before.start_at_login:
            entry = autostart.here()
            wanted = entry.enable if chosen.start_at_login else entry.disable
            self._save("start_at_login", wanted)
        if chosen.theme != before.theme:
            self.theme_wanted(Theme(chosen.theme))
        if any(getattr(chosen, name) != getattr(before, name) for name in _RESTART_FOR):
            self.restart()

    def use_camera(self, source: str) -> None:
        """Track another source from now on."""
        name = self.camera.picker.name
        self._change_elsewhere(replace(self._chosen, source=source, camera_name=name))

    def use_account(self, server_url: str, email: str) -> None:
        """Send to an account from now on, or to none if there is no e-mail address."""
        before = self._chosen
        self._change_elsewhere(replace(before, server_url=server_url, account=email))
        self.accounts.page.show_account(server_url, email)
        self.accounts.agreements.show_agreed()
        if self._chosen == before:
            self.restart()  # the session is another one

    def sign_out(self) -> None:
        """End the session here and on the server, and keep what is measured on this computer."""
        server_url, _email = self._whose()
        work.run(
            self.window,
            self.accounts.sign_out,
            lambda _done: self.use_account(server_url, ""),
            lambda error: self.accounts.page.tell(str(error)),
        )

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
        self.tray.hide()
        if self._tracking is None:
            self._finish()
        else:
            self._tracking.stop()

    # What holds.

    def _choose(self, chosen: Preferences) -> None:
        """Let choices hold, but for what an administrator has set."""
        self._chosen = chosen
        self._effective = preferences.effective(self._environment, chosen)
        self._settings = self._effective.settings

    def _with_camera_found_again(self) -> Settings:
        """Return the settings with the number under which the chosen camera is now."""
        there, name = host_cameras.named() or (), self._chosen.camera_name
        source = cameras.found_again(self._settings.source, name, there)
        return replace(self._settings, source=source)

    def _change_elsewhere(self, chosen: Preferences) -> None:
        self.change(chosen)
        self.settings.show_preferences(self._effective.preferences, self._effective.managed)

    def _save(self, name: str, save: Callable[[], object]) -> None:
        work.run(
            self.window, save, _pass_over, lambda it: self.settings.show_problem(name, str(it))
        )

    def _whose(self) -> tuple[str, str]:
        task = self._prepare(self._settings).task
        return task.server_url, task.account

    def _agreed(self) -> set[Purpose]:
        """Return what the person has agreed to, or agrees to by starting; raises OSError."""
        task = self._prepare(self._settings).task
        return {*self.accounts.account().agreed(), *task.agrees_to}

    # What there is to see.

    def _make_pages(self, loaded: Loaded) -> None:
        self.window = Window()
        self.tray = Tray(self.window)
        self.now = Now(datetime.now(UTC))
        self.strip = Strip()
        self.camera = CameraPage(self._settings.source, lambda: self._preview.picture)
        self.own = OwnPages(self._environment, self._whose, self._stop_to_delete)
        self.accounts = AccountPages(lambda: self._settings, self._whose, spoken())
        self.reminders = ReminderPages(self._directory, self.window, lambda: self._chosen)
        self.own.deleted_too.append(self.reminders.log.delete_all)
        self.settings = SettingsPage(
            self._effective.preferences, self._effective.managed, has_tray=Tray.is_there()
        )
        self.settings.show_loaded(loaded)
        self.now.add(self.strip)
        self.now.add(Resources())
        self.window.add_page(_("Now"), self.now)
        self.own.add_history(self.window)
        self.window.add_page(_("Do reminders help?"), self.reminders.page)
        self.window.add_page(_("Camera"), self.camera)
        self.window.add_page(_("Account"), self.accounts.page)
        self.own.add_rest(self.window)
        self.window.add_page(_("Settings"), self.settings)
        self.window.add_page(_("Diagnostics"), Diagnostics(self._diagnose))

    def _connect(self) -> None:
        for paused in (self.now, self.tray):
            paused.pause_wanted.connect(self.pause)
            paused.resume_wanted.connect(self.resume)
        self.tray.show_wanted.connect(self.window.bring_forward)
        self.tray.quit_wanted.connect(self.quit)
        self.tray.changed.connect(self._tray_changed)
        self.now.again_wanted.connect(self.open)
        self.now.sign_in_wanted.connect(self._go_to_sign_in)
        self.camera.camera_chosen.connect(self.use_camera)
        self.camera.preview_wanted.connect(self._show_pictures)
        self.accounts.form.signed_in.connect(self.use_account)
        self.accounts.page.sign_out_wanted.connect(self.sign_out)
        self.accounts.agreements.agreed.connect(lambda _purpose: self.restart())
        self.accounts.agreements.withdrawing.connect(self._withdraw)
        self.own.own_data.ended.connect(self._go_on_after_deleting)
        self.settings.changed.connect(self.change)
        self.window.page_shown.connect(self._refresh)
        self.window.close_wanted.connect(self._close)
        self.listen(self._take)

    def _refresh(self, page: object) -> None:
        if page is self.reminders.page:
            self.reminders.page.refresh()
        elif page is self.accounts.page:
            self.accounts.agreements.show_agreed()

    def _go_to_sign_in(self) -> None:
        self.window.show_page(self.accounts.page)
        self.accounts.page.ask_to_sign_in()

    def _show_pictures(self, is_wanted: bool) -> None:  # noqa: FBT001 - Qt's signal has one bool
        if is_wanted:
            self._preview.open()
        else:
            self._preview.close()

    def _close(self) -> None:
        """Go out of the way where the tray brings the window back; else end."""
        self._move(
            closing.at_close(closes_to_tray=self._chosen.closes_to_tray, has_tray=Tray.is_there())
        )

    def _tray_changed(self, is_there: bool) -> None:  # noqa: FBT001 - Qt's signal has one bool
        if not is_there:
            self._move(closing.at_tray_lost(is_hidden=not self.window.isVisible()))

    def _move(self, move: Move | None) -> None:
        match move:
            case Move.SHOW:
                self.window.show()
            case Move.MINIMISE:
                self.window.showMinimized()
            case Move.HIDE:
                self.window.hide()
            case Move.QUIT:
                self.quit()
            case None:
                pass
            case _ as never:
                assert_never(never)

    # What the tracker tells.

    def _take(self, live: Live) -> None:
        """Take in every reading, and show what has changed a few times a second."""
        self.strip.take(live.reading)
        self.camera.take(live.reading)
        self.reminders.take(live)
        self._hour = last_hour.advance(self._hour, live.reading)
        if self._is_to_be_shown(live.reading):
            self._shown = live
            self._show(live)
        if live.reading.t_s - self._levelled_s >= LEVEL_EVERY_S:
            self._levelled_s = live.reading.t_s
            today = period(Scale.DAY, datetime.now().astimezone().date())
            work.run(self.window, lambda: self.own.look_back(today), self._show_level, _pass_over)

    def _is_to_be_shown(self, now: Reading) -> bool:
        shown = self._shown
        if shown is None or shown.reading.state is not now.state:
            return True
        return now.t_s - shown.reading.t_s >= SHOW_EVERY_S

    def _show(self, live: Live) -> None:
        self.now.show_live(live)
        rate = recent.rate_per_min(self.strip.recent, RATE_OVER_MIN)
        self.now.show_rate(words.rate_words(rate, RATE_OVER_MIN))
        self.tray.show_state(
            live.reading.state,
            detected=live.detected,
            pending=live.sending.pending,
            is_trouble=live.not_stored is not None or live.sending.asks_person,
        )

    def _show_level(self, today: Overview) -> None:
        self.reminders.level_per_min = today.level.rate_per_min if today.level else None
        self.now.show_level(words.today_words(today))

    def _diagnose(self) -> str:
        """Gather what helps whoever is asked for help; called in a thread."""
        usage, live = self._meter.read(), self._shown
        found = host_cameras.named()
        return diagnostics.in_text(
            diagnostics.Facts(
                version=waw_desktop.__version__,
                qt_platform=self._qt_platform,
                has_tray=Tray.is_there(),
                cameras=None if found is None else len(found),
                hour=self._hour,
                cpu_share=usage.cpu_share,
                memory_bytes=usage.memory_bytes,
                pending=live.sending.pending if live else 0,
                quarantined=live.sending.quarantined if live else 0,
                error_kinds=self._log.kinds,
            )
        )

    # What begins and ends.

    def _welcome_person(self) -> None:
        self.welcome = self.accounts.first_run(self._look)
        self.welcome.completed.connect(self._welcomed)
        self.welcome.rejected.connect(self.quit)
        self.welcome.show()

    def _look(self, take: Callable[[Reading], None]) -> Callable[[], object]:
        """Turn the camera on for the first run; return what turns it off."""
        job = self._prepare(self._settings)

        def look(_screen: Screen, stop: Event) -> None:
            with job.start(job.task.source) as watch:
                while not stop.is_set():
                    reading = watch.poll(POLL_S)
                    if reading is not None:
                        looking.told.emit(reading)

        looking = Tracking(look, self.window)
        looking.told.connect(take)
        looking.ended.connect(self._looked)
        self._looking = looking
        looking.start()
        return looking.stop

    def _looked(self, _outcome: object) -> None:
        self._looking = None
        if self._is_to_go_on:
            self._is_to_go_on = False
            self.track()

    def _welcomed(self, first: FirstRun) -> None:
        self._choose(replace(self._chosen, server_url=first.server_url, account=first.email))
        self._save("language", self._keeper.keep(self._chosen))
        self.accounts.page.show_account(first.server_url, first.email)
        self.window.show()
        if self._looking is None:
            self.track()
        else:
            self._is_to_go_on = True  # once the camera is free

    def _withdraw(self, purpose: Purpose) -> None:
        """Stop what rests on an agreement; the tracker itself looks at each four times a second."""
        if purpose is Purpose.CLOUD_SYNC:
            self.restart()

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
        if isinstance(outcome, Exception):
            self._log.note(outcome)
        if self._is_quitting:
            self._finish()
        elif self._is_deleting:
            pass  # the page tells when it is done
        elif self._is_to_go_on:
            self._is_to_go_on = False
            self.track()
        elif isinstance(outcome, Exception):
            self._tell_end(outcome)
        else:
            self.now.show_end(_("The recording is over."))

    def _tell_end(self, error: Exception) -> None:
        self.now.show_end(_("Nothing is counted at present."), str(error))

    def _finish(self) -> None:
        if self._looking is not None:
            self._looking.stop()
        self._preview.close()
        self.reminders.end()
        self.window.let_close()
        for call in self.quitted:
            call()


def _pass_over(_outcome: object) -> None:
    """Leave things as they are: what is wrong is said elsewhere, or tried again later."""
