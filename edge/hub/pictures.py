"""A picture as TVs show it: drawn anew as JPEG or PNG, upright, no larger than 4K, and without what a camera adds."""

import struct
import warnings
from io import BytesIO

from PIL import Image, ImageOps

from edge.hub.media_faults import MediumFault, Unfit

MAX_PIXELS = 50_000_000
LONG_SIDE_PX = 3840
QUALITY = 90


def redraw(data: bytes, most_bytes: int) -> bytes:
    """The picture, drawn anew: where it was taken, by whom and with which camera is gone, and so is whatever else a
    file can carry behind a picture. PNG stays PNG, and so does what is transparent, as long as it is not too large.

    Raises Unfit where it cannot be decoded as JPEG, PNG or WebP, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures, bounded below, and of damaged EXIF, which is dropped
            with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
                pixels = image.width * image.height
                if pixels > MAX_PIXELS:
                    raise Unfit(MediumFault.PIXELS, pixels=pixels // 1_000_000, most=MAX_PIXELS // 1_000_000)
                is_png, is_clear = image.format == "PNG", image.has_transparency_data
                is_scalable = image.mode in ("RGB", "RGBA")  # a palette is not
                drawn = image if is_scalable else image.convert("RGBA" if is_clear else "RGB")
                drawn.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))  # a large JPEG is decoded smaller at once
                drawn = ImageOps.exif_transpose(drawn)
    except Image.DecompressionBombError:
        raise Unfit(MediumFault.PIXELS, pixels=200, most=MAX_PIXELS // 1_000_000) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error):
        raise Unfit(MediumFault.PICTURE) from None  # what Pillow's decoders raise on damaged files
    if drawn.mode != ("RGBA" if is_clear else "RGB"):
        drawn = drawn.convert("RGBA" if is_clear else "RGB")
    if is_png or is_clear:
        png = _encoded(drawn, "PNG")
        if len(png) <= most_bytes:
            return png
    if is_clear:
        white = Image.new("RGBA", drawn.size, "white")
        white.alpha_composite(drawn)
        drawn = white.convert("RGB")
    return _encoded(drawn, "JPEG")


def _encoded(image: Image.Image, form: str) -> bytes:
    clean = Image.new(image.mode, image.size)
    clean.paste(image)  # the pixels, and nothing that Pillow would write along
    buffer = BytesIO()
    clean.save(buffer, form, quality=QUALITY)
    return buffer.getvalue()
