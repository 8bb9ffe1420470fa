"""One step at a time: nothing leaves the outbox without a receipt that names it."""

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from waw_desktop.core.consents import Purpose, agree
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import (
    Again,
    Clock,
    Credentials,
    Engine,
    Erased,
    Halted,
    Idle,
    Pause,
    run,
)
from waw_desktop.sync.outbox import OutboxError, Wiped
from waw_desktop.sync.sender import Sender

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = Credentials("alice@example.org", "correct horse")
AGREEMENT = agree(Purpose.CLOUD_SYNC, "alice@example.org", NOON - timedelta(days=1))
CLOCK = Clock(now=lambda: NOON, session_ms=lambda: 10_000_000, boot_id="boot", jitter=lambda: 0.5)


def fill(outbox, make_message, last):
    for number in range(1, last + 1):
        outbox.seal(make_message(number))


@pytest.fixture
def engine(outbox, transport):
    return Engine(outbox, SyncClient(transport), CLOCK, credentials=ALICE)


def steps(engine, limit=100):
    """Step until there is nothing to do or nothing can be done."""
    taken = []
    for _ in range(limit):
        taken.append(engine.step())
        if not isinstance(taken[-1], Again | Pause):
            break
    return taken


def test_empties_the_outbox(server, engine, outbox, make_message):
    """Signs in, sends in batches of 250, and is idle."""
    fill(outbox, make_message, 300)

    assert steps(engine) == [Again(), Again(), Idle()]

    assert outbox.counts().synced == len(server.stored) == 300
    assert server.operations() == ["Login", "SyncBlinks", "SyncBlinks", "Tally"]
    sizes = [len(sent["input"]["messageIds"]) for sent in server.sent("SyncBlinks")]
    assert sizes == [250, 50]


def test_nothing_is_sent_once_it_is_withdrawn(server, outbox, transport, make_message):
    """Not even a sign-in, and from the very next request on."""
    fill(outbox, make_message, 300)
    agreed = [True]
    engine = Engine(
        outbox, SyncClient(transport), CLOCK, credentials=ALICE, is_agreed=lambda: agreed[0]
    )
    assert engine.step() == Again()

    agreed[0] = False

    assert engine.step() == Halted("sending was withdrawn")
    assert server.operations() == ["Login", "SyncBlinks"]
    assert outbox.counts().pending == 50


def test_an_idle_engine_asks_nothing(server, engine):
    """With nothing to send, the session is begun and the counts are compared, once."""
    assert [engine.step(), engine.step()] == [Idle(), Idle()]
    assert server.operations() == ["Login", "Tally"]


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        ("unheard", 3),
        ("unanswered", 3),
        ("truncated", 3),
        ("slow", 3),
        ("portal", 3),
        ("html", 3),
        ("redirected", 3),
        (404, 3),
        (408, 3),
        (429, 3),
        (500, 3),
        (502, 3),
        (503, 3),
    ],
)
def test_faults(server, engine, outbox, make_message, fault, kept):
    """Whatever goes wrong, the messages stay, and the next try stores each once."""
    fill(outbox, make_message, 3)
    server.faults = ["none", fault]

    assert isinstance(engine.step(), Pause)
    assert outbox.counts().pending == kept

    assert steps(engine) == [Again(), Idle()]
    assert len(server.stored) == outbox.counts().synced == 3
    assert outbox.counts().balanced


def test_backs_off_and_recovers(server, engine, outbox, make_message):
    """Waits double while the server is silent and start anew when it was heard."""
    fill(outbox, make_message, 1)
    server.faults = ["none", 503, 503, 503]

    assert [engine.step().delay_s for _ in range(3)] == [0.5, 1.0, 2.0]
    assert steps(engine) == [Again(), Idle()]

    outbox.seal(make_message(2))
    server.faults = [503]
    assert engine.step().delay_s == 0.5


def test_each_success_starts_waits_anew(server, engine, outbox, make_message):
    """A batch that arrived ends a row of failures."""
    fill(outbox, make_message, 300)
    server.faults = ["none", 503, 503, "none", 503]

    waits = [getattr(engine.step(), "delay_s", None) for _ in range(4)]

    assert waits == [0.5, 1.0, None, 0.5]


