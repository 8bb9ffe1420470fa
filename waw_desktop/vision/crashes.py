"""A process that holds pictures leaves none behind when it crashes."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def leave_no_core() -> None:
    """Ask the system for no memory image of this process; on Windows none is made unasked.

    What a system collects instead (macOS' report, Linux' journal) holds call stacks alone.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has no such module

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_memory() -> None:
    """Let no other process of this person read this one's memory, on Linux; nor dump it.

    For the detector alone: a window that cannot be read is refused by the desktop's portals.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
