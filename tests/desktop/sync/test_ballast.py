"""A disk that is really full: receipts are settled, nothing is lost, and it is said."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from waw_desktop.sync.ballast import BALLAST_BYTES, Ballast
from waw_desktop.sync.outbox import DiskFull, Outbox

ROOT = Path(__file__).parents[3]

# Runs on a small file system of its own, which nobody else can see or fill.
ON_A_SMALL_DISK = """
import json, subprocess, sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from waw_desktop.core.messages import Message
from waw_desktop.core.retry import Fate
from waw_desktop.sync.outbox import DiskFull, Outbox

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)
path, filler = disk / "outbox.db", disk / "filler"

def message(number):
    started_at = datetime.fromtimestamp(number * 60, UTC)
    return Message(UUID(int=number), started_at, 0, "", 60_000, 9, 30.0, (1,), (200,), (99,), 0, 0)

def fill():
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))

def is_full(outbox, number):
    try:
        outbox.seal(message(number))
    except DiskFull:
        return True
    return False

def synced(outbox, *numbers):
    outbox.settle((UUID(int=number), Fate.SYNCED, "") for number in numbers)

seen = {}
with Outbox(path) as outbox:
    for number in range(1, 251):
        outbox.seal(message(number))
    seen["laid at first"] = outbox._ballast._path.stat().st_size
    fill()
    sealed = 250
    while not is_full(outbox, sealed + 1):
        sealed += 1
        fill()
    seen["kept in the end"] = outbox._ballast._path.exists()
    synced(outbox, *range(1, 251))
    seen["released"] = not outbox._ballast._path.exists()
    fill()
with Outbox(path) as outbox:
    counts = outbox.counts()
    seen["opened when full"] = counts.balanced and counts.synced == 250
    fill()
    seen["still full"] = is_full(outbox, 9999)
    filler.unlink()
    outbox.seal(message(9999))
    fill()
    seen["full again"] = is_full(outbox, 9000)
    outbox.release_ballast()
    seen["room at the end"] = not is_full(outbox, 9000)
    filler.unlink()
    outbox.settle([(UUID(int=9000), Fate.DROPPED, "")])
    outbox.seal(message(9001))
    seen["laid again"] = outbox._ballast._path.exists()
    counts = outbox.counts()
    seen["all accounted for"] = counts.balanced and counts.produced == sealed + 3
    taken = [row.message.message_id.int for row in outbox.take(9999, 10**9)]
    seen["none lost"] = taken == [*range(251, sealed + 1), 9999, 9001]
print(json.dumps(seen))
"""


@pytest.mark.mounts
def test_a_full_disk(own_mounts, tmp_path):
    """A full disk takes no new message, but what the server has is let go all the same."""
    done = subprocess.run(
        [*own_mounts, sys.executable, "-c", ON_A_SMALL_DISK, tmp_path],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("laid at first") == BALLAST_BYTES
    assert [what for what, is_so in seen.items() if not is_so] == []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.ballast"


def test_is_laid_once(path):
    """It holds the room that it names, and is not written again."""
    assert Ballast(path).lay()
    before = path.stat()

    assert Ballast(path).lay()

    assert (before.st_size, before.st_blocks * 512) >= (BALLAST_BYTES, BALLAST_BYTES)
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_is_released_once(path):
    """The second time there is nothing to give."""
    Ballast(path).lay()

    assert [Ballast(path).release(), Ballast(path).release()] == [True, False]
    assert not path.exists()


def test_is_not_laid_where_it_would_fill_the_disk(path, monkeypatch):
    """Room for it once is not enough."""
    usage = SimpleNamespace(free=2 * BALLAST_BYTES - 1)
    monkeypatch.setattr("waw_desktop.sync.ballast.shutil.disk_usage", lambda _: usage)
    assert not Ballast(path).lay()

    usage.free += 1
    assert Ballast(path).lay()


@pytest.fixture
def no_room(monkeypatch):
    """A disk without room for an outbox for as long as the ballast of one lies on it."""
    really, disk = os.open, SimpleNamespace(is_always_full=False)

    def full(path, *arguments):
        ballast = Path(path).with_suffix(".ballast")
        if Path(path).suffix == ".db" and (ballast.exists() or disk.is_always_full):
            raise OSError(errno.ENOSPC, "no room")
        return really(path, *arguments)

    monkeypatch.setattr("waw_desktop.sync.outbox.os.open", full)
    return disk


def test_an_outbox_opens_in_its_room(no_room, path):
    """On a full disk the ballast is what lets the outbox be opened at all."""
    outbox_file = path.with_suffix(".db")
    Ballast(path).lay()

    with Outbox(outbox_file) as outbox:
        assert outbox.counts().balanced


def test_there_is_no_ballast_left(no_room, path):
    """Then the full disk is said."""
    no_room.is_always_full = True

    with pytest.raises(DiskFull):
        Outbox(path.with_suffix(".db"))


def test_no_place_for_it(tmp_path):
    """A directory that is gone is no reason to fail, and leaves nothing behind."""
    assert not Ballast(tmp_path / "gone" / "outbox.ballast").lay()

    (tmp_path / "outbox.ballast-new").mkdir()
    assert not Ballast(tmp_path / "outbox.ballast").lay()
    assert not (tmp_path / "outbox.ballast").exists()
