"""Whether what `make package` built runs where nothing else is installed.

    python -m tests.soak.package [--json PATH] [--keep DIRECTORY]

As root, on Debian, with mmdebstrap, Xvfb, xdotool and desktop-file-utils:

1. The folder proves itself (`selftest`) in a root of Debian's smallest set of packages and the
   libraries that the Makefile calls SYSTEM_LIBRARIES, without any network.
2. The .deb installs in a root with what its control file asks for and no more. As somebody who
   is not root, the command of its menu entry proves itself, on no screen and on a real one,
   and opens its window.
3. Removing and purging it leaves nothing of it, and all that is the person's.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "dist" / "waw"
LARGEST_MB = 450
SLOWEST_START_S = 10.0
PERSON = "1000:1000"
HOME = "home/alice"
SCREEN = ":97"


@dataclass
class Report:
    """What was measured.

    Attributes:
        folder_mb: Size of the program on disk, in 2**20 bytes.
        deb_mb: Size of the package, likewise.
        selftest_s: Of the whole selftest in the bare root, the first time and the second.
        help_s: Until the program has said what its commands are.
        window_s: Until the window is on the screen.
    """

    folder_mb: int
    deb_mb: int
    selftest_s: list[float]
    help_s: float = 0.0
    window_s: float = 0.0


def main() -> int:
    """Run the whole and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--keep", type=Path, help="make the roots there and leave them")
    args = parser.parse_args()
    [deb] = (PROJECT / "dist").glob("waw_*.deb")
    with tempfile.TemporaryDirectory() as name:
        where = args.keep or Path(name)
        report = Report(_size_mb(FOLDER), _size_mb(deb), [])
        _folder(_root(where / "bare", system_libraries()), report)
        _deb(_root(where / "installed", depends(deb)), deb, report)
    if args.json:
        args.json.write_text(json.dumps(asdict(report), indent=2) + "\n")
    sys.stdout.write(f"{asdict(report)}\n")
    assert report.folder_mb <= LARGEST_MB
    assert max(report.selftest_s) <= SLOWEST_START_S
    return 0


