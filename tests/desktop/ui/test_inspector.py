"""What will be sent is shown before it is, and what never will be, with the reason."""

from __future__ import annotations

import threading
from itertools import count

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QPushButton

from waw_desktop.core.outgoing import NOTHING, Outgoing, SetAside
from waw_desktop.ui.inspector import InspectorPage

REQUEST = '{\n  "query": "mutation SyncBlinks"\n}'
ASIDE = (
    SetAside(2, "INVALID seenMs: from 0 to durationMs", '{"seen_ms": 60001, "blinks": [1, 2]}'),
    SetAside(7, "damaged on disk", "gar\ufffdbage"),
    SetAside(8, "PAYLOAD_DIFFERS known with another content", "[]"),
    SetAside(9, "BAD_USER_INPUT", "{}"),
)
TEN_THOUSAND = tuple(SetAside(number, "damaged on disk", "{}") for number in range(10_000))


@pytest.fixture
def open_page(qtbot, tmp_path):
    def open_(outgoing, choose=None, export=None):
        page = InspectorPage(
            lambda: fail_or(outgoing), export or (lambda _file: None), choose or (lambda *_: None)
        )
        qtbot.addWidget(page)
        page.show()
        page.refresh()
        qtbot.waitUntil(lambda: bool(page._summary.text()))
        return page

    return open_


def fail_or(outcome):
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def press(qtbot, page, text):
    (button,) = (it for it in page.findChildren(QPushButton) if it.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def aside(page):
    rows = page._aside.rows
    return [
        tuple(rows.data(rows.index(row, column)) for column in range(rows.columnCount()))
        for row in range(rows.rowCount())
    ]


def test_the_next_request_word_for_word(open_page):
    page = open_page(Outgoing(REQUEST, 2, 12, ()))

    assert page._request.toPlainText() == REQUEST
    assert page._request.isReadOnly()
    assert page._summary.text().startswith(
        "This goes to the server next, and nothing else: 2 minutes of 12 that wait."
    )
    assert page._aside_summary.text() == "Nothing was set aside."
    assert not page._aside.isVisible()


def test_nothing_waits(open_page):
    page = open_page(NOTHING)

    assert page._summary.text() == "Nothing waits to be sent."
    assert not page._request.isVisible()
    assert not page._copy.isEnabled()


def test_what_was_set_aside_and_why(open_page):
    page = open_page(Outgoing(None, 0, 0, ASIDE))

    assert page._aside_summary.text().startswith("4 minutes will not be sent.")
    assert aside(page) == [
        ("2", "The server found a figure in it that cannot be.", ASIDE[0].reason),
        ("7", "It was damaged on this computer's disk.", ASIDE[1].reason),
        ("8", "The server has other figures for the same minute.", ASIDE[2].reason),
        ("9", "The server refused it.", ASIDE[3].reason),
    ]


@pytest.mark.parametrize(
    "row, shown", [(0, "seen_ms: 60001\nblinks: [1, 2]"), (1, "gar\ufffdbage"), (2, "[]")]
)
def test_what_one_of_them_holds(open_page, row, shown):
    page = open_page(Outgoing(None, 0, 0, ASIDE))

    page._aside.selectRow(row)
    assert page._payload.toPlainText() == shown

    page._aside.clearSelection()
    assert page._payload.toPlainText() == shown


def test_looking_again(qtbot):
    """The outbox empties meanwhile; what was chosen of it is gone from sight too."""
    answers = iter([Outgoing(REQUEST, 1, 1, ASIDE), NOTHING])
    page = InspectorPage(lambda: next(answers), lambda _file: None)
    qtbot.addWidget(page)
    page.refresh()
    qtbot.waitUntil(lambda: page._summary.text().startswith("This goes to the server next"))
    page._aside.selectRow(0)

    press(qtbot, page, "Look again")

    qtbot.waitUntil(lambda: page._summary.text() == "Nothing waits to be sent.")
    assert page._request.toPlainText() == page._payload.toPlainText() == ""


def test_copying(open_page, qtbot):
    page = open_page(Outgoing(REQUEST, 1, 1, ()))

    press(qtbot, page, "Copy the request")

    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == REQUEST
    assert page._told.text() == "The request is copied."


@pytest.mark.parametrize(
    "error, said",
    [
        (None, "Saved as {file}."),
        (FileNotFoundError(2, "No such file or directory"), "Nothing was saved: No such"),
    ],
)
def test_saving(open_page, qtbot, tmp_path, error, said):
    saved, threads = [], []

    def export(file):
        threads.append(threading.current_thread())
        saved.append(file)
        fail_or(error)

    file = tmp_path / "mine.json"
    page = open_page(NOTHING, lambda *_: file, export)

    press(qtbot, page, "Save all of it…")

    qtbot.waitUntil(lambda: page._told.text().startswith(said.format(file=file)))
    assert saved == [file]
    assert threads[0] is not threading.main_thread()


def test_not_saving(open_page, qtbot):
    page = open_page(NOTHING, lambda *_: None, lambda _file: pytest.fail("nobody wanted that"))

    press(qtbot, page, "Save all of it…")

    assert page._told.text() == ""


def test_an_outbox_that_cannot_be_read(open_page):
    page = open_page(OSError(13, "Permission denied"))

    assert page._summary.text() == "What waits to be sent cannot be read: Permission denied."
    assert page._aside_summary.text() == ""


def test_thousands_do_not_hold_up_the_window(open_page):
    """Only what is in sight is asked for."""
    page = open_page(Outgoing(REQUEST, 250, 10_000, TEN_THOUSAND))
    asked = count()
    rows = page._aside.rows
    data = rows.data
    rows.data = lambda *arguments: (next(asked), data(*arguments))[1]

    page._aside.scrollToBottom()
    page._aside.grab()

    assert page._aside_summary.text().startswith("10000 minutes will not be sent.")
    assert 0 < next(asked) < 2000


def test_what_a_screen_reader_says(open_page):
    page = open_page(Outgoing(REQUEST, 1, 1, ASIDE))

    assert all(it.accessibleName() for it in (page._request, page._aside, page._payload))
    assert all(it.accessibleDescription() for it in (page._summary, page._told))
