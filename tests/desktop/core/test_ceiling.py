"""The ceiling holds in the mean, and frames are dense or absent, never sparse."""

from itertools import pairwise

import pytest

from waw_desktop.core import ceiling as ceilings
from waw_desktop.core.ceiling import Ceiling, Effort

LONG_S = 600


def run(share, fps=30, look_s=0.008, fetch_s=0.0005, seconds=LONG_S):
    """Play a camera; return the processor time used, the looks, and the effort at each frame."""
    it, cpu_s, looks_s, efforts = Ceiling(share), 2.0, [], []
    for number in range(round(seconds * fps)):
        t_s = 100 + number / fps
        it = ceilings.balance(it, t_s, cpu_s)
        it, is_let_through = ceilings.admit(it, t_s)
        cpu_s += fetch_s + look_s * is_let_through
        efforts.append(it.effort)
        if is_let_through:
            looks_s.append(t_s)
    return cpu_s - 2.0, looks_s, efforts


def test_without_a_ceiling_everything_is_looked_at():
    """The account is not even kept."""
    _, looks_s, efforts = run(float("inf"))

    assert len(looks_s) == LONG_S * 30
    assert set(efforts) == {Effort.FULL}


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.15, 0.2, 0.5])
def test_the_ceiling_holds_and_no_look_is_too_late(share, fps):
    """In ten minutes the mean is kept to what may be owed; looks are dense or absent."""
    used_s, looks_s, efforts = run(share, fps)
    gaps_s = [later - earlier for earlier, later in pairwise(looks_s)]
    rests = sum(a is not b for a, b in pairwise(e is Effort.REST for e in efforts))

    assert used_s <= share * LONG_S + ceilings.MOST_SAVED_S + ceilings.MOST_OWED_S + 0.01
    assert len([gap_s for gap_s in gaps_s if gap_s > ceilings.THIN_S]) <= rests


@pytest.mark.parametrize(
    ("share", "efforts"),
    [
        (0.3, {Effort.FULL}),
        (0.2, {Effort.FULL, Effort.THIN}),
        (0.1, {Effort.FULL, Effort.THIN, Effort.REST}),
    ],
)
def test_only_what_must_be_is_left_out(share, efforts):
    """At 30 frames of 8.5 ms it needs 0.26 of a core, thinned 0.14."""
    assert set(run(share)[2]) == efforts


def test_where_fetching_alone_is_too_much_it_stays_at_rest():
    """It says so for good instead of counting from what it can get."""
    _, looks_s, efforts = run(0.01, fetch_s=0.001)

    assert set(efforts[-LONG_S:]) == {Effort.REST}
    assert looks_s[-1] < 120


def test_a_clock_that_steps_back_earns_nothing():
    """Times of two sources may not follow each other."""
    it = ceilings.balance(Ceiling(0.5), 100.0, 1.0)

    assert ceilings.balance(it, 50.0, 1.0).account_s == it.account_s
