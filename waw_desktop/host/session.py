"""A clock that nobody sets, and the start of the machine that it counts from."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from uuid import uuid4


@cache
def boot_id() -> str:
    """Return what names the time base of `session_ms`.

    On Linux the id of the machine's present start, elsewhere one of this process.
    """
    if sys.platform == "linux":
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return str(uuid4())


def session_ms() -> int:
    """Return milliseconds on a clock that never steps.

    On Linux it counts from the start of the machine and runs on while it sleeps.
    """
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    return time.monotonic_ns() // 1_000_000
