"""The person's choices: what each may be, and what becomes of one that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.core.preferences import DEFAULTS, Preferences, from_values, to_values

ALICE = Preferences(
    language="de",
    theme="dark",
    source="1",
    camera_name="HD Webcam",
    duty_cycle_s=(180, 900),
    duty_cycle_on_battery_s=(60, 600),
    cpu_limit=0.5,
    reminders_a_day=4,
    quiet_from=time(22, 30),
    quiet_to=time(7),
    breaks="50/5",
    closes_to_tray=False,
    server_url="https://waw.example.org",
    account="alice@example.org",
)


@pytest.mark.parametrize(
    "name, default",
    [
        ("reminders_on", True),
        ("reminder_after_min", 3),
        ("cool_down_min", 5),
        ("reminders_a_day", 12),
        ("breaks", "off"),
        ("holdout", False),
        ("start_at_login", False),
        ("closes_to_tray", True),
        ("account", ""),
    ],
)
def test_defaults(name, default):
    assert getattr(Preferences(), name) == DEFAULTS[name] == default


@pytest.mark.parametrize("choices", [Preferences(), ALICE])
def test_what_is_kept_comes_back(choices):
    kept = json.loads(json.dumps(to_values(choices)))

    assert from_values(kept) == (choices, ())


@pytest.mark.parametrize(
    "name, value",
    [
        ("language", "tlh"),
        ("language", 1),
        ("theme", "pink"),
        ("source", ""),
        ("source", 0),
        ("camera_name", "two\nlines"),
        ("camera_name", "x" * 2001),
        ("duty_cycle_s", [900, 180]),
        ("duty_cycle_s", [30, 60]),
        ("duty_cycle_s", [60, 60, 60]),
        ("duty_cycle_s", "3/15"),
        ("duty_cycle_s", None),
        ("duty_cycle_on_battery_s", [60, 100_000]),
        ("cpu_limit", 0),
        ("cpu_limit", 1.5),
        ("cpu_limit", True),
        ("cpu_limit", float("nan")),
        ("reminders_on", 1),
        ("reminder_after_min", 1),
        ("reminder_after_min", 11),
        ("reminder_after_min", 3.5),
        ("cool_down_min", 1),
        ("reminders_a_day", 0),
        ("reminders_a_day", True),
        ("breaks", "on"),
        ("reduced_motion", "never"),
        ("server_url", None),
        ("account", {}),
    ],
)
def test_a_choice_that_cannot_be_used_costs_itself_only(name, value):
    found, unusable = from_values({"holdout": True, name: value})

    assert found == Preferences(holdout=True)
    assert unusable == (name,)
    make: Callable[..., Preferences] = Preferences
    with pytest.raises(ValueError, match=name):
        make(**{name: tuple(value) if isinstance(value, list) else value})


@pytest.mark.parametrize(
    "values, unusable",
    [
        ({"quiet_from": "22:00"}, ("quiet_from", "quiet_to")),
        ({"quiet_to": "07:00"}, ("quiet_from", "quiet_to")),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, ("quiet_from", "quiet_to")),
        ({"quiet_from": "22:00", "quiet_to": "later"}, ("quiet_from", "quiet_to")),
        ({"quiet_from": "22:00:30", "quiet_to": None}, ("quiet_from",)),
        ({"quiet_from": 22, "quiet_to": None}, ("quiet_from",)),
    ],
)
def test_quiet_hours_have_a_begin_and_another_end(values, unusable):
    assert from_values({**values, "theme": "dark"}) == (Preferences(theme="dark"), unusable)


@pytest.mark.parametrize(
    "change",
    [
        {"quiet_from": time(22)},
        {"quiet_to": time(22)},
        {"quiet_from": time(22), "quiet_to": time(22)},
        {"quiet_from": time(22, tzinfo=UTC), "quiet_to": time(7)},
    ],
)
def test_no_others_can_be_made(change):
    with pytest.raises(ValueError, match="quiet"):
        Preferences(**change)

    assert Preferences(quiet_from=time(22), quiet_to=time(7)).quiet_to == time(7)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(DEFAULTS)) | st.text(), _json, max_size=8))
def test_whatever_was_kept_there_are_choices(values):
    found, unusable = from_values(values)

    assert set(unusable) <= values.keys() | {"quiet_from", "quiet_to"}
    assert from_values(to_values(found)) == (found, ())
