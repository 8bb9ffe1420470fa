"""The real outbox, engine and client against the real server: each rule of the protocol."""

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from waw_desktop.core.messages import Message as Minute
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import Again, Clock, Credentials, Engine, Erased, Halted, Idle, Pause
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.transport import Transport
from waw_server.accounts.models import AuthCache, Consent, User
from waw_server.blinks import versions
from waw_server.blinks.models import BlinkQuarter, Device, Message
from waw_server.privacy import erase

ALICE = Credentials("alice@example.com", "alice's password")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def url(live_server):
    """Where the server is."""
    return live_server.url


@pytest.fixture
def computer(url, alice, tmp_path):
    """Return a function that makes a computer of alice's, which keeps its own file."""
    opened: list[Outbox | Transport] = []

    def computer(name="laptop", skew=timedelta(0)):
        transport = Transport(url)
        outbox = Outbox(tmp_path / name / "outbox.db")
        opened.extend([outbox, transport])
        return Computer(outbox, transport, skew)

    yield computer
    for it in opened:
        it.close()


class Computer:
    """One installation of the tracker, whose clock may be off."""

    def __init__(self, outbox, transport, skew):
        self.outbox, self.skew = outbox, skew
        clock = Clock(lambda: datetime.now(UTC) + self.skew, self.session_ms, "boot", lambda: 0.0)
        self.engine = Engine(outbox, SyncClient(transport), clock, credentials=ALICE)

    def session_ms(self):
        """Return the clock that nobody sets."""
        return time.monotonic_ns() // 1_000_000

    def measure(self, *numbers, ago=HOUR, **fields):
        """Seal a second of tracking for each number, which becomes its id."""
        for number in numbers:
            true = (datetime.now(UTC) - ago).replace(microsecond=0)
            minute = Minute(
                message_id=UUID(int=number),
                started_at=true + timedelta(seconds=number) + self.skew,
                started_mono_ms=self.session_ms() - ago // timedelta(milliseconds=1),
                boot_id="boot",
                duration_ms=1000,
                seen_ms=1000,
                fps_mean=30.0,
                onsets_ms=(100,),
                durations_ms=(200,),
                closures=(95,),
                long_closures=0,
                closed_ms=0,
            )
            self.outbox.seal(replace(minute, **fields))

    def sync(self):
        """Step until nothing is left to do; return the last step."""
        self.engine._compared_at_ms = None
        for _ in range(20):
            ended = self.engine.step()
            if not isinstance(ended, Again | Pause):
                break
        return ended

    def counts(self):
        """Return what is pending, set aside, dropped and synced."""
        it = self.outbox.counts()
        assert it.balanced
        return it.pending, it.quarantined, it.dropped, it.synced


def stored(**by):
    """Return the numbers of the stored messages, each as often as it is there."""
    return sorted(it.message_id.int for it in Message.objects.filter(**by))


def test_what_is_measured_arrives_once(computer):
    """And both sides count alike."""
    laptop = computer()
    laptop.measure(*range(1, 301))

    assert laptop.sync() == Idle()

    assert laptop.counts() == (0, 0, 0, 300)
    assert stored() == list(range(1, 301))
    assert sum(it.messages for it in BlinkQuarter.objects.all()) == 300
    assert laptop.engine.disagreement is None
    assert Device.objects.get().watermark == 300


def test_measured_while_no_consent_was_in_force(computer):
    """It is deleted here, never stored there, and takes no neighbour along."""
    Consent.objects.update(granted_at=timezone.now() - 2 * HOUR)
    laptop = computer()
    laptop.measure(1, ago=HOUR)
    laptop.measure(2, ago=3 * HOUR)
    laptop.measure(3, ago=HOUR)

    assert laptop.sync() == Idle()

    assert laptop.counts() == (0, 0, 1, 2)
    assert stored() == [1, 3]
    assert laptop.engine.disagreement is None


def test_another_content_under_a_known_id(computer):
    """The first copy stays there, the second is set aside here with the server's words."""
    laptop, desktop = computer("laptop"), computer("desktop")
    laptop.measure(1)
    laptop.sync()
    desktop.measure(1, ago=2 * HOUR, closures=(40,))
    desktop.measure(2)

    assert desktop.sync() == Idle()

    assert desktop.counts() == (0, 1, 0, 1)
    (aside,) = desktop.outbox.quarantined()
    assert aside.reason == "PAYLOAD_DIFFERS messageId: was stored with another content"
    assert '"closures": [40]' in aside.payload
    assert [it.closures for it in Message.objects.order_by("message_id")] == [[95], [95]]


