"""Past reminders, in a file that may be damaged, full or gone."""

import sqlite3
import stat
import struct
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from waw_desktop.core.effect import Reminder
from waw_desktop.host.reminder_log import FILE_NAME, LogError, ReminderLog

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def reminder(minutes=0, **fields):
    at = NOW + timedelta(minutes=minutes)
    return replace(Reminder(at, False, 5.5, None), **fields)


@pytest.fixture
def log(tmp_path):
    return ReminderLog(tmp_path, lambda: NOW)


def test_what_was_stored_is_there(log, tmp_path):
    """For the next start of the program too, in order of time."""
    log.add(reminder(5, is_held_out=True))
    log.add(reminder(0))
    log.follow(NOW, 12.5)

    assert ReminderLog(tmp_path, lambda: NOW).reminders() == [
        reminder(0, after_per_min=12.5),
        reminder(5, is_held_out=True),
    ]


def test_times_are_stored_as_utc(log):
    tokyo = timezone(timedelta(hours=9))
    log.add(reminder(at=datetime(2026, 3, 2, 18, tzinfo=tokyo)))

    (stored,) = log.reminders()

    assert stored.at == NOW
    assert stored.at.tzinfo is UTC


def test_what_follows_nothing_changes_nothing(log):
    log.follow(NOW, 12.5)

    assert log.reminders() == []


def test_how_many_were_due_today(log):
    for minutes in (-600, -1, 0, 5):
        log.add(reminder(minutes))

    assert log.due_since(NOW) == 2


def test_only_the_owner_may_read(log, tmp_path):
    log.add(reminder())

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_the_journal_is_written_ahead(log, tmp_path):
    log.add(reminder())

    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_old_ones_go(log):
    """After 400 days."""
    log.add(reminder(-400 * 24 * 60 - 1))
    log.add(reminder(-400 * 24 * 60))
    log.add(reminder())

    assert [it.at for it in log.reminders()] == [NOW - timedelta(days=400), NOW]


def test_what_went_is_overwritten(tmp_path):
    now = [NOW]
    log = ReminderLog(tmp_path, lambda: now[0])
    for minutes in range(5):
        log.add(reminder(minutes, before_per_min=123.456))

    now[0] += timedelta(days=401)
    log.add(reminder(401 * 24 * 60))

    assert len(log.reminders()) == 1
    assert struct.pack(">d", 123.456) not in (tmp_path / FILE_NAME).read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 4000],
    ids=["text", "garbage"],
)
def test_a_damaged_file_is_set_aside(log, tmp_path, content):
    """It is kept, and another begun, without a word."""
    (tmp_path / FILE_NAME).write_bytes(content)

    log.add(reminder())

    assert log.reminders() == [reminder()]
    (damaged,) = tmp_path.glob("reminders-damaged-*")
    assert damaged.read_bytes() == content


def test_damage_within_is_noticed(log, tmp_path):
    """The head of the file is whole, its pages are not."""
    for minutes in range(20):
        log.add(reminder(minutes))
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xab" * (len(whole) - 4096))

    assert log.reminders() == []
    assert len(list(tmp_path.glob("reminders-damaged-*"))) == 1


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 99"])
def test_so_is_a_file_of_another_kind(log, tmp_path, pragma):
    """Or of a later version: what it holds is left alone."""
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute(f"PRAGMA {pragma}")
        db.execute("CREATE TABLE reminder (other TEXT)")
        db.commit()

    assert log.reminders() == []
    assert len(list(tmp_path.glob("reminders-damaged-*"))) == 1


def test_everything_can_be_deleted(log, tmp_path):
    """Overwritten, and what was set aside with it."""
    (tmp_path / FILE_NAME).write_bytes(b"no database")
    log.add(reminder(before_per_min=123.456))
    log.delete_all()

    assert log.reminders() == []
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    stored = struct.pack(">d", 123.456)
    assert stored not in (tmp_path / FILE_NAME).read_bytes()


def test_a_place_that_cannot_be_used_is_told(tmp_path):
    log = ReminderLog(tmp_path / "missing", lambda: NOW)

    with pytest.raises(LogError, match="cannot be used"):
        log.add(reminder())


def test_a_file_that_is_locked_is_told(log, tmp_path, monkeypatch):
    monkeypatch.setattr("waw_desktop.host.reminder_log._WAIT_S", 0.01)
    log.add(reminder())

    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogError, match="locked"):
            log.add(reminder(5))

    assert log.reminders() == [reminder()]


def test_what_cannot_be_set_aside_is_told(log, tmp_path, monkeypatch):
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    monkeypatch.setattr("pathlib.Path.replace", refuse)

    with pytest.raises(LogError, match="set aside"):
        log.reminders()


def test_a_disk_that_damages_everything_is_told(log, tmp_path, monkeypatch):
    """It is tried twice, not forever."""
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    monkeypatch.setattr(log, "_set_aside", lambda: None)

    with pytest.raises(LogError, match="so is a new one"):
        log.reminders()


def test_what_cannot_be_deleted_is_told(log, tmp_path, monkeypatch):
    (tmp_path / "reminders-damaged-1.db").write_bytes(b"")
    monkeypatch.setattr("pathlib.Path.unlink", refuse)

    with pytest.raises(LogError, match="could not be deleted"):
        log.delete_all()


def refuse(*_arguments, **_options):
    raise PermissionError(13, "Permission denied")


def test_threads_share_it(log):
    """Each call opens the file for itself, and waits its turn."""
    threads = [threading.Thread(target=log.add, args=(reminder(minutes),)) for minutes in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(log.reminders()) == 8
