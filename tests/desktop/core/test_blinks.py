"""Eye aspect ratios over time to closures."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waw_desktop.core.blinks import Eyes, advance, detect, kind_of, openness
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Kind

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
        ("lost long after it", [(4.0, 4.5)], 1),
        ("lost so long that it may be another person", [(3.5, 15.0)], 1),
    ],
)
def test_a_lost_face_hides_closures_and_makes_none(_case, unseen, count):
    """What began or ended unseen is no closure."""
    assert len(play(BLINK, seconds=18.0, unseen=unseen)) == count


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
    [("both eyes", 0.05, 0.05, 1), ("a wink", 0.05, 0.28, 0), ("one lags", 0.05, 0.15, 1)],
)
def test_a_wink_is_no_blink(_case, right, left, count):
    """Both eyes must close, the lesser at least 0.4 as far as the other."""
    times_s = [i / 30 for i in range(180)]
    eyes = [(right, left) if 3.0 <= t_s < 3.15 else (OPEN, OPEN) for t_s in times_s]
    samples = [Sample(t_s, (r + l) / 2, r, l) for t_s, (r, l) in zip(times_s, eyes, strict=True)]

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


@settings(max_examples=60)
@given(st.lists(ratios, min_size=40, max_size=150), st.sampled_from([12.0, 30.0, 90.0]))
def test_closures_are_in_order_and_settle(ears, rate_hz):
    """Whatever the signal, closures come in order and none starts before what is settled."""
    eyes, found, settled_s = Eyes(), [], float("-inf")
    for i, ear in enumerate(ears):
        eyes, closures = advance(eyes, Sample(i / rate_hz, ear))
        assert all(closure.start_s >= settled_s for closure in closures)
        assert eyes.settled_s >= settled_s
        settled_s = eyes.settled_s
        found += closures

    assert all(c.start_s <= c.peak_s <= c.end_s for c in found)
    assert all(earlier.peak_s < later.peak_s for earlier, later in pairwise(found))
