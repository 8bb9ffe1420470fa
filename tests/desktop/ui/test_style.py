"""Greys that can be read, in light and in dark."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication, QLabel

from waw_desktop.ui import style
from waw_desktop.ui.style import DARK, LIGHT, Theme


def luminance(name):
    """Return the relative luminance of WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in QColor(name).getRgbF()[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("greys", [LIGHT, DARK])
@pytest.mark.parametrize(
    "text, ground, least",
    [
        ("text", "ground", 7),
        ("text", "sheet", 7),
        ("on_strong", "strong", 7),
        ("hint", "ground", 4.5),
        ("hint", "sheet", 4.5),
        ("strong", "ground", 3),
    ],
)
def test_everything_can_be_read(greys, text, ground, least):
    assert contrast(getattr(greys, text), getattr(greys, ground)) >= least


@pytest.mark.parametrize("greys", [LIGHT, DARK])
def test_there_is_no_colour(greys):
    for name in type(greys).__slots__:
        assert QColor(getattr(greys, name)).hsvSaturation() == 0


@pytest.mark.parametrize("theme, dark", [(Theme.LIGHT, False), (Theme.DARK, True)])
def test_the_person_chooses(qapp, theme, dark):
    style.dress(qapp, theme)

    assert style.is_dark() is dark
    assert style.greys() is (DARK if dark else LIGHT)
    assert QApplication.palette().color(QPalette.ColorRole.Text).name() == style.greys().text


def test_large_is_relative_to_what_the_person_is_used_to(qtbot):
    label = QLabel("15")
    qtbot.addWidget(label)
    usual = label.font().pointSizeF()

    assert style.large(label, 2.0).font().pointSizeF() == pytest.approx(2 * usual)
