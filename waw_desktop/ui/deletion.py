"""The question before something is deleted: what goes, what stays, and a word to type."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.ui.language import _, ngettext


@dataclass(frozen=True, slots=True)
class Deletion:
    """What the person wants deleted.

    Attributes:
        with_unsent: Also what waits to be sent and what was set aside.
    """

    with_unsent: bool


class DeletionDialog(QDialog):
    """Says exactly what is deleted; the button works once the word is typed."""

    def __init__(self, unsent: int, parent: QWidget | None = None) -> None:
        """Ask.

        Args:
            unsent: How many minutes wait to be sent or were set aside.
            parent: Where the dialog belongs.
        """
        super().__init__(parent)
        self.setWindowTitle(_("Delete what this computer remembers"))
        word = _("delete")
        self._word = word.casefold()
        self._unsent = QCheckBox(_unsent_words(unsent))
        self._unsent.setVisible(unsent > 0)
        self._typed = QLineEdit()
        label = QLabel(_("&Type “%(word)s” to confirm:") % {"word": word})
        label.setBuddy(self._typed)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        go = buttons.addButton(_("Delete for good"), QDialogButtonBox.ButtonRole.AcceptRole)
        stay = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        assert go is not None  # noqa: S101 - it was just added
        assert stay is not None  # noqa: S101 - it was asked for
        self._go = go
        go.setEnabled(False)
        stay.setDefault(True)
        self._typed.textChanged.connect(self._compare)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for text in (_deleted(), _kept()):
            column.addWidget(_wrapped(text))
        for widget in (self._unsent, label, self._typed, buttons):
            column.addWidget(widget)

    def answer(self) -> Deletion | None:
        """Show the question until it is answered; None if nothing is to be deleted."""
        if self.exec() != QDialog.DialogCode.Accepted:
            return None
        return Deletion(self._unsent.isChecked())

    def _compare(self, typed: str) -> None:
        self._go.setEnabled(typed.strip().casefold() == self._word)


def ask(parent: QWidget, unsent: int) -> Deletion | None:
    """Ask the person; None if nothing is to be deleted."""
    return DeletionDialog(unsent, parent).answer()


def _deleted() -> str:
    return _(
        "Deleted from this computer for good: the history of all minutes measured here, and the"
        " list of reminders shown. It cannot be brought back."
    )


def _kept() -> str:
    return _(
        "Not deleted: what your account on the server already has (delete that in your account"
        " there), your settings and what you agreed to, and files you saved yourself."
        " Measuring stops while it is deleted and then goes on."
    )


def _unsent_words(count: int) -> str:
    return ngettext(
        "Also delete the %(count)d minute that the server does not have. It would be lost.",
        "Also delete the %(count)d minutes that the server does not have. They would be lost.",
        count,
    ) % {"count": count}


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
