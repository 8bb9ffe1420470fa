"""Frames that matter are looked at, in order; the others are let pass and not forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from waw_desktop.core.openness import Sample
from waw_desktop.core.watch import Glimpse, Surroundings
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.onlooker import Onlooker

FPS = 30
AROUND = Surroundings(luma=120.0, face_luma=120.0)


def seen(ears, *, is_thrifty):
    """Show frames of eyes; return the glimpses and how many frames were measured."""
    measured = []

    def look(frame):
        measured.append(frame.t_s)
        return Glimpse(Sample(frame.t_s, ears[round(frame.t_s * FPS)]), AROUND)

    onlooker = Onlooker(look, is_thrifty=is_thrifty)
    frames = [Frame(np.zeros((1, 1, 3), np.uint8), number / FPS) for number in range(len(ears))]
    return [glimpse for frame in frames for glimpse in onlooker.see(frame)], len(measured)


def test_a_picture_that_stays_the_same_is_looked_at_less():
    """The picture around the eyes tells that a look would show nothing new."""
    measured = []
    stripes = np.zeros((40, 60, 3), np.uint8)
    stripes[:, ::10] = 200

    def look(frame):
        measured.append(frame.t_s)
        return Glimpse(Sample(frame.t_s, 0.3), AROUND, eyes=(10, 10, 50, 30))

    onlooker = Onlooker(look, is_thrifty=True)
    for number in range(20 * FPS):
        onlooker.see(Frame(stripes, number / FPS))

    assert len(measured) == pytest.approx(20 * 5, abs=5)


def blinking(seconds):
    """Return eyes that blink for a tenth of a second, every two seconds."""
    return [0.08 if number % 60 in (40, 41, 42) else 0.3 for number in range(seconds * FPS)]


@pytest.mark.parametrize(("is_thrifty", "most"), [(False, 1.0), (True, 0.68)])
def test_each_frame_is_measured_once_at_most(is_thrifty, most):
    """In order of time, and a thrifty one measures fewer."""
    glimpses, measured = seen(blinking(20), is_thrifty=is_thrifty)

    times_s = [glimpse.sample.t_s for glimpse in glimpses]
    assert times_s == sorted(set(times_s))
    assert len(times_s) == measured <= most * 20 * FPS


def test_every_frame_has_come_by_somebodys_account():
    """Looked at or let pass: the rate of the camera stays known."""
    glimpses, _ = seen(blinking(4), is_thrifty=True)

    came = [t_s for it in glimpses for t_s in (*it.passed_s, it.sample.t_s)]
    assert came == [number / FPS for number in range(round(came[-1] * FPS) + 1)]
