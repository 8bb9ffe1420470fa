"""Somebody who uses the real window, on a screen of its own, and tells what they see.

    python -m tests.journeys.robot DIRECTORY SERVER PASSWORD

Run by `test_window.py`, which starts and stops the server between the steps. Each step is asked for
by a line on standard input, done with the keyboard or mouse of Qt's test functions, and answered by
a line of JSON with what can be read afterwards; a picture of the whole screen is kept beside.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest as _QTest
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from waw_desktop.core.consents import Purpose
from waw_desktop.desktop import Desktop

QTest: Any = _QTest  # its stubs take its functions for methods
EVERY_MS = 200
LIMIT_S = 90.0
EMAIL = "alice@example.com"


class Orders(QObject):
    """Lines from standard input, heard in the thread of the window."""

    given = pyqtSignal(str)

    def listen(self) -> None:
        """Read until there are no more."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self.given.emit(line.strip())


def texts(widget: QWidget) -> list[str]:
    """Return everything that can be read on a widget."""
    labels = [it for it in widget.findChildren(QLabel) if it.isVisible() and it.text()]
    return [it.text() for it in labels]


class Robot:
    """Does one step after another on a desktop."""

    def __init__(self, desktop: Desktop, directory: Path, server: str, password: str) -> None:
        self._desktop = desktop
        self._directory = directory
        self._server = server
        self._password = password

    def do(self, order: str) -> None:
        """Do a step, wait until it shows, keep a picture, and tell what can be read."""
        name, *arguments = order.split()
        ready: Callable[[], bool] = getattr(self, name)(*arguments)
        self._await(name, ready, LIMIT_S)

    def consent(self) -> Callable[[], bool]:
        """Tick both purposes with the keyboard, and go on."""
        dialog = self._desktop.welcome
        assert dialog is not None
        for purpose in Purpose:
            QTest.keyClick(dialog._ticks[purpose], Qt.Key.Key_Space)
        QTest.mouseClick(dialog._next, Qt.MouseButton.LeftButton)
        return lambda: dialog._steps.currentWidget() is dialog._account

    def without_account(self) -> Callable[[], bool]:
        """Agree to tracking only."""
        dialog = self._desktop.welcome
        assert dialog is not None
        QTest.keyClick(dialog._ticks[Purpose.LOCAL_TRACKING], Qt.Key.Key_Space)
        QTest.mouseClick(dialog._next, Qt.MouseButton.LeftButton)
        return lambda: dialog._steps.currentWidget() is dialog._camera

    def sign_in(self) -> Callable[[], bool]:
        """Type address, name and password, and press Return."""
        dialog = self._desktop.welcome
        assert dialog is not None
        form = dialog._sign_in
        for field, text in (
            (form._server, self._server),
            (form._email, EMAIL),
            (form._password, self._password),
        ):
            _type(field, text)
        QTest.keyClick(form._password, Qt.Key.Key_Return)
        return lambda: dialog._steps.currentWidget() is dialog._camera

    def calibrate(self) -> Callable[[], bool]:
        """Look at the camera until it has judged, and begin."""
        dialog = self._desktop.welcome
        assert dialog is not None

        def is_judged() -> bool:
            if dialog._verdict is None:
                return False
            QTest.mouseClick(dialog._next, Qt.MouseButton.LeftButton)
            return self._desktop.window.isVisible()

        return is_judged

    def count(self, least: str) -> Callable[[], bool]:
        """Wait until so many blinks are counted."""
        return lambda: int(self._desktop.now._count.text()) >= int(least)

    def offline(self) -> Callable[[], bool]:
        """Wait until it is said that minutes wait here."""
        return lambda: "safe" in self._desktop.now._sending.text()

    def sent(self) -> Callable[[], bool]:
        """Wait until nothing waits any more."""

        def is_sent() -> bool:
            live = self._desktop._shown
            return live is not None and not live.sending.pending and live.sending.synced > 0

        return is_sent

    def history(self) -> Callable[[], bool]:
        """Turn to the history with the keyboard."""
        QTest.keyClick(self._desktop.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
        page = self._desktop.own.history
        return lambda: page.isVisible() and "You blinked" in page._summary.text()

    def pause(self) -> Callable[[], bool]:
        """Go back and pause for a quarter of an hour."""
        self._desktop.window.show_page(self._desktop.now)
        button = _button(self._desktop.now, "Pause 15 min")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        return lambda: "Paused" in self._desktop.now._state.text()

    def quit(self) -> Callable[[], bool]:
        """Quit as the tray does."""
        self._desktop.tray.quit_wanted.emit()
        return lambda: True

    def _await(self, name: str, ready: Callable[[], bool], left_s: float) -> None:
        if ready():
            QTimer.singleShot(EVERY_MS, lambda: self._tell(name))
        elif left_s > 0:
            QTimer.singleShot(EVERY_MS, lambda: self._await(name, ready, left_s - EVERY_MS / 1000))
        else:
            self._tell(name, is_late=True)

    def _tell(self, name: str, *, is_late: bool = False) -> None:
        dialog = self._desktop.welcome
        shown = dialog if dialog is not None and dialog.isVisible() else self._desktop.window
        screen = QGuiApplication.primaryScreen()
        assert screen is not None
        picture = screen.grabWindow()  # the whole of it
        number = len(list(self._directory.glob("*.png"))) + 1
        picture.save(str(self._directory / f"{number:02}-{name}.png"))
        answer = {"step": name, "is_late": is_late, "texts": texts(shown)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _type(field: QLineEdit, text: str) -> None:
    field.clear()
    QTest.keyClicks(field, text)


def _button(page: QWidget, text: str) -> QPushButton:
    (found,) = [it for it in page.findChildren(QPushButton) if it.text() == text]
    return found


def main() -> int:
    """Open the window and do what is asked for."""
    from functools import partial

    from waw_desktop.__main__ import _job, _parser
    from waw_desktop.config import from_environment
    from waw_desktop.core.preferences import Preferences
    from waw_desktop.host.logs import Log
    from waw_desktop.host.paths import desktop_dir
    from waw_desktop.host.preferences import Loaded
    from waw_desktop.ui import application
    from waw_desktop.ui.style import Theme
    from waw_desktop.vision.preview import Preview

    directory, server, password = sys.argv[1:]
    settings = from_environment()
    arguments = _parser().parse_args(["app", "--source", "portrait?fps=30"])
    qt: QApplication = application.make(["waw"], "en", Theme.LIGHT)
    preview = Preview()
    log = Log(desktop_dir(settings.data_dir))
    job = partial(_job, arguments, preview)
    desktop = Desktop(job, settings, preview, Loaded(Preferences()), log)
    desktop.quitted.append(qt.quit)
    robot = Robot(desktop, Path(directory), server, password)
    orders = Orders()
    orders.given.connect(robot.do)
    orders.listen()
    desktop.open()
    return qt.exec()


if __name__ == "__main__":
    sys.exit(main())
