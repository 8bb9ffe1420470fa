"""Where the window goes, so that the person can always reach it.

| what happens | with a tray | without one |
|---|---|---|
| closed, and counting is to go on | hidden; the tray's icon brings it back | the program ends |
| closed, and counting is to end with it | the program ends | the program ends |
| started at login | hidden | minimised |
| the tray goes while it is hidden | | minimised |

Without a tray, closing ends: a program that counts on behind no window and no icon would be one
that the person cannot see.
"""

from __future__ import annotations

from enum import StrEnum


class Move(StrEnum):
    """What happens to the window."""

    SHOW = "show"
    MINIMISE = "minimise"
    HIDE = "hide"
    QUIT = "quit"


def at_close(*, closes_to_tray: bool, has_tray: bool) -> Move:
    """Return what closing the window means.

    Args:
        closes_to_tray: Whether the person wishes that counting goes on.
        has_tray: Whether there is a tray now.
    """
    return Move.HIDE if closes_to_tray and has_tray else Move.QUIT


def at_start(*, in_tray: bool, has_tray: bool) -> Move:
    """Return how the window opens.

    Args:
        in_tray: Whether it is to begin out of the way, as at login.
        has_tray: Whether there is a tray now.
    """
    if not in_tray:
        return Move.SHOW
    return Move.HIDE if has_tray else Move.MINIMISE


def at_tray_lost(*, is_hidden: bool) -> Move | None:
    """Return what becomes of the window when the tray goes; None if it may stay as it is."""
    return Move.MINIMISE if is_hidden else None
