"""When to suggest a break, to those who asked for it.

    advance(breaks, reading, habit, may_suggest=True) -> (breaks, change)

What counts is time seen at the screen. A natural break starts it anew: nobody before the screen
for five minutes, or for 20 s where 20 s are the break; there, looking elsewhere is one too, since
that is what it asks for. A second screen off to the side looks the same to the camera, so with
20-20-20 it may count as a break that was none; a suggestion too few is the smaller evil.

Time of which nothing is known (the camera off, the dark, several faces) is neither work nor
rest, until it has lasted as long as the work would: then all begins anew. Somebody who is back
for less than two seconds is not back: so short a glimpse is a false one, or a passer-by.

A suggestion that is not followed comes again only after as much work again: a program that
insists would do harm of its own (HSE, L26, warns of those that watch over breaks).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from waw_desktop.core.lately import LONGEST_PAUSE_S
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.readings import Reading, State

LONGEST_SHOWN_S = 30.0
_BACK_AFTER_S = 2.0
_GOES_AFTER_S = 3.0


class Habit(StrEnum):
    """Which breaks somebody wants to be told of."""

    FIFTY_FIVE = "50/5"
    TWENTY = "20-20-20"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a habit asks for.

    Attributes:
        work_s: Seen time at the screen after which a break is suggested.
        rest_s: How long it is.
        rests: In which states somebody is having one.

    Source:
        50/5: five to ten minutes after fifty to sixty are better than longer ones after two
        hours (HSE guidance L26). 20-20-20: coined in the 1990s without a study; no effect on
        symptoms in Johnson and Rosenfield 2023 (doi 10.1097/OPX.0000000000001971, n = 30),
        some over weeks in Talens-Estarelles et al. 2022 (doi 10.1016/j.clae.2022.101744).
    """

    work_s: float
    rest_s: float
    rests: frozenset[State]


_GONE = frozenset({State.NO_FACE, State.LOCKED})
RHYTHMS = {
    Habit.FIFTY_FIVE: Rhythm(50 * 60.0, 5 * 60.0, _GONE),
    Habit.TWENTY: Rhythm(20 * 60.0, 20.0, _GONE | {State.TURNED_AWAY}),
}


def habits_for(chosen: Preferences) -> frozenset[Habit]:
    """Return the breaks that the person chose to be told of."""
    return frozenset(habit for habit in Habit if habit.value == chosen.breaks)


class Change(Enum):
    """What is to be done."""

    SUGGEST = "suggest"
    VANISH = "vanish"


@dataclass(frozen=True, slots=True)
class Breaks:
    """What is remembered of one habit.

    Attributes:
        worked_s: Seen time since the last break or suggestion.
        rested_s: Time of rest since the person was last seen for good.
        back_s: Since the last moment of rest, how long they were seen.
        unknown_s: Since anything was known, how long it has not been.
        shown_s: Since when a suggestion is shown, monotonic; None while none is.
        latest_s: Monotonic time of the last reading; None before the first.
    """

    worked_s: float = 0.0
    rested_s: float = 0.0
    back_s: float = 0.0
    unknown_s: float = 0.0
    shown_s: float | None = None
    latest_s: float | None = None


def advance(
    breaks: Breaks, reading: Reading, habit: Habit, *, may_suggest: bool
) -> tuple[Breaks, Change | None]:
    """Take in the next reading and return what is to change.

    Args:
        breaks: What is remembered.
        reading: The next one.
        habit: What the person wants to be told of.
        may_suggest: Whether nothing speaks against it now; else it waits, and goes if shown.
    """
    rhythm = RHYTHMS[habit]
    breaks = _count(breaks, reading, rhythm)
    if breaks.shown_s is not None:
        if may_suggest and not _is_over(breaks, breaks.shown_s, reading):
            return breaks, None
        return dismiss(breaks), Change.VANISH
    is_due = breaks.worked_s >= rhythm.work_s and reading.state is State.TRACKING
    if not (is_due and may_suggest):
        return breaks, None
    return replace(breaks, worked_s=0.0, shown_s=reading.t_s), Change.SUGGEST


def dismiss(breaks: Breaks) -> Breaks:
    """Note that no suggestion is shown any more."""
    return replace(breaks, shown_s=None)


def _count(breaks: Breaks, reading: Reading, rhythm: Rhythm) -> Breaks:
    t_s = reading.t_s
    pause_s = 0.0 if breaks.latest_s is None else max(t_s - breaks.latest_s, 0.0)
    if reading.state in rhythm.rests:
        rested_s = breaks.rested_s + pause_s
        worked_s = 0.0 if rested_s >= rhythm.rest_s else breaks.worked_s
        return replace(
            breaks, worked_s=worked_s, rested_s=rested_s, back_s=0.0, unknown_s=0.0, latest_s=t_s
        )
    if reading.state is not State.TRACKING or pause_s > LONGEST_PAUSE_S:
        unknown_s = breaks.unknown_s + pause_s
        worked_s = 0.0 if unknown_s >= rhythm.work_s else breaks.worked_s
        return replace(breaks, worked_s=worked_s, unknown_s=unknown_s, latest_s=t_s)
    back_s = breaks.back_s + pause_s
    rested_s = 0.0 if back_s >= _BACK_AFTER_S else breaks.rested_s
    worked_s = breaks.worked_s + pause_s
    return Breaks(worked_s, rested_s, back_s, shown_s=breaks.shown_s, latest_s=t_s)


def _is_over(breaks: Breaks, shown_s: float, reading: Reading) -> bool:
    """Whether the break has begun, or the suggestion is old."""
    return breaks.rested_s >= _GOES_AFTER_S or reading.t_s - shown_s >= LONGEST_SHOWN_S
