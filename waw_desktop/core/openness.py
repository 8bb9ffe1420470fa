"""Eye contours to eye aspect ratios, and a face's landmarks to where it looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Contour = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """How open the eyes were at one instant.

    Attributes:
        t_s: Time of the frame, in seconds; only differences matter.
        ear: Mean eye aspect ratio of both eyes, None while no usable face is seen.
        right: Eye aspect ratio of the person's right eye, None where unknown.
        left: Likewise of the left eye.
        yaw_deg: How far the head is turned, positive to the person's left, None where unknown.
        pitch_deg: How far it is raised, positive upwards, None where unknown.
    """

    t_s: float
    ear: float | None
    right: float | None = None
    left: float | None = None
    yaw_deg: float | None = None
    pitch_deg: float | None = None


def eye_aspect_ratio(contour_px: Contour) -> float:
    """Return the height of one eye over its width.

    Args:
        contour_px: Six points p1..p6 around the eye, shape (6, 2), in pixels.
            p1 and p4 are the corners; p2, p3 lie on the upper lid, p6, p5 on the lower.
            Normalized landmarks must be scaled by the frame size first: the ratio
            of unscaled ones is off by the frame's width over height.

    Returns:
        The eye aspect ratio, dimensionless, 0.0 for a closed eye.

    Raises:
        ValueError: If the shape is not (6, 2) or the two corners coincide.

    Source:
        Soukupová and Čech, Real-Time Eye Blink Detection using Facial Landmarks,
        CVWW 2016, equation 1.

    >>> open_eye = [[0, 0], [10, 5], [20, 5], [30, 0], [20, -5], [10, -5]]
    >>> round(eye_aspect_ratio(np.array(open_eye, dtype=float)), 3)
    0.333
    """
    if contour_px.shape != (6, 2):
        raise ValueError(f"expected six points, shape (6, 2), got {contour_px.shape}")
    p1, p2, p3, p4, p5, p6 = contour_px.tolist()
    width_px = math.dist(p1, p4)
    if width_px == 0:
        raise ValueError("the two corners of the eye coincide")
    return (math.dist(p2, p6) + math.dist(p3, p5)) / 2 / width_px


def head_pose(corners_px: NDArray[np.float64]) -> tuple[float, float]:
    """Return how far the head is turned and raised.

    Args:
        corners_px: Four points of the face, shape (4, 3), x right, y down and z away from
            the camera, in pixels: outer corner of the right eye, of the left eye, middle of
            the forehead, chin.

    Returns:
        Yaw and pitch in degrees: yaw is positive when the person turns to their own left,
        pitch when they look up. Both are 0 for a face seen straight on.

    >>> straight = np.array([[0, 0, 0], [80, 0, 0], [40, -60, 0], [40, 90, 0]], dtype=float)
    >>> head_pose(straight)
    (0.0, 0.0)
    """
    right, left, forehead, chin = corners_px.tolist()
    yaw = math.atan2(left[2] - right[2], math.dist(left[:2], right[:2]))
    pitch = math.atan2(forehead[2] - chin[2], math.dist(forehead[:2], chin[:2]))
    return math.degrees(yaw), math.degrees(pitch)
