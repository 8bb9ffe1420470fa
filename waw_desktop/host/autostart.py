"""Start at login: the entry that each system reads, and what it starts.

Linux: a file in `autostart` of the user's configuration (freedesktop.org's Desktop Application
Autostart). macOS: a property list in `~/Library/LaunchAgents`. Windows: a value below `Run` of
the user's registry. Only the first has been tried on a real system; of the others, what would be
written is tested.
"""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from waw_desktop.host import files

LABEL = "org.waw.tracker"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
RUN_VALUE = "WaW"
_RESERVED = " \t\n\"'\\><~|&;$*?#()`"


class Autostart(Protocol):
    """The entry of one system."""

    def enable(self) -> None:
        """Start at each login from now on; an entry that is there is replaced.

        Raises:
            OSError: If the entry cannot be written.
        """

    def disable(self) -> None:
        """Start no more at login.

        Raises:
            OSError: If the entry cannot be removed.
        """

    def is_enabled(self) -> bool:
        """Whether there is an entry that the system follows."""


def command(
    executable: str = sys.executable, *, is_frozen: bool = bool(getattr(sys, "frozen", False))
) -> tuple[str, ...]:
    """Return what is to be started: the program as it was installed, without its window."""
    module = () if is_frozen else ("-m", "waw_desktop")
    return (executable, *module, "app", "--in-tray")


def here(environ: Mapping[str, str] = os.environ) -> Autostart:
    """Return the entry of this system."""
    if sys.platform == "win32":  # pragma: no cover - the registry is there only
        import winreg  # noqa: PLC0415 - there is none elsewhere

        return RunValue(command(), winreg)
    if sys.platform == "darwin":  # pragma: no cover - launchd is there only
        return LaunchAgent(command(), Path.home() / "Library" / "LaunchAgents")
    configured = environ.get("XDG_CONFIG_HOME", "")
    # A relative path is to be passed over (XDG Base Directory Specification).
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return DesktopEntry(command(), base / "autostart", _source())


class DesktopEntry:
    """`waw.desktop`, as the desktops of Linux read it.

    Args:
        program: What to start.
        directory: Where such entries are.
        workplace: Where to start it, None wherever the desktop is.
    """

    def __init__(self, program: Sequence[str], directory: Path, workplace: Path | None) -> None:
        self._program = program
        self._path = directory / "waw.desktop"
        self._workplace = workplace

    def enable(self) -> None:
        """Write the entry."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(self._path, self.text())

    def disable(self) -> None:
        """Remove it."""
        self._path.unlink(missing_ok=True)

    def is_enabled(self) -> bool:
        """Whether it is there and no desktop's own settings have switched it off."""
        try:
            lines = self._path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return False
        off = {"Hidden=true", "X-GNOME-Autostart-enabled=false"}
        return off.isdisjoint(line.replace(" ", "") for line in lines)

    def text(self) -> str:
        """Return what the entry says."""
        lines = [
            "[Desktop Entry]",
            "Type=Application",
            "Name=WaW",
            "Comment=Counts blinks",
            "Comment[de]=Zählt Lidschläge",
            "Exec=" + _escaped(" ".join(map(_quoted, self._program))),
            "Icon=waw",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
        ]
        if self._workplace is not None:
            lines.insert(6, "Path=" + _escaped(str(self._workplace)))
        return "\n".join(lines) + "\n"


class LaunchAgent:
    """A property list that launchd reads at login."""

    def __init__(self, program: Sequence[str], directory: Path) -> None:
        self._program = program
        self._path = directory / f"{LABEL}.plist"

    def enable(self) -> None:
        """Write it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        files.write(self._path, self.text())

    def disable(self) -> None:
        """Remove it."""
        self._path.unlink(missing_ok=True)

    def is_enabled(self) -> bool:
        """Whether it is there and launchd is to run it."""
        try:
            values = plistlib.loads(self._path.read_bytes())
        except (OSError, plistlib.InvalidFileException, ValueError):
            return False
        return isinstance(values, dict) and values.get("RunAtLoad") is True

    def text(self) -> str:
        """Return what it says: once at login, and not again when the person quits."""
        return plistlib.dumps(
            {
                "Label": LABEL,
                "ProgramArguments": list(self._program),
                "RunAtLoad": True,
                "KeepAlive": False,
                "ProcessType": "Interactive",
                "LimitLoadToSessionType": "Aqua",
            }
        ).decode()


class RunValue:
    """A value below `Run` of the user's registry.

    Args:
        program: What to start.
        registry: The module `winreg`.
    """

    def __init__(self, program: Sequence[str], registry: Any) -> None:  # noqa: ANN401 - `winreg` is on Windows only
        self._program = program
        self._registry = registry

    def enable(self) -> None:
        """Write it."""
        registry = self._registry
        with registry.CreateKeyEx(
            registry.HKEY_CURRENT_USER, RUN_KEY, 0, registry.KEY_SET_VALUE
        ) as key:
            registry.SetValueEx(key, RUN_VALUE, 0, registry.REG_SZ, self.text())

    def disable(self) -> None:
        """Remove it."""
        registry = self._registry
        try:
            with registry.OpenKey(
                registry.HKEY_CURRENT_USER, RUN_KEY, 0, registry.KEY_SET_VALUE
            ) as key:
                registry.DeleteValue(key, RUN_VALUE)
        except FileNotFoundError:
            return

    def is_enabled(self) -> bool:
        """Whether it is there; what the Task Manager has switched off counts as there."""
        registry = self._registry
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, RUN_KEY, 0, registry.KEY_READ) as key:
                registry.QueryValueEx(key, RUN_VALUE)
        except FileNotFoundError:
            return False
        return True

    def text(self) -> str:
        """Return the command line, quoted as Windows programs take theirs apart."""
        return subprocess.list2cmdline(self._program)


def _source() -> Path | None:
    """Return the directory that holds the package, where it is not installed or frozen."""
    if getattr(sys, "frozen", False):
        return None
    return Path(__file__).resolve().parents[2]


def _quoted(argument: str) -> str:
    """Return an argument as `Exec` has it: quoted where need be, and no field code."""
    text = argument.replace("%", "%%")
    if not any(letter in text for letter in _RESERVED):
        return text
    for letter in '\\"`$':
        text = text.replace(letter, f"\\{letter}")
    return f'"{text}"'


def _escaped(text: str) -> str:
    """Return a value as a desktop entry has a string."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")
