"""Two trackers on one outbox: the second is told, whatever became of the first."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from waw_desktop.sync.lock import AlreadyRunning, only_tracker
from waw_desktop.sync.outbox import Outbox, OutboxError

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from waw_desktop.sync.lock import only_tracker
with only_tracker(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desktop" / "outbox.db"


@pytest.fixture
def holder(path):
    """Another program that holds the lock until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def is_free(path):
    try:
        with only_tracker(path):
            return True
    except AlreadyRunning:
        return False


def test_the_second_is_told(holder, path):
    """In words for the person, and as an error of the outbox."""
    words = "a tracker is already running for this account on this computer"
    with pytest.raises(AlreadyRunning, match=words), only_tracker(path):
        pass

    assert issubclass(AlreadyRunning, OutboxError)


@pytest.mark.parametrize(
    ("_case", "end"),
    [("ends", lambda holder: holder.communicate("")), ("is killed", lambda holder: holder.kill())],
)
def test_it_is_free_again(holder, path, _case, end):
    """However the first ends, and without anybody tidying up."""
    assert not is_free(path)

    end(holder)
    holder.wait()

    assert is_free(path)


def test_another_account_is_not_held_up(holder, path):
    assert is_free(path.with_name("outbox-of-bob.db"))


def test_it_may_be_read_meanwhile(holder, path, make_message):
    """What is kept can be looked at while a tracker runs."""
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
        assert outbox.counts().pending == 1


def test_the_same_program_holds_it_once(path):
    with only_tracker(path):
        assert not is_free(path)
    assert is_free(path)


def test_is_private(path):
    """Of its owner alone, and empty."""
    with only_tracker(path):
        lock = path.with_suffix(".lock")
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
        assert lock.stat().st_size == 0


def test_no_place_for_it(tmp_path):
    """A directory that cannot be is one clear error."""
    (tmp_path / "file").touch()

    with pytest.raises(OutboxError, match="the outbox cannot be locked"):
        is_free(tmp_path / "file" / "outbox.db")


def test_a_lock_that_is_none(path):
    """A file of another program in its place is not taken for a lock."""
    path.parent.mkdir()
    path.with_suffix(".lock").write_bytes(b"garbage" * 1000)

    with pytest.raises(OutboxError, match="the outbox cannot be locked: file is not a database"):
        is_free(path)

    with pytest.raises(sqlite3.Error), closing(sqlite3.connect(path.with_suffix(".lock"))) as db:
        db.execute("BEGIN EXCLUSIVE")