def test_being_idle_starts_waits_anew(server, engine, outbox, make_message):
    """Signing in with nothing to send ends a row of failures too."""
    server.faults = ["unheard", "unheard"]
    assert [engine.step().delay_s, engine.step().delay_s, engine.step()] == [0.5, 1.0, Idle()]

    fill(outbox, make_message, 1)
    server.faults = [503]

    assert engine.step().delay_s == 0.5


RATE_LIMITED = b'{"errors": [{"message": "", "extensions": {"code": "RATE_LIMITED"}}]}'


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (429, b"", "HTTP status 429"),
        (503, b"", "HTTP status 503"),
        (429, RATE_LIMITED, "HTTP status 429"),
        (200, RATE_LIMITED, "the server answers RATE_LIMITED"),
    ],
)
@pytest.mark.parametrize("wait", [("77", 77.0), ("0", 1.0), ("-5", 1.0), ("1000000", 3600.0)])
def test_retry_after(server, engine, outbox, make_message, status, body, reason, wait):
    """The server says when to come back, in a second at least and within the hour."""
    fill(outbox, make_message, 1)
    said, wait_s = wait
    busy = lambda handler: handler.send(status, body, [("Retry-After", said)])  # noqa: E731 - a row of the table
    server.faults = ["none", busy]

    assert engine.step() == Pause(wait_s, reason)


@pytest.mark.parametrize(
    ("verdict", "synced", "dropped", "quarantined"),
    [
        (("REJECTED", "INVALID"), 2, 0, 1),
        (("REJECTED", "IN_FUTURE"), 2, 0, 1),
        (("REJECTED", "OUTSIDE_CONSENT"), 2, 1, 0),
        (("CONFLICT", "PAYLOAD_DIFFERS"), 2, 0, 1),
        (("DUPLICATE", None), 3, 0, 0),
    ],
)
def test_receipts(server, engine, outbox, make_message, verdict, synced, dropped, quarantined):
    """One message's receipt never touches its neighbours."""
    fill(outbox, make_message, 3)
    server.judged[str(UUID(int=2))] = verdict

    assert steps(engine) == [Again(), Idle()]

    counts = outbox.counts()
    assert (counts.synced, counts.dropped, counts.quarantined) == (synced, dropped, quarantined)
    assert counts.balanced


def test_a_receipt_nobody_thought_of(server, engine, outbox, make_message):
    """A message with an unknown receipt is kept and does not hold up the others."""
    fill(outbox, make_message, 3)
    server.judged[str(UUID(int=1))] = ("POSTPONED", None)

    assert engine.step() == Again()
    assert engine.step() == Pause(0.5, "no message was receipted for good")
    outbox.seal(make_message(4))
    assert engine.step() == Again()
    assert outbox.counts().synced == 3

    server.judged.clear()
    assert steps(engine) == [Again(), Idle()]
    assert outbox.counts().synced == 4


def test_a_cloned_installation(server, engine, outbox, make_message):
    """Where another machine used the numbers, a new device id is taken and all arrives."""
    fill(outbox, make_message, 3)
    first = str(outbox.device_id)
    server.seqs = {(first, str(seq)): "of the other machine" for seq in (1, 2, 3)}

    assert engine.step() == Pause(0.5, "no message was receipted for good")
    assert steps(engine) == [Again(), Idle()]

    assert len(server.stored) == outbox.counts().synced == 3
    assert {device for device, _ in server.seqs} == {first, str(outbox.device_id)}


@pytest.mark.parametrize("place", [1, 2, 77, 199, 200])
def test_a_poisoned_message(server, engine, outbox, make_message, place):
    """A message that makes the server refuse a batch is found and set aside alone."""
    fill(outbox, make_message, 200)
    server.refused = {str(UUID(int=place))}

    taken = steps(engine)

    assert taken[-1] == Idle()
    assert [row.message_id for row in outbox.quarantined()] == [str(UUID(int=place))]
    assert outbox.counts().synced == len(server.stored) == 199
    assert len(taken) < 40


