"""What becomes of a message, and of the next attempt, after each kind of answer.

One rule: a message leaves the outbox only when the server said what became of it.
Every answer that nobody thought of means: keep it and try again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 5 * 60.0
SHORTEST_RETRY_AFTER_S = 1.0
LONGEST_RETRY_AFTER_S = 60 * 60.0


class Verdict(Enum):
    """What a receipt says of one message."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OUTSIDE_CONSENT = "outside consent"
    SEQ_TAKEN = "sequence number taken"
    PAYLOAD_DIFFERS = "payload differs"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Fate(Enum):
    """What becomes of one message after its receipt."""

    SYNCED = "the server has it"
    DROPPED = "delete it and count it"
    REKEYED = "send it again under a new device id"
    QUARANTINED = "set it aside for the person to see"
    KEPT = "send it again later"


class Answer(Enum):
    """How a request ended that brought no receipts."""

    NO_ANSWER = "no answer"
    BUSY = "the server is busy"
    UNREADABLE = "unreadable reply"
    REFUSED = "the server refuses the request"
    SIGNED_OUT = "not signed in"
    CONSENT_REQUIRED = "the server knows of no consent in force"
    UPGRADE_REQUIRED = "the server needs a newer tracker"
    SERVER_OUTDATED = "the server does not know this tracker yet"
    ERASED = "the account was erased"
    UNKNOWN = "unforeseen reply"


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Keep everything and try again after delay_s seconds."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Halve:
    """Send at most this many messages at once, to find the one that is refused."""

    batch_size: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """The one message of the batch will never be taken: quarantine it."""


@dataclass(frozen=True, slots=True)
class WaitForSignIn:
    """Keep everything until the person has signed in."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Keep everything and send nothing more until the person has acted."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """Delete everything that is kept for the account: it was erased."""


Action = RetryAfter | Halve | SetAside | WaitForSignIn | Stop | Wipe


def answer_to_status(status: int) -> Answer:
    """Return what an HTTP status means that came without a readable reply."""
    match status:
        case 400 | 413:
            return Answer.REFUSED
        case 401:
            return Answer.SIGNED_OUT
        case 408 | 425 | 429:
            return Answer.BUSY
        case _ if 500 <= status < 600:
            return Answer.BUSY
        case _:
            return Answer.UNREADABLE


def answer_to_code(code: str | None) -> Answer:
    """Return what the code of a GraphQL error means; UNKNOWN if it is new."""
    match code:
        case "UNAUTHENTICATED":
            return Answer.SIGNED_OUT
        case "BAD_USER_INPUT":
            return Answer.REFUSED
        case "CONSENT_REQUIRED":
            return Answer.CONSENT_REQUIRED
        case "UPGRADE_REQUIRED":
            return Answer.UPGRADE_REQUIRED
        case "SERVER_OUTDATED":
            return Answer.SERVER_OUTDATED
        case "RATE_LIMITED" | "UNAVAILABLE" | "INTERNAL":
            return Answer.BUSY
        case _:
            return Answer.UNKNOWN


def verdict(status: str, code: str | None) -> Verdict:
    """Return what the status and code of a receipt mean; UNKNOWN if they are new."""
    match status, code:
        case "ACCEPTED", _:
            return Verdict.ACCEPTED
        case "DUPLICATE", _:
            return Verdict.DUPLICATE
        case "REJECTED", "OUTSIDE_CONSENT":
            return Verdict.OUTSIDE_CONSENT
        case "REJECTED", _:
            return Verdict.REJECTED
        case "CONFLICT", "SEQ_TAKEN":
            return Verdict.SEQ_TAKEN
        case "CONFLICT", "PAYLOAD_DIFFERS":
            return Verdict.PAYLOAD_DIFFERS
        case _:
            return Verdict.UNKNOWN


def fate(receipt: Verdict) -> Fate:
    """Return what becomes of the message that a receipt names."""
    match receipt:
        case Verdict.ACCEPTED | Verdict.DUPLICATE:
            return Fate.SYNCED
        case Verdict.OUTSIDE_CONSENT:
            return Fate.DROPPED
        case Verdict.SEQ_TAKEN:
            return Fate.REKEYED
        case Verdict.PAYLOAD_DIFFERS | Verdict.REJECTED:
            return Fate.QUARANTINED
        case Verdict.UNKNOWN:
            return Fate.KEPT
        case _ as never:
            assert_never(never)


def decide(
    answer: Answer,
    *,
    failures: int,
    jitter: float,
    batch_size: int = 0,
    retry_after_s: float | None = None,
) -> Action:
    """Return what to do after a request that brought no receipts.

    SIGNED_OUT means that the one refresh of the session was tried and did not help. ERASED
    is said in answer to such a refresh only, by a server that was shown its own token.

    Args:
        answer: How the request ended.
        failures: How many requests in a row had ended so before, 0 or more.
        jitter: A random number in [0, 1), drawn by the caller.
        batch_size: Messages in the request, 0 if it carried none.
        retry_after_s: The server's Retry-After, if it sent one.
    """
    match answer:
        case Answer.REFUSED if batch_size > 1:
            return Halve(batch_size // 2)
        case Answer.REFUSED if batch_size == 1:
            return SetAside()
        case Answer.SIGNED_OUT:
            return WaitForSignIn()
        case Answer.CONSENT_REQUIRED | Answer.UPGRADE_REQUIRED:
            return Stop()
        case Answer.ERASED:
            return Wipe()
        case (
            Answer.NO_ANSWER
            | Answer.BUSY
            | Answer.UNREADABLE
            | Answer.REFUSED
            | Answer.SERVER_OUTDATED
            | Answer.UNKNOWN
        ):
            return RetryAfter(delay_s(failures, jitter, retry_after_s))
        case _ as never:
            assert_never(never)


def delay_s(failures: int, jitter: float, retry_after_s: float | None = None) -> float:
    """Return how long to wait before the next attempt, in seconds.

    Full jitter: evenly drawn between nothing and a limit that doubles up to five
    minutes, so that a thousand trackers do not return in the same second. The server's
    Retry-After is never undercut, but bounded to an hour.

    Source:
        Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.

    >>> [delay_s(failures, jitter=0.5) for failures in (0, 1, 2, 100)]
    [0.5, 1.0, 2.0, 150.0]
    >>> delay_s(0, jitter=0.5, retry_after_s=7200)
    3600.0
    """
    doublings = min(failures, 60)  # beyond, a float would overflow in the end
    drawn_s = jitter * min(FIRST_DELAY_S * 2.0**doublings, LONGEST_DELAY_S)
    if retry_after_s is None:
        return drawn_s
    return max(
        drawn_s,
        min(max(retry_after_s, SHORTEST_RETRY_AFTER_S), LONGEST_RETRY_AFTER_S),
    )
