"""What a person reads instead of a state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from waw_desktop.core.live import Live, Sending
from waw_desktop.core.readings import Reading, State
from waw_desktop.ui.words import clock, rate_words, sending_words, state_words, trouble_words

SENDING = Sending(pending=0, quarantined=0, synced=5, is_sending=True)
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("state", State)
def test_every_state_is_a_sentence_of_its_own(state):
    others = {state_words(other) for other in State if other is not state}

    words = state_words(state)

    assert words.endswith((".", "?"))
    assert words not in others


@pytest.mark.parametrize(
    "change, words",
    [
        ({"is_sending": False}, "Everything stays on this computer."),
        ({}, "Nothing waits to be sent."),
        ({"pending": 1}, "1 minute waits to be sent."),
        ({"pending": 3}, "3 minutes wait to be sent."),
        ({"synced_at": AT}, f"Everything is sent, last at {clock(AT)}."),
        (
            {"pending": 1, "trouble": "no answer"},
            "1 minute waits here and is safe: no answer.",
        ),
        (
            {"pending": 2, "trouble": "no answer"},
            "2 minutes wait here and are safe: no answer.",
        ),
        (
            {"disagreement": "the server lacks 2 messages"},
            "The server counts otherwise: the server lacks 2 messages.",
        ),
    ],
)
def test_how_the_account_stands(change, words):
    assert sending_words(replace(SENDING, **change)) == words


@pytest.mark.parametrize(
    "rate, words",
    [
        (None, "Too little was seen of the last minutes to say a rate."),
        (0.6, "1 blink per seen minute in the last 3 minutes"),
        (12.4, "12 blinks per seen minute in the last 3 minutes"),
        (0.0, "0 blinks per seen minute in the last 3 minutes"),
    ],
)
def test_a_rate(rate, words):
    assert rate_words(rate, 3) == words


@pytest.mark.parametrize(
    "not_stored, words",
    [
        (None, ""),
        ("the disk is full", "The disk is full. What is measured is kept in memory meanwhile."),
    ],
)
def test_trouble_beside_the_camera(not_stored, words):
    live = Live(Reading(1.0, State.TRACKING, 1.0, (), 0.5), 3, SENDING, not_stored)

    assert trouble_words(live) == words
