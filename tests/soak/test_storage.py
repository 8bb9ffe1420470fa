"""The outbox on a bad disk, in short: `tests/soak/storage.py` is the long form."""

from __future__ import annotations

import shutil

import pytest

from tests.soak.storage import FAILING, WAYS, damaged, failing, filled


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return an outbox as a kill leaves it."""
    return filled(tmp_path_factory.mktemp("original"))


@pytest.mark.parametrize("seed", [2, 4])
@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_outbox_opens_and_sends_nothing_wrong(original, tmp_path, way, seed):
    """And what can still be read of it is saved."""
    opened = damaged(original, tmp_path, way, seed)

    assert opened.is_well, opened
    assert opened.saved >= 0.9 * opened.whole, opened


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("when", ["1", "30", "31", "200", "200+"])
def test_what_was_acknowledged_is_there_whatever_fails(tmp_path, error, when):
    """One write or sync fails, or all from one on."""
    assert shutil.which("strace"), "strace is missing: apt-get install strace"

    failed = failing(tmp_path, error, when)

    assert (failed.missing, failed.bad) == (0, 0)
    assert failed.acknowledged == FAILING or when.endswith("+")
    assert failed.acknowledged
