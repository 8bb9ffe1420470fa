"""Whether the eyes look as they did: a glance that costs a hundredth of a look."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from waw_desktop.core.watch import Box
from waw_desktop.vision.eyelids import Image

DIFFERENCE = 0.1
"""Half of what the faintest of 112 marked blinks changes, relative to the picture's contrast."""

_CELLS = (16, 6)  # means over so many pixels each that a sensor's noise hardly shows
_GREEN = 1


class Stillness:
    """Remembers the picture around the eyes, in memory and as 96 numbers."""

    def __init__(self) -> None:
        self._eyes: Box | None = None
        self._shape: tuple[int, ...] = ()
        self._kept: NDArray[np.float32] | None = None

    def keep(self, image: Image, eyes: Box | None) -> None:
        """Remember how the eyes look; None where there are none."""
        self._eyes, self._shape = eyes, image.shape
        self._kept = None if eyes is None else _cells(image, eyes)

    def holds(self, image: Image) -> bool:
        """Return whether they look so still; never where nothing is remembered."""
        if self._eyes is None or self._kept is None or image.shape != self._shape:
            return False
        change = np.abs(_cells(image, self._eyes) - self._kept).mean()
        return bool(change < DIFFERENCE * self._kept.std())


def _cells(image: Image, eyes: Box) -> NDArray[np.float32]:
    left, top, right, bottom = eyes
    around = image[top:bottom, left:right, _GREEN]
    return cv2.resize(around, _CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
