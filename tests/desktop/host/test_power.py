"""Mains or battery."""

from types import SimpleNamespace

import psutil
import pytest

from waw_desktop.host import power


@pytest.mark.parametrize(
    ("battery", "expected"),
    [
        (None, False),
        (SimpleNamespace(power_plugged=True), False),
        (SimpleNamespace(power_plugged=None), False),
        (SimpleNamespace(power_plugged=False), True),
    ],
)
def test_only_a_battery_that_feeds_the_computer_counts(monkeypatch, battery, expected):
    """The battery is made up: a test machine cannot unplug itself."""
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)

    assert power.is_on_battery() is expected
