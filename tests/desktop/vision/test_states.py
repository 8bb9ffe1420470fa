"""A scripted camera in a thousand random states: never a crash, never a blink while blind.

The script's own times are the only clock, so hours pass in seconds. Pictures are painted in a few
pixels, and the look that measures them is the script's: what is played here is everything between
the camera and the count.
"""

from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from waw_desktop.core.ceiling import Ceiling
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import State
from waw_desktop.core.watch import Glimpse, Surroundings
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.loop import Silence, attend

TRANSITIONS = 1000
SILENT = (State.NO_CAMERA, State.BUSY, State.PERMISSION_DENIED, State.STARTING, State.FROZEN)
LIT = Surroundings(120.0, 120.0)
VISIBLE = {
    State.TRACKING: LIT,
    State.BLACK: Surroundings(2.0, None, faces=0),
    State.NO_FACE: Surroundings(120.0, None, faces=0),
    State.TOO_DARK: Surroundings(20.0, 20.0),
    State.SEVERAL_FACES: replace(LIT, faces=2),
    State.TURNED_AWAY: LIT,
    State.FROZEN: replace(LIT, is_repeat=True),
    State.TOO_SLOW: LIT,
}
STATES = sorted({*SILENT, *VISIBLE})
RIGHT_WITHIN_S = 3.0
BACK_WITHIN_S = 5.0
EYES = (2, 2, 14, 6)
NOISE = np.random.default_rng(1).integers(0, 255, (8, 16, 3)).astype(np.uint8)


class Camera:
    """Plays states one after the other, the person blinking all the time."""

    def __init__(self, seed):
        self._random = Random(seed)
        self.stretches = []
        self.state_at = {}

    def play(self):
        """Yield what comes from it, in order of time."""
        t_s = 0.0
        state = State.TRACKING
        for _ in range(TRANSITIONS):
            state = self._random.choice([it for it in STATES if it is not state])
            is_silent = state in SILENT and (state not in VISIBLE or self._random.random() < 0.5)
            begin_s, end_s = t_s, t_s + self._random.uniform(0.3, 8.0)
            while t_s < end_s:
                t_s += self._step_s(state, is_silent)
                self.state_at[t_s] = state
                yield Silence(t_s, state) if is_silent else Frame(self._picture(t_s), t_s)
            self.stretches.append((begin_s, t_s, state))
        yield Silence(t_s + 0.25, State.ENDED)

    def _picture(self, t_s):
        """Paint lids as far down as the eyes are shut."""
        image = NOISE.copy()
        image[2:6, 2:14] = image[2:6, 2:14] * eye_ratio(t_s) // 0.3
        return image

    def _step_s(self, state, is_silent):
        if is_silent:
            return 0.25
        return 1 / 7 if state is State.TOO_SLOW else self._random.choice([1 / 30, 1 / 30, 1 / 24])

    def look(self, frame):
        """Measure what was painted."""
        state = self.state_at[frame.t_s]
        around = VISIBLE[state]
        ear = 0.3 if state is State.FROZEN else eye_ratio(frame.t_s)
        if around.faces == 0:
            return Glimpse(Sample(frame.t_s, None), around)
        yaw_deg = 60.0 if state is State.TURNED_AWAY else 0.0
        return Glimpse(Sample(frame.t_s, ear, ear, ear, yaw_deg, 0.0), around, EYES)


def eye_ratio(t_s):
    """Return the ratio of eyes that blink every two seconds."""
    return 0.05 if t_s % 2.0 < 0.15 else 0.3


@pytest.mark.parametrize("is_thrifty", [False, True])
def test_a_thousand_transitions(is_thrifty):
    """The right state within 3 s, tracking again within 5, blinks only of what was seen."""
    camera = Camera(seed=7)

    seen = list(attend(camera.play(), camera.look, lambda: 0.0, Ceiling(), is_thrifty=is_thrifty))

    times_s = [reading.t_s for reading in seen]
    assert all(earlier <= later for earlier, later in pairwise(times_s))
    wrong = [
        (begin_s, state, reading)
        for begin_s, state, within in by_stretch(camera.stretches, seen)
        for reading in within
        if reading.t_s > begin_s + (BACK_WITHIN_S if state is State.TRACKING else RIGHT_WITHIN_S)
        if reading.state is not state
    ]
    assert wrong == []
    blind = [
        closure
        for begin_s, state, within in by_stretch(camera.stretches, seen)
        if state is not State.TRACKING
        for reading in within
        for closure in reading.closures
        if closure.start_s >= begin_s + (RIGHT_WITHIN_S if state is State.TOO_SLOW else 0.0)
    ]
    assert blind == []
    assert sum(len(reading.closures) for reading in seen) > 100


def by_stretch(stretches, seen):
    """Yield each stretch with its readings."""
    readings = iter(seen)
    following = next(readings)
    for begin_s, end_s, state in stretches:
        within = []
        while following.t_s <= end_s:
            within.append(following)
            following = next(readings)
        yield begin_s, state, within


def test_a_ceiling_that_cannot_be_kept_is_rest():
    """What is not looked at is said not to be seen, and counts nothing."""
    looks = []

    def look(frame):
        looks.append(frame.t_s)
        return Glimpse(Sample(frame.t_s, eye_ratio(frame.t_s)), Surroundings(120.0, 120.0))

    frames = (Frame(NOISE, number / 30) for number in range(30 * 300))
    seen = list(attend(frames, look, lambda: 0.01 * len(looks), Ceiling(0.05), is_thrifty=False))

    used = 0.01 * len(looks) / 300
    rests = [reading.t_s for reading in seen if reading.state is State.RESTING]
    assert used < 0.06
    assert len(rests) > 4 * 150
    assert {reading.state for reading in seen} == {State.TRACKING, State.RESTING}
    assert sum(len(reading.closures) for reading in seen) > 20
