"""Whatever happens between the outbox and the server: nothing lost, nothing doubled.

A machine seals, sends, loses requests and replies, delivers late copies, crashes and is
refused, in any order. The file is real; the server is the contract in memory.
"""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from waw_desktop.core.retry import Answer
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import Clock, Credentials, Engine, Idle
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.transport import Failure, Transport

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALICE = Credentials("alice@example.org", "correct horse")
HOURS_MS = count(10**7, 3_600_000)
CLOCK = Clock(
    now=lambda: NOON, session_ms=lambda: next(HOURS_MS), boot_id="boot", jitter=lambda: 0.0
)
NO_ANSWER = Failure(Answer.NO_ANSWER, "the server does not answer")
ENDS = ["well", "well", "request lost", "reply lost", "late", "twice", "busy", "unreadable"]


class Wire(Transport):
    """The way to the server, on which everything can happen."""

    def __init__(self, server):
        super().__init__(server.url)
        self.server = server
        self.ends = "well"
        self.under_way = []

    def send(self, operation, variables, token=None):  # noqa: ARG002 - as the real one
        """Deliver a request to the end that was chosen for it."""
        name = operation[0].upper() + operation[1:]
        if self.ends == "request lost":
            return NO_ANSWER
        if self.ends == "busy":
            return Failure(Answer.BUSY, "HTTP status 503", 1.0)
        if self.ends == "late":
            self.under_way.append((name, variables))
            return NO_ANSWER
        reply = self.deliver(name, variables)
        if self.ends == "reply lost":
            return NO_ANSWER
        if self.ends == "unreadable":
            return Failure(Answer.UNREADABLE, "the server's reply cannot be read")
        if self.ends == "twice":
            reply = self.deliver(name, variables)
        return Failure(Answer.REFUSED, "no") if isinstance(reply, tuple) else reply

    def deliver(self, name, variables):
        """Let the server act on a request."""
        return self.server._operations[name](variables)


class Sync(RuleBasedStateMachine):
    """The outbox and the engine against a server that may do anything but lie."""

    def __init__(self, server, path, make_message):
        super().__init__()
        server.stored, server.seqs, server.judged = {}, {}, {}
        server.refused = set()
        self.server = server
        self.path = path
        self.make_message = make_message
        self.wire = Wire(server)
        self.sealed = 0
        path.unlink(missing_ok=True)
        self.start()

    def start(self):
        """Open the file as a program does that was just started."""
        self.outbox = Outbox(self.path)
        self.engine = Engine(self.outbox, SyncClient(self.wire), CLOCK, credentials=ALICE)

    def teardown(self):
        """Whatever happened, in the end the server answers and everything arrives."""
        self.wire.ends = "well"
        for _ in range(300):
            if isinstance(self.engine.step(), Idle):
                break
        assert self.outbox.counts().pending == 0
        self.accounted_for()
        self.outbox.close()
        self.wire.close()

    @rule(count=st.integers(1, 4))
    def seal(self, count):
        """Store new messages."""
        for _ in range(count):
            self.sealed += 1
            self.outbox.seal(self.make_message(self.sealed))

    @rule(ends=st.sampled_from(ENDS))
    def step(self, ends):
        """Let the engine do one thing."""
        self.wire.ends = ends
        self.engine.step()

    @precondition(lambda self: self.wire.under_way)
    @rule(index=st.integers(0, 99), again=st.booleans())
    def arrive_late(self, index, again):
        """A request arrives that the engine has given up, perhaps more than once."""
        index %= len(self.wire.under_way)
        self.wire.deliver(*self.wire.under_way[index])
        if not again:
            del self.wire.under_way[index]

    @rule()
    def crash(self):
        """The program ends without any word, and is started again."""
        self.outbox._db.close()
        self.start()

    @precondition(lambda self: self.sealed)
    @rule(
        back=st.integers(0, 3),
        verdict=st.sampled_from(
            [("REJECTED", "INVALID"), ("REJECTED", "OUTSIDE_CONSENT"), "refused"]
        ),
    )
    def judge(self, back, verdict):
        """The server will refuse one of the latest messages, unless it has judged it."""
        message_id = str(UUID(int=max(self.sealed - back, 1)))
        if message_id in self.server.stored or message_id in self.server.judged:
            return
        if verdict == "refused":
            self.server.refused.add(message_id)
        else:
            self.server.judged[message_id] = verdict

    @rule(seq=st.integers(1, 9))
    def clone(self, seq):
        """Another machine with a copy of this file uses one of its numbers."""
        slot = (str(self.outbox.device_id), str(seq))
        self.server.seqs.setdefault(slot, "of the other machine")

    @invariant()
    def accounted_for(self):
        """Each message is waiting, set aside, dropped or on the server, and once."""
        counts = self.outbox.counts()
        assert counts.balanced
        assert self.engine.disagreement is None
        assert counts.produced == self.sealed
        here = {row.message.message_id.int for row in self.outbox.take(9999, 10**9)}
        aside = {UUID(row.message_id).int for row in self.outbox.quarantined()}
        there = {UUID(message_id).int for message_id in self.server.stored}
        dropped = {
            UUID(message_id).int
            for message_id, verdict in self.server.judged.items()
            if verdict == ("REJECTED", "OUTSIDE_CONSENT")
        }
        everything = set(range(1, self.sealed + 1))
        assert here | aside | there | dropped >= everything
        assert len(everything - here - aside) == counts.synced + counts.dropped
        slots = [slot for slot in self.server.seqs.values() if slot != "of the other machine"]
        assert len(slots) == len(set(slots)) == len(there)


def test_nothing_is_lost_or_doubled(server, tmp_path, make_message):
    """No order of events loses a message or stores it twice."""

    class Here(Sync):
        def __init__(self):
            super().__init__(server, tmp_path / "outbox.db", make_message)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
