"""What was measured stays readable for two years, whatever becomes of the disk."""

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from waw_desktop.core.history import minute_of
from waw_desktop.host.history import (
    MOST_IN_MEMORY,
    Damaged,
    DiskFull,
    History,
    HistoryError,
    Keeper,
    TooNew,
    _readable,
    erase,
    history_path,
)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history-alice.db"


@pytest.fixture
def history(path):
    with History(path) as history:
        yield history


@pytest.fixture
def told():
    return []


@pytest.fixture
def keeper(path, told):
    with closing(Keeper(path, told.append)) as keeper:
        yield keeper


@pytest.fixture
def minute(make_message):
    """Make what the history keeps of a message that starts at an instant."""

    def make(number, at=NINE):
        return minute_of(make_message(number, started_at=at))

    return make


def ids(history):
    return [row.message_id.int for row in history.rows(*EVER)]


def execute(path, *statements):
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def fill(history):
    """Leave no room for another row."""
    (pages,) = history._db.execute("PRAGMA page_count").fetchone()
    history._db.execute(f"PRAGMA max_page_count = {pages}")


def test_beside_the_outbox(tmp_path):
    outbox = tmp_path / "outbox-0123456789abcdef.db"

    assert history_path(outbox) == tmp_path / "history-0123456789abcdef.db"


def test_a_minute_comes_back_as_it_was(history, make_message):
    at = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
    added = minute_of(make_message(1, started_at=at))
    history.add([added])

    assert history.rows(*EVER) == [added]
    assert (added.blinks, added.partial, added.blinks_ms) == (2, 1, 500)


def test_adding_again_changes_nothing(history, minute):
    history.add([minute(1), minute(2)])
    history.add([minute(2), minute(3)])

    assert ids(history) == [1, 2, 3]


def test_a_span_has_its_first_instant_and_not_its_last(history, minute):
    for number, at in enumerate((NINE - DAY, NINE, NINE + DAY), 1):
        history.add([minute(number, at)])

    found = history.rows(NINE, NINE + DAY)

    assert [row.message_id.int for row in found] == [2]


def test_in_order_of_time(history, minute):
    history.add([minute(1, NINE + DAY), minute(2, NINE)])

    assert ids(history) == [2, 1]


def test_only_its_owner_reads_it(history, path, minute):
    history.add([minute(1)])

    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}


def test_all_of_it_in_order(history, minute):
    history.add([minute(1, NINE + DAY), minute(2, NINE)])

    assert [row.message_id.int for row in history.each()] == [2, 1]


def test_a_failure_in_between_adds_none(history, minute):
    def failing():
        yield minute(1)
        raise RuntimeError("the detector broke")

    with pytest.raises(RuntimeError, match="broke"):
        history.add(failing())

    assert ids(history) == []


def test_it_outlives_the_program(path, minute):
    with History(path) as history:
        history.add([minute(1)])
    with History(path) as history:
        assert ids(history) == [1]


def test_two_programs_may_look_and_add(history, path, minute):
    history.add([minute(1)])
    with History(path) as other:
        history.add([minute(2)])

        assert ids(other) == [1, 2]


def test_what_is_older_than_two_years_goes(history, minute):
    history.add([minute(1, NINE), minute(2, NINE + DAY)])

    assert history.expire(NINE + 731 * DAY) == 0
    assert history.expire(NINE + 731 * DAY + timedelta(minutes=1)) == 1
    assert ids(history) == [2]


def test_what_expired_is_overwritten(history, path, minute):
    mark = UUID(int=0x77_61_77_21 << 96)
    history.add([minute(mark.int), minute(2, NINE + DAY)])
    history._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert mark.bytes in path.read_bytes()

    history.expire(NINE + 732 * DAY)
    history._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert ids(history) == [2]
    assert mark.bytes not in path.read_bytes()


def test_a_clock_set_wrongly_costs_a_day_at_most(history, minute):
    history.add([minute(number, NINE + number * DAY) for number in range(5)])

    assert history.expire(NINE + 9999 * DAY) == 1
    assert ids(history) == [1, 2, 3, 4]


def test_nothing_to_expire(history):
    assert history.expire(NINE) == 0


