"""MediaPipe's face mesh: a frame to what it shows of the eyes."""

from __future__ import annotations

from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from waw_desktop.core.openness import Sample, eye_aspect_ratio, head_pose
from waw_desktop.core.watch import Glimpse
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.eyelids import Image
from waw_desktop.vision.quiet import native_stderr_closed

with native_stderr_closed():
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

# p1..p6 of each eye in MediaPipe's canonical mesh: outer corner first for the right eye,
# inner corner first for the left, two points of the upper lid, two of the lower.
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
_OUTER_CORNERS_FOREHEAD_CHIN = (33, 263, 10, 152)
_USED = (*RIGHT_EYE, *LEFT_EYE, *_OUTER_CORNERS_FOREHEAD_CHIN)

_GRID = 8  # every eighth pixel tells light and change well enough
_COUNT_EVERY_S = 1.0
_COMPARABLE = 0.5  # a second face this wide, relative to the widest, is somebody at the screen

Landmarks = NDArray[np.float64]


class FaceFinder:
    """Finds the face and measures its eyes, frame by frame."""

    def __init__(self) -> None:
        with native_stderr_closed():
            self._mesh = bare_mesh()
            self._detector = FaceDetection(model_selection=0)
            # The first call starts the graphs, with their words; nothing is seen in it.
            nothing = np.zeros((48, 64, 3), np.uint8)
            self._mesh.process(nothing)
            self._detector.process(nothing)
        self._grid: NDArray[np.uint8] = nothing
        self._has_found = False
        self._faces = 1
        self._counted_s = -np.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the models."""
        self._mesh.close()
        self._detector.close()

    def look(self, frame: Frame) -> Glimpse:
        """Return what the frame shows."""
        rgb = cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)
        landmarks_px = self._landmarks(rgb)
        grid = frame.image[::_GRID, ::_GRID]
        is_repeat = np.array_equal(grid, self._grid)
        self._grid = grid.copy()
        if landmarks_px is None:
            return Glimpse(Sample(frame.t_s, None), float(grid.mean()), None, 0, is_repeat)
        return Glimpse(
            sample=_sample(frame.t_s, landmarks_px),
            luma=float(grid.mean()),
            face_luma=_face_luma(frame.image, landmarks_px),
            faces=self._count(rgb, frame.t_s),
            is_repeat=is_repeat,
        )

    def _landmarks(self, rgb: NDArray[Any]) -> Landmarks | None:
        """Return the used landmarks, shape (16, 3), in pixels with fractions."""
        # The mesh comments on the first face it finds.
        with nullcontext() if self._has_found else native_stderr_closed():
            faces = self._mesh.process(rgb).multi_face_landmarks
        if not faces:
            return None
        self._has_found = True
        points = faces[0].landmark
        height_px, width_px = rgb.shape[:2]
        used = [(p.x, p.y, p.z) for p in (points[i] for i in _USED)]
        return np.array(used, np.float64) * (width_px, height_px, width_px)

    def _count(self, rgb: NDArray[Any], t_s: float) -> int:
        """Return how many people are at the screen, counting once a second."""
        if abs(t_s - self._counted_s) >= _COUNT_EVERY_S:
            self._counted_s = t_s
            found = self._detector.process(rgb).detections or ()
            widths = [face.location_data.relative_bounding_box.width for face in found]
            self._faces = sum(width >= _COMPARABLE * max(widths) for width in widths) or 1
        return self._faces


def bare_mesh() -> FaceMesh:
    """Return the model alone: one face, with the refined eyes."""
    with native_stderr_closed():
        return FaceMesh(max_num_faces=1, refine_landmarks=True)


def _sample(t_s: float, landmarks_px: Landmarks) -> Sample:
    right = eye_aspect_ratio(landmarks_px[0:6, :2])
    left = eye_aspect_ratio(landmarks_px[6:12, :2])
    yaw_deg, pitch_deg = head_pose(landmarks_px[12:16])
    return Sample(t_s, (right + left) / 2, right, left, yaw_deg, pitch_deg)


def _face_luma(image: Image, landmarks_px: Landmarks) -> float:
    """Return the mean grey between eyes, forehead and chin."""
    left, top = np.maximum(landmarks_px[12:16, :2].min(axis=0).astype(int), 0)
    right, bottom = np.maximum(landmarks_px[12:16, :2].max(axis=0).astype(int), 0)
    face = image[top : bottom + 1 : _GRID, left : right + 1 : _GRID]
    return float(face.mean()) if face.size else 0.0
