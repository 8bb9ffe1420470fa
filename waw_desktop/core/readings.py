"""What the detector says of one instant: the value that leaves the vision room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether the eyes can be measured, and if not, what is in the way."""

    TRACKING = "tracking"
    STARTING = "starting"
    NO_CAMERA = "no camera"
    BUSY = "busy"
    PERMISSION_DENIED = "permission denied"
    BLACK = "black"
    FROZEN = "frozen"
    NO_FACE = "no face"
    SEVERAL_FACES = "several faces"
    TURNED_AWAY = "turned away"
    TOO_DARK = "too dark"
    TOO_SLOW = "too slow"
    PAUSED = "paused"
    LOCKED = "locked"
    RESTING = "resting"
    ENDED = "ended"


class Kind(StrEnum):
    """What a closure of both eyes turned out to be."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    LONG = "long closure"
    SHUT = "eyes shut"


@dataclass(frozen=True, slots=True)
class Closure:
    """One closing and reopening of both eyes, seen from begin to end.

    Attributes:
        start_s: When the lids began to fall, monotonic seconds.
        peak_s: When they were furthest down, monotonic seconds.
        end_s: When they were open again, monotonic seconds.
        completeness: Share of this person's range that was closed, 0.0 to 1.0;
            0.8 and more is a complete blink.
        kind: COMPLETE or PARTIAL for a blink (up to 0.5 s), LONG up to 1 s, else SHUT.
    """

    start_s: float
    peak_s: float
    end_s: float
    completeness: float
    kind: Kind

    @property
    def is_blink(self) -> bool:
        """Whether it counts as a blink."""
        return self.kind in (Kind.COMPLETE, Kind.PARTIAL)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame, or a quarter second without any, added.

    Attributes:
        t_s: Monotonic time of the frame, in seconds.
        state: TRACKING while the time since the reading before counts as seen.
        openness: 0.0 closed, 1.0 this person's open eye, None while not tracking.
        closures: Closures decided by this frame, in order of their start.
        settled_s: Every closure that starts before this has been reported.
    """

    t_s: float
    state: State
    openness: float | None
    closures: tuple[Closure, ...]
    settled_s: float
