"""What makes a face recognisable: MobileFaceNet's 128 numbers. Needs a model pack; docs/face.md has the figures."""

import numpy as np
from numpy.typing import NDArray

from edge.face.alignment import SIDE
from edge.face.likeness import Vector
from edge.face.picture import Picture
from edge.face.runtime import Model

_MEAN: NDArray[np.float32] = np.array((0.485, 0.456, 0.406), np.float32)  # ImageNet's, of the training
_STD: NDArray[np.float32] = np.array((0.229, 0.224, 0.225), np.float32)
_SCALE: NDArray[np.float32] = (1 / (255 * _STD)).astype(np.float32)
_SHIFT: NDArray[np.float32] = (-_MEAN / _STD).astype(np.float32)


class Embedder:
    """The model, loaded; belongs to one thread."""

    INPUT = (1, SIDE, SIDE, 3)
    OUTPUT = (1, 128)

    def __init__(self, model: Model) -> None:
        self.model = model
        self._input = np.empty(self.INPUT, np.float32)

    def embed(self, face: Picture) -> Vector:
        """The unit vector of an aligned face: of it and its mirror image together, which is steadier."""
        np.multiply(face, _SCALE, out=self._input[0])
        self._input += _SHIFT
        total = self.model.run(self._input)[0][0].copy()
        self._input[0] = self._input[0, :, ::-1].copy()
        total += self.model.run(self._input)[0][0]
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), np.float32)
