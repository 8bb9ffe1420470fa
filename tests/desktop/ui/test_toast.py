"""A toast in a corner: gentle, readable, and never in the way of the keyboard."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QLineEdit, QPushButton

from waw_desktop.ui.toast import FADE_FROM, FADE_IN_MS, FADE_OUT_MS, Toast


@pytest.fixture
def make(qtbot):
    def make(anchor=None, *, wants_no_motion=False):
        toast = Toast(anchor, lambda: wants_no_motion)
        qtbot.addWidget(toast)
        return toast

    return make


@pytest.fixture
def toast(make):
    toast = make()
    toast.appear("Blink a few times", "You have blinked little.")
    return toast


def opacities(toast):
    """Remember each opacity it has from now on."""
    seen: list[float] = []
    toast._clarity.opacityChanged.connect(seen.append)
    return seen


def test_it_fades_in(qtbot, make):
    """Gently: by 35 % at most, within 0.6 s, and never back and forth."""
    toast = make()
    seen = opacities(toast)

    toast.appear("Blink a few times", "")

    qtbot.waitUntil(lambda: toast._clarity.opacity() == 1)
    assert FADE_IN_MS <= 600
    assert min(seen) >= FADE_FROM >= 1 - 0.35
    assert seen == sorted(seen)


def test_it_fades_out(qtbot, toast):
    qtbot.waitUntil(lambda: toast._clarity.opacity() == 1)
    seen = opacities(toast)

    toast.vanish()

    qtbot.waitUntil(lambda: not toast.isVisible())
    assert FADE_OUT_MS <= 600
    assert min(seen) >= 1 - 0.35
    assert seen == sorted(seen, reverse=True)


def test_who_wants_no_motion_gets_none(make):
    """It is there, and it is gone."""
    toast = make(wants_no_motion=True)
    seen = opacities(toast)

    toast.appear("Blink a few times", "")
    assert (toast.isVisible(), toast._clarity.opacity()) == (True, 1.0)

    toast.vanish()
    assert not toast.isVisible()
    assert set(seen) <= {1.0, FADE_FROM}


def test_it_can_come_again_while_it_goes(qtbot, toast):
    toast.vanish()
    toast.appear("Time for a short break?", "")

    qtbot.waitUntil(lambda: toast._clarity.opacity() == 1)
    assert toast.isVisible()
    assert toast._text.text() == "Time for a short break?"


def test_what_is_not_there_cannot_vanish(make):
    toast = make()
    toast.vanish()
    assert not toast.isVisible()


def test_it_vanishes_once(qtbot, toast):
    """A second blink does not begin its end anew."""
    toast.vanish()
    qtbot.waitUntil(lambda: toast._clarity.opacity() < 1)
    fade = toast._fade
    toast.vanish()

    assert toast._fade is fade


def test_it_is_read_out(toast):
    """A screen reader has a name to say."""
    assert toast.accessibleName() == "Blink a few times You have blinked little."
    assert toast.windowTitle() == "Blink a few times"
    assert toast.findChild(QPushButton).text() == "Not now"


def test_it_takes_no_focus(toast):
    flags, attribute = toast.windowFlags(), Qt.WidgetAttribute
    assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
    assert flags & Qt.WindowType.FramelessWindowHint
    assert toast.testAttribute(attribute.WA_ShowWithoutActivating)


def test_a_click_dismisses_it(qtbot, toast):
    with qtbot.waitSignal(toast.dismissed):
        qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)


def test_a_click_on_its_words_does_so_too(qtbot, toast):
    with qtbot.waitSignal(toast.dismissed):
        qtbot.mouseClick(toast._text, Qt.MouseButton.LeftButton)


def test_escape_dismisses_it(qtbot, toast):
    """Pressed in any window of ours; what is typed there goes on."""
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()

    with qtbot.waitSignal(toast.dismissed):
        qtbot.keyClick(field, Qt.Key.Key_Escape)

    with qtbot.assertNotEmitted(toast.dismissed):
        qtbot.keyClicks(field, "alice")
    assert field.text() == "alice"


def test_escape_is_heard_only_while_it_is_there(qtbot, make):
    toast = make(wants_no_motion=True)
    field = QLineEdit()
    qtbot.addWidget(field)
    toast.appear("Blink a few times", "")
    toast.vanish()

    with qtbot.assertNotEmitted(toast.dismissed):
        qtbot.keyClick(field, Qt.Key.Key_Escape)


def test_not_now(qtbot, toast):
    """It is no click anywhere."""
    with qtbot.assertNotEmitted(toast.dismissed), qtbot.waitSignal(toast.snoozed):
        qtbot.mouseClick(toast._not_now, Qt.MouseButton.LeftButton)


def test_a_forgotten_one_goes(qtbot, make):
    """As when the tracker ended with it on the screen."""
    toast = make()
    toast._longest.setInterval(1)
    with qtbot.waitSignal(toast.dismissed):
        toast.appear("Blink a few times", "")


@pytest.mark.parametrize(
    "direction, is_at_the_right",
    [(Qt.LayoutDirection.LeftToRight, True), (Qt.LayoutDirection.RightToLeft, False)],
)
def test_it_is_in_the_corner(make, direction, is_at_the_right):
    """Where a line of text ends, inside what the desktop leaves free."""
    toast = make()
    toast.setLayoutDirection(direction)

    toast.appear("Blink a few times", "You have blinked little.")

    screen = QGuiApplication.primaryScreen()
    assert screen is not None
    room = screen.availableGeometry()
    here = toast.frameGeometry()
    assert room.contains(here)
    assert here.center().y() > room.center().y()
    assert (here.center().x() > room.center().x()) is is_at_the_right


def test_it_is_on_the_screen_of_the_window_in_use(qtbot, make, monkeypatch):
    """And else on that of the mouse."""
    window = QLineEdit()
    qtbot.addWidget(window)
    asked: list[str] = []
    monkeypatch.setattr(QLineEdit, "screen", lambda _self: asked.append("window"))
    monkeypatch.setattr(
        QGuiApplication, "screenAt", staticmethod(lambda _at: asked.append("mouse"))
    )

    for is_active in (True, False):
        monkeypatch.setattr(QLineEdit, "isActiveWindow", lambda _self, it=is_active: it)
        make(window).appear("Blink a few times", "")

    assert asked == ["window", "mouse"]


def test_other_events_pass(toast):
    assert not toast.eventFilter(None, None)
    assert not toast.eventFilter(toast, QEvent(QEvent.Type.KeyPress))


PROGRAM = """
import sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from waw_desktop.ui.toast import Toast
app = QApplication([])
toast = Toast(None, lambda: False)
sys.stdin.readline()
toast.appear("Blink a few times", "You have blinked little.")
QTimer.singleShot(700, lambda: print(toast.isVisible(), toast.isActiveWindow(), flush=True))
app.exec()
"""


@pytest.mark.screen
def test_it_leaves_the_keyboard_to_the_window_in_use(screen, window, program):
    """On a real screen, with a real window manager and another program's window."""
    pipe = subprocess.PIPE
    with window("small"), program(PROGRAM, stdin=pipe, stdout=pipe, text=True) as ours:
        active = wait_for(lambda: xdotool(screen, "getactivewindow"))
        ours.stdin.write("\n")
        ours.stdin.flush()

        assert ours.stdout.readline() == "True False\n"
        assert xdotool(screen, "getactivewindow") == active
        assert xdotool(screen, "getwindowfocus") == active

        # The screen is asked: under some window managers Qt does not know where its window is.
        search = ("search", "--name", "Blink", "getwindowgeometry", "--shell")
        found = dict(it.split("=") for it in xdotool(screen, *search).splitlines())
        right, bottom = (
            int(found[begin]) + int(found[size])
            for begin, size in (("X", "WIDTH"), ("Y", "HEIGHT"))
        )
        assert (1240 < right < 1280, 760 < bottom < 800) == (True, True)


def xdotool(display, *question):
    done = subprocess.run(
        ["xdotool", *question],
        env=os.environ | {"DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def wait_for(question):
    until_s = time.monotonic() + 10
    while not (answer := question()) and time.monotonic() < until_s:
        time.sleep(0.02)
    return answer
