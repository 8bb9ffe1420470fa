"""What is sealed is on disk, and leaves only by a receipt."""

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from waw_desktop.core.retry import Fate
from waw_desktop.sync.outbox import (
    Damaged,
    DiskFull,
    Outbox,
    OutboxError,
    TooNew,
    Wiped,
    outbox_path,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ALL = {"limit": 250, "max_bytes": 10**6}
KILLED_AFTER_SEALING = """
import os, pickle, signal, sys
from pathlib import Path
from waw_desktop.sync.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
for message in pickle.load(sys.stdin.buffer):
    outbox.seal(message)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


def ids(outbox):
    return [row.message.message_id.int for row in outbox.take(**ALL)]


def settle(outbox, number, fate, reason=""):
    outbox.settle([(UUID(int=number), fate, reason)])


def execute(path, *statements):
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_message_comes_back_as_it_was(outbox, make_message):
    """What is taken equals what was sealed."""
    outbox.seal(make_message(1))

    (row,) = outbox.take(**ALL)

    assert row.seq == 1
    assert row.message == make_message(1)


def test_taking_removes_nothing(outbox, make_message):
    """Only a receipt removes."""
    outbox.seal(make_message(1))

    assert ids(outbox) == ids(outbox) == [1]


def test_all_that_is_kept(outbox, path, make_message):
    """Waiting or set aside, but not what is damaged."""
    for number in range(1, 5):
        outbox.seal(make_message(number))
    settle(outbox, 1, Fate.SYNCED)
    settle(outbox, 2, Fate.QUARANTINED, "INVALID")
    execute(path, "UPDATE outbox SET payload = 'x' WHERE seq = 3")

    assert outbox.messages() == [make_message(2), make_message(4)]


def test_sealing_again_changes_nothing(outbox, make_message):
    """After a doubtful commit the caller may simply seal again."""
    outbox.seal(make_message(1))
    outbox.seal(make_message(1))

    assert ids(outbox) == [1]
    assert outbox.counts().produced == 1


def test_survives_a_kill(path, make_message):
    """What was sealed is there after kill -9, without closing."""
    import pickle

    messages = [make_message(number) for number in range(1, 21)]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_SEALING, path],
        input=pickle.dumps(messages),
        check=False,
    )

    assert killed.returncode == -9
    with Outbox(path) as outbox:
        assert ids(outbox) == list(range(1, 21))
        assert outbox.counts().balanced


@pytest.mark.parametrize(
    ("limit", "max_bytes", "taken"),
    [(250, 10**6, [1, 2, 3]), (2, 10**6, [1, 2]), (250, 1, [1]), (250, 800, [1, 2])],
)
def test_takes_so_much(outbox, make_message, limit, max_bytes, taken):
    """At most so many rows and bytes, at least one row, oldest first."""
    for number in (1, 2, 3):
        outbox.seal(make_message(number))

    rows = outbox.take(limit, max_bytes)

    assert [row.message.message_id.int for row in rows] == taken


@pytest.mark.parametrize(
    ("fate", "left", "counts"),
    [
        (Fate.SYNCED, [2], (2, 1, 1, 0, 0)),
        (Fate.DROPPED, [2], (2, 0, 1, 0, 1)),
        (Fate.QUARANTINED, [2], (2, 0, 1, 1, 0)),
        (Fate.KEPT, [2, 1], (2, 0, 2, 0, 0)),
        (Fate.REKEYED, [1, 2], (2, 0, 2, 0, 0)),
    ],
)
def test_receipts(outbox, make_message, fate, left, counts):
    """Rows and counters change together, and every message is accounted for."""
    outbox.seal(make_message(1))
    outbox.seal(make_message(2))

    settle(outbox, 1, fate)

    found = outbox.counts()
    assert ids(outbox) == left
    assert (
        found.produced,
        found.synced,
        found.pending,
        found.quarantined,
        found.dropped,
    ) == counts
    assert found.balanced


def test_a_receipt_counts_once(outbox, make_message):
    """A second receipt for the same message changes nothing."""
    outbox.seal(make_message(1))

    settle(outbox, 1, Fate.SYNCED)
    settle(outbox, 1, Fate.SYNCED)
    settle(outbox, 7, Fate.DROPPED)

    assert outbox.counts().synced == 1
    assert outbox.counts().balanced


def test_numbers_are_never_used_twice(path, make_message):
    """A number stays used after its row is gone and the file was closed."""
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
        settle(outbox, 1, Fate.SYNCED)
    with Outbox(path) as outbox:
        outbox.seal(make_message(2))
        (row,) = outbox.take(**ALL)

    assert row.seq == 2


def test_becomes_another_device(outbox, make_message):
    """With a new device id the messages are numbered from 1 and otherwise the same."""
    for number in (1, 2, 3):
        outbox.seal(make_message(number))
    settle(outbox, 1, Fate.SYNCED)
    before = outbox.device_id

    settle(outbox, 2, Fate.REKEYED)

    rows = outbox.take(**ALL)
    assert outbox.device_id != before
    assert [(row.seq, row.message) for row in rows] == [
        (1, make_message(2)),
        (2, make_message(3)),
    ]
    assert outbox.counts().balanced


def test_rekeying_hides_no_damage(path, make_message):
    """A row that was damaged before its number changed is not sent after."""
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
        outbox.seal(make_message(2))
        execute(
            path, "UPDATE outbox SET payload = replace(payload, '59000', '58000') WHERE seq = 2"
        )

        settle(outbox, 1, Fate.REKEYED)

        assert ids(outbox) == [1]
        assert outbox.counts().quarantined == 1


def test_quarantine_can_be_seen(outbox, make_message):
    """What was set aside says why and still holds everything."""
    outbox.seal(make_message(1))

    settle(outbox, 1, Fate.QUARANTINED, "INVALID seenMs")

    (aside,) = outbox.quarantined()
    assert (aside.seq, aside.message_id, aside.reason) == (1, str(UUID(int=1)), "INVALID seenMs")
    assert '"seen_ms": 59000' in aside.payload


@pytest.mark.parametrize(
    ("_case", "damage"),
    [
        ("payload", "payload = replace(payload, '59000', '59001')"),
        ("payload of another row", "payload = (SELECT payload FROM outbox WHERE seq = 2)"),
        ("no text at all", "payload = ''"),
        ("id", "message_id = '00000000-0000-0000-0000-00000000ffff'"),
        ("number", "seq = 77"),
        ("checksum", "sha256 = ''"),
    ],
)
def test_damaged_rows_are_never_sent(path, make_message, _case, damage):
    """A row whose checksum does not fit is set aside and counted; the others go on."""
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
        outbox.seal(make_message(2))
        execute(path, f"UPDATE outbox SET {damage} WHERE seq = 1")

        assert ids(outbox) == [2]
        assert outbox.quarantined()[0].reason == "damaged on disk"
        assert outbox.counts().balanced


def test_a_row_of_another_kind_is_set_aside(path, make_message):
    """A text that fits its checksum but is no message is not sent either."""
    from waw_desktop.sync.rows import insert

    with Outbox(path) as outbox:
        with outbox._transaction() as db:
            insert(db, "1", "[]")
            insert(db, "2", "{}")
            insert(db, "3", "null")
            insert(db, "4", '{"onsets_ms":[],"durations_ms":[],"closures":[],"message_id":3}')
            db.execute("UPDATE ledger SET produced = 4")

        assert ids(outbox) == []
        assert outbox.counts().quarantined == 4


def test_is_private(tmp_path):
    """Only the owner reads the file, its journal and its directory."""
    path = tmp_path / "desktop" / "outbox.db"
    with Outbox(path) as outbox:
        outbox.note_consent("x")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    names = ("outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.ballast")
    assert modes == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_was_open_to_others_is_closed_to_them(path):
    """An existing file gets its mode back."""
    Outbox(path).close()
    path.chmod(0o644)

    Outbox(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_is_durable(outbox):
    """A commit is on the disk before it is reported: WAL with synchronous = FULL."""
    assert outbox._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert outbox._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_files_of_two_accounts(tmp_path):
    """Each server and each account has a file of its own, named without either."""
    paths = {
        outbox_path(tmp_path, server, account)
        for server in ("https://a.example.org", "https://b.example.org")
        for account in ("alice@example.org", "bob@example.org")
    }

    assert len(paths) == 4
    assert not any("alice" in path.name for path in paths)
    with Outbox(min(paths)) as one, Outbox(max(paths)) as other:
        assert one.device_id != other.device_id


def test_remembers_the_agreement_told(path):
    """What the server was told of is known after reopening."""
    with Outbox(path) as outbox:
        assert outbox.told_consent is None
        outbox.note_consent("hash time")

    with Outbox(path) as outbox:
        assert outbox.told_consent == "hash time"


def test_a_full_disk(outbox, make_message):
    """A full disk is said, changes nothing, and sealing works again when there is room."""
    limit = "PRAGMA max_page_count = {}"
    (pages,) = outbox._db.execute("PRAGMA page_count").fetchone()
    outbox._db.execute(limit.format(pages))
    large = {"onsets_ms": tuple(range(20_000))}

    with pytest.raises(DiskFull, match="the disk is full"):
        outbox.seal(make_message(1, **large))

    assert outbox.counts().produced == 0
    outbox._db.execute(limit.format(10**6))
    outbox.seal(make_message(1, **large))
    assert ids(outbox) == [1]


@pytest.mark.parametrize(
    ("_case", "content", "error"),
    [
        ("garbage", b"garbage" * 2000, Damaged),
        ("a broken header", b"X" * 16 + b"\0" * 8000, Damaged),
    ],
)
def test_no_database(path, _case, content, error):
    """A file that is no database is not touched."""
    path.write_bytes(content)

    with pytest.raises(error, match="damaged"):
        Outbox(path)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("_case", "statement", "error"),
    [
        ("another program's file", "PRAGMA application_id = 7", Damaged),
        ("a newer tracker's file", "PRAGMA user_version = 3", TooNew),
        ("no counters", "DELETE FROM ledger", Damaged),
        ("counters that do not add up", "UPDATE ledger SET synced = 3", Damaged),
        ("no device id", "UPDATE ledger SET device_id = 'x'", Damaged),
        ("no messages table", "DROP TABLE outbox", Damaged),
    ],
)
def test_not_an_outbox_of_ours(path, _case, statement, error):
    """A database that is not a whole outbox of this version is refused."""
    Outbox(path).close()
    execute(path, statement)

    with pytest.raises(error):
        Outbox(path)


def test_an_empty_file_becomes_an_outbox(path, make_message):
    """A file cut to nothing holds nothing to save."""
    path.touch()

    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
        assert ids(outbox) == [1]


def test_lost_messages_are_counted(outbox, make_message):
    """What was given up before it could be stored is known as well."""
    outbox.seal(make_message(1))

    outbox.note_lost(3)

    assert outbox.counts().produced == 4
    assert counted(outbox) == (1, 0, 3)


@pytest.mark.parametrize(
    ("_case", "settled", "through"),
    [
        ("nothing settled", [], 0),
        ("the first two", [(1, Fate.SYNCED), (2, Fate.SYNCED)], 2),
        ("not in their turn", [(2, Fate.SYNCED), (3, Fate.SYNCED)], 0),
        ("all", [(1, Fate.SYNCED), (2, Fate.SYNCED), (3, Fate.SYNCED)], 3),
        ("one dropped", [(1, Fate.SYNCED), (2, Fate.DROPPED), (3, Fate.SYNCED)], 1),
        ("two dropped", [(1, Fate.SYNCED), (3, Fate.DROPPED), (2, Fate.DROPPED)], 1),
        ("one set aside", [(1, Fate.SYNCED), (2, Fate.QUARANTINED), (3, Fate.SYNCED)], 1),
        ("kept for a while", [(2, Fate.KEPT), *((n, Fate.SYNCED) for n in (1, 2, 3))], 1),
        ("unknown ones", [(7, Fate.DROPPED), (8, Fate.KEPT)], 0),
    ],
)
def test_what_was_confirmed_without_a_gap(outbox, make_message, _case, settled, through):
    """Every message up to this number was confirmed, as far as this file can tell."""
    for number in (1, 2, 3):
        outbox.seal(make_message(number))

    for number, fate in settled:
        settle(outbox, number, fate)

    found = outbox.tally()
    assert (found.through, found.numbered, found.offset) == (through, 3, 0)
    assert (found.produced, found.synced) == (3, outbox.counts().synced)


def test_a_new_device_id_claims_nothing(outbox, make_message):
    """The server may know its messages by their old numbers; the first count is taken as it is."""
    outbox.seal(make_message(1))
    outbox.seal(make_message(2))
    settle(outbox, 1, Fate.REKEYED)

    assert (outbox.tally().through, outbox.tally().offset) == (0, None)

    outbox.note_offset(-2)
    settle(outbox, 1, Fate.SYNCED)
    assert (outbox.tally().through, outbox.tally().offset) == (0, -2)


def test_cannot_be_opened(tmp_path):
    """A place that cannot be written is one clear error."""
    (tmp_path / "file").touch()

    with pytest.raises(OutboxError, match="the outbox cannot be used"):
        Outbox(tmp_path / "file" / "outbox.db")


def test_used_after_closing(outbox, make_message):
    """A closed outbox says so instead of losing a message silently."""
    outbox.close()

    with pytest.raises(OutboxError):
        outbox.seal(make_message(1))


def test_settling_is_all_or_nothing(outbox, make_message):
    """If one receipt cannot be applied, none is."""
    outbox.seal(make_message(1))
    no_fate: Any = "a fate of next year"

    with pytest.raises(AssertionError):
        outbox.settle([(UUID(int=1), Fate.SYNCED, ""), (UUID(int=2), no_fate, "")])

    assert ids(outbox) == [1]
    assert outbox.counts().synced == 0


def test_threads_share_it(outbox, make_message):
    """One thread seals while another sends."""

    def produce():
        for number in range(1, 101):
            outbox.seal(make_message(number))

    producer = threading.Thread(target=produce)
    producer.start()
    done = 0
    while done < 100:
        taken = ids(outbox)
        outbox.settle((UUID(int=number), Fate.SYNCED, "") for number in taken)
        done += len(taken)
    producer.join()

    assert outbox.counts().synced == 100
    assert outbox.counts().balanced


def test_wiping(tmp_path, make_message):
    """Everything of this account goes, with what was moved aside; another's stays."""
    mine, other = (outbox_path(tmp_path, "", account) for account in ("alice", "bob"))
    aside = mine.with_name(f"{mine.stem}-damaged-20260302T090000.db")
    aside.write_bytes(b"an older file of alice's")
    with Outbox(mine) as outbox, Outbox(other) as others:
        outbox.seal(make_message(1))
        others.seal(make_message(2))

        said = outbox.wipe()

        assert said == "the account was erased, and what this computer kept for it is deleted"
        assert list(tmp_path.glob(f"{mine.stem}*")) == []
        assert ids(others) == [2]
        for use in (outbox.counts, lambda: outbox.seal(make_message(3)), lambda: ids(outbox)):
            with pytest.raises(Wiped, match=said):
                use()


def test_wiping_overwrites(tmp_path, make_message):
    """Nothing of a message is left in what the file's blocks held."""
    path, kept = tmp_path / "outbox.db", tmp_path / "blocks"
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))
    kept.hardlink_to(path)
    assert b"onsets_ms" in kept.read_bytes()

    with Outbox(path) as outbox:
        outbox.wipe()

    assert b"onsets_ms" not in kept.read_bytes()


