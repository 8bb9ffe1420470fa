"""Eye aspect ratios over time to closures."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waw_desktop.core.blinks import Eyes, advance, detect, is_closure, kind_of, openness
from waw_desktop.core.dips import Point, Shape
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Closure, Kind

OPEN = 0.3


def lids(t_s, *falls):
    """Ratio at a time: each fall is (start, length, depth) with straight flanks of 60 ms."""
    closed = 0.0
    for start_s, lasts_s, depth in falls:
        inside_s = min(t_s - start_s, start_s + lasts_s - t_s)
        closed = max(closed, depth * min(max(inside_s / 0.06, 0.0), 1.0))
    return OPEN * (1 - closed)


def play(*falls, seconds=8.0, rate_hz=30.0, unseen=()):
    times_s = [i / rate_hz for i in range(int(seconds * rate_hz))]
    return list(detect(at(t_s, falls, unseen) for t_s in times_s))


def at(t_s, falls, unseen=()):
    is_lost = any(start_s <= t_s < end_s for start_s, end_s in unseen)
    return Sample(t_s, None if is_lost else lids(t_s, *falls))


BLINK = (3.0, 0.2, 0.8)


@pytest.mark.parametrize(
    ("_case", "falls", "kinds"),
    [
        ("open all along", [], []),
        ("a blink", [BLINK], [Kind.COMPLETE]),
        ("a blink within the first second", [(0.4, 0.2, 0.8)], [Kind.COMPLETE]),
        ("half way down", [(3.0, 0.2, 0.45)], [Kind.PARTIAL]),
        ("two blinks", [BLINK, (5.0, 0.2, 0.8)], [Kind.COMPLETE] * 2),
        ("two that run into each other", [BLINK, (3.18, 0.2, 0.8)], [Kind.COMPLETE] * 2),
        ("a long closure", [(3.0, 0.8, 0.8)], [Kind.LONG]),
        ("eyes shut", [(3.0, 2.0, 0.8)], [Kind.SHUT]),
        ("a look down", [(3.0, 1.5, 0.45)], []),
        ("a flutter of the lids", [(3.0, 0.2, 0.1)], []),
        ("shut at the start", [(-1.0, 1.5, 0.8)], []),
        ("shut at the end", [(7.5, 2.0, 0.8)], []),
    ],
)
def test_counts(_case, falls, kinds):
    """A closure is deep or quick, and seen to begin and to end."""
    assert [closure.kind for closure in play(*falls)] == kinds


@pytest.mark.parametrize(
    ("_case", "unseen", "count"),
    [
        ("lost before it", [(2.0, 2.5)], 1),
        ("lost while falling", [(2.9, 3.05)], 0),
        ("lost while shut", [(3.08, 3.12)], 0),
        ("lost before it reopens", [(3.12, 3.5)], 0),
        ("lost as soon as it is over", [(3.21, 3.6)], 1),
        ("lost long after it", [(4.0, 4.5)], 1),
        ("lost so long that it may be another person", [(3.5, 15.0)], 1),
    ],
)
def test_a_lost_face_hides_closures_and_makes_none(_case, unseen, count):
    """What began or ended unseen is no closure."""
    assert len(play(BLINK, seconds=18.0, unseen=unseen)) == count


def test_a_stall_of_the_camera_hides_closures():
    """Without frames for a quarter of a second nobody knows what the eyes did."""
    times_s = [i / 30 for i in range(240)]

    seen = detect(at(t_s, [BLINK]) for t_s in times_s if not 3.05 <= t_s < 3.4)

    assert list(seen) == []


def test_a_blink_just_before_the_end_counts():
    """What has reopened when the recording ends was seen to end."""
    assert len(play(BLINK, seconds=3.22)) == 1


def test_the_first_second_is_decided_at_its_end():
    """Until then nobody knows how open these eyes usually are."""
    eyes = Eyes()
    for i in range(60):
        eyes, closures = advance(eyes, at(i / 30, [(0.4, 0.2, 0.8)]))
        if closures:
            break

    assert i == 30


@pytest.mark.parametrize(("gap_s", "is_known"), [(9.0, True), (11.0, False)])
def test_a_person_is_forgotten_after_ten_seconds(gap_s, is_known):
    """Who comes back soon is the same person; later it may be somebody else."""
    eyes = Eyes()
    for i in range(61):
        eyes, _ = advance(eyes, Sample(i / 30, OPEN))

    eyes, _ = advance(eyes, Sample(2.0 + gap_s, OPEN))

    assert (eyes.baseline is not None) is is_known


def test_follows_a_person_who_leans_back():
    """A ratio that stays lower for six seconds is the new open eye."""
    eyes = Eyes()
    for i in range(400):
        sample = Sample(i / 30, OPEN if i < 200 else 0.8 * OPEN)
        eyes, _ = advance(eyes, sample)

    assert openness(eyes, sample) == 1.0


@pytest.mark.parametrize(
    ("_case", "prominence", "width_s", "trough", "usual", "agreement", "expected"),
    [
        ("small but quick", 0.25, 0.06, 0.75, 1.0, 0.0, True),
        ("the same from lowered lids", 0.25, 0.06, 0.25, 0.5, 0.0, False),
        ("half way and quick", 0.5, 0.1, 0.5, 1.0, 0.0, True),
        ("half way and slow", 0.4, 0.6, 0.5, 1.0, 0.0, False),
        ("shut and slow", 0.8, 0.6, 0.2, 1.0, 0.0, True),
        ("noise", 0.15, 0.03, 0.85, 1.0, 0.0, False),
        ("as small, both eyes alike", 0.15, 0.1, 0.85, 1.0, 0.9, True),
        ("as small, one eye more", 0.15, 0.1, 0.85, 1.0, 0.5, False),
        ("both eyes alike in a look down", 0.35, 0.5, 0.65, 1.0, 1.0, False),
        ("shut for long", 0.65, 5.0, 0.35, 1.0, 0.0, True),
    ],
)
def test_the_rule(_case, prominence, width_s, trough, usual, agreement, expected):
    """Quick or deep dips from open eyes are closures, small ones if both eyes agree."""
    high = trough + prominence
    shape = Shape(0, 1, width_s, Point(0.5, trough), prominence, high, usual, agreement)

    assert is_closure(shape) is expected


def test_reports_when_and_how_deep():
    """Start, peak and end lie where the lids fell, met and were open again."""
    (closure,) = play(BLINK)

    assert closure.start_s == pytest.approx(3.0, abs=0.034)
    assert closure.peak_s == pytest.approx(3.1, abs=0.05)
    assert closure.end_s == pytest.approx(3.2, abs=0.034)
    assert closure.completeness == 1.0


@pytest.mark.parametrize("rate_hz", [12.0, 15.0, 24.0, 30.0, 60.0, 120.0])
def test_rate_of_the_camera_does_not_matter(rate_hz):
    """The same eye gives the same blinks at any frame rate."""
    falls = [(1.7 + 1.37 * i, 0.2, 0.8) for i in range(20)]

    assert len(play(*falls, seconds=30.0, rate_hz=rate_hz)) == 20


@pytest.mark.parametrize(("rate_hz", "lost"), [(24.0, 0.1), (30.0, 0.2), (60.0, 0.4)])
def test_uneven_frames_do_not_matter(rate_hz, lost):
    """Frames that come early, late or never give the same blinks."""
    falls, choose = [(1.7 + 1.37 * i, 0.2, 0.8) for i in range(20)], Random(1)
    times_s = [(i + choose.uniform(-0.3, 0.3)) / rate_hz for i in range(int(30 * rate_hz))]
    kept_s = [t_s for t_s in times_s if choose.random() > lost]

    assert len(list(detect(at(t_s, falls) for t_s in kept_s))) == 20


def test_decides_within_150_ms_of_reopening():
    """Nobody waits for a count."""
    eyes = Eyes()
    for i in range(300):
        sample = at(i / 30, [BLINK])
        eyes, closures = advance(eyes, sample)
        if closures:
            break

    assert sample.t_s - 3.2 <= 0.15


@pytest.mark.parametrize(
    ("_case", "right", "left", "count"),
    [
        ("both eyes", 0.05, 0.05, 1),
        ("a wink", 0.05, 0.28, 0),
        ("one lags", 0.05, 0.15, 1),
        ("both a little", 0.25, 0.25, 1),
        ("one of them half as much", 0.235, 0.265, 0),
    ],
)
def test_a_wink_is_no_blink(_case, right, left, count):
    """Both eyes must close, the lesser at least 0.4 as far, more in a small closure."""
    times_s = [i / 30 for i in range(180)]
    eyes = [(right, left) if 3.0 <= t_s < 3.15 else (OPEN, OPEN) for t_s in times_s]
    samples = [Sample(t_s, sum(ears) / 2, *ears) for t_s, ears in zip(times_s, eyes, strict=True)]

    assert len(list(detect(samples))) == count


@pytest.mark.parametrize(
    ("lasted_s", "completeness", "kind"),
    [
        (0.5, 0.8, Kind.COMPLETE),
        (0.5, 0.79, Kind.PARTIAL),
        (0.51, 0.79, Kind.LONG),
        (1.0, 1.0, Kind.LONG),
        (1.01, 1.0, Kind.SHUT),
    ],
)
def test_kinds(lasted_s, completeness, kind):
    """Half a second divides blinks from long closures, a second these from shut eyes."""
    assert kind_of(lasted_s, completeness) is kind


@pytest.mark.parametrize(("ear", "expected"), [(0.3, 1.0), (0.4, 1.0), (0.0, 0.0), (None, None)])
def test_openness_is_of_this_person(ear, expected):
    """Openness runs from shut to this person's open eye."""
    eyes = Eyes(baseline=0.3)

    assert openness(eyes, Sample(1.0, ear)) == expected


def test_openness_is_unknown_at_first():
    """Nobody's open eye is known before a second has been seen."""
    eyes, _ = advance(Eyes(), Sample(0.0, 0.3))

    assert openness(eyes, Sample(0.0, 0.3)) is None


ratios = st.one_of(st.none(), st.floats(0, 0.5))


@settings(max_examples=60, deadline=None)
@given(st.lists(ratios, min_size=40, max_size=150), st.sampled_from([12.0, 30.0, 90.0]))
def test_closures_are_in_order_and_settle(ears, rate_hz):
    """Whatever the signal, closures come in order and none starts before what is settled."""
    eyes, found, settled_s = Eyes(), list[Closure](), float("-inf")
    for i, ear in enumerate(ears):
        eyes, closures = advance(eyes, Sample(i / rate_hz, ear))
        assert all(closure.start_s >= settled_s for closure in closures)
        assert eyes.settled_s >= settled_s
        settled_s = eyes.settled_s
        found += closures

    assert all(c.start_s <= c.peak_s <= c.end_s for c in found)
    assert all(earlier.peak_s < later.peak_s for earlier, later in pairwise(found))