def test_deleted_is_overwritten(history, path, minute):
    """In the file and in its journal."""
    mark = UUID(int=0x77_61_77_21 << 96)
    history.add([minute(number) for number in range(500)])
    history.add([minute(mark.int)])
    assert any(mark.bytes in file.read_bytes() for file in path.parent.iterdir())

    history.delete_all()

    assert ids(history) == []
    assert not any(mark.bytes in file.read_bytes() for file in path.parent.iterdir())


def test_no_file_is_left(history, path, minute):
    history.add([minute(1)])
    history.close()
    path.with_name("history-alice-damaged-1.db").write_bytes(b"garbage")
    bob = path.with_name("history-bob.db")
    bob.touch()

    assert erase(path) == []
    assert list(path.parent.iterdir()) == [bob]


def test_a_file_that_is_damaged_can_be_erased(path):
    path.write_bytes(b"garbage" * 1000)

    assert erase(path) == []
    assert not path.exists()


def test_what_could_not_be_deleted_is_said(path):
    path.mkdir()

    assert erase(path) == [path]


def test_nothing_to_erase(path):
    assert erase(path) == []
    assert not path.exists()


def test_a_full_disk_is_said_and_changes_nothing(history, minute):
    history.add([minute(1)])
    fill(history)

    with pytest.raises(DiskFull, match="the disk is full"):
        history.add([minute(number) for number in range(2, 1000)])

    assert ids(history) == [1]


def test_no_room_for_the_file_itself(path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.open", full)

    with pytest.raises(DiskFull):
        History(path)


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_damaged(path, content):
    path.write_bytes(content)

    with pytest.raises(Damaged):
        History(path)


def test_another_programs_database_is_no_history(path):
    execute(path, "CREATE TABLE minute (everything)")

    with pytest.raises(Damaged, match="not a history"):
        History(path)


@pytest.mark.parametrize("table", ["minute", "forgotten"])
def test_a_table_that_is_missing_is_damage(path, table):
    History(path).close()
    execute(path, f"DROP TABLE {table}")

    with pytest.raises(Damaged, match="a table is missing"):
        History(path)


def test_a_newer_history_is_left_as_it_is(path):
    History(path).close()
    execute(path, "PRAGMA user_version = 2")

    with pytest.raises(TooNew):
        History(path)


def test_a_place_that_is_no_file(path):
    path.mkdir()

    with pytest.raises(HistoryError, match="cannot be used"):
        History(path)


def test_a_history_that_is_closed(path):
    history = History(path)
    history.close()

    with pytest.raises(HistoryError, match="cannot be used"):
        history.rows(*EVER)


def damage(path):
    """Overwrite the middle, not the head."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 8192)


def test_damage_inside_is_found(path, minute):
    with History(path) as history:
        history.add([minute(number) for number in range(500)])
    damage(path)

    with History(path) as history, pytest.raises(Damaged):
        history.check()


def test_whole_is_whole(history, minute):
    history.add([minute(1)])

    history.check()


def test_the_keeper_adds_what_it_is_given(keeper, told, path, make_message):
    for number in (1, 1, 2):
        keeper.add(make_message(number))

    with History(path) as history:
        assert ids(history) == [1, 2]
    assert told == []


def test_what_a_sudden_end_kept_from_it_is_made_good(keeper, path, make_message):
    keeper.add(make_message(1))
    keeper.make_good([make_message(1), make_message(2)])

    with History(path) as history:
        assert ids(history) == [1, 2]


def test_what_was_deleted_and_waits_to_be_sent_stays_deleted(keeper, path, make_message):
    """Until it is sent; then there is no trace of it."""
    with History(path) as history:
        history.forget([UUID(int=1), UUID(int=2)])

    keeper.make_good([make_message(1), make_message(3)])

    with History(path) as history:
        assert ids(history) == [3]
        assert history._db.execute("SELECT * FROM forgotten").fetchall() == [(UUID(int=1).bytes,)]


def test_the_keeper_makes_the_file_even_of_nothing(keeper, path):
    keeper.make_good([])

    assert path.exists()


def damage_the_middle(path):
    """Overwrite a page that adding does not read."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xa5" * 4096)


