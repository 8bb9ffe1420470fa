"""Ten minutes at a glance, drawn seldom."""

from __future__ import annotations

import time

import pytest
from PyQt6.QtWidgets import QApplication, QLabel

from waw_desktop.core import recent as recents
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.ui import strip as view
from waw_desktop.ui import style
from waw_desktop.ui.strip import Strip
from waw_desktop.ui.style import Theme

BEGIN_S = 1000.0


def closure(at_s, kind=Kind.COMPLETE):
    return Closure(at_s - 0.1, at_s, at_s + 0.1, 0.9, kind)


def reading(t_s, state=State.TRACKING, closures=()):
    return Reading(t_s, state, None, closures, t_s)


def readings(seconds, hz=4):
    """A blink each three seconds, each fourth incomplete, a long closure each minute."""
    for number in range(seconds * hz):
        t_s = BEGIN_S + number / hz
        kind = Kind.LONG if number % (60 * hz) == 0 else None
        if kind is None and number % (3 * hz) == 0:
            kind = Kind.PARTIAL if number % (12 * hz) == 0 else Kind.COMPLETE
        yield reading(t_s, closures=() if kind is None else (closure(t_s, kind),))


@pytest.fixture
def strip(qtbot):
    strip = Strip()
    qtbot.addWidget(strip)
    return strip


@pytest.fixture
def drawn(strip, monkeypatch):
    """How long each drawing of the strip took, in seconds."""
    drawn: list[float] = []
    really = strip._plot.show_recent

    def counted(recent):
        began_s = time.perf_counter()
        really(recent)
        drawn.append(time.perf_counter() - began_s)

    monkeypatch.setattr(strip._plot, "show_recent", counted)
    return drawn


@pytest.fixture
def show(strip, drawn, qtbot):
    """Return a function that shows the strip with readings."""

    def show(so_many):
        for it in so_many:
            strip.take(it)
        strip.show()
        qtbot.waitUntil(lambda: bool(drawn))

    return show


def test_each_kind_has_its_shape(strip, show):
    show(readings(120))

    plot = strip._plot
    kinds = [it.kind for it in recents.within(strip.recent)]
    for item, kind, symbol in (
        (plot._complete, Kind.COMPLETE, "o"),
        (plot._partial, Kind.PARTIAL, "t1"),
    ):
        x, y = item.getData()
        assert len(x) == kinds.count(kind) > 5
        assert len(set(y)) == 1
        assert item.opts["symbol"] == symbol
        assert all(-600 <= at_s <= 0 for at_s in x)
    assert len(plot._long.opts["x0"]) == kinds.count(Kind.LONG) == 2
    assert len({plot._complete.getData()[1][0], plot._partial.getData()[1][0]}) == 2


def test_the_rate_and_what_was_not_seen(strip, show):
    away = [reading(BEGIN_S + 120 + number, State.NO_FACE) for number in range(30)]
    show([*readings(120), *away])

    x, y = strip._plot._rate.getData()
    assert (x[0], x[-1]) == pytest.approx((-144, 0), abs=1)
    assert y[-1] == pytest.approx(20, abs=3)
    assert strip._plot._unseen.opts["x0"] == pytest.approx([-600, -29], abs=1)
    assert strip._plot._unseen.opts["x1"] == pytest.approx([-149, 0], abs=1)


def test_it_is_said_in_words_too(strip, show):
    show(readings(120))

    said = "Last ten minutes: 38 blinks, of these incomplete: 8. Long closures: 2. Minutes seen: 2."
    assert said in [it.text() for it in strip.findChildren(QLabel)]
    assert strip._plot.accessibleDescription() == said


def test_nothing_yet_is_no_trouble(strip, drawn, qtbot):
    strip.show()
    qtbot.waitUntil(lambda: not strip._soon.isActive())

    assert drawn == []


def test_it_is_not_drawn_while_hidden(strip, drawn):
    for it in readings(60):
        strip.take(it)

    assert not strip._soon.isActive()
    assert drawn == []


def test_it_is_drawn_four_times_a_second_at_most(strip, drawn, show, qtbot):
    """However many closures there are; once in a second without one; never in between."""
    show(readings(60))
    t_s = BEGIN_S + 60

    for _number in range(300):
        strip.take(reading(t_s, closures=(closure(t_s),)))
        t_s += 0.001
    assert strip._soon.isActive()
    assert strip._soon.interval() == 250
    qtbot.waitUntil(lambda: not strip._soon.isActive())
    assert len(drawn) == 2

    strip.take(reading(t_s + 0.5))
    assert not strip._soon.isActive()
    strip.take(reading(t_s + 1.5))
    assert strip._soon.isActive()


def test_drawing_does_not_hold_up_the_window(strip, drawn, show):
    """Ten busy minutes; 20 ms is what it may take, ten times that on a busy machine."""
    show(readings(600, hz=8))
    began_s = time.perf_counter()

    strip.grab()

    assert max(drawn) < 0.2
    assert time.perf_counter() - began_s < 0.2


@pytest.mark.parametrize("highest, top", [(0, 30), (29, 30), (30, 40), (47.2, 50), (200, 210)])
def test_the_axis_makes_room_in_steps(strip, highest, top):
    strip._plot._fit(highest)

    assert strip._plot._top == top


@pytest.mark.parametrize("theme, greys", [(Theme.LIGHT, style.LIGHT), (Theme.DARK, style.DARK)])
def test_it_is_dressed_like_the_window(strip, theme, greys):
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.palette()
    strip.show()
    try:
        style.dress(app, theme)
        QApplication.processEvents()

        assert strip._plot.backgroundBrush().color().name() == greys.sheet
        assert strip._plot._rate.opts["pen"].color().name() == greys.text
    finally:
        app.setPalette(before)


def test_no_meaning_hangs_on_colour():
    """What the legend says are shapes."""
    assert view._COMPLETE_AT != view._PARTIAL_AT != view._LONG_AT
