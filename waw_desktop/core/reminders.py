"""When to remind somebody to blink, and when not.

    advance(reminders, reading, moment, rules) -> (reminders, changes)

A reminder is due when the blink rate over the last three seen minutes is below the person's own
threshold and nothing speaks against it. It is then either shown, until the next blink, or held
out: not shown, so that one can tell later what reminders change. Each reminder has three minutes
of its own: what was seen before it is not held against the person again.

What counts as seen, and what looking away does to the three minutes, is in `lately`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from waw_desktop.core import lately
from waw_desktop.core.lately import STEP_S, Lately
from waw_desktop.core.preferences import Preferences
from waw_desktop.core.presence import Hindrance, QuietHours
from waw_desktop.core.readings import Reading, State

HOLDOUT_SHARE = 0.2
SHORTEST_COOL_DOWN_S = 120.0
COMPARED_S = 120.0
"""Seen seconds before and after a reminder whose rates are compared."""

BITS = 32


@dataclass(frozen=True, slots=True)
class Rules:
    """When to remind; each a setting.

    Attributes:
        is_on: Whether to remind at all.
        low_for_s: How long the rate is to be low, in seen seconds; a multiple of 5.
        lowest_per_min: A rate below it is low for everybody.
        share_of_level: Of the person's own level; a rate below it is low for them.
        until_known_per_min: The threshold as long as their own level is unknown.
        cool_down_s: From one reminder to the next at least.
        daily_budget: Reminders a day at most, held out ones too.
        quiet: When never to remind.
        holdout_share: Which share of the reminders due is not shown, 0.0 to 1.0.
        snooze_s: How long "Not now" lasts.
        longest_shown_s: After which a reminder goes by itself.

    Source:
        Nosch et al., Optom Vis Sci 2015 (92:e310): prompts raised the rate by 6.75 blinks a
        minute, against 0.50 with a placebo. Rates over five minutes vary by 30 % in one and the
        same person (IOVS 2011, doi 10.1167/iovs.10-7060), so a rate is low at 60 % of their own
        level, over three minutes. 10.3 ± 3.1 a minute at rest (Doughty 2002, doi
        10.1097/00006324-200207000-00013) is the threshold until that is known. Cool-down and
        budget are a matter of manners, from no study.

    Raises:
        ValueError: If a number is out of its range.
    """

    is_on: bool = True
    low_for_s: float = 180.0
    lowest_per_min: float = 6.0
    share_of_level: float = 0.6
    until_known_per_min: float = 10.0
    cool_down_s: float = 300.0
    daily_budget: int = 12
    quiet: QuietHours | None = None
    holdout_share: float = 0.0
    snooze_s: float = 1800.0
    longest_shown_s: float = 30.0

    def __post_init__(self) -> None:
        if self.cool_down_s < SHORTEST_COOL_DOWN_S:
            raise ValueError("reminders are two minutes apart at least")
        if not COMPARED_S <= self.low_for_s <= 600 or self.low_for_s % STEP_S:
            raise ValueError("a rate is low over 120 to 600 s, a multiple of 5")
        if not 0 <= self.holdout_share <= 1:
            raise ValueError("a share lies between 0 and 1")

    def threshold_per_min(self, level_per_min: float | None) -> float:
        """Return the rate below which somebody of such a level is reminded."""
        if level_per_min is None:
            return self.until_known_per_min
        return max(self.lowest_per_min, self.share_of_level * level_per_min)


def rules_for(chosen: Preferences) -> Rules:
    """Return the rules that the person chose."""
    quiet = None
    if chosen.quiet_from is not None and chosen.quiet_to is not None:
        quiet = QuietHours(chosen.quiet_from, chosen.quiet_to)
    return Rules(
        is_on=chosen.reminders_on,
        low_for_s=60.0 * chosen.reminder_after_min,
        cool_down_s=60.0 * chosen.cool_down_min,
        daily_budget=chosen.reminders_a_day,
        quiet=quiet,
        holdout_share=HOLDOUT_SHARE if chosen.holdout else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """What a decision depends on beside what was seen.

    Attributes:
        now: Local time, aware.
        hindrance: Why it is a bad moment, None when it is not.
        level_per_min: The person's own blink rate, None while unknown.
        bits: 32 random bits.
    """

    now: datetime
    hindrance: Hindrance | None
    level_per_min: float | None
    bits: int


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder is due: show it, unless it is held out; note it either way.

    Attributes:
        at: Local time, aware; no two are alike.
        is_held_out: Whether it is not to be shown.
        before_per_min: Blink rate over the two seen minutes before.
    """

    at: datetime
    is_held_out: bool
    before_per_min: float


@dataclass(frozen=True, slots=True)
class Vanish:
    """The reminder shown is to go."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What came after a reminder, shown or held out.

    Attributes:
        at: When it was due.
        after_per_min: Blink rate over the two seen minutes after. A reminder after which
            somebody left, so that there are no such two minutes, is followed by nothing.
    """

    at: datetime
    after_per_min: float


