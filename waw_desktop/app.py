"""Wiring: a source of readings, the outbox and the engine, as one headless tracker.

The only module that knows all rooms. Tracking never waits for the server: this thread seals
messages on disk, another sends them from there.
"""

from __future__ import annotations

import math
import random
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from waw_desktop.account import DEVICE_NAME
from waw_desktop.config import Settings
from waw_desktop.core import consents, messages, pace
from waw_desktop.core.consents import Agreement, Purpose
from waw_desktop.core.live import Live, Sending
from waw_desktop.core.messages import Draft, Message, Offset
from waw_desktop.core.pace import DutyCycle
from waw_desktop.core.readings import Reading, State
from waw_desktop.host import agreements, paths, pauses, power, session
from waw_desktop.host.history import Keeper, erase, history_path
from waw_desktop.host.screen_lock import ScreenLock
from waw_desktop.host.signals import stop_signals
from waw_desktop.sync import browser
from waw_desktop.sync.client import SignedIn, SyncClient
from waw_desktop.sync.engine import Clock, Credentials, Engine, Erased, Halted
from waw_desktop.sync.lock import only_tracker
from waw_desktop.sync.outbox import (
    Counts,
    Damaged,
    DiskFull,
    Outbox,
    OutboxError,
    Wiped,
    outbox_path,
)
from waw_desktop.sync.salvage import open_outbox
from waw_desktop.sync.sender import Sender
from waw_desktop.sync.transport import Transport
from waw_desktop.vision.shifts import Shifts, Watch

POLL_S = 0.25
COUNT_EVERY_S = 1.0
DRAIN_WHEN_ENDED_S = 30.0
DRAIN_WHEN_STOPPED_S = 2.0
MOST_IN_MEMORY = 24 * 60  # messages: a day of minutes, about a megabyte


class Screen(Protocol):
    """Where the person reads."""

    def say(self, line: str) -> None:
        """Write a line that stays."""

    def show(self, live: Live) -> None:
        """Tell how things are at present, in place of what was shown before."""


StartTracker = Callable[[str], AbstractContextManager[Watch]]


