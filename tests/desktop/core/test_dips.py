"""Where a noisy ratio dips, and what each dip looks like."""

import pytest

from waw_desktop.core.dips import Point, Shape, Trace, advance, shape_of, since


def trace_of(ratios, rate_hz=10.0):
    trace, shapes = Trace(), list[Shape]()
    for i, ratio in enumerate(ratios):
        trace, completed = advance(trace, Point(i / rate_hz, ratio))
        shapes += completed
    return trace, shapes


OPEN = [1.0] * 15


@pytest.mark.parametrize(
    ("_case", "ratios", "troughs_s"),
    [
        ("nothing", [], []),
        ("open", OPEN, []),
        ("noise", [1.0, 0.9] * 8, []),
        ("lids that sink slowly", [1.0 - i / 60 for i in range(20)], []),
        ("one dip", [*OPEN, 0.2, *OPEN], [1.5]),
        ("a flicker just before does not hide it", [*OPEN, 0.85, 1.0, 0.2, *OPEN], [1.5, 1.7]),
        ("it must rise again", [*OPEN, 0.2], []),
        ("and be looked at a little longer", [*OPEN, 0.2, 1.0], []),
        ("a rise of a third is not enough", [*OPEN, 0.2, *[0.45] * 3, 0.1, *OPEN], [1.9]),
        ("half way up makes two", [*OPEN, 0.2, 0.6, 0.65, 0.3, *OPEN], [1.5, 1.8]),
        ("a slow fall is followed down", [*OPEN, 0.9, 0.8, 0.7, 0.2, *OPEN], [1.8]),
        ("what stays half down is a new height", [*OPEN, *[0.5] * 14, *OPEN], []),
        ("what stays shut is waited for", [*OPEN, *[0.2] * 14, *OPEN], [1.5]),
        ("also when it sinks on", [*OPEN, *[0.3 - i / 100 for i in range(14)], *OPEN], [2.8]),
        ("but not for ever", [*OPEN, *[0.2] * 70, *OPEN], []),
    ],
)
def test_finds_dips(_case, ratios, troughs_s):
    """A dip falls by 12 % at least and makes 40 % of that good."""
    _, shapes = trace_of(ratios)

    assert [shape.trough.t_s for shape in shapes] == pytest.approx(troughs_s)


def test_measures_a_dip():
    """Times are where the ratio crosses a level on its way, between two points."""
    (shape,) = trace_of([*OPEN, 0.6, 0.2, 0.6, 0.9, 0.9])[1]

    assert shape.start_s == pytest.approx(1.44)
    assert shape.end_s == pytest.approx(1.7 + 0.1 * 0.16 / 0.3)
    assert shape.width_s == pytest.approx(0.2 * 0.35 / 0.4)
    assert shape.prominence == pytest.approx(0.7)
    assert (shape.high, shape.usual, shape.trough.ratio) == (1.0, 1.0, 0.2)


def test_a_dip_from_lowered_lids_is_measured_from_there():
    """What the lids did half a second before the fall is no part of it."""
    sinking = [1.0 - i / 60 for i in range(30)] + [0.5] * 15

    (shape,) = trace_of([*sinking, 0.1, *[0.5] * 15], rate_hz=30)[1]

    assert (shape.high, shape.prominence) == (0.5, 0.4)


def test_a_blink_while_looking_down_is_found():
    """Lids that came to rest half way, higher than they will be shut, fall anew from there."""
    (shape,) = trace_of([*OPEN, *[0.5] * 8, 0.2, *[0.5] * 15])[1]

    assert (shape.trough.t_s, shape.high) == (pytest.approx(2.3), 0.5)


@pytest.mark.parametrize(("looked_down", "usual"), [(3, 1.0), (20, 0.5)])
def test_how_open_the_eyes_usually_are(looked_down, usual):
    """A look down that is long over, or short, is not what is usual; reading is."""
    (shape,) = trace_of([*OPEN, *[0.5] * looked_down, 0.1, *[0.5] * 15])[1]

    assert shape.usual == usual


def test_a_dip_at_the_very_start_has_nothing_before():
    """The eyes were open then."""
    points = [Point(0.0, 1.0), Point(0.1, 0.2), Point(0.2, 0.9)]

    assert shape_of(points[0], points[1], points).usual == 1.0


def test_a_top_that_is_forgotten_is_not_invented():
    """Of a fall that is out of memory, only what is remembered counts."""
    points = [Point(6.0, 0.2), Point(6.1, 0.1), Point(6.2, 0.9)]

    shape = shape_of(Point(0.0, 1.0), points[1], points)

    assert shape.start_s == pytest.approx(6.02)
    assert shape.prominence == pytest.approx(0.1)


def test_knows_where_the_oldest_dip_began():
    """Nothing that starts later is settled."""
    open_eyes, _ = trace_of(OPEN)
    closing, _ = trace_of([*OPEN, 0.2])
    reopened, _ = trace_of([*OPEN, 0.2, 1.0])

    assert Trace().oldest_s is None
    assert open_eyes.oldest_s == pytest.approx(1.4)
    assert closing.oldest_s == reopened.oldest_s == pytest.approx(1.4)


def test_since_drops_what_is_older():
    """The time itself is kept."""
    points = tuple(Point(float(t_s), 1.0) for t_s in range(5))

    assert since(points, 3.0) == points[3:]
    assert since(points, 9.0) == ()