def test_wiping_says_what_it_could_not_delete(tmp_path, make_message):
    """A file that cannot be deleted is named, and its messages are overwritten first."""
    path = tmp_path / "outbox.db"
    stuck = tmp_path / "outbox-damaged-1.db"
    stuck.mkdir()
    with Outbox(path) as outbox:
        outbox.seal(make_message(1))

        assert outbox.wipe().endswith(f"is deleted, except {stuck}")


def test_wiping_a_file_that_cannot_be_used(path):
    """It is deleted all the same."""
    with Outbox(path) as outbox:
        outbox._db.execute("DROP TABLE outbox")
        outbox.wipe()

    assert not path.exists()


def days(count, start=NOON):
    """Return as many days in a row."""
    return [start + day * DAY for day in range(count + 1)]


def counted(outbox):
    found = outbox.counts()
    assert found.balanced
    return found.pending, found.quarantined, found.dropped


@pytest.mark.parametrize(
    ("_case", "looks", "left"),
    [
        ("a look a day, 30 days", days(30), (0, 0, 2)),
        ("a look a day, one day less", days(29), (1, 1, 0)),
        ("a look every hour", [NOON + timedelta(hours=h) for h in range(30 * 24 + 1)], (0, 0, 2)),
        (
            "a look every minute",
            [NOON + timedelta(minutes=m) for m in range(0, 29 * 24 * 60, 7)],
            (1, 1, 0),
        ),
        ("away for two years", [NOON, NOON + 700 * DAY], (1, 1, 0)),
        ("a clock set forth by years", [*days(5), *days(5, NOON + 4000 * DAY)], (1, 1, 0)),
        ("a clock set back and right again", [NOON, NOON - 4000 * DAY, NOON + DAY], (1, 1, 0)),
        ("a clock before 1970", [datetime(1950, 1, 1, tzinfo=UTC), NOON], (1, 1, 0)),
        ("days that end before they begin", list(reversed(days(60))), (1, 1, 0)),
    ],
)
def test_nothing_is_kept_for_ever(outbox, make_message, _case, looks, left):
    """After 30 days of use a row is dropped and counted; no clock can make it sooner."""
    outbox.expire(looks[0])
    outbox.seal(make_message(1))
    outbox.seal(make_message(2))
    settle(outbox, 2, Fate.QUARANTINED)

    for now in looks:
        outbox.expire(now)

    assert counted(outbox) == left


