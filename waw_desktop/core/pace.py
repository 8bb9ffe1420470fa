"""When to watch and when to leave the camera off."""

from __future__ import annotations

from dataclasses import dataclass

from waw_desktop.core.readings import State


@dataclass(frozen=True, slots=True)
class DutyCycle:
    """A part of the time in which to watch.

    Attributes:
        watch_s: How long, from the begin of each round.
        every_s: How long a round takes; as long as `watch_s` to watch all the time.
    """

    watch_s: float
    every_s: float

    def is_on(self, elapsed_s: float) -> bool:
        """Whether to watch so long after the begin of the first round."""
        return elapsed_s % self.every_s < self.watch_s


def rest(*, is_paused: bool, is_locked: bool, cycle: DutyCycle, elapsed_s: float) -> State | None:
    """Return why the camera is to be off, None when it is to be on.

    Args:
        is_paused: Whether the person wants it off.
        is_locked: Whether the screen is locked or the computer about to sleep.
        cycle: Which part of the time to watch.
        elapsed_s: Since tracking began.
    """
    if is_paused:
        return State.PAUSED
    if is_locked:
        return State.LOCKED
    return None if cycle.is_on(elapsed_s) else State.RESTING
