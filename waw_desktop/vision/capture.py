"""Where frames come from: a camera, a file, an address, or the portrait.

A source is named by one string: a camera's number ("0"), a path, an http, https, rtsp or
udp address, or "portrait" with options.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from waw_desktop.core.readings import State
from waw_desktop.vision.eyelids import Image, PortraitMissing
from waw_desktop.vision.portrait import BadPortrait, Portrait
from waw_desktop.vision.quiet import native_stderr_closed

_SCHEMES = ("http://", "https://", "rtsp://", "udp://", "tcp://")
_USUAL_FPS = 30.0
_LONGEST_STEP_S = 60.0

# FFmpeg reads it when the first file is opened; its own words would drown our one line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.setLogLevel(0)


class SourceUnavailable(Exception):
    """Nothing can be read from the source; `state` says in which way."""

    def __init__(self, message: str, state: State = State.NO_CAMERA) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Attributes:
        image: BGR, shape (height, width, 3).
        t_s: When it was taken. Of a camera or a paced source, the monotonic clock; of a
            replay, seconds from the first frame.
    """

    image: Image
    t_s: float


class Source(Protocol):
    """Frames in order.

    Attributes:
        fps: The rate the source promises, frames a second.
        frames_promised: How many frames a file says it has, 0 where it does not say.
        is_live: Whether frames come when they come, and end only when something is wrong.
        is_endless: Whether there is always one more frame to wait for.
    """

    fps: float
    frames_promised: int
    is_live: bool
    is_endless: bool

    def read(self) -> Frame | None:
        """Wait for the next frame and return it, or None when there will be no more."""

    def close(self) -> None:
        """Release the device."""


def open_source(spec: str, *, realtime: bool = False) -> Source:
    """Open a source by its name.

    Args:
        spec: Camera number, path, address or portrait.
        realtime: Play files and the portrait at their own pace instead of at once.

    Raises:
        SourceUnavailable: If nothing can be read from it.
    """
    source = _open(spec)
    return Paced(source) if realtime and not source.is_live else source


def frames(source: Source) -> Iterator[Frame]:
    """Yield the frames of a source to its end."""
    while (frame := source.read()) is not None:
        yield frame


class Live:
    """A camera or a stream, timed by the monotonic clock at arrival."""

    frames_promised = 0
    is_live = True
    is_endless = True

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self.fps = _sane_fps(capture.get(cv2.CAP_PROP_FPS))

    def read(self) -> Frame | None:
        """Wait for the next frame; None when the camera has stopped giving any."""
        ok, image = self._capture.read()
        return Frame(_bgr(image), time.monotonic()) if ok else None

    def close(self) -> None:
        """Turn the camera off."""
        self._capture.release()


class Recording:
    """A video that has an end, timed by its container."""

    is_live = False
    is_endless = False

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        self.fps = _sane_fps(capture.get(cv2.CAP_PROP_FPS))
        self.frames_promised = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self._first_s: float | None = None
        self._last_s = 0.0

    def read(self) -> Frame | None:
        """Return the next readable frame, None at the end."""
        ok, image = self._capture.read()
        if not ok:
            return None
        self._last_s = self._time_s()
        return Frame(_bgr(image), self._last_s)

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _time_s(self) -> float:
        """Return the time since the first frame: the container's, where that makes sense."""
        told_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._first_s is None:
            self._first_s = told_s
            return 0.0
        step_s = told_s - self._first_s - self._last_s
        return self._last_s + (step_s if 0 < step_s < _LONGEST_STEP_S else 1 / self.fps)


class PortraitReplay:
    """The blinking portrait, timed by its schedule."""

    frames_promised = 0
    is_live = False

    def __init__(self, spec: str) -> None:
        try:
            self._portrait = Portrait(spec)
        except (BadPortrait, PortraitMissing) as error:
            raise SourceUnavailable(str(error)) from error
        self.fps = self._portrait.fps
        self.is_endless = self._portrait.is_endless

    def read(self) -> Frame | None:
        """Return the next frame, None after the last."""
        painted = self._portrait.next()
        return Frame(*painted) if painted else None

    def close(self) -> None:
        """Nothing is held."""


class Paced:
    """A replay at its own pace on the monotonic clock. No frame is left out when late."""

    is_live = False

    def __init__(self, source: Source) -> None:
        self._source = source
        self.fps = source.fps
        self.frames_promised = source.frames_promised
        self.is_endless = source.is_endless
        self._began_s: float | None = None

    def read(self) -> Frame | None:
        """Wait until the next frame is due and return it, None after the last."""
        frame = self._source.read()
        if frame is None:
            return None
        if self._began_s is None:
            self._began_s = time.monotonic()
        due_s = self._began_s + frame.t_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        return Frame(frame.image, due_s)

    def close(self) -> None:
        """Release what is played."""
        self._source.close()


def _open(spec: str) -> Source:
    if spec.partition("?")[0] == "portrait":
        return PortraitReplay(spec)
    if spec.isdecimal():
        return _open_camera(int(spec))
    if spec.startswith(_SCHEMES):
        return _open_address(spec)
    return _open_file(spec)


def _open_camera(number: int) -> Source:
    """Open a camera; on Linux, where cameras are files, tell why it cannot be."""
    if sys.platform.startswith("linux"):
        path = Path(f"/dev/video{number}")
        if not path.exists():
            raise SourceUnavailable(f"there is no camera {number}", State.NO_CAMERA)
        if not os.access(path, os.R_OK | os.W_OK):
            raise SourceUnavailable(f"{path} may not be read", State.PERMISSION_DENIED)
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        there = sys.platform.startswith("linux")
        raise SourceUnavailable(
            f"camera {number} cannot be opened", State.BUSY if there else State.NO_CAMERA
        )
    return Live(capture)


def _open_address(address: str) -> Source:
    timeouts = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 3000)
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise SourceUnavailable(f"{address}: no video there")
    has_end = capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0
    return Recording(capture) if has_end else Live(capture)


def _open_file(path: str) -> Source:
    if not Path(path).is_file():
        raise SourceUnavailable(f"{path}: no such file")
    with native_stderr_closed():
        # One thread: a frame is decoded when asked for, so that its cost can be told apart.
        capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1))
    if not capture.isOpened():
        raise SourceUnavailable(f"{path}: not a video")
    return Recording(capture)


def _sane_fps(told: float) -> float:
    return told if 1 <= told <= 1000 else _USUAL_FPS


def _bgr(image: NDArray[Any]) -> Image:
    """Return three channels of bytes, as some cameras and codecs give one or four."""
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return image[:, :, :3].astype(np.uint8, copy=False)
