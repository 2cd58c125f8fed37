"""Whether a face is there, and no print or screen of one. A deterrent, not security: docs/face.md says how often it
errs, and nobody is refused for it."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from edge.face.detector import Face
from edge.face.picture import Picture, cut
from edge.face.runtime import Model

SIDE = 80
LIVE = 1  # of the three classes; the others are kinds of spoof


class Spoof(NamedTuple):
    """One model, and how much of the surroundings it looks at: the face's box, so many times larger."""

    model: Model
    scale: float


class Liveness:
    """The models, loaded; belongs to one thread.

    Source: minivision-ai/Silent-Face-Anti-Spoofing, src/generate_patches.py: the crop is shifted into the picture, and
    made smaller where the picture is.
    """

    INPUT = (1, SIDE, SIDE, 3)
    OUTPUT = (1, 3)

    def __init__(self, models: Sequence[Spoof]) -> None:
        self.models = tuple(models)

    def score(self, picture: Picture, face: Face) -> float:
        """0 (a print or a screen) to 1 (alive): the mean of the models."""
        return float(np.mean([self._live(model, picture, face, scale) for model, scale in self.models]))

    def _live(self, model: Model, picture: Picture, face: Face, scale: float) -> float:
        patch = cv2.resize(_surroundings(picture, face, scale), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        logits = model.run(patch[None, :, :, ::-1].astype(np.float32))[0][0]  # BGR, 0 to 255
        odds = np.exp(logits - logits.max())
        return float(odds[LIVE] / odds.sum())


def _surroundings(picture: Picture, face: Face, scale: float) -> Picture:
    rows, columns = picture.shape[:2]
    scale = min(scale, (columns - 1) / max(face.width, 1), (rows - 1) / max(face.height, 1))
    width, height = face.width * scale, face.height * scale
    left = min(max(face.left + face.width / 2 - width / 2, 0), columns - width)
    top = min(max(face.top + face.height / 2 - height / 2, 0), rows - height)
    return cut(picture, left, top, width, height)
