"""Pages, and who decides that the window closes."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from waw_desktop.ui.window import Window


@pytest.fixture
def window(qtbot):
    """A window of three pages, shown."""
    window = Window()
    qtbot.addWidget(window)
    for name in ("now", "history", "settings"):
        window.add_page(name, QLabel(name))
    window.show()
    return window


@pytest.fixture
def pages(window):
    """Its pages, in order."""
    return [window._page(row) for row in range(3)]


def test_the_first_page_is_in_front(pages):
    assert [label.isVisible() for label in pages] == [True, False, False]


@pytest.mark.parametrize("key, shown", [(Qt.Key.Key_2, 1), (Qt.Key.Key_3, 2), (Qt.Key.Key_1, 0)])
def test_a_digit_turns_to_a_page(window, pages, qtbot, key, shown):
    qtbot.waitActive(window)
    window.show_page(pages[(shown + 1) % 3])

    with qtbot.waitSignal(window.page_shown) as turned:
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)

    assert turned.args == [pages[shown]]
    assert pages[shown].isVisible()


def test_arrows_turn_pages_too(window, pages, qtbot):
    qtbot.keyClick(window._names, Qt.Key.Key_Down)

    assert pages[1].isVisible()


def test_a_page_can_be_brought_to_the_front(window, pages):
    window.show_page(pages[2])

    assert pages[2].isVisible()


def test_closing_is_asked_for_first(window, qtbot):
    with qtbot.waitSignal(window.close_wanted):
        window.close()
    assert window.isVisible()

    window.let_close()
    assert not window.isVisible()


def test_a_hidden_or_small_window_comes_forward(window):
    window.showMinimized()
    window.bring_forward()
    assert not window.isMinimized()

    window.hide()
    window.bring_forward()
    assert window.isVisible()
