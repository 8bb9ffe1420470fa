"""One line: what WaW takes of this computer."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QLocale, QTimer
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from waw_desktop.host.resources import WATTS_PER_BUSY_CORE, Meter, Usage
from waw_desktop.ui import style, work
from waw_desktop.ui.language import _

EVERY_MS = 5000


class Resources(QWidget):
    """Looks every five seconds, in a thread, while it is shown.

    Args:
        read: Measures; by default this program with its detector.
    """

    def __init__(self, read: Callable[[], Usage] | None = None) -> None:
        super().__init__()
        self._read = Meter().read if read is None else read
        self._is_reading = False
        self._line = style.hint(QLabel(_("Measuring what WaW itself takes.")))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._line)
        self._clock = QTimer(self)
        self._clock.setInterval(EVERY_MS)
        self._clock.timeout.connect(self._look)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Begin to look."""
        super().showEvent(event)
        self._clock.start()
        self._look()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Stop to look."""
        super().hideEvent(event)
        self._clock.stop()

    def _look(self) -> None:
        if not self._is_reading:
            self._is_reading = True
            work.run(self, self._read, self._show, self._leave_out)

    def _show(self, usage: Usage) -> None:
        self._is_reading = False
        self._line.setText(in_words(usage))
        self._line.setToolTip(
            _(
                "The energy is an estimate: processor time at %(watts)d W for each busy core."
                " Your computer may take half or twice that."
            )
            % {"watts": WATTS_PER_BUSY_CORE}
        )

    def _leave_out(self, _error: Exception) -> None:
        self._is_reading = False
        self._line.setText(_("What WaW itself takes cannot be measured here."))


def in_words(usage: Usage) -> str:
    """Return a look in one line; the first has no rates yet."""
    memory = round(usage.memory_bytes / 1e6)
    if usage.cpu_share is None or usage.estimated_w is None:
        return _("WaW takes %(memory)d MB of memory.") % {"memory": memory}
    text = _(
        "WaW takes %(cpu)d %% of one processor core, %(memory)d MB of memory"
        " and about %(watts)s W (estimate)."
    ) % {"cpu": round(100 * usage.cpu_share), "memory": memory, "watts": _tenths(usage.estimated_w)}
    if usage.battery_w is None:
        return text
    return _("%(taken)s The whole computer draws %(watts)s W from its battery.") % {
        "taken": text,
        "watts": _tenths(usage.battery_w),
    }


def _tenths(number: float) -> str:
    """Return a number with one place, as the person's country writes it."""
    return QLocale().toString(number, "f", 1)
