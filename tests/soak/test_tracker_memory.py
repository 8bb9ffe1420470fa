"""The soak works, so that its half hour is not spent in vain."""

import pytest

from tests.soak.tracker_memory import Reading, growth_mib, soak


def _readings(*pss_mib, every_s=10.0):
    return [Reading(nth * every_s, 3, it) for nth, it in enumerate(pss_mib)]


@pytest.mark.parametrize(
    ("_case", "readings", "expected"),
    [
        ("steady", _readings(*[200] * 30), 0.0),
        ("growth before it has settled", _readings(*range(12), *[200] * 20), 0.0),
        ("growth after that", _readings(*[200] * 19, *[230] * 7), 30.0),
        ("one reading amiss", _readings(*[200] * 29, 250), 0.0),
        ("too short to settle", _readings(*[100] * 4, *[110] * 7), 10.0),
    ],
)
def test_growth_is_between_the_ends(_case, readings, expected):
    assert growth_mib(readings) == expected


def test_the_whole_tracker_is_weighed(tmp_path):
    """Its detector too, which alone takes more than a hundred MiB; it ends in good order."""
    *readings, summary = list(soak(tmp_path, seconds=6, every_s=3))

    assert isinstance(readings[-1], Reading)
    assert readings[-1].processes >= 2
    assert readings[-1].pss_mib > 100
    assert isinstance(summary, dict)
    assert summary["messages_sealed"] in (1, 2)  # two, where the minute was full meanwhile
