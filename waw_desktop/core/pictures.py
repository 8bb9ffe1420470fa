"""What the person may see of themselves while the preview is open. It is never kept."""

from __future__ import annotations

from dataclasses import dataclass, field

Line = tuple[tuple[float, float], ...]
"""A closed line through points, each (x, y) as shares of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Where the mesh lies.

    Attributes:
        right_eye: The edge of the lids of the person's right eye.
        left_eye: Likewise of the left.
        face: Around the face.
    """

    right_eye: Line
    left_eye: Line
    face: Line


@dataclass(frozen=True, slots=True)
class Picture:
    """One small picture. Its text shows nothing of it, so that no log ever does.

    Attributes:
        t_s: Monotonic time of the frame, in seconds.
        width_px: Its width.
        height_px: Its height.
        grey: One byte a pixel, row by row from the top.
        outlines: The mesh, None when no face was found.
    """

    t_s: float
    width_px: int
    height_px: int
    grey: bytes = field(repr=False)
    outlines: Outlines | None = field(repr=False)
