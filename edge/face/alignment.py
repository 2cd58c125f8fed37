"""A face turned upright and scaled to the square that the embedding was trained on."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.face.detector import Face
from edge.face.picture import Picture

SIDE = 112
EYE_DISTANCE = 35.24  # of an aligned face, in pixels
# Where eyes, nose and the middle of the mouth belong. Source: deepinsight/insightface, face_align.py (arcface_dst);
# the detector has one point for the mouth, so its corners are replaced by their middle.
TEMPLATE: NDArray[np.float32] = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (56.1396, 92.2848)], np.float32
)


def aligned(picture: Picture, face: Face) -> Picture:
    """The face as uint8 [112, 112, 3], RGB, upright; black where the picture ends."""
    turned = cv2.warpAffine(picture, similarity(face.points[:4], TEMPLATE), (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8)


def similarity(source: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float64]:
    """The turn, scale and shift [2, 3] that brings ``source`` closest to ``target`` (least squares, no mirroring).

    Source: Umeyama 1991, in the plane, as one division of complex numbers.
    """
    one = source[:, 0].astype(np.float64) + 1j * source[:, 1]
    two = target[:, 0].astype(np.float64) + 1j * target[:, 1]
    from_middle = one - one.mean()
    spread = float((from_middle.conj() * from_middle).real.sum())
    turn = complex((from_middle.conj() * (two - two.mean())).sum()) / max(spread, 1e-9)
    shift = complex(two.mean()) - turn * complex(one.mean())
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
