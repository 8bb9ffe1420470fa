"""The icon in the tray: an eye whose shape says whether it is counted, and a menu.

An open eye is tracking, two bars are a pause, a struck-out eye has no camera, a triangle with a
mark needs somebody; a closed eye waits. They are drawn, so that they are sharp at any size, in the
shade that can be seen on the tray there is.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PyQt6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QStyleHints,
)
from PyQt6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from waw_desktop.core.readings import State
from waw_desktop.ui import style, words
from waw_desktop.ui.language import _, ngettext

SIZES_PX = (16, 22, 24, 32, 48, 64)
PAUSES_MIN = (15, 60)
UNTIL_TOMORROW = 0
FOLLOW_EVERY_MS = 3_000
_GRID = 16.0  # the drawings are made on so many squares a side
_STROKE = 1.6


class Look(StrEnum):
    """What the icon looks like."""

    TRACKING = "tracking"
    WAITING = "waiting"
    PAUSED = "paused"
    NO_CAMERA = "no camera"
    TROUBLE = "trouble"


_LOOKS = {
    State.TRACKING: Look.TRACKING,
    State.STARTING: Look.WAITING,
    State.NO_CAMERA: Look.NO_CAMERA,
    State.BUSY: Look.NO_CAMERA,
    State.PERMISSION_DENIED: Look.NO_CAMERA,
    State.BLACK: Look.NO_CAMERA,
    State.FROZEN: Look.NO_CAMERA,
    State.NO_FACE: Look.WAITING,
    State.SEVERAL_FACES: Look.WAITING,
    State.TURNED_AWAY: Look.WAITING,
    State.TOO_DARK: Look.WAITING,
    State.TOO_SLOW: Look.WAITING,
    State.PAUSED: Look.PAUSED,
    State.LOCKED: Look.PAUSED,
    State.RESTING: Look.PAUSED,
    State.ENDED: Look.WAITING,
}


def look(state: State, *, is_trouble: bool) -> Look:
    """Return the look of a state.

    Trouble that only the person can end comes first, but for one thing: that nobody watches now
    has to be seen at all times.
    """
    own = _LOOKS[state]
    return Look.TROUBLE if is_trouble and own is not Look.PAUSED else own


def tooltip(state: State, detected: int, pending: int) -> str:
    """Return state and counts in words, a line each.

    Args:
        state: What is in the way, if anything.
        detected: Blinks since the window was opened.
        pending: Minutes that wait to be sent.
    """
    counted = ngettext("%(count)d blink", "%(count)d blinks", detected) % {"count": detected}
    lines = [words.state_words(state), counted]
    if pending:
        waits = ngettext(
            "%(count)d minute waits to be sent.", "%(count)d minutes wait to be sent.", pending
        )
        lines.append(waits % {"count": pending})
    return "\n".join(lines)


class Tray(QObject):
    """An icon that tells how things are, and what can be done about it.

    Where there is no tray nothing is shown. One that comes later, as when a desktop's panel
    starts after the program, shows it then.

    Attributes:
        show_wanted: The window is to come forward.
        pause_wanted: For so many minutes; `UNTIL_TOMORROW`, that is 0, until then.
        resume_wanted: The pause is to end.
        quit_wanted: The program is to end.
        changed: Whether there is a tray has changed; without one a hidden window has to come back.
    """

    show_wanted = pyqtSignal()
    pause_wanted = pyqtSignal(int)
    resume_wanted = pyqtSignal()
    quit_wanted = pyqtSignal()
    changed = pyqtSignal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons: dict[tuple[Look, bool], QIcon] = {}
        self._look = Look.WAITING
        self._menu = QMenu()
        self._first = _action(self._menu, _("Show window"), self.show_wanted.emit)
        self._menu.setDefaultAction(self._first)
        self._menu.addSeparator()
        self._pauses = QActionGroup(self)
        for text, minutes in (
            *((_("Pause %(count)d min") % {"count": it}, it) for it in PAUSES_MIN),
            (_("Pause until tomorrow"), UNTIL_TOMORROW),
        ):
            self._pauses.addAction(_action(self._menu, text, self._pause(minutes)))
        self._resume = _action(self._menu, _("Resume"), self.resume_wanted.emit)
        self._menu.addSeparator()
        _action(self._menu, _("Quit"), self.quit_wanted.emit)
        self._icon = self._made()
        hints = _hints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._draw)
        self.show_state(State.STARTING, detected=0, pending=0)
        self._icon.show()
        self._was_there = self.is_there()
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._follow)
        self._clock.start(FOLLOW_EVERY_MS)

    @staticmethod
    def is_there() -> bool:
        """Whether this desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show_state(
        self, state: State, *, detected: int, pending: int, is_trouble: bool = False
    ) -> None:
        """Show how things are; what has not changed costs nothing.

        Args:
            state: What is in the way, if anything.
            detected: Blinks since the window was opened.
            pending: Minutes that wait to be sent.
            is_trouble: Whether only the person can help, by signing in or agreeing.
        """
        text = tooltip(state, detected, pending)
        if text != self._icon.toolTip():
            self._icon.setToolTip(text)
        is_paused = state is State.PAUSED
        self._pauses.setVisible(not is_paused)
        self._resume.setVisible(is_paused)
        now = look(state, is_trouble=is_trouble)
        if now is not self._look or self._icon.icon().isNull():
            self._look = now
            self._draw()

    def hide(self) -> None:
        """Take the icon away, before the program ends."""
        self._clock.stop()
        self._icon.hide()

    def _made(self) -> QSystemTrayIcon:
        made = QSystemTrayIcon(self)
        made.setContextMenu(self._menu)
        made.activated.connect(self._activate)
        return made

    def _follow(self) -> None:
        """Move into a tray that has come.

        Whether it goes there over X11 or D-Bus, Qt settles when an icon is made.
        """
        is_there = self.is_there()
        if is_there == self._was_there:
            return
        self._was_there = is_there
        if is_there:
            before, self._icon = self._icon, self._made()
            self._icon.setIcon(before.icon())
            self._icon.setToolTip(before.toolTip())
            before.hide()
            before.deleteLater()
            self._icon.show()
        self.changed.emit(is_there)

    def _draw(self) -> None:
        is_dark = _is_tray_dark()
        key = (self._look, is_dark)
        if key not in self._icons:
            self._icons[key] = icon(self._look, is_dark=is_dark)
        self._icon.setIcon(self._icons[key])

    def _pause(self, minutes: int) -> Callable[[], None]:
        return lambda: self.pause_wanted.emit(minutes)

    def _activate(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        reasons = QSystemTrayIcon.ActivationReason
        if reason in (reasons.Trigger, reasons.DoubleClick):
            self.show_wanted.emit()


def icon(shown: Look, *, is_dark: bool) -> QIcon:
    """Return the drawing in every size that trays ask for.

    Args:
        shown: Which.
        is_dark: Whether the tray is.
    """
    made = QIcon()
    for size_px in SIZES_PX:
        made.addPixmap(drawn(shown, size_px, is_dark=is_dark))
    return made


def drawn(shown: Look, size_px: int, *, is_dark: bool) -> QPixmap:
    """Return the drawing in one size.

    It has an edge in the opposite shade, so that it can be seen on a tray of which Qt knows no
    shade, or a wrong one.
    """
    ink, edge = (style.DARK, style.LIGHT) if is_dark else (style.LIGHT, style.DARK)
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size_px / _GRID, size_px / _GRID)
    for colour, width in ((edge.text, _STROKE + 1.4), (ink.text, _STROKE)):
        pen = QPen(QColor(colour), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        _DRAWINGS[shown](painter)
    painter.end()
    return pixmap


def _eye() -> QPainterPath:
    path = QPainterPath(QPointF(1.8, 8))
    path.quadTo(QPointF(8, 0.8), QPointF(14.2, 8))
    path.quadTo(QPointF(8, 15.2), QPointF(1.8, 8))
    return path


def _open_eye(painter: QPainter) -> None:
    painter.drawPath(_eye())
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(8, 8), 1.3, 1.3)
    painter.restore()


