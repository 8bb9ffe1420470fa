"""The page "Do reminders help me?": the person's own figures, and what can be said of them."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QLocale, Qt
from PyQt6.QtWidgets import QGridLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from waw_desktop.core.effect import FEWEST_EACH, Change, Effect, Verdict
from waw_desktop.ui import style, work
from waw_desktop.ui.language import _, ngettext


class EffectPage(QWidget):
    """Reads the figures anew each time it is refreshed.

    Args:
        load: Reads the log and compares; runs in a thread.
        delete: Deletes what was noted of reminders; runs in a thread.
        holds_out: Whether some reminders are held out at present.
    """

    def __init__(
        self,
        load: Callable[[], Effect],
        delete: Callable[[], None],
        holds_out: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._load = load
        self._delete = delete
        self._holds_out = holds_out
        self._verdict = style.large(QLabel(), 1.5)
        self._verdict.setWordWrap(True)
        self._sure = QLabel()
        self._sure.setWordWrap(True)
        self._figures = QWidget()
        self._shown = self._figure(_("After a reminder"))
        self._held_out = self._figure(_("Without one, held out"))
        self._delete_button = QPushButton(_("Delete these figures…"))
        self._delete_button.clicked.connect(self._ask_to_delete)
        self._trouble = QLabel()
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        self._lay_out()

    def refresh(self) -> None:
        """Show the figures as they are now, as soon as they are read."""
        work.run(self, self._load, self.show_effect, self._show_fault)

    def show_effect(self, effect: Effect) -> None:
        """Show figures, and what they come to."""
        self._trouble.hide()
        self._verdict.setText(verdict_words(effect, holds_out=self._holds_out()))
        self._sure.setText(certainty_words(effect))
        self._sure.setVisible(bool(self._sure.text()))
        self._shown.setText(change_words(effect.shown))
        self._held_out.setText(change_words(effect.held_out))
        self._delete_button.setEnabled(True)

    def _figure(self, kind: str) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        label.setAccessibleDescription(kind)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _lay_out(self) -> None:
        figures = QGridLayout(self._figures)
        figures.setContentsMargins(0, 0, 0, 0)
        figures.setColumnStretch(1, 1)
        for row, label in enumerate((self._shown, self._held_out)):
            figures.addWidget(QLabel(label.accessibleDescription()), row, 0)
            figures.addWidget(label, row, 1)
        column = QVBoxLayout(self)
        column.addWidget(self._verdict)
        column.addWidget(self._sure)
        column.addWidget(self._figures)
        column.addWidget(style.hint(QLabel(_explanation())))
        column.addWidget(self._trouble)
        column.addWidget(self._delete_button, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addStretch()

    def _ask_to_delete(self) -> None:
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setText(_("Delete what was noted of your reminders?"))
        question.setInformativeText(
            _("This cannot be undone. Reminders go on; the comparison begins anew.")
        )
        delete = question.addButton(_("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        assert delete is not None  # noqa: S101 - it was just added
        delete.clicked.connect(self._delete_all)
        question.open()

    def _delete_all(self) -> None:
        self._delete_button.setEnabled(False)
        work.run(self, self._delete, lambda _nothing: self.refresh(), self._show_fault)

    def _show_fault(self, _error: Exception) -> None:
        self._trouble.setText(
            _("The figures cannot be read or changed just now. Reminders work all the same.")
        )
        self._trouble.show()
        self._delete_button.setEnabled(True)


def verdict_words(effect: Effect, *, holds_out: bool) -> str:
    """Return what can be said, in a sentence or two."""
    match effect.verdict:
        case Verdict.HELPS:
            return _(
                "Reminders help you blink: %(count)s times a minute more than without them."
            ) % {"count": number(effect.difference_per_min)}
        case Verdict.HURTS:
            return _(
                "You blink less after reminders: %(count)s times a minute less than without them."
            ) % {"count": number(-(effect.difference_per_min or 0.0))}
        case Verdict.NOTHING_SEEN:
            return _("So far it does not show whether reminders change how you blink.")
        case Verdict.TOO_FEW if not holds_out and not effect.held_out.count:
            return _(
                "This cannot be told while every reminder is shown. To find out, have one in five"
                " held out, in the settings."
            )
        case Verdict.TOO_FEW:
            return _("These are too few to tell. It takes %(count)d of each kind.") % {
                "count": FEWEST_EACH
            }


def certainty_words(effect: Effect) -> str:
    """Return how sure the difference is; empty where nothing can be said."""
    if effect.interval_per_min is None:
        return ""
    lowest, highest = effect.interval_per_min
    return _(
        "With 95 %% confidence the difference lies between %(lowest)s and %(highest)s"
        " blinks a minute."
    ) % {"lowest": signed(lowest), "highest": signed(highest)}


def change_words(change: Change) -> str:
    """Return how the rate changed over some reminders."""
    if change.mean_per_min is None:
        return _("none yet")
    return ngettext(
        "%(change)s blinks a minute, over %(count)d time",
        "%(change)s blinks a minute, over %(count)d times",
        change.count,
    ) % {"change": signed(change.mean_per_min), "count": change.count}


def number(value: float | None) -> str:
    """Return a number with one decimal, as the person writes it."""
    return QLocale().toString(value or 0.0, "f", 1)


def signed(value: float) -> str:
    """Return a number with one decimal and its sign."""
    sign = "+" if round(value, 1) > 0 else "\N{MINUS SIGN}" if round(value, 1) < 0 else "±"
    return sign + number(abs(value))


def _explanation() -> str:
    return _(
        "Compared are the two minutes before and after. You are reminded when you blink little,"
        " and that passes by itself too, so only the difference between the two kinds counts."
        " Which are held out is left to chance. The figures stay on this computer. They say"
        " nothing of your health."
    )
