"""How much of the processor the detector may take, and what it leaves out to keep to that.

An account of processor time: what is allowed comes in, what was used goes out.

    account_s   1 ┬─ full ──────────── every frame
                0 ┼─ thin ──────────── as few as a blink needs, until half full again
              -2 ┴─ rest ──────────── none, until nothing is owed

Fewer frames than a blink needs would count wrongly, so below that whole stretches are left out
and said to be: they are not seen time. In the mean the ceiling is kept either way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

THIN_S = 0.084
"""Twelve frames a second and a camera's jitter, as `thrift.REST_S`."""

MOST_SAVED_S = 1.0
MOST_OWED_S = 2.0


class Effort(StrEnum):
    """How much is looked at."""

    FULL = "full"
    THIN = "thin"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What is remembered to keep to it.

    Attributes:
        share: Of one core, above 0; infinite for no ceiling.
        account_s: Processor time saved up; negative when owed.
        effort: How much is looked at now.
        t_s: When the account was last balanced.
        cpu_s: Processor time that had been used by then.
        arrived_s: When the latest frame came.
        passed_s: When the latest frame came that was let through.
    """

    share: float = math.inf
    account_s: float = MOST_SAVED_S
    effort: Effort = Effort.FULL
    t_s: float | None = None
    cpu_s: float = 0.0
    arrived_s: float = -math.inf
    passed_s: float = -math.inf


def balance(it: Ceiling, t_s: float, cpu_s: float) -> Ceiling:
    """Return what is remembered once time and processor time have gone by.

    Args:
        it: What was remembered before.
        t_s: Now.
        cpu_s: Processor time of the process since it began.
    """
    if it.share == math.inf or it.t_s is None:
        return replace(it, t_s=t_s, cpu_s=cpu_s)
    earned_s = it.share * max(t_s - it.t_s, 0.0)
    account_s = min(it.account_s + earned_s - (cpu_s - it.cpu_s), MOST_SAVED_S)
    return replace(
        it, account_s=account_s, effort=_effort(it.effort, account_s), t_s=t_s, cpu_s=cpu_s
    )


def admit(it: Ceiling, t_s: float) -> tuple[Ceiling, bool]:
    """Return what is remembered once a frame has come, and whether it may be looked at."""
    interval_s = t_s - it.arrived_s
    is_soon = t_s + interval_s - it.passed_s <= THIN_S
    is_let_through = it.effort is Effort.FULL or (it.effort is Effort.THIN and not is_soon)
    passed_s = t_s if is_let_through else it.passed_s
    return replace(it, arrived_s=t_s, passed_s=passed_s), is_let_through


def _effort(before: Effort, account_s: float) -> Effort:
    """Change the effort at the ends of a span, not at one value, so that it does not flicker."""
    if account_s <= -MOST_OWED_S or (before is Effort.REST and account_s < 0):
        return Effort.REST
    if account_s <= 0 or (before is not Effort.FULL and account_s < MOST_SAVED_S / 2):
        return Effort.THIN
    return Effort.FULL
