"""The first run: nothing ticked beforehand, no camera before consent, the keyboard alone."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton
from PyQt6.QtWidgets import QDialog as Dialog

from tests.desktop.ui.test_calibration import Camera
from waw_desktop.core.consents import Purpose
from waw_desktop.core.readings import State
from waw_desktop.sync.client import SignedIn, WrongPassword
from waw_desktop.ui import sign_in
from waw_desktop.ui.first_run import Calls, FirstRun, FirstRunDialog

SERVER, ALICE = "https://waw.example.org", "alice@example.org"
LOCAL, CLOUD = Purpose


class World:
    """Everything that the dialog asks for, in the order of asking."""

    def __init__(self):
        self.log = []
        self.camera = Camera()
        self.outcome = SignedIn()
        self.may_agree = True
        self.fault = None

    def agree(self, server_url, email, purposes, locale):
        """Write it down."""
        if self.fault:
            raise self.fault
        self.log.append(("agree", server_url, email, *purposes, locale))
        return self.may_agree

    def sign_in(self, *asked):
        """Sign in."""
        self.log.append(("sign in", *asked))
        return self.outcome

    def watch(self, take):
        """Turn the camera on."""
        self.log.append(("camera",))
        return self.camera.watch(take)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def dialog(qtbot, world):
    calls = Calls(world.agree, sign_in.Calls(world.sign_in, world.sign_in), world.watch)
    dialog = FirstRunDialog(SERVER, "", "en", calls)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def seen(dialog):
    labels = (it for it in dialog.findChildren(QLabel) if it.isVisible())
    return "\n".join(it.text() for it in labels)


def ticks(dialog):
    return dialog.findChildren(QCheckBox)


def button(dialog, text):
    (found,) = [
        it for it in dialog.findChildren(QPushButton) if it.text() == text and it.isVisible()
    ]
    return found


def press(qtbot, dialog, text):
    qtbot.keyClick(button(dialog, text), Qt.Key.Key_Space)


def begin(qtbot, dialog, *, with_account):
    """Agree, and come to the next step."""
    for tick in ticks(dialog)[: 1 + with_account]:
        qtbot.keyClick(tick, Qt.Key.Key_Space)
    press(qtbot, dialog, "Next")
    title = "Your account" if with_account else "A look at the camera"
    qtbot.waitUntil(lambda: title in seen(dialog))


def type_in(qtbot, dialog):
    _, email, password = dialog.findChildren(QLineEdit)
    qtbot.keyClicks(email, ALICE)
    qtbot.keyClicks(password, "correct horse")
    qtbot.keyClick(password, Qt.Key.Key_Return)


def test_nothing_is_ticked_beforehand(qtbot, dialog, world):
    """Going on needs the first, and that alone; the camera stays off."""
    assert [it.isChecked() for it in ticks(dialog)] == [False, False]
    assert not button(dialog, "Next").isEnabled()
    assert "WaW has nothing to count" in seen(dialog)

    qtbot.keyClick(ticks(dialog)[1], Qt.Key.Key_Space)
    assert not button(dialog, "Next").isEnabled()
    qtbot.keyClick(ticks(dialog)[1], Qt.Key.Key_Space)
    qtbot.keyClick(ticks(dialog)[0], Qt.Key.Key_Space)

    assert button(dialog, "Next").isEnabled()
    assert "WaW has nothing to count" not in seen(dialog)
    assert world.log == []


def test_each_tick_says_what_it_is_for(dialog):
    assert [it.accessibleName() for it in ticks(dialog)] == [
        "I agree: Tracking on this computer (version 1)",
        "I agree: Sending your blinks to your account (version 1)",
    ]


def test_without_an_account(qtbot, dialog, world):
    """Agreed, looked at, done: in that order."""
    begin(qtbot, dialog, with_account=False)
    world.camera.give(21)
    assert "All is well" in seen(dialog)

    with qtbot.waitSignal(dialog.completed) as completed:
        press(qtbot, dialog, "Start")

    (done,) = completed.args
    assert (done.server_url, done.email, done.agreed) == (SERVER, "", (LOCAL,))
    assert done.verdict.problem is None
    assert world.log == [("agree", "", "", LOCAL, "en"), ("camera",)]
    assert dialog.result() == Dialog.DialogCode.Accepted


def test_with_an_account(qtbot, dialog, world):
    """The account is agreed to for the one that signed in."""
    begin(qtbot, dialog, with_account=True)

    type_in(qtbot, dialog)
    qtbot.waitUntil(lambda: "A look at the camera" in seen(dialog))
    with qtbot.waitSignal(dialog.completed) as completed:
        press(qtbot, dialog, "Skip")

    assert completed.args == [FirstRun(SERVER, ALICE, (LOCAL, CLOUD), None)]
    assert world.log == [
        ("agree", "", "", LOCAL, "en"),
        ("sign in", SERVER, ALICE, "correct horse"),
        ("agree", SERVER, ALICE, CLOUD, "en"),
        ("camera",),
    ]
    assert world.camera.take is None


def test_a_wrong_password_then_no_account(qtbot, dialog, world):
    """Nothing is agreed for an account that nobody signed in to."""
    world.outcome = WrongPassword("")
    begin(qtbot, dialog, with_account=True)
    type_in(qtbot, dialog)
    qtbot.waitUntil(lambda: "password is wrong" in seen(dialog))

    press(qtbot, dialog, "Use WaW without an account")
    with qtbot.waitSignal(dialog.completed) as completed:
        press(qtbot, dialog, "Skip")

    assert completed.args == [FirstRun(SERVER, "", (LOCAL,), None)]
    assert not any(CLOUD in it for it in world.log)


def test_withdrawn_before_and_not_heard(qtbot, dialog, world):
    begin(qtbot, dialog, with_account=True)
    world.may_agree = False

    type_in(qtbot, dialog)
    qtbot.waitUntil(lambda: "has yet to hear that you withdrew" in seen(dialog))
    press(qtbot, dialog, "Use WaW without an account")
    with qtbot.waitSignal(dialog.completed) as completed:
        press(qtbot, dialog, "Skip")

    assert completed.args[0].agreed == (LOCAL,)


def test_no_camera_before_it_is_written_down(qtbot, dialog, world):
    """A full disk is said, and may be tried again."""
    world.fault = OSError("no space left")
    qtbot.keyClick(ticks(dialog)[0], Qt.Key.Key_Space)
    press(qtbot, dialog, "Next")
    qtbot.waitUntil(lambda: "no space left" in seen(dialog))
    assert world.camera.starts == 0

    world.fault = None
    press(qtbot, dialog, "Next")

    qtbot.waitUntil(lambda: world.camera.starts == 1)


def test_a_look_that_fails(qtbot, dialog, world):
    """What to do is said, another try has the focus, and one may start anyway."""
    begin(qtbot, dialog, with_account=False)
    world.camera.give(21, State.NO_FACE)
    assert "No face was seen for 20 of 20 seconds." in seen(dialog)
    assert QApplication.focusWidget() is button(dialog, "Try again")

    with qtbot.waitSignal(dialog.completed) as completed:
        press(qtbot, dialog, "Start anyway")

    assert completed.args[0].verdict.problem_s == pytest.approx(20)


def test_closing_turns_the_camera_off(qtbot, dialog, world):
    """At any step, by button or Escape; nothing is completed."""
    completed: list[FirstRun] = []
    dialog.completed.connect(completed.append)
    begin(qtbot, dialog, with_account=False)
    assert world.camera.take is not None

    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)

    assert world.camera.take is None
    assert completed == []


def test_tab_reaches_everything(qtbot, dialog):
    """From the first tick to the last button."""
    reached = []
    ticks(dialog)[0].setFocus()
    ticks(dialog)[0].setChecked(True)
    for _ in range(12):
        reached.append(QApplication.focusWidget())
        qtbot.keyClick(reached[-1], Qt.Key.Key_Tab)

    assert {*ticks(dialog), button(dialog, "Close"), button(dialog, "Next")} <= set(reached)
