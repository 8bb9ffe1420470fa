"""Twenty seconds that show whether blinks can be counted here, and if not, why.

Nothing is stored of them and nothing is tuned by them: the detector learns each person's range
by itself. They tell the person, before they rely on it, whether light, camera and seat will do.

How many pictures the camera sends is judged by the detector, whose state TOO_SLOW means fewer
than 12 a second: readings are fewer than pictures wherever the processor is spared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from waw_desktop.core.readings import Reading, State

LENGTH_S = 20.0
SEEN_S = 12.0  # of the 20 s; blinking on request and a glance aside must fit into the rest
PROMPTS_S = (5.0, 9.0, 13.0)
ANSWER_WITHIN_S = 3.5
ANSWERS = 2  # of three: one may be missed by either side
STARTS_WITHIN_S = 15.0


class Problem(Enum):
    """What kept blinks from being seen."""

    NO_CAMERA = "there was no camera"
    BUSY = "another program had the camera"
    PERMISSION_DENIED = "the system did not allow the camera"
    BLACK = "the picture was black"
    FROZEN = "the picture stood still"
    NO_FACE = "nobody was seen"
    SEVERAL_FACES = "several people were seen"
    TURNED_AWAY = "the face was turned away"
    TOO_DARK = "the face was too dark"
    TOO_SLOW = "there were too few pictures"
    NO_BLINKS = "blinks on request were not seen"
    NOT_WATCHED = "the camera was paused, or did not start"


_PROBLEMS = {
    State.NO_CAMERA: Problem.NO_CAMERA,
    State.BUSY: Problem.BUSY,
    State.PERMISSION_DENIED: Problem.PERMISSION_DENIED,
    State.BLACK: Problem.BLACK,
    State.FROZEN: Problem.FROZEN,
    State.NO_FACE: Problem.NO_FACE,
    State.SEVERAL_FACES: Problem.SEVERAL_FACES,
    State.TURNED_AWAY: Problem.TURNED_AWAY,
    State.TOO_DARK: Problem.TOO_DARK,
    State.TOO_SLOW: Problem.TOO_SLOW,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the 20 s have shown.

    Attributes:
        problem: What was in the way most; None if blinks can be counted.
        problem_s: For how long, in seconds; of LENGTH_S.
        seen_s: How long the eyes could be measured.
        answered: How many of the prompts a blink followed.
    """

    problem: Problem | None
    problem_s: float
    seen_s: float
    answered: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was seen so far.

    Attributes:
        first_s: Monotonic time of the first reading, None before it.
        began_s: Monotonic time at which the camera had started, None before it.
        latest_s: Monotonic time of the latest reading.
        state: Of the latest reading.
        state_s: How long each state lasted since the camera had started.
        blinked_s: When blinks began, since the camera had started.
    """

    first_s: float | None = None
    began_s: float | None = None
    latest_s: float = 0.0
    state: State = State.STARTING
    state_s: Mapping[State, float] = field(default_factory=dict)
    blinked_s: tuple[float, ...] = ()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the camera had started."""
        return 0.0 if self.began_s is None else self.latest_s - self.began_s

    @property
    def is_over(self) -> bool:
        """Whether there is a verdict."""
        waited_s = 0.0 if self.first_s is None else self.latest_s - self.first_s
        never_started = self.began_s is None and waited_s >= STARTS_WITHIN_S
        return never_started or self.elapsed_s >= LENGTH_S or self.state is State.ENDED

    @property
    def answered(self) -> int:
        """How many prompts a blink has followed so far."""
        return sum(
            any(prompt_s <= it <= prompt_s + ANSWER_WITHIN_S for it in self.blinked_s)
            for prompt_s in PROMPTS_S
        )

    @property
    def is_prompting(self) -> bool:
        """Whether the person is to blink now."""
        return any(it <= self.elapsed_s < it + ANSWER_WITHIN_S for it in PROMPTS_S)


def advance(calibration: Calibration, reading: Reading) -> Calibration:
    """Take in the next reading; the time since the one before belongs to its state."""
    first_s = reading.t_s if calibration.first_s is None else calibration.first_s
    seen = replace(calibration, first_s=first_s, latest_s=reading.t_s, state=reading.state)
    if calibration.began_s is None:
        has_started = reading.state is not State.STARTING
        return replace(seen, began_s=reading.t_s if has_started else None)
    lasted_s = max(reading.t_s - calibration.latest_s, 0.0)
    before_s = calibration.state_s.get(reading.state, 0.0)
    blinked_s = [it.start_s - calibration.began_s for it in reading.closures if it.is_blink]
    return replace(
        seen,
        state_s={**calibration.state_s, reading.state: before_s + lasted_s},
        blinked_s=calibration.blinked_s + tuple(blinked_s),
    )


def verdict(calibration: Calibration) -> Verdict:
    """Return what was shown; meant for one that is over."""
    seen_s = calibration.state_s.get(State.TRACKING, 0.0)
    problem, problem_s = _problem(calibration, seen_s)
    return Verdict(problem, problem_s, seen_s, calibration.answered)


def _problem(calibration: Calibration, seen_s: float) -> tuple[Problem | None, float]:
    if seen_s < SEEN_S:
        return _longest(calibration.state_s)
    if calibration.answered < ANSWERS:
        return Problem.NO_BLINKS, LENGTH_S
    return None, 0.0


def _longest(state_s: Mapping[State, float]) -> tuple[Problem, float]:
    """Return what was in the way for the longest time, if it can be named."""
    named = {
        _PROBLEMS[state]: lasted_s for state, lasted_s in state_s.items() if state in _PROBLEMS
    }
    if not named:
        return Problem.NOT_WATCHED, LENGTH_S
    problem = max(named, key=lambda it: named[it])
    return problem, named[problem]
