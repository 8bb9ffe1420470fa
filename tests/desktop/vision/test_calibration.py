"""The real detector on the painted portrait passes the check that a person would take."""

import time

from waw_desktop.core.calibration import Calibration, advance, verdict
from waw_desktop.vision import tracker


def test_the_portrait_is_calibrated():
    """It blinks 40 times a minute, so each request to blink is followed by one."""
    calibration, until_s = Calibration(), time.monotonic() + 90

    with tracker.start("portrait?fps=20&rate=40&seed=3") as watch:
        while not calibration.is_over and time.monotonic() < until_s:
            if (reading := watch.poll(1.0)) is not None:
                calibration = advance(calibration, reading)

    found = verdict(calibration)
    assert found.problem is None
    assert found.seen_s > 15
    assert found.answered == 3
