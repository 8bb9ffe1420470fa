"""Empties the outbox into the server, one step at a time.

A step signs in if need be, tells of an agreement that the server has not heard of, sends
one batch, applies its receipts and says what to wait for. Whatever happens on the way,
what is not receipted stays in the outbox. When all is sent, it compares the server's count
with its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, assert_never

from waw_desktop.core.consents import Agreement
from waw_desktop.core.retry import (
    Answer,
    Fate,
    Halve,
    RetryAfter,
    SetAside,
    Stop,
    WaitForSignIn,
    Wipe,
    decide,
    delay_s,
    fate,
)
from waw_desktop.core.tally import disagreement
from waw_desktop.sync.client import LockedOut, Receipt, SignedIn, SyncClient, WrongPassword
from waw_desktop.sync.outbox import Outbox, OutboxError, Row
from waw_desktop.sync.transport import Failure
from waw_desktop.sync.wire import ages_ms

MAX_MESSAGES = 250
MAX_BYTES = 250 * 1024  # of the 256 KiB that the server takes; the rest is the document
IDLE_S = 1.0
COMPARE_EVERY_MS = 3_600_000
FINAL = (Fate.SYNCED, Fate.DROPPED, Fate.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Credentials:
    """With what to sign in, kept in memory for as long as the tracker runs."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """The times and chances that a step needs, each a function without arguments.

    Attributes:
        now: Wall time, aware UTC.
        session_ms: Milliseconds on the clock that runs on while the machine sleeps.
        boot_id: The start of the machine that clock counts from.
        jitter: A random number in [0, 1).
    """

    now: Callable[[], datetime]
    session_ms: Callable[[], int]
    boot_id: str
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Again:
    """There may be more to send at once."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Everything is sent; look again when something was sealed."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for delay_s seconds; the reason is for the person."""

    delay_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Halted:
    """Send nothing more until the person has acted; everything is kept."""

    reason: str
    asks_consent: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """The account is gone, and what was kept for it here; the reason is for the person."""

    reason: str


Next = Again | Idle | Pause | Halted | Erased


class Engine:
    """Sends what one outbox holds; used by one thread."""

    def __init__(
        self,
        outbox: Outbox,
        client: SyncClient,
        clock: Clock,
        *,
        credentials: Credentials | None = None,
        agreement: Agreement | None = None,
        device_name: str = "",
        is_agreed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare to send; nothing is sent yet.

        Args:
            outbox: Whence to send.
            client: Where to.
            clock: Times and chances.
            credentials: To sign in with, None to go on with the client's session only.
            agreement: To cloud sync; the server is told of it before anything else.
            device_name: What to call this device in the account.
            is_agreed: Whether the person still agrees to sending; asked before each request.
        """
        self._outbox = outbox
        self._client = client
        self._clock = clock
        self._credentials = credentials
        self._agreement = agreement
        self._device_name = device_name
        self._is_agreed = is_agreed
        self._batch_size = MAX_MESSAGES
        self.failures = 0
        self._compared_at_ms: int | None = None
        self.latest: Next = Again()
        self.disagreement: str | None = None

    def step(self) -> Next:
        """Do the next thing and return what to wait for."""
        try:
            self.latest = self._stopped() or self._sign_in() or self._tell_consent() or self._send()
        except OutboxError as error:
            self.latest = self._pause(str(error))
        return self.latest

    def _stopped(self) -> Next | None:
        return None if self._is_agreed() else Halted("sending was withdrawn")

    def _sign_in(self) -> Next | None:
        if self._client.go_on():
            return None
        if self._credentials is None:
            return Halted("nobody is signed in")
        match self._client.login(
            self._credentials.email,
            self._credentials.password,
            self._outbox.device_id,
            self._device_name,
        ):
            case SignedIn():
                return None
            case WrongPassword(message) | LockedOut(message):
                return Halted(message)
            case Failure() as failure:
                return self._after(failure)
            case _ as never:
                assert_never(never)

    def _tell_consent(self) -> Next | None:
        agreement = self._agreement
        if agreement is None:
            return None
        told = f"{agreement.text_sha256} {agreement.agreed_at.isoformat()}"
        if self._outbox.told_consent == told:
            return None
        outcome = self._client.grant_consent(
            agreement.text_sha256, agreement.agreed_at, self._clock.now()
        )
        if isinstance(outcome, Failure):
            return self._after(outcome)
        self._outbox.note_consent(told)
        return None

    def _send(self) -> Next:
        rows = self._outbox.take(self._batch_size, MAX_BYTES)
        if not rows:
            self.failures = 0
            self._compare()
            return Idle()
        ages = ages_ms(rows, self._clock.session_ms(), self._clock.boot_id)
        outcome = self._client.sync_blinks(rows, self._outbox.device_id, ages, self._clock.now())
        if isinstance(outcome, Failure):
            return self._after(outcome, rows)
        return self._settle(outcome)

    def _settle(self, receipts: Sequence[Receipt]) -> Next:
        fates = [(it.message_id, fate(it.verdict), it.reason) for it in receipts]
        self._outbox.settle(fates)
        if not any(each in FINAL for _, each, _ in fates):
            return self._pause("no message was receipted for good")
        self._batch_size = min(self._batch_size * 2, MAX_MESSAGES)
        self.failures = 0
        return Again()

    def _compare(self) -> None:
        """See once an hour whether the server counts as we do; no answer is no trouble."""
        now_ms = self._clock.session_ms()
        if self._compared_at_ms is not None and now_ms - self._compared_at_ms < COMPARE_EVERY_MS:
            return
        self._compared_at_ms = now_ms
        theirs = self._client.tally(self._outbox.device_id)
        if isinstance(theirs, Failure):
            return
        ours = self._outbox.tally()
        self.disagreement = disagreement(ours, theirs)
        if ours.offset is None:
            self._outbox.note_offset(theirs.messages - ours.synced)

    def _after(self, failure: Failure, rows: Sequence[Row] = ()) -> Next:
        action = decide(
            failure.answer,
            failures=self.failures,
            jitter=self._clock.jitter(),
            batch_size=len(rows),
            retry_after_s=failure.retry_after_s,
        )
        match action:
            case RetryAfter(wait_s):
                self.failures += 1
                return Pause(wait_s, failure.detail)
            case Halve(batch_size):
                self._batch_size = batch_size
                return Again()
            case SetAside():
                culprit = rows[0].message.message_id
                self._outbox.settle([(culprit, Fate.QUARANTINED, failure.detail)])
                # A server that refuses everything must not empty the queue in no time.
                return self._pause(failure.detail)
            case WaitForSignIn():
                return self._signed_out(failure)
            case Stop():
                consent = failure.answer is Answer.CONSENT_REQUIRED
                return Halted(failure.detail, asks_consent=consent)
            case Wipe():
                return Erased(self._outbox.wipe())
            case _ as never:
                assert_never(never)

    def _signed_out(self, failure: Failure) -> Next:
        if self._credentials is None:
            return Halted(failure.detail)
        # The person signed in for this run, so do it again, but no faster than any retry.
        self._client.forget()
        return self._pause(failure.detail)

    def _pause(self, reason: str) -> Pause:
        wait_s = delay_s(self.failures, self._clock.jitter())
        self.failures += 1
        return Pause(wait_s, reason)


class Wait(Protocol):
    """Sleep, and wake early when it is time to stop."""

    def __call__(self, timeout_s: float) -> bool:
        """Return whether to stop."""


def run(engine: Engine, wait: Wait, idle_s: float = IDLE_S) -> Halted | Erased | None:
    """Step until told to stop, or until only the person can help.

    Args:
        engine: What steps.
        wait: Between two steps.
        idle_s: How long to wait when everything is sent.

    Returns:
        Why nothing more will be sent, or None when it was told to stop.
    """
    while True:
        match engine.step():
            case Halted() | Erased() as end:
                return end
            case Pause(delay_s=wait_s):
                pass
            case Idle():
                wait_s = idle_s
            case Again():
                wait_s = 0.0
            case _ as never:
                assert_never(never)
        if wait(wait_s):
            return None
