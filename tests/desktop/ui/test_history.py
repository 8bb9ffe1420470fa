"""Looking back: what the disk has, in words, as a chart and as a table."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QPushButton

from waw_desktop.core.history import Minute, Scale, overview, period
from waw_desktop.ui import style
from waw_desktop.ui.history import HistoryPage
from waw_desktop.ui.rates import Rates, _ticks

VIENNA = ZoneInfo("Europe/Vienna")
TODAY = date(2026, 3, 4)
MIDDAY = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def minutes(at, count=60, blinks=12):
    return [
        Minute(UUID(int=number), at + number * MINUTE, 60_000, 60_000, blinks, 3, 0, 0, 2400)
        for number in range(count)
    ]


WEDNESDAY = minutes(MIDDAY - 3 * 60 * MINUTE)
WEEK = [it for day in range(4) for it in minutes(MIDDAY - day * DAY - 180 * MINUTE, 120, 12 + day)]


class Disk:
    """What is read, and how."""

    def __init__(self, minutes):
        self.minutes = minutes
        self.asked = []
        self.threads = set()
        self.may_answer = threading.Event()
        self.may_answer.set()

    def load(self, seen):
        """Answer when it may."""
        self.asked.append(seen)
        self.threads.add(threading.current_thread())
        self.may_answer.wait(5)
        if isinstance(self.minutes, Exception):
            raise self.minutes
        return overview(seen, self.minutes, MIDDAY, VIENNA)


@pytest.fixture
def open_page(qtbot):
    def open_(minutes):
        disk = Disk(minutes)
        page = HistoryPage(disk.load, lambda: TODAY)
        qtbot.addWidget(page)
        page.show()
        page.refresh()
        qtbot.waitUntil(lambda: bool(page._summary.text()))
        return page, disk

    return open_


def table(page):
    rows = page._table.rows
    return [
        tuple(rows.data(rows.index(row, column)) for column in range(rows.columnCount()))
        for row in range(rows.rowCount())
    ]


def press(qtbot, page, text):
    (button,) = (it for it in page.findChildren(QPushButton) if it.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(page, scale):
    page._scales.setCurrentIndex(list(Scale).index(scale))


def shown(qtbot, page, text):
    qtbot.waitUntil(lambda: text in page._title.text() + page._summary.text())


def test_a_day_in_words_and_figures(open_page):
    page, disk = open_page(WEDNESDAY)

    assert page._title.text() == "Wednesday, 4 March 2026"
    assert page._summary.text() == (
        "You blinked 12.0 times a minute, over 1 h 0 min in which your eyes were seen."
        " What is usual for you is not known yet; that takes some hours on three days."
        " 25 % of the blinks did not close the eye."
    )
    assert table(page)[0] == ("09:00", "12.0", "180", "25 %", "0", "15 min")
    assert len(table(page)) == 4
    assert threading.main_thread() not in disk.threads


def test_gaps_are_gaps(open_page):
    """In the chart no line, in the table no figure."""
    page, _disk = open_page([*WEDNESDAY[:15], *WEDNESDAY[45:]])

    assert [row[1] for row in table(page)] == [
        "12.0",
        "nothing measured",
        "nothing measured",
        "12.0",
    ]
    (curve,) = page._rates.getPlotItem().listDataItems()
    values = curve.yData
    assert len(values) == 96
    assert list(np.flatnonzero(~np.isnan(values))) == [36, 39]
    assert curve.opts["connect"] == "finite"


def test_a_moment_and_a_long_closure(open_page):
    """A few seconds are said to be few, and shut eyes are told of."""
    (one,) = minutes(MIDDAY, 1, blinks=0)
    page, _disk = open_page([replace(one, seen_ms=9000, long_closures=1)])

    assert page._summary.text() == (
        "You blinked 0.0 times a minute, over less than a minute in which your eyes were seen."
        " What is usual for you is not known yet; that takes some hours on three days."
        " Your eyes stayed shut for longer than a blink 1 time."
    )
    assert table(page) == [("12:00", "0.0", "0", "", "1", "less than a minute")]


def test_nothing_was_measured(open_page):
    page, _disk = open_page([])

    assert page._summary.text() == "Nothing was measured in this time."
    assert table(page) == []


def test_a_week_and_the_band(open_page, qtbot):
    page, _disk = open_page(WEEK)
    choose(page, Scale.WEEK)
    qtbot.waitUntil(lambda: len(table(page)) == 7)
    assert "That is usual for you: it is mostly between 12.0 and 15.0." in page._summary.text()

    assert [row[0] for row in table(page)][:2] == ["Sun 1 Mar", "Mon 2 Mar"]
    assert [row[1] for row in table(page)][:5] == [
        "15.0",
        "14.0",
        "13.0",
        "12.0",
        "nothing measured",
    ]
    band = [it for it in page._rates.getPlotItem().items if hasattr(it, "getRegion")]
    assert band[0].getRegion() == (12.0, 15.0)


@pytest.mark.parametrize(
    "blinks, words",
    [(5, "less than the"), (13, "usual for you: it is mostly"), (40, "more than the")],
)
def test_compared_with_oneself(open_page, blinks, words):
    page, _disk = open_page([*WEEK[120:], *minutes(MIDDAY - 30 * MINUTE, 10, blinks)])

    assert words in page._summary.text()


@pytest.mark.parametrize("scale, title", [(Scale.DAY, "3 March"), (Scale.MONTH, "February 2026")])
def test_back_and_forth(open_page, qtbot, scale, title):
    page, _disk = open_page(WEDNESDAY)
    choose(page, scale)

    press(qtbot, page, "Earlier")
    shown(qtbot, page, title)
    press(qtbot, page, "Later")
    shown(qtbot, page, "March 2026")
    assert not page._after.isEnabled()
    press(qtbot, page, "Earlier")
    press(qtbot, page, "Earlier")
    press(qtbot, page, "Today")

    shown(qtbot, page, "You blinked 12.0 times")
    assert page._wanted == period(scale, TODAY)


def test_from_a_month_to_a_day(open_page, qtbot):
    """Of the present month to today, of another to its first day."""
    page, _disk = open_page(WEDNESDAY)
    choose(page, Scale.MONTH)
    choose(page, Scale.DAY)
    assert page._wanted.first == TODAY

    choose(page, Scale.MONTH)
    press(qtbot, page, "Earlier")
    choose(page, Scale.DAY)

    assert page._wanted.first == date(2026, 2, 1)
    shown(qtbot, page, "Nothing was measured")


def test_who_goes_on_before_it_is_read_sees_the_later(open_page, qtbot):
    """Whichever is read first."""
    page, disk = open_page(WEDNESDAY)
    disk.may_answer.clear()
    press(qtbot, page, "Earlier")
    press(qtbot, page, "Today")
    disk.may_answer.set()
    qtbot.waitUntil(lambda: len(disk.asked) == 3)
    shown(qtbot, page, "You blinked")

    page._show(overview(period(Scale.DAY, TODAY - DAY), [], MIDDAY, VIENNA))

    assert table(page)[0][0] == "09:00"


def test_trouble_with_what_nobody_looks_at_any_more(open_page):
    page, _disk = open_page(WEDNESDAY)
    shown_before = page._summary.text()

    page._show_trouble(period(Scale.DAY, TODAY - DAY), OSError("the disk is gone"))

    assert page._summary.text() == shown_before


def test_a_history_that_cannot_be_read(open_page):
    page, _disk = open_page(OSError("the disk is gone"))

    assert page._summary.text() == "The history cannot be shown: the disk is gone."
    assert table(page) == []


def test_an_hour_that_comes_twice(qtbot):
    """When clocks go back."""
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    rows = [*minutes(first, 1), *minutes(first + 60 * MINUTE, 1)]
    day = period(Scale.DAY, date(2026, 10, 25))
    page = HistoryPage(lambda seen: overview(seen, rows, MIDDAY, VIENNA), lambda: day.first)
    qtbot.addWidget(page)
    page.refresh()
    shown(qtbot, page, "You blinked")

    assert [row[0] for row in table(page) if row[1] == "12.0"] == ["02:00", "02:00, second time"]


def test_all_of_it_with_the_keyboard(open_page, qtbot):
    """Tab reaches the scale, the steps and the table; arrows choose."""
    page, _disk = open_page(WEDNESDAY)
    page._scales.setFocus()
    qtbot.keyClick(page._scales, Qt.Key.Key_Right)
    assert page._wanted.scale is Scale.WEEK

    reached = []
    for _step in range(4):
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
        reached.append(page.focusWidget())
    qtbot.waitUntil(lambda: not page._after.isEnabled())
    assert reached == [page._before, page._now, page._table, page._scales]


def test_what_a_screen_reader_says(open_page):
    page, _disk = open_page(WEDNESDAY)

    names = [it.accessibleName() for it in (page._scales, page._rates, page._table)]
    assert all(names)
    assert page._summary.accessibleDescription() == "In words"
    assert page._table.rows.headerData(1, Qt.Orientation.Horizontal) == "Blinks a minute"
    assert page._table.rows.headerData(1, Qt.Orientation.Vertical) is None


def test_the_chart_follows_the_palette_and_the_direction(qtbot, qapp):
    chart = Rates()
    qtbot.addWidget(chart)
    chart.show_rates(["a", "b"], [12.0, None], None)
    style.dress(qapp, style.Theme.DARK)
    chart.changeEvent(QEvent(QEvent.Type.PaletteChange))
    assert chart.backgroundBrush().color().name() == style.DARK.sheet

    chart.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert chart.getViewBox().xInverted()
    style.dress(qapp, style.Theme.LIGHT)


@pytest.mark.parametrize(
    "count, places",
    [(0, []), (7, [*range(7)]), (96, [*range(0, 96, 12)]), (31, [*range(0, 31, 4)])],
)
def test_no_more_names_than_fit(count, places):
    assert [place for place, _name in _ticks(["x"] * count)] == places