@pytest.mark.parametrize("status", [400, 413])
def test_a_batch_is_too_much(server, engine, outbox, make_message, status):
    """A refused batch is sent again in halves."""
    fill(outbox, make_message, 4)
    server.faults = ["none", status]

    assert steps(engine) == [Again(), Again(), Again(), Idle()]
    assert [len(sent["input"]["messageIds"]) for sent in server.sent("SyncBlinks")] == [4, 2, 2]
    assert outbox.counts().synced == 4


def test_a_server_that_refuses_everything(server, engine, outbox, make_message):
    """The queue is not set aside at once: each further message waits longer."""
    fill(outbox, make_message, 4)
    server.refused = {str(UUID(int=number)) for number in range(1, 5)}

    waits = [it.delay_s for it in steps(engine) if isinstance(it, Pause)]

    assert waits == [0.5, 1.0, 2.0, 4.0]


def test_signed_out_during_the_run(server, engine, outbox, make_message):
    """With the password at hand the person is signed in again, and nothing is deleted."""
    fill(outbox, make_message, 1)
    engine.step()
    outbox.seal(make_message(2))
    server.valid.clear()
    server.session_lasts = False

    assert engine.step() == Pause(0.5, "the session has ended")
    assert outbox.counts().pending == 1
    assert steps(engine) == [Again(), Idle()]
    assert outbox.counts().synced == 2


def test_a_refresh_that_does_not_help(server, engine, outbox, make_message):
    """When even a new token is refused, the next step signs in anew."""
    fill(outbox, make_message, 1)
    server.faults = ["none", 401, "none", 401]

    assert isinstance(engine.step(), Pause)
    assert steps(engine) == [Again(), Idle()]
    assert server.operations() == [
        *("Login", "SyncBlinks", "RefreshSession", "SyncBlinks"),
        *("Login", "SyncBlinks", "Tally"),
    ]


def test_signed_out_without_a_password(server, client, outbox, make_message):
    """Without a password it stops and keeps everything."""
    engine = Engine(outbox, client, CLOCK)
    fill(outbox, make_message, 1)
    server.valid.clear()
    server.session_lasts = False

    assert engine.step() == Halted("the session has ended")
    assert engine.step() == Halted("nobody is signed in")
    assert outbox.counts().pending == 1


def test_wrong_password(server, transport, outbox, make_message):
    """A wrong password stops it with the server's words."""
    wrong = replace(ALICE, password="x")
    engine = Engine(outbox, SyncClient(transport), CLOCK, credentials=wrong)
    fill(outbox, make_message, 1)

    assert engine.step() == Halted("Wrong password.")
    assert outbox.counts().pending == 1


@pytest.mark.parametrize("fault", ["unheard", 400, 503, "portal"])
def test_signing_in_fails(server, engine, outbox, make_message, fault):
    """While the server cannot be asked to sign in, it waits and keeps everything."""
    fill(outbox, make_message, 1)
    server.faults = [fault]

    assert isinstance(engine.step(), Pause)
    assert outbox.counts().pending == 1
    assert steps(engine) == [Again(), Idle()]


@pytest.mark.parametrize(
    ("_case", "asks_consent", "reason"),
    [("consent", True, "CONSENT_REQUIRED"), ("upgrade", False, "UPGRADE_REQUIRED")],
)
def test_stops_until_the_person_acts(
    server, engine, outbox, make_message, _case, asks_consent, reason
):
    """Without consent, or with too old a tracker, everything is kept and nothing sent."""
    fill(outbox, make_message, 1)
    server.consent_in_force = not asks_consent
    server.upgrade_required = not asks_consent

    assert engine.step() == Halted(f"the server answers {reason}", asks_consent)
    assert outbox.counts().pending == 1


