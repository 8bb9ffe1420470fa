"""Whether the computer runs on its battery."""

from __future__ import annotations

import psutil


def is_on_battery() -> bool:
    """Whether there is a battery and no mains power; False where that cannot be told."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False
