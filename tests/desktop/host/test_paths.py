"""The tracker's files are its owner's alone."""

import stat

import pytest

from waw_desktop.host.paths import desktop_dir


def test_is_private(tmp_path):
    """The directory is made, also below others, and open to its owner alone."""
    directory = desktop_dir(tmp_path / "data")

    assert directory == tmp_path / "data" / "desktop"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_becomes_private(tmp_path):
    """A directory that others could open is closed to them."""
    (tmp_path / "desktop").mkdir(mode=0o755)

    assert stat.S_IMODE(desktop_dir(tmp_path).stat().st_mode) == 0o700


def test_the_usual_place(tmp_path, monkeypatch):
    """Without a choice the files go where this system keeps such data."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert desktop_dir(None) == tmp_path / "waw" / "desktop"


def test_cannot_be_made(tmp_path):
    """Where it cannot be made, the system's reason is given."""
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        desktop_dir(tmp_path / "file")
