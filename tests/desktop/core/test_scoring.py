"""How well detected closures agree with marked ones."""

import pytest

from waw_desktop.core.scoring import Marked, Score, Span, score

MARKED = Marked(
    blinks=(Span(10, 15), Span(30, 35), Span(52, 53)),
    ignored=(Span(50, 60),),
    frames=Span(0, 99),
)


@pytest.mark.parametrize(
    ("_case", "detected", "tp", "fp", "fn"),
    [
        ("exact", [Span(10, 15), Span(30, 35)], 2, 0, 0),
        ("two frames early", [Span(5, 8)], 1, 0, 1),
        ("three frames early", [Span(5, 7)], 0, 1, 2),
        ("two frames late", [Span(17, 20)], 1, 0, 1),
        ("three frames late", [Span(18, 20)], 0, 1, 2),
        ("twice the same", [Span(10, 12), Span(13, 15)], 1, 1, 1),
        ("one over both hits one", [Span(10, 35)], 1, 0, 1),
        ("inside what is ignored", [Span(55, 57)], 0, 0, 2),
        ("outside what was looked at", [Span(100, 105)], 0, 0, 2),
        ("nothing", [], 0, 0, 2),
    ],
)
def test_matches_one_to_one(_case, detected, tp, fp, fn):
    """A hit shares a frame with the marked blink, give or take two."""
    found = score(detected, MARKED)

    assert (found.tp, found.fp, found.fn) == (tp, fp, fn)


def test_tells_how_far_off_the_hits_are():
    """Onset and end errors are medians over the hits."""
    found = score([Span(11, 15), Span(27, 39)], MARKED)

    assert (found.onset_error, found.end_error) == (2, 2)


def test_sums_over_clips():
    """Counts add up before any ratio is taken."""
    total = Score(tp=3, fp=1, onset_errors=(1,)) + Score(tp=1, fn=2, end_errors=(4,))

    assert total == Score(4, 1, 2, (1,), (4,))
    assert total.precision == 0.8
    assert total.recall == pytest.approx(4 / 6)
    assert total.f1 == pytest.approx(8 / 11)


def test_nothing_marked_and_nothing_found_is_no_mistake():
    """Empty clips cost nothing."""
    nothing = Score()

    assert (nothing.precision, nothing.recall, nothing.f1) == (1.0, 1.0, 1.0)
    assert nothing.onset_error is None
    assert nothing.end_error is None
