"""How long each state lasted in the last hour, and how many frames were measured a second.

    advance(hour, reading) -> hour

Kept by the minute, so that it is small and costs next to nothing thirty times a second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from waw_desktop.core.readings import Reading, State

MINUTES = 60
_LONGEST_STEP_S = 2.0
"""A longer time between two readings is one of which nothing is known, such as sleep."""


@dataclass(frozen=True, slots=True)
class Minute:
    """What was seen of one minute.

    Attributes:
        number: Monotonic time in whole minutes.
        states_s: Seconds of each state.
        frames: Frames measured.
    """

    number: int
    states_s: Mapping[State, float]
    frames: int = 0


@dataclass(frozen=True, slots=True)
class LastHour:
    """What is remembered.

    Attributes:
        minutes: The last sixty of which anything is known, in order.
        latest_s: Monotonic time of the last reading; None before the first.
    """

    minutes: tuple[Minute, ...] = ()
    latest_s: float | None = None

    def states_s(self) -> dict[State, float]:
        """Return the seconds of each state that there was, the longest first."""
        total: defaultdict[State, float] = defaultdict(float)
        for minute in self.minutes:
            for state, seconds in minute.states_s.items():
                total[state] += seconds
        return dict(sorted(total.items(), key=lambda it: -it[1]))

    def frames_per_s(self) -> float | None:
        """Return the mean rate while tracking, None if there was less than a second of it."""
        tracked_s = self.states_s().get(State.TRACKING, 0.0)
        return sum(it.frames for it in self.minutes) / tracked_s if tracked_s >= 1 else None


def advance(hour: LastHour, reading: Reading) -> LastHour:
    """Take in the next reading; the time since the one before counts for its state."""
    number = int(reading.t_s // 60)
    latest_s = reading.t_s if hour.latest_s is None else hour.latest_s
    step_s = reading.t_s - latest_s
    if not 0 <= step_s <= _LONGEST_STEP_S:
        step_s = 0.0
    *before, last = hour.minutes or (Minute(number, {}),)
    if last.number != number:
        before, last = [*before, last], Minute(number, {})
    state = reading.state
    minute = replace(
        last,
        states_s={**last.states_s, state: last.states_s.get(state, 0.0) + step_s},
        frames=last.frames + (state is State.TRACKING and step_s > 0),
    )
    kept = tuple(it for it in before if number - MINUTES < it.number <= number)
    return LastHour((*kept, minute), reading.t_s)