def test_quarantine_has_its_own_30_days(outbox, make_message):
    """The person can see what was set aside for a month from then on."""
    outbox.seal(make_message(1))
    for now in days(29):
        outbox.expire(now)
    settle(outbox, 1, Fate.QUARANTINED)

    for now in days(29, NOON + 29 * DAY):
        outbox.expire(now)

    assert counted(outbox) == (0, 1, 0)
    outbox.expire(NOON + 59 * DAY)
    assert counted(outbox) == (0, 0, 1)


def test_a_new_device_id_makes_nothing_younger(outbox, make_message):
    """The days of a message that was numbered anew go on."""
    outbox.seal(make_message(1))
    for now in days(29):
        outbox.expire(now)

    settle(outbox, 1, Fate.REKEYED)

    outbox.expire(NOON + 30 * DAY)
    assert counted(outbox) == (0, 0, 1)


@pytest.mark.parametrize("damaged", [0, 5])
def test_a_full_outbox(path, make_message, damaged):
    """The oldest that waits makes room for the newest; what is set aside goes last."""
    with Outbox(path, limit_bytes=100_000) as outbox:
        for number in range(1, 401):
            outbox.seal(make_message(number))
            if number <= damaged:
                settle(outbox, number, Fate.QUARANTINED)

        kept = ids(outbox)
        assert kept == list(range(401 - len(kept), 401))
        assert 80 < len(kept) < 200
        assert counted(outbox) == (len(kept), damaged, 400 - len(kept) - damaged)
    assert path.stat().st_size <= 110_000


