"""The soak works, so that its hour is not spent in vain."""

import time

import pytest

from tests.bench import heats
from tests.soak.server_memory import ALONE, BATCH, Reading, growth, soak


def _readings(*resident_mb, every_s=10.0):
    return [Reading(nth * every_s, 0, it) for nth, it in enumerate(resident_mb)]


@pytest.mark.parametrize(
    "_case, readings, expected",
    [
        ("steady", _readings(*[100] * 12), 0.0),
        ("growth before it has settled", _readings(50, 60, 70, 80, 90, 95, *[100] * 6), 0.0),
        ("growth after that", _readings(*[90] * 6, *[100] * 3, *[107] * 3), 0.07),
        ("shrinking", _readings(*[100] * 9, *[80] * 3), -0.2),
        ("one request under way", _readings(*[100] * 11, 150), 0.0),
        ("too short to settle", _readings(100, 100, 110, 110), 0.1),
    ],
)
def test_growth_is_between_the_first_minute_and_the_end(_case, readings, expected):
    assert growth(readings) == pytest.approx(expected)


def test_messages_go_at_a_steady_rate_and_are_counted(server):
    """Two rounds a second for two seconds; what was stored is what was acknowledged."""
    people = heats.enrol(4)
    begin_s = time.monotonic()

    readings = list(soak(server, people, rate=2 * (BATCH + ALONE), seconds=2))

    assert time.monotonic() - begin_s >= 2
    assert readings[-1].messages >= 4 * (BATCH + ALONE)
    assert all(it.resident_mb > 20 for it in readings)


def test_what_was_not_stored_ends_it(server, monkeypatch):
    """Here because the sums are told to be others."""
    people = heats.enrol(2)
    monkeypatch.setattr("tests.soak.server_memory.COUNT_EVERY_S", 0.0)
    monkeypatch.setattr(
        heats, "_IN_MESSAGES", heats._IN_MESSAGES.replace("count(*)", "count(*) + 1")
    )

    with pytest.raises(heats.Untrue):
        list(soak(server, people, rate=1000, seconds=1))
