"""A facility's logo in two colours, ink and paper, so that it can be recognised on thermal paper. Pure."""

import struct
from io import BytesIO

from PIL import Image, ImageOps

# How well two colours tell a picture's greys, 0 to 1: from here on it is drawn in two, below that in dots.
TWO_COLOURS = 0.87
FAINT = 24  # greys no darker than this are not seen on white


class NotAPicture(Exception):
    """The bytes are no JPEG, PNG or WebP that can be decoded."""


def read_logo(data: bytes) -> Image.Image:
    """The picture in a JPEG, PNG or WebP file, as greys on white. Raises NotAPicture.

    A white logo that was drawn for a dark ground is seen by its outline.
    """
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as file:
            picture = file.convert("RGBA")
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error) as error:
        raise NotAPicture(type(error).__name__) from None  # what Pillow's decoders raise on damaged files
    opaque = picture.getchannel("A")
    white = Image.new("RGBA", picture.size, "white")
    grey = Image.alpha_composite(white, picture).convert("L")
    if not any(grey.histogram()[: 255 - FAINT]) and not all(opaque.tobytes()):
        grey = ImageOps.invert(opaque)
    inked = ImageOps.invert(grey).point(lambda ink: 255 if ink > FAINT else 0).getbbox()
    return grey.crop(inked) if inked else grey


def printed_logo(logo: Image.Image, most_width: int, most_height: int) -> Image.Image:
    """A picture of ``read_logo`` as large as these dots let it be, black (0) and white (255) only, mode "L".

    Source: N. Otsu, A threshold selection method from gray-level histograms, 1979, for what is drawn in two colours;
    what is not, as a photograph, is dithered by Floyd and Steinberg's method (Pillow's own).
    """
    scale = min(most_width / logo.width, most_height / logo.height)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    grey = ImageOps.autocontrast(logo.resize(size, Image.Resampling.LANCZOS))
    threshold, told = _otsu(grey.histogram())
    if told >= TWO_COLOURS:
        return grey.point(lambda light: 255 if light > threshold else 0)
    return grey.convert("1").convert("L")


def _otsu(histogram: list[int]) -> tuple[int, float]:
    """The grey that parts the dark from the light best, and the share of all variance that lies between the two."""
    count = sum(histogram)
    mean = sum(grey * there for grey, there in enumerate(histogram)) / count
    variance = sum((grey - mean) ** 2 * there for grey, there in enumerate(histogram)) / count
    best, threshold = 0.0, 127
    dark, moment = 0, 0
    for grey, there in enumerate(histogram):
        dark, moment = dark + there, moment + grey * there
        if 0 < dark < count:
            between = (mean * dark - moment) ** 2 / (dark * (count - dark))
            if between > best:
                best, threshold = between, grey
    return threshold, best / variance if variance else 1.0