def system_libraries() -> list[str]:
    """Return what the Makefile installs for the tracker without a screen."""
    found = re.search(r"^SYSTEM_LIBRARIES := (.+?[^\\])$", _makefile(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1].replace("\\", " ").split()


def _makefile() -> str:
    return (PROJECT / "Makefile").read_text()


def depends(deb: Path) -> list[str]:
    """Return the names of the packages that a package depends on."""
    listed = _run("dpkg-deb", "--field", str(deb), "Depends")
    return [part.split()[0] for part in listed.split(",")]


def _folder(root: Path, report: Report) -> None:
    """Have the folder prove itself where there is neither Python nor a package of it."""
    assert not list(root.glob("usr/bin/python3*"))
    shutil.copytree(FOLDER, root / "opt/waw", symlinks=True)
    for _ in range(2):
        began_s = time.monotonic()
        said = _inside(root, "/opt/waw/waw selftest")
        report.selftest_s.append(round(time.monotonic() - began_s, 2))
        _must_be_well(said)
    began_s = time.monotonic()
    assert "selftest" in _inside(root, "/opt/waw/waw --help")
    report.help_s = round(time.monotonic() - began_s, 2)


def _deb(root: Path, deb: Path, report: Report) -> None:
    """Install it, use it as a person would, and take it away again."""
    shutil.copy(deb, root / "waw.deb")
    before = _files(root)
    _inside(root, "dpkg --install /waw.deb", person="0:0")
    _inside(root, "dpkg --verify waw", person="0:0")
    entry = root / "usr/share/applications/waw.desktop"
    _run("desktop-file-validate", str(entry))
    [command] = re.findall("^Exec=(.+)$", entry.read_text(), re.MULTILINE)
    _must_be_well(_inside(root, f"{command} selftest"))
    tracked = f"{command} track --source 'portrait?seconds=4' --offline --agree local-tracking"
    assert "sealed" in _inside(root, tracked)
    with _screen(root):
        said = _inside(root, f"{command} selftest", QT_QPA_PLATFORM="xcb", DISPLAY=SCREEN)
        _must_be_well(said)
        assert "drawn by xcb" in said
        report.window_s = _opens_a_window(root, command)
    kept = _kept(root)
    assert kept  # the outbox, for one
    for action in ("--remove", "--purge"):
        _inside(root, f"dpkg {action} waw", person="0:0")
    assert _kept(root) == kept
    assert _files(root) - before - {"usr/share/icons", "usr/share/icons/hicolor"} == set()


def _must_be_well(said: str) -> None:
    sys.stdout.write(said)
    lines = said.splitlines()
    assert len(lines) >= 7, said
    assert [line for line in lines if not line.startswith("ok ")] == [], said


def _opens_a_window(root: Path, command: str) -> float:
    """Return after how long the command, run without arguments, shows a window."""
    began_s = time.monotonic()
    opened = subprocess.Popen(
        _as_inside(root, command, QT_QPA_PLATFORM="xcb", DISPLAY=SCREEN), cwd="/"
    )
    try:
        asked = ["xdotool", "search", "--onlyvisible", "--name", "WaW"]
        while subprocess.run(
            asked, env={**os.environ, "DISPLAY": SCREEN}, capture_output=True, check=False
        ).returncode:
            assert opened.poll() is None, "the program ended without showing a window"
            assert time.monotonic() < began_s + 60
            time.sleep(0.05)
        return round(time.monotonic() - began_s, 2)
    finally:
        _terminate_inside(opened)


def _terminate_inside(opened: subprocess.Popen[bytes]) -> None:
    """Ask what `_as_inside` runs to end; unshare itself only waits for it."""
    children = Path(f"/proc/{opened.pid}/task/{opened.pid}/children")
    for child in children.read_text().split() if opened.poll() is None else ():
        os.kill(int(child), signal.SIGTERM)
    try:
        code = opened.wait(20)
    finally:
        opened.kill()
    assert code == 0, "the window did not end well"


@contextmanager
def _screen(root: Path) -> Iterator[None]:
    """Show a screen whose socket is in the root: its file is reached without any network."""
    sockets = root / "tmp/.X11-unix"
    sockets.mkdir(mode=0o1777, exist_ok=True)
    screen = subprocess.Popen(
        ["Xvfb", SCREEN, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"],
        stderr=subprocess.DEVNULL,
    )
    socket = Path("/tmp/.X11-unix") / f"X{SCREEN[1:]}"
    until_s = time.monotonic() + 20
    while not socket.exists():
        assert time.monotonic() < until_s, "no screen"
        time.sleep(0.05)
    _run("mount", "--bind", str(socket.parent), str(sockets))
    try:
        yield
    finally:
        _run("umount", str(sockets))
        screen.terminate()
        screen.wait(20)


def _root(path: Path, packages: list[str]) -> Path:
    """Make a root of Debian 12's smallest set and these packages, with a person in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o755)
    _run(
        *("mmdebstrap", "--mode=root", "--variant=minbase", "--quiet"),
        f"--include={','.join(packages)}",
        *("bookworm", str(path)),
        "/etc/apt/sources.list.d/debian.sources",
    )
    home = path / HOME
    home.mkdir(parents=True)
    os.chown(home, *map(int, PERSON.split(":")))
    return path


def _inside(root: Path, command: str, person: str = PERSON, **environ: str) -> str:
    """Run a command in the root, without network, and return what it says."""
    return _run(*_as_inside(root, command, person, **environ))


def _as_inside(root: Path, command: str, person: str = PERSON, **environ: str) -> list[str]:
    """Return a command that runs another in the root.

    It has namespaces of its own: no network, and mounts that end with it. MediaPipe counts
    the processors in /sys, and Qt and Python look into /proc and /dev.
    """
    inner = shlex.join(
        [
            *("chroot", f"--userspec={person}", str(root), "/usr/bin/env", "-i"),
            *("PATH=/usr/bin:/usr/sbin:/bin:/sbin", f"HOME=/{HOME}", "LANG=C.UTF-8"),
            *(f"{name}={value}" for name, value in environ.items()),
            *shlex.split(command),
        ]
    )
    mounts = "".join(
        f"mount --rbind /{name} {shlex.quote(str(root / name))} && " for name in ("sys", "dev")
    )
    proc = f"mount -t proc proc {shlex.quote(str(root / 'proc'))} && "
    script = f"{mounts}{proc}exec {inner}"
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]


def _files(root: Path) -> set[str]:
    """Return what there is under /usr and /opt."""
    found = [*(root / "usr").rglob("*"), *(root / "opt").rglob("*")]
    return {str(path.relative_to(root)) for path in found}


def _kept(root: Path) -> dict[str, int]:
    """Return the person's files and their sizes."""
    files = [path for path in (root / HOME).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.stat().st_size for path in files}


def _size_mb(path: Path) -> int:
    return round(int(_run("du", "-sk", "--apparent-size", str(path)).split()[0]) / 1024)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
