"""The person sees what the camera sees: while they look, in memory, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest

from waw_desktop.core.pictures import Picture
from waw_desktop.core.readings import State
from waw_desktop.vision import tracker
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.preview import Preview
from waw_desktop.vision.shifts import Shifts
from waw_desktop.vision.sketch import Sketcher, sketch

PATIENCE_S = 60
LONGEST_READING_BYTES = 2000
SOURCE = "portrait?fps=30&rate=20&seed=3"


class Switch:
    """One bit, of this process alone."""

    def __init__(self, value):
        self.value = value


def frame(t_s, size_px=(640, 480)):
    return Frame(np.full((size_px[1], size_px[0], 3), 70, np.uint8), t_s)


def picture(t_s=0.0):
    return sketch(frame(t_s), None)


def poll_until(watch, is_met, within_s=PATIENCE_S):
    """Poll until a condition is met; return the readings up to then."""
    until_s, seen = time.monotonic() + within_s, []
    while not is_met():
        assert time.monotonic() < until_s
        reading = watch.poll(0.1)
        if reading is not None:
            seen.append(reading)
    return seen


def wait_until_tracking(watch):
    poll_until(watch, lambda: (it := watch.poll(0.5)) is not None and it.state is State.TRACKING)


@pytest.mark.parametrize(
    "size_px, becomes_px",
    [
        ((640, 480), (256, 192)),
        ((1920, 1080), (256, 144)),
        ((480, 640), (144, 192)),
        ((160, 120), (160, 120)),
        ((4000, 2), (256, 1)),
    ],
)
def test_pictures_are_small(size_px, becomes_px):
    """So small that a pipe holds one whole."""
    it = sketch(frame(1.0, size_px), None)

    assert (it.width_px, it.height_px) == becomes_px
    assert it.grey == bytes([70]) * (it.width_px * it.height_px)
    assert len(it.grey) < 64 * 1024


def test_a_picture_says_nothing_of_itself():
    """What is printed or logged by mistake holds no pixel and no landmark."""
    assert repr(picture()) == "Picture(t_s=0.0, width_px=256, height_px=192)"


def test_no_more_than_ten_a_second():
    sent: list[Picture] = []
    sketcher = Sketcher(Switch(True), sent.append)

    for number in range(61):
        sketcher.show(frame(number / 30), lambda: None)

    assert len(sent) == 21
    assert all(later.t_s - earlier.t_s > 0.09 for earlier, later in pairwise(sent))


def test_a_frame_that_was_passed_over_is_not_shown_late():
    sent: list[Picture] = []
    sketcher = Sketcher(Switch(True), sent.append)

    for t_s in (5.0, 4.7, 4.8):
        sketcher.show(frame(t_s), lambda: None)

    assert [it.t_s for it in sent] == [5.0]


def test_while_it_is_closed_nothing_is_drawn():
    """Not even the mesh is asked for."""
    sketcher = Sketcher(Switch(False), lambda _it: pytest.fail("sent"))

    sketcher.show(frame(0.0), lambda: pytest.fail("asked"))


def test_a_preview_holds_one_picture_and_forgets_it():
    preview = Preview()
    preview.take(picture())
    assert (preview.is_open, preview.picture) == (False, None)

    preview.open()
    assert (preview.is_open, preview.picture) == (True, None)
    preview.take(picture(1.0))
    preview.take(picture(2.0))
    latest = preview.picture
    assert latest is not None
    assert latest.t_s == 2.0
    preview.take(None)
    assert preview.picture is None

    preview.take(picture())
    preview.close()
    assert preview.picture is None
    preview.take(picture())
    assert (preview.is_open, preview.picture) == (False, None)


def _lengths(readings, during_s) -> Iterator[tuple[float, int]]:
    """Yield when each message came over the pipe and how long it was."""
    until_s = time.monotonic() + during_s
    while (left_s := until_s - time.monotonic()) > 0:
        if readings.poll(left_s):
            size = len(readings.recv_bytes())
            yield time.monotonic(), size


def test_bytes_on_the_pipe():
    """No picture while it is closed, ten a second while open, none half a second after."""
    preview = Preview()
    with tracker.start(SOURCE, preview=preview) as watch:
        wait_until_tracking(watch)
        before = list(_lengths(watch._readings, 2.0))
        preview.open()
        opened_s = time.monotonic()
        meanwhile = list(_lengths(watch._readings, 3.0))
        preview.close()
        closed_s = time.monotonic()
        after = list(_lengths(watch._readings, 2.0))

    assert before
    assert all(size < LONGEST_READING_BYTES for _, size in before)
    pictures_s = [at_s for at_s, size in meanwhile if size > LONGEST_READING_BYTES]
    assert pictures_s[0] - opened_s < 0.5
    assert 5 <= len(pictures_s) <= 32
    assert all(size < LONGEST_READING_BYTES for at_s, size in after if at_s - closed_s > 0.5)
    assert [at_s for at_s, _ in after if at_s - closed_s > 0.5]


def test_readings_go_on_while_it_is_open():
    """A poll returns readings alone; pictures come with the mesh around the painted eyes."""
    preview = Preview()
    preview.open()
    with tracker.start(SOURCE, preview=preview) as watch:
        seen = poll_until(watch, lambda: preview.picture is not None)
        seen += poll_until(watch, lambda: preview.picture is not None)
        latest = preview.picture
        assert latest is not None

    assert seen
    assert latest.outlines is not None
    right, left = np.mean(latest.outlines.right_eye, 0), np.mean(latest.outlines.left_eye, 0)
    assert right * (640, 480) == pytest.approx((273, 189), abs=6)
    assert left * (640, 480) == pytest.approx((370, 193), abs=6)
    assert len(latest.outlines.right_eye) == len(latest.outlines.left_eye) == 16
    face = np.array(latest.outlines.face)
    assert (face.min(0) < (right[0], right[1])).all()
    assert (face.max(0) > (left[0], left[1])).all()
    assert cv2.Laplacian(np.frombuffer(latest.grey, np.uint8), cv2.CV_64F).std() > 1
    assert preview.picture is None  # closed with the child


def test_it_stays_open_from_shift_to_shift():
    """A pause takes the picture away at once; the next child shows one again."""
    preview = Preview()
    reasons: list[State | None] = [None]
    preview.open()
    with Shifts(lambda: tracker.start(SOURCE, preview=preview), lambda: reasons[-1]) as shifts:
        poll_until(shifts, lambda: preview.picture is not None)
        reasons.append(State.PAUSED)
        poll_until(shifts, lambda: preview.picture is None)
        reasons.append(None)
        poll_until(shifts, lambda: preview.picture is not None)


def test_without_one_the_child_sends_none():
    with tracker.start(SOURCE) as watch:
        wait_until_tracking(watch)
        assert all(size < LONGEST_READING_BYTES for _, size in _lengths(watch._readings, 1.0))
