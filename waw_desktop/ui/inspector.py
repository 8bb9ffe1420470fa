"""The page that shows what will be sent, word for word, and what never will be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QItemSelection, Qt
from PyQt6.QtGui import QFontDatabase
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.core.outgoing import NOTHING, Outgoing, SetAside, Why
from waw_desktop.ui import style, work
from waw_desktop.ui.language import _, marked, ngettext
from waw_desktop.ui.saving import ChooseFile, choose_file, reason, save
from waw_desktop.ui.table import Table

_WHY = {
    Why.DAMAGED: marked("It was damaged on this computer's disk."),
    Why.INVALID: marked("The server found a figure in it that cannot be."),
    Why.DIFFERS: marked("The server has other figures for the same minute."),
    Why.REFUSED: marked("The server refused it."),
}


class InspectorPage(QWidget):
    """Shows the next request and what was set aside."""

    def __init__(
        self,
        look: Callable[[], Outgoing],
        export: Callable[[Path], None],
        choose: ChooseFile = choose_file,
    ) -> None:
        """Make the page; nothing is read before `refresh`.

        Args:
            look: Reads the outbox; called in a thread.
            export: Writes all that waits or was set aside to a file; called in a thread.
            choose: Asks for a file.
        """
        super().__init__()
        self._look = look
        self._export = export
        self._choose = choose
        self._outgoing = NOTHING
        self._summary = _wrapped(_("What will be sent"))
        self._request = _code(_("The next request"))
        self._aside_summary = _wrapped(_("What was set aside"))
        self._aside = Table(_("What was set aside"), least_rows=3)
        self._payload = _code(_("What the chosen minute holds"))
        self._told = _wrapped(_("What was done"))
        self._copy = QPushButton(_("Copy the request"))
        self._lay_out()
        chosen = self._aside.selectionModel()
        assert chosen is not None  # noqa: S101 - a table with a model has one
        chosen.selectionChanged.connect(self._show_payload)

    def refresh(self) -> None:
        """Read the outbox again."""
        work.run(self, self._look, self._show, self._show_trouble)

    def _show(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._summary.setText(_request_words(outgoing))
        self._request.setPlainText(outgoing.request or "")
        self._request.setVisible(outgoing.request is not None)
        self._copy.setEnabled(outgoing.request is not None)
        self._show_aside(outgoing.set_aside)

    def _show_aside(self, aside: tuple[SetAside, ...]) -> None:
        self._aside_summary.setText(_aside_words(len(aside)))
        self._aside.rows.fill(
            (_("Number"), _("Why"), _("In the server's words")),
            [(str(it.seq), _(_WHY[it.why]), it.reason) for it in aside],
        )
        self._payload.clear()
        self._aside.setVisible(bool(aside))
        self._payload.setVisible(bool(aside))

    def _show_payload(self, chosen: QItemSelection) -> None:
        rows = [index.row() for index in chosen.indexes()]
        if rows:
            self._payload.setPlainText(_readable(self._outgoing.set_aside[rows[0]].payload))

    def _show_trouble(self, error: Exception) -> None:
        self._show(NOTHING)
        self._aside_summary.clear()
        self._summary.setText(
            _("What waits to be sent cannot be read: %(reason)s.") % {"reason": reason(error)}
        )

    def _copy_request(self) -> None:
        clipboard = QApplication.clipboard()
        assert clipboard is not None  # noqa: S101 - an application with windows has one
        clipboard.setText(self._request.toPlainText())
        self._tell(_("The request is copied."))

    def _save(self) -> None:
        file = self._choose(self, "waw-outbox.json", _("JSON (*.json)"))
        if file is not None:
            save(self, self._export, file, self._tell)

    def _tell(self, sentence: str) -> None:
        self._told.setText(sentence)
        self._told.show()

    def _lay_out(self) -> None:
        again, keep = QPushButton(_("Look again")), QPushButton(_("Save all of it…"))
        again.clicked.connect(self.refresh)
        keep.clicked.connect(self._save)
        self._copy.clicked.connect(self._copy_request)
        self._copy.setEnabled(False)
        buttons = QHBoxLayout()
        for button in (again, self._copy, keep):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.addWidget(style.large(QLabel(_("What will be sent")), 1.3))
        column.addWidget(self._summary)
        column.addLayout(buttons)
        column.addWidget(self._told)
        column.addWidget(self._request, stretch=2)
        column.addWidget(style.large(QLabel(_("What was set aside")), 1.3))
        column.addWidget(self._aside_summary)
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(self._aside)
        both.addWidget(self._payload)
        column.addWidget(both, stretch=1)
        for hidden in (self._told, self._request, self._aside, self._payload):
            hidden.hide()


def _request_words(outgoing: Outgoing) -> str:
    if outgoing.request is None:
        return _("Nothing waits to be sent.")
    text = ngettext(
        "This goes to the server next, and nothing else: %(count)d minute of %(waiting)d that"
        " wait. It is word for word the request, but for the time at which it is sent.",
        "This goes to the server next, and nothing else: %(count)d minutes of %(waiting)d that"
        " wait. It is word for word the request, but for the time at which it is sent.",
        outgoing.in_request,
    )
    return text % {"count": outgoing.in_request, "waiting": outgoing.waiting}


def _aside_words(count: int) -> str:
    if not count:
        return _("Nothing was set aside.")
    return ngettext(
        "%(count)d minute will not be sent. It is kept here for 30 days of use, then deleted.",
        "%(count)d minutes will not be sent. They are kept here for 30 days of use, then deleted.",
        count,
    ) % {"count": count}


def _readable(payload: str) -> str:
    """Return stored text with a line for each field; as it is if it is damaged."""
    try:
        fields = json.loads(payload)
        return "\n".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
    except (ValueError, AttributeError):
        return payload


def _wrapped(what: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setAccessibleDescription(what)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _code(name: str) -> QPlainTextEdit:
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setTabChangesFocus(True)
    text.setAccessibleName(name)
    text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    text.setMinimumHeight(5 * text.fontMetrics().height())
    # Figures are read from left to right in every language.
    text.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    return text
