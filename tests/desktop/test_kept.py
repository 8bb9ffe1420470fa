"""What is kept can be seen, with its reasons, and is what will be sent."""

import json
import stat
from uuid import UUID

import pytest

from waw_desktop.__main__ import main
from waw_desktop.core.retry import Fate
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import Credentials, Engine, Idle
from waw_desktop.sync.outbox import Outbox, outbox_path

ALICE = ("--server", "http://127.0.0.1:9", "--email", "alice@example.org")
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
