"""What shows one choice and lets it be changed. `picked` tells that the person has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, QTime, pyqtSignal
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from waw_desktop import config
from waw_desktop.config import BadSetting
from waw_desktop.ui.language import _

_NIGHT = (time(22), time(7))
_MANY_LETTERS = 30
_FEW_LETTERS = 15


class Box(QComboBox):
    """Gives way to the room there is; its list shows the texts whole."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt calls this name
        """Return room for a few letters: no text may make a page wider than the window."""
        few_px = _FEW_LETTERS * self.fontMetrics().averageCharWidth()
        return super().minimumSizeHint().boundedTo(QSize(few_px, self.sizeHint().height()))


class Choice(Box):
    """One of several, each with a text; another value than these is shown as it is."""

    picked = pyqtSignal()

    def __init__(self, options: Sequence[tuple[object, str]]) -> None:
        super().__init__()
        self._values = [value for value, _text in options]
        self.addItems([text for _value, text in options])
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(self.picked)

    def value(self) -> object:
        """Return what is chosen."""
        return self._values[self.currentIndex()]

    def show_value(self, value: object) -> None:
        """Show what is chosen."""
        if value not in self._values:
            self._values.append(value)
            self.addItem(in_words(value))
        self.setCurrentIndex(self._values.index(value))

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Scroll the page rather than change what the pointer happens to be over."""
        if event is not None:
            event.ignore()


class Number(QSpinBox):
    """A whole number with its unit."""

    picked = pyqtSignal()

    def __init__(self, bounds: tuple[int, int], unit: str) -> None:
        super().__init__()
        self.setRange(*bounds)
        self.setSuffix(unit)
        self.setKeyboardTracking(False)  # 12 is not 1 first
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(self.picked)

    def show_value(self, value: object) -> None:
        """Show what is chosen."""
        with QSignalBlocker(self):
            self.setValue(value if isinstance(value, int) else self.minimum())

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Scroll the page rather than change what the pointer happens to be over."""
        if event is not None:
            event.ignore()


class Flag(QCheckBox):
    """Yes or no."""

    picked = pyqtSignal()

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.clicked.connect(self.picked)

    def value(self) -> object:
        """Return what is chosen."""
        return self.isChecked()

    def show_value(self, value: object) -> None:
        """Show what is chosen."""
        self.setChecked(bool(value))


class Hours(QWidget):
    """From when to when, or not at all."""

    picked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._is_on = QCheckBox(_("From"))
        self._from, self._to = QTimeEdit(), QTimeEdit()
        self._from.setAccessibleName(_("Quiet from"))
        self._to.setAccessibleName(_("Quiet until"))
        self._is_on.setAccessibleName(_("Quiet hours"))
        self.setFocusProxy(self._is_on)
        until = QLabel(_("until"))
        until.setBuddy(self._to)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._is_on, self._from, until, self._to):
            row.addWidget(widget)
        self._is_on.clicked.connect(self.picked)
        for edit in (self._from, self._to):
            edit.setKeyboardTracking(False)
            edit.editingFinished.connect(self.picked)
        self._show_times(_NIGHT)

    def value(self) -> object:
        """Return begin and end, None for both where there are no such hours."""
        if not self._is_on.isChecked():
            return None, None
        return self._from.time().toPyTime(), self._to.time().toPyTime()

    def show_value(self, value: object) -> None:
        """Show what is chosen; the times stay where there are none, for another day."""
        match value:
            case (time() as begin, time() as end):
                self._is_on.setChecked(True)
                self._show_times((begin, end))
            case _:
                self._is_on.setChecked(False)
        for edit in (self._from, self._to):
            edit.setEnabled(self._is_on.isChecked())

    def _show_times(self, times: tuple[time, time]) -> None:
        for edit, at in zip((self._from, self._to), times, strict=True):
            edit.setTime(QTime(at.hour, at.minute))


class Address(QWidget):
    """The address of a server; one that cannot be used is not taken, and it says why."""

    picked = pyqtSignal()

    def __init__(self, check: Callable[[str], str] = config.server_url) -> None:
        super().__init__()
        self._check = check
        self._taken = ""
        self._edit = QLineEdit()
        self._edit.setPlaceholderText(config.DEFAULT_SERVER_URL)
        self._edit.setMinimumWidth(_MANY_LETTERS * self.fontMetrics().averageCharWidth())
        self._edit.setAccessibleName(_("Server"))
        self._edit.editingFinished.connect(self._finish)
        self.setFocusProxy(self._edit)
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._edit)
        column.addWidget(self._problem)

    def value(self) -> object:
        """Return the last address that can be used, empty for the usual one."""
        return self._taken

    def show_value(self, value: object) -> None:
        """Show what is chosen."""
        self._taken = str(value)
        self._edit.setText(self._taken)
        self._problem.hide()

    def _finish(self) -> None:
        text = self._edit.text().strip()
        try:
            taken = self._check(text) if text else ""
        except BadSetting:
            self._problem.setText(
                _("This is no address of a server. It begins with https:// and a name follows.")
            )
            self._problem.show()
            return
        self._problem.hide()
        if taken != self._taken:
            self._taken = taken
            self.picked.emit()


Control = Choice | Number | Flag | Hours | Address


def in_words(value: object) -> str:
    """Return a duty cycle or a share in words, else the value as it is."""
    match value:
        case (int(watch_s), int(every_s)) if watch_s == every_s:
            return _("All the time")
        case (int(watch_s), int(every_s)):
            return _("%(watch)g of every %(every)g minutes") % {
                "watch": watch_s / 60,
                "every": every_s / 60,
            }
        case float(share):
            return _("%(percent).0f %% of one core") % {"percent": 100 * share}
        case _:
            return str(value)
