"""Read a slip as a patient, and a patient's telephone, would."""

import io
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps

# How far the eye is, how blurred it sees, what it reads, and whether it looks for columns ("4") or takes the paper for
# one block ("6"). One reading seldom gets every small diacritic right; a word that is misprinted is right in none.
EYES = ((1.0, 0.0, "vie+eng", "4"), (0.6, 0.0, "vie", "4"), (0.7, 0.0, "vie+eng", "4"), (1.0, 0.8, "vie+eng", "4"))
NEAR_EYES = (*EYES, (1.0, 0.0, "vie", "4"), (2.0, 0.8, "vie", "6"))  # for the smaller letters of narrow paper


def ticket_id(png: bytes, folder: Path) -> str:
    """The ticket id in the slip's QR, as zbarimg reads it."""
    picture = folder / "slip.png"
    picture.write_bytes(png)
    done = subprocess.run(["zbarimg", "--raw", "-q", str(picture)], capture_output=True, text=True, check=True)
    return done.stdout.strip().rpartition("/")[2]


def label(png: bytes) -> str:
    """The number, the tallest line on the paper above the QR; a letter, then digits, so O is 0 and I is 1."""
    with Image.open(io.BytesIO(png)) as picture:
        paper = picture.convert("L").crop((0, 0, picture.width, picture.height * 2 // 3))
    inked = [min(paper.crop((0, y, paper.width, y + 1)).tobytes()) < 128 for y in range(paper.height)] + [False]
    lines, top = [], 0
    for y, ink in enumerate(inked):
        if not ink:
            lines.append((y - top, top))
            top = y + 1
    height, top = max(lines)
    line = ImageOps.expand(paper.crop((0, top, paper.width, top + height)), 60, 255).reduce(3)
    text = _tesseract(line, "eng", "7", 70)
    return text[:1] + text[1:].translate(str.maketrans("OoIl", "0011"))


def missing(png: bytes, words: tuple[str, ...]) -> list[str]:
    """Those of the words that cannot be read on the paper; it is read again only for what was not."""
    left = list(words)
    for text in _readings(png, NEAR_EYES):
        left = [word for word in left if word not in text]
        if not left:
            break
    return left


def readings(png: bytes) -> list[str]:
    """The text on the slip as tesseract reads it, once with each of ``EYES``."""
    return list(_readings(png, EYES))


def _readings(png: bytes, eyes: Iterable[tuple[float, float, str, str]]) -> Iterator[str]:
    with Image.open(io.BytesIO(png)) as picture:
        paper = ImageOps.expand(picture.convert("L"), 40, 255)
    for scale, blur, languages, mode in eyes:
        seen = paper.filter(ImageFilter.GaussianBlur(blur))
        seen = seen.resize((round(seen.width * scale), round(seen.height * scale)), Image.Resampling.BOX)
        yield _tesseract(seen, languages, mode, round(203 * scale))


def _tesseract(picture: Image.Image, languages: str, mode: str, dpi: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    command = ["tesseract", "-", "-", "-l", languages, "--psm", mode, "--dpi", str(dpi)]
    done = subprocess.run(command, input=buffer.getvalue(), capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())