def _closed_eye(painter: QPainter) -> None:
    lid = QPainterPath(QPointF(1.8, 6.5))
    lid.quadTo(QPointF(8, 13.2), QPointF(14.2, 6.5))
    painter.drawPath(lid)
    for root, tip in (((4.4, 9), (3.2, 11)), ((8, 10), (8, 12.4)), ((11.6, 9), (12.8, 11))):
        painter.drawLine(QPointF(*root), QPointF(*tip))


def _bars(painter: QPainter) -> None:
    for left in (3.6, 9.6):
        painter.save()
        painter.setBrush(painter.pen().color())
        painter.drawRect(QRectF(left, 3, 2.8, 10))
        painter.restore()


def _struck_eye(painter: QPainter) -> None:
    painter.drawPath(_eye())
    painter.drawLine(QPointF(2.5, 13.5), QPointF(13.5, 2.5))


def _triangle(painter: QPainter) -> None:
    path = QPainterPath(QPointF(8, 2))
    for corner in (QPointF(14.2, 13.6), QPointF(1.8, 13.6)):
        path.lineTo(corner)
    path.closeSubpath()
    painter.drawPath(path)
    painter.drawLine(QPointF(8, 6.4), QPointF(8, 9.2))
    painter.drawPoint(QPointF(8, 11.5))


_DRAWINGS: dict[Look, Callable[[QPainter], None]] = {
    Look.TRACKING: _open_eye,
    Look.WAITING: _closed_eye,
    Look.PAUSED: _bars,
    Look.NO_CAMERA: _struck_eye,
    Look.TROUBLE: _triangle,
}


def _is_tray_dark() -> bool:
    """Whether the desktop is dark, whatever the person wishes for the window."""
    hints = _hints()
    return hints is not None and hints.colorScheme() is Qt.ColorScheme.Dark


def _hints() -> QStyleHints | None:
    return QApplication.styleHints()


def _action(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
    action = QAction(text, menu)
    action.triggered.connect(lambda _checked: act())
    menu.addAction(action)
    return action
