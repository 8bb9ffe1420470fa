"""Choosing a camera, and seeing what it sees."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PyQt6.QtCore import QByteArray, Qt
from PyQt6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton

from waw_desktop.core.cameras import Camera
from waw_desktop.core.pictures import Outlines, Picture
from waw_desktop.core.readings import Reading, State
from waw_desktop.ui import camera as view
from waw_desktop.ui.camera import CameraPage, CameraPicker, Pane

LID, DESK = Camera(0, "Lid"), Camera(2, "Desk")
SQUARE = ((0.1, 0.25), (0.4, 0.25), (0.4, 0.75), (0.1, 0.75))


def picture(t_s=10.0, outlines=None):
    """Black on the left, white on the right."""
    return Picture(t_s, 4, 2, bytes([0, 0, 255, 255] * 2), outlines)


def reading(t_s, state=State.TRACKING):
    return Reading(t_s, state, None, (), t_s)


@pytest.fixture
def picker(qtbot):
    """Make a picker and wait for its list."""

    def make(source, cameras):
        picker = CameraPicker(source, cameras if callable(cameras) else lambda: cameras)
        qtbot.addWidget(picker)
        picker.show()
        box = picker.findChild(QComboBox)
        qtbot.waitUntil(lambda: box.count() > 0)
        return picker, box

    return make


def texts(box):
    return [box.itemText(row) for row in range(box.count())]


def test_a_long_name_does_not_widen_the_page(qtbot):
    """Also where the names are known before the page is shown, as they usually are."""
    name = "of the lid " * 20
    picker = CameraPicker("0", lambda: [replace(LID, name=name)])
    qtbot.addWidget(picker)
    qtbot.waitUntil(lambda: picker.name == name)

    assert picker.minimumSizeHint().width() < picker.fontMetrics().horizontalAdvance(name) / 2


@pytest.mark.parametrize(
    "source, cameras, shown, current, name",
    [
        ("0", [LID, DESK], ["Lid", "Desk"], "Lid", "Lid"),
        ("2", [LID, DESK], ["Lid", "Desk"], "Desk", "Desk"),
        ("1", [LID], ["Lid", "Camera 1, not found"], "Camera 1, not found", ""),
        ("0", [], ["Camera 0, not found"], "Camera 0, not found", ""),
        ("portrait", [LID], ["Lid", "portrait"], "portrait", ""),
    ],
)
def test_cameras_have_names(picker, source, cameras, shown, current, name):
    it, box = picker(source, cameras)

    assert texts(box) == shown
    assert box.currentText() == current
    assert (it.source, it.name) == (source, name)


def test_a_camera_is_chosen_by_keyboard(picker, qtbot):
    it, box = picker("0", [LID, DESK])
    chosen: list[str] = []
    it.chosen.connect(chosen.append)

    qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.keyClick(box, Qt.Key.Key_Down)  # there is no further one

    assert chosen == ["2"]
    assert (it.source, it.name) == ("2", "Desk")


def test_refresh_looks_again_and_keeps_the_choice(picker, qtbot):
    cameras = [[LID], [Camera(0, "Desk"), Camera(1, "Lid")]]
    it, box = picker("0", lambda: cameras.pop(0))
    it.chosen.connect(lambda _it: pytest.fail("nobody chose"))

    with qtbot.waitSignal(it.listed):
        qtbot.keyClick(it.findChild(QPushButton), Qt.Key.Key_Space)

    assert texts(box) == ["Desk", "Lid"]
    assert (box.currentText(), it.source) == ("Desk", "0")
    assert [camera.name for camera in it.cameras] == ["Desk", "Lid"]


def test_what_cannot_be_listed_is_not_there(picker):
    _it, box = picker("0", lambda: 1 / 0)

    assert texts(box) == ["Camera 0, not found"]


def test_elsewhere_qt_is_asked(picker, monkeypatch):
    monkeypatch.setattr(view, "qt_cameras", lambda: (Camera(0, "FaceTime"),))

    _it, box = picker("0", lambda: None)

    assert texts(box) == ["FaceTime"]


class Device:
    """A camera as Qt has it."""

    def __init__(self, identity, description):
        self._identity, self._description = identity, description

    def id(self):
        """Return bytes as Qt wraps them."""
        return QByteArray(self._identity)

    def description(self):
        """Return its name."""
        return self._description


@pytest.mark.parametrize(
    "platform, names", [("win32", ["Lid", "Desk"]), ("darwin", ["Desk", "Lid"])]
)
def test_qt_numbers_them_as_opencv_does(monkeypatch, platform, names):
    """A Mac's by identity; those of Windows in the system's order."""
    devices = SimpleNamespace(videoInputs=lambda: [Device(b"b", "Lid"), Device(b"a", "Desk")])
    module = SimpleNamespace(QMediaDevices=devices)
    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", module)
    monkeypatch.setattr(sys, "platform", platform)

    assert view.qt_cameras() == tuple(Camera(number, it) for number, it in enumerate(names))


@pytest.fixture
def page(qtbot):
    """The page, with one picture to show."""
    page = CameraPage("0", picture, lambda: [LID, DESK])
    qtbot.addWidget(page)
    page.show()
    with qtbot.waitSignal(page.picker.listed):
        pass
    return page


@pytest.fixture
def wanted(page):
    """What the page says is wanted."""
    wanted: list[bool] = []
    page.preview_wanted.connect(wanted.append)
    return wanted


def test_the_choice_goes_on(page, qtbot):
    with qtbot.waitSignal(page.camera_chosen) as chosen:
        qtbot.keyClick(page.findChild(QComboBox), Qt.Key.Key_Down)

    assert chosen.args == ["2"]


def test_the_preview_is_off_until_asked_for(page, wanted, qtbot):
    pane, toggle = page.findChild(Pane), page.findChild(QCheckBox)
    assert (wanted, pane.isVisible(), toggle.isChecked()) == ([], False, False)

    qtbot.keyClick(toggle, Qt.Key.Key_Space)
    assert (wanted, pane.isVisible()) == ([True], True)

    qtbot.keyClick(toggle, Qt.Key.Key_Space)
    assert (wanted, pane.isVisible()) == ([True, False], False)


@pytest.mark.parametrize("leave", [CameraPage.hide, CameraPage.showMinimized, CameraPage.close])
def test_it_ends_when_the_page_is_left(page, wanted, leave, qtbot):
    """And stays off when the person comes back."""
    pane = page.findChild(Pane)
    page.findChild(QCheckBox).setChecked(True)

    leave(page)
    qtbot.waitUntil(lambda: len(wanted) == 2)
    page.showNormal()

    assert wanted == [True, False]
    assert not pane.isVisible()


def read_out(widget):
    """Return what a screen reader says of each label: its name, which hides its text."""
    return [it.accessibleName() or it.text() for it in widget.findChildren(QLabel)]


def test_what_is_in_the_way_is_said(page):
    for state, said in (
        (State.TOO_DARK, "It is too dark"),
        (State.NO_CAMERA, "There is no camera"),
        (State.TRACKING, "Your blinks are counted"),
    ):
        page.take(reading(1.0, state))
        assert any(said in it for it in read_out(page))


def grey(pane, x_share, y_share=0.5):
    image = pane.grab().toImage()
    colour = image.pixelColor(int(x_share * image.width()), int(y_share * image.height()))
    return colour.lightness()


@pytest.fixture
def pictures() -> list[Picture | None]:
    """What the camera sees; the last is the latest."""
    return [None]


@pytest.fixture
def pane(pictures, qtbot):
    """A pane that shows the latest picture."""
    pane = Pane(lambda: pictures[-1])
    qtbot.addWidget(pane)
    pane.resize(400, 200)
    pane.show()
    return pane


def test_a_picture_is_shown_as_in_a_mirror(pane, pictures, qtbot):
    pictures.append(picture())

    qtbot.waitUntil(lambda: pane._shown is not None)

    assert grey(pane, 0.2) > 250
    assert grey(pane, 0.8) < 5


def test_the_mesh_is_drawn_upon_it(pane, pictures, qtbot):
    """White within black, so that it can be seen on black and white."""
    pictures.append(picture(outlines=Outlines(SQUARE, SQUARE, SQUARE)))

    qtbot.waitUntil(lambda: pane._shown is not None)

    # The edge a tenth from the left of what the camera sees lies in black, a tenth from the
    # right as in a mirror; within the line and beside it nothing but black.
    assert max(grey(pane, 0.9 + step / 400) for step in range(-3, 4)) > 100
    assert max(grey(pane, x) for x in (0.7, 0.8, 0.95)) < 5


def test_an_old_picture_is_not_shown(pane, pictures, qtbot):
    """The reading's clock says how old: a camera that stopped leaves no still behind."""
    pictures.append(picture(t_s=10.0))
    qtbot.waitUntil(lambda: pane._shown is not None)

    pane.now_s = 11.5

    qtbot.waitUntil(lambda: pane._shown is None)


def test_nothing_is_held_when_hidden(pane, pictures, qtbot):
    pictures.append(picture())
    qtbot.waitUntil(lambda: pane._shown is not None)

    pane.hide()

    assert pane._shown is None
    assert not pane._clock.isActive()


def test_it_fits_any_shape(pane, pictures, qtbot):
    pictures.append(picture())
    qtbot.waitUntil(lambda: pane._shown is not None)

    pane.resize(200, 400)
    QApplication.processEvents()

    assert grey(pane, 0.25, 0.5) > 250
    assert grey(pane, 0.25, 0.1) > 5
    assert pane.minimumSizeHint().width() * 2 == pytest.approx(pane.sizeHint().width(), abs=1)
