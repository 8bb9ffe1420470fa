"""Language and direction of the whole application, signals, and errors nobody expected."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QDialogButtonBox

from waw_desktop.ui import application, language


@pytest.fixture
def speaking(qapp):
    """The application, which speaks English again afterwards."""
    yield qapp
    application.speak(qapp, "en")


@pytest.fixture
def arabic(tmp_path, monkeypatch):
    """A catalogue of a language that is read from right to left."""
    (tmp_path / "ar.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "Now"\nmsgstr "الآن"\n', "utf-8")
    monkeypatch.setattr(language, "DIRECTORY", tmp_path)


def test_a_language_that_is_read_from_right_to_left_turns_the_window(speaking, arabic):
    assert application.speak(speaking, "ar") == "ar"
    assert speaking.isRightToLeft()

    assert application.speak(speaking, "en") == "en"
    assert speaking.isLeftToRight()


def test_qt_speaks_it_too(speaking, arabic, qtbot):
    application.speak(speaking, "ar")

    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(buttons)

    texts = [button.text() for button in buttons.buttons()]
    assert texts
    assert "Cancel" not in texts[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_come_to_the_window(qtbot, number):
    before = signal.getsignal(number)
    heard: list[str] = []
    parent = QObject()
    signals = application.StopSignals(lambda: heard.append("stop"), parent)

    os.kill(os.getpid(), number)

    qtbot.waitUntil(lambda: heard == ["stop"])
    signals.end()
    assert signal.getsignal(number) is before


def test_an_error_in_a_slot_is_told_and_the_window_lives_on(qtbot, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told: list[BaseException] = []
    with qtbot.captureExceptions():
        application.survive(told.append)

        QTimer.singleShot(0, lambda: 1 / 0)

        qtbot.waitUntil(lambda: bool(told))
    assert isinstance(told[0], ZeroDivisionError)


def test_ctrl_c_is_no_such_error(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told: list[BaseException] = []
    usual: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "__excepthook__", lambda kind, *_rest: usual.append(kind))
    application.survive(told.append)

    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert (told, usual) == ([], [KeyboardInterrupt])
