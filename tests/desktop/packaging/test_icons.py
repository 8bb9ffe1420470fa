"""Icons in the forms that the systems read."""

import struct

import pytest
from PyQt6.QtGui import QImage

from waw_desktop.packaging import icons


@pytest.fixture(autouse=True)
def _application(qapp):
    """Qt draws only once there is an application."""


@pytest.mark.parametrize("size_px", [16, 48, 256])
def test_is_drawn_in_any_size_in_greys(size_px):
    image = QImage.fromData(icons.png(size_px))
    middle = image.pixelColor(size_px // 2, size_px // 2)
    greys = {
        (colour.red() == colour.green() == colour.blue())
        for colour in (
            image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())
        )
        if colour.alpha() == 255
    }

    assert (image.width(), image.height()) == (size_px, size_px)
    assert image.pixelColor(0, 0).alpha() == 0  # round corners
    assert middle.lightness() < 64  # the pupil
    assert greys == {True}


def test_windows_finds_every_size():
    """A list of contents: each entry says where its picture begins and how long it is."""
    pictures = {16: b"small", 256: b"large picture"}
    file = icons.ico(pictures)
    kept = {}
    for number in range(struct.unpack_from("<3H", file)[2]):
        side, *_, length, start = struct.unpack_from("<4B2H2I", file, 6 + 16 * number)
        kept[side or 256] = file[start : start + length]

    assert kept == pictures


def test_macos_finds_every_size():
    """Parts that each begin with name and length, within a whole that does."""
    pictures = {b"ic07": b"small", b"ic10": b"large picture"}
    file = icons.icns(pictures)
    kept, position = {}, 8
    while position < len(file):
        kind, length = struct.unpack_from(">4sI", file, position)
        kept[kind] = file[position + 8 : position + length]
        position += length

    assert struct.unpack_from(">4sI", file) == (b"icns", len(file))
    assert kept == pictures


def test_draws_all(tmp_path):
    icons.draw(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {
        *icons.PNG_SIZES_PX,
        "waw.ico",
        "waw.icns",
    }
    assert not QImage(str(tmp_path / "waw.ico")).isNull()
