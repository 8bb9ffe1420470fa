"""Which camera is which, when numbers change and names do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that is there now.

    Attributes:
        number: What it is opened by; it changes when cameras are plugged in.
        name: What its maker calls it; two of a kind share it.
    """

    number: int
    name: str


def found_again(source: str, name: str, cameras: Sequence[Camera]) -> str:
    """Return the source under which a remembered camera is now.

    The number stays where it still has the name, where nothing has it, and where no name is
    known; what is no camera stays as it is.

    Args:
        source: What was remembered: a camera's number, or a path, address or portrait.
        name: The camera's name then, empty if it was not known.
        cameras: Those that are there now.
    """
    numbers = [str(camera.number) for camera in cameras if name and camera.name == name]
    if not source.isdecimal() or source in numbers or not numbers:
        return source
    return numbers[0]


def titles(cameras: Sequence[Camera]) -> tuple[str, ...]:
    """Return a text for each camera that tells it from the others; two of a kind are numbered."""
    names = [camera.name for camera in cameras]
    return tuple(
        f"{name} ({names[: index + 1].count(name)})" if names.count(name) > 1 else name
        for index, name in enumerate(names)
    )
