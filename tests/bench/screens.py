"""An X11 screen of one's own, with a window manager and a tray, for as long as it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

PROGRAMS = ("Xvfb", "openbox", "trayer")
_END_WITHIN_S = 5.0


def missing() -> list[str]:
    """Return which programs this machine lacks for it."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def screen(size: str = "1280x900x24", *, has_tray: bool = True) -> Iterator[dict[str, str]]:
    """Give the environment under which windows open on it.

    Args:
        size: Width, height and depth in pixels and bits.
        has_tray: Whether there is a tray.
    """
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    number = _line(read)
    environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    others = [["openbox"], *([["trayer", "--edge", "bottom", "--width", "20"]] if has_tray else [])]
    started = [server]
    try:
        started.extend(map(partial(_start, environment), others))
        yield environment
    finally:
        for process in reversed(started):
            process.terminate()
            try:
                process.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(environment: dict[str, str], command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _line(descriptor: int) -> str:
    """Return what is told up to the end of the line, and close."""
    told = b""
    while (part := os.read(descriptor, 64)) and not (told := told + part).endswith(b"\n"):
        pass
    os.close(descriptor)
    return told.decode("ascii").strip()