class ConsentMissing(Exception):
    """The person has not agreed; the text says to what, word for word."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to track, for whom and for how long.

    Attributes:
        source: Camera number, file, address or portrait.
        server_url: Whose account it is for.
        account: E-mail address, empty if there is none.
        credentials: To sign in with; None to keep everything on this computer for now.
        open_url: Shows an address in the browser, to sign in there instead; None if not wanted.
        client: Whose session to send in, if the caller holds one; it is not closed.
        agrees_to: Purposes that the person agrees to by starting.
        for_s: How long to track; None until the source ends or the person stops it.
        last_sends_s: How long to go on sending once the person has stopped it; what is not
            sent then goes next time.
    """

    source: str
    server_url: str
    account: str
    credentials: Credentials | None = None
    open_url: Callable[[str], bool] | None = None
    client: SyncClient | None = None
    agrees_to: tuple[Purpose, ...] = ()
    for_s: float | None = None
    last_sends_s: float = DRAIN_WHEN_STOPPED_S

    @property
    def is_synced(self) -> bool:
        """Whether anything is to be sent in this run."""
        return any(it is not None for it in (self.credentials, self.open_url, self.client))


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of one run.

    Attributes:
        source: What was tracked.
        detected: Blinks seen.
        messages_sealed: Messages stored on disk in this run.
        pending: Messages that wait to be sent, of earlier runs too.
        quarantined: Messages set aside, of earlier runs too.
        dropped: Messages deleted unsent in this run: consent did not cover them, or they were
            kept too long, or there was no room.
        synced: Messages that the server confirmed in this run.
        device_id: Under which the messages were sent.
        state_s: Seconds in each state.
    """

    source: str
    detected: int
    messages_sealed: int
    pending: int
    quarantined: int
    dropped: int
    synced: int
    device_id: str
    state_s: dict[str, float]


def track(
    task: Task,
    settings: Settings,
    start: StartTracker,
    screen: Screen,
    stop: threading.Event | None = None,
) -> Summary:
    """Track until the source ends, the time is over or the person stops it.

    Args:
        task: What to track.
        settings: Where to keep files, how long a message is, how to reach the server.
        start: Begins to detect; it is not called before the person has agreed.
        screen: Where the person reads.
        stop: Ends it when set; None for Ctrl-C and SIGTERM, in the main thread only.

    Raises:
        ConsentMissing: If an agreement is missing; nothing was begun.
        OutboxError: If the outbox cannot be opened, or messages could not be stored.
        AlreadyRunning: If another tracker runs for the same account.
        Wiped: If the account was erased; what was kept for it is deleted.
        OSError: If the data directory cannot be used.
    """
    directory = paths.desktop_dir(settings.data_dir)
    agreement = _require_consents(directory, task)
    try:
        with nullcontext(stop) if stop is not None else stop_signals() as ends:
            return _track(task, settings, start, screen, directory, agreement, ends)
    except Wiped:
        erase(history_path(outbox_path(directory, task.server_url, task.account)))
        agreements.remove(directory, Purpose.CLOUD_SYNC, _cloud_account(task))
        raise


def _track(
    task: Task,
    settings: Settings,
    start: StartTracker,
    screen: Screen,
    directory: Path,
    agreement: Agreement | None,
    stop: threading.Event,
) -> Summary:
    path = outbox_path(directory, task.server_url, task.account)
    with ExitStack() as stack:
        stack.enter_context(only_tracker(path))
        outbox = stack.enter_context(_opened(path, screen))
        before = outbox.counts()
        outbox.expire(datetime.now(UTC))
        history = stack.enter_context(closing(Keeper(history_path(path), screen.say)))
        history.make_good(outbox.messages())  # what the program's end kept from it last time
        recorder = Recorder(outbox, settings.seal_s, history)
        sender = None
        if task.is_synced:
            client = task.client or SyncClient(stack.enter_context(_transport(task, settings)))
            if _may_send(client, task, outbox, screen):
                engine = _engine(task, client, outbox, agreement, directory)
                sender = Sender(engine, outbox, idle_s=settings.seal_s / 2)
                stack.callback(sender.stop)
        try:
            with _shifts(task, settings, start, directory) as shifts:
                _follow(task, shifts, recorder, sender, screen, stop)
        finally:
            _finish(recorder, path, screen, stack)
        if sender is not None:
            sender.drain(task.last_sends_s if stop.is_set() else DRAIN_WHEN_ENDED_S)
            _tell_trouble(sender, directory, task, screen)
        return _summary(task, recorder, before)


class Recorder:
    """Turns readings into messages on disk, and keeps count."""

    def __init__(self, outbox: Outbox, seal_s: int, history: Keeper) -> None:
        self.outbox = outbox
        self._history = history
        self._unsealed = messages.begin(seal_s)
        self._unstored: list[Message] = []
        self._lost = 0
        self._latest_s: float | None = None
        self.detected = 0
        self.sealed = 0
        self.trouble: str | None = None
        self.state_s: defaultdict[State, float] = defaultdict(float)

    def add(self, reading: Reading) -> None:
        """Take in the next reading and store the messages that it completes.

        What cannot be stored now is kept in memory and tried again with the next reading;
        `trouble` says why. A day of it is kept, then the oldest is given up and counted.
        """
        if self._latest_s is not None:
            self.state_s[reading.state] += max(reading.t_s - self._latest_s, 0.0)
        self._latest_s = reading.t_s
        self.detected += sum(closure.is_blink for closure in reading.closures)
        self._unsealed, drafts = messages.advance(self._unsealed, reading, _offset())
        self._seal(drafts)
        try:
            self._store()
            self.trouble = None
        except OutboxError as error:
            self.trouble = str(error)

    def finish(self) -> None:
        """Store what is left when no reading will follow, in the ballast's room if need be.

        Raises:
            OutboxError: If that is not possible; what is left may be stored by another call.
        """
        self._seal(messages.finish(self._unsealed))
        self._unsealed = replace(self._unsealed, drafts=())
        try:
            self._store_at_last()
        except Wiped:
            raise
        except OutboxError as error:
            count = len(self._unstored)
            raise type(error)(f"{count} messages could not be stored: {error}") from error

    def _seal(self, drafts: Iterable[Draft]) -> None:
        for draft in drafts:
            message_id = messages.uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
            self._unstored.append(messages.seal(draft, message_id))
        given_up = self._unstored[:-MOST_IN_MEMORY]
        del self._unstored[: len(given_up)]
        self._lost += len(given_up)

    def _store_at_last(self) -> None:
        try:
            self._store()
        except DiskFull:
            self.outbox.release_ballast()
            self._store()

    def _store(self) -> None:
        while self._unstored:
            self.outbox.seal(self._unstored[0])
            self._history.add(self._unstored.pop(0))
            self.sealed += 1
            self.outbox.expire(datetime.now(UTC))
        if self._lost:
            self.outbox.note_lost(self._lost)
            self._lost = 0


@contextmanager
def _shifts(
    task: Task, settings: Settings, start: StartTracker, directory: Path
) -> Iterator[Shifts]:
    """Track while the person, the screen and the duty cycle let it."""
    began_s = time.monotonic()

    def rest() -> State | None:
        cycle_s = settings.duty_cycle_s
        if power.is_on_battery():
            cycle_s = settings.duty_cycle_on_battery_s
        return pace.rest(
            is_paused=pauses.is_paused(directory, datetime.now(UTC))
            or not agreements.is_agreed(directory, Purpose.LOCAL_TRACKING, ""),
            is_locked=lock.is_locked,
            cycle=DutyCycle(*cycle_s),
            elapsed_s=time.monotonic() - began_s,
        )

    with ScreenLock() as lock, Shifts(lambda: start(task.source), rest) as shifts:
        yield shifts


def _follow(
    task: Task,
    watch: Watch,
    recorder: Recorder,
    sender: Sender | None,
    screen: Screen,
    stop: threading.Event,
) -> None:
    until_s = math.inf if task.for_s is None else time.monotonic() + task.for_s
    teller = _Teller(recorder, sender)
    while not (stop.is_set() or _is_erased(sender)) and time.monotonic() < until_s:
        reading = watch.poll(POLL_S)
        if reading is None:
            continue
        before = recorder.trouble
        recorder.add(reading)
        if recorder.trouble not in (None, before):
            screen.say(f"{recorder.trouble}. What is measured is kept in memory meanwhile.")
        screen.show(teller.tell(reading))
        if reading.state is State.ENDED:
            return


def _is_erased(sender: Sender | None) -> bool:
    return sender is not None and isinstance(sender.trouble, Erased)


class _Teller:
    """Tells how things are, and asks the outbox for it no more than once a second."""

    def __init__(self, recorder: Recorder, sender: Sender | None) -> None:
        self._recorder = recorder
        self._sender = sender
        self._asked_s = -math.inf
        self._synced_at: datetime | None = None
        self._counts = recorder.outbox.counts()

    def tell(self, reading: Reading) -> Live:
        now_s = time.monotonic()
        if now_s - self._asked_s >= COUNT_EVERY_S:
            self._asked_s = now_s
            self._count()
        recorder = self._recorder
        return Live(reading, recorder.detected, self._sending(), recorder.trouble)

    def _count(self) -> None:
        before = self._counts.synced
        with suppress(OutboxError):  # the recorder tells of it
            self._counts = self._recorder.outbox.counts()
        if self._counts.synced > before:
            self._synced_at = datetime.now(UTC)

    def _sending(self) -> Sending:
        counts, sender = self._counts, self._sender
        trouble = sender.trouble if sender else None
        return Sending(
            counts.pending,
            counts.quarantined,
            counts.synced,
            is_sending=sender is not None,
            synced_at=self._synced_at,
            trouble=trouble.reason if trouble else None,
            asks_person=isinstance(trouble, Halted),
            disagreement=sender.disagreement if sender else None,
        )


def _finish(recorder: Recorder, path: Path, screen: Screen, stack: ExitStack) -> None:
    """Store what is left; if the outbox was damaged meanwhile, in what is saved of it."""
    try:
        recorder.finish()
    except Damaged:
        recorder.outbox.close()
        recorder.outbox = stack.enter_context(_opened(path, screen))
        recorder.finish()


def _require_consents(directory: Path, task: Task) -> Agreement | None:
    """Remember what the person agrees to now; return the agreement to cloud sync.

    Agreeing to cloud sync while offline counts from now, so that what is measured until the
    server is reached may be sent then.
    """
    accounts = {Purpose.LOCAL_TRACKING: "", Purpose.CLOUD_SYNC: _cloud_account(task)}
    now = datetime.now(UTC)
    given = agreements.add(
        directory,
        [consents.agree(purpose, accounts[purpose], now) for purpose in task.agrees_to],
    )
    if not task.is_synced:
        del accounts[Purpose.CLOUD_SYNC]
    missing = consents.missing(list(accounts.items()), given)
    if missing:
        raise ConsentMissing(_request(missing))
    return consents.in_force(Purpose.CLOUD_SYNC, _cloud_account(task), given)


def _request(missing: Sequence[Purpose]) -> str:
    texts = "\n".join(consents.TEXTS[purpose] for purpose in missing)
    options = " ".join(f"--agree {purpose}" for purpose in missing)
    return f"{texts}\nIf you agree, start again with {options}"


def _cloud_account(task: Task) -> str:
    return consents.cloud_account(task.account, task.server_url)


def _opened(path: Path, screen: Screen) -> Outbox:
    outbox, salvage = open_outbox(path, datetime.now(UTC))
    if salvage is not None:
        lost = "an unknown number" if salvage.lost is None else salvage.lost
        screen.say(
            f"The outbox was damaged: {salvage.saved} messages were saved, {lost} lost;"
            f" the damaged file is now {salvage.damaged}"
        )
    return outbox


def _transport(task: Task, settings: Settings) -> AbstractContextManager[Transport]:
    return closing(Transport(task.server_url, proxy=settings.proxy, ca_bundle=settings.ca_bundle))


def _may_send(client: SyncClient, task: Task, outbox: Outbox, screen: Screen) -> bool:
    """Sign in with the browser, if that is wanted; else the engine signs in when it sends."""
    if task.open_url is None:
        return True
    screen.say(f"Sign in as {task.account} in the browser.")
    outcome = browser.sign_in(
        client, task.account, outbox.device_id, DEVICE_NAME, open_url=task.open_url
    )
    if isinstance(outcome, SignedIn):
        return True
    screen.say(f"Not signed in: {outcome.reason}. What is measured is kept here, and goes later.")
    return False


def _engine(
    task: Task, client: SyncClient, outbox: Outbox, agreement: Agreement | None, directory: Path
) -> Engine:
    clock = Clock(
        now=lambda: datetime.now(UTC),
        session_ms=session.session_ms,
        boot_id=session.boot_id(),
        jitter=random.random,
    )
    return Engine(
        outbox,
        client,
        clock,
        credentials=task.credentials,
        agreement=agreement,
        device_name=DEVICE_NAME,
        is_agreed=partial(
            agreements.is_agreed, directory, Purpose.CLOUD_SYNC, _cloud_account(task)
        ),
    )


def _tell_trouble(sender: Sender, directory: Path, task: Task, screen: Screen) -> None:
    if sender.disagreement is not None:
        screen.say(f"The counts do not agree: {sender.disagreement}.")
    trouble = sender.trouble
    if trouble is None:
        return
    screen.say(f"Not everything is sent: {trouble.reason}. It is kept and goes next time.")
    if isinstance(trouble, Halted) and trouble.asks_consent:
        # Withdrawn elsewhere: ask anew rather than rely on what was agreed before.
        agreements.remove(directory, Purpose.CLOUD_SYNC, _cloud_account(task))


def _summary(task: Task, recorder: Recorder, before: Counts) -> Summary:
    counts = recorder.outbox.counts()
    return Summary(
        source=task.source,
        detected=recorder.detected,
        messages_sealed=recorder.sealed,
        pending=counts.pending,
        quarantined=counts.quarantined,
        dropped=counts.dropped - before.dropped,
        synced=counts.synced - before.synced,
        device_id=str(recorder.outbox.device_id),
        state_s={state.value: round(s, 3) for state, s in recorder.state_s.items()},
    )


def _offset() -> Offset:
    """Measure the clocks against the monotonic one, on which readings are timed."""
    monotonic_ms = time.monotonic_ns() // 1_000_000
    return Offset(
        wall_ms=time.time_ns() // 1_000_000 - monotonic_ms,
        session_ms=session.session_ms() - monotonic_ms,
        boot_id=session.boot_id(),
    )
