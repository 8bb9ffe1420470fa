"""The live loop against scripted sources: trouble is a state, never a crash, never a blink."""

import time

import cv2
import numpy as np
import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision.capture import Frame, SourceUnavailable
from waw_desktop.vision.loop import readings
from waw_desktop.vision.portrait import Portrait, truth

FPS = 15.0


class Script:
    """A replay of the portrait in which something happens to the picture for a while."""

    fps = FPS
    frames_promised = 0
    is_live = False
    is_endless = False

    def __init__(self, seconds, change, begin_s, end_s, fps=FPS):
        self._portrait = Portrait(f"portrait?fps={fps}&seconds={seconds}&rate=40&seed=5")
        self._change = change
        self._between_s = (begin_s, end_s)

    def read(self):
        """Return the next frame, changed while it is time for that."""
        painted = self._portrait.next()
        if painted is None:
            return None
        image, t_s = painted
        begin_s, end_s = self._between_s
        return Frame(self._change(image) if begin_s <= t_s < end_s else image, t_s)

    def close(self):
        """Nothing is held."""


def two_people(image):
    half = cv2.resize(image, (320, 240))
    pair = np.hstack([half, half])
    return cv2.copyMakeBorder(pair, 120, 120, 0, 0, cv2.BORDER_REPLICATE)


def nobody(image):
    noise = np.random.default_rng(int(image[0, 0, 0])).integers(80, 120, image.shape)
    return noise.astype(np.uint8)


class Still:
    """A camera stuck at the first picture it is asked for."""

    def __init__(self):
        self._picture = None

    def __call__(self, image):
        """Return that picture."""
        if self._picture is None:
            self._picture = image
        return self._picture


@pytest.mark.parametrize(
    ("state", "change"),
    [
        (State.BLACK, lambda image: image // 80),
        (State.TOO_DARK, lambda image: image // 9),
        (State.NO_FACE, nobody),
        (State.SEVERAL_FACES, two_people),
        (State.FROZEN, Still()),
    ],
)
def test_trouble_in_the_picture(state, change):
    """The state is right within 3 s and gone within 5; closures are those painted in sight."""
    script = Script(seconds=16, change=change, begin_s=4, end_s=9)

    seen = list(readings(lambda: script))

    spec = "portrait?seconds=16&rate=40&seed=5"
    in_sight = [c for c in truth(spec) if c.end_s < 4 or c.start_s > 11.5]
    found = [closure for reading in seen for closure in reading.closures]
    assert {r.state for r in seen if 7 <= r.t_s < 9} == {state}
    assert {r.state for r in seen if 14 <= r.t_s < 16} == {State.TRACKING}
    assert [c for c in found if 6.5 < c.start_s < 9] == []
    matched = [any(abs(c.peak_s - f.peak_s) < 0.15 for f in found) for c in in_sight]
    assert matched == [True] * len(in_sight)


def test_too_slow_a_camera():
    """Eight frames a second are not counted from."""
    seen = list(readings(lambda: Script(6, lambda image: image, 0, 0, fps=8)))

    assert {r.state for r in seen if 3 <= r.t_s < 6} == {State.TOO_SLOW}


@pytest.mark.parametrize("state", [State.NO_CAMERA, State.BUSY, State.PERMISSION_DENIED])
def test_trouble_with_the_camera_is_told_and_passes(state):
    """A camera that cannot be opened is asked again, and used once it can."""
    script = Script(seconds=2, change=lambda image: image, begin_s=0, end_s=0)
    answers = [SourceUnavailable("not now", state)]
    began_s = time.monotonic()

    def opener():
        if answers:
            raise answers.pop()
        return script

    told, times_s = [], []
    for reading in readings(opener):
        told.append(reading.state)
        times_s.append(time.monotonic() - began_s)

    assert times_s[told.index(state)] < 3
    assert times_s[told.index(State.TRACKING)] < 5
    assert told[-1] is State.ENDED


def test_a_camera_that_opens_and_gives_nothing_is_busy():
    """Some systems open a camera that another program holds, and then send nothing."""

    class Held(Script):
        is_live = True

        def read(self):
            """Give nothing."""

    held = Held(seconds=1, change=None, begin_s=0, end_s=0)

    states = (reading.state for reading in readings(lambda: held))

    assert next(state for state in states if state is not State.STARTING) is State.BUSY


def test_a_camera_that_falls_silent_is_frozen():
    """Frames that stop coming are noticed within a second, without any frame to say so."""

    class Stuck(Script):
        is_live = True

        def read(self):
            """Hang after the last frame."""
            frame = super().read()
            if frame is None:
                time.sleep(3)
            return frame and Frame(frame.image, time.monotonic())

    stuck = Stuck(seconds=1, change=lambda image: image, begin_s=0, end_s=0)

    states = [reading.state for reading, _ in zip(readings(lambda: stuck), range(22), strict=False)]

    assert states[-3:] == [State.FROZEN] * 3
