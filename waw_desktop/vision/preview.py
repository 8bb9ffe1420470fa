"""Whether the person looks at themselves, and the one picture that there then is.

    window  open, picture, picture, close        detector's child  while it is open:
    Preview <---------- Picture, memory only ----------------------  frame and mesh
            ----------- one bit: is it open? --------------------->

One preview serves every child of a tracker and every shift, so that it stays open across them.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import threading
from typing import Protocol

from waw_desktop.core.pictures import Picture
from waw_desktop.vision.crashes import leave_no_core


class Switch(Protocol):
    """One bit in memory that two processes share. Nobody waits for it, so no crash blocks it.

    Attributes:
        value: Whether pictures are wanted.
    """

    value: bool


class Preview:
    """The window's end. Any thread may call it."""

    def __init__(self) -> None:
        self.switch: Switch = multiprocessing.get_context("spawn").RawValue(ctypes.c_bool, False)  # noqa: FBT003 - RawValue takes the start value by place
        self._lock = threading.Lock()
        self._picture: Picture | None = None

    @property
    def is_open(self) -> bool:
        """Whether pictures are wanted."""
        return self.switch.value

    @property
    def picture(self) -> Picture | None:
        """The latest picture, None while closed and before the first."""
        with self._lock:
            return self._picture

    def open(self) -> None:
        """Ask for pictures. From now on this process leaves no memory image when it crashes."""
        leave_no_core()
        with self._lock:
            self.switch.value = True

    def close(self) -> None:
        """Ask for no more, and forget the latest."""
        with self._lock:
            self.switch.value = False
            self._picture = None

    def take(self, picture: Picture | None) -> None:
        """Let a picture take the place of the one before; one that comes too late is dropped."""
        with self._lock:
            if self.switch.value:
                self._picture = picture
