"""Which camera is used, and what it sees: only while the person looks, and only in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.core.cameras import Camera, titles
from waw_desktop.core.pictures import Line, Picture
from waw_desktop.core.readings import Reading, State
from waw_desktop.host import cameras as host_cameras
from waw_desktop.ui import style, words, work
from waw_desktop.ui.controls import Box
from waw_desktop.ui.language import _

_EVERY_MS = 100
_CURRENT_FOR_S = 1.0


class CameraPage(QWidget):
    """A choice of cameras above a picture that is hidden until the person asks for it.

    Args:
        source: What is tracked now: a camera's number, a path, an address or a portrait.
        picture: Returns the latest picture, None if there is none.
        list_cameras: Returns the cameras that are there, None where Qt has to be asked.

    Attributes:
        camera_chosen: The source that the person wants from now on.
        preview_wanted: Whether pictures are wanted. Off again as soon as the page is not shown.
    """

    camera_chosen = pyqtSignal(str)
    preview_wanted = pyqtSignal(bool)

    def __init__(
        self,
        source: str,
        picture: Callable[[], Picture | None],
        list_cameras: Callable[[], Sequence[Camera] | None] = host_cameras.named,
    ) -> None:
        super().__init__()
        self.picker = CameraPicker(source, list_cameras)
        self.picker.chosen.connect(self.camera_chosen)
        self._toggle = QCheckBox(_("Show what the camera sees"))
        self._toggle.toggled.connect(self._show_preview)
        self._promise = style.hint(
            QLabel(_("The picture is only shown. It is never stored and never sent."))
        )
        self._pane = Pane(picture)
        self._pane.hide()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._state = State.STARTING
        self._words.setText(words.state_words(self._state))
        column = QVBoxLayout(self)
        column.addWidget(self.picker)
        column.addWidget(self._words)
        column.addWidget(self._toggle)
        column.addWidget(self._promise)
        column.addWidget(self._pane, stretch=1)
        column.addStretch()

    def take(self, reading: Reading) -> None:
        """Take in the latest reading: it says what is in the way, and how old a picture is."""
        self._pane.now_s = reading.t_s
        if reading.state is not self._state:
            self._state = reading.state
            self._words.setText(words.state_words(reading.state))

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Turn the preview off: nobody looks."""
        super().hideEvent(event)
        self._toggle.setChecked(False)

    def _show_preview(self, is_wanted: bool) -> None:  # noqa: FBT001 - Qt's signal has one bool
        self.preview_wanted.emit(is_wanted)
        self._pane.setVisible(is_wanted)


class CameraPicker(QWidget):
    """The cameras by name.

    Args:
        source: What is used now.
        list_cameras: Returns the cameras that are there, None where Qt has to be asked.

    Attributes:
        chosen: The source the person chose.
        listed: The cameras were read anew.
    """

    chosen = pyqtSignal(str)
    listed = pyqtSignal()

    def __init__(self, source: str, list_cameras: Callable[[], Sequence[Camera] | None]) -> None:
        super().__init__()
        self._source = source
        self._list = list_cameras
        self._cameras: Sequence[Camera] = ()
        self._box = Box()
        self._box.setSizeAdjustPolicy(Box.SizeAdjustPolicy.AdjustToContents)
        self._box.activated.connect(self._choose)
        label = QLabel(_("&Camera"))
        label.setBuddy(self._box)
        self._refresh = QPushButton(_("&Refresh"))
        self._refresh.setAccessibleDescription(_("Looks again which cameras there are"))
        self._refresh.clicked.connect(self.refresh)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (label, self._box, self._refresh):
            row.addWidget(widget)
        row.addStretch()
        self.refresh()

    @property
    def source(self) -> str:
        """What is chosen."""
        return self._source

    @property
    def name(self) -> str:
        """The chosen camera's name, by which it is found again; empty if it is not known."""
        names = {str(camera.number): camera.name for camera in self._cameras}
        return names.get(self._source, "")

    @property
    def cameras(self) -> Sequence[Camera]:
        """The cameras that there were at the last look."""
        return self._cameras

    def refresh(self) -> None:
        """Look again which cameras there are."""
        work.run(self, self._list, self._show, lambda _error: self._show(()))

    def _show(self, cameras: Sequence[Camera] | None) -> None:
        self._cameras = qt_cameras() if cameras is None else cameras
        self._box.clear()
        for camera, title in zip(self._cameras, titles(self._cameras), strict=True):
            self._box.addItem(title, str(camera.number))
        if self._box.findData(self._source) < 0:
            self._box.addItem(_absent(self._source), self._source)
        self._box.setCurrentIndex(self._box.findData(self._source))
        self.listed.emit()

    def _choose(self, row: int) -> None:
        source = str(self._box.itemData(row))
        if source != self._source:
            self._source = source
            self.chosen.emit(source)


