"""Trouble with a camera, played over the real way of capture.

The machines that test have no camera and cannot be given one. A server on loopback sends the
portrait as motion JPEG, as many network cameras do, and can be unplugged, held, covered and stuck.
"""

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision.capture import open_source
from waw_desktop.vision.loop import readings
from waw_desktop.vision.portrait import Portrait

FPS = 15
PATIENCE_S = 40


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing of a viewer that is cut off."""


class Camera:
    """A network camera.

    Attributes:
        trouble: "none", "black", "frozen", "held" (it answers and sends no picture), "forbidden".
    """

    def __init__(self):
        self.trouble = "none"
        self._portrait = Portrait(f"portrait?fps={FPS}")
        self._picture = self._next()
        self._port = 0
        self._server: _Quiet | None = None

    def plug(self):
        """Begin to serve, always at the same address."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                camera.serve(self)

            def log_message(self, *args):
                """Say nothing."""

        self._server = _Quiet(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self._is_plugged = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._port}/camera"

    def unplug(self):
        """Cut off who watches, and answer nobody."""
        self._is_plugged = False
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def serve(self, request):
        """Send pictures for as long as it is plugged in."""
        if self.trouble == "forbidden":
            request.send_error(403)
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        with suppress(OSError):  # nobody watches any more
            while self._is_plugged:
                if self.trouble != "held":
                    request.wfile.write(self._part())
                time.sleep(1 / FPS)

    def _part(self):
        if self.trouble != "frozen":
            self._picture = self._next()
        image = np.zeros_like(self._picture) if self.trouble == "black" else self._picture
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"

    def _next(self):
        painted = self._portrait.next()
        assert painted is not None
        return painted[0]


@pytest.fixture
def camera():
    camera = Camera()
    yield camera
    camera.unplug()


def wait_for(seen, state):
    """Return the blinks counted until a state is told."""
    closures, deadline_s = [], time.monotonic() + PATIENCE_S
    for reading in seen:
        closures += reading.closures
        if reading.state is state:
            return closures
        assert time.monotonic() < deadline_s, reading.state
    raise AssertionError


@pytest.mark.parametrize(
    ("trouble", "state"), [("black", State.BLACK), ("frozen", State.FROZEN), ("held", State.FROZEN)]
)
def test_a_picture_that_is_none(camera, trouble, state):
    """It is named, and over when there are pictures again."""
    address = camera.plug()
    seen = readings(lambda: open_source(address), is_thrifty=True)
    wait_for(seen, State.TRACKING)

    camera.trouble = trouble
    wait_for(seen, state)
    camera.trouble = "none"

    wait_for(seen, State.TRACKING)


def test_unplugged_and_plugged_in_again(camera):
    """The loop goes on meanwhile, says what is missing, and tracks again by itself."""
    address = camera.plug()
    seen = readings(lambda: open_source(address), is_thrifty=True)
    wait_for(seen, State.TRACKING)

    camera.unplug()
    wait_for(seen, State.NO_CAMERA)
    assert wait_for(seen, State.NO_CAMERA) == []
    camera.plug()

    wait_for(seen, State.TRACKING)


def test_held_by_somebody_else(camera):
    """Opening hangs in a thread of its own: readings keep coming, and say busy."""
    camera.trouble = "held"
    address = camera.plug()
    seen = readings(lambda: open_source(address), is_thrifty=True)
    wait_for(seen, State.STARTING)
    wait_for(seen, State.STARTING)  # a quarter of a second later, while it is being opened

    wait_for(seen, State.BUSY)
    camera.trouble = "none"

    wait_for(seen, State.TRACKING)


def test_forbidden(camera):
    """A stream that is refused is no camera: FFmpeg does not tell why it got none."""
    camera.trouble = "forbidden"
    address = camera.plug()
    seen = readings(lambda: open_source(address), is_thrifty=True)

    wait_for(seen, State.NO_CAMERA)
    camera.trouble = "none"

    wait_for(seen, State.TRACKING)
