"""The headless tracker: asks first, tracks whatever the server does, loses nothing."""

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from waw_desktop.app import ConsentMissing, Recorder, Task, track
from waw_desktop.config import Settings
from waw_desktop.core.consents import TEXTS, Purpose, cloud_account
from waw_desktop.core.live import in_words
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.host import agreements, paths, pauses
from waw_desktop.host.history import History, Keeper, history_path
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.credentials import RefreshToken
from waw_desktop.sync.engine import Credentials
from waw_desktop.sync.outbox import DiskFull, Outbox, OutboxError, Wiped, outbox_path

ALICE = Credentials("alice@example.org", "correct horse")
EVERYTHING = (Purpose.LOCAL_TRACKING, Purpose.CLOUD_SYNC)


class Recording:
    """A detector that plays readings; after the last one it is silent."""

    def __init__(self, readings):
        self._readings = iter(readings)
        self.started = 0

    @contextmanager
    def start(self, _source):
        """Count that it was started."""
        self.started += 1
        yield self

    def poll(self, _timeout_s):
        """Return the next reading."""
        return next(self._readings, None)


class Paper:
    """A screen that keeps what was written."""

    def __init__(self):
        self.lines = []
        self.shown = []

    def say(self, line):
        """Keep a line."""
        self.lines.append(line)

    def show(self, live):
        """Keep what was shown."""
        self.shown.append(in_words(live))


def minute(blinks=3, end=State.ENDED):
    """Readings of 12 s up to now, with blinks, and an end."""
    now_s = time.monotonic()
    start_s = now_s - 12
    readings = [Reading(start_s, State.STARTING, None, (), start_s)]
    for i in range(1, 48):
        t_s = start_s + i / 4
        is_blink = i % 8 == 0 and i // 8 <= blinks
        closure = Closure(t_s - 0.2, t_s - 0.1, t_s - 0.05, 0.9, Kind.COMPLETE)
        readings.append(
            Reading(t_s, State.TRACKING, 1.0, (closure,) if is_blink else (), t_s - 0.3)
        )
    return [*readings, Reading(now_s, end, None, (), now_s)]


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, seal_s=10)


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def history(tmp_path, paper):
    with closing(Keeper(tmp_path / "history.db", paper.say)) as keeper:
        yield keeper


def history_file(settings):
    (outbox,) = (settings.data_dir / "desktop").glob("outbox-*.db")
    return history_path(outbox)


