"""Draw the icons of every system from icon.svg.

    python waw_desktop/packaging/icons.py DIRECTORY

Windows and macOS want one file that holds the picture in several sizes. Both kinds are a short
list of contents followed by PNG files, so they are written here.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

from PyQt6.QtCore import QBuffer, QByteArray, Qt
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).with_name("icon.svg")
ICO_SIZES_PX = (16, 24, 32, 48, 64, 128, 256)
# The names by which macOS knows each size; those with two pixels to the point come last.
ICNS_SIZES_PX = {
    b"icp4": 16,
    b"icp5": 32,
    b"ic07": 128,
    b"ic08": 256,
    b"ic09": 512,
    b"ic11": 32,
    b"ic12": 64,
    b"ic13": 256,
    b"ic14": 512,
    b"ic10": 1024,
}
PNG_SIZES_PX = {
    "waw-48.png": 48,
    "waw-128.png": 128,
    "waw-256.png": 256,
    "StoreLogo.png": 50,
    "Square44x44Logo.png": 44,
    "Square150x150Logo.png": 150,
}


def draw(directory: Path) -> None:
    """Write every icon into a directory, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, size_px in PNG_SIZES_PX.items():
        (directory / name).write_bytes(png(size_px))
    (directory / "waw.ico").write_bytes(ico({size_px: png(size_px) for size_px in ICO_SIZES_PX}))
    (directory / "waw.icns").write_bytes(
        icns({kind: png(size_px) for kind, size_px in ICNS_SIZES_PX.items()})
    )


def png(size_px: int) -> bytes:
    """Return the drawing as a PNG file of this width and height, transparent around it."""
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    encoded = QByteArray()
    buffer = QBuffer(encoded)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return encoded.data()


def ico(pictures: dict[int, bytes]) -> bytes:
    """Return one file of Windows from PNG files by their width in pixels, 256 at most."""
    contents, position = b"", 6 + 16 * len(pictures)
    for size_px, picture in pictures.items():
        side = size_px % 256  # 0 says 256
        contents += struct.pack("<4B2H2I", side, side, 0, 0, 1, 32, len(picture), position)
        position += len(picture)
    return struct.pack("<3H", 0, 1, len(pictures)) + contents + b"".join(pictures.values())


def icns(pictures: dict[bytes, bytes]) -> bytes:
    """Return one file of macOS from PNG files by macOS's name of their size."""
    body = b"".join(
        kind + struct.pack(">I", 8 + len(picture)) + picture for kind, picture in pictures.items()
    )
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    draw(Path(sys.argv[1]))
