"""Confirmed here <= stored there <= measured here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.core.tally import Ours, Theirs, disagreement

ALL_SENT = {"produced": 10, "synced": 10, "offset": 0, "through": 10, "numbered": 10}
TWO_ASIDE = {"produced": 10, "synced": 8, "offset": 0, "through": 4, "numbered": 10}
NEW_DEVICE = {"produced": 10, "synced": 10, "offset": None, "through": 0, "numbered": 3}
CLONE = {"produced": 10, "synced": 10, "offset": -7, "through": 0, "numbered": 3}


@pytest.mark.parametrize(
    ("_case", "ours", "theirs", "words"),
    [
        ("all is there", ALL_SENT, (10, 10), None),
        ("one is lost", ALL_SENT, (9, 10), "lacks 1 messages that it had confirmed"),
        ("all is lost", ALL_SENT, (0, 0), "lacks 10 messages"),
        ("one too many", ALL_SENT, (11, 10), "has 1 messages more than were measured"),
        ("one lost, one strange", ALL_SENT, (10, 9), "lacks a message after number 9"),
        ("a strange number", ALL_SENT, (10, 11), "up to number 11, more than there are"),
        ("set aside", TWO_ASIDE, (8, 4), None),
        ("set aside, yet arrived", TWO_ASIDE, (10, 10), None),
        ("lost beside it", TWO_ASIDE, (7, 4), "lacks 1 messages"),
        ("lost before it", TWO_ASIDE, (8, 3), "lacks a message after number 3"),
        ("too many beside it", TWO_ASIDE, (11, 4), "has 1 messages more"),
        ("a new device id", NEW_DEVICE, (0, 0), None),
        ("a new device id, some known", NEW_DEVICE, (3, 3), None),
        ("numbers nobody gave", NEW_DEVICE, (0, 4), "up to number 4"),
        ("a clone, as it began", CLONE, (3, 3), None),
        ("a clone, one lost", CLONE, (2, 3), "lacks 1 messages"),
        ("a clone, one too many", CLONE, (4, 3), "has 1 messages more"),
    ],
)
def test_what_agrees(_case, ours, theirs, words):
    said = disagreement(Ours(**ours), Theirs(*theirs))

    assert said is None if words is None else words in (said or "")


@given(
    st.integers(0, 10**6), st.integers(1, 10**6), st.integers(0, 10**6), st.integers(-(10**6), 0)
)
def test_a_loss_is_always_noticed(synced, lost, unsure, offset):
    """However much was dropped or set aside, and whatever came before."""
    ours = Ours(synced + unsure, synced, offset, 0, synced)

    assert disagreement(ours, Theirs(synced + offset, 0)) is None
    assert disagreement(ours, Theirs(synced + offset - lost, 0)) is not None
