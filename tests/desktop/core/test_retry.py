"""Keeping is the default; only a receipt lets a message go."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.core.retry import (
    Action,
    Answer,
    Fate,
    Halve,
    RetryAfter,
    SetAside,
    Stop,
    Verdict,
    WaitForSignIn,
    Wipe,
    answer_to_code,
    answer_to_status,
    decide,
    delay_s,
    fate,
    verdict,
)

# What follows whatever the number of failures; every other answer means to try again.
ALWAYS: dict[Answer, type[Action]] = {
    Answer.SIGNED_OUT: WaitForSignIn,
    Answer.CONSENT_REQUIRED: Stop,
    Answer.UPGRADE_REQUIRED: Stop,
    Answer.ERASED: Wipe,
}


@pytest.mark.parametrize(
    ("status", "code", "what", "becomes"),
    [
        ("ACCEPTED", None, Verdict.ACCEPTED, Fate.SYNCED),
        ("DUPLICATE", None, Verdict.DUPLICATE, Fate.SYNCED),
        ("REJECTED", "OUTSIDE_CONSENT", Verdict.OUTSIDE_CONSENT, Fate.DROPPED),
        ("REJECTED", "INVALID", Verdict.REJECTED, Fate.QUARANTINED),
        ("REJECTED", "IN_FUTURE", Verdict.REJECTED, Fate.QUARANTINED),
        ("REJECTED", "SOMETHING_NEW", Verdict.REJECTED, Fate.QUARANTINED),
        ("REJECTED", None, Verdict.REJECTED, Fate.QUARANTINED),
        ("CONFLICT", "SEQ_TAKEN", Verdict.SEQ_TAKEN, Fate.REKEYED),
        ("CONFLICT", "PAYLOAD_DIFFERS", Verdict.PAYLOAD_DIFFERS, Fate.QUARANTINED),
        ("CONFLICT", "SOMETHING_NEW", Verdict.UNKNOWN, Fate.KEPT),
        ("CONFLICT", None, Verdict.UNKNOWN, Fate.KEPT),
        ("STORED_ELSEWHERE", None, Verdict.UNKNOWN, Fate.KEPT),
        ("accepted", None, Verdict.UNKNOWN, Fate.KEPT),
        ("", "OUTSIDE_CONSENT", Verdict.UNKNOWN, Fate.KEPT),
    ],
)
def test_receipts(status, code, what, becomes):
    """What a receipt means for its message."""
    assert verdict(status, code) is what
    assert fate(what) is becomes


@pytest.mark.parametrize(
    ("answer", "batch_size", "action"),
    [
        (Answer.NO_ANSWER, 250, RetryAfter(0.5)),
        (Answer.BUSY, 250, RetryAfter(0.5)),
        (Answer.UNREADABLE, 250, RetryAfter(0.5)),
        (Answer.UNKNOWN, 250, RetryAfter(0.5)),
        (Answer.REFUSED, 250, Halve(125)),
        (Answer.REFUSED, 3, Halve(1)),
        (Answer.REFUSED, 2, Halve(1)),
        (Answer.REFUSED, 1, SetAside()),
        (Answer.REFUSED, 0, RetryAfter(0.5)),
        (Answer.SIGNED_OUT, 250, WaitForSignIn()),
        (Answer.CONSENT_REQUIRED, 250, Stop()),
        (Answer.UPGRADE_REQUIRED, 250, Stop()),
        (Answer.SERVER_OUTDATED, 250, RetryAfter(0.5)),
        (Answer.ERASED, 250, Wipe()),
        (Answer.ERASED, 0, Wipe()),
    ],
)
def test_requests_without_receipts(answer, batch_size, action):
    """What follows a request that brought no receipts."""
    assert decide(answer, failures=0, jitter=0.5, batch_size=batch_size) == action


@pytest.mark.parametrize("answer", Answer)
def test_the_whole_table(answer):
    """Each answer, after any number of failures, for any batch, has exactly one action."""
    for failures, batch_size, retry_after_s in product(
        (0, 1, 2, 9, 60, 10**6), (0, 1, 2, 250), (None, -1.0, 0.0, 60.0, 1e9)
    ):
        action = decide(
            answer,
            failures=failures,
            jitter=0.5,
            batch_size=batch_size,
            retry_after_s=retry_after_s,
        )

        refused = {0: RetryAfter, 1: SetAside, 2: Halve, 250: Halve}[batch_size]
        assert type(action) is {**ALWAYS, Answer.REFUSED: refused}.get(answer, RetryAfter)
        if isinstance(action, RetryAfter):
            longest_s = 300 if retry_after_s is None else 3600
            assert 0 <= action.delay_s <= longest_s


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Answer.UNREADABLE),
        (204, Answer.UNREADABLE),
        (302, Answer.UNREADABLE),
        (400, Answer.REFUSED),
        (401, Answer.SIGNED_OUT),
        (403, Answer.UNREADABLE),
        (404, Answer.UNREADABLE),
        (408, Answer.BUSY),
        (413, Answer.REFUSED),
        (415, Answer.UNREADABLE),
        (425, Answer.BUSY),
        (429, Answer.BUSY),
        (500, Answer.BUSY),
        (503, Answer.BUSY),
        (599, Answer.BUSY),
        (600, Answer.UNREADABLE),
    ],
)
def test_http_statuses(status, answer):
    """A status alone never means that anything was stored."""
    assert answer_to_status(status) is answer


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("UNAUTHENTICATED", Answer.SIGNED_OUT),
        ("BAD_USER_INPUT", Answer.REFUSED),
        ("CONSENT_REQUIRED", Answer.CONSENT_REQUIRED),
        ("UPGRADE_REQUIRED", Answer.UPGRADE_REQUIRED),
        ("SERVER_OUTDATED", Answer.SERVER_OUTDATED),
        ("RATE_LIMITED", Answer.BUSY),
        ("UNAVAILABLE", Answer.BUSY),
        ("INTERNAL", Answer.BUSY),
        ("FORBIDDEN", Answer.UNKNOWN),
        ("SOMETHING_NEW", Answer.UNKNOWN),
        (None, Answer.UNKNOWN),
    ],
)
def test_graphql_codes(code, answer):
    """The code of an error decides."""
    assert answer_to_code(code) is answer


@pytest.mark.parametrize(
    ("_case", "failures", "jitter", "retry_after_s", "expected_s"),
    [
        ("first", 0, 0.5, None, 0.5),
        ("doubles", 3, 0.5, None, 4.0),
        ("up to five minutes", 9, 0.999, None, 299.7),
        ("for ever", 10**6, 0.5, None, 150.0),
        ("no wait at all is possible", 9, 0.0, None, 0.0),
        ("as the server asks", 0, 0.5, 120.0, 120.0),
        ("at least a second", 0, 0.0, 0.0, 1.0),
        ("a time in the past", 0, 0.0, -50.0, 1.0),
        ("at most an hour", 0, 0.5, 1e9, 3600.0),
        ("the longer of the two", 9, 0.5, 2.0, 150.0),
    ],
)
def test_delays(_case, failures, jitter, retry_after_s, expected_s):
    """Full jitter below a doubling limit, and never sooner than the server asks."""
    assert delay_s(failures, jitter, retry_after_s) == pytest.approx(expected_s)


@given(
    st.sampled_from(Answer),
    st.integers(0, 10**9),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 250),
    st.none() | st.floats(allow_nan=False),
)
def test_every_answer_has_an_action(answer, failures, jitter, batch_size, retry_after_s):
    """No input makes it fail, and every wait is between nothing and an hour."""
    action = decide(
        answer,
        failures=failures,
        jitter=jitter,
        batch_size=batch_size,
        retry_after_s=retry_after_s,
    )

    if isinstance(action, RetryAfter):
        assert 0 <= action.delay_s <= 3600


@pytest.mark.parametrize("receipt", Verdict)
def test_only_receipts_delete(receipt):
    """A message is deleted when the server has it or may not have it, never else."""
    deleted = {Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.OUTSIDE_CONSENT}

    assert (fate(receipt) in (Fate.SYNCED, Fate.DROPPED)) == (receipt in deleted)
