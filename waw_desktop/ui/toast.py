"""A few words in a corner of the screen, which never take the keyboard away from anybody.

The toast appears at 65 % and gets clear within 0.4 s; it goes the same way, and without motion
for those who want none. It begins at most once in two minutes, so it never flashes. Its text is
clear where it stays: at a third of full strength nobody could read it (WCAG 2.2, 1.4.3).

Where a program may not place its windows, as under Wayland, the desktop decides on the corner.
"""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import (
    QEvent,
    QObject,
    QPropertyAnimation,
    Qt,
    QTimer,
    pyqtSignal,
)
from PyQt6.QtGui import QCursor, QGuiApplication, QKeyEvent, QMouseEvent, QPalette, QScreen
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.ui import style
from waw_desktop.ui.language import _

FADE_FROM = 0.65
FADE_IN_MS = 400
FADE_OUT_MS = 200
LONGEST_MS = 60_000
"""It goes by then though nobody tells it to, as when the tracker has ended."""

_WIDTH_IN_LETTERS = 44


class Toast(QWidget):
    """One at a time; showing another replaces it.

    Args:
        anchor: The window on whose screen to appear while it is in use; else that of the mouse.
        wants_no_motion: Whether the person wants nothing to move.

    Attributes:
        dismissed: The person clicked it or pressed Escape, or it was there for a minute.
        snoozed: The person wants no more for now.
    """

    dismissed = pyqtSignal()
    snoozed = pyqtSignal()

    def __init__(self, anchor: QWidget | None, wants_no_motion: Callable[[], bool]) -> None:
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self._anchor = anchor
        self._wants_no_motion = wants_no_motion
        for attribute in (
            Qt.WidgetAttribute.WA_ShowWithoutActivating,
            Qt.WidgetAttribute.WA_TranslucentBackground,
            Qt.WidgetAttribute.WA_X11NetWmWindowTypeNotification,
        ):
            self.setAttribute(attribute)
        self._text = style.large(QLabel(), 1.25)
        self._detail = style.hint(QLabel())
        self._not_now = QPushButton()
        self._not_now.clicked.connect(self.snoozed)
        for label in (self._text, self._detail):
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH_IN_LETTERS * self.fontMetrics().averageCharWidth())
        sheet = self._lay_out()
        self._clarity = QGraphicsOpacityEffect(sheet)
        sheet.setGraphicsEffect(self._clarity)
        self._fade = QPropertyAnimation()
        self._longest = QTimer(self)
        self._longest.setSingleShot(True)
        self._longest.setInterval(LONGEST_MS)
        self._longest.timeout.connect(self.dismissed)
        self._is_going = False

    def appear(self, text: str, detail: str) -> None:
        """Show what is to be told, without taking the focus.

        Args:
            text: What to do, in a few words.
            detail: Why, in a sentence.
        """
        self._is_going = False
        self._text.setText(text)
        self._detail.setText(detail)
        self._not_now.setText(_("Not now"))
        self.setWindowTitle(text)
        self.setAccessibleName(f"{text} {detail}")
        self.adjustSize()
        self._place()
        self._clarity.setOpacity(FADE_FROM)
        self._change(1.0, FADE_IN_MS)
        self.show()
        self._longest.start()
        app = QApplication.instance()
        assert app is not None  # noqa: S101 - there is no widget without one
        app.installEventFilter(self)

    def vanish(self) -> None:
        """Go, if it is there."""
        if self.isVisible() and not self._is_going:
            self._is_going = True
            self._change(FADE_FROM, FADE_OUT_MS)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt calls this name
        """Hear Escape wherever it is pressed in this program, and let it do its work there too."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self.dismissed.emit()
        return False

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Take a click anywhere as a wish that it goes."""
        super().mouseReleaseEvent(event)
        self.dismissed.emit()

    def _lay_out(self) -> QFrame:
        sheet = QFrame()
        sheet.setFrameShape(QFrame.Shape.Box)
        sheet.setAutoFillBackground(True)
        sheet.setBackgroundRole(QPalette.ColorRole.Base)
        column = QVBoxLayout(sheet)
        margin_px = self.fontMetrics().height()
        column.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
        column.addWidget(self._text)
        column.addWidget(self._detail)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self._not_now)
        column.addLayout(row)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(sheet)
        return sheet

    def _place(self) -> None:
        """Go to the corner where a line of text ends, at the bottom."""
        room = self._where().availableGeometry()
        margin_px = self.fontMetrics().height()
        room.adjust(margin_px, margin_px, -margin_px, -margin_px)
        here = self.rect()  # it has no frame, whatever a window manager tells Qt of one
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            here.moveBottomLeft(room.bottomLeft())
        else:
            here.moveBottomRight(room.bottomRight())
        self.move(here.topLeft())

    def _where(self) -> QScreen:
        anchor = self._anchor
        if anchor is not None and anchor.isActiveWindow():
            screen = anchor.screen()
        else:
            screen = QGuiApplication.screenAt(QCursor.pos())
        screen = screen or QGuiApplication.primaryScreen()
        assert screen is not None  # noqa: S101 - Qt keeps one though none is plugged in
        return screen

    def _change(self, clarity: float, within_ms: int) -> None:
        # A new one each time: given other ends, an old one jumps to them first.
        self._fade.stop()
        self._fade = QPropertyAnimation(self._clarity, b"opacity")
        self._fade.setDuration(0 if self._wants_no_motion() else within_ms)
        self._fade.setStartValue(self._clarity.opacity())
        self._fade.setEndValue(clarity)
        self._fade.finished.connect(self._faded)
        self._fade.start()

    def _faded(self) -> None:
        if not self._is_going:
            return
        self._longest.stop()
        self.hide()
        app = QApplication.instance()
        assert app is not None  # noqa: S101 - there is no widget without one
        app.removeEventFilter(self)
