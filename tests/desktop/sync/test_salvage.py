"""A damaged outbox: what can be read is saved, what is lost is counted."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from waw_desktop.core.retry import Fate
from waw_desktop.sync.outbox import Outbox, TooNew
from waw_desktop.sync.salvage import open_outbox

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL = {"limit": 10_000, "max_bytes": 10**9}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


@pytest.fixture(scope="module")
def original(tmp_path_factory, make_message):
    """An outbox of 200 messages of which 10 are synced, 1 dropped and 1 set aside."""
    path = tmp_path_factory.mktemp("salvage") / "original.db"
    with Outbox(path) as outbox:
        for number in range(1, 201):
            outbox.seal(make_message(number))
        outbox.settle((UUID(int=number), Fate.SYNCED, "") for number in range(1, 11))
        outbox.settle([(UUID(int=11), Fate.DROPPED, ""), (UUID(int=12), Fate.QUARANTINED, "no")])
        outbox.note_consent("told")
    return path.read_bytes()


@pytest.fixture
def filled(path, original):
    path.write_bytes(original)
    return path


def open_damaged(path):
    """Open an outbox that has to be salvaged."""
    outbox, salvage = open_outbox(path, NOW)
    assert salvage is not None
    return outbox, salvage


def numbers(outbox):
    return [row.message.message_id.int for row in outbox.take(**ALL)]


def page_size_of(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA page_size").fetchone()[0]


def test_an_intact_outbox_is_left_alone(filled):
    """Nothing is salvaged where nothing is broken."""
    before = filled.read_bytes()

    outbox, salvage = open_outbox(filled, NOW)
    outbox.close()

    assert salvage is None
    assert filled.read_bytes() == before


def damage_page_of(path, number):
    """Overwrite the page that holds a message; return all bytes of the file."""
    raw = bytearray(path.read_bytes())
    size = page_size_of(path)
    place = raw.index(b'"message_id": "%s"' % str(UUID(int=number)).encode()) // size * size
    raw[place : place + size] = b"\xff" * size
    path.write_bytes(raw)
    return raw


def test_two_pages_are_damaged(filled):
    """The rows between two damaged pages are found one by one."""
    damage_page_of(filled, 70)
    damage_page_of(filled, 140)

    outbox, _ = open_damaged(filled)

    with outbox:
        kept = numbers(outbox)
        assert {13, 100, 110, 200} < set(kept)
        assert not {70, 140} & set(kept)
        assert outbox.counts().balanced


def test_the_journal_goes_with_the_file(filled, make_message):
    """A journal that another program keeps open is not applied to the new file."""
    with closing(sqlite3.connect(filled)) as other:
        other.execute("UPDATE outbox SET payload = 'x' WHERE seq > 100")
        other.execute("PRAGMA application_id = 1")
        other.commit()

        outbox, salvage = open_damaged(filled)

        with outbox:
            outbox.seal(make_message(999))
            assert set(numbers(outbox)) == {*range(13, 101), 999}
    with Outbox(filled) as outbox:
        assert outbox.counts().balanced
    assert salvage.damaged.with_name(f"{salvage.damaged.name}-wal").exists()


def test_one_page_is_damaged(filled):
    """The rows of all other pages are saved, the lost ones are counted as dropped."""
    raw = damage_page_of(filled, 100)

    outbox, salvage = open_damaged(filled)

    with outbox:
        kept = numbers(outbox)
        counts = outbox.counts()
        assert 150 < len(kept) < 188
        assert 100 not in kept
        assert {13, 200} < set(kept)
        assert (counts.produced, counts.synced, counts.quarantined) == (200, 10, 1)
        assert counts.dropped == 1 + salvage.lost
        assert counts.balanced
        assert outbox.told_consent == "told"
        assert outbox.quarantined()[0].reason == "no"
    assert salvage.saved == len(kept) + 1
    assert salvage.damaged.name == "outbox-damaged-20260302T090000.db"
    assert salvage.damaged.read_bytes() == raw


def test_nothing_can_be_read(path):
    """A new outbox begins, and the damaged file is kept."""
    path.write_bytes(b"garbage" * 1000)

    outbox, salvage = open_damaged(path)

    with outbox:
        assert outbox.counts().produced == 0
    assert (salvage.saved, salvage.lost) == (0, None)
    assert salvage.damaged.read_bytes() == b"garbage" * 1000


@pytest.mark.parametrize(
    ("_case", "statement"),
    [
        ("no counters", "DELETE FROM ledger"),
        ("impossible counters", "UPDATE ledger SET produced = 5; PRAGMA application_id = 1"),
        ("negative counters", "UPDATE ledger SET dropped = -5; PRAGMA application_id = 1"),
    ],
)
def test_counters_are_lost(filled, _case, statement):
    """Without counters the saved rows are counted anew."""
    with closing(sqlite3.connect(filled)) as db:
        db.executescript(statement)

    outbox, salvage = open_damaged(filled)

    with outbox:
        assert len(numbers(outbox)) == 188
        assert outbox.counts().produced == 189
        assert outbox.counts().balanced
    assert salvage.lost is None


def test_rows_get_a_new_device(filled):
    """The numbers of lost rows may be used again, so the device id is new."""
    with Outbox(filled) as outbox:
        device_id = outbox.device_id
    with closing(sqlite3.connect(filled)) as db:
        db.executescript("DROP INDEX outbox_next; PRAGMA application_id = 1")

    outbox, salvage = open_damaged(filled)

    with outbox:
        assert outbox.device_id != device_id
        assert outbox.take(**ALL)[0].seq == 2
    assert salvage.lost == 0


def test_damaged_rows_are_set_aside(filled):
    """A row whose checksum does not fit is not sent from the new outbox either."""
    with closing(sqlite3.connect(filled)) as db:
        db.executescript(
            "UPDATE outbox SET payload = 'x' WHERE seq = 50; PRAGMA application_id = 1"
        )

    outbox, _ = open_outbox(filled, NOW)

    with outbox:
        assert 50 not in numbers(outbox)
        assert outbox.counts().quarantined == 2
        assert outbox.counts().balanced


def test_rows_that_lost_their_shape(filled):
    """Rows whose columns hold something else are not saved."""
    with closing(sqlite3.connect(filled)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE outbox SET state = 'odd' WHERE seq = 60")
        db.execute("PRAGMA application_id = 1")
        db.commit()

    outbox, salvage = open_damaged(filled)

    with outbox:
        assert 60 not in numbers(outbox)
    assert salvage.lost == 1


def test_a_crash_before_the_new_file_is_in_place(filled):
    """The finished new file is taken where the old one is already aside."""
    filled.rename(filled.with_suffix(".salvaged"))

    outbox, salvage = open_outbox(filled, NOW)

    with outbox:
        assert len(numbers(outbox)) == 188
    assert salvage is None


def test_a_crash_while_saving(filled):
    """An unfinished new file is made again from the damaged one."""
    filled.with_suffix(".salvaged").write_bytes(b"half")
    with closing(sqlite3.connect(filled)) as db:
        db.execute("PRAGMA application_id = 1")

    outbox, salvage = open_damaged(filled)

    with outbox:
        assert len(numbers(outbox)) == 188
    assert salvage.saved == 189
    assert not filled.with_suffix(".salvaged").exists()


def test_a_newer_file_is_not_salvaged(filled):
    """A file of a newer tracker stays as it is."""
    with closing(sqlite3.connect(filled)) as db:
        db.execute("PRAGMA user_version = 3")
    before = filled.read_bytes()

    with pytest.raises(TooNew):
        open_outbox(filled, NOW)

    assert filled.read_bytes() == before


@pytest.mark.parametrize("seed", range(40))
def test_overwritten_anywhere(filled, make_message, seed):
    """Wherever 64 bytes are overwritten, it opens, sends nothing wrong and adds up."""
    chance = random.Random(seed)
    raw = bytearray(filled.read_bytes())
    place = chance.randrange(len(raw) - 64)
    raw[place : place + 64] = chance.randbytes(64)
    filled.write_bytes(raw)

    outbox, _ = open_outbox(filled, NOW)

    with outbox:
        for row in outbox.take(**ALL):
            assert row.message == make_message(row.message.message_id.int)
        assert outbox.counts().balanced
        outbox.seal(make_message(999))