Change = Due | Vanish | Followed


@dataclass(frozen=True, slots=True)
class Reminders:
    """What is remembered from one reading to the next.

    Attributes:
        seen: How often the person blinked lately.
        shown_s: Since when a reminder is shown, monotonic; None while none is.
        due_s: When the last one was due, monotonic.
        followed: When the one was due whose two minutes after are not over.
        snoozed_until_s: No reminder before, monotonic.
        day: The local day that `due_today` is about.
        due_today: How many were due on it.
    """

    seen: Lately = field(default_factory=Lately)
    shown_s: float | None = None
    due_s: float | None = None
    followed: datetime | None = None
    snoozed_until_s: float = 0.0
    day: date = date.min
    due_today: int = 0


def advance(
    reminders: Reminders, reading: Reading, moment: Moment, rules: Rules
) -> tuple[Reminders, tuple[Change, ...]]:
    """Take in the next reading and return what is to change."""
    before = reminders.seen
    reminders = replace(reminders, seen=lately.advance(before, reading))
    changes: tuple[Change, ...] = ()
    if reminders.shown_s is not None and _is_over(reminders.shown_s, reading, moment, rules):
        reminders, changes = dismiss(reminders), (Vanish(),)
    if reminders.seen.beginnings != before.beginnings:  # what follows is another story
        reminders = replace(reminders, followed=None)
    if reminders.seen.steps is before.steps:
        return reminders, changes
    reminders, followed = _follow(reminders)
    reminders, due = _remind(reminders, reading.t_s, moment, rules)
    return reminders, changes + followed + due


def dismiss(reminders: Reminders) -> Reminders:
    """Note that no reminder is shown any more."""
    return replace(reminders, shown_s=None)


def snooze(reminders: Reminders, rules: Rules) -> Reminders:
    """Note that the person wants none for a while, counted from the last reading."""
    until_s = (reminders.seen.latest_s or 0.0) + rules.snooze_s
    return replace(reminders, shown_s=None, snoozed_until_s=until_s)


def remember(reminders: Reminders, day: date, due: int) -> Reminders:
    """Add what was due on a day before the program started."""
    known = reminders.due_today if reminders.day == day else 0
    return replace(reminders, day=day, due_today=known + due)


def hindrance(reminders: Reminders, t_s: float, moment: Moment, rules: Rules) -> Hindrance | None:
    """Return why no reminder comes now, however low the rate; None when one may.

    Args:
        reminders: What is remembered.
        t_s: Monotonic time of the reading.
        moment: The rest it depends on.
        rules: When to remind.
    """
    if not rules.is_on:
        return Hindrance.OFF
    if moment.hindrance is not None:
        return moment.hindrance
    if t_s < reminders.snoozed_until_s:
        return Hindrance.SNOOZED
    if reminders.due_s is not None and t_s - reminders.due_s < rules.cool_down_s:
        return Hindrance.COOLING_DOWN
    due_today = reminders.due_today if reminders.day == moment.now.date() else 0
    return Hindrance.BUDGET_SPENT if due_today >= rules.daily_budget else None


def _is_over(shown_s: float, reading: Reading, moment: Moment, rules: Rules) -> bool:
    """Whether what is shown is to go: by a blink that began since, a bad moment or its age."""
    if any(closure.is_blink and closure.start_s >= shown_s for closure in reading.closures):
        return True
    if moment.hindrance is not None or reading.state in (State.PAUSED, State.LOCKED):
        return True
    return not rules.is_on or reading.t_s - shown_s >= rules.longest_shown_s


def _follow(reminders: Reminders) -> tuple[Reminders, tuple[Change, ...]]:
    """Return what came after the last reminder, once two minutes of it were seen."""
    at, after_per_min = reminders.followed, reminders.seen.rate_per_min(COMPARED_S)
    if at is None or after_per_min is None:
        return reminders, ()
    return replace(reminders, followed=None), (Followed(at, after_per_min),)


def _remind(
    reminders: Reminders, t_s: float, moment: Moment, rules: Rules
) -> tuple[Reminders, tuple[Change, ...]]:
    rate_per_min = reminders.seen.rate_per_min(rules.low_for_s)
    before_per_min = reminders.seen.rate_per_min(COMPARED_S)
    if rate_per_min is None or before_per_min is None:
        return reminders, ()
    if rate_per_min >= rules.threshold_per_min(moment.level_per_min):
        return reminders, ()
    if hindrance(reminders, t_s, moment, rules) is not None:
        return reminders, ()
    is_held_out = moment.bits < rules.holdout_share * 2**BITS
    day = moment.now.date()
    reminders = remember(
        replace(
            reminders,
            seen=lately.anew(reminders.seen),
            shown_s=None if is_held_out else t_s,
            due_s=t_s,
            followed=moment.now,
        ),
        day,
        1,
    )
    return reminders, (Due(moment.now, is_held_out, before_per_min),)
