"""One line that says how things are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from waw_desktop.core.live import Live, Sending, in_words
from waw_desktop.core.readings import Reading, State

SENDING = Sending(pending=2, quarantined=0, synced=5, is_sending=True)
LIVE = Live(Reading(1.0, State.TRACKING, 1.0, (), 0.5), 3, SENDING)


@pytest.mark.parametrize(
    "live, words",
    [
        (LIVE, "tracking · 3 blinks"),
        (replace(LIVE, not_stored="the disk is full"), "tracking · 3 blinks · not storing"),
        (
            replace(LIVE, sending=replace(SENDING, trouble="no answer")),
            "tracking · 3 blinks · not sending: no answer",
        ),
        (
            replace(LIVE, sending=replace(SENDING, disagreement="the server lacks 2 messages")),
            "tracking · 3 blinks · the server lacks 2 messages",
        ),
    ],
)
def test_in_words(live, words):
    assert in_words(live) == words