def replace_it(path):
    """Leave nothing of it."""
    path.write_bytes(b"garbage" * 1000)


@pytest.mark.parametrize(
    "damage_it, least, most",
    [(damage, 0, 4990), (damage_the_middle, 4000, 4990), (replace_it, 0, 0)],
)
def test_the_keeper_saves_what_it_can(path, told, minute, make_message, damage_it, least, most):
    """The damaged file is kept beside the new one; the person is told once."""
    path.with_name("history-alice-damaged-1.db").touch()
    added = [minute(number, NINE + number * timedelta(minutes=1)) for number in range(5000)]
    with History(path) as history:
        history.add(added)
    damage_it(path)

    with closing(Keeper(path, told.append)) as keeper:
        keeper.add(make_message(5001))

    with History(path) as history:
        *saved, new = sorted(history.each(), key=lambda it: it.message_id.int)
    assert new == minute_of(make_message(5001))
    assert least <= len(saved) <= most
    assert set(saved) <= set(added)
    (said,) = told
    assert said.startswith("the history file is damaged")
    assert said.endswith(
        "It is now history-alice-damaged-2.db, and a new one is begun"
        f" with the {len(saved)} minutes that could be read."
    )


@pytest.mark.parametrize(
    "column, value",
    [
        ("message_id", b"short"),
        ("started_ms", -1),
        ("started_ms", 10**15),
        ("duration_ms", 60_001),
        ("seen_ms", 60_001),
        ("seen_ms", -1),
        ("closed_ms", 60_001),
        ("partial", 3),
        ("partial", -1),
        ("blinks_ms", -1),
        ("long_closures", -1),
        ("blinks", "many"),
    ],
)
def test_what_cannot_be_is_not_saved(history, path, minute, column, value):
    history.add([minute(1), minute(2)])
    execute(path, "CREATE TABLE loose AS SELECT * FROM minute", "DROP TABLE minute")
    execute(path, "ALTER TABLE loose RENAME TO minute")
    history._db.execute(f"UPDATE minute SET {column} = ? WHERE rowid = 1", (value,))

    assert _readable(path) == [minute(2)]


def test_the_keeper_keeps_in_memory_what_finds_no_room(keeper, told, path, make_message):
    keeper.add(make_message(1))
    fill(keeper._history)
    for first in range(2, 2000, 100):
        for number in range(first, first + 100):
            keeper.add(make_message(number))

    full = "What is measured cannot be added to the history: the disk is full"
    assert [line[: len(full)] for line in told] == [full]

    keeper._history._db.execute("PRAGMA max_page_count = 1000000")
    keeper.add(make_message(2002))

    with History(path) as history:
        found = ids(history)
    assert len(found) > MOST_IN_MEMORY
    assert 2001 in found
    assert 2002 in found


def test_the_keeper_tells_of_trouble_that_returns(keeper, told, path, make_message):
    for number in (1, 3):
        path.unlink(missing_ok=True)
        path.mkdir()
        keeper.add(make_message(number))
        keeper.add(make_message(number))
        assert len(told) == (number + 1) / 2
        path.rmdir()
        keeper.add(make_message(number + 1))
        keeper.close()


def test_the_keeper_looks_for_what_is_too_old_each_hour(keeper, path, make_message):
    def add(number, at):
        keeper.add(make_message(number, started_at=at))

    def oldest():
        with History(path) as history:
            return ids(history)[0]

    add(1, NINE)
    add(2, NINE + 2 * DAY)
    add(3, NINE + 800 * DAY)
    assert oldest() == 2
    add(4, NINE + 800 * DAY + timedelta(minutes=59))
    assert oldest() == 2
    add(5, NINE + 800 * DAY + timedelta(minutes=60))
    assert oldest() == 3


def test_a_damaged_file_that_cannot_be_moved(keeper, told, path, make_message, monkeypatch):
    path.write_bytes(b"garbage" * 1000)

    def refuse(*_):
        raise PermissionError("another program has it open")

    monkeypatch.setattr(Path, "replace", refuse)
    keeper.add(make_message(1))

    (said,) = told
    assert "another program has it open" in said
