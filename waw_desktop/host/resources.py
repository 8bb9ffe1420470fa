"""What WaW itself takes of this computer: processor, memory, and an estimate of the energy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

WATTS_PER_BUSY_CORE = 5.0
"""An assumption: a notebook's processor of 15 W shared by three busy cores. Machines differ by
a factor of two or more either way, so what is derived from it is an order of magnitude."""

_SUPPLIES = Path("/sys/class/power_supply")

Times = dict[tuple[int, float], float]


@dataclass(frozen=True, slots=True)
class Usage:
    """What all processes of this program took since the look before.

    Attributes:
        cpu_share: Of one core, 1.0 is all of it; None at the first look.
        memory_bytes: At present; pages shared with others by their part where the system tells.
        estimated_w: Processor time times `WATTS_PER_BUSY_CORE`; None at the first look.
        battery_w: What the whole computer draws from its battery, as that reports it; None on
            mains and where it does not say.
    """

    cpu_share: float | None
    memory_bytes: int
    estimated_w: float | None
    battery_w: float | None


class Meter:
    """Looks at this process and its children. Not for two threads at a time."""

    def __init__(self) -> None:
        self._looked_s = 0.0
        self._times: Times | None = None

    def read(self) -> Usage:
        """Return what was taken since the look before; it takes some milliseconds."""
        now_s = time.monotonic()
        memory_bytes, times = 0, Times()
        for process in _family():
            with suppress(psutil.NoSuchProcess):  # ended meanwhile
                key, cpu_s, held_bytes = _look(process)
                times[key] = cpu_s
                memory_bytes += held_bytes
        share = None if self._times is None else _used_s(self._times, times)
        if share is not None:
            share /= max(now_s - self._looked_s, 1e-3)
        self._looked_s, self._times = now_s, times
        watts = None if share is None else share * WATTS_PER_BUSY_CORE
        return Usage(share, memory_bytes, watts, battery_w())


def battery_w(supplies: Path = _SUPPLIES) -> float | None:
    """Return what is drawn from the batteries, in watts; None unless one says it is discharged."""
    drawn_w = [_drawn_w(supply) for supply in sorted(supplies.glob("*"))]
    known_w = [it for it in drawn_w if it is not None]
    return sum(known_w) if known_w else None


def held_bytes(process: psutil.Process) -> int:
    """Return the memory of a process, each shared page by its part.

    Of one that may not be looked into, as the detector unless root asks, and where the system
    does not tell: all that it touches.
    """
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    return int(getattr(full, "pss", full.rss))


def _family() -> Iterator[psutil.Process]:
    own = psutil.Process()
    yield own
    yield from own.children(recursive=True)


def _look(process: psutil.Process) -> tuple[tuple[int, float], float, int]:
    with process.oneshot():
        times = process.cpu_times()
        key = (process.pid, process.create_time())
        return key, times.user + times.system, held_bytes(process)


def _used_s(before: Times, now: Times) -> float:
    """Return the processor time between two looks; a process that is new used all it has."""
    return sum(cpu_s - before.get(key, 0.0) for key, cpu_s in now.items())


def _drawn_w(supply: Path) -> float | None:
    """Return what one battery gives, from the kernel's figures in millionths; None if none."""
    if _text(supply / "type") != "Battery" or _text(supply / "status") != "Discharging":
        return None
    power_uw = _number(supply / "power_now")
    if power_uw is not None:
        return abs(power_uw) / 1e6
    current_ua, voltage_uv = _number(supply / "current_now"), _number(supply / "voltage_now")
    if current_ua is None or voltage_uv is None:
        return None
    return abs(current_ua) / 1e6 * voltage_uv / 1e6


def _number(file: Path) -> int | None:
    with suppress(ValueError):
        return int(_text(file))
    return None


def _text(file: Path) -> str:
    with suppress(OSError):
        return file.read_text("utf-8", "replace").strip()
    return ""
