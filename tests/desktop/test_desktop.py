"""The window and the tracker beside it, wired."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel

from waw_desktop.app import Task
from waw_desktop.config import Settings
from waw_desktop.core.cameras import Camera
from waw_desktop.core.consents import Purpose
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.desktop import Desktop, Job
from waw_desktop.host import cameras as host_cameras
from waw_desktop.host.logs import Log
from waw_desktop.host.paths import desktop_dir
from waw_desktop.host.pauses import is_paused
from waw_desktop.host.preferences import Loaded, load
from waw_desktop.sync.lock import only_tracker
from waw_desktop.sync.outbox import outbox_path
from waw_desktop.ui.deletion import Deletion
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tray import Tray
from waw_desktop.vision.preview import Preview

SERVER = "http://127.0.0.1:9"
AGREED = Task("scripted", SERVER, "", agrees_to=(Purpose.LOCAL_TRACKING,))


class Detector:
    """A detector that has just seen some blinks, one every so often."""

    def __init__(self, blinks, every_s=0.02):
        self._blinks = blinks
        self._every_s = every_s
        self.is_running = False
        self.started = 0

    @contextmanager
    def __call__(self, source):
        """Start it."""
        self.source = source
        self.started += 1
        every_s = self._every_s
        start_s = time.monotonic() - (self._blinks + 1) * every_s
        self._readings = [Reading(start_s, State.STARTING, None, (), start_s)]
        for nth in range(1, self._blinks + 1):
            t_s = start_s + nth * every_s
            begin_s, end_s = t_s - 0.4 * every_s, t_s - 0.2 * every_s
            closure = Closure(begin_s, begin_s, end_s, 0.95, Kind.COMPLETE)
            self._readings += [
                Reading(begin_s, State.TRACKING, 1.0, (), begin_s),
                Reading(t_s, State.TRACKING, 1.0, (closure,), t_s),
            ]
        self.is_running = True
        yield self
        self.is_running = False

    def poll(self, timeout_s):
        """Return the next reading; later on, as any detector does, one now and then."""
        if self._readings:
            return self._readings.pop(0)
        time.sleep(timeout_s)
        now_s = time.monotonic()
        return Reading(now_s, State.TRACKING, 1.0, (), now_s)


def made_desktop(directory, detector, task=AGREED):
    """Return a desktop for one task; the camera is the one that the settings name."""

    def prepare(settings):
        return Job(replace(task, source=settings.source), detector)

    settings = Settings(data_dir=directory, server_url=SERVER)
    log = Log(desktop_dir(directory))
    it = Desktop(prepare, settings, Preview(), Loaded(Preferences()), log)
    it.quitted.append(log.close)
    return it


def quit_and_wait(desktop, qtbot):
    """Quit, and wait until everything has ended."""
    ended: list[str] = []
    desktop.quitted.append(lambda: ended.append("ended"))
    desktop.quit()
    qtbot.waitUntil(lambda: bool(ended))


@pytest.fixture
def desktop(qtbot, tmp_path):
    """Make a desktop; it is quitted at the end."""
    made: list[Desktop] = []

    def make(detector, task=AGREED):
        it = made_desktop(tmp_path, detector, task)
        made.append(it)
        it.open()
        return it

    yield make
    for it in made:
        quit_and_wait(it, qtbot)


def labels(page):
    """Return everything that can be read on a page."""
    return [it.text() for it in page.findChildren(QLabel) if it.isVisible()]


def texts(desktop):
    """Return everything that can be read on the first page."""
    return labels(desktop.now)


def test_what_the_detector_sees_is_shown(desktop, qtbot):
    it = desktop(Detector(blinks=3))

    qtbot.waitUntil(lambda: "3" in texts(it))
    assert "Your blinks are counted." in texts(it)
    assert "Everything stays on this computer." in texts(it)


@pytest.mark.parametrize("minutes", [15, 0])
def test_a_pause_turns_the_camera_off_until_it_is_ended(desktop, qtbot, tmp_path, minutes):
    detector = Detector(blinks=1)
    it = desktop(detector)
    qtbot.waitUntil(lambda: detector.is_running)

    it.pause(minutes)
    qtbot.waitUntil(lambda: "Paused. The camera is off." in texts(it))
    assert not detector.is_running

    it.resume()
    qtbot.waitUntil(lambda: detector.is_running)


def test_closing_ends_the_tracker_and_loses_nothing(qtbot, tmp_path):
    detector = Detector(blinks=5)
    it = made_desktop(tmp_path, detector)
    ended: list[str] = []
    it.quitted.append(lambda: ended.append("ended"))
    it.open()
    qtbot.waitUntil(lambda: "5" in texts(it))

    it.window.close()

    qtbot.waitUntil(lambda: ended == ["ended"])
    assert not detector.is_running
    assert not it.window.isVisible()


def test_another_camera_is_used_at_once(desktop, qtbot):
    detector = Detector(blinks=1)
    it = desktop(detector)
    qtbot.waitUntil(lambda: detector.is_running)

    it.camera.camera_chosen.emit("3")

    qtbot.waitUntil(lambda: detector.is_running and detector.source == "3")
    qtbot.waitUntil(lambda: "Your blinks are counted." in texts(it))


def test_a_camera_is_found_again_by_its_name(desktop, qtbot, monkeypatch):
    """Its number changes with what else is plugged in."""
    monkeypatch.setattr(host_cameras, "named", lambda: (Camera(0, "Desk"), Camera(2, "Lid")))
    detector = Detector(blinks=1)
    it = desktop(detector)

    it.settings.changed.emit(replace(Preferences(), source="1", camera_name="Lid"))

    qtbot.waitUntil(lambda: detector.is_running and detector.source == "2")


def test_pictures_are_asked_for_while_the_person_looks(desktop, qtbot):
    it = desktop(Detector(blinks=1))

    it.camera.preview_wanted.emit(True)
    assert it._preview.is_open

    it.camera.preview_wanted.emit(False)
    assert not it._preview.is_open


def test_the_rate_and_the_last_minutes_are_shown(desktop, qtbot):
    it = desktop(Detector(blinks=30, every_s=1.0))

    qtbot.waitUntil(lambda: len(it.strip.recent.closures) == 30)
    qtbot.waitUntil(lambda: "60 blinks per seen minute in the last 3 minutes" in texts(it))


def test_without_consent_the_person_is_asked_and_the_camera_stays_off(desktop):
    detector = Detector(blinks=1)

    it = desktop(detector, Task("scripted", SERVER, ""))

    assert it.welcome is not None
    assert it.welcome.isVisible()
    assert not it.window.isVisible()
    assert detector.started == 0


def agree(dialog, qtbot, *purposes):
    """Tick purposes and go on."""
    for purpose in purposes:
        dialog._ticks[purpose].click()
    dialog._next.click()


def test_the_first_run_ends_in_the_window(desktop, qtbot, tmp_path):
    """Agreed, looked at the camera, counting; asked once only."""
    detector = Detector(blinks=3)
    it = desktop(detector, Task("scripted", SERVER, ""))
    agree(it.welcome, qtbot, Purpose.LOCAL_TRACKING)
    qtbot.waitUntil(lambda: detector.is_running)  # the look at the camera

    it.welcome._next.click()

    qtbot.waitUntil(lambda: it.window.isVisible() and "3" in texts(it))
    assert detector.started == 2
    quit_and_wait(it, qtbot)
    again = desktop(Detector(blinks=1), Task("scripted", SERVER, ""))
    assert again.welcome is None


def test_whoever_does_not_agree_may_close_it(qtbot, tmp_path):
    it = made_desktop(tmp_path, Detector(blinks=1), Task("scripted", SERVER, ""))
    ended: list[str] = []
    it.quitted.append(lambda: ended.append("ended"))
    it.open()

    it.welcome.reject()

    assert ended == ["ended"]


def test_withdrawing_turns_the_camera_off(desktop, qtbot):
    detector = Detector(blinks=1)
    it = desktop(detector)
    qtbot.waitUntil(lambda: detector.is_running)
    it.window.show_page(it.accounts.page)

    it.accounts._withdraw(Purpose.LOCAL_TRACKING)

    qtbot.waitUntil(lambda: not detector.is_running)


def test_a_window_in_the_tray_would_hide_and_without_one_it_ends(qtbot, tmp_path, monkeypatch):
    it = made_desktop(tmp_path, Detector(blinks=1))
    it.open()
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: True))

    it.window.close()
    assert not it.window.isVisible()
    assert not it._is_quitting

    it.tray.show_wanted.emit()
    assert it.window.isVisible()
    quit_and_wait(it, qtbot)


def test_a_window_whose_tray_goes_can_still_be_reached(desktop, qtbot):
    it = desktop(Detector(blinks=1))
    it.window.hide()

    it.tray.changed.emit(False)

    assert it.window.isMinimized()


def test_start_at_login_is_written_and_trouble_with_it_is_said(
    desktop, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    it = desktop(Detector(blinks=1))

    it.settings.changed.emit(replace(Preferences(), start_at_login=True))
    entry = tmp_path / "config" / "autostart" / "waw.desktop"
    qtbot.waitUntil(entry.exists)

    it.settings.changed.emit(replace(Preferences(), start_at_login=False))
    qtbot.waitUntil(lambda: not entry.exists())


def test_diagnostics_say_how_things_are(desktop, qtbot):
    it = desktop(Detector(blinks=3))
    qtbot.waitUntil(lambda: "3" in texts(it))

    text = it._diagnose()

    assert "tracking" in text
    assert "Errors: none" in text


def test_reminders_know_the_state(desktop, qtbot):
    it = desktop(Detector(blinks=3))
    qtbot.waitUntil(lambda: "3" in texts(it))
    assert not it.reminders._presence().is_paused

    it.pause(15)

    qtbot.waitUntil(lambda: it.reminders._presence().is_paused)
    it.resume()


def test_what_failed_can_be_tried_again(desktop, qtbot, tmp_path):
    blocked = Path(desktop_dir(tmp_path)) / "agreements.json"
    blocked.mkdir()
    it = desktop(Detector(blinks=1))
    qtbot.waitUntil(lambda: "Nothing is counted at present." in texts(it))

    blocked.rmdir()
    it.now.again_wanted.emit()

    qtbot.waitUntil(lambda: "Your blinks are counted." in texts(it))


def test_a_pause_of_before_still_holds(desktop, qtbot, tmp_path):
    it = desktop(Detector(blinks=1))
    it.pause(60)

    assert is_paused(desktop_dir(tmp_path), datetime.now(UTC))
    it.resume()
    assert not is_paused(desktop_dir(tmp_path), datetime.now(UTC))


def test_a_choice_is_kept_and_takes_effect(desktop, qtbot, tmp_path):
    detector = Detector(blinks=1)
    it = desktop(detector)
    themes: list[Theme] = []
    it.theme_wanted = themes.append
    qtbot.waitUntil(lambda: detector.is_running)
    dark = replace(Preferences(), theme="dark", duty_cycle_s=(180, 900))

    it.settings.changed.emit(dark)

    assert themes == [Theme.DARK]
    assert it._settings.duty_cycle_s == (180, 900)
    qtbot.waitUntil(lambda: load(desktop_dir(tmp_path)).preferences == dark)
    qtbot.waitUntil(lambda: detector.started == 2)


def test_a_choice_that_changes_no_tracking_leaves_the_tracker_alone(desktop, qtbot):
    detector = Detector(blinks=1)
    it = desktop(detector)
    qtbot.waitUntil(lambda: detector.is_running)

    it.settings.changed.emit(replace(Preferences(), cool_down_min=10))

    assert not it._is_to_go_on
    assert detector.started == 1


def test_an_administrator_has_the_last_word(desktop, monkeypatch):
    monkeypatch.setenv("WAW_DUTY_CYCLE", "5/20")
    it = desktop(Detector(blinks=1))

    it.settings.changed.emit(replace(Preferences(), duty_cycle_s=(180, 900)))

    assert it._settings.duty_cycle_s == it._environment.duty_cycle_s


def test_what_was_measured_can_be_looked_at_and_deleted(desktop, qtbot, monkeypatch, tmp_path):
    """Tracking stops for it and goes on; the unsent is deleted too if that is wanted."""
    detector = Detector(blinks=70, every_s=1.0)
    it = desktop(detector)
    qtbot.waitUntil(lambda: "70" in texts(it))
    it.window.show_page(it.own.history)
    qtbot.waitUntil(lambda: "You blinked" in it.own.history._summary.text())
    it.window.show_page(it.own.inspector)
    qtbot.waitUntil(lambda: "goes to the server next" in it.own.inspector._summary.text())
    others: list[str] = []
    it.own.deleted_too.append(lambda: others.append("reminders"))
    monkeypatch.setattr(it.own.own_data, "_ask", lambda _parent, _unsent: Deletion(True))

    with qtbot.waitSignal(it.own.own_data.ended):
        it.own.own_data._begin()

    assert it.own.own_data._told.text() == "It is deleted."
    assert others == ["reminders"]
    qtbot.waitUntil(lambda: it.own.inspector._summary.text() == "Nothing waits to be sent.")
    it.window.show_page(it.now)
    qtbot.waitUntil(lambda: detector.is_running and "Your blinks are counted." in texts(it))


def test_nothing_is_deleted_under_another_tracker(desktop, qtbot, monkeypatch, tmp_path):
    """One in a terminal, say."""
    it = desktop(Detector(blinks=1))
    qtbot.waitUntil(lambda: it._tracking is not None and "1" in texts(it))
    monkeypatch.setattr(it.own.own_data, "_ask", lambda _parent, _unsent: Deletion(False))
    it._tracking.stop()
    assert it._tracking.wait(5)

    with (
        only_tracker(outbox_path(desktop_dir(tmp_path), SERVER, "")),
        qtbot.waitSignal(it.own.own_data.ended),
    ):
        it.own.own_data._begin()

    assert "a tracker is already running" in it.own.own_data._told.text()


def test_saving_from_the_window(desktop, qtbot, tmp_path):
    it = desktop(Detector(blinks=70, every_s=1.0))
    qtbot.waitUntil(lambda: "70" in texts(it))

    it.own._export_history(tmp_path / "history.csv")
    it.own._export_outbox(tmp_path / "outbox.json")
    it.own._export_outbox(tmp_path / "outbox.json")

    assert (tmp_path / "history.csv").read_text().count("\n") >= 2
    assert "nextRequest" in (tmp_path / "outbox.json").read_text()
    assert it.own._unsent() >= 1