class TestComparing:
    """Both sides count alike, or it is said."""

    @pytest.fixture
    def compared(self, transport, outbox):
        """Return a function that empties the outbox and says what does not agree."""
        hours_ms = count(10_000_000, 3_600_000)
        clock = replace(CLOCK, session_ms=lambda: next(hours_ms))
        engine = Engine(outbox, SyncClient(transport), clock, credentials=ALICE)

        def compared():
            assert steps(engine)[-1] == Idle()
            return engine.disagreement

        return compared

    def test_they_agree(self, outbox, make_message, compared):
        """At first, after each batch, and with nothing at all."""
        assert compared() is None
        for number in range(1, 4):
            outbox.seal(make_message(number))
            assert compared() is None

    @pytest.mark.parametrize("seed", range(100))
    def test_a_message_that_the_server_lost(self, server, outbox, make_message, compared, seed):
        """Whichever it is, it is noticed, and noticed no more when it is back."""
        chance = random.Random(seed)
        fill(outbox, make_message, chance.randint(1, 30))
        assert compared() is None
        lost = chance.choice(list(server.stored))
        content = server.stored.pop(lost)

        assert compared() == "the server lacks 1 messages that it had confirmed"

        server.stored[lost] = content
        assert compared() is None

    def test_a_message_that_was_never_measured_here(self, server, outbox, make_message, compared):
        """One more than there can be is noticed too."""
        fill(outbox, make_message, 3)
        server.stored["another"] = server.seqs[str(outbox.device_id), "77"] = "another"

        assert compared() == "the server has 1 messages more than were measured here"

    @pytest.mark.parametrize(
        "verdict",
        [("REJECTED", "INVALID"), ("REJECTED", "OUTSIDE_CONSENT"), ("CONFLICT", "PAYLOAD_DIFFERS")],
    )
    def test_what_never_arrives_is_no_mismatch(
        self, server, outbox, make_message, compared, verdict
    ):
        """Dropped or set aside, it is accounted for; a loss beside it is still noticed."""
        fill(outbox, make_message, 5)
        server.judged[str(UUID(int=3))] = verdict
        assert compared() is None

        del server.stored[str(UUID(int=5))]

        assert compared() == "the server lacks 1 messages that it had confirmed"

    def test_a_clone_begins_to_count_anew(self, server, outbox, make_message, compared):
        """What it had sent under its old id is known; from then on all is compared."""
        fill(outbox, make_message, 3)
        assert compared() is None
        server.seqs[str(outbox.device_id), "4"] = "of the other machine"
        outbox.seal(make_message(4))
        assert compared() is None
        outbox.seal(make_message(5))
        assert compared() is None

        del server.stored[str(UUID(int=5))]

        assert compared() == "the server lacks 1 messages that it had confirmed"

    @pytest.mark.parametrize("fault", ["unheard", "portal", 503])
    def test_no_answer_is_no_trouble(self, server, compared, fault):
        """It is asked again an hour later."""
        server.faults = ["none", fault]

        assert compared() is None
        assert compared() is None
        assert server.operations() == ["Login", "Tally", "Tally"]

    def test_is_asked_once_an_hour(self, server, engine):
        """However often there is nothing to send."""
        for _ in range(5):
            engine.step()

        assert server.operations() == ["Login", "Tally"]


def test_the_account_was_erased(server, engine, outbox, make_message):
    """What is kept for it is deleted, and nothing can be added."""
    fill(outbox, make_message, 1)
    engine.step()
    outbox.seal(make_message(2))
    server.erased = True

    assert run(engine, lambda _timeout_s: False) == Erased(
        "the account was erased, and what this computer kept for it is deleted"
    )
    with pytest.raises(Wiped):
        outbox.seal(make_message(3))


@pytest.mark.parametrize("code", ["SERVER_OUTDATED", "SOMETHING_NEW"])
def test_a_server_older_than_the_tracker(server, engine, outbox, make_message, code):
    """It will be upgraded: everything is kept, and tried again."""
    fill(outbox, make_message, 1)
    said = b'{"errors": [{"message": "", "extensions": {"code": "%s"}}]}' % code.encode()
    server.faults = ["none", lambda handler: handler.send(200, said)]

    assert engine.step() == Pause(0.5, f"the server answers {code}")
    assert steps(engine) == [Again(), Idle()]


def test_consent_goes_first(server, transport, outbox, make_message):
    """An agreement given before signing in is told before any message."""
    fill(outbox, make_message, 1)
    server.consent_in_force = False
    engine = Engine(outbox, SyncClient(transport), CLOCK, credentials=ALICE, agreement=AGREEMENT)

    assert steps(engine) == [Again(), Idle()]

    assert server.operations() == ["Login", "GrantConsent", "SyncBlinks", "Tally"]
    (told,) = server.consents
    assert told["textHash"] == AGREEMENT.text_sha256
    assert told["grantedAt"] == "2026-03-01T12:00:00.000Z"


