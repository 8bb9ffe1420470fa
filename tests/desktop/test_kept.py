"""What is kept can be seen, with its reasons, and is what will be sent."""

import csv
import json
import stat
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from waw_desktop import kept as kept_module
from waw_desktop.__main__ import main
from waw_desktop.config import Settings
from waw_desktop.core.history import Scale, minute_of, period
from waw_desktop.core.outgoing import NOTHING, Why
from waw_desktop.core.retry import Fate
from waw_desktop.host.history import History, history_path
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import MAX_MESSAGES, Credentials, Engine, Idle
from waw_desktop.sync.lock import AlreadyRunning, only_tracker
from waw_desktop.sync.outbox import Outbox, outbox_path

ALICE = ("--server", "http://127.0.0.1:9", "--email", "alice@example.org")
TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)
REASON = "INVALID seenMs: from 0 to durationMs"


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where alice's outbox lies."""
    monkeypatch.setenv("WAW_DATA_DIR", str(tmp_path))
    return outbox_path(tmp_path / "desktop", ALICE[1], ALICE[3])


@pytest.fixture
def kept(path, make_message):
    """Alice's outbox: one synced, one set aside, two waiting."""
    with Outbox(path) as outbox:
        for number in range(1, 5):
            outbox.seal(make_message(number, started_mono_ms=0, boot_id="an earlier start"))
        outbox.settle([(UUID(int=1), Fate.SYNCED, ""), (UUID(int=2), Fate.QUARANTINED, REASON)])
        yield outbox


def test_a_line_for_each(kept, capsys):
    """Counters that add up, what waits, and what was set aside with its reason and content."""
    assert main(["outbox", "list", *ALICE]) == 0

    heading, counts, *waiting, aside, payload = capsys.readouterr().out.splitlines()
    assert heading == f"alice@example.org at http://127.0.0.1:9, device {kept.device_id}"
    assert counts == "4 measured: 1 sent, 2 waiting, 1 set aside, 0 dropped"
    assert waiting == [
        "waiting         3  2026-03-02 09:03:00Z  60 s, 2 blinks",
        "waiting         4  2026-03-02 09:04:00Z  60 s, 2 blinks",
    ]
    assert aside == f"set aside       2  {REASON}"
    assert json.loads(payload)["message_id"] == str(UUID(int=2))


@pytest.mark.usefixtures("kept")
def test_as_json(capsys, tmp_path):
    """The same on paper and in a file that nobody else can read."""
    file = tmp_path / "kept.json"

    assert main(["outbox", "list", "--json", *ALICE]) == 0
    assert main(["outbox", "export", str(file), *ALICE]) == 0

    shown, written = json.loads(capsys.readouterr().out), json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert shown.keys() == written.keys()
    assert [it["messageId"] for it in written["pending"]] == [str(UUID(int=n)) for n in (3, 4)]
    (aside,) = written["quarantined"]
    assert (aside["seq"], aside["reason"]) == (2, REASON)
    assert written["counts"]["produced"] == 4


def test_what_is_shown_is_what_is_sent(server, transport, kept, tmp_path, clock):
    """Word for word, but for the instant of sending."""
    file = tmp_path / "kept.json"
    main(["outbox", "export", str(file), *ALICE])
    engine = Engine(
        kept, SyncClient(transport), clock, credentials=Credentials(ALICE[3], "correct horse")
    )
    while engine.step() != Idle():
        pass

    (sent,) = server.sent("SyncBlinks")
    shown = json.loads(file.read_text())["nextRequest"]["variables"]
    for request in (sent, shown):
        del request["input"]["clientSentAt"]
    assert shown == sent


@pytest.fixture
def clock():
    """The clocks of the program itself."""
    from datetime import UTC, datetime

    from waw_desktop.host import session
    from waw_desktop.sync.engine import Clock

    return Clock(lambda: datetime.now(UTC), session.session_ms, session.boot_id(), lambda: 0.0)


def test_nothing_waits(path, capsys):
    """There is no next request then."""
    Outbox(path).close()

    assert main(["outbox", "list", "--json", *ALICE]) == 0

    shown = json.loads(capsys.readouterr().out)
    assert (shown["nextRequest"], shown["pending"], shown["quarantined"]) == (None, [], [])


