"""Whether the eyes look as they did, told from the picture around them."""

from __future__ import annotations

import numpy as np
import pytest

from waw_desktop.vision.eyelids import Face
from waw_desktop.vision.stillness import Stillness

EYES = (250, 165, 395, 215)
FACE = Face()


def noisy(image, seed, deviation=6.0):
    noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def moved(image, pixels):
    return np.roll(image, pixels, axis=1)


def in_light(image, share):
    return (image * share).astype(np.uint8)


OPEN = FACE.with_lids(0.0, 0.0)


@pytest.mark.parametrize(
    ("_case", "image", "expected"),
    [
        ("the same", OPEN, True),
        ("the noise of a poor sensor", noisy(OPEN, seed=2), True),
        ("a pixel to the side", moved(OPEN, 1), True),
        ("shut", FACE.with_lids(1.0, 1.0), False),
        ("half shut", FACE.with_lids(0.5, 0.5), False),
        ("half shut, in noise", noisy(FACE.with_lids(0.5, 0.5), seed=3), False),
        ("the light went out", in_light(OPEN, 0.5), False),
        ("the head has moved on", moved(OPEN, 12), False),
    ],
)
def test_tells_a_change_from_noise(_case, image, expected):
    """Half of what a faint blink changes is a change."""
    stillness = Stillness()
    stillness.keep(noisy(OPEN, seed=1), EYES)

    assert stillness.holds(image) is expected


def test_a_dark_picture_is_judged_by_its_own_contrast():
    """At a quarter of the light a blink changes a quarter as much."""
    stillness = Stillness()
    stillness.keep(in_light(OPEN, 0.25), EYES)

    assert stillness.holds(in_light(OPEN, 0.25))
    assert not stillness.holds(in_light(FACE.with_lids(0.5, 0.5), 0.25))


def test_nothing_is_still_before_or_without_eyes():
    """What was not seen cannot be the same."""
    stillness = Stillness()
    assert not stillness.holds(OPEN)

    stillness.keep(OPEN, EYES)
    stillness.keep(OPEN, None)

    assert not stillness.holds(OPEN)


def test_a_camera_that_changes_its_resolution_has_changed():
    """The place of the eyes may lie outside of the new picture."""
    stillness = Stillness()
    stillness.keep(OPEN, EYES)

    assert not stillness.holds(OPEN[:120, :160])