def test_consent_is_told_once(server, transport, outbox, make_message):
    """What was withdrawn on the server is not granted again by an old agreement."""
    for _ in range(2):
        client = SyncClient(transport)
        Engine(outbox, client, CLOCK, credentials=ALICE, agreement=AGREEMENT).step()
    server.consent_in_force = False
    fill(outbox, make_message, 1)

    engine = Engine(outbox, SyncClient(transport), CLOCK, credentials=ALICE, agreement=AGREEMENT)

    assert engine.step() == Halted("the server answers CONSENT_REQUIRED", asks_consent=True)
    assert len(server.consents) == 1

    anew = replace(AGREEMENT, agreed_at=NOON)
    again = Engine(outbox, SyncClient(transport), CLOCK, credentials=ALICE, agreement=anew)
    assert steps(again) == [Again(), Idle()]
    assert len(server.consents) == 2


@pytest.mark.parametrize("fault", ["unheard", "unanswered", 400, "portal"])
def test_consent_cannot_be_told(server, transport, outbox, make_message, fault):
    """No message is sent before the server has heard of the agreement."""
    fill(outbox, make_message, 1)
    server.faults = ["none", fault]
    engine = Engine(outbox, SyncClient(transport), CLOCK, credentials=ALICE, agreement=AGREEMENT)

    assert isinstance(engine.step(), Pause)
    assert "SyncBlinks" not in server.operations()
    assert steps(engine) == [Again(), Idle()]


@pytest.mark.parametrize(
    ("_case", "fields", "age_ms"),
    [
        ("since this start", {"started_mono_ms": 9_940_000}, 60_000),
        ("before a restart", {"boot_id": "another"}, -1),
        ("in the future", {"started_mono_ms": 10_000_500}, -1),
        ("too long ago for 32 bits", {"started_mono_ms": 10_000_000 - 2**31}, -1),
        ("just within 32 bits", {"started_mono_ms": 10_000_001 - 2**31}, 2**31 - 1),
    ],
)
def test_ages(server, engine, outbox, make_message, _case, fields, age_ms):
    """The age of a message is by the clock that nobody sets, or unknown."""
    outbox.seal(make_message(1, **fields))

    engine.step()

    assert server.sent("SyncBlinks")[0]["input"]["agesMs"] == [age_ms]


def test_the_outbox_cannot_be_used(engine, outbox):
    """Trouble with the file is a pause with a reason, never a crash."""
    outbox.close()

    assert isinstance(engine.step(), Pause)


def test_runs_until_told_to_stop(server, engine, outbox, make_message):
    """The loop sends what there is and waits as the steps say."""
    fill(outbox, make_message, 1)
    server.faults = ["none", 503]
    waits = []

    def wait(timeout_s):
        waits.append(timeout_s)
        return len(waits) == 3

    assert run(engine, wait) is None
    assert waits == [0.5, 0.0, 1.0]


def test_runs_until_it_is_halted(server, engine, outbox, make_message):
    """The loop ends where only the person can help."""
    fill(outbox, make_message, 1)
    server.consent_in_force = False

    halted = Halted("the server answers CONSENT_REQUIRED", asks_consent=True)

    assert run(engine, lambda _timeout_s: False) == halted
    assert engine.latest == halted


