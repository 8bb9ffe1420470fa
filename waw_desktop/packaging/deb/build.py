"""Wrap the program's folder as a Debian package.

    python waw_desktop/packaging/deb/build.py FOLDER DIRECTORY

There is no script that runs at installation or removal, so neither can touch what a person
keeps. The same folder at the same SOURCE_DATE_EPOCH makes the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
# A fifth larger than xz makes it and 40 times as fast; more threads would make other bytes.
_COMPRESSION = ("-Zzstd", "-z9", "--threads-max=1")
ICONS = PROJECT / "build" / "packaging" / "icons"


def main(folder: Path, directory: Path) -> Path:
    """Write the package into a directory and return its path."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        tree.chmod(0o755)
        lay_out(tree, folder)
        architecture = _say("dpkg", "--print-architecture")
        control = describe(tree, version(), architecture)
        path = directory / f"waw_{version()}_{architecture}.deb"
        debian = tree / "DEBIAN"
        debian.mkdir()
        (debian / "md5sums").write_text(sums(tree))
        (debian / "control").write_text(control)
        _set_modes(tree)
        _say("dpkg-deb", "--build", "--root-owner-group", *_COMPRESSION, str(tree), str(path))
    return path


def version() -> str:
    """Return the program's version."""
    sys.path.insert(0, str(PROJECT))
    from waw_desktop import __version__  # noqa: PLC0415 - found by the line before

    return __version__


def lay_out(tree: Path, folder: Path) -> None:
    """Put everything where Debian has it."""
    shutil.copytree(folder, tree / "usr/lib/waw", symlinks=True)
    _place(HERE / "waw.desktop", tree / "usr/share/applications/waw.desktop")
    _place(HERE / "copyright", tree / "usr/share/doc/waw/copyright")
    icons = tree / "usr/share/icons/hicolor"
    _place(HERE.parent / "icon.svg", icons / "scalable/apps/waw.svg")
    for size_px in (48, 128, 256):
        _place(ICONS / f"waw-{size_px}.png", icons / f"{size_px}x{size_px}/apps/waw.png")
    (tree / "usr/bin").mkdir()
    (tree / "usr/bin/waw").symlink_to("../lib/waw/waw")


def describe(tree: Path, version: str, architecture: str) -> str:
    """Return what the package says of itself."""
    size = sum(file.lstat().st_size for file in tree.rglob("*") if not file.is_dir())
    template = (HERE / "control").read_text()
    return template.format(version=version, architecture=architecture, size_kb=-(-size // 1024))


def sums(tree: Path) -> str:
    """Return the digest of each file, as `dpkg --verify` reads them."""
    files = sorted(file for file in tree.rglob("*") if file.is_file() and not file.is_symlink())
    return "".join(f"{_md5(file)}  {file.relative_to(tree)}\n" for file in files)


def _md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _set_modes(tree: Path) -> None:
    """Give every file the same modes and times whoever builds: dpkg-deb takes them as they are."""
    dated_s = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            os.utime(path, (dated_s, dated_s), follow_symlinks=False)
            continue
        path.chmod(
            0o755 if path.is_dir() or (path.name == "waw" and path.parent.name == "waw") else 0o644
        )
        os.utime(path, (dated_s, dated_s))


def _say(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own commands
    return done.stdout.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
