"""The Debian package, made from a folder that stands in for the program's."""

import hashlib
import os
import shutil
import subprocess

import pytest

from waw_desktop import __version__
from waw_desktop.packaging.deb import build

pytestmark = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed: this is no Debian"
)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a function that makes the package of a small program in a directory."""
    folder = tmp_path / "waw"
    (folder / "_internal").mkdir(parents=True)
    (folder / "waw").write_text("#!/bin/sh\necho it runs\n")
    (folder / "_internal" / "library.so").write_text("bytes")
    (tmp_path / "icons").mkdir()
    for size_px in (48, 128, 256):
        (tmp_path / "icons" / f"waw-{size_px}.png").write_bytes(b"png")
    monkeypatch.setattr(build, "ICONS", tmp_path / "icons")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")

    def make(name):
        (tmp_path / name).mkdir()
        return build.main(folder, tmp_path / name)

    return make


def contents(deb):
    said = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, check=True)
    rows = [line.split(maxsplit=5) for line in said.stdout.decode().splitlines()]
    return {row[5].removeprefix("."): (row[0], row[1]) for row in rows}


def test_puts_everything_in_its_place(make):
    held = contents(make("once"))

    assert held["/usr/lib/waw/waw"] == ("-rwxr-xr-x", "root/root")
    assert held["/usr/lib/waw/_internal/library.so"] == ("-rw-r--r--", "root/root")
    assert held["/usr/bin/waw -> ../lib/waw/waw"][1] == "root/root"
    assert "/usr/share/applications/waw.desktop" in held
    assert "/usr/share/icons/hicolor/scalable/apps/waw.svg" in held
    assert "/usr/share/doc/waw/copyright" in held


def test_says_what_it_is(make):
    said = subprocess.run(["dpkg-deb", "--field", make("once")], capture_output=True, check=True)
    fields = dict(line.split(": ", 1) for line in said.stdout.decode().splitlines() if ": " in line)

    assert (fields["Package"], fields["Version"]) == ("waw", __version__)
    assert int(fields["Installed-Size"]) > 0


def test_the_same_folder_makes_the_same_bytes(make, tmp_path):
    first = hashlib.sha256(make("first").read_bytes()).hexdigest()
    os.utime(tmp_path / "waw" / "waw", (0, 0))
    (tmp_path / "waw" / "_internal" / "library.so").touch()
    (tmp_path / "waw" / "_internal").chmod(0o700)

    assert hashlib.sha256(make("second").read_bytes()).hexdigest() == first


def test_each_file_can_be_verified(make, tmp_path):
    subprocess.run(["dpkg-deb", "--raw-extract", make("once"), tmp_path / "out"], check=True)

    checked = subprocess.run(
        ["md5sum", "--check", "--quiet", "DEBIAN/md5sums"],
        cwd=tmp_path / "out",
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
