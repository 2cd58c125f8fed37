"""The folder that the demo's camera looks at: who stands before the kiosk."""

from pathlib import Path

from PIL import Image

from edge.face.picture import decode
from tests.faces import before_camera

EYES_PX, NEAR_PX = 200.0, 420.0  # between the eyes: at the kiosk, and a step too near
SIZE = (1280, 960)


def stand(folder: Path, photograph: Path, eyes_px: float = EYES_PX) -> None:
    """Whoever this photograph shows stands before the kiosk's camera now, as near as one stands at a kiosk."""
    picture = before_camera(decode(photograph.read_bytes()), eyes_px, size=SIZE)
    new = folder.parent / "person.new"  # the camera finds it whole or not at all
    Image.fromarray(picture).save(new, "JPEG", quality=92)
    new.replace(folder / "person.jpg")


def go_away(folder: Path) -> None:
    """Nobody stands there."""
    for picture in folder.iterdir():
        picture.unlink()
