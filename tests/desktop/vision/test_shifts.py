"""A detector that rests holds no camera."""

import time

import psutil
import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision import tracker
from waw_desktop.vision.shifts import Shifts

PATIENCE_S = 60


def wait_for(shifts, state):
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        reading = shifts.poll(0.25)
        if reading is not None and reading.state is state:
            return reading
    raise TimeoutError


@pytest.mark.parametrize("why", [State.PAUSED, State.LOCKED, State.RESTING])
def test_the_camera_is_free_within_two_seconds(why):
    """The process that held it is gone, resting is told on, and another begins afterwards."""
    started, reasons = [], [None]

    def start():
        started.append(tracker.start("portrait?fps=15"))
        return started[-1]

    with Shifts(start, lambda: reasons[-1]) as shifts:
        wait_for(shifts, State.TRACKING)
        reasons.append(why)
        asked_s = time.monotonic()

        rest = wait_for(shifts, why)

        assert time.monotonic() - asked_s < 2
        assert not psutil.pid_exists(started[0].pid)
        assert (rest.openness, rest.closures, rest.settled_s) == (None, (), rest.t_s)
        assert wait_for(shifts, why).t_s > rest.t_s
        if why is State.PAUSED:  # once is enough: to start takes two seconds
            reasons.append(None)
            wait_for(shifts, State.TRACKING)
    assert [psutil.pid_exists(it.pid) for it in started] == [False] * len(started)


def test_what_rests_from_the_begin_starts_nothing():
    """A pause outlives a restart without a blink of the camera's light."""
    with Shifts(lambda: pytest.fail("started"), lambda: State.PAUSED) as shifts:
        assert wait_for(shifts, State.PAUSED).closures == ()
