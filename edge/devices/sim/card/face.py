"""A portrait of nobody: drawn, so that no real person's face is in any simulated card."""

import io
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (413, 531)  # 35 × 45 mm at 300 dots an inch
_COMMENT_MOST = 65_535
_QUALITIES = (25, 95)


def draw_face(seed: str, jpeg_bytes: int) -> bytes:
    """A JPEG of a fictitious face, the same for the same seed, of exactly ``jpeg_bytes`` where that is at least 15,000.

    The best quality that fits is taken, and a comment segment fills the rest.
    """
    picture = _picture(Random(seed))
    low, high = _QUALITIES
    best = _jpeg(picture, low)
    while low < high:
        quality = (low + high + 1) // 2
        tried = _jpeg(picture, quality)
        if len(tried) <= jpeg_bytes:
            low, best = quality, tried
        else:
            high = quality - 1
    missing = jpeg_bytes - len(best)
    while missing >= 4:
        size = min(missing, _COMMENT_MOST)
        best = best[:2] + b"\xff\xfe" + (size - 2).to_bytes(2, "big") + bytes(size - 4) + best[2:]
        missing -= size
    return best


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _picture(chance: Random) -> Image.Image:
    width, height = SIZE
    middle = width // 2 + chance.randint(-6, 6)
    skin = (chance.randint(205, 235), chance.randint(165, 190), chance.randint(135, 160))
    hair = (chance.randint(15, 45),) * 3
    shirt = tuple(chance.randint(60, 200) for _ in range(3))
    picture = Image.new("RGB", SIZE, (222, 230, 238))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((middle - 190, 400, middle + 190, 760), fill=shirt)
    draw.rectangle((middle - 42, 330, middle + 42, 450), fill=skin)
    draw.ellipse((middle - 118, 70, middle + 118, 330), fill=hair)
    wide = chance.randint(92, 104)
    draw.ellipse((middle - wide, 105, middle + wide, 380), fill=skin)
    draw.pieslice((middle - wide - 6, 84, middle + wide + 6, 280), 180, 360, fill=hair)
    eyes, apart = 238 + chance.randint(-6, 6), chance.randint(38, 46)
    for side in (-1, 1):
        at = middle + side * apart
        draw.ellipse((at - 20, eyes - 10, at + 20, eyes + 10), fill=(250, 250, 250))
        draw.ellipse((at - 9, eyes - 9, at + 9, eyes + 9), fill=(40, 25, 20))
        draw.arc((at - 26, eyes - 38, at + 26, eyes - 4), 200, 340, fill=hair, width=6)
    draw.line((middle, 252, middle - 12, 296, middle + 10, 300), fill=(170, 120, 100), width=4)
    draw.arc((middle - 34, 300, middle + 34, 346), 20, 160, fill=(170, 70, 70), width=7)
    noise = Image.frombytes("L", SIZE, chance.randbytes(width * height)).filter(ImageFilter.GaussianBlur(1.2))
    grain = Image.merge("RGB", (noise,) * 3)
    return Image.blend(picture.filter(ImageFilter.GaussianBlur(1.0)), grain, 0.06)
