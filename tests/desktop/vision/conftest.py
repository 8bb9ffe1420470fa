"""Real video files, painted from the portrait."""

import cv2
import pytest

from waw_desktop.vision.capture import frames, open_source


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """Return a function that writes a source's frames into a video file."""
    folder = tmp_path_factory.mktemp("clips")

    def write(name, spec, change=lambda image: image):
        source = open_source(spec)
        path = folder / name
        codec = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
        writer = cv2.VideoWriter(str(path), codec, source.fps, (640, 480))
        for frame in frames(source):
            writer.write(change(frame.image))
        writer.release()
        return path

    return write


@pytest.fixture(scope="session")
def blinking_clip(record):
    """Return eight seconds of the portrait as a file, and what it paints."""
    return record("blinking.mp4", "portrait?fps=30&seconds=8&seed=1")
