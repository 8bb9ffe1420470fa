"""What the person is busy with, and whether it is a bad moment to address them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Presence:
    """What the machine says of the person; what it cannot say counts as not so.

    Attributes:
        is_paused: The person wants nobody to watch.
        is_locked: The screen is locked, or the computer about to sleep.
        is_camera_shared: Another program uses a camera: a call, most likely.
        is_presenting: The machine was told not to rest: a talk, a call, a film.
        is_full_screen: Another program's window fills the screen.
    """

    is_paused: bool = False
    is_locked: bool = False
    is_camera_shared: bool = False
    is_presenting: bool = False
    is_full_screen: bool = False


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of each day, local time; over midnight where it ends before it begins.

    Attributes:
        begin: From then on.
        end: Until just before then; the same as `begin` for no time at all.
    """

    begin: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether a local time of day lies in it."""
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


class Hindrance(StrEnum):
    """Why nobody is addressed now, for the person to read."""

    OFF = "off"
    PAUSED = "paused"
    LOCKED = "locked"
    CAMERA_IN_USE = "camera in use"
    PRESENTING = "presenting"
    FULL_SCREEN = "full screen"
    QUIET_HOURS = "quiet hours"
    OCCUPIED = "occupied"
    SNOOZED = "snoozed"
    COOLING_DOWN = "cooling down"
    BUDGET_SPENT = "budget spent"


def hindrance(presence: Presence, quiet: QuietHours | None, now: datetime) -> Hindrance | None:
    """Return why it is a bad moment, the weightiest reason first; None when it is not.

    Args:
        presence: What the person is busy with.
        quiet: When never to address them.
        now: Local time.
    """
    if presence.is_paused:
        return Hindrance.PAUSED
    if presence.is_locked:
        return Hindrance.LOCKED
    if presence.is_camera_shared:
        return Hindrance.CAMERA_IN_USE
    if presence.is_presenting:
        return Hindrance.PRESENTING
    if presence.is_full_screen:
        return Hindrance.FULL_SCREEN
    return Hindrance.QUIET_HOURS if quiet and quiet.holds(now.time()) else None
