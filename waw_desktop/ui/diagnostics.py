"""What helps whoever is asked for help: the person reads it first, then copies it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from waw_desktop.ui import style, work
from waw_desktop.ui.language import _

_LINES = 12


class Diagnostics(QWidget):
    """A text to read, and buttons to gather it anew and to copy it.

    Args:
        gather: Returns the text; it is called in a thread and may take its time.
    """

    def __init__(self, gather: Callable[[], str]) -> None:
        super().__init__()
        self._gather = gather
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setMinimumHeight(_LINES * self._text.fontMetrics().lineSpacing())
        self._text.setAccessibleName(_("Diagnostics"))
        self._text.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # it is in English
        self._look = QPushButton(_("Show diagnostics"))
        self._look.clicked.connect(self.look)
        self._copy = QPushButton(_("Copy diagnostics"))
        self._copy.clicked.connect(self._take)
        self._copy.setEnabled(False)
        self._told = QLabel()
        row = QHBoxLayout()
        for widget in (self._look, self._copy, self._told):
            row.addWidget(widget)
        row.addStretch()
        promise = _(
            "For whoever helps you. It holds versions, states and counts, nothing that says who"
            " you are, and goes nowhere unless you paste it there."
        )
        column = QVBoxLayout(self)
        column.addWidget(style.hint(QLabel(promise)))
        column.addWidget(self._text)
        column.addLayout(row)

    def look(self) -> None:
        """Gather the text and show it."""
        self._look.setEnabled(False)
        self._told.clear()
        work.run(self, self._gather, self._show, self._fail)

    def _show(self, text: str) -> None:
        self._look.setEnabled(True)
        self._text.setPlainText(text)
        self._copy.setEnabled(True)

    def _fail(self, _error: Exception) -> None:
        self._look.setEnabled(True)
        self._told.setText(_("That did not work. Please try again."))

    def _take(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._text.toPlainText())
            self._told.setText(_("Copied."))
