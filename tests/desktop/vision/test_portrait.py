"""The camera whose truth is known."""

import time

import numpy as np
import pytest

from waw_desktop.core.readings import Kind
from waw_desktop.vision.eyelids import Face
from waw_desktop.vision.portrait import QUIET_S, BadPortrait, Portrait, truth


def play(spec):
    portrait = Portrait(spec)
    while painted := portrait.next():
        yield painted


def test_frames_come_at_the_asked_rate_and_end():
    """Time is the frame's number over the rate."""
    times_s = [t_s for _, t_s in play("portrait?fps=12&seconds=2")]

    assert times_s == pytest.approx([i / 12 for i in range(24)])


def test_dropped_frames_keep_the_others_times():
    """A lost frame leaves a gap instead of slowing time down."""
    times_s = [t_s for _, t_s in play("portrait?fps=30&seconds=10&drop=0.2")]

    assert 200 < len(times_s) < 280
    assert times_s[-1] > 9.8
    assert all(abs(t_s * 30 - round(t_s * 30)) < 1e-6 for t_s in times_s)


@pytest.mark.parametrize("rate", [5, 20, 40])
def test_truth_keeps_away_from_both_ends(rate):
    """A detector may need a second to know the face, and a tenth to be sure."""
    painted = truth(f"portrait?seconds=300&rate={rate}")

    assert painted[0].start_s >= QUIET_S
    assert painted[-1].end_s <= 300 - QUIET_S
    assert all(closure.end_s - closure.start_s >= 0.15 for closure in painted)
    assert len(painted) == pytest.approx(5 * rate, rel=0.2)


def test_truth_is_the_same_every_time_and_at_any_frame_rate():
    """What is painted hangs on the schedule's options alone."""
    at_30 = truth("portrait?seconds=60&fps=30&seed=7")

    assert at_30 == truth("portrait?seconds=60&fps=12&seed=7&noise=9")
    assert at_30 != truth("portrait?seconds=60&fps=30&seed=8")


def test_half_closures_are_partial():
    """`half` is the share of blinks that only close half way."""
    kinds = [closure.kind for closure in truth("portrait?seconds=300&half=0.3")]

    assert set(kinds) == {Kind.COMPLETE, Kind.PARTIAL}
    assert kinds.count(Kind.PARTIAL) == pytest.approx(0.3 * len(kinds), rel=0.4)


def test_looks_down_squints_and_winks_are_no_blinks():
    """They are painted, and truth leaves them out."""
    spec = "portrait?seconds=20&rate=0&gaze=10&squint=10&wink=10&noise=0"
    first, *others = (image for image, _ in play(spec))

    assert truth(spec) == ()
    assert max(float(np.abs(other.astype(int) - first).mean()) for other in others) > 0.02


@pytest.mark.parametrize(("option", "at_least"), [("motion=15", 10), ("light=0.3", 10)])
def test_the_head_moves_and_the_light_drifts(option, at_least):
    """Pictures of open eyes differ by far more than noise once something moves."""
    pictures = [image.astype(int) for image, _ in play(f"portrait?fps=2&seconds=6&rate=0&{option}")]

    assert np.abs(pictures[0] - pictures[4]).mean() > at_least


def test_lids_cover_the_eyes():
    """The lid's skin replaces the dark of the eye, and each eye closes alone."""
    face = Face()
    pupils = {"right": (188, 272), "left": (194, 370)}
    before, after = face.with_lids(0, 0), face.with_lids(1, 0)

    assert before[pupils["right"]].mean() < 60
    assert after[pupils["right"]].mean() > 120
    assert (before[pupils["left"]] == after[pupils["left"]]).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("portrait?fps=fast", "fps must be a number, not 'fast'"),
        ("portrait?fps=0", "fps is 0"),
        ("portrait?rate=-1", "rate must be a number, not '-1'"),
        ("portrait?speed=3", "has no option 'speed'"),
        ("portrait?seconds=nan", "seconds must be a number"),
    ],
)
def test_refuses_what_it_does_not_know(spec, message):
    """A misspelt option is not passed over."""
    with pytest.raises(BadPortrait, match=message):
        Portrait(spec)


def test_an_endless_portrait_has_no_truth():
    """Nobody can list what never ends."""
    with pytest.raises(BadPortrait, match="give it seconds"):
        truth("portrait")


def test_painting_is_cheap():
    """A frame of the demo's camera costs less than 3 ms of processor time, noise included."""
    portrait = Portrait("portrait?rate=40&noise=3")
    began_s = time.process_time()
    for _ in range(60):
        portrait.next()

    assert (time.process_time() - began_s) / 60 < 0.003