def test_an_outbox_full_of_quarantine(path, make_message):
    """What is new gets in even there, at the cost of what was set aside first."""
    with Outbox(path, limit_bytes=60_000) as outbox:
        for number in range(1, 101):
            outbox.seal(make_message(number))
            settle(outbox, number, Fate.QUARANTINED)
        outbox.seal(make_message(101))

        assert ids(outbox) == [101]
        assert outbox.quarantined()[-1].message_id == str(UUID(int=100))
        assert outbox.counts().balanced


def test_an_outbox_that_is_too_small_for_anything(path, make_message):
    """The newest message is kept all the same."""
    with Outbox(path, limit_bytes=0) as outbox:
        outbox.seal(make_message(1))
        outbox.seal(make_message(2))

        assert ids(outbox) == [2]
        assert counted(outbox) == (1, 0, 1)


VERSION_1 = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'quarantined')),
    reason TEXT,
    kept INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_next ON outbox (kept, seq) WHERE state = 'pending';
CREATE TABLE ledger (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    device_id TEXT NOT NULL,
    produced INTEGER NOT NULL DEFAULT 0,
    synced INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    consent TEXT
) STRICT;
INSERT INTO ledger VALUES (1, '00000000-0000-0000-0000-000000000007', 3, 1, 1, 'told');
PRAGMA application_id = 0x57615721;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
"""


def test_a_file_of_the_first_version(path, make_message):
    """It is opened as it was left, keeps its device id, and gets what it lacked."""
    from waw_desktop.sync.payload import digest, to_text

    text = to_text(make_message(3))
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
        row = (3, str(UUID(int=3)), text, digest(3, str(UUID(int=3)), text))
        old.execute("INSERT INTO outbox (seq, message_id, payload, sha256) VALUES (?,?,?,?)", row)
        old.commit()

    for _ in range(2):
        with Outbox(path) as outbox:
            assert ids(outbox) == [3]
            assert outbox.device_id == UUID(int=7)
            assert outbox.told_consent == "told"
            assert counted(outbox) == (1, 0, 1)
            assert (outbox.tally().through, outbox.tally().offset) == (0, None)
            for now in days(5):
                outbox.expire(now)
