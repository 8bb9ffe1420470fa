"""Files to take along are whole, private and no program."""

import csv
import io
import json
import stat
from datetime import UTC, datetime

import pytest

from waw_desktop.core.history import minute_of
from waw_desktop.host.export import COLUMNS, as_csv, as_json, cell, write_whole


@pytest.fixture
def minutes(make_message):
    at = datetime(2026, 3, 2, 9, 0, 0, 7000, tzinfo=UTC)
    return [minute_of(make_message(number, started_at=at)) for number in (1, 2)]


def test_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "mine.csv"

    write_whole(file, ["one\n", "two\n"], replaces=False)

    assert file.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failure_leaves_what_was_there(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("before")

    def failing():
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(file, failing(), replaces=True)

    assert [it.name for it in tmp_path.iterdir()] == ["mine.csv"]
    assert file.read_text() == "before"


@pytest.mark.parametrize("replaces", [True, False])
def test_a_file_that_is_there(tmp_path, replaces):
    file = tmp_path / "mine.csv"
    file.write_text("before")
    file.chmod(0o644)

    if replaces:
        write_whole(file, ["after"], replaces=True)
    else:
        with pytest.raises(FileExistsError):
            write_whole(file, ["after"], replaces=False)

    assert file.read_text() == ("after" if replaces else "before")
    assert stat.S_IMODE(file.stat().st_mode) == (0o600 if replaces else 0o644)


def test_no_such_place(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "mine.csv", ["text"], replaces=True)


def test_as_a_table(minutes):
    text = "".join(as_csv(minutes))

    heading, first, second = csv.reader(io.StringIO(text, newline=""))
    assert heading == list(COLUMNS)
    assert first == [
        "00000000-0000-0000-0000-000000000001",
        "2026-03-02T09:00:00.007Z",
        *("60000", "59000", "2", "1", "1", "700", "500"),
    ]
    assert second[1:] == first[1:]
    assert text.count("\r\n") == 3


def test_as_json(minutes):
    found = json.loads("".join(as_json(minutes)))

    assert found["columns"] == COLUMNS
    assert found["minutes"][0] == {
        "message_id": "00000000-0000-0000-0000-000000000001",
        "started_at": "2026-03-02T09:00:00.007Z",
        "duration_ms": 60000,
        "seen_ms": 59000,
        "blinks": 2,
        "incomplete_blinks": 1,
        "long_closures": 1,
        "closed_ms": 700,
        "blinks_ms": 500,
    }
    assert len(found["minutes"]) == 2


def test_of_nothing():
    assert json.loads("".join(as_json([])))["minutes"] == []
    assert len(list(as_csv([]))) == 1


@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")']
)
def test_no_cell_is_a_formula(formula):
    (row,) = csv.reader(io.StringIO(cell(formula), newline=""))

    assert row == [f"'{formula}"]


@pytest.mark.parametrize("text", ["12", "a, b", 'say "so"', "two\nlines", ""])
def test_other_cells_stay_what_they_are(text):
    assert "".join(next(csv.reader(io.StringIO(cell(text) + "\r\n", newline="")))) == text
