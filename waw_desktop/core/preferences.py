"""What the person chose, with a default for each choice.

    from_values({"theme": "dark", "cool_down_min": 0}) -> (preferences, ("cool_down_min",))

What is kept on disk is read choice by choice: one that cannot be used, perhaps of another version,
costs itself and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

LANGUAGES = ("system", "en", "de")
THEMES = ("system", "light", "dark")
BREAKS = ("off", "50/5", "20-20-20")
MOTIONS = ("system", "always")
ALL_THE_TIME_S = (60, 60)
REMINDER_AFTER_MIN = (2, 10)
COOL_DOWN_MIN = (2, 120)
REMINDERS_A_DAY = (1, 48)
_LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every choice of the person.

    Attributes:
        language: One of `LANGUAGES`.
        theme: One of `THEMES`.
        source: Camera number, file, address or portrait; None for the first camera.
        camera_name: What the camera chosen calls itself, to find it when numbers change.
        duty_cycle_s: How long to watch of how long.
        duty_cycle_on_battery_s: The same without mains power; None for no difference.
        cpu_limit: Share of one core that the detector may take; None for no limit.
        reminders_on: Whether to be reminded to blink.
        reminder_after_min: For how many minutes seen the rate is to be low.
        cool_down_min: From one reminder to the next at least.
        reminders_a_day: At most.
        quiet_from: Local time from which no reminder comes; None for no quiet hours.
        quiet_to: Local time until which none comes; before `quiet_from`, on the next day.
        breaks: One of `BREAKS`.
        holdout: Whether a part of the reminders is left out, to see what they change.
        start_at_login: Whether the program starts with the computer.
        closes_to_tray: Whether counting goes on when the window is closed, where there is a tray.
        reduced_motion: One of `MOTIONS`.
        server_url: Address of the server; empty for the one that is set.
        account: E-mail address; empty to do without an account.

    Raises:
        ValueError: If a choice cannot be used; the message names it.
    """

    language: str = "system"
    theme: str = "system"
    source: str | None = None
    camera_name: str = ""
    duty_cycle_s: tuple[int, int] = ALL_THE_TIME_S
    duty_cycle_on_battery_s: tuple[int, int] | None = None
    cpu_limit: float | None = None
    reminders_on: bool = True
    reminder_after_min: int = 3
    cool_down_min: int = 5
    reminders_a_day: int = 12
    quiet_from: time | None = None
    quiet_to: time | None = None
    breaks: str = "off"
    holdout: bool = False
    start_at_login: bool = False
    closes_to_tray: bool = True
    reduced_motion: str = "system"
    server_url: str = ""
    account: str = ""

    def __post_init__(self) -> None:
        for name, is_usable in _RULES.items():
            if not is_usable(getattr(self, name)):
                raise ValueError(f"{name}: {getattr(self, name)!r} cannot be used")
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet_from: quiet hours have a begin and an end")
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValueError("quiet_from: quiet hours that last a day are no reminders at all")


DEFAULTS: Mapping[str, object] = {field.name: field.default for field in fields(Preferences)}


def from_values(values: Mapping[str, object]) -> tuple[Preferences, tuple[str, ...]]:
    """Return the choices among what was kept, and the names of those that cannot be used.

    Args:
        values: As JSON has them; what is missing has its default, what is unknown is passed over.
    """
    choices: dict[str, Any] = {}
    unusable = []
    for name in DEFAULTS.keys() & values.keys():
        try:
            choice = _from_json(name, values[name])
        except ValueError:
            unusable.append(name)
            continue
        if _RULES[name](choice):
            choices[name] = choice
        else:
            unusable.append(name)
    try:
        preferences = Preferences(**choices)
    except ValueError:  # of two that belong together
        del choices["quiet_from" if "quiet_from" in choices else "quiet_to"]
        choices.pop("quiet_to", None)
        unusable += ["quiet_from", "quiet_to"]
        preferences = Preferences(**choices)
    return preferences, tuple(sorted(set(unusable)))


def to_values(preferences: Preferences) -> dict[str, object]:
    """Return every choice as JSON can have it."""
    return {name: _to_json(getattr(preferences, name)) for name in DEFAULTS}


def _from_json(name: str, value: object) -> object:
    """Raises ValueError if it is no time where one is expected."""
    if name in ("quiet_from", "quiet_to") and isinstance(value, str):
        return time.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def _to_json(choice: object) -> object:
    if isinstance(choice, time):
        return choice.isoformat("minutes")
    return list(choice) if isinstance(choice, tuple) else choice


def _one_of(*choices: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _whole(lowest: int, highest: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and lowest <= value <= highest


def _or_none(is_usable: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or is_usable(value)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _is_something(value: object) -> bool:
    return _is_text(value) and value != ""


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _is_cycle(value: object) -> bool:
    match value:
        case (int(watch_s), int(every_s)):
            return 60 <= watch_s <= every_s <= 24 * 60 * 60
        case _:
            return False


def _is_minute(value: object) -> bool:
    return isinstance(value, time) and value.tzinfo is None and value.second == 0


_RULES: Mapping[str, Callable[[object], bool]] = {
    "language": _one_of(*LANGUAGES),
    "theme": _one_of(*THEMES),
    "source": _or_none(_is_something),
    "camera_name": _is_text,
    "duty_cycle_s": _is_cycle,
    "duty_cycle_on_battery_s": _or_none(_is_cycle),
    "cpu_limit": _or_none(_is_share),
    "reminders_on": _is_flag,
    "reminder_after_min": _whole(*REMINDER_AFTER_MIN),
    "cool_down_min": _whole(*COOL_DOWN_MIN),
    "reminders_a_day": _whole(*REMINDERS_A_DAY),
    "quiet_from": _or_none(_is_minute),
    "quiet_to": _or_none(_is_minute),
    "breaks": _one_of(*BREAKS),
    "holdout": _is_flag,
    "start_at_login": _is_flag,
    "closes_to_tray": _is_flag,
    "reduced_motion": _one_of(*MOTIONS),
    "server_url": _is_text,
    "account": _is_text,
}