def test_nothing_is_kept(path, capsys):
    """Looking makes no file."""
    assert main(["outbox", "list", *ALICE]) == 2
    assert main(["outbox", "list", "--server", ALICE[1]]) == 2

    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"nothing is kept here for {who} at http://127.0.0.1:9" for who in (ALICE[3], "nobody")
    ]
    assert not path.exists()


@pytest.mark.usefixtures("kept")
def test_a_file_that_is_there_already(tmp_path, capsys):
    """It is not overwritten."""
    file = tmp_path / "kept.json"
    file.write_text("mine")

    assert main(["outbox", "export", str(file), *ALICE]) == 1

    assert file.read_text() == "mine"
    assert "File exists" in capsys.readouterr().err


def test_a_damaged_outbox(path, capsys):
    """It is said, and left for the tracker to salvage."""
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)

    assert main(["outbox", "list", *ALICE]) == 1

    assert "the outbox file is damaged" in capsys.readouterr().err
    assert path.read_bytes() == b"garbage" * 1000


def test_an_action_is_needed(capsys):
    """The help says which there are."""
    with pytest.raises(SystemExit, match="2"):
        main(["outbox"])

    assert "ACTION" in capsys.readouterr().err


@pytest.fixture
def whose(tmp_path):
    """Alice's account, as functions of the module take it."""
    return {"settings": Settings(data_dir=tmp_path), "server_url": ALICE[1], "email": ALICE[3]}


@pytest.fixture
def remembered(path, make_message):
    """What alice's computer remembers: four minutes from nine o'clock in UTC."""
    with History(history_path(path)) as history:
        history.add([minute_of(make_message(number)) for number in range(1, 5)])


def test_what_goes_next_is_what_is_sent(server, transport, kept, whose, clock):
    """Word for word, but for the instant of sending; a line for each field."""
    found = kept_module.outgoing(**whose)
    engine = Engine(
        kept, SyncClient(transport), clock, credentials=Credentials(ALICE[3], "correct horse")
    )
    while engine.step() != Idle():
        pass

    assert (found.in_request, found.waiting) == (2, 2)
    assert found.request is not None
    assert '\n      "seqs": ["3", "4"],\n' in found.request
    (sent,) = server.sent("SyncBlinks")
    shown = json.loads(found.request)["variables"]
    for request in (sent, shown):
        del request["input"]["clientSentAt"]
    assert shown == sent
    (aside,) = found.set_aside
    assert (aside.seq, aside.reason, aside.why) == (2, REASON, Why.INVALID)
    assert json.loads(aside.payload)["message_id"] == str(UUID(int=2))


def test_one_request_of_many(path, whose, make_message):
    """The rest waits for the next."""
    with Outbox(path) as outbox:
        for number in range(1, MAX_MESSAGES + 11):
            outbox.seal(make_message(number))

    found = kept_module.outgoing(**whose)

    assert (found.in_request, found.waiting) == (MAX_MESSAGES, MAX_MESSAGES + 10)


def test_nothing_goes(path, whose):
    """With an empty outbox, and without any, of which none is made."""
    assert kept_module.outgoing(**whose) == NOTHING
    assert not path.exists()

    Outbox(path).close()

    assert kept_module.outgoing(**whose) == NOTHING


@pytest.mark.usefixtures("kept")
def test_what_the_server_does_not_have(whose):
    """Two that wait and one that was set aside; of an account without an outbox, none."""
    assert kept_module.unsent(**whose) == 3
    assert kept_module.unsent(**whose | {"email": "bob@example.org"}) == 0


@pytest.mark.usefixtures("remembered")
def test_a_day_of_the_history(whose):
    seen = period(Scale.DAY, date(2026, 3, 2))

    found = kept_module.history(**whose, seen=seen, now=TUESDAY, zone=UTC)

    assert found.totals is not None
    assert found.totals.blinks == 8
    assert [span.start.hour for span in found.spans if span.totals] == [9]