class Pane(QWidget):
    """The latest picture, as in a mirror, with lines around the eyes and the face.

    Args:
        picture: Returns it, None if there is none.

    Attributes:
        now_s: Time of the latest reading; a picture much older is not shown.
    """

    def __init__(self, picture: Callable[[], Picture | None]) -> None:
        super().__init__()
        self.now_s = 0.0
        self._ask = picture
        self._shown: Picture | None = None
        self._clock = QTimer(self)
        self._clock.setInterval(_EVERY_MS)
        self._clock.timeout.connect(self._look)
        self.setAccessibleName(_("Camera picture"))
        self.setAccessibleDescription(
            _("A grey picture as in a mirror, with lines around your eyes and face.")
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt calls this name
        """Return room for a picture about forty letters wide."""
        width_px = 40 * self.fontMetrics().averageCharWidth()
        return QSize(width_px, width_px * 3 // 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt calls this name
        """Return half of that."""
        return self.sizeHint() / 2

    def setVisible(self, visible: bool) -> None:  # noqa: N802, FBT001 - Qt's name and argument
        """Look ten times a second while shown; forget the picture when hidden."""
        super().setVisible(visible)
        if visible:
            self._clock.start()
        else:
            self._clock.stop()
            self._shown = None

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Draw it as large as fits."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._shown is None:
            painter.setPen(self.palette().mid().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        else:
            _draw(painter, self._shown, self.rect())
        painter.end()

    def _look(self) -> None:
        picture = self._ask()
        if picture is not None and picture.t_s < self.now_s - _CURRENT_FOR_S:
            picture = None
        if picture is not self._shown:
            self._shown = picture
            self.update()


def qt_cameras() -> tuple[Camera, ...]:
    """Return the cameras as Qt names them, numbered as OpenCV is thought to number them.

    OpenCV sorts a Mac's cameras by their identity. On Windows both ask Media Foundation, and
    that they hear the same order is a guess: the picture shows which camera it is.
    """
    from PyQt6.QtMultimedia import QMediaDevices  # noqa: PLC0415 - needs libraries Linux may lack

    devices = QMediaDevices.videoInputs()
    if sys.platform == "darwin":
        devices = sorted(devices, key=lambda it: it.id().data())
    return tuple(Camera(number, it.description()) for number, it in enumerate(devices))


def _absent(source: str) -> str:
    if source.isdecimal():
        return _("Camera %(number)s, not found") % {"number": source}
    return source


def _draw(painter: QPainter, picture: Picture, room: QRect) -> None:
    """Draw a picture into the middle of a room, left and right as in a mirror."""
    scale = min(room.width() / picture.width_px, room.height() / picture.height_px)
    width_px, height_px = scale * picture.width_px, scale * picture.height_px
    at = QRectF(0, 0, width_px, height_px)
    at.moveCenter(QRectF(room).center())
    image = QImage(
        picture.grey,
        picture.width_px,
        picture.height_px,
        picture.width_px,
        QImage.Format.Format_Grayscale8,
    )
    painter.translate(at.right(), at.top())
    painter.scale(-1, 1)
    painter.drawImage(QRectF(0, 0, width_px, height_px), image)
    if picture.outlines is not None:
        for line in (picture.outlines.face, picture.outlines.right_eye, picture.outlines.left_eye):
            _trace(painter, line, QSize(round(width_px), round(height_px)))


def _trace(painter: QPainter, line: Line, size_px: QSize) -> None:
    """Draw a closed line, white within black, so that it shows on any ground."""
    polygon = QPolygonF([QPointF(x * size_px.width(), y * size_px.height()) for x, y in line])
    for colour, thick_px in ((Qt.GlobalColor.black, 3.0), (Qt.GlobalColor.white, 1.2)):
        painter.setPen(QPen(colour, thick_px))
        painter.drawPolygon(polygon)
