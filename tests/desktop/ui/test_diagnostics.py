"""Diagnostics are read before they are copied, and copied only when asked for."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication

from waw_desktop.ui.diagnostics import Diagnostics


@pytest.fixture
def clipboard(qapp):
    clipboard = QGuiApplication.clipboard()
    assert clipboard
    clipboard.setText("the person's own")
    return clipboard


def test_nothing_is_copied_that_was_not_shown(qtbot, clipboard):
    it = Diagnostics(lambda: "WaW 0.1.0\n")
    qtbot.addWidget(it)
    assert not it._copy.isEnabled()

    qtbot.mouseClick(it._look, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(it._copy.isEnabled)

    assert it._text.toPlainText() == "WaW 0.1.0\n"
    assert clipboard.text() == "the person's own"
    qtbot.mouseClick(it._copy, Qt.MouseButton.LeftButton)
    assert clipboard.text() == "WaW 0.1.0\n"
    assert it._told.text() == "Copied."


def test_what_cannot_be_gathered_can_be_tried_again(qtbot):
    outcomes = [OSError("no"), "WaW 0.1.0"]

    def gather():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    it = Diagnostics(gather)
    qtbot.addWidget(it)
    it.look()
    qtbot.waitUntil(it._look.isEnabled)
    assert it._told.text() == "That did not work. Please try again."
    assert not it._copy.isEnabled()

    it.look()
    qtbot.waitUntil(it._copy.isEnabled)
    assert it._told.text() == ""
