"""The log: what of a line stays, what is left of an exception, and the files."""

from __future__ import annotations

import getpass
import logging
import os
import stat
import threading
from pathlib import Path
from platform import node

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.host import logs
from waw_desktop.host.logs import FILE_NAME, FILES, LONGEST_LINE, Log, cleaned, outline

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


@pytest.fixture
def log(tmp_path):
    it = Log(tmp_path)
    yield it
    it.close()


def lines(tmp_path):
    """Return what stands in the file."""
    return (tmp_path / FILE_NAME).read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "text, left",
    [
        ("the disk is full", "the disk is full"),
        ("alice@example.org is signed in", "<mail> is signed in"),
        ("mail to a.b+c@sub.example.org failed", "mail to <mail> failed"),
        ("POST https://waw.example.org/graphql?x=1 failed", "POST <address> failed"),
        ("cannot reach waw.example.org", "cannot reach <name>"),
        ("cannot reach 192.168.0.17:8000", "cannot reach #"),
        ("cannot reach [fe80::1]", "cannot reach [fe#]"),
        ("cannot open /home/alice/.local/share/waw/outbox.db", "cannot open <path>"),
        ("cannot open '/home/alice/my files/x.db'", "cannot open <text>"),
        ("cannot open '/home/alice/Day out with Bob.mp4': no", "cannot open <text>: no"),
        ("cannot open /home/alice/Day out with Bob.mp4: no", "cannot open <path>: no"),
        ("cannot open /home/müller/Été à la mer.mp4", "cannot open <path>"),
        (r"cannot open C:\Users\Bob Smith\a film.mp4", "cannot open <path>"),
        (r"cannot open \\bobs\films\a film.mp4", "cannot open <path>"),
        ("cannot open file:///home/alice/a film.mp4", "cannot open <address>"),
        ("cannot open films/with bob.mp4", "cannot open <path>"),
        ("cannot open bob.mp4", "cannot open <name>"),
        ("the camera 'Dana Webcam' is busy", "the camera <text> is busy"),
        ("{'email': 'x', 'openness': 0.1}", "{<text>: #}"),
        ("<dana.müller@exämple.org> is refused", "<mail> is refused"),
        ("alice@localhost is refused", "<mail> is refused"),
        (r"cannot open C:\Users\alice\AppData\waw.db", "cannot open <path>"),
        ("cannot open ~/waw", "cannot open <path>"),
        (f"refused: Bearer {JWT}", "refused: Bearer <key>"),
        ("refresh token: 8d969eef6ecad3c29a3a629280e686cf", "refresh token <key>"),
        ("token=abc", "token <key>"),
        ("password: hunter2 was wrong", "password <key>"),
        ("the password is hunter two", "the password <key>"),
        ("deadbeefcafe", "<key>"),
        ("device 018f3c1e-7b2a-7cc0-8000-1234567890ab", "device <key>"),
        ("counted 17 blinks at 14.5 a minute", "counted # blinks at # a minute"),
        ("openness 0.83, partial=0.91", "openness #, partial=#"),
        ("[Errno 28] No space left", "[Errno 28] No space left"),
        ("the server answers HTTP 503", "the server answers HTTP 503"),
        ("status 17.5, HTTP 20250", "status #, HTTP #"),
        ("the detector ended by signal 11", "the detector ended by signal 11"),
        ("one\nanother: forged", "one another: forged"),
        ("Ændré is here", "<word> is here"),
        ("the camera 'Dana Web", "the camera <text>"),
        ("x" * 200, "<key>"),
        ("the word " + "x" * 1000, "the word"),
        ("a " * 1000, "a " * (LONGEST_LINE // 2)),
    ],
)
def test_what_is_left_of_a_line(text, left):
    assert cleaned(text) == left


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["a", "a/", "a.", "a@", "'", "1", "-", "é", "file:", "token"])
def test_no_text_is_too_long(part):
    assert len(cleaned(f"x {part * 100_000}")) <= LONGEST_LINE


def test_neither_user_nor_computer_is_named(monkeypatch):
    monkeypatch.setattr(logs, "_own_names", lambda: ["alice-laptop", "alice"])

    assert cleaned("Alice at alice-laptop; malice stays") == "<name> at <name>; malice stays"


def test_this_computer_has_names():
    names = {it for it in (node(), getpass.getuser()) if len(it) > 2}

    assert names <= set(logs._own_names())


@given(
    st.text(max_size=40),
    st.sampled_from(
        ["alice@example.org", JWT, "/home/x/of alice", "https://waw.example.org/a", "'of alice'"]
    ),
    st.text(max_size=40),
)
def test_whatever_is_around_it(before, secret, after):
    left = cleaned(f"{before} {secret} {after}")

    assert "alice" not in left
    assert "example.org" not in left
    assert JWT[:20] not in left
    assert "\n" not in left