@pytest.mark.parametrize("unsent", [(), (4, 5)])
@pytest.mark.parametrize("cloned", [(20,), (20, 21), (20, 21, 22)])
def test_a_cloned_installation(computer, tmp_path, unsent, cloned):
    """Both go on: the second under a new device id, and what the first sent is untouched.

    Where the clone is ahead by a message, that one takes the first computer's next number,
    which then takes a new device id as well.
    """
    first = computer("first")
    first.measure(1, 2, 3)
    first.sync()
    first.measure(*unsent)
    shutil.copytree(tmp_path / "first", tmp_path / "clone")
    clone = computer("clone")
    shared_id = first.outbox.device_id
    assert clone.outbox.device_id == shared_id
    first.measure(10, 11)
    first.sync()
    before = {it["message_id"]: it for it in Message.objects.values()}

    clone.measure(*cloned)
    assert clone.sync() == Idle()

    assert clone.outbox.device_id != shared_id
    assert stored() == [1, 2, 3, *unsent, 10, 11, *cloned]
    assert stored(device__device_id=clone.outbox.device_id) == list(cloned[:2])
    assert {it["message_id"]: it for it in Message.objects.values()}.items() >= before.items()
    for it, number in ((first, 100), (clone, 101), (first, 102), (clone, 103)):
        it.measure(number)
        assert it.sync() == Idle()
        assert it.counts()[:3] == (0, 0, 0)
        assert it.engine.disagreement is None
    assert stored() == [1, 2, 3, *unsent, 10, 11, *cloned, 100, 101, 102, 103]
    assert sum(it.messages for it in BlinkQuarter.objects.all()) == Message.objects.count()


def test_a_loss_on_the_server_is_noticed_every_time(computer):
    """Whichever of 40 messages it is."""
    laptop = computer()
    laptop.measure(*range(1, 41))
    laptop.sync()

    for message in list(Message.objects.all()):
        Message.objects.filter(pk=message.pk).delete()
        laptop.sync()
        assert laptop.engine.disagreement == ("the server lacks 1 messages that it had confirmed")
        message.save(force_insert=True)
        laptop.sync()
        assert laptop.engine.disagreement is None


def test_erased_while_offline(computer, tmp_path):
    """The file goes, nothing reappears, and nothing can be added."""
    laptop = computer()
    laptop.measure(1)
    laptop.sync()
    laptop.measure(2, 3)
    erase(user_id=User.objects.get(email=ALICE.email).pk)

    assert laptop.sync() == Erased(
        "the account was erased, and what this computer kept for it is deleted"
    )

    assert list((tmp_path / "laptop").iterdir()) == []
    for model in (User, AuthCache, Consent, Device, Message, BlinkQuarter):
        assert not model.objects.exists()


def test_signed_out_elsewhere(computer):
    """With the password at hand it signs in again; without one it waits; nothing is deleted."""
    laptop = computer()
    laptop.measure(1)
    laptop.sync()
    laptop.measure(2)
    AuthCache.objects.update(revoked_at=timezone.now())
    laptop.engine._credentials = None

    assert laptop.sync() == Halted("the session has ended")
    assert laptop.counts() == (1, 0, 0, 1)

    laptop.engine._credentials = ALICE
    assert laptop.sync() == Idle()
    assert stored() == [1, 2]


@pytest.mark.parametrize(
    "newest, ended",
    [
        (4, Halted("the server answers UPGRADE_REQUIRED")),
        (0, Pause(0.0, "the server answers SERVER_OUTDATED")),
    ],
)
def test_a_version_that_is_not_taken(computer, monkeypatch, newest, ended):
    """The queue is kept, and goes once both sides understand each other."""
    laptop = computer()
    laptop.measure(1, 2)
    with monkeypatch.context() as patched:
        patched.setattr(versions.require_taken, "__defaults__", (newest,))
        assert laptop.engine.step() == ended
    assert laptop.counts() == (2, 0, 0, 0)

    assert laptop.sync() == Idle()
    assert stored() == [1, 2]


@pytest.mark.parametrize("newest", [1, 2, 3])
def test_the_two_versions_before_the_newest_are_taken(computer, monkeypatch, newest):
    """A tracker that lags by one or two goes on."""
    monkeypatch.setattr(versions.require_taken, "__defaults__", (newest,))
    laptop = computer()
    laptop.measure(1)

    assert laptop.sync() == Idle()
    assert stored() == [1]


@pytest.mark.parametrize("skew", [DAY, -DAY, -HOUR, timedelta(days=4000)])
def test_a_clock_that_is_wrong(computer, skew):
    """Both times are stored, the corrected one is right, and nothing is set aside."""
    laptop = computer(skew=skew)
    laptop.measure(1)
    laptop.measure(2, boot_id="before the restart")
    laptop.sync()
    true = datetime.now(UTC) - HOUR

    assert laptop.counts() == (0, 0, 0, 2)
    for it in Message.objects.all():
        assert abs(it.started_at - true) < timedelta(seconds=10)
        assert abs(it.device_started_at - true - skew) < timedelta(seconds=10)


@pytest.mark.parametrize("step", [-HOUR, HOUR, -DAY, DAY])
def test_a_clock_that_is_set_between_measuring_and_sending(computer, step):
    """The age of a message is by a clock that nobody sets."""
    laptop = computer()
    laptop.measure(1, 2)
    laptop.skew = step

    laptop.sync()

    assert laptop.counts() == (0, 0, 0, 2)
    true = datetime.now(UTC) - HOUR
    for it in Message.objects.all():
        assert abs(it.started_at - true) < timedelta(seconds=10)


def test_not_yet_happened_even_by_the_corrected_clock(computer):
    """Only that is set aside, for the person to see."""
    laptop = computer(skew=DAY)
    laptop.measure(1, boot_id="before the restart")
    laptop.measure(2)
    laptop.skew = timedelta(0)

    laptop.sync()

    assert laptop.counts() == (0, 1, 0, 1)
    assert laptop.outbox.quarantined()[0].reason.startswith("IN_FUTURE")
