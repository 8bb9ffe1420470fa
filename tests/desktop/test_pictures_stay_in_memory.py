"""A face with a watermark is tracked, previewed and synced; then every byte written is searched."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from waw_desktop.vision.capture import frames, open_source

FPS = 15
GREYS = (23, 201, 77, 151, 41, 229, 101, 173)
BLOCK_PX = 80
# Each grey many times over, in this order: as colours or grey, in full size or as small as the
# preview, as bytes. What lies between two blocks is little.
MARK = re.compile(
    b".{0,240}?".join(re.escape(bytes([grey])) + b"{20,}" for grey in GREYS), re.DOTALL
)
ENCODED = re.compile(rb"JFIF|\x89PNG\r\n|WEBPVP8|IHDR")
OUTPUT = re.compile(
    r'^\d+ +(?:write|writev|pwrite64|sendto|sendmsg)\(\d+<([^"]*?)>, (.*)$', re.MULTILINE
)
HIDDEN = re.compile(r"write\(\d+, 0x")
MOST_SENT_BYTES = 100_000  # a minute is about a kilobyte; one picture of the preview is 49

PROGRAM = """\
import sys
from pathlib import Path
from waw_desktop.app import Task, track
from waw_desktop.config import Settings
from waw_desktop.core.consents import Purpose
from waw_desktop.sync.engine import Credentials
from waw_desktop.vision import tracker
from waw_desktop.vision.preview import Preview

clip, server, data = sys.argv[1:]
preview = Preview()
preview.open()

class Screen:
    def say(self, line):
        print(line, file=sys.stderr)
    def show(self, live):
        print(live, preview.picture, file=sys.stderr)

task = Task(
    source=clip,
    server_url=server,
    account="alice@example.org",
    credentials=Credentials("alice@example.org", "correct horse"),
    agrees_to=tuple(Purpose),
)
summary = track(
    task,
    Settings(server_url=server, data_dir=Path(data), seal_s=2),
    lambda source: tracker.start(source, preview=preview),
    Screen(),
)
print(summary.messages_sealed, summary.synced)
"""


def marked(image):
    """Paint grey blocks along the top, well above the face."""
    it = image.copy()
    for number, grey in enumerate(GREYS):
        it[:48, BLOCK_PX * number : BLOCK_PX * (number + 1)] = grey
    return it


@pytest.fixture
def clip(tmp_path):
    """Six seconds without loss, so that each pixel of the mark is as painted."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), FPS, (640, 480))
    for frame in frames(open_source(f"portrait?fps={FPS}&seconds=6&seed=4")):
        writer.write(marked(frame.image))
    writer.release()
    return path


@dataclass(frozen=True)
class Written:
    """Bytes that a process wrote with one call, and to what: strace's word for it."""

    to: str
    data: bytes

    @property
    def is_between_processes(self) -> bool:
        """Whether it went to another process of the same program, or to the test's own pipe."""
        return self.to.startswith("pipe:")

    @property
    def is_sent(self) -> bool:
        """Whether it went out on a socket."""
        return "TCP" in self.to or "socket" in self.to


def unescaped(text):
    """Return the bytes that strace shows in hexadecimal."""
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text)))


def named(text):
    """Return a file's or pipe's name; strace shows it in hexadecimal, but not a socket's."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda it: chr(int(it[1], 16)), text)


def test_the_mark_would_be_found(clip):
    """In a frame, in its grey, in a small picture; and not where there is none."""
    frame = next(iter(frames(open_source(str(clip)))))
    small = cv2.resize(frame.image, (256, 192), interpolation=cv2.INTER_AREA)
    plain = next(iter(frames(open_source("portrait"))))

    for image in (frame.image, small):
        assert MARK.search(image.tobytes())
        assert MARK.search(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).tobytes())
    assert not MARK.search(plain.image.tobytes())
    assert not MARK.search(clip.read_bytes())  # nor is it found because the clip was read
    assert ENCODED.search(cv2.imencode(".png", small)[1].tobytes())
    assert ENCODED.search(cv2.imencode(".jpg", np.ascontiguousarray(small))[1].tobytes())


def test_no_picture_is_written_or_sent(clip, server, tmp_path):
    """The preview's pictures go from the detector to its parent by a pipe, and nowhere else."""
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    trace, data = tmp_path / "trace", tmp_path / "data"
    argv = ["strace", "-f", "--seccomp-bpf", "-qq", "-yy", "-xx", "-s", "200000"]
    argv += ["-e", "trace=write,writev,pwrite64,sendto,sendmsg", "-o", str(trace)]
    argv += [sys.executable, "-c", PROGRAM, str(clip), server.url, str(data)]

    done = subprocess.run(argv, capture_output=True, check=True)

    sealed, synced = map(int, done.stdout.split())
    assert sealed == synced >= 2
    text = trace.read_text()
    if HIDDEN.search(text):
        pytest.skip("not root: what the detector writes was hidden, and not searched")
    written = [Written(named(to), unescaped(shown)) for to, shown in OUTPUT.findall(text)]
    pictures = [it for it in written if it.is_between_processes and MARK.search(it.data)]
    assert len(pictures) >= 10
    elsewhere = [it for it in written if not it.is_between_processes]
    assert any(it.is_sent for it in elsewhere)
    assert any("outbox" in it.to for it in elsewhere)
    assert [it.to for it in elsewhere if MARK.search(it.data) or ENCODED.search(it.data)] == []
    assert sum(len(it.data) for it in elsewhere if it.is_sent) < MOST_SENT_BYTES
    for path in data.rglob("*"):
        if path.is_file():
            assert not MARK.search(path.read_bytes())
    for printed in (done.stdout, done.stderr):
        assert not MARK.search(printed)
    assert b"Picture(t_s=" in done.stderr
    assert b"grey" not in done.stderr
    assert b"outlines" not in done.stderr
