"""Which frames are looked at, and which of those that waited are looked at after all."""

from __future__ import annotations

from itertools import pairwise

import pytest

from waw_desktop.core import thrift
from waw_desktop.core.openness import Sample

OPEN = 0.30


def looked_at(ears, fps):
    """Return the numbers of the frames that were looked at, at once or after all."""
    samples = [Sample(number / fps, ear) for number, ear in enumerate(ears)]
    return [round(sample.t_s * fps) for sample in thrift.spared(samples)]


@pytest.mark.parametrize(
    ("_case", "fps", "share"),
    [
        ("a slow camera: each frame is needed", 12, 1.0),
        ("a slow camera: each frame is needed", 15, 1.0),
        ("every other", 24, 0.5),
        ("every other", 25, 0.5),
        ("every other", 30, 0.5),
        ("every fifth", 60, 0.2),
        ("every tenth", 120, 0.1),
    ],
)
def test_eyes_that_stay_open_are_looked_at_twelve_times_a_second(_case, fps, share):
    """Never less often than a blink needs, and not much more."""
    looked = looked_at([OPEN] * (20 * fps), fps)

    calm = [number for number in looked if number >= fps]
    assert len(calm) / (19 * fps) == pytest.approx(share, abs=0.01)
    assert max(b - a for a, b in pairwise(calm)) / fps <= thrift.REST_S


@pytest.mark.parametrize("fps", [24, 25, 30, 60, 120])
@pytest.mark.parametrize("start", range(6))
def test_a_blink_is_looked_at_whole(fps, start):
    """From the frame before its first to the one after its last, wherever it falls."""
    first = 3 * fps + start
    closed = range(first, first + round(0.1 * fps))
    ears = [0.08 if number in closed else OPEN for number in range(5 * fps)]

    looked = set(looked_at(ears, fps))

    assert set(closed) <= looked
    assert {first - 1, closed[-1] + 1} <= looked


def glanced_at(ears, fps):
    """Return the numbers of the frames that were looked at, where the picture tells a change."""
    it, looked, waiting, kept = thrift.Thrift(), [], [], None
    for number, ear in enumerate(ears):
        it, may_wait = thrift.arrive(it, number / fps, is_still=ear == kept)
        if may_wait:
            waiting.append(number)
            continue
        it, matters = thrift.look(it, Sample(number / fps, ear))
        looked += [*waiting, number] if matters else [number]
        kept, waiting = ear, []
    return looked


@pytest.mark.parametrize(("fps", "share"), [(12, 0.5), (15, 1 / 3), (30, 1 / 6), (60, 1 / 12)])
def test_a_picture_that_stays_the_same_is_looked_at_five_times_a_second(fps, share):
    """And at any rate often enough for the eyes to count as seen."""
    looked = glanced_at([OPEN] * (20 * fps), fps)

    calm = [number for number in looked if number >= fps]
    assert len(calm) / (19 * fps) == pytest.approx(share, abs=0.01)
    assert max(b - a for a, b in pairwise(calm)) / fps <= thrift.STILL_REST_S


@pytest.mark.parametrize("fps", [12, 15, 30, 60])
@pytest.mark.parametrize("start", range(12))
def test_a_blink_ends_the_stillness(fps, start):
    """It is looked at from the frame before its first, wherever it falls."""
    first = 3 * fps + start
    closed = range(first, first + max(round(0.1 * fps), 1))
    ears = [0.08 if number in closed else OPEN for number in range(5 * fps)]

    looked = set(glanced_at(ears, fps))

    assert {first - 1, *closed, closed[-1] + 1} <= looked


def test_noise_does_not_stir():
    """A ratio that trembles by five percent is calm."""
    ears = [OPEN * (1.02 if number % 3 else 0.98) for number in range(600)]

    assert len(looked_at(ears, 30)) < 0.55 * len(ears)


def test_where_nobody_is_four_looks_a_second_do():
    """After two seconds without a face."""
    looked = looked_at([OPEN] * 60 + [None] * 600, 30)

    away = [number for number in looked if number > 60 + 2.5 * 30]
    assert len(away) / ((660 - away[0]) / 30) == pytest.approx(4, abs=0.4)


def test_a_face_that_returns_is_noticed_and_then_followed():
    """Within a quarter second, and from then on as often as any."""
    ears = [OPEN] * 60 + [None] * 300 + [OPEN] * 30

    looked = looked_at(ears, 30)

    returned = next(number for number in looked if number >= 360)
    assert returned - 360 <= thrift.AWAY_REST_S * 30
    after = [number for number in looked if number >= returned]
    assert max(b - a for a, b in pairwise(after)) / 30 <= thrift.REST_S


def test_what_went_just_before_the_face_is_looked_at():
    """The frames that waited before a face was lost may hold the end of a blink."""
    looked = looked_at([OPEN] * 91 + [None] * 5, 30)

    assert set(range(90, 96)) <= set(looked)
