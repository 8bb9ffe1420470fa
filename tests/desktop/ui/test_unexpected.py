"""Errors nobody expected: each is noted, the first of a kind is told, the window lives on."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PyQt6.QtWidgets import QMessageBox, QWidget

from waw_desktop.ui.unexpected import Unexpected


@pytest.fixture
def unexpected(qtbot):
    """What tells of errors over a window; the errors it noted."""
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    noted: list[BaseException] = []

    def note(error):
        noted.append(error)
        return f"a1b2c{len(noted)}"

    return Unexpected(note, window), noted, window


def words(window):
    """Return what is told at present."""
    return [it for it in window.findChildren(QMessageBox) if it.isVisible()]


def test_the_first_of_a_kind_is_told_and_all_are_noted(unexpected, qtbot):
    it, noted, window = unexpected

    it.tell(KeyError("alice@example.org"))
    it.tell(KeyError("again"))
    it.tell(ValueError("over it"))

    assert len(noted) == 3
    (word,) = words(window)
    assert "a1b2c1" in word.informativeText()
    assert "alice" not in word.text() + word.informativeText()
    assert not word.isModal()

    word.accept()
    qtbot.waitUntil(lambda: not words(window))
    it.tell(KeyError("known"))
    assert not words(window)
    it.tell(ValueError("not told yet"))
    assert len(words(window)) == 1


def test_what_fails_while_it_is_told_is_passed_over(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    calls = []

    def note(error):
        calls.append(error)
        it.tell(ValueError("within"))
        raise OSError("no log")

    it = Unexpected(note, window)
    for _ in range(2):
        it.tell(KeyError("x"))

    assert [type(error) for error in calls] == [KeyError, KeyError]
    assert not words(window)


def test_from_another_thread_it_is_noted_only(unexpected):
    it, noted, window = unexpected

    thread = threading.Thread(target=it.tell, args=(KeyError("x"),))
    thread.start()
    thread.join()

    assert len(noted) == 1
    assert not words(window)
    it.tell(KeyError("x"))
    assert len(words(window)) == 1


PROGRAM = """
import sys
from pathlib import Path
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QPushButton
from waw_desktop.host.logs import Log
from waw_desktop.ui import application
from waw_desktop.ui.style import Theme
from waw_desktop.ui.unexpected import Unexpected

app = application.make(sys.argv[:1], wanted="en", theme=Theme.LIGHT)
window = QPushButton("Break")
window.clicked.connect(lambda: 1 / 0)
log = Log(Path(sys.argv[1]))
application.survive(Unexpected(log.note, window).tell)
window.show()
QTimer.singleShot(0, window.click)
QTimer.singleShot(100, lambda: (print("alive", flush=True), app.exit(0)))
sys.exit(app.exec())
"""


def test_an_error_in_a_slot_aborts_no_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "alive\n")
    assert "ZeroDivisionError at " in (tmp_path / "waw.log").read_text()
