"""The names of this computer's cameras, where its files tell them."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from waw_desktop.core.cameras import Camera

_DEVICES = Path("/sys/class/video4linux")


def named(devices: Path = _DEVICES) -> tuple[Camera, ...] | None:
    """Return the cameras in order of their numbers; no camera is opened for it.

    Only the first node of each device is one to capture from; the others carry metadata.

    Returns:
        None where the system is not Linux: there the window's toolkit has to be asked.
    """
    if not sys.platform.startswith("linux"):
        return None
    found = []
    for node in devices.glob("video*"):
        with suppress(OSError, ValueError):  # pulled out meanwhile
            if int((node / "index").read_text("utf-8")) == 0:
                number = int(node.name.removeprefix("video"))
                name = (node / "name").read_text("utf-8", "replace").strip()
                found.append(Camera(number, name or f"Camera {number}"))
    return tuple(sorted(found, key=lambda camera: camera.number))
