"""When the camera is on."""

import pytest

from waw_desktop.core.pace import DutyCycle, rest
from waw_desktop.core.readings import State

ALWAYS = DutyCycle(60, 60)
THREE_OF_FIFTEEN = DutyCycle(180, 900)


@pytest.mark.parametrize(
    ("is_paused", "is_locked", "cycle", "elapsed_s", "state"),
    [
        (False, False, ALWAYS, 0, None),
        (False, False, ALWAYS, 12345.6, None),
        (True, False, ALWAYS, 0, State.PAUSED),
        (False, True, ALWAYS, 0, State.LOCKED),
        (True, True, THREE_OF_FIFTEEN, 300, State.PAUSED),
        (False, True, THREE_OF_FIFTEEN, 300, State.LOCKED),
        (False, False, THREE_OF_FIFTEEN, 0, None),
        (False, False, THREE_OF_FIFTEEN, 179.9, None),
        (False, False, THREE_OF_FIFTEEN, 180, State.RESTING),
        (False, False, THREE_OF_FIFTEEN, 899.9, State.RESTING),
        (False, False, THREE_OF_FIFTEEN, 900, None),
        (False, False, THREE_OF_FIFTEEN, 9180, State.RESTING),
    ],
)
def test_what_turns_the_camera_off(is_paused, is_locked, cycle, elapsed_s, state):
    """The person first, then the screen, then the duty cycle."""
    assert rest(is_paused=is_paused, is_locked=is_locked, cycle=cycle, elapsed_s=elapsed_s) is state
