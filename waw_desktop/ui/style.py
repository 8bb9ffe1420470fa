"""Black, white and greys, light or dark as the system is or the person wishes.

No meaning hangs on a colour: what matters is said in words or drawn as a shape as well. Text and
ground differ by 7:1 at least, hints by 4.5:1 (WCAG 2.2, 1.4.6 and 1.4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication, QLabel


class Theme(StrEnum):
    """What the person wishes."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Greys:
    """The colours there are, each a name that Qt reads.

    Attributes:
        ground: Behind everything.
        sheet: Behind lists and fields.
        text: What is read.
        hint: What explains it.
        line: Frames and grids.
        strong: What is chosen or filled.
        on_strong: Text on that.
    """

    ground: str
    sheet: str
    text: str
    hint: str
    line: str
    strong: str
    on_strong: str


LIGHT = Greys("#f5f5f5", "#ffffff", "#111111", "#595959", "#c4c4c4", "#222222", "#ffffff")
DARK = Greys("#161616", "#1f1f1f", "#f2f2f2", "#a8a8a8", "#4a4a4a", "#e8e8e8", "#111111")

_ROLES: Mapping[str, tuple[QPalette.ColorRole, ...]] = {
    "ground": (QPalette.ColorRole.Window, QPalette.ColorRole.AlternateBase),
    "sheet": (
        QPalette.ColorRole.Base,
        QPalette.ColorRole.Button,
        QPalette.ColorRole.ToolTipBase,
        QPalette.ColorRole.Light,
    ),
    "text": (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
        QPalette.ColorRole.ToolTipText,
        QPalette.ColorRole.BrightText,
    ),
    "hint": (QPalette.ColorRole.PlaceholderText,),
    "line": (QPalette.ColorRole.Mid, QPalette.ColorRole.Midlight, QPalette.ColorRole.Dark),
    "strong": (
        QPalette.ColorRole.Highlight,
        QPalette.ColorRole.Accent,
        QPalette.ColorRole.Link,
        QPalette.ColorRole.LinkVisited,
    ),
    "on_strong": (QPalette.ColorRole.HighlightedText,),
}


def is_dark() -> bool:
    """Whether the window is dark at present."""
    return QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def greys() -> Greys:
    """Return the colours in use."""
    return DARK if is_dark() else LIGHT


def dress(app: QApplication, theme: Theme) -> None:
    """Give every widget its colours; call it again when the wish or the system's changes."""
    app.setStyle("Fusion")
    hints = app.styleHints()
    wants_dark = hints is not None and hints.colorScheme() is Qt.ColorScheme.Dark
    chosen = DARK if theme is Theme.DARK or (theme is Theme.SYSTEM and wants_dark) else LIGHT
    app.setPalette(_palette(chosen))


def large(label: QLabel, times: float) -> QLabel:
    """Return the label with text so many times as large as the person's usual one."""
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * times)
    label.setFont(font)
    return label


def hint(label: QLabel) -> QLabel:
    """Return the label in the colour of explanations."""
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setWordWrap(True)
    return label


def _palette(chosen: Greys) -> QPalette:
    palette = QPalette()
    for name, roles in _ROLES.items():
        for role in roles:
            palette.setColor(role, QColor(getattr(chosen, name)))
    disabled = QPalette.ColorGroup.Disabled
    for role in _ROLES["text"]:
        palette.setColor(disabled, role, QColor(chosen.hint))
    return palette
