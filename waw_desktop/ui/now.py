"""The first page: what is counted now."""

from __future__ import annotations

from datetime import datetime

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.core.live import Live
from waw_desktop.core.readings import State
from waw_desktop.ui import style, words
from waw_desktop.ui.language import _

PAUSES_MIN = (15, 60)


class Now(QWidget):
    """State, count, rate, how the account stands, and a pause.

    Attributes:
        pause_wanted: For so many minutes; 0 until tomorrow.
        resume_wanted: The pause is to end.
        again_wanted: Tracking, which has ended, is to begin again.
        sign_in_wanted: The person is to sign in, without which nothing is sent.
    """

    pause_wanted = pyqtSignal(int)
    resume_wanted = pyqtSignal()
    again_wanted = pyqtSignal()
    sign_in_wanted = pyqtSignal()

    def __init__(self, began_at: datetime) -> None:
        super().__init__()
        self._state = style.large(QLabel(), 1.5)
        self._state.setWordWrap(True)
        self._count = style.large(QLabel("0"), 4.0)
        self._since = style.hint(
            QLabel(_("blinks since %(time)s") % {"time": words.clock(began_at)})
        )
        self._rate = QLabel()
        self._level = style.hint(QLabel())
        self._trouble = QLabel()
        self._trouble.setWordWrap(True)
        self._sending = style.hint(QLabel())
        for label, what in (
            (self._state, _("State")),
            (self._count, _("Blinks")),
            (self._sending, _("Sending")),
        ):
            label.setAccessibleDescription(what)  # a name would be said instead of the text
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._slots = QVBoxLayout()
        self._pauses = QWidget()
        self._resume = QPushButton(_("Resume"))
        self._resume.clicked.connect(self.resume_wanted)
        self._again = QPushButton(_("Try again"))
        self._again.clicked.connect(self.again_wanted)
        self._sign_in = QPushButton(_("Sign in again"))
        self._sign_in.clicked.connect(self.sign_in_wanted)
        self._sign_in.hide()
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.hide()
        self._lay_out()
        self._again.hide()
        self.show_pause(is_paused=False)

    def add(self, widget: QWidget) -> None:
        """Add what belongs on this page below the figures."""
        self._slots.addWidget(widget)

    def show_live(self, live: Live) -> None:
        """Show how things are."""
        _set(self._state, words.state_words(live.reading.state))
        _set(self._count, str(live.detected))
        _set(self._sending, words.sending_words(live.sending))
        _set(self._trouble, words.trouble_words(live))
        self._trouble.setVisible(bool(self._trouble.text()))
        self._again.hide()
        self._sign_in.setVisible(live.sending.asks_person)
        self.show_pause(is_paused=live.reading.state is State.PAUSED)

    def say(self, line: str) -> None:
        """Show a line that stays until the next."""
        self._said.setText(line)
        self._said.show()

    def show_end(self, words: str, reason: str = "") -> None:
        """Show that nothing is tracked any more, and why, and offer to begin again."""
        _set(self._state, words)
        _set(self._trouble, reason)
        self._trouble.setVisible(bool(reason))
        self._again.show()
        self._pauses.hide()
        self._resume.hide()

    def show_rate(self, text: str) -> None:
        """Show the rate of the last minutes, in words."""
        _set(self._rate, text)

    def show_level(self, text: str) -> None:
        """Show today beside the person's own level, in words."""
        _set(self._level, text)

    def show_pause(self, *, is_paused: bool) -> None:
        """Offer to pause, or to resume."""
        self._pauses.setVisible(not is_paused)
        self._resume.setVisible(is_paused)

    def _lay_out(self) -> None:
        pauses = QHBoxLayout(self._pauses)
        pauses.setContentsMargins(0, 0, 0, 0)
        for minutes in PAUSES_MIN:
            pauses.addWidget(self._pause(_("Pause %(count)d min") % {"count": minutes}, minutes))
        pauses.addWidget(self._pause(_("Pause until tomorrow"), 0))
        pauses.addStretch()
        figures = QVBoxLayout()
        for label in (self._count, self._since, self._rate, self._level):
            figures.addWidget(label)
        column = QVBoxLayout(self)
        column.addWidget(self._state)
        column.addWidget(self._trouble)
        column.addLayout(figures)
        column.addWidget(self._pauses)
        for button in (self._resume, self._again):
            column.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self._sending)
        column.addWidget(self._sign_in, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self._said)
        column.addWidget(_line())
        column.addLayout(self._slots, stretch=1)
        column.addStretch()

    def _pause(self, text: str, minutes: int) -> QPushButton:
        button = QPushButton(text)
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.pause_wanted.emit(minutes))
        return button


def _set(label: QLabel, text: str) -> None:
    """Change a text only where it differs: a screen reader tells each change."""
    if label.text() != text:
        label.setText(text)


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    return line
