"""Eye contours to eye aspect ratios, landmarks to where a face looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waw_desktop.core.openness import eye_aspect_ratio, head_pose

OPEN = np.array([[0, 0], [10, 5], [20, 5], [30, 0], [20, -5], [10, -5]], dtype=float)
STRAIGHT = np.array([[0, 0, 0], [80, 0, 0], [40, -60, 0], [40, 90, 0]], dtype=float)


@pytest.mark.parametrize(
    ("_case", "height", "ratio"),
    [("open", 1.0, 1 / 3), ("half", 0.5, 1 / 6), ("shut", 0.0, 0.0)],
)
def test_falls_with_the_lids(_case, height, ratio):
    """The ratio is proportional to how far the lids are apart."""
    assert eye_aspect_ratio(OPEN * [1, height]) == pytest.approx(ratio)


@settings(deadline=None)
@given(
    scale=st.floats(0.1, 50),
    turn=st.floats(0, 2 * np.pi),
    shift=st.floats(-1000, 1000),
)
def test_distance_and_tilt_do_not_matter(scale, turn, shift):
    """The same eye nearer, tilted or elsewhere has the same ratio."""
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

    moved = eye_aspect_ratio(OPEN @ rotation * scale + shift)

    assert moved == pytest.approx(1 / 3, rel=1e-6)


@pytest.mark.parametrize(
    ("contour", "message"),
    [
        (OPEN[:5], r"six points, shape \(6, 2\), got \(5, 2\)"),
        (OPEN * [0, 1], "corners of the eye coincide"),
    ],
)
def test_refuses_what_is_no_eye(contour, message):
    """Anything but six points with a width is refused."""
    with pytest.raises(ValueError, match=message):
        eye_aspect_ratio(contour)


@pytest.mark.parametrize(
    ("_case", "depth", "yaw_deg", "pitch_deg"),
    [
        ("straight on", (0, 0, 0, 0), 0, 0),
        ("turned to their left", (0, 80, 0, 0), 45, 0),
        ("turned to their right", (80, 0, 0, 0), -45, 0),
        ("looking up", (0, 0, 150, 0), 0, 45),
        ("looking down", (0, 0, 0, 150), 0, -45),
    ],
)
def test_tells_where_the_face_looks(_case, depth, yaw_deg, pitch_deg):
    """Whatever lies farther from the camera is turned away from it."""
    corners = STRAIGHT.copy()
    corners[:, 2] = depth

    assert head_pose(corners) == pytest.approx((yaw_deg, pitch_deg))
