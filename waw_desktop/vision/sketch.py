"""Frames to small pictures, while the person looks at them."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2

from waw_desktop.core.pictures import Outlines, Picture
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.preview import Switch

# Less than the 64 KiB that a pipe of Linux holds: the detector never waits for the window.
_WIDEST_PX, _HIGHEST_PX = 256, 192
_EVERY_S = 0.095  # ten a second, less the jitter of a camera


class Sketcher:
    """Makes pictures of the frames it is shown, at most ten a second, while somebody wants them.

    Args:
        switch: Says whether.
        send: Takes the pictures.
    """

    def __init__(self, switch: Switch, send: Callable[[Picture], None]) -> None:
        self._switch = switch
        self._send = send
        self._sent_s = -math.inf

    def show(self, frame: Frame, outlines: Callable[[], Outlines | None]) -> None:
        """Take in the next frame.

        Args:
            frame: A frame that was looked at.
            outlines: Tells where its mesh lies; asked only if the frame is shown.
        """
        if not self._switch.value or frame.t_s - self._sent_s < _EVERY_S:
            return
        self._sent_s = frame.t_s
        self._send(sketch(frame, outlines()))


def sketch(frame: Frame, outlines: Outlines | None) -> Picture:
    """Return a frame as a picture of at most 256 by 192 pixels."""
    height_px, width_px = frame.image.shape[:2]
    scale = min(_WIDEST_PX / width_px, _HIGHEST_PX / height_px, 1.0)
    size_px = (max(1, round(scale * width_px)), max(1, round(scale * height_px)))
    grey = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, size_px, interpolation=cv2.INTER_AREA)
    return Picture(frame.t_s, *size_px, small.tobytes(), outlines)
