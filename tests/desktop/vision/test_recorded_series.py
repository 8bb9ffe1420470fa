"""The detector on what its own pipeline once measured: quick, and the same on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from waw_desktop.core import blinks
from waw_desktop.core.openness import Sample
from waw_desktop.vision import bench

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def recorded():
    """Return the recorded series by name."""
    return {each.name: each for each in bench.labelled(DATA)}


@pytest.mark.parametrize(
    ("name", "painted"), [("blinks.csv", 27), ("slow.csv", 26), ("distractions.csv", 0)]
)
def test_every_painted_closure_is_found_and_nothing_else(recorded, name, painted):
    """With a moving head in changing light, at 12 frames a second, and where nobody blinks."""
    score = recorded[name].score

    assert (score.tp, score.fp, score.fn) == (painted, 0, 0)


def test_only_both_eyes_tell_a_wink(recorded):
    """The mean of both ratios dips in a wink as it does in a partial blink."""
    samples = recorded["distractions.csv"].samples

    seen_as_one = list(blinks.detect(Sample(it.t_s, it.ear) for it in samples))

    assert len(seen_as_one) > 0
    assert list(blinks.detect(samples)) == []
