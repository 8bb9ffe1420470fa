"""Refresh tokens: only ours unseal, each has one successor, and a replay is told from a repeat."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_server.accounts.tokens import (
    TOKEN_BYTES,
    Family,
    Malformed,
    RefreshToken,
    Verdict,
    unsealed,
    verdict,
)

KEY = b"the server's key"
FIRST = RefreshToken(UUID(int=7), 0, b"s" * 32)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANY_TOKEN = st.builds(
    RefreshToken,
    session_id=st.uuids(),
    generation=st.integers(0, 2**32 - 1),
    secret=st.binary(min_size=32, max_size=32),
)


@given(token=ANY_TOKEN, key=st.binary(min_size=1))
def test_a_token_comes_back_as_it_went(token, key):
    """Sealing and unsealing with one key gives the same token."""
    assert unsealed(token.sealed(key), key) == token


@given(token=ANY_TOKEN, place=st.integers(0, TOKEN_BYTES * 8 - 1))
def test_one_flipped_bit_is_refused(token, place):
    """Session, generation, secret and tag: nothing can be changed without the key."""
    raw = bytearray(base64.urlsafe_b64decode(token.sealed(KEY) + "="))
    raw[place // 8] ^= 1 << place % 8

    with pytest.raises(Malformed):
        unsealed(base64.urlsafe_b64encode(raw).decode(), KEY)


@given(token=ANY_TOKEN, place=st.integers(0, 90), letter=st.characters())
def test_another_letter_never_makes_another_token(token, place, letter):
    """Whatever is typed over, the result is refused or is the very same token."""
    text = token.sealed(KEY)
    changed = text[:place] + letter + text[place + 1 :]

    try:
        found = unsealed(changed, KEY)
    except Malformed:
        return
    assert found == token


@pytest.mark.parametrize(
    "_case, text",
    [
        ("nothing", ""),
        ("one letter", "x"),
        ("not base64", "!" * 91),
        ("not ASCII", "é" * 91),
        ("all zero", base64.urlsafe_b64encode(bytes(TOKEN_BYTES)).decode()),
        ("a byte short", base64.urlsafe_b64encode(bytes(TOKEN_BYTES - 1)).decode()),
        ("its tag alone", FIRST.sealed(KEY)[-22:]),
        ("cut", FIRST.sealed(KEY)[:-4]),
        ("sealed with another key", FIRST.sealed(b"another key")),
        ("a byte in front", base64.urlsafe_b64encode(b"x" + FIRST.sealed(KEY).encode()).decode()),
    ],
)
def test_what_we_never_issued_is_refused(_case, text):
    with pytest.raises(Malformed):
        unsealed(text, KEY)


def test_a_token_has_one_successor():
    """Two racers derive the same next token; it belongs to the same session."""
    following = FIRST.successor(KEY)

    assert following == FIRST.successor(KEY)
    assert (following.session_id, following.generation) == (FIRST.session_id, 1)
    assert following.secret != FIRST.secret


def test_the_successor_needs_the_key():
    """A stolen hash, or a token of another server, leads to no successor."""
    assert FIRST.successor(KEY) != FIRST.successor(b"another key")


def test_the_hash_of_every_generation_differs():
    """Fifty rotations never come back to a hash that was in force before."""
    hashes, token = set(), FIRST
    for _ in range(50):
        hashes.add(token.hash)
        token = token.successor(KEY)

    assert len(hashes) == 50
    assert {len(each) for each in hashes} == {32}


FAMILY = Family(
    current_hash=b"current",
    previous_hash=b"previous",
    rotated_at=AT,
    used_at=AT,
    expires_at=AT + timedelta(days=30),
    is_revoked=False,
)
FRESH = replace(FAMILY, previous_hash=None, rotated_at=None)


@pytest.mark.parametrize(
    "_case, presented, family, after, expected",
    [
        ("the current one", b"current", FAMILY, timedelta(0), Verdict.ROTATE),
        ("the first one", b"current", FRESH, timedelta(0), Verdict.ROTATE),
        ("a lost reply", b"previous", FAMILY, timedelta(seconds=1), Verdict.REPEAT),
        ("a lost reply at 30 s", b"previous", FAMILY, timedelta(seconds=30), Verdict.REPEAT),
        ("just later", b"previous", FAMILY, timedelta(seconds=30.001), Verdict.REPLAY),
        ("three generations old", b"older", FAMILY, timedelta(0), Verdict.REPLAY),
        ("older than the first", b"older", FRESH, timedelta(0), Verdict.REPLAY),
        ("revoked", b"current", replace(FAMILY, is_revoked=True), timedelta(0), Verdict.ENDED),
        ("just before the idle limit", b"current", FAMILY, timedelta(days=13.9), Verdict.ROTATE),
        ("at the idle limit", b"current", FAMILY, timedelta(days=14), Verdict.ENDED),
        (
            "in use up to the absolute limit",
            b"current",
            replace(FAMILY, used_at=AT + timedelta(days=29)),
            timedelta(days=30),
            Verdict.ENDED,
        ),
        ("an old one after the end", b"older", FAMILY, timedelta(days=14), Verdict.ENDED),
    ],
)
def test_what_a_genuine_token_is_worth(_case, presented, family, after, expected):
    assert verdict(presented, family, AT + after) is expected
