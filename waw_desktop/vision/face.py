"""MediaPipe's face mesh: a frame to what it shows of the eyes."""

from __future__ import annotations

from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from waw_desktop.core.openness import Sample, eye_aspect_ratio, head_pose
from waw_desktop.core.pictures import Line, Outlines
from waw_desktop.core.watch import Box, Glimpse, Surroundings
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.eyelids import Image
from waw_desktop.vision.lean import left_out
from waw_desktop.vision.quiet import native_stderr_closed

# The package loads its drawing and its newer tasks along with the mesh: a third of the detector's
# memory, and half a second of its start.
_UNUSED = ("matplotlib", "matplotlib.pyplot", "mediapipe.tasks", "mediapipe.tasks.python")

with native_stderr_closed(), left_out(*_UNUSED):
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

# p1..p6 of each eye in MediaPipe's canonical mesh: outer corner first for the right eye,
# inner corner first for the left, two points of the upper lid, two of the lower.
RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
_OUTER_CORNERS_FOREHEAD_CHIN = (33, 263, 10, 152)
_USED = (*RIGHT_EYE, *LEFT_EYE, *_OUTER_CORNERS_FOREHEAD_CHIN)

# The canonical mesh's lines for the preview, each around from one corner or from the forehead.
_RIGHT_LIDS = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
_LEFT_LIDS = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
_FACE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

_GRID = 16  # every sixteenth pixel tells light and change well enough
_SURVEY_EVERY_S = 0.5
_COUNT_EVERY_S = 2.0
_LID_MARGIN = 0.12  # of the distance between the outer corners: lids fall and brows stay out
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
        self._points: Any = None
        self._faces = 0
        self._surroundings = Surroundings(luma=0.0, face_luma=None)
        self._counted_s = self._surveyed_s = -np.inf

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
        rgb.flags.writeable = False  # MediaPipe copies what could still change
        landmarks_px = self._landmarks(rgb)
        if abs(frame.t_s - self._surveyed_s) >= _SURVEY_EVERY_S:
            self._surveyed_s = frame.t_s
            self._surroundings = self._survey(rgb, landmarks_px, frame.t_s)
        if landmarks_px is None:
            return Glimpse(Sample(frame.t_s, None), self._surroundings)
        eyes = _around_eyes(landmarks_px, frame.image)
        return Glimpse(_sample(frame.t_s, landmarks_px), self._surroundings, eyes)

    def outlines(self) -> Outlines | None:
        """Return where the mesh lies in the frame of the latest look, None without a face."""
        if self._points is None:
            return None
        return Outlines(*(self._line(corners) for corners in (_RIGHT_LIDS, _LEFT_LIDS, _FACE)))

    def _line(self, corners: tuple[int, ...]) -> Line:
        return tuple((self._points[i].x, self._points[i].y) for i in corners)

    def _landmarks(self, rgb: NDArray[Any]) -> Landmarks | None:
        """Return the used landmarks, shape (16, 3), in pixels with fractions."""
        # The mesh comments on the first face it finds.
        with nullcontext() if self._has_found else native_stderr_closed():
            faces = self._mesh.process(rgb).multi_face_landmarks
        self._points = faces[0].landmark if faces else None
        if not faces:
            return None
        self._has_found = True
        points = self._points
        height_px, width_px = rgb.shape[:2]
        used = [(p.x, p.y, p.z) for p in map(points.__getitem__, _USED)]
        return np.array(used, np.float64) * (width_px, height_px, width_px)

    def _survey(
        self, rgb: NDArray[Any], landmarks_px: Landmarks | None, t_s: float
    ) -> Surroundings:
        grid = rgb[::_GRID, ::_GRID].copy()
        is_repeat = np.array_equal(grid, self._grid)
        self._grid = grid
        if abs(t_s - self._counted_s) >= _COUNT_EVERY_S:
            self._counted_s, self._faces = t_s, self._count(rgb)
        face_luma = None if landmarks_px is None else _face_luma(grid, landmarks_px)
        return Surroundings(float(grid.mean()), face_luma, self._faces, is_repeat)

    def _count(self, rgb: NDArray[Any]) -> int:
        """Return how many people are at the screen."""
        found = self._detector.process(rgb).detections or ()
        widths = [face.location_data.relative_bounding_box.width for face in found]
        return sum(width >= _COMPARABLE * max(widths) for width in widths)


def bare_mesh() -> FaceMesh:
    """Return the model alone: one face, with the refined eyes."""
    with native_stderr_closed():
        return FaceMesh(max_num_faces=1, refine_landmarks=True)


def _sample(t_s: float, landmarks_px: Landmarks) -> Sample:
    right = eye_aspect_ratio(landmarks_px[0:6, :2])
    left = eye_aspect_ratio(landmarks_px[6:12, :2])
    yaw_deg, pitch_deg = head_pose(landmarks_px[12:16])
    return Sample(t_s, (right + left) / 2, right, left, yaw_deg, pitch_deg)


def _around_eyes(landmarks_px: Landmarks, image: Image) -> Box | None:
    """Return the part of the picture that holds both eyes, None if it holds none of them."""
    eyes_px = landmarks_px[0:12, :2]
    (left, top), (right, bottom) = eyes_px.min(axis=0), eyes_px.max(axis=0)
    margin_px = _LID_MARGIN * (right - left)
    height_px, width_px = image.shape[:2]
    box = (
        max(0, int(left)),
        max(0, int(top - margin_px)),
        min(width_px, int(right) + 1),
        min(height_px, int(bottom + margin_px) + 1),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _face_luma(grid: Image, landmarks_px: Landmarks) -> float:
    """Return the mean grey between the outer corners of the eyes, forehead and chin."""
    corners = (landmarks_px[12:16, :2] / _GRID).clip(0).astype(int)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    face = grid[top : bottom + 1, left : right + 1]
    return float(face.mean()) if face.size else 0.0
