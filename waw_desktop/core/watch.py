"""What each frame showed, to readings: whether the eyes can be measured, and what they did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import dropwhile

from waw_desktop.core import blinks
from waw_desktop.core.blinks import Eyes
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Reading, State

BLACK_BELOW = 8.0
DARK_BELOW = 25.0
WIDEST_YAW_DEG = 35.0
WIDEST_PITCH_DEG = 30.0
SLOWEST_HZ = 11.5
"""12 frames a second, less the jitter of a camera that promises just that."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom lie outside."""

_RATE_OVER_S = 2.0
_FROZEN_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else can be seen; it changes slowly, so one look serves several frames.

    Attributes:
        luma: Mean grey of the frame, 0 to 255.
        face_luma: Mean grey of the face, None when no face was found.
        faces: How many faces of comparable size there are.
        is_repeat: Whether the frame equals that of the look before.
    """

    luma: float
    face_luma: float | None
    faces: int = 1
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one frame showed.

    Attributes:
        sample: The eyes; their ratio is None when no face was found.
        surroundings: The rest.
        eyes: Where both eyes are, None when no face was found.
        passed_s: When the frames came that were let pass before it without a look.
    """

    sample: Sample
    surroundings: Surroundings
    eyes: Box | None = None
    passed_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered between two frames.

    Attributes:
        eyes: The blink detector's memory.
        arrivals_s: When the frames of the last seconds came.
        changed_s: When the picture last changed.
    """

    eyes: Eyes = field(default_factory=Eyes)
    arrivals_s: tuple[float, ...] = ()
    changed_s: float | None = None


def advance(watch: Watch, glimpse: Glimpse) -> tuple[Watch, Reading]:
    """Return what is remembered after one frame, and its reading."""
    t_s = glimpse.sample.t_s
    recent_s = dropwhile(lambda at_s: at_s <= t_s - _RATE_OVER_S, watch.arrivals_s)
    arrivals_s = (*recent_s, *glimpse.passed_s, t_s)
    changed_s = (
        t_s if watch.changed_s is None or not glimpse.surroundings.is_repeat else watch.changed_s
    )
    watch = replace(watch, arrivals_s=arrivals_s, changed_s=changed_s)
    return _read(watch, glimpse.sample, _state(watch, glimpse))


def interrupt(watch: Watch, t_s: float, state: State) -> tuple[Watch, Reading]:
    """Return what is remembered after a while without frames, and the reading of that."""
    watch = replace(watch, arrivals_s=(), changed_s=None)
    return _read(watch, Sample(t_s, None), state)


def _read(watch: Watch, sample: Sample, state: State) -> tuple[Watch, Reading]:
    seen = sample if state is State.TRACKING else Sample(sample.t_s, None)
    eyes, closures = blinks.advance(watch.eyes, seen)
    reading = Reading(sample.t_s, state, blinks.openness(eyes, seen), closures, eyes.settled_s)
    return replace(watch, eyes=eyes), reading


def _state(watch: Watch, glimpse: Glimpse) -> State:
    sample, around = glimpse.sample, glimpse.surroundings
    if around.luma < BLACK_BELOW:
        return State.BLACK
    if sample.t_s - (watch.changed_s or 0.0) >= _FROZEN_AFTER_S:
        return State.FROZEN
    if sample.ear is None:
        return State.TOO_DARK if around.luma < DARK_BELOW else State.NO_FACE
    if around.face_luma is not None and around.face_luma < DARK_BELOW:
        return State.TOO_DARK
    if around.faces > 1:
        return State.SEVERAL_FACES
    if _is_turned(sample):
        return State.TURNED_AWAY
    return State.TOO_SLOW if _is_slow(watch.arrivals_s) else State.TRACKING


def _is_turned(sample: Sample) -> bool:
    yaw_deg, pitch_deg = sample.yaw_deg or 0.0, sample.pitch_deg or 0.0
    return abs(yaw_deg) > WIDEST_YAW_DEG or abs(pitch_deg) > WIDEST_PITCH_DEG


def _is_slow(arrivals_s: tuple[float, ...]) -> bool:
    """Whether the last seconds brought too few frames; half of them must have passed."""
    lasted_s = arrivals_s[-1] - arrivals_s[0]
    return lasted_s >= _RATE_OVER_S / 2 and (len(arrivals_s) - 1) / lasted_s < SLOWEST_HZ
