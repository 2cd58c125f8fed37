"""Whether a face is fit for a picture, and if not, what its owner can do about it. Pure; thresholds: docs/face.md."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.face.alignment import EYE_DISTANCE, aligned
from edge.face.detector import Face
from edge.face.hint import Hint
from edge.face.picture import Picture

NEAR_SHARE = 0.04  # of the picture's width between the eyes: about 1.2 m before a camera that sees 66° across
PRESENT_SHARE = 0.03  # somebody who comes up, about 1.6 m
TOO_NEAR_SHARE = 0.30
PORTRAIT_PX = 90.0  # between the eyes: an officer is to recognise the person
TEMPLATE_PX = 60.0  # enough to be compared
MOST_TURNED = 0.20  # the nose beside the middle of the eyes, in eye distances
MOST_ROLLED_DEGREES = 15.0
LEAST_SHARPNESS = 150.0  # variance of the Laplacian on the aligned face, as if its mean luma were MEDIUM
MEDIUM = 130.0
DARKEST, BRIGHTEST = 50.0, 180.0  # mean luma of the face, 0 to 255; dark skin in good light has about 85 and more
BRIGHTEST_FACE = 215.0
MOST_CLIPPED = 0.08  # share of the face that is white
BACKLIT_BY = 90.0  # how much brighter the surroundings are than a face that is darker than BACKLIT_FACE
BACKLIT_FACE = 95.0
LEAST_SKIN = 4.0  # how red skin is, in Cr above grey; below it the picture has too little colour to find a mask by it
MASK_REDNESS = 0.4  # the redder part of the mouth, of the skin's redness; a beard leaves lips, cloth leaves none
GLASSES_DARKNESS = 0.40  # the lighter part of each eye, of the skin's luma
GREY = 128.0  # Cr of what has no colour
# Rows and columns of an aligned face: the cheeks below the eyes, the forehead; and the nose.
_SKIN = (slice(58, 72), slice(22, 40)), (slice(58, 72), slice(72, 90)), (slice(20, 36), slice(36, 76))
_NOSE = slice(62, 76), slice(48, 64)

Plane = NDArray[np.uint8]


def position_hint(faces: Sequence[Face], width: int, height: int, least_px: float = 0) -> Hint | None:
    """What is wrong with how many stand there, and where; None where one person stands well.

    Somebody behind who is less than half as large is not counted. A child's face low in the picture is as good as any
    other, as long as the whole of it is in the picture: one that is cut off above or below comes into it by a step
    back. ``least_px``: between the eyes, where the share of the width is not enough.
    """
    if not faces:
        return Hint.NOBODY
    face = faces[0]
    if any(other.size > face.size / 2 for other in faces[1:]):
        return Hint.SEVERAL
    if face.size < max(NEAR_SHARE * width, least_px):
        return Hint.CLOSER
    if face.size > TOO_NEAR_SHARE * width or face.top < 0 or face.top + face.height > height:
        return Hint.STEP_BACK
    if face.left < 0 or face.left + face.width > width:
        return Hint.CENTRE
    return _pose_hint(face)


def _pose_hint(face: Face) -> Hint | None:
    right, left, nose = face.points[0], face.points[1], face.points[2]
    across = left - right
    if abs(np.degrees(np.arctan2(across[1], across[0]))) > MOST_ROLLED_DEGREES:
        return Hint.STRAIGHTEN
    unit = across / max(face.eye_distance, 1e-6)
    turned = float((nose - (left + right) / 2) @ unit) / max(face.eye_distance, 1e-6)
    return Hint.LOOK_AHEAD if abs(turned) > MOST_TURNED else None


def picture_hint(picture: Picture, face: Face) -> Hint | None:
    """What is wrong with the light on the face, what covers it, or how sharp it is; None where it is good.

    Sharpness is judged only where the picture has at least as many pixels of the face as an aligned one.
    """
    crop = aligned(picture, face)
    return crop_hint(crop, surroundings(picture), sharp=face.eye_distance < EYE_DISTANCE)


def surroundings(picture: Picture) -> float:
    """The mean luma of the whole picture, from a few thousand of its pixels."""
    step = max(1, picture.shape[1] // 80)
    return float(cv2.cvtColor(np.ascontiguousarray(picture[::step, ::step]), cv2.COLOR_RGB2GRAY).mean())


def crop_hint(crop: Picture, around: float, *, sharp: bool = False) -> Hint | None:
    """The same for an aligned face [112, 112, 3] and the mean luma of what it was cut from.

    ``sharp``: it is known to be sharp, or cannot be told.
    """
    planes = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb), np.uint8)
    luma, red = np.ascontiguousarray(planes[:, :, 0]), planes[:, :, 1]
    mean = float(luma[20:100, 20:92].mean())
    return _light_hint(luma, mean, around) or _cover_hint(luma, red) or (None if sharp else _blur_hint(luma, mean))


def _light_hint(luma: Plane, mean: float, around: float) -> Hint | None:
    if mean < BACKLIT_FACE and around - mean > BACKLIT_BY:
        return Hint.BACKLIT
    if mean < DARKEST:
        return Hint.DARK
    white = float((luma[20:100, 20:92] >= 250).mean())
    return Hint.BRIGHT if mean > BRIGHTEST_FACE or (mean > BRIGHTEST and white > MOST_CLIPPED) else None


def _cover_hint(luma: Plane, red: Plane) -> Hint | None:
    """Glasses that are dark, or a mask of another colour than skin.

    The skin is what is lighter, and what is redder, of cheeks, nose and forehead: one or another may be under hair, a
    cap, the glasses or the mask. The places are wide enough for the points of the eyes to be wrong by a rim's height.
    """
    skin_luma = max(_ranked(luma[place], 50) for place in (*_SKIN, _NOSE))
    eyes = max(_ranked(luma[46:64, column - 11 : column + 11], 60) for column in (38, 73))
    if eyes < GLASSES_DARKNESS * skin_luma:
        return Hint.GLASSES
    skin_red = max(_ranked(red[place], 50) for place in _SKIN) - GREY
    mouth = _ranked(red[84:101, 40:72], 75) - GREY
    return Hint.MASK if skin_red >= LEAST_SKIN and mouth < MASK_REDNESS * skin_red else None


def _ranked(values: Plane, percent: int) -> float:
    """The value below which so many of them lie; for bytes, sorting is quicker than NumPy's percentile."""
    return float(np.sort(values, axis=None)[values.size * percent // 100])


def _blur_hint(luma: Plane, mean: float) -> Hint | None:
    """Edges are weaker where there is less light: the measure is taken as if there were a medium one."""
    sharpness = float(cv2.Laplacian(luma, cv2.CV_16S).var()) * (MEDIUM / mean) ** 2
    return Hint.BLURRED if sharpness < LEAST_SHARPNESS else None
