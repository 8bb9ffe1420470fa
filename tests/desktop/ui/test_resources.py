"""The line that says what the program takes."""

from __future__ import annotations

import threading

import pytest
from PyQt6.QtWidgets import QLabel

from waw_desktop.host.resources import Usage
from waw_desktop.ui.resources import Resources, in_words

TAKEN = "WaW takes 12 % of one processor core, 190 MB of memory and about 0.6 W (estimate)."


@pytest.mark.parametrize(
    "usage, text",
    [
        (Usage(None, 190_400_000, None, None), "WaW takes 190 MB of memory."),
        (
            Usage(0.123, 190_400_000, 0.615, None),
            TAKEN,
        ),
        (
            Usage(0.123, 190_400_000, 0.615, 9.04),
            f"{TAKEN} The whole computer draws 9.0 W from its battery.",
        ),
    ],
)
def test_in_words(usage, text):
    assert in_words(usage) == text


@pytest.fixture
def shown(qtbot):
    """Make the line and show it."""

    def make(read):
        line = Resources(read)
        qtbot.addWidget(line)
        line.show()
        return line, line.findChild(QLabel)

    return make


def test_it_is_measured_beside_the_window(shown, qtbot):
    threads: list[threading.Thread] = []

    def read():
        threads.append(threading.current_thread())
        return Usage(0.5, 1_000_000, 2.5, None)

    _line, label = shown(read)

    qtbot.waitUntil(lambda: "about 2.5 W (estimate)" in label.text())
    assert threads[0] is not threading.main_thread()
    assert "estimate: processor time at 5 W for each busy core" in label.toolTip()


def test_by_default_it_measures_this_program(shown, qtbot):
    _line, label = shown(None)

    qtbot.waitUntil(lambda: "MB of memory" in label.text())


def test_what_cannot_be_measured_is_said(shown, qtbot):
    _line, label = shown(lambda: 1 / 0)

    qtbot.waitUntil(lambda: "cannot be measured" in label.text())


def test_one_look_at_a_time_and_none_while_hidden(shown, qtbot):
    may_end, looks = threading.Event(), []

    def read():
        looks.append(1)
        may_end.wait(5)
        return Usage(None, 0, None, None)

    line, label = shown(read)
    qtbot.waitUntil(lambda: bool(looks))
    line._look()
    assert len(looks) == 1
    may_end.set()
    qtbot.waitUntil(lambda: "0 MB" in label.text())

    line.hide()

    assert not line._clock.isActive()