class TestSender:
    """The engine in its thread."""

    def test_sends_while_messages_are_sealed(self, server, engine, outbox, make_message):
        """What is sealed meanwhile goes without being asked for."""
        sender = Sender(engine, outbox)
        fill(outbox, make_message, 5)

        sender.drain(10)
        sender.stop()

        assert len(server.stored) == outbox.counts().synced == 5
        assert sender.trouble is None
        assert sender.disagreement is None

    def test_who_is_idle_is_hurried(self, server, engine, outbox, make_message):
        """What was sealed after the last look is sent at the end, without waiting for the next."""
        sender = Sender(engine, outbox, idle_s=3600)
        while not isinstance(engine.latest, Idle):
            time.sleep(0.01)
        fill(outbox, make_message, 5)

        sender.drain(60)
        sender.stop()

        assert len(server.stored) == 5

    def test_gives_up_on_a_silent_server(self, server, engine, outbox, make_message):
        """A server that does not answer does not hold up the end."""
        fill(outbox, make_message, 1)
        server.faults = [503] * 100
        sender = Sender(engine, outbox)

        before_s = time.monotonic()
        sender.drain(60)
        sender.stop()

        assert time.monotonic() - before_s < 20
        assert isinstance(sender.trouble, Pause)
        assert outbox.counts().pending == 1

    def test_does_not_wait_when_halted(self, server, engine, outbox, make_message):
        """There is nothing to wait for where the person must act."""
        fill(outbox, make_message, 1)
        server.upgrade_required = True
        sender = Sender(engine, outbox)

        before_s = time.monotonic()
        sender.drain(60)
        sender.stop()

        assert time.monotonic() - before_s < 20
        assert isinstance(sender.trouble, Halted)

    def test_waits_no_longer_than_allowed(self, server, engine, outbox, make_message):
        """The end comes in time even if a request takes long."""
        fill(outbox, make_message, 1)
        server.faults = ["none", "slow", "slow", "slow"]
        sender = Sender(engine, outbox)

        before_s = time.monotonic()
        sender.drain(0.1)
        sender.stop()

        assert time.monotonic() - before_s < 1.0


# What other clients do. The harness must see each of them lose or double something, or its
# silence about ours would say nothing.


def faulty_run(server, outbox, make_message, send):
    """Let a client empty the outbox while every second reply is broken."""
    fill(outbox, make_message, 40)
    breaks = ["unheard", "unanswered", 503, 400, "portal", "truncated", "twice"]
    chance = random.Random(3)
    server.faults = ["none", *(chance.choice(["none", *breaks]) for _ in range(60))]
    for _ in range(200):
        if not send():
            break
    return len(server.stored), len(server.seqs)


def test_ours_loses_and_doubles_nothing(server, engine, outbox, make_message):
    """The engine under the same faults: all 40 arrive once."""

    def send():
        return not isinstance(engine.step(), Idle)

    assert faulty_run(server, outbox, make_message, send) == (40, 40)
    assert outbox.counts().synced == 40


class BrokenClient:
    """A client that sends two messages at a time and has one of three common faults."""

    def __init__(self, client, outbox, fault):
        self.client, self.outbox, self.fault = client, outbox, fault
        self.done = set()
        self.fresh = 1000

    def send(self):
        """Send the next messages; tell whether there were any."""
        rows = [row for row in self.outbox.take(250, 10**6) if row.seq not in self.done][:2]
        if not rows:
            return False
        seqs = {row.seq for row in rows}
        if self.fault == "marks before the reply":
            self.done |= seqs
        if self.fault == "a fresh id each time":
            rows = [self._renewed(row) for row in rows]
        outcome = self.client.sync_blinks(rows, UUID(int=1), [-1] * len(rows), NOON)
        status_below_500 = getattr(outcome, "detail", "") in (
            "HTTP status 400",
            "the server's reply cannot be read",
        )
        if isinstance(outcome, list) or (
            self.fault == "below 500 means stored" and status_below_500
        ):
            self.done |= seqs
        return True

    def _renewed(self, row):
        self.fresh += 1
        return replace(
            row, seq=self.fresh, message=replace(row.message, message_id=UUID(int=self.fresh))
        )


@pytest.mark.parametrize(
    ("fault", "is_wrong"),
    [
        ("none", lambda stored: stored == 40),
        ("marks before the reply", lambda stored: stored < 40),
        ("below 500 means stored", lambda stored: stored < 40),
        ("a fresh id each time", lambda stored: stored > 40),
    ],
)
def test_the_harness_sees_broken_clients(server, client, outbox, make_message, fault, is_wrong):
    """Each common fault is seen: two lose messages, one stores them again and again."""
    broken = BrokenClient(client, outbox, fault)

    stored, _ = faulty_run(server, outbox, make_message, broken.send)

    assert is_wrong(stored)


def test_outbox_errors_have_one_base():
    """Whoever handles `OutboxError` handles all of them."""
    from waw_desktop.sync.outbox import Damaged, DiskFull, TooNew

    assert all(issubclass(error, OutboxError) for error in (Damaged, DiskFull, TooNew))
