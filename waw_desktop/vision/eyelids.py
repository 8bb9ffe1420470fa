"""A real face whose eyelids can be painted shut.

The face is the portrait of Eileen Collins (NASA, public domain) that scikit-image
carries as `astronaut.png`. The file is read out of the installed wheel; scikit-image
itself is never imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files

import cv2
import numpy as np
from numpy.typing import NDArray

from waw_desktop.vision.quiet import native_stderr_closed

Image = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 640, 480
FACE_CENTRE_PX = (320.0, 240.0)
_CROP = (slice(19, 229), slice(85, 365))
_LEVELS = 24

# Upper and lower lid of each eye from corner to corner, (x, y) in pixels of the crop
# scaled to 640 x 480, as MediaPipe's mesh finds them: landmarks 33 .. 133 and 362 .. 263.
_RIGHT_UPPER = (
    (252.7, 187.5), (254.7, 185.8), (257.2, 183.9), (262.0, 181.6), (270.0, 180.5),
    (278.1, 181.7), (286.1, 185.7), (291.9, 190.9), (294.5, 194.2),
)  # fmt: skip
_RIGHT_LOWER = (
    (252.7, 187.5), (255.5, 190.6), (258.7, 192.8), (263.7, 194.8), (271.5, 196.1),
    (279.4, 195.8), (287.0, 195.0), (292.1, 194.7), (294.5, 194.2),
)  # fmt: skip
_LEFT_UPPER = (
    (347.7, 197.0), (350.7, 194.1), (357.2, 189.5), (365.6, 186.1), (374.2, 185.4),
    (382.5, 187.3), (387.2, 190.4), (389.7, 192.8), (391.4, 194.9),
)  # fmt: skip
_LEFT_LOWER = (
    (347.7, 197.0), (350.2, 197.8), (355.3, 198.5), (362.9, 200.0), (370.8, 201.0),
    (378.8, 200.7), (384.2, 199.5), (388.0, 197.7), (391.4, 194.9),
)  # fmt: skip


class PortraitMissing(Exception):
    """scikit-image, which carries the portrait, is not installed."""


@dataclass(frozen=True, slots=True)
class _Eye:
    """The patches that replace one eye, from open to shut."""

    rows: slice
    columns: slice
    patches: tuple[Image, ...]


class Face:
    """The portrait, with each eye as far closed as asked."""

    def __init__(self) -> None:
        self._open = read_portrait()
        self._eyes = (
            _paint_eye(self._open, _RIGHT_UPPER, _RIGHT_LOWER),
            _paint_eye(self._open, _LEFT_UPPER, _LEFT_LOWER),
        )

    def with_lids(self, right: float, left: float) -> Image:
        """Return a fresh frame whose eyes are closed so far.

        Args:
            right: The person's right eye, 0.0 open to 1.0 shut.
            left: The person's left eye, likewise.

        Returns:
            BGR, shape (480, 640, 3).
        """
        frame = self._open.copy()
        for eye, closed in zip(self._eyes, (right, left), strict=True):
            frame[eye.rows, eye.columns] = eye.patches[round(closed * _LEVELS)]
        return frame


def read_portrait() -> Image:
    """Return the face, BGR, shape (480, 640, 3).

    Raises:
        PortraitMissing: If scikit-image is not installed.
    """
    try:
        found = [file for file in files("scikit-image") or () if file.name == "astronaut.png"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise PortraitMissing("the portrait needs scikit-image, which is not installed")
    encoded = np.frombuffer(found[0].read_binary(), np.uint8)
    with native_stderr_closed():  # libpng finds fault with the file's colour profile
        portrait = cv2.imdecode(encoded, cv2.IMREAD_COLOR)[_CROP]
    scaled = cv2.resize(portrait, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    return scaled.astype(np.uint8)


def _paint_eye(
    frame: Image, upper: tuple[tuple[float, float], ...], lower: tuple[tuple[float, float], ...]
) -> _Eye:
    """Paint one eye at every level; the patches reach a lid's height beyond it."""
    (x, upper_y), (_, lower_y) = np.array(upper).T, np.array(lower).T
    height_px = float((lower_y - upper_y).max())
    columns = slice(int(x.min()), int(x.max()) + 1)
    rows = slice(int(upper_y.min() - height_px), int(lower_y.max() + height_px))
    across = np.arange(columns.start, columns.stop)
    lids = np.array([np.interp(across, *np.array(lid).T) - rows.start for lid in (upper, lower)])
    eye = frame[rows, columns].astype(np.float32)
    levels = np.linspace(0, 1, _LEVELS + 1)
    return _Eye(rows, columns, tuple(_close(eye, lids, height_px, level) for level in levels))


def _close(
    eye: NDArray[np.float32], lids: NDArray[np.float64], height_px: float, closed: float
) -> Image:
    """Draw skin from above the eye down to the lid's new edge, and lashes along it.

    The skin blends from the colour above the eye to the colour below it, column by column.
    """
    if closed == 0:
        return eye.astype(np.uint8)
    upper, lower = lids
    edge = upper + closed * (lower - upper)
    columns = np.arange(eye.shape[1])
    above = eye[(upper - 0.42 * height_px).astype(int), columns]
    below = eye[(lower + 0.48 * height_px).astype(int), columns]
    y = np.arange(eye.shape[0])[:, None]
    top = upper - 0.35 * height_px
    share = np.clip((y - top) / np.maximum(1, lower - top), 0, 1)[..., None]
    covered = ((y >= top) & (y <= edge)).astype(np.float32)
    covered = cv2.GaussianBlur(covered, (5, 5), 0)[..., None]
    painted = eye * (1 - covered) + (above * (1 - share) + below * share) * covered
    lashes = np.zeros(eye.shape[:2], np.float32)
    line = np.stack([columns, edge], axis=1).astype(np.int32)
    cv2.polylines(lashes, [line], isClosed=False, color=(1.0,), thickness=2)
    dark = 0.75 * cv2.GaussianBlur(lashes, (3, 3), 0)[..., None]
    return np.asarray(np.clip(painted * (1 - dark), 0, 255), np.uint8)
