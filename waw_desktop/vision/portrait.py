"""A camera whose truth is known: a portrait that blinks on a schedule.

    portrait?fps=30&seconds=35&seed=1&rate=20&noise=3

It is the demo's camera and the end-to-end test's. What it paints is a pure function of
the options, so a caller can compare counts with `truth`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import takewhile
from urllib.parse import parse_qsl

import cv2
import numpy as np

from waw_desktop.core.readings import Closure, Kind
from waw_desktop.vision import eyelids
from waw_desktop.vision.eyelids import Image

QUIET_S = 1.5
"""Nothing is painted this long after the start and before the end."""

_SHORTEST_GAP_S = 0.6
_NOISE_IMAGES = 7


class BadPortrait(Exception):
    """The options of a portrait cannot be read."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the portrait behaves.

    Attributes:
        fps: Frames a second.
        seconds: How long it lasts; 0 never ends.
        seed: Another whole number, another schedule and other noise.
        rate: Blinks a minute.
        half: Share of the blinks that only close half way.
        gaze: Looks down at the desk a minute, both lids 0.45 down for 0.6 to 2 s.
        squint: Narrowed eyes a minute, half shut slowly for 1.5 to 3 s.
        wink: One eye shut for 0.2 to 0.4 s, a minute.
        noise: Standard deviation of the sensor's noise in grey levels.
        motion: The head rolls by this many degrees to either side and drifts as many pixels.
        light: Share by which the light swells and fades.
        drop: Share of the frames that are lost.
    """

    fps: float = 30.0
    seconds: float = 0.0
    seed: float = 1.0
    rate: float = 20.0
    half: float = 0.0
    gaze: float = 0.0
    squint: float = 0.0
    wink: float = 0.0
    noise: float = 3.0
    motion: float = 0.0
    light: float = 0.0
    drop: float = 0.0


@dataclass(frozen=True, slots=True)
class Movement:
    """One painted movement of the lids.

    Attributes:
        start_s: When the lids begin to fall, seconds from the first frame.
        fall_s: How long they fall, then stay, then rise.
        stay_s: As above.
        rise_s: As above.
        right: How far the right eye closes, 0.0 to 1.0.
        left: How far the left eye closes.
        is_blink: Whether it is a blink rather than something that looks like one.
    """

    start_s: float
    fall_s: float
    stay_s: float
    rise_s: float
    right: float
    left: float
    is_blink: bool

    @property
    def end_s(self) -> float:
        """When the lids are open again."""
        return self.start_s + self.fall_s + self.stay_s + self.rise_s

    def share_at(self, t_s: float) -> float:
        """Return how much of the movement is made at a time, 0.0 to 1.0."""
        falling = (t_s - self.start_s) / self.fall_s
        rising = (self.end_s - t_s) / self.rise_s
        share = min(max(min(falling, rising), 0.0), 1.0)
        return share * share * (3 - 2 * share)


def parse(spec: str) -> Options:
    """Read `portrait?name=number&...`.

    Raises:
        BadPortrait: If an option is unknown or not a number in range.

    >>> parse("portrait?fps=15&seconds=4").fps
    15.0
    """
    known = {field.name for field in fields(Options)}
    values: dict[str, float] = {}
    for name, text in parse_qsl(spec.partition("?")[2], keep_blank_values=True):
        if name not in known:
            raise BadPortrait(f"a portrait has no option {name!r}; it has {sorted(known)}")
        values[name] = _number(name, text)
    options = Options(**values)
    if options.fps == 0:
        raise BadPortrait("a portrait without frames: fps is 0")
    return options


def truth(spec: str) -> tuple[Closure, ...]:
    """Return what the portrait paints that a detector should count, in order.

    Times are seconds from the first frame.

    Raises:
        BadPortrait: If the options cannot be read or name no end.
    """
    options = parse(spec)
    if options.seconds == 0:
        raise BadPortrait("an endless portrait has no list of blinks; give it seconds")
    return tuple(_closure(movement) for movement in movements(options) if movement.is_blink)


def movements(options: Options) -> Iterator[Movement]:
    """Yield every movement of the lids in order; endless when the portrait is."""
    last_s = options.seconds - QUIET_S if options.seconds else math.inf
    return takewhile(lambda movement: movement.end_s < last_s, _endless(options))


class Portrait:
    """The source: noisy frames of the painted face, timed by the schedule alone."""

    def __init__(self, spec: str) -> None:
        self._options = parse(spec)
        self.fps = self._options.fps
        self.is_endless = self._options.seconds == 0
        self._face = eyelids.Face()
        self._random = np.random.default_rng([int(self._options.seed), 1])
        self._noise = _noise_images(self._options.noise, self._random)
        self._movements = movements(self._options)
        self._movement = next(self._movements, None)
        self._index = 0

    def next(self) -> tuple[Image, float] | None:
        """Return the next frame, BGR, and its time from the first; None at the end."""
        while self._index and self._random.random() < self._options.drop:
            self._index += 1
        t_s = self._index / self.fps
        self._index += 1
        if self._options.seconds and t_s >= self._options.seconds:
            return None
        return self._paint(t_s), t_s

    def _paint(self, t_s: float) -> Image:
        right, left = self._lids(t_s)
        frame = self._face.with_lids(right, left)
        if self._options.motion:
            frame = _moved(frame, self._options.motion, t_s)
        if self._options.light:
            gain = 1 + self._options.light * math.sin(math.tau * t_s / 20)
            frame = cv2.convertScaleAbs(frame, alpha=gain).astype(np.uint8, copy=False)
        brighter, darker = self._noise[self._random.integers(_NOISE_IMAGES)]
        return cv2.subtract(cv2.add(frame, brighter), darker).astype(np.uint8, copy=False)

    def _lids(self, t_s: float) -> tuple[float, float]:
        while self._movement and self._movement.end_s <= t_s:
            self._movement = next(self._movements, None)
        if self._movement is None:
            return 0.0, 0.0
        share = self._movement.share_at(t_s)
        return self._movement.right * share, self._movement.left * share


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise BadPortrait(f"a portrait's {name} must be a number, not {text!r}")
    return number


def _endless(options: Options) -> Iterator[Movement]:
    random = np.random.default_rng([int(options.seed), 0])
    rates = np.array([options.rate, options.gaze, options.squint, options.wink])
    makers = (_blink, _gaze_down, _squint, _wink)
    if rates.sum() == 0:
        return
    gap_s = 60 / rates.sum()
    end_s = QUIET_S
    while True:
        start_s = end_s + max(_SHORTEST_GAP_S, gap_s * random.uniform(0.2, 1.6) - 0.3)
        maker = makers[random.choice(len(makers), p=rates / rates.sum())]
        movement = maker(start_s, random, options.half)
        end_s = movement.end_s
        yield movement


def _blink(start_s: float, random: np.random.Generator, half: float) -> Movement:
    lasts_s = random.uniform(0.15, 0.35)
    depth = 0.5 if random.random() < half else 1.0
    return Movement(
        start_s, 0.3 * lasts_s, 0.3 * lasts_s, 0.4 * lasts_s, depth, depth, is_blink=True
    )


def _gaze_down(start_s: float, random: np.random.Generator, _half: float) -> Movement:
    return Movement(start_s, 0.09, random.uniform(0.6, 2), 0.12, 0.45, 0.45, is_blink=False)


def _squint(start_s: float, random: np.random.Generator, _half: float) -> Movement:
    return Movement(start_s, 0.5, random.uniform(1, 2.5), 0.5, 0.5, 0.5, is_blink=False)


def _wink(start_s: float, random: np.random.Generator, _half: float) -> Movement:
    right = float(random.integers(2))
    return Movement(start_s, 0.08, random.uniform(0.1, 0.25), 0.1, right, 1 - right, is_blink=False)


def _closure(movement: Movement) -> Closure:
    peak_s = movement.start_s + movement.fall_s + movement.stay_s / 2
    kind = Kind.COMPLETE if movement.right >= 0.8 else Kind.PARTIAL
    return Closure(movement.start_s, peak_s, movement.end_s, movement.right, kind)


def _noise_images(deviation: float, random: np.random.Generator) -> tuple[tuple[Image, Image], ...]:
    """Return noise as what it adds and what it takes away.

    A sensor is never silent: without a little noise a still portrait is a frozen camera.
    """
    shape = (_NOISE_IMAGES, eyelids.HEIGHT_PX, eyelids.WIDTH_PX, 3)
    noise = random.normal(0, max(deviation, 0.3), shape).round()
    brighter = np.clip(noise, 0, 255).astype(np.uint8)
    darker = np.clip(-noise, 0, 255).astype(np.uint8)
    return tuple(zip(brighter, darker, strict=True))


def _moved(frame: Image, amount: float, t_s: float) -> Image:
    roll_deg = amount * math.sin(math.tau * t_s / 9)
    turn = cv2.getRotationMatrix2D(eyelids.FACE_CENTRE_PX, roll_deg, 1)
    drift = (amount * math.sin(math.tau * t_s / 13), amount * math.sin(math.tau * t_s / 17))
    turn[:, 2] = turn[:, 2] + drift
    size = (eyelids.WIDTH_PX, eyelids.HEIGHT_PX)
    moved = cv2.warpAffine(frame, turn, size, borderMode=cv2.BORDER_REFLECT)
    return moved.astype(np.uint8, copy=False)
