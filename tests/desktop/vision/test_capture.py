"""Where frames come from."""

import time
from itertools import pairwise

import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision.capture import SourceUnavailable, frames, open_source


def test_a_file_is_timed_by_its_container(blinking_clip):
    """Replayed at once, each frame carries the time at which it is shown."""
    source = open_source(str(blinking_clip))
    times_s = [frame.t_s for frame in frames(source)]
    source.close()

    assert source.fps == 30
    assert source.frames_promised == 240
    assert times_s == pytest.approx([i / 30 for i in range(240)], abs=1e-3)


def test_a_paced_source_takes_its_time():
    """Live, a frame comes when it is due and carries the monotonic clock."""
    source = open_source("portrait?fps=20&seconds=1", realtime=True)
    began_s = time.monotonic()

    times_s = [frame.t_s for frame in frames(source)]

    assert time.monotonic() - began_s >= 0.95
    assert times_s[0] >= began_s
    assert [b - a for a, b in pairwise(times_s)] == pytest.approx([0.05] * 19)


@pytest.mark.parametrize(
    ("spec", "message", "state"),
    [
        ("99", "there is no camera 99", State.NO_CAMERA),
        ("nowhere.mp4", "nowhere.mp4: no such file", State.NO_CAMERA),
        ("http://127.0.0.1:9/clip.mp4", "no video there", State.NO_CAMERA),
        ("portrait?fps=x", "fps must be a number", State.NO_CAMERA),
    ],
)
def test_says_why_there_is_nothing(spec, message, state):
    """A source that cannot be read is refused in words and with a state."""
    with pytest.raises(SourceUnavailable, match=message) as refusal:
        open_source(spec)

    assert refusal.value.state is state
