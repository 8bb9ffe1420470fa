"""The person's choices in one file, and which of them an administrator has made already."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from waw_desktop import config
from waw_desktop.config import BadSetting, Settings
from waw_desktop.core import preferences as choices
from waw_desktop.core.preferences import Preferences
from waw_desktop.host import files

FILE_NAME = "preferences.json"
_MANAGED_BY: Mapping[str, tuple[str, ...]] = {
    "server_url": ("WAW_SERVER_URL",),
    "source": ("WAW_SOURCE",),
    "account": ("WAW_EMAIL",),
    "duty_cycle_s": ("WAW_DUTY_CYCLE",),
    # Where no other is set for the battery, that of the mains is meant for both.
    "duty_cycle_on_battery_s": ("WAW_DUTY_CYCLE_ON_BATTERY", "WAW_DUTY_CYCLE"),
    "cpu_limit": ("WAW_CPU_LIMIT",),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found.

    Attributes:
        preferences: Each choice that can be used; the others have their defaults.
        unusable: Names of choices that cannot be used.
        set_aside: Where the file is now, if it was damaged; None if it was not.
    """

    preferences: Preferences
    unusable: tuple[str, ...] = ()
    set_aside: Path | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds, from the environment and then the person.

    Attributes:
        settings: For the rooms that are set by the environment.
        preferences: With what the environment says in place of the person's choice.
        managed: Names of the choices that are the environment's.
    """

    settings: Settings
    preferences: Preferences
    managed: frozenset[str]


def load(directory: Path) -> Loaded:
    """Return the choices; a damaged file is set aside, and all choices have their defaults.

    Raises:
        OSError: If there is a file that cannot be read, or not be set aside.
    """
    path = directory / FILE_NAME
    try:
        values = _read(path)
    except FileNotFoundError:
        return Loaded(Preferences())
    except ValueError:
        aside = path.with_suffix(".damaged.json")
        path.replace(aside)
        return Loaded(Preferences(), set_aside=aside)
    preferences, unusable = choices.from_values(values)
    try:
        if preferences.server_url:
            config.server_url(preferences.server_url)
    except BadSetting:
        preferences = replace(preferences, server_url="")
        unusable = (*unusable, "server_url")
    return Loaded(preferences, unusable)


def save(directory: Path, preferences: Preferences) -> None:
    """Keep all choices, whole or not at all; what a newer version keeps there stays.

    Raises:
        OSError: If the file cannot be written; the one before is as it was.
    """
    path = directory / FILE_NAME
    try:
        values = _read(path)
    except (FileNotFoundError, ValueError):
        values = {}
    text = json.dumps({**values, **choices.to_values(preferences)}, indent=2, ensure_ascii=False)
    files.write(path, text + "\n")


class Keeper:
    """Saves in threads that may overtake each other; what was wanted last is what is kept.

    work.run(window, keeper.keep(preferences), done, failed)
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self._latest = Preferences()

    def keep(self, preferences: Preferences) -> Callable[[], None]:
        """Return what saves them, or what is wanted by the time that it runs.

        It raises OSError if that is not possible.
        """
        self._latest = preferences

        def run() -> None:
            with self._lock:
                save(self._directory, self._latest)

        return run


def effective(
    settings: Settings, preferences: Preferences, environ: Mapping[str, str] = os.environ
) -> Effective:
    """Return what holds: a variable that is set wins over the person's choice.

    Args:
        settings: As read from the same environment.
        preferences: As loaded.
        environ: Only which variables are set is asked of it.
    """
    managed = frozenset(
        name
        for name, variables in _MANAGED_BY.items()
        if any(environ.get(variable, "").strip() for variable in variables)
    )
    holds = _merged(settings, preferences, managed)
    return Effective(_applied(settings, holds), holds, managed)


def _merged(settings: Settings, preferences: Preferences, managed: frozenset[str]) -> Preferences:
    said: dict[str, Any] = {
        "server_url": settings.server_url,
        "source": settings.source,
        "account": settings.email,
        "duty_cycle_s": settings.duty_cycle_s,
        "duty_cycle_on_battery_s": settings.duty_cycle_on_battery_s,
        "cpu_limit": settings.cpu_limit,
    }
    return replace(preferences, **{name: said[name] for name in managed})


def _applied(settings: Settings, holds: Preferences) -> Settings:
    on_battery_s = holds.duty_cycle_on_battery_s
    return replace(
        settings,
        server_url=holds.server_url or settings.server_url,
        source=settings.source if holds.source is None else holds.source,
        email=holds.account or settings.email,
        duty_cycle_s=holds.duty_cycle_s,
        duty_cycle_on_battery_s=holds.duty_cycle_s if on_battery_s is None else on_battery_s,
        cpu_limit=math.inf if holds.cpu_limit is None else holds.cpu_limit,
    )


def _read(path: Path) -> dict[str, object]:
    """Raises FileNotFoundError, or ValueError if it is no JSON object."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deeply") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path.name} is no JSON object")  # noqa: TRY004 - as for what is no JSON
    return values
