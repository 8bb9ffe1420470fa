"""Start at login: on Linux for real, in a home of its own; elsewhere, what would be written."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from waw_desktop.host import autostart
from waw_desktop.host.autostart import RUN_KEY, DesktopEntry, LaunchAgent, RunValue, command

PROGRAM = ("/opt/waw/waw", "app", "--in-tray")


@pytest.mark.parametrize(
    "executable, is_frozen, expected",
    [
        ("/opt/waw/waw", True, PROGRAM),
        ("/usr/bin/python3", False, ("/usr/bin/python3", "-m", "waw_desktop", "app", "--in-tray")),
    ],
)
def test_what_is_started(executable, is_frozen, expected):
    assert command(executable, is_frozen=is_frozen) == expected


@pytest.mark.parametrize(
    "configured, expected",
    [
        ("", "{home}/.config/autostart/waw.desktop"),
        ("{home}/elsewhere", "{home}/elsewhere/autostart/waw.desktop"),
        ("relative", "{home}/.config/autostart/waw.desktop"),
    ],
)
def test_where_a_linux_desktop_looks(tmp_path, monkeypatch, configured, expected):
    monkeypatch.setenv("HOME", str(tmp_path))

    entry = autostart.here({"XDG_CONFIG_HOME": configured.format(home=tmp_path)})
    entry.enable()

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written == [Path(expected.format(home=tmp_path))]
    assert entry.is_enabled()


def test_on_and_off(tmp_path):
    entry = DesktopEntry(PROGRAM, tmp_path / "autostart", None)
    assert not entry.is_enabled()

    for _time in range(2):
        entry.enable()
        assert entry.is_enabled()
    for _time in range(2):
        entry.disable()
        assert not entry.is_enabled()


@pytest.mark.parametrize(
    "line", ["Hidden=true", "Hidden = true", "X-GNOME-Autostart-enabled=false"]
)
def test_what_the_desktop_has_switched_off_is_off(tmp_path, line):
    entry = DesktopEntry(PROGRAM, tmp_path, None)
    entry.enable()
    with (tmp_path / "waw.desktop").open("a") as file:
        file.write(f"{line}\n")

    assert not entry.is_enabled()


def test_what_it_starts_runs_where_the_package_is(tmp_path):
    """The entry's own command, with what it says replaced by a question to the package."""
    autostart.here({"XDG_CONFIG_HOME": str(tmp_path)}).enable()
    values = dict(
        line.split("=", 1)
        for line in (tmp_path / "autostart" / "waw.desktop").read_text().splitlines()[1:]
    )
    program = shlex.split(values["Exec"])
    assert program[1:] == ["-m", "waw_desktop", "app", "--in-tray"]

    asked = subprocess.run(
        [*program[:3], "--help"], cwd=values["Path"], capture_output=True, text=True, check=True
    )

    assert "open the window" in asked.stdout


@pytest.mark.parametrize(
    "argument",
    ["plain", "with space", 'a"b', "a\\b", "a$HOME", "`id`", "100%", "%f", "a'b", "ä ö", "a;b"],
)
def test_odd_paths_come_through(tmp_path, argument):
    """A desktop takes off the string's escapes, then quotes as a shell does, then field codes."""
    entry = DesktopEntry((f"/opt/{argument}/waw", "app"), tmp_path, None)
    (line,) = [line for line in entry.text().splitlines() if line.startswith("Exec=")]

    string = line.removeprefix("Exec=").replace("\\\\", "\\")
    unquoted = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {string}"], capture_output=True, text=True, check=True
    )
    parts = [part.replace("%%", "%") for part in unquoted.stdout.splitlines()]

    assert parts == [f"/opt/{argument}/waw", "app"]
    assert "%" not in line.replace("%%", "")


def test_a_mac_starts_it_once_at_login(tmp_path):
    agent = LaunchAgent(PROGRAM, tmp_path / "LaunchAgents")
    assert not agent.is_enabled()

    agent.enable()

    (path,) = (tmp_path / "LaunchAgents").iterdir()
    values = plistlib.loads(path.read_bytes())
    assert path.name == f"{values['Label']}.plist"
    assert values["ProgramArguments"] == list(PROGRAM)
    assert (values["RunAtLoad"], values["KeepAlive"]) == (True, False)
    assert agent.is_enabled()

    path.write_text("no list")
    assert not agent.is_enabled()
    agent.disable()
    assert not list((tmp_path / "LaunchAgents").iterdir())


class Key(dict[str, tuple[str, str]]):
    """An open key of the registry."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def remove(self, name):
        """Remove a value."""
        if self.pop(name, None) is None:
            raise FileNotFoundError(name)

    def find(self, name):
        """Return a value."""
        if name not in self:
            raise FileNotFoundError(name)
        return self[name]


def registry():
    """Return as much of `winreg` as is used, and its keys."""
    keys: dict[tuple[str, str], Key] = {}

    def open_key(root, path, _reserved, _access):
        if (root, path) not in keys:
            raise FileNotFoundError(path)
        return keys[root, path]

    winreg = SimpleNamespace(
        HKEY_CURRENT_USER="HKCU",
        KEY_SET_VALUE=2,
        KEY_READ=1,
        REG_SZ="REG_SZ",
        CreateKeyEx=lambda root, path, _reserved, _access: keys.setdefault((root, path), Key()),
        OpenKey=open_key,
        SetValueEx=lambda key, name, _reserved, kind, text: key.update({name: (kind, text)}),
        DeleteValue=Key.remove,
        QueryValueEx=Key.find,
    )
    return winreg, keys


def test_windows_starts_it_by_a_value_of_the_users_registry():
    winreg, keys = registry()
    value = RunValue((r"C:\Program Files\WaW\waw.exe", "app", "--in-tray"), winreg)
    assert not value.is_enabled()
    value.disable()

    value.enable()

    assert value.is_enabled()
    assert keys["HKCU", RUN_KEY] == {
        "WaW": ("REG_SZ", r'"C:\Program Files\WaW\waw.exe" app --in-tray')
    }
    for _time in range(2):
        value.disable()
        assert not value.is_enabled()


@pytest.mark.skipif(
    sys.platform != "linux", reason="not Linux: its autostart entry was not tried unwritable"
)
def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "autostart").write_text("a file where a directory belongs")

    with pytest.raises(OSError, match=r"exists|directory"):
        autostart.here({**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}).enable()


def test_an_installed_program_starts_wherever_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    entry = autostart.here({"XDG_CONFIG_HOME": str(tmp_path)})

    assert isinstance(entry, DesktopEntry)
    assert "Path=" not in entry.text()
