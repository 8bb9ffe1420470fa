"""`docs/detection.md` has the numbers that the code has."""

import re
from pathlib import Path

import pytest

from waw_desktop.core import blinks, dips, thrift, watch

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "detection.md"
ROWS = re.findall(r"^\| `(\w+)\.(\w+)` \| ([\d.]+) \|", DOCUMENT.read_text(), re.MULTILINE)
MODULES = {"blinks": blinks, "dips": dips, "thrift": thrift, "watch": watch}


@pytest.mark.parametrize(("module", "name", "value"), ROWS)
def test_the_table_is_true(module, name, value):
    """Each number of the table is the one that is used."""
    assert getattr(MODULES[module], name) == float(value)


def test_the_rule_is_written_out_as_it_runs():
    """The formula carries the fitted numbers."""
    least, per_s, level = blinks._LEAST_PROMINENCE, blinks._HALF_OPEN_PER_S, blinks._LEVEL

    assert f"{least} · exp({per_s} · half_open_s" in DOCUMENT.read_text()
    assert f"{level} · level)" in DOCUMENT.read_text()
