"""Pictures as arrays: uint8 [height, width, 3], RGB. Bytes from outside are bounded before they are unpacked."""

import io
import struct

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Picture = NDArray[np.uint8]

MOST_BYTES = 8_000_000
MOST_PIXELS = 20_000_000
PORTRAIT_SIDES = (480, 240)  # the longer one, in pixels
PORTRAIT_QUALITIES = (85, 75, 65, 50, 35)  # of JPEG

_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)  # what Pillow raises


class PictureError(Exception):
    """These bytes are no picture, or a larger one than anybody needs."""


def decode(data: bytes) -> Picture:
    """The picture in a JPEG, PNG or JPEG 2000, turned upright as it says itself. Raises PictureError."""
    if len(data) > MOST_BYTES:
        raise PictureError(f"a picture of more than {MOST_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "JPEG2000")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PictureError(f"a picture of more than {MOST_PIXELS} pixels")
            upright = ImageOps.exif_transpose(image)
            return np.ascontiguousarray(np.asarray(upright.convert("RGB"), np.uint8))
    except PictureError:
        raise
    except _DAMAGE as error:
        raise PictureError("not a JPEG, PNG or JPEG 2000 that can be read") from error


def encode_portrait(picture: Picture, most_bytes: int) -> bytes:
    """A JPEG of the picture without any metadata, 480 pixels at most, in ``most_bytes`` at most.

    It is made coarser, and at last half as large, until it fits; raises PictureError where it does not even then.
    """
    for side in PORTRAIT_SIDES:
        small = cv2.cvtColor(_within(picture, side), cv2.COLOR_RGB2BGR)
        for quality in PORTRAIT_QUALITIES:
            done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if done and len(data) <= most_bytes:
                return data.tobytes()
    raise PictureError(f"the portrait does not fit into {most_bytes} bytes")


def _within(picture: Picture, side: int) -> Picture:
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    interpolation = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA  # above a half it loses nothing and is quicker
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8)


def cut(picture: Picture, left: float, top: float, width: float, height: float) -> Picture:
    """The part of a picture inside this rectangle, as far as the picture reaches; a view, not a copy."""
    rows, columns = picture.shape[:2]
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1, y1 = min(columns, round(left + width)), min(rows, round(top + height))
    return picture[y0 : max(y0 + 1, y1), x0 : max(x0 + 1, x1)]
