"""The file of the person's choices, and what of it the environment has the say in."""

from __future__ import annotations

import json
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from waw_desktop.config import Settings, from_environment
from waw_desktop.core.preferences import Preferences
from waw_desktop.host.preferences import FILE_NAME, Keeper, effective, load, save

ALICE = Preferences(theme="dark", server_url="https://waw.example.org", account="alice@example.org")


def test_before_anything_is_chosen_there_are_defaults(tmp_path):
    assert load(tmp_path).preferences == Preferences()


def test_choices_are_kept_for_their_owner_alone(tmp_path):
    save(tmp_path, ALICE)

    found = load(tmp_path)
    assert (found.preferences, found.unusable, found.set_aside) == (ALICE, (), None)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_what_a_newer_version_keeps_stays(tmp_path):
    (tmp_path / FILE_NAME).write_text('{"posture": "upright", "theme": "light"}', "utf-8")

    save(tmp_path, ALICE)

    kept = json.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    assert (kept["posture"], kept["theme"]) == ("upright", "dark")


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[1]", b"\xff\xfe", b'{"theme": "dark"} x', b"\0" * 99, b"[" * 99_999],
    ids=range(7),
)
def test_a_damaged_file_is_set_aside(tmp_path, text):
    (tmp_path / FILE_NAME).write_bytes(text)

    found = load(tmp_path)

    assert found.preferences == Preferences()
    assert found.set_aside is not None
    assert found.set_aside.read_bytes() == text
    save(tmp_path, ALICE)
    assert load(tmp_path).preferences == ALICE


def test_what_is_damaged_meanwhile_is_written_anew(tmp_path):
    (tmp_path / FILE_NAME).write_text("{", "utf-8")

    save(tmp_path, ALICE)

    assert load(tmp_path).preferences == ALICE


@pytest.mark.parametrize("url", ["http://waw.example.org", "ftp://x", "https://a:b@example.org"])
def test_an_address_that_cannot_be_used_is_left_out(tmp_path, url):
    (tmp_path / FILE_NAME).write_text(json.dumps({"server_url": url, "theme": "dark"}), "utf-8")

    found = load(tmp_path)

    assert (found.preferences, found.unusable) == (Preferences(theme="dark"), ("server_url",))


def test_a_disk_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    save(tmp_path, ALICE)

    def full(_descriptor):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        save(tmp_path, Preferences())
    assert load(tmp_path).preferences == ALICE


def test_of_several_changes_the_last_is_kept_whichever_is_saved_first(tmp_path):
    keeper = Keeper(tmp_path)
    saves = [keeper.keep(Preferences(reminders_a_day=nth)) for nth in range(1, 41)]

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(run) for run in reversed(saves)]:
            done.result()

    assert load(tmp_path).preferences == Preferences(reminders_a_day=40)


@pytest.mark.parametrize(
    "environ, chosen, name, holds, managed",
    [
        ({}, {}, "server_url", "http://127.0.0.1:8000", set()),
        ({}, {"server_url": "https://b.example"}, "server_url", "https://b.example", set()),
        (
            {"WAW_SERVER_URL": "https://a.example/"},
            {"server_url": "https://b.example"},
            "server_url",
            "https://a.example",
            {"server_url"},
        ),
        ({"WAW_SERVER_URL": " "}, {}, "server_url", "http://127.0.0.1:8000", set()),
        ({}, {}, "source", "0", set()),
        ({}, {"source": "2"}, "source", "2", set()),
        ({"WAW_SOURCE": "1"}, {"source": "2"}, "source", "1", {"source"}),
        ({}, {"account": "alice@example.org"}, "email", "alice@example.org", set()),
        ({"WAW_EMAIL": "bob@example.org"}, {}, "email", "bob@example.org", {"account"}),
        ({}, {"duty_cycle_s": (180, 900)}, "duty_cycle_on_battery_s", (180, 900), set()),
        (
            {},
            {"duty_cycle_on_battery_s": (60, 600)},
            "duty_cycle_on_battery_s",
            (60, 600),
            set(),
        ),
        (
            {"WAW_DUTY_CYCLE": "3/15"},
            {"duty_cycle_on_battery_s": (60, 600)},
            "duty_cycle_on_battery_s",
            (180, 900),
            {"duty_cycle_s", "duty_cycle_on_battery_s"},
        ),
        (
            {"WAW_DUTY_CYCLE_ON_BATTERY": "1/5"},
            {"duty_cycle_s": (180, 900)},
            "duty_cycle_s",
            (180, 900),
            {"duty_cycle_on_battery_s"},
        ),
        ({}, {}, "cpu_limit", math.inf, set()),
        ({}, {"cpu_limit": 0.5}, "cpu_limit", 0.5, set()),
        ({"WAW_CPU_LIMIT": "37"}, {"cpu_limit": 0.5}, "cpu_limit", 0.37, {"cpu_limit"}),
    ],
)
def test_the_environment_wins(environ, chosen, name, holds, managed):
    found = effective(from_environment(environ), Preferences(**chosen), environ)

    assert getattr(found.settings, name) == holds
    assert found.managed == managed
    assert all(getattr(found.preferences, it) != chosen.get(it) for it in managed)


def test_what_nobody_may_choose_stays_as_it_is_set():
    settings = Settings(data_dir=Path("/srv/waw"), seal_s=10, proxy="http://proxy.example:3128")

    assert effective(settings, Preferences(), {}).settings == settings
