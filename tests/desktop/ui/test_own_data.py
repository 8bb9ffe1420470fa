"""Taking data along, and deleting it, but only for somebody who means it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QFileDialog, QLabel, QPushButton, QWidget

from waw_desktop.ui import saving
from waw_desktop.ui.deletion import Deletion, DeletionDialog, ask
from waw_desktop.ui.own_data import OwnDataPage, Rooms


class Called:
    """The rooms below, as a list of what was asked of them."""

    def __init__(self):
        self.calls = []
        self.threads = set()

    def rooms(self, **others):
        """Return them, some replaced."""
        return replace(
            Rooms(
                export_history=lambda file: self.note("export", file),
                count_unsent=lambda: self.note("count") or 3,
                stop=lambda: self.note("stop"),
                delete=lambda with_unsent: self.note("delete", with_unsent) or [],
            ),
            **others,
        )

    def note(self, *call):
        """Remember a call."""
        self.threads.add(threading.current_thread())
        self.calls.append(call)


@pytest.fixture
def called():
    return Called()


@pytest.fixture
def open_page(qtbot, tmp_path):
    def open_(rooms, answer=None, file=None):
        asked = []

        def ask_person(_parent, unsent):
            asked.append(unsent)
            return answer

        def choose(_parent, suggested, _kinds):
            asked.append(suggested)
            return file

        page = OwnDataPage(rooms, tmp_path, choose, ask_person)
        qtbot.addWidget(page)
        page.show()
        return page, asked

    return open_


def press(qtbot, widget, text):
    (button,) = (it for it in widget.findChildren(QPushButton) if it.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    "button, suggested",
    [("Save as a table…", "waw-history.csv"), ("Save as JSON…", "waw-history.json")],
)
def test_taking_it_along(open_page, called, qtbot, tmp_path, button, suggested):
    page, asked = open_page(called.rooms(), file=tmp_path / "mine")

    press(qtbot, page, button)

    qtbot.waitUntil(lambda: page._told.text() == f"Saved as {tmp_path / 'mine'}.")
    assert asked == [suggested]
    assert called.calls == [("export", tmp_path / "mine")]


def test_changing_ones_mind_about_saving(open_page, called, qtbot):
    page, _asked = open_page(called.rooms())

    press(qtbot, page, "Save as a table…")

    assert called.calls == []


@pytest.mark.parametrize("with_unsent", [True, False])
def test_deleting(open_page, called, qtbot, with_unsent):
    """The tracker ends first; afterwards it may begin again."""
    page, asked = open_page(called.rooms(), Deletion(with_unsent))

    with qtbot.waitSignal(page.ended):
        press(qtbot, page, "Delete…")

    assert asked == [3]
    assert called.calls == [("count",), ("stop",), ("delete", with_unsent)]
    assert threading.main_thread() not in called.threads
    assert page._told.text() == "It is deleted."
    assert page._delete.isEnabled()


def test_changing_ones_mind_about_deleting(open_page, called, qtbot):
    page, asked = open_page(called.rooms())

    press(qtbot, page, "Delete…")

    qtbot.waitUntil(lambda: bool(asked) and page._delete.isEnabled())
    assert called.calls == [("count",)]


def failing():
    raise OSError(13, "Permission denied")


def test_what_cannot_be_counted_can_be_deleted(open_page, called, qtbot):
    page, asked = open_page(called.rooms(count_unsent=failing), Deletion(with_unsent=False))

    with qtbot.waitSignal(page.ended):
        press(qtbot, page, "Delete…")

    assert asked == [0]


@pytest.mark.parametrize(
    "others, said",
    [
        (
            {"delete": lambda _unsent: [Path("/a"), Path("/b")]},
            "It is deleted, except these files: /a, /b.",
        ),
        ({"stop": failing}, "Not everything was deleted: Permission denied."),
        ({"delete": lambda _unsent: failing()}, "Not everything was deleted: Permission denied."),
    ],
)
def test_what_is_left_is_said(open_page, called, qtbot, others, said):
    page, _asked = open_page(called.rooms(**others), Deletion(with_unsent=True))

    with qtbot.waitSignal(page.ended):
        press(qtbot, page, "Delete…")

    assert page._told.text() == said
    assert page._delete.isEnabled()


def test_the_place_is_named(open_page, called, tmp_path):
    page, _asked = open_page(called.rooms())

    assert any(str(tmp_path) in label.text() for label in page.findChildren(QLabel))


@pytest.fixture
def open_dialog(qtbot):
    def open_(unsent):
        dialog = DeletionDialog(unsent)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return open_


@pytest.mark.parametrize(
    "typed, may_go",
    [("", False), ("del", False), ("delete it", False), ("delete", True), (" DELETE ", True)],
)
def test_only_who_types_the_word_may(open_dialog, typed, may_go):
    dialog = open_dialog(0)
    assert not dialog._go.isEnabled()
    dialog._typed.setText("delete")
    dialog._typed.setText(typed)

    assert dialog._go.isEnabled() is may_go


@pytest.mark.parametrize(
    "unsent, text",
    [
        (1, "Also delete the 1 minute that the server does not have. It would be lost."),
        (7, "Also delete the 7 minutes that the server does not have. They would be lost."),
    ],
)
def test_what_is_unsent_stays_unless_asked_for(open_dialog, unsent, text):
    dialog = open_dialog(unsent)

    assert dialog._unsent.text() == text
    assert not dialog._unsent.isChecked()


def test_without_anything_unsent_nobody_asks(open_dialog):
    assert not open_dialog(0)._unsent.isVisible()


def test_it_says_what_goes_and_what_stays(open_dialog):
    dialog = open_dialog(0)
    texts = " ".join(label.text() for label in dialog.findChildren(QLabel))

    assert "Deleted from this computer for good: the history" in texts
    assert "Not deleted: what your account on the server already has" in texts


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize("is_checked", [True, False])
def test_the_answer(monkeypatch, parent, is_checked):
    def accept(dialog):
        dialog._unsent.setChecked(is_checked)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(DeletionDialog, "exec", accept)

    assert ask(parent, 3) == Deletion(is_checked)


def test_no_is_an_answer(monkeypatch, parent):
    monkeypatch.setattr(DeletionDialog, "exec", lambda _dialog: QDialog.DialogCode.Rejected)

    assert ask(parent, 3) is None


def test_escape_deletes_nothing(open_dialog, qtbot):
    dialog = open_dialog(3)
    dialog._typed.setText("delete")

    with qtbot.waitSignal(dialog.rejected):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)


@pytest.mark.parametrize("name, chosen", [("/tmp/mine.csv", Path("/tmp/mine.csv")), ("", None)])
def test_where_to_save(monkeypatch, parent, name, chosen):
    asked = []

    def answer(*arguments):
        asked.append(arguments)
        return name, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)

    assert saving.choose_file(parent, "mine.csv", "Table (*.csv)") == chosen
    assert asked[0][2:] == (str(Path.home() / "mine.csv"), "Table (*.csv)")


def test_reasons_without_numbers():
    assert saving.reason(OSError(28, "No space left on device")) == "No space left on device"
    assert saving.reason(OSError("gone")) == "gone"
    assert saving.reason(ValueError("odd")) == "odd"