def test_arguments_that_do_not_fit_lose_no_line():
    arguments = ("alice@example.org",)
    record = logging.LogRecord("waw_desktop", 30, "", 1, "broken %d", arguments, None)

    assert logs._Formatter().format(record).endswith(" WARNING broken %d")


def failed():
    """Return an exception that tells too much, with a cause."""
    try:
        try:
            Path("/home/alice/nowhere").read_text()
        except OSError as error:
            raise ValueError("alice@example.org blinked 17 times") from error
    except ValueError as error:
        return error
    raise AssertionError


def test_of_an_exception_there_are_kinds_and_places():
    left = outline(failed())

    assert left.startswith("ValueError at test_logs.py:")
    assert ", from FileNotFoundError Errno 2 at pathlib.py:" in left
    assert "alice" not in left
    assert "17" not in left.split(" at ")[0]
    assert outline(KeyError("alice")) == "KeyError at nowhere"


def test_places_of_ours_say_the_room():
    assert logs._place("/home/alice/waw_desktop/ui/now.py") == "waw_desktop/ui/now.py"
    assert logs._place("") == "?"


def test_a_chain_that_bites_its_tail_ends():
    error = KeyError("x")
    other = ValueError("y")
    error.__context__, other.__context__ = other, error

    assert outline(error) == "KeyError at nowhere, from ValueError at nowhere"


def test_an_exception_is_found_by_its_name(log, tmp_path):
    name = log.note(failed())

    (line,) = lines(tmp_path)
    assert f" ERROR [{name}] ValueError at " in line
    assert "alice" not in line
    assert log.kinds == {"ValueError": 1}


def test_what_fails_again_and_again_is_written_once_a_minute(tmp_path):
    now_s = 0.0
    log = Log(tmp_path, lambda: now_s)
    error = failed()

    names = {log.note(error) for _ in range(30)}
    assert len(names) == 1
    assert len(lines(tmp_path)) == 1
    assert log.note(KeyError("another")) not in names
    assert len(lines(tmp_path)) == 2

    now_s = 59.0
    log.note(error)
    assert len(lines(tmp_path)) == 2
    now_s = 60.0
    assert {log.note(error)} == names
    assert len(lines(tmp_path)) == 3
    assert log.kinds == {"ValueError": 32, "KeyError": 1}
    log.close()


def test_of_many_kinds_the_longest_silent_is_forgotten(log, tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MOST_KNOWN", 2)
    errors = [type(f"Broken{letter}", (Exception,), {})() for letter in "ABC"]

    first = log.note(errors[0])
    for error in errors[1:]:
        log.note(error)

    assert log.note(errors[0]) != first
    assert len(log._known) == 2


def test_a_person_without_a_home_is_no_trouble(monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)

    assert cleaned("the disk is full") == "the disk is full"


def test_what_any_room_logs_is_cleaned(log, tmp_path):
    ours = logging.getLogger("waw_desktop.sync.engine")
    ours.warning("%s waits, %d blinks", "alice@example.org", 17)
    ours.info("not worth a line")
    logging.getLogger("elsewhere").warning("not ours")
    log.say("the disk is full")
    ours.error("while sending to %s", "waw.example.org", exc_info=failed())

    told = [line.split(" ", 2)[2] for line in lines(tmp_path)]
    assert told[0] == "WARNING <mail> waits, # blinks"
    assert told[1] == "WARNING the disk is full"
    assert told[2].startswith("ERROR [while sending to <name>] ValueError at test_logs.py:")
    assert len(told) == 3


def test_what_ends_a_thread_is_noted(log, tmp_path):
    for raises in (ZeroDivisionError, SystemExit):
        thread = threading.Thread(target=lambda raises=raises: (_ for _ in ()).throw(raises()))
        thread.start()
        thread.join()

    assert [line.split("] ")[1].split(" at ")[0] for line in lines(tmp_path)] == [
        "ZeroDivisionError"
    ]


def test_files_are_few_small_and_their_owners(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MOST_BYTES", 2000)
    before = os.umask(0)
    try:
        log = Log(tmp_path)
        for _line in range(300):
            log.say("the disk is full")
        log.close()
    finally:
        os.umask(before)

    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [
        FILE_NAME,
        *(f"{FILE_NAME}.{n}" for n in range(1, FILES)),
    ]
    assert all(path.stat().st_size <= 2000 for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_disk_that_fails_stops_nobody(log, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left")

    monkeypatch.setattr(log._handler, "shouldRollover", full)

    log.note(failed())

    assert capsys.readouterr().err == ""
    assert log.kinds == {"ValueError": 1}


def test_closed_it_takes_in_nothing_more(tmp_path):
    hook = threading.excepthook
    log = Log(tmp_path)
    assert threading.excepthook != hook

    log.close()
    logging.getLogger("waw_desktop").warning("late")

    assert threading.excepthook == hook
    assert lines(tmp_path) == []
