"""What the person has agreed to: the words, since when, and one button to withdraw or agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGroupBox, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from waw_desktop.core.consents import Agreement, Purpose, words
from waw_desktop.ui import style, work
from waw_desktop.ui.language import _


@dataclass(frozen=True, slots=True)
class Calls:
    """What the page asks for; each may wait, and raises OSError if files cannot be used.

    Attributes:
        agreed: Returns the agreements in force.
        agree: Takes purposes and the language of the words shown; returns whether it is agreed,
            which it is not while the server has yet to hear of a withdrawal.
        withdraw: Takes a purpose; returns whether all know, the server too.
    """

    agreed: Callable[[], Mapping[Purpose, Agreement]]
    agree: Callable[[Sequence[Purpose], str], bool]
    withdraw: Callable[[Purpose], bool]


class Agreements(QWidget):
    """Your agreements.

    Attributes:
        agreed: The person has agreed to a purpose just now.
        withdrawing: The person withdraws a purpose: stop what rests on it, at once.
    """

    agreed = pyqtSignal(object)
    withdrawing = pyqtSignal(object)

    def __init__(self, purposes: Sequence[Purpose], locale: str, calls: Calls) -> None:
        super().__init__()
        self._locale = locale
        self._calls = calls
        self._trouble = QLabel()
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        self._boxes = {it: _Box(it, locale) for it in purposes}
        column = QVBoxLayout(self)
        intro = _("Each is for itself, and can be withdrawn here at any time. The rest goes on.")
        column.addWidget(_wrapped(QLabel(intro)))
        column.addWidget(self._trouble)
        for purpose, box in self._boxes.items():
            box.button.clicked.connect(partial(self._changed, purpose))
            column.addWidget(box)
        column.addStretch()

    def show_agreed(self) -> None:
        """Read what is agreed to at present, and show it."""
        work.run(self, self._calls.agreed, self._show, self._fail)

    def _show(self, given: Mapping[Purpose, Agreement]) -> None:
        for purpose, box in self._boxes.items():
            box.show_agreement(given.get(purpose))

    def _changed(self, purpose: Purpose) -> None:
        box = self._boxes[purpose]
        self._say("")
        box.button.setEnabled(False)
        if box.is_agreed:
            self.withdrawing.emit(purpose)
            work.run(self, partial(self._calls.withdraw, purpose), self._withdrawn, self._fail)
        else:
            agree = partial(self._calls.agree, [purpose], self._locale)
            work.run(self, agree, partial(self._answered, purpose), self._fail)

    def _withdrawn(self, do_all_know: bool) -> None:  # noqa: FBT001 - the result of a call
        if not do_all_know:
            self._say(
                _("Withdrawn: nothing more is sent. The server is told as soon as it answers.")
            )
        self.show_agreed()

    def _answered(
        self,
        purpose: Purpose,
        is_agreed: bool,  # noqa: FBT001 - the result of a call
    ) -> None:
        if is_agreed:
            self.agreed.emit(purpose)
        else:
            self._say(
                _(
                    "The server has yet to hear that you withdrew. Agree again when it can be"
                    " reached and you are signed in."
                )
            )
        self.show_agreed()

    def _fail(self, error: Exception) -> None:
        self._say(
            _("That could not be written down, so nothing has changed: %(reason)s.")
            % {"reason": error}
        )
        for box in self._boxes.values():
            box.button.setEnabled(True)

    def _say(self, text: str) -> None:
        self._trouble.setText(text)
        self._trouble.setVisible(bool(text))


class _Box(QGroupBox):
    """One purpose."""

    def __init__(self, purpose: Purpose, locale: str) -> None:
        self.name, _newline, text = words(purpose, locale).partition("\n")
        super().__init__(self.name)
        self.is_agreed = False
        self._since = style.hint(QLabel())
        self.button = QPushButton()
        self.button.setEnabled(False)  # until it is known what it does
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.addWidget(paragraph(text))
        column.addWidget(self._since)
        column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeading)

    def show_agreement(self, it: Agreement | None) -> None:
        """Show whether it is agreed to, and what the button does."""
        self.is_agreed = it is not None
        if it is None:
            self._since.setText(_("Not agreed."))
            self.button.setText(_("Agree"))
            self.button.setAccessibleName(_("Agree: %(purpose)s") % {"purpose": self.name})
        else:
            at = f"{it.agreed_at.astimezone():%Y-%m-%d %H:%M}"
            self._since.setText(_("Agreed since %(time)s.") % {"time": at})
            self.button.setText(_("Withdraw"))
            self.button.setAccessibleName(_("Withdraw: %(purpose)s") % {"purpose": self.name})
        self.button.setEnabled(True)


def paragraph(text: str) -> QLabel:
    """Return words as they are, each paragraph in lines as wide as there is room for."""
    label = _wrapped(QLabel(re.sub(r"(?<!\.)\n", " ", text.strip())))
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _wrapped(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    return label
