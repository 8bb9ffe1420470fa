"""How often somebody blinked lately, over time in which their eyes were seen.

Seen time is cut into steps of five seconds, and only steps are looked at, so that a reading
costs next to nothing. What happens while the eyes are not seen:

- Looking away, the dark, a second face: such time does not count, and the steps before it stay.
  Three seen minutes of somebody who looks up often take longer, but no less evidence.
- Away for five minutes in all since the last seen moment: the eyes have rested, and what was
  before says nothing of now. All begins anew.
- The duty cycle has the camera off: the person most likely works on. At most two minutes from
  before stay, so that one minute at least is of now; after twenty minutes none stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from waw_desktop.core.readings import Reading, State

STEP_S = 5.0
LONGEST_PAUSE_S = 1.0
"""Longer without a reading, and nothing was seen in between, as in messages."""

_MOST_STEPS = 120  # ten minutes
_RESTED_AFTER_S = 300.0
_STALE_AFTER_S = 1200.0
_KEPT_OVER_A_REST = 24  # two minutes


@dataclass(frozen=True, slots=True)
class Lately:
    """What is remembered, the newest last.

    Attributes:
        steps: Blinks in each five seen seconds.
        part_s: Seen seconds since the last step.
        part_blinks: Blinks since then.
        away_s: Since the eyes were last seen, how long they could not be.
        resting_s: Since then, how long the duty cycle had the camera off.
        latest_s: Monotonic time of the last reading; None before the first.
        beginnings: How often all began anew because the person was away.
    """

    steps: tuple[int, ...] = ()
    part_s: float = 0.0
    part_blinks: int = 0
    away_s: float = 0.0
    resting_s: float = 0.0
    latest_s: float | None = None
    beginnings: int = 0

    def rate_per_min(self, over_s: float) -> float | None:
        """Return blinks per seen minute over the last so many seen seconds.

        Args:
            over_s: A multiple of `STEP_S`, ten minutes at most.

        Returns:
            None when less than that was seen.
        """
        count = round(over_s / STEP_S)
        if len(self.steps) < count:
            return None
        return 60 * sum(self.steps[-count:]) / over_s


def advance(lately: Lately, reading: Reading) -> Lately:
    """Take in the next reading.

    A blink counts when it is reported, a fraction of a second after it began.
    """
    pause_s = 0.0 if lately.latest_s is None else max(reading.t_s - lately.latest_s, 0.0)
    blinks = lately.part_blinks
    if reading.closures:
        blinks += sum(closure.is_blink for closure in reading.closures)
    if reading.state is not State.TRACKING or pause_s > LONGEST_PAUSE_S:
        is_resting = reading.state is State.RESTING
        return replace(
            lately,
            part_blinks=blinks,
            away_s=lately.away_s + (0.0 if is_resting else pause_s),
            resting_s=lately.resting_s + (pause_s if is_resting else 0.0),
            latest_s=reading.t_s,
        )
    steps, part_s, beginnings = lately.steps, lately.part_s, lately.beginnings
    if lately.away_s >= _RESTED_AFTER_S or lately.resting_s >= _STALE_AFTER_S:
        steps, part_s, blinks, beginnings = (), 0.0, 0, beginnings + 1
    elif lately.resting_s:
        steps = steps[-_KEPT_OVER_A_REST:]
    part_s += pause_s
    if part_s >= STEP_S:
        steps = (*steps, blinks)[-_MOST_STEPS:]
        part_s, blinks = part_s - STEP_S, 0
    return Lately(steps, part_s, blinks, latest_s=reading.t_s, beginnings=beginnings)


def anew(lately: Lately) -> Lately:
    """Forget the steps, so that what comes is judged by itself."""
    return replace(lately, steps=())