def remembered(settings):
    with History(history_file(settings)) as history:
        return history.rows(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def online(server, **fields):
    return Task(
        **{
            "source": "portrait",
            "server_url": server.url,
            "account": ALICE.email,
            "credentials": ALICE,
            "agrees_to": EVERYTHING,
        }
        | fields
    )


def offline(**fields):
    return Task(
        **{
            "source": "portrait",
            "server_url": "http://127.0.0.1:9",
            "account": "",
            "agrees_to": (Purpose.LOCAL_TRACKING,),
        }
        | fields
    )


def test_tracks_and_syncs(server, settings, paper):
    """What was seen is sealed, sent and receipted; the summary says so."""
    summary = track(online(server), settings, Recording(minute()).start, paper)

    assert summary.source == "portrait"
    assert summary.detected == 3
    assert summary.messages_sealed == summary.synced == len(server.stored) >= 2
    assert (summary.pending, summary.quarantined, summary.dropped) == (0, 0, 0)
    assert summary.state_s == {"tracking": 11.75, "ended": pytest.approx(0.25, abs=0.01)}
    assert {device for device, _ in server.seqs} == {summary.device_id}
    assert server.operations()[:2] == ["Login", "GrantConsent"]
    assert paper.lines == []
    assert paper.shown[-1] == "ended · 3 blinks"


def test_the_history_stays_when_the_outbox_is_empty(server, settings, paper):
    """What the server has is still there for the person to look back at."""
    summary = track(online(server), settings, Recording(minute()).start, paper)

    rows = remembered(settings)
    assert {str(row.message_id) for row in rows} == set(server.stored)
    assert len(rows) == summary.messages_sealed
    assert sum(row.blinks for row in rows) == 3


def test_the_history_is_made_good_after_a_sudden_end(settings, paper):
    """What was stored for the server and not yet here is added at the next start, once."""
    track(offline(), settings, Recording(minute()).start, paper)
    before = remembered(settings)
    with closing(sqlite3.connect(history_file(settings))) as other:
        other.execute("DELETE FROM minute WHERE rowid = 1")
        other.commit()

    track(offline(), settings, Recording([]).start, paper, _set())

    assert remembered(settings) == before


@pytest.mark.parametrize("is_directory", [False, True])
def test_a_history_that_cannot_be_used_stops_nothing(settings, paper, is_directory):
    """Tracking goes on; the person is told once."""
    track(offline(), settings, Recording(minute()).start, paper)
    path = history_file(settings)
    path.unlink()
    if is_directory:
        path.mkdir()
    else:
        path.write_bytes(b"garbage" * 1000)

    summary = track(offline(), settings, Recording(minute()).start, paper)

    assert summary.messages_sealed >= 2
    (said,) = paper.lines
    if is_directory:
        assert said.startswith("What is measured cannot be added to the history: ")
    else:
        assert f"It is now {path.stem}-damaged-1.db, and a new one is begun" in said
        assert len(remembered(settings)) == summary.pending


def _set():
    event = threading.Event()
    event.set()
    return event


def test_the_device_does_not_say_whose_it_is(server, settings, paper):
    """Not even the computer's name is sent."""
    track(online(server), settings, Recording(minute()).start, paper)

    assert os.uname().nodename not in json.dumps(server.requests)
    assert server.sent("Login")[0]["input"]["deviceName"] == "Linux tracker"


@pytest.mark.parametrize(
    ("task", "agrees_to", "asked"),
    [
        ("offline", (), [Purpose.LOCAL_TRACKING]),
        ("online", (), [Purpose.LOCAL_TRACKING, Purpose.CLOUD_SYNC]),
        ("online", (Purpose.LOCAL_TRACKING,), [Purpose.CLOUD_SYNC]),
        ("online", (Purpose.CLOUD_SYNC,), [Purpose.LOCAL_TRACKING]),
    ],
)
def test_asks_first(server, settings, paper, task, agrees_to, asked):
    """Before the person has agreed no camera opens and nothing is sent."""
    camera = Recording(minute())
    make = {"offline": offline, "online": lambda **more: online(server, **more)}[task]

    with pytest.raises(ConsentMissing) as raised:
        track(make(agrees_to=agrees_to), settings, camera.start, paper)

    assert camera.started == 0
    assert server.requests == []
    for purpose, text in TEXTS.items():
        assert (text in str(raised.value)) == (purpose in asked)
        assert (f"--agree {purpose}" in str(raised.value)) == (purpose in asked)


def test_agreements_are_remembered(server, settings, paper):
    """Who has agreed is not asked again, and the server is told once."""
    track(online(server), settings, Recording(minute()).start, paper)
    track(online(server, agrees_to=()), settings, Recording(minute()).start, paper)

    assert len(server.consents) == 1


def test_agreeing_again_changes_nothing(server, settings, paper):
    """An agreement keeps the time at which it was given."""
    track(online(server), settings, Recording(minute()).start, paper)
    before = agreements.load(settings.data_dir / "desktop")

    track(online(server), settings, Recording(minute()).start, paper)

    assert agreements.load(settings.data_dir / "desktop") == before


def test_counts_that_do_not_agree(server, settings, paper):
    """It is said, and nothing else changes."""
    track(online(server), settings, Recording(minute()).start, paper)
    del server.stored[min(server.stored)]

    def waiting():
        for reading in minute():
            time.sleep(0.01)
            yield reading

    summary = track(online(server), settings, Recording(waiting()).start, paper)

    words = "the server lacks 1 messages that it had confirmed"
    assert paper.lines == [f"The counts do not agree: {words}."]
    assert paper.shown[-1].endswith(f" · {words}")
    assert summary.synced == summary.messages_sealed


def test_another_account_is_asked_for_itself(server, settings, paper):
    """Alice's agreement says nothing about bob."""
    track(online(server), settings, Recording(minute()).start, paper)

    bob = online(server, account="bob@example.org", agrees_to=())

    with pytest.raises(ConsentMissing, match="--agree cloud-sync"):
        track(bob, settings, Recording(minute()).start, paper)


def test_agreed_offline_sent_later(server, settings, paper):
    """What was measured under an agreement given offline goes when the server is reached."""
    early = online(server, credentials=None)
    first = track(early, settings, Recording(minute()).start, paper)
    assert first.pending == first.messages_sealed

    second = track(online(server, agrees_to=()), settings, Recording(minute()).start, paper)

    assert second.synced == first.messages_sealed + second.messages_sealed
    assert server.operations()[:3] == ["Login", "GrantConsent", "SyncBlinks"]


def test_without_a_server(settings, paper):
    """Tracking goes on without a server; everything is kept for the next time."""
    task = offline(account=ALICE.email, credentials=ALICE, agrees_to=EVERYTHING)

    summary = track(task, settings, Recording(minute()).start, paper)

    assert summary.pending == summary.messages_sealed >= 2
    assert summary.synced == 0
    assert paper.lines == [
        "Not everything is sent: the server does not answer. It is kept and goes next time."
    ]


def test_consent_withdrawn_elsewhere(server, settings, paper):
    """Nothing is sent, everything is kept, and the person is asked the next time."""
    track(online(server), settings, Recording(minute()).start, paper)
    server.consent_in_force = False

    summary = track(online(server), settings, Recording(minute()).start, paper)

    assert summary.pending == summary.messages_sealed
    with pytest.raises(ConsentMissing, match="--agree cloud-sync"):
        track(online(server, agrees_to=()), settings, Recording(minute()).start, paper)
    track(online(server), settings, Recording(minute()).start, paper)
    assert len(server.consents) == 2


class Drawer:
    """A keyring that opens at once."""

    def __init__(self):
        self._held = {}

    def get_password(self, service, username):
        """Return what is in it."""
        return self._held.get((service, username))

    def set_password(self, service, username, password):
        """Put something in."""
        self._held[service, username] = password

    def delete_password(self, service, username):
        """Take it out."""
        del self._held[service, username]


def test_the_session_of_an_earlier_start_goes_on(server, transport, settings, paper):
    """Nobody has to sign in again, and the token that was used is replaced in the keyring."""
    drawer = Drawer()

    def token():
        return RefreshToken(server.url, ALICE.email, find=lambda: drawer)

    def client():
        kept = token()
        return SyncClient(transport, keep=kept.keep, load=kept.load)

    track(online(server, client=client()), settings, Recording(minute()).start, paper)
    first = token().load()
    later = online(server, credentials=None, client=client(), agrees_to=())

    summary = track(later, settings, Recording(minute()).start, paper)

    assert (summary.synced, summary.pending) == (summary.messages_sealed, 0)
    assert first is not None
    assert token().load() not in (None, first)


def test_without_an_earlier_session_the_person_is_asked(server, transport, settings, paper):
    summary = track(
        online(server, credentials=None, client=SyncClient(transport)),
        settings,
        Recording(minute()).start,
        paper,
    )

    assert summary.pending == summary.messages_sealed
    assert paper.shown[-1].endswith("not sending: nobody is signed in")


@pytest.mark.parametrize("end", [State.TRACKING, State.ENDED])
def test_the_account_was_erased(server, settings, paper, end):
    """Tracking ends, nothing is left of the account here, and it must be agreed to anew."""
    track(online(server), settings, Recording(minute()).start, paper)
    server.erased = True

    with pytest.raises(Wiped, match="the account was erased, and what this computer kept"):
        track(online(server), settings, Recording(minute(end=end)).start, paper)

    directory = settings.data_dir / "desktop"
    assert list(directory.glob("outbox-*.db*")) == list(directory.glob("history-*")) == []
    assert Purpose.CLOUD_SYNC not in [it.purpose for it in agreements.load(directory)]


def test_stops_in_time(settings, paper):
    """A source without an end is tracked for as long as asked."""
    endless = Recording(minute(end=State.TRACKING))

    summary = track(offline(for_s=0.1), settings, endless.start, paper)

    assert summary.messages_sealed >= 2


def test_a_pause_is_not_seen(settings, paper):
    """While the person has paused, the camera is off and the time is nobody's."""
    pauses.pause(paths.desktop_dir(settings.data_dir), None)
    camera = Recording(minute())

    summary = track(offline(for_s=0.6), settings, camera.start, paper)

    assert camera.started == summary.detected == 0
    assert list(summary.state_s) == ["paused"]
    assert paper.shown[-1] == "paused · 0 blinks"


class Endless(Recording):
    """A detector that goes on, and says when its camera was let go."""

    def __init__(self):
        super().__init__(())
        self.is_on = threading.Event()
        self.released_at_s = math.inf

    @contextmanager
    def start(self, source):
        """Hold the camera until told to let go."""
        with super().start(source):
            self.is_on.set()
            yield self
        self.released_at_s = time.monotonic()

    def poll(self, timeout_s):
        """Return a reading at the pace that is asked for."""
        time.sleep(timeout_s / 5)
        now_s = time.monotonic()
        return Reading(now_s, State.TRACKING, 1.0, (), now_s)


def test_withdrawing_turns_the_camera_off(settings, paper):
    """Within two seconds, from any other thread or program, and the tracker goes on waiting."""
    camera, at_s = Endless(), []

    def withdraw():
        camera.is_on.wait(10)
        directory = paths.desktop_dir(settings.data_dir)
        agreements.withdraw(directory, Purpose.LOCAL_TRACKING, "", datetime.now(UTC))
        at_s.append(time.monotonic())

    person = threading.Thread(target=withdraw)
    person.start()
    summary = track(offline(for_s=3), settings, camera.start, paper)
    person.join()

    assert camera.released_at_s - at_s[0] < 2
    assert summary.state_s["paused"] > 0


def test_withdrawing_ends_what_is_sent(server, settings, paper):
    """What was not sent by then stays here."""
    camera = Endless()

    def withdraw():
        camera.is_on.wait(10)
        directory = paths.desktop_dir(settings.data_dir)
        account = cloud_account(ALICE.email, server.url)
        agreements.withdraw(directory, Purpose.CLOUD_SYNC, account, datetime.now(UTC))

    person = threading.Thread(target=withdraw)
    person.start()
    summary = track(online(server, for_s=2), replace(settings, seal_s=1), camera.start, paper)
    person.join()

    assert camera.started == 1
    assert summary.pending > 0
    assert "tracking · 0 blinks · not sending: sending was withdrawn" in paper.shown


def test_goes_on_in_the_session_of_the_caller(server, client, settings, paper):
    """Nobody signs in a second time."""
    task = online(server, credentials=None, client=client)

    summary = track(task, settings, Recording(minute()).start, paper)

    assert summary.synced == summary.messages_sealed > 0
    assert server.operations().count("Login") == 1


@pytest.mark.parametrize(("on_battery", "started"), [(True, 0), (False, 1)])
def test_a_battery_has_its_own_duty_cycle(settings, paper, monkeypatch, on_battery, started):
    """The battery is made up; the round is one of which nothing is watched."""
    monkeypatch.setattr("waw_desktop.host.power.is_on_battery", lambda: on_battery)
    settings = replace(settings, duty_cycle_on_battery_s=(0, 900))
    camera = Recording(minute())

    summary = track(offline(for_s=0.3), settings, camera.start, paper)

    assert camera.started == started
    assert ("resting" in summary.state_s) is on_battery


def test_says_what_was_salvaged(settings, paper):
    """A damaged outbox is said in one line, and tracking begins."""
    directory = settings.data_dir / "desktop"
    directory.mkdir()
    outbox_path(directory, "http://127.0.0.1:9", "").write_bytes(b"garbage" * 1000)

    summary = track(offline(), settings, Recording(minute()).start, paper)

    assert summary.pending == summary.messages_sealed
    assert paper.lines[0].startswith("The outbox was damaged: 0 messages were saved, an unknown")


def test_seals_what_is_there_when_the_detector_fails(settings, paper):
    """An error on the way loses no message."""

    def failing():
        yield from minute()[:-1]
        raise RuntimeError("the detector broke")

    with pytest.raises(RuntimeError, match="the detector broke"):
        track(offline(), settings, Recording(failing()).start, paper)

    with Outbox(next((settings.data_dir / "desktop").glob("outbox-*.db"))) as outbox:
        assert outbox.counts().pending >= 1


def test_a_disk_that_is_full_for_a_while(outbox, history, make_message):
    """What could not be stored is stored when there is room again."""
    (pages,) = outbox._db.execute("PRAGMA page_count").fetchone()
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")
    stored = 0
    with suppress(DiskFull):
        for stored in range(100):
            outbox.seal(make_message(stored + 1))
    recorder = Recorder(outbox, 10, history)
    for reading in minute():
        recorder.add(reading)
    assert (recorder.sealed, outbox.counts().pending) == (0, stored)

    outbox._db.execute("PRAGMA max_page_count = 1000000")
    recorder.finish()

    assert outbox.counts().pending - stored == recorder.sealed >= 2


@pytest.fixture
def full_outbox(outbox, make_message):
    """An outbox in which no further message finds room, whatever is released."""
    (pages,) = outbox._db.execute("PRAGMA page_count").fetchone()
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")
    with suppress(DiskFull):
        for number in count(1):
            outbox.seal(make_message(number))
    return outbox


def test_a_disk_that_stays_full_for_days(full_outbox, history, monkeypatch):
    """A day of messages is kept in memory; what is given up before that is counted."""
    monkeypatch.setattr("waw_desktop.app.MOST_IN_MEMORY", 5)
    before = full_outbox.counts()
    recorder = Recorder(full_outbox, 1, history)
    for tenth in range(1000):
        recorder.add(Reading(tenth / 10, State.TRACKING, 1.0, (), tenth / 10))
    assert recorder.trouble == "the disk is full: nothing more can be stored until there is room"
    assert full_outbox.counts() == before

    full_outbox._db.execute("PRAGMA max_page_count = 1000000")
    recorder.finish()

    counts = full_outbox.counts()
    assert counts.pending - before.pending == recorder.sealed == 5
    assert counts.dropped == counts.produced - before.produced - 5 > 90
    assert counts.balanced


def test_a_full_disk_is_said_once(full_outbox, settings, paper, monkeypatch):
    """While it is full, one line that stays; tracking goes on, and the end says it too."""
    monkeypatch.setattr("waw_desktop.app._opened", lambda *_: full_outbox)

    with pytest.raises(DiskFull, match=r"^[23] messages could not be stored: the disk is full"):
        track(offline(), settings, Recording(minute()).start, paper)

    said = "the disk is full: nothing more can be stored until there is room."
    assert paper.lines == [f"{said} What is measured is kept in memory meanwhile."]
    assert paper.shown[-1] == "ended · 3 blinks · not storing"
    assert not full_outbox._ballast._path.exists()  # it was given up for them, in vain


def test_an_outbox_that_is_damaged_meanwhile(settings, paper):
    """What is in memory is stored in the new outbox, beside what was saved."""

    def damaging():
        readings = minute()
        yield from readings[:-2]
        path = next((settings.data_dir / "desktop").glob("outbox-*.db"))
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE ledger SET consent = ''")
            other.commit()
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path.write_bytes(b"garbage" * 10_000)
        yield from readings[-2:]

    summary = track(offline(), settings, Recording(damaging()).start, paper)

    assert summary.pending >= 1
    # Whoever touches the file first may say so first: it is kept in memory until it is salvaged.
    assert any("The outbox was damaged" in line for line in paper.lines)


def test_an_outbox_that_stays_unusable(outbox, history, tmp_path):
    """What could not be stored is said, with its number, and may be stored elsewhere."""
    recorder = Recorder(outbox, 60, history)
    recorder.add(Reading(0.0, State.TRACKING, 1.0, (), 0.0))
    recorder.add(Reading(0.5, State.TRACKING, 1.0, (), 0.5))
    outbox.close()

    with pytest.raises(OutboxError, match=r"^1 messages could not be stored: "):
        recorder.finish()

    with Outbox(tmp_path / "another.db") as another:
        recorder.outbox = another
        recorder.finish()
        assert recorder.sealed == another.counts().pending == 1


CHILD = """
import json, sys
from pathlib import Path
opened = []
def note(event, args):
    if event == "socket.getaddrinfo":
        opened.append([event, *args[:2]])
    elif event.startswith("socket.") and event != "socket.__new__":
        opened.append([event, *args[1:]])
sys.addaudithook(note)
from waw_desktop.__main__ import main
code = main(sys.argv[1:])
Path("opened.json").write_text(json.dumps(opened))
sys.exit(code)
"""


def environment(tmp_path):
    root = str(Path(__file__).parents[2])
    return os.environ | {
        "PYTHONPATH": root,
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/var/run/dbus/system_bus_socket",
        "WAW_DATA_DIR": str(tmp_path / "data"),
        "WAW_PASSWORD": ALICE.password,
        "WAW_SEAL_S": "1",
    }


AGREED = ["--agree", "local-tracking", "--agree", "cloud-sync", "--email", ALICE.email]


def test_opens_no_socket_but_to_its_server(server, tmp_path):
    """From its first import to its end, the tracker's process speaks to one address."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", CHILD, "track", "--source", "portrait?seconds=4", "--json"),
            *("--server", server.url, *AGREED),
        ],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["synced"] >= 3
    port = int(server.url.rpartition(":")[2])
    opened = json.loads((tmp_path / "opened.json").read_text())
    for event in opened:
        assert event in (
            ["socket.getaddrinfo", "127.0.0.1", port],
            ["socket.connect", ["127.0.0.1", port]],
            ["socket.connect", "/var/run/dbus/system_bus_socket"],  # this computer's screen lock
            ["socket.bind", ["::1", 0]],  # urllib3 looks for IPv6; nothing is sent
        )


def test_two_trackers_for_one_account(server, tmp_path):
    """The second ends with one line; the first goes on and loses nothing."""
    command = [sys.executable, "-m", "waw_desktop", "track", "--json", "--server", server.url]
    command += ["--source", "portrait?seconds=8", *AGREED]
    both = {"env": environment(tmp_path), "stderr": subprocess.PIPE, "text": True}
    first = subprocess.Popen(command, stdout=subprocess.PIPE, **both)
    until_s = time.monotonic() + 60
    while not server.stored and time.monotonic() < until_s:
        time.sleep(0.05)

    second = subprocess.run(command, stdout=subprocess.PIPE, check=False, **both)

    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == "a tracker is already running for this account on this computer\n"
    summary = json.loads(first.communicate(timeout=60)[0])
    assert summary["synced"] == summary["messages_sealed"] == len(server.stored)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c(server, tmp_path, number):
    """The running message is sealed and sent, and the summary is printed."""
    tracker = subprocess.Popen(
        [
            *(sys.executable, "-m", "waw_desktop", "track", "--source", "portrait", "--json"),
            *("--server", server.url, *AGREED),
        ],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + 60
    while len(server.stored) < 2 and time.monotonic() < until_s:
        time.sleep(0.05)
    tracker.send_signal(number)
    before_s = time.monotonic()
    out, err = tracker.communicate(timeout=20)

    assert tracker.returncode == 0, err
    summary = json.loads(out)
    assert time.monotonic() - before_s < 5
    assert summary["messages_sealed"] == summary["synced"] == len(server.stored) >= 3
    assert "Traceback" not in err


def test_a_kill_costs_the_history_nothing(server, settings, tmp_path, paper):
    """After the next start it has all that the server and the outbox have, each once."""
    tracker = subprocess.Popen(
        [
            *(sys.executable, "-m", "waw_desktop", "track", "--source", "portrait", "--json"),
            *("--server", server.url, *AGREED),
        ],
        env=environment(tmp_path) | {"WAW_DATA_DIR": str(settings.data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until_s = time.monotonic() + 60
    while len(server.stored) < 2 and time.monotonic() < until_s:
        time.sleep(0.05)
    tracker.kill()
    tracker.wait()

    track(online(server, credentials=None), settings, Recording([]).start, paper, _set())

    (path,) = (settings.data_dir / "desktop").glob("outbox-*.db")
    with Outbox(path) as outbox:
        waiting = {str(message.message_id) for message in outbox.messages()}
    rows = [str(row.message_id) for row in remembered(settings)]
    assert set(rows) == set(server.stored) | waiting
    assert len(rows) == len(set(rows)) >= 2


def test_the_main_thread_is_not_needed_for_the_server(server, settings, paper):
    """A server that hangs does not hold up tracking."""
    server.faults = ["slow"] * 3
    before = threading.active_count()

    summary = track(online(server), settings, Recording(minute()).start, paper)

    assert summary.detected == 3
    assert threading.active_count() <= before + 3


def test_says_at_once_what_keeps_it_from_sending(server, settings, paper):
    """A wrong password is seen while tracking goes on."""
    wrong = replace(ALICE, password="x")

    def waiting():
        for reading in minute():
            time.sleep(0.01)
            yield reading

    summary = track(online(server, credentials=wrong), settings, Recording(waiting()).start, paper)

    assert paper.shown[-1] == "ended · 3 blinks · not sending: Wrong password."
    assert summary.pending == summary.messages_sealed
