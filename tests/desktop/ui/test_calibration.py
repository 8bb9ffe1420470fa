"""Twenty seconds on the screen: progress, requests, a verdict, another try."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QProgressBar

from waw_desktop.core.calibration import Problem, Verdict
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.ui.calibration import CalibrationView, verdict_words


class Camera:
    """A camera that is on or off, and gives the readings it is told to."""

    def __init__(self):
        self.starts = 0
        self.take = None

    def watch(self, take):
        """Turn it on."""
        self.starts += 1
        self.take = take
        return self.stop

    def stop(self):
        """Turn it off."""
        self.take = None

    def give(self, until_s, state=State.TRACKING, from_s=0.0, blinks=True):
        """Give 20 readings a second, with a blink each second."""
        for i in range(round(from_s * 20), round(until_s * 20) + 1):
            if self.take is None:
                return
            t_s = i / 20
            closure = Closure(t_s - 0.2, t_s - 0.1, t_s, 0.9, Kind.COMPLETE)
            is_blink = blinks and i % 20 == 0 and t_s > 0
            self.take(Reading(t_s, state, None, (closure,) if is_blink else (), t_s))


@pytest.fixture
def camera():
    return Camera()


@pytest.fixture
def view(qtbot, camera):
    view = CalibrationView(camera.watch)
    qtbot.addWidget(view)
    view.show()
    return view


def said(view):
    labels = view.findChildren(QLabel)
    return next(it.text() for it in labels if it.accessibleDescription() == "What to do now")


def test_the_camera_is_off_until_it_begins(view, camera):
    assert camera.starts == 0

    view.begin()

    assert camera.starts == 1


def test_says_what_to_do_and_how_far_it_is(view, camera):
    view.begin()
    assert said(view) == "The camera is starting."
    camera.give(3)
    assert said(view) == "Look at the screen as you do when you read."
    camera.give(6, from_s=3)
    assert said(view) == "Blink once, as you usually do."

    bar = view.findChild(QProgressBar)
    assert (bar.value(), bar.maximum()) == (6, 20)


def test_all_is_well(qtbot, view, camera):
    view.begin()

    with qtbot.waitSignal(view.ended) as ended:
        camera.give(21)

    assert ended.args[0].problem is None
    assert said(view) == "All is well: your face is seen, and so are your blinks."
    assert camera.take is None
    assert not view.again.isVisible()


def test_what_was_in_the_way_and_again(qtbot, view, camera):
    """The reason stays until the person tries again, and the camera is off meanwhile."""
    view.begin()
    with qtbot.waitSignal(view.ended):
        camera.give(21, State.TOO_DARK)
    assert said(view).startswith("Your face was too dark for 20 of 20 seconds. Turn a lamp")
    assert camera.take is None

    qtbot.keyClick(view.again, Qt.Key.Key_Space)

    assert camera.starts == 2
    assert view.findChild(QProgressBar).value() == 0
    with qtbot.waitSignal(view.ended) as ended:
        camera.give(21)
    assert ended.args[0].problem is None


def test_stops_at_once(view, camera):
    """What was under way by then is not taken in."""
    view.begin()
    late = camera.take

    view.stop()
    view.stop()
    late(Reading(30.0, State.ENDED, None, (), 30.0))

    assert camera.take is None
    assert said(view) == "The camera is starting."


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_words(problem):
    """What went wrong, and what to do about it: two sentences at least, no code."""
    text = verdict_words(Verdict(problem, 12.2, 7.8, 1))

    assert text.count(".") >= 2
    assert "%" not in text
    assert problem.name not in text


def test_words_of_the_figures():
    assert "for 12 of 20 seconds" in verdict_words(Verdict(Problem.TOO_SLOW, 12.2, 7.8, 3))
    assert "only 1 of 3 blinks" in verdict_words(Verdict(Problem.NO_BLINKS, 20, 20, 1))
