"""The page that says what is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QPushButton

from waw_desktop.core.live import Live, Sending
from waw_desktop.core.readings import Reading, State
from waw_desktop.ui import words
from waw_desktop.ui.now import Now

SENDING = Sending(pending=0, quarantined=0, synced=0, is_sending=False)
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def live(state=State.TRACKING, detected=3):
    return Live(Reading(1.0, state, None, (), 0.5), detected, SENDING)


@pytest.fixture
def page(qtbot):
    """The page, shown."""
    page = Now(AT)
    qtbot.addWidget(page)
    page.show()
    return page


def texts(page):
    """Return everything that can be read."""
    return [it.text() for it in page.findChildren(QLabel) if it.isVisible() and it.text()]


def button(page, text):
    (found,) = [it for it in page.findChildren(QPushButton) if it.text() == text]
    return found


def test_it_shows_state_count_and_sending(page):
    page.show_live(live(detected=17))
    page.show_rate("12 a minute")
    page.show_level("as usual")

    for text in (
        "Your blinks are counted.",
        "17",
        f"blinks since {words.clock(AT)}",
        "12 a minute",
        "as usual",
        "Everything stays on this computer.",
    ):
        assert text in texts(page)


def test_trouble_shows_only_while_it_lasts(page):
    page.show_live(replace(live(), not_stored="the disk is full"))
    assert "The disk is full. What is measured is kept in memory meanwhile." in texts(page)

    page.show_live(live())
    assert not any("disk" in it for it in texts(page))


@pytest.mark.parametrize(
    "text, minutes", [("Pause 15 min", 15), ("Pause 60 min", 60), ("Pause until tomorrow", 0)]
)
def test_it_asks_for_a_pause(page, qtbot, text, minutes):
    page.show_live(live())

    with qtbot.waitSignal(page.pause_wanted) as wanted:
        qtbot.keyClick(button(page, text), Qt.Key.Key_Space)

    assert wanted.args == [minutes]


def test_a_pause_can_be_ended(page, qtbot):
    page.show_live(live(State.PAUSED))
    assert not button(page, "Pause 15 min").isVisible()

    with qtbot.waitSignal(page.resume_wanted):
        qtbot.keyClick(button(page, "Resume"), Qt.Key.Key_Space)


def test_there_is_room_below_the_figures(page, qtbot):
    strip = QLabel("the last ten minutes")

    page.add(strip)

    qtbot.waitUntil(strip.isVisible)
