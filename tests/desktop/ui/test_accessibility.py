"""The whole window by keyboard, by screen reader, in larger letters and from right to left."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QWidget,
)

from tests.desktop.test_desktop import Detector, made_desktop, quit_and_wait
from tests.desktop.ui.test_first_run import ALICE, SERVER, World, begin
from waw_desktop.ui import language, sign_in
from waw_desktop.ui.deletion import DeletionDialog
from waw_desktop.ui.first_run import Calls, FirstRunDialog

MOST_STEPS = 200
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
)


@pytest.fixture(autouse=True)
def restored(qapp):
    """Whatever font and direction a test had, the next one begins as usual."""
    font, direction = qapp.font(), qapp.layoutDirection()
    yield
    qapp.setFont(font)
    qapp.setLayoutDirection(direction)


@pytest.fixture
def make_window(qtbot, tmp_path):
    """Make a window after a minute of blinks; each of its pages has been shown and is filled."""
    made = []

    def make():
        it = made_desktop(tmp_path, Detector(blinks=70, every_s=1.0))
        made.append(it)
        it.open()
        qtbot.waitUntil(lambda: it.now._count.text() == "70")
        for _area in shown(it.window):
            pass
        qtbot.waitUntil(lambda: it.own.history._table.rows.rowCount() > 0)
        qtbot.waitUntil(lambda: it.own.inspector._request.toPlainText() != "")
        qtbot.waitUntil(lambda: it.reminders.page._verdict.text() != "")
        qtbot.waitUntil(lambda: it.camera.picker._box.count() > 0)
        boxes = it.accounts.agreements._boxes.values()
        qtbot.waitUntil(lambda: all(box.button.isEnabled() for box in boxes))
        it.window._names.setCurrentRow(0)
        return it.window

    yield make
    for it in made:
        quit_and_wait(it, qtbot)


@pytest.fixture
def make_dialog(qtbot):
    """Make one of the dialogs."""
    made = []  # or they would go as soon as a test has what it looks for in them

    def make(name):
        dialog = DeletionDialog(3) if name == "deletion" else first_run()
        made.append(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        if name in ("account", "camera"):
            begin(qtbot, dialog, with_account=name == "account")
        return dialog

    yield make
    made.clear()


def first_run():
    """Return the dialog of the first run, of a world in which all goes well."""
    world = World()
    calls = Calls(world.agree, sign_in.Calls(world.sign_in, world.sign_in), world.watch)
    return FirstRunDialog(SERVER, ALICE, language.spoken(), calls)


DIALOGS = pytest.mark.parametrize("name", ["welcome", "account", "camera", "deletion"])


def shown(window):
    """Bring each page to the front, and return what it can be scrolled in."""
    for row in range(window._pages.count()):
        window._names.setCurrentRow(row)
        QApplication.processEvents()
        yield window._pages.widget(row)


def interactive(whole):
    """Return what can be used in a widget, without the parts that Qt makes widgets of."""
    return [
        it
        for it in whole.findChildren(QWidget)
        if isinstance(it, INTERACTIVE)
        and it.isVisible()
        and not isinstance(it.parentWidget(), (*INTERACTIVE, QScrollArea))
    ]


def spoken_name(widget):
    """Return what a screen reader calls a widget; empty if nothing."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton):
        return widget.text()
    buddies = [it for it in widget.window().findChildren(QLabel) if it.buddy() is widget]
    return buddies[0].text() if buddies else ""


def said(widgets):
    """Return widgets in words, to be read where a test fails."""
    return [f"{type(it).__name__} {spoken_name(it)!r}" for it in widgets]


def walk(qtbot, whole, start, key=Qt.Key.Key_Tab):
    """Return everything that has the keyboard until it is where it began."""
    start.setFocus()
    reached = [start]
    for _step in range(MOST_STEPS):
        qtbot.keyClick(whole.focusWidget(), key)
        reached.append(whole.focusWidget())
        if reached[-1] is start:
            return reached
    pytest.fail(f"the keyboard does not come out of {said(reached[-3:])}")


def not_reached(qtbot, whole, start):
    """Return what Tab does not come to though it can be used; Shift and Tab go as far."""
    forth = walk(qtbot, whole, start)
    back = walk(qtbot, whole, start, Qt.Key.Key_Backtab)
    assert {id(it) for it in forth} == {id(it) for it in back}
    reached = {id(it.focusProxy() or it) for it in forth}
    return [
        it
        for it in interactive(whole)
        if it.isEnabled() and id(it.focusProxy() or it) not in reached
    ]


def too_wide(area):
    """Return by how many pixels what is in an area is wider than it; at most 0 if it fits."""
    return area.widget().minimumSizeHint().width() - area.viewport().width()


def test_everything_on_the_pages_has_a_name(make_window):
    window = make_window()

    for area in shown(window):
        assert not said(it for it in interactive(area) if not spoken_name(it))
    assert spoken_name(window._names)


@DIALOGS
def test_everything_in_the_dialogs_has_a_name(make_dialog, name):
    found = interactive(make_dialog(name))

    assert found
    assert not said(it for it in found if not spoken_name(it))


def test_tab_comes_to_everything_on_the_pages_and_out_of_it(make_window, qtbot):
    window = make_window()

    for _area in shown(window):
        assert not said(not_reached(qtbot, window, window._names))


@DIALOGS
def test_tab_comes_to_everything_in_the_dialogs_and_out_of_it(make_dialog, qtbot, name):
    dialog = make_dialog(name)
    first = next(it for it in interactive(dialog) if it.isEnabled())

    assert not said(not_reached(qtbot, dialog, first))


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("spoken", ["en", "de"])
def test_nothing_has_to_be_scrolled_sideways(make_window, make_dialog, qapp, spoken, times):
    """Also with letters twice as large (WCAG 2.2, 1.4.4)."""
    font = qapp.font()
    font.setPointSizeF(times * font.pointSizeF())
    qapp.setFont(font)
    assert language.use([spoken]) == spoken
    window = make_window()
    dialog = make_dialog("welcome")

    wide = {window._names.currentItem().text(): too_wide(area) for area in shown(window)}
    wide[dialog.windowTitle()] = max(map(too_wide, dialog.findChildren(QScrollArea)))

    assert {name: px for name, px in wide.items() if px > 0} == {}


def test_from_right_to_left_the_names_of_the_pages_are_on_the_right(make_window, qapp):
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    window = make_window()

    assert window._names.geometry().left() > window._pages.geometry().right()


def test_from_left_to_right_they_are_on_the_left(make_window):
    window = make_window()

    assert window._names.geometry().right() < window._pages.geometry().left()


def test_no_name_hides_the_text_of_a_label(make_window):
    """A screen reader says the name of a label instead of its text: figures would be lost."""
    window = make_window()

    assert [it.accessibleName() for it in window.findChildren(QLabel) if it.accessibleName()] == []


@DIALOGS
def test_no_name_hides_the_text_of_a_label_in_the_dialogs(make_dialog, name):
    labels = make_dialog(name).findChildren(QLabel)

    assert [it.accessibleName() for it in labels if it.accessibleName()] == []
