"""What was agreed to is remembered, word and time."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from waw_desktop.core.consents import Purpose, agree
from waw_desktop.host import agreements

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def test_nothing_is_agreed_beforehand(tmp_path):
    """Without a file there is no agreement."""
    assert agreements.load(tmp_path) == []


def test_comes_back_as_it_was(tmp_path):
    """Purpose, account, words and time."""
    given = [
        agree(Purpose.LOCAL_TRACKING, "", NOW),
        agree(Purpose.CLOUD_SYNC, "alice@example.org", NOW),
    ]

    assert agreements.add(tmp_path, given) == given

    assert agreements.load(tmp_path) == given
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"7",
        b'[{"purpose": "local-tracking"}]',
        b'[{"purpose": "sell-my-data", "account": "", "text_sha256": "", "agreed_at": ""}]',
        b'[{"purpose": "cloud-sync", "account": "", "text_sha256": "", "agreed_at": "soon"}]',
        b'["cloud-sync"]',
    ],
)
def test_a_damaged_file(tmp_path, content):
    """What cannot be read is no agreement: the person is asked again."""
    (tmp_path / agreements.FILE_NAME).write_bytes(content)

    assert agreements.load(tmp_path) == []


def test_an_agreement_keeps_its_time(tmp_path):
    """Agreeing again to what is in force changes nothing."""
    first = agree(Purpose.LOCAL_TRACKING, "", NOW)
    agreements.add(tmp_path, [first])

    assert agreements.add(tmp_path, [replace(first, agreed_at=NOW + timedelta(days=1))]) == [first]
    assert agreements.load(tmp_path) == [first]


def test_removes_one(tmp_path):
    """What was withdrawn is forgotten, the rest is not."""
    given = [agree(Purpose.CLOUD_SYNC, person, NOW) for person in ("alice", "bob")]
    agreements.add(tmp_path, given)

    agreements.remove(tmp_path, Purpose.CLOUD_SYNC, "alice")

    assert agreements.load(tmp_path) == given[1:]


def test_an_interrupted_write(tmp_path):
    """A half-written new file leaves the old agreements in force."""
    given = agreements.add(tmp_path, [agree(Purpose.LOCAL_TRACKING, "", NOW)])
    (tmp_path / "agreements.new").write_bytes(b'[{"pur')

    assert agreements.load(tmp_path) == given
    agreements.remove(tmp_path, Purpose.LOCAL_TRACKING, "")
    assert agreements.load(tmp_path) == []


def test_withdraws_one(tmp_path):
    """It is remembered with its time, and with whether the server has heard of it."""
    given = [agree(Purpose.CLOUD_SYNC, person, NOW, "de") for person in ("alice", "bob")]
    agreements.add(tmp_path, given)

    agreements.withdraw(tmp_path, Purpose.CLOUD_SYNC, "alice", NOW)

    withdrawn = replace(given[0], withdrawn_at=NOW)
    assert agreements.load(tmp_path) == [withdrawn, given[1]]
    agreements.note_told(tmp_path, "alice")
    assert agreements.load(tmp_path) == [replace(withdrawn, is_withdrawal_told=True), given[1]]


def test_agreeing_after_withdrawing(tmp_path):
    """Both are remembered; the new one is in force."""
    agreements.add(tmp_path, [agree(Purpose.LOCAL_TRACKING, "", NOW)])
    agreements.withdraw(tmp_path, Purpose.LOCAL_TRACKING, "", NOW)
    assert not agreements.is_agreed(tmp_path, Purpose.LOCAL_TRACKING, "")

    agreements.add(tmp_path, [agree(Purpose.LOCAL_TRACKING, "", NOW + timedelta(hours=1))])

    assert agreements.is_agreed(tmp_path, Purpose.LOCAL_TRACKING, "")
    assert len(agreements.load(tmp_path)) == 2


def test_a_file_of_an_earlier_version(tmp_path):
    """What was agreed to before languages were remembered was English."""
    (it,) = agreements.add(tmp_path, [agree(Purpose.LOCAL_TRACKING, "", NOW)])
    path = tmp_path / agreements.FILE_NAME
    (entry,) = json.loads(path.read_text())
    for name in ("version", "locale", "withdrawn_at", "is_withdrawal_told"):
        del entry[name]
    path.write_text(json.dumps([entry]))

    assert agreements.load(tmp_path) == [it]


def test_what_cannot_be_read_is_not_agreed(tmp_path):
    """Whoever asks while tracking gets an answer."""
    (tmp_path / agreements.FILE_NAME).mkdir()

    assert not agreements.is_agreed(tmp_path, Purpose.LOCAL_TRACKING, "")
