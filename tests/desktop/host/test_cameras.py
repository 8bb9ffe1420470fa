"""The names of cameras, out of the system's files."""

from __future__ import annotations

import sys

import pytest

from waw_desktop.core.cameras import Camera
from waw_desktop.host import cameras


@pytest.fixture(autouse=True)
def linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")


def node(devices, name, index, text):
    folder = devices / name
    folder.mkdir()
    (folder / "index").write_text(index)
    (folder / "name").write_bytes(text)


def test_only_what_captures_is_a_camera(tmp_path):
    node(tmp_path, "video10", "0\n", b"Desk: HD\n")
    node(tmp_path, "video0", "0\n", b"Lid\n")
    node(tmp_path, "video1", "1\n", b"Lid\n")

    assert cameras.named(tmp_path) == (Camera(0, "Lid"), Camera(10, "Desk: HD"))


def test_odd_files_do_no_harm(tmp_path):
    node(tmp_path, "video0", "0\n", b"\xff camera\n")
    node(tmp_path, "video2", "0\n", b"\n")
    node(tmp_path, "video3", "none\n", b"broken\n")
    node(tmp_path, "videox", "0\n", b"broken\n")
    (tmp_path / "video4").mkdir()

    assert cameras.named(tmp_path) == (Camera(0, "\ufffd camera"), Camera(2, "Camera 2"))


def test_none_where_there_are_none(tmp_path):
    assert cameras.named(tmp_path / "nothing") == ()


def test_elsewhere_somebody_else_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert cameras.named(tmp_path) is None
