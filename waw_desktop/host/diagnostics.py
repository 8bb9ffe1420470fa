"""What helps whoever is asked for help: versions, states and counts, and nothing of the person.

The text is in English for whoever reads it, whichever language the window speaks.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from waw_desktop.core.last_hour import LastHour

_PACKAGES = ("PyQt6", "PyQt6-Qt6", "mediapipe", "opencv-python-headless", "numpy", "pyqtgraph")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the window knows.

    Attributes:
        version: Of WaW.
        qt_platform: Through which Qt shows windows: xcb, wayland, windows, cocoa.
        has_tray: Whether this desktop has a tray.
        cameras: How many there are; None if that cannot be told.
        hour: The last one.
        cpu_share: Of one core; None if it is not known yet.
        memory_bytes: Of all processes of the program.
        pending: Messages that wait to be sent.
        quarantined: Messages set aside.
        error_kinds: How often each kind of exception was noted since the program started.
    """

    version: str
    qt_platform: str
    has_tray: bool
    cameras: int | None
    hour: LastHour
    cpu_share: float | None
    memory_bytes: int
    pending: int
    quarantined: int
    error_kinds: Mapping[str, int]


def in_text(facts: Facts) -> str:
    """Return it a line each, for a letter or a report."""
    rate = facts.hour.frames_per_s()
    cpu = None if facts.cpu_share is None else f"{facts.cpu_share:.0%}"
    tray = "with a tray" if facts.has_tray else "without a tray"
    states = [f"{state}: {_span(seconds)}" for state, seconds in facts.hour.states_s().items()]
    errors = [f"{kind}: {count}" for kind, count in sorted(facts.error_kinds.items())]
    lines = [
        f"WaW {facts.version}",
        f"System: {platform.system()} {platform.release()}, {platform.machine()}",
        f"Python {platform.python_version()}, {', '.join(_versions())}",
        f"Windows: {facts.qt_platform}, {tray}",
        f"Cameras: {_known(facts.cameras)}",
        f"Last hour: {', '.join(states) or 'nothing'}",
        f"Frames a second: {_known(None if rate is None else f'{rate:.1f}')}",
        f"Processor: {_known(cpu)} of one core",
        f"Memory: {facts.memory_bytes / 2**20:.0f} MiB",
        f"Messages: {facts.pending} waiting, {facts.quarantined} set aside",
        f"Errors: {', '.join(errors) or 'none'}",
    ]
    return "\n".join(lines) + "\n"


def _versions() -> list[str]:
    """Return what is installed of the packages that matter; a frozen program may not know."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} unknown")
    return found


def _span(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def _known(value: object) -> str:
    return "unknown" if value is None else str(value)
