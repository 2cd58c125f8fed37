"""Read a slip as a patient, and a patient's telephone, would."""

import subprocess
from pathlib import Path


def ticket_id(png: bytes, folder: Path) -> str:
    """The ticket id in the slip's QR, as zbarimg reads it."""
    picture = folder / "slip.png"
    picture.write_bytes(png)
    done = subprocess.run(["zbarimg", "--raw", "-q", str(picture)], capture_output=True, text=True, check=True)
    return done.stdout.strip().rpartition("/")[2]


def text(png: bytes, folder: Path) -> str:
    """The words on the slip, as tesseract reads them in Vietnamese."""
    picture = folder / "slip.png"
    picture.write_bytes(png)
    command = ["tesseract", str(picture), "-", "-l", "vie+eng", "--psm", "4"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
