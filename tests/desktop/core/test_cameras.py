"""A camera is remembered by name, because its number changes."""

from __future__ import annotations

import pytest

from waw_desktop.core.cameras import Camera, found_again, titles

LID, DESK, DESK_TOO = Camera(0, "Lid"), Camera(2, "Desk"), Camera(4, "Desk")


@pytest.mark.parametrize(
    "source, name, cameras, now",
    [
        ("0", "Lid", [LID, DESK], "0"),
        ("0", "Desk", [LID, DESK], "2"),  # the lid's took its number
        ("4", "Desk", [LID, DESK, DESK_TOO], "4"),  # which of two: the one it was
        ("6", "Desk", [LID, DESK, DESK_TOO], "2"),
        ("2", "Gone", [LID, DESK], "2"),
        ("2", "", [LID, Camera(3, "")], "2"),
        ("2", "Desk", [], "2"),
        ("portrait", "Desk", [DESK], "portrait"),
        ("http://127.0.0.1/cam", "", [LID], "http://127.0.0.1/cam"),
    ],
)
def test_it_is_found_again(source, name, cameras, now):
    assert found_again(source, name, cameras) == now


@pytest.mark.parametrize(
    "cameras, texts",
    [
        ([], ()),
        ([LID, DESK], ("Lid", "Desk")),
        ([DESK, LID, DESK_TOO], ("Desk (1)", "Lid", "Desk (2)")),
    ],
)
def test_two_of_a_kind_are_told_apart(cameras, texts):
    assert titles(cameras) == texts
