"""`docs/detection.md` has the numbers that the code has."""

import re
from pathlib import Path

import pytest

from waw_desktop.core import blinks, ceiling, dips, thrift, watch
from waw_desktop.vision import stillness

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "detection.md"
ROWS = re.findall(r"^\| `(\w+)\.(\w+)` \| ([\d.]+) \|", DOCUMENT.read_text(), re.MULTILINE)
MODULES = {
    "blinks": blinks,
    "ceiling": ceiling,
    "dips": dips,
    "stillness": stillness,
    "thrift": thrift,
    "watch": watch,
}


@pytest.mark.parametrize(("module", "name", "value"), ROWS)
def test_the_table_is_true(module, name, value):
    """Each number of the table is the one that is used."""
    assert getattr(MODULES[module], name) == float(value)


def test_the_rule_is_written_out_as_it_runs():
    """The formula carries the fitted numbers."""
    formula = (
        f"{blinks._LEAST_PROMINENCE} · exp({blinks._LINGERING} · lingering"
        f" − {blinks._USUAL} · usual − {blinks._AGREEMENT} · agreement)"  # noqa: RUF001 - the document prints this sign
    )

    assert formula in DOCUMENT.read_text()
