"""Twenty seconds, their verdict, and what each is made of."""

from functools import reduce

import pytest

from waw_desktop.core.calibration import (
    LENGTH_S,
    PROMPTS_S,
    Calibration,
    Problem,
    advance,
    verdict,
)
from waw_desktop.core.readings import Closure, Kind, Reading, State

BEGAN_S = 1000.0


def blink(at_s, kind=Kind.COMPLETE):
    start_s = BEGAN_S + at_s
    return Closure(start_s, start_s + 0.1, start_s + 0.2, 0.95, kind)


def calibrated(*spans, per_s=30, blinks_s=PROMPTS_S, kind=Kind.COMPLETE, starting_s=1.0):
    """Run through spans of (state, seconds), after the camera has started."""
    readings = [Reading(BEGAN_S - starting_s, State.STARTING, None, (), 0.0)]
    t_s = BEGAN_S
    readings.append(Reading(t_s, spans[0][0], None, (), t_s))
    left = sorted(it + 0.5 for it in blinks_s)
    for state, lasts_s in spans:
        for _ in range(round(lasts_s * per_s)):
            t_s += 1 / per_s
            found = [it for it in left if BEGAN_S + it + 0.3 < t_s]
            left = left[len(found) :]
            closures = tuple(blink(it, kind) for it in found)
            readings.append(Reading(t_s, state, None, closures, t_s))
    return reduce(advance, readings, Calibration())


@pytest.mark.parametrize(
    ("spans", "fields", "problem", "problem_s"),
    [
        ([(State.TRACKING, 20)], {}, None, 0),
        ([(State.TRACKING, 12.1), (State.NO_FACE, 7.9)], {}, None, 0),
        ([(State.TRACKING, 11.5), (State.NO_FACE, 8.5)], {}, Problem.NO_FACE, 8.5),
        ([(State.TOO_DARK, 12), (State.TRACKING, 8)], {}, Problem.TOO_DARK, 12),
        ([(State.NO_FACE, 4), (State.TOO_DARK, 12), (State.TRACKING, 4)], {}, Problem.TOO_DARK, 12),
        ([(State.SEVERAL_FACES, 20)], {}, Problem.SEVERAL_FACES, 20),
        ([(State.TURNED_AWAY, 20)], {}, Problem.TURNED_AWAY, 20),
        ([(State.NO_CAMERA, 20)], {"per_s": 4}, Problem.NO_CAMERA, 20),
        ([(State.BUSY, 20)], {"per_s": 4}, Problem.BUSY, 20),
        ([(State.PERMISSION_DENIED, 20)], {"per_s": 4}, Problem.PERMISSION_DENIED, 20),
        ([(State.BLACK, 20)], {}, Problem.BLACK, 20),
        ([(State.FROZEN, 20)], {}, Problem.FROZEN, 20),
        ([(State.TOO_SLOW, 20)], {"per_s": 8}, Problem.TOO_SLOW, 20),
        ([(State.LOCKED, 20)], {"per_s": 4}, Problem.NOT_WATCHED, 20),
        ([(State.TRACKING, 20)], {"per_s": 5}, None, 0),
        ([(State.TRACKING, 20)], {"blinks_s": PROMPTS_S[:2]}, None, 0),
        ([(State.TRACKING, 20)], {"blinks_s": PROMPTS_S[:1]}, Problem.NO_BLINKS, 20),
        ([(State.TRACKING, 20)], {"blinks_s": (1, 2, 17, 18)}, Problem.NO_BLINKS, 20),
        ([(State.TRACKING, 20)], {"kind": Kind.SHUT}, Problem.NO_BLINKS, 20),
        ([(State.TRACKING, 20)], {"kind": Kind.PARTIAL}, None, 0),
    ],
)
def test_verdicts(spans, fields, problem, problem_s):
    """What was in the way the longest is the reason, then blinks that were not seen."""
    calibration = calibrated(*spans, **fields)

    assert calibration.elapsed_s == pytest.approx(LENGTH_S, abs=0.2)
    found = verdict(calibration)
    assert found.problem is problem
    assert found.problem_s == pytest.approx(problem_s, abs=0.2)


def test_figures():
    """The verdict says what it rests on."""
    found = verdict(calibrated((State.TRACKING, 15), (State.NO_FACE, 5), per_s=20))

    assert found.seen_s == pytest.approx(15)
    assert found.answered == 3


def test_progress():
    """Time runs from the camera's start, and says when to blink."""
    early = calibrated((State.TRACKING, 4))
    asked = calibrated((State.TRACKING, 6))

    assert Calibration().elapsed_s == 0
    assert not Calibration().is_over
    assert early.elapsed_s == pytest.approx(4)
    assert (early.is_prompting, early.is_over) == (False, False)
    assert (asked.is_prompting, asked.answered) == (True, 1)
    assert calibrated((State.TRACKING, 20.1)).is_over


@pytest.mark.parametrize(("waited_s", "is_over"), [(14.9, False), (15.1, True)])
def test_a_camera_that_does_not_start(waited_s, is_over):
    """It is not waited for without end."""
    readings = [Reading(t_s, State.STARTING, None, (), 0.0) for t_s in (50.0, 50.0 + waited_s)]

    calibration = reduce(advance, readings, Calibration())

    assert calibration.is_over == is_over
    assert verdict(calibration).problem is Problem.NOT_WATCHED


def test_a_recording_that_ends():
    """What there was is judged."""
    calibration = calibrated((State.NO_FACE, 3), (State.ENDED, 0.1))

    assert calibration.is_over
    assert verdict(calibration).problem is Problem.NO_FACE