def test_a_day_without_a_history(path, whose):
    """Nothing is known, and no file is made of that."""
    seen = period(Scale.DAY, date(2026, 3, 2))

    found = kept_module.history(**whose, seen=seen, now=TUESDAY)

    assert (found.totals, found.level) == (None, None)
    assert not history_path(path).exists()


@pytest.mark.usefixtures("remembered")
def test_the_history_as_files(tmp_path):
    """A table, or JSON if the name says so; the same figures, for nobody else."""
    table, record = tmp_path / "alice.csv", tmp_path / "alice.JSON"

    for file in (table, record):
        assert main(["history", "export", str(file), *ALICE]) == 0
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    rows = list(csv.DictReader(table.read_text().splitlines()))
    minutes = json.loads(record.read_text())["minutes"]
    assert rows == [{name: str(value) for name, value in it.items()} for it in minutes]
    assert [row["started_at"] for row in rows[:2]] == [
        "2026-03-02T09:01:00.000Z",
        "2026-03-02T09:02:00.000Z",
    ]
    assert sorted(it.suffix for it in tmp_path.iterdir()) == ["", ".JSON", ".csv"]


def test_no_history_to_take_along(path, tmp_path, capsys):
    assert main(["history", "export", str(tmp_path / "alice.csv"), *ALICE]) == 2

    who = f"{ALICE[3]} at {ALICE[1]}"
    assert capsys.readouterr().err == f"nothing is remembered here for {who}\n"
    assert not path.exists()


@pytest.mark.usefixtures("remembered")
def test_a_history_that_cannot_be_taken_along(path, tmp_path, capsys):
    """Neither over a file that is there nor out of one that is damaged; nothing is left over."""
    file = tmp_path / "alice.csv"
    file.write_text("mine")
    assert main(["history", "export", str(file), *ALICE]) == 1
    history_path(path).write_bytes(b"garbage" * 1000)
    assert main(["history", "export", str(tmp_path / "new.csv"), *ALICE]) == 1

    assert file.read_text() == "mine"
    assert "damaged" in capsys.readouterr().err
    assert sorted(it.name for it in tmp_path.iterdir()) == ["alice.csv", "desktop"]


@pytest.mark.usefixtures("kept", "remembered")
def test_the_history_is_deleted_and_what_is_unsent_stays(path, whose, make_message):
    """It goes to the server, but does not come back here."""
    others = []

    left = kept_module.delete(**whose, with_unsent=False, others=[lambda: others.append("log")])

    assert (left, others) == ([], ["log"])
    with Outbox(path) as outbox, History(history_path(path)) as history:
        assert outbox.counts().pending == 2
        history.make_good([minute_of(it) for it in outbox.messages()])
        assert list(history.each()) == []


@pytest.mark.usefixtures("kept", "remembered")
def test_everything_is_deleted(path, whose):
    """No file is left but the lock; the lock is empty. Twice is as good as once."""
    for _again in range(2):
        assert kept_module.delete(**whose, with_unsent=True) == []

        assert [it.name for it in path.parent.iterdir()] == [path.with_suffix(".lock").name]
        assert path.with_suffix(".lock").stat().st_size == 0


@pytest.mark.usefixtures("remembered")
def test_a_damaged_outbox_can_be_deleted(path, whose):
    path.write_bytes(b"garbage" * 1000)

    assert kept_module.delete(**whose, with_unsent=False) == []
    assert path.exists()
    assert kept_module.delete(**whose, with_unsent=True) == []
    assert not path.exists()


@pytest.mark.usefixtures("remembered")
def test_not_while_a_tracker_runs(path, whose):
    with only_tracker(path), pytest.raises(AlreadyRunning):
        kept_module.delete(**whose, with_unsent=True)

    assert history_path(path).exists()


def test_bobs_stays(path, whose, tmp_path):
    bob = outbox_path(tmp_path / "desktop", ALICE[1], "bob@example.org")
    Outbox(bob).close()
    History(history_path(bob)).close()
    before = sorted(bob.parent.iterdir())

    kept_module.delete(**whose, with_unsent=True)

    assert sorted({*bob.parent.iterdir()} - {path.with_suffix(".lock")}) == before
