"""How like two faces are: templates and their cosine. Needs numpy only; the hub compares without seeing a picture.

Thresholds: docs/face.md, measured with the model pack that it names.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.contracts.face import TEMPLATE_BYTES, ChipVerdict

DUPLICATE = 0.55  # above: the person is asked
MATCH = 0.45
UNSURE = 0.35  # from here to MATCH an officer looks
_NORM = 0.01  # half precision keeps the length of a unit vector within a thousandth

Vector = NDArray[np.float32]


def pack_template(vector: Vector) -> bytes:
    """A template: the unit vector of 128 numbers as little-endian half-precision ones.

    Raises ValueError where the vector has another size or no direction.
    """
    if vector.shape != (TEMPLATE_BYTES // 2,):
        raise ValueError(f"a vector of {vector.shape} is no embedding of {TEMPLATE_BYTES // 2} numbers")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise ValueError("an embedding without a direction")
    return (vector / length).astype("<f2").tobytes()


def unpack_template(template: bytes) -> Vector:
    """The unit vector of a template. Raises ValueError where these bytes are none."""
    if len(template) != TEMPLATE_BYTES:
        raise ValueError(f"a template has {TEMPLATE_BYTES} bytes")
    vector = np.frombuffer(template, "<f2").astype(np.float32)
    with np.errstate(invalid="ignore"):  # an infinite one is refused below, without a warning in the log
        length = float(np.linalg.norm(vector))
    if not abs(length - 1) <= _NORM:  # written so that NaN is refused, too
        raise ValueError("a template is a unit vector")
    return vector / np.float32(length)


def cosine(one: bytes, other: bytes) -> float:
    """How like two templates are, -1 to 1. Raises ValueError where one is none."""
    return float(unpack_template(one) @ unpack_template(other))


def alike(template: bytes, others: Sequence[Vector], at_least: float = DUPLICATE) -> list[tuple[float, int]]:
    """The cosine and the place of each of ``others`` that is as like as that, the likest first."""
    if not others:
        return []
    scores = np.stack(others) @ unpack_template(template)
    return sorted(((float(scores[at]), int(at)) for at in np.flatnonzero(scores >= at_least)), reverse=True)


def verdict(score: float) -> ChipVerdict:
    """What a cosine says of a live face and the portrait in the chip."""
    if score >= MATCH:
        return ChipVerdict.MATCH
    return ChipVerdict.UNSURE if score >= UNSURE else ChipVerdict.NO_MATCH
