"""Pictures of faces for tests: the one that ships, the photographs of ``MOISO_TEST_DATA``, what is drawn on them."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

import edge.devices.sim
from edge.face.detector import Detector, Face
from edge.face.picture import Picture, decode

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("MOISO_TEST_DATA", ROOT.parent / "shared/data"))
FACES, PACK = DATA / "faces", DATA / "models"
ASTRONAUT = Path(edge.devices.sim.__file__).with_name("astronaut.jpg")

needs_photographs = pytest.mark.skipif(
    not (FACES / "manifest.json").exists(), reason="no test photographs: set MOISO_TEST_DATA to a folder with faces/"
)
needs_pack = pytest.mark.skipif(
    not (PACK / "manifest.json").exists(), reason="no model pack: set MOISO_TEST_DATA to a folder with models/"
)

WALL = (90, 95, 100)
MASKS = {"blue": (130, 180, 215), "white": (225, 228, 230), "black": (35, 35, 38)}
DARK_GLASS = (25, 22, 22)


class Photograph(NamedTuple):
    """One of the photographs; ``faces`` None: several. ``independent``: of its person there is another, taken anew."""

    name: str
    faces: int | None
    subject: str | None
    independent: bool

    @property
    def image(self) -> bytes:
        """The file."""
        return (FACES / self.name).read_bytes()

    @property
    def picture(self) -> Picture:
        """The picture."""
        return decode(self.image)


def photographs() -> list[Photograph]:
    """All of the manifest, but the drawing."""
    entries = json.loads((FACES / "manifest.json").read_bytes())
    return [
        Photograph(
            entry["file"],
            entry["faces"] if isinstance(entry["faces"], int) else None,
            entry["subject"],
            entry.get("pair") == "independent photographs",
        )
        for entry in entries
        if not entry["file"].startswith("drawing")
    ]


@lru_cache(1)
def detector() -> Detector:
    """One for all tests of a process, which run in one thread."""
    return Detector()


def face_of(picture: Picture) -> Face:
    """The only face in a picture."""
    (face,) = detector().find_closely(picture)
    return face


@lru_cache(1)
def astronaut() -> Picture:
    """Eileen Collins (NASA, public domain), 1024 × 768, 113 pixels between the eyes."""
    return decode(ASTRONAUT.read_bytes())


def before_camera(
    person: Picture, eyes_px: float, *, size: tuple[int, int] = (2304, 1296), at: tuple[float, float] = (0.5, 0.5)
) -> Picture:
    """A camera's picture of a person before a wall, with so many pixels between the eyes, the face at this place."""
    face = face_of(person)
    scale = eyes_px / face.eye_distance
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(person, None, fx=scale, fy=scale, interpolation=interpolation)
    shift = np.array(at) * size - face.points[:4].mean(0) * scale
    placed = cv2.warpAffine(
        scaled, np.array([(1, 0, shift[0]), (0, 1, shift[1])]), size, borderMode=cv2.BORDER_CONSTANT, borderValue=WALL
    )
    return np.asarray(placed, np.uint8)


def turned(picture: Picture, degrees: float) -> Picture:
    """The picture turned about its middle."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderValue=WALL), np.uint8)


def brightened(picture: Picture, factor: float) -> Picture:
    """So many times as bright, with the noise of a sensor."""
    noise = np.random.default_rng(8).normal(0, 2, picture.shape)
    return np.clip(picture * factor + noise, 0, 255).astype(np.uint8)


def with_mask(picture: Picture, colour: tuple[int, int, int]) -> Picture:
    """A mask of this colour drawn over nose, mouth and chin, with folds."""
    face = face_of(picture)
    eye, (nose, mouth) = face.eye_distance, face.points[2:4]
    down = mouth - face.points[:2].mean(0)
    down /= np.linalg.norm(down)
    across = np.array((down[1], -down[0])) * (1 if face.points[1][0] > face.points[0][0] else -1)
    edge_of_mask = [
        nose - down * 0.15 * eye,
        nose + across * eye - down * 0.05 * eye,
        mouth + across * 0.75 * eye + down * 0.45 * eye,
        mouth + down * 0.85 * eye,
        mouth - across * 0.75 * eye + down * 0.45 * eye,
        nose - across * eye - down * 0.05 * eye,
    ]
    drawn = picture.copy()
    cv2.fillPoly(drawn, [np.array(edge_of_mask).round().astype(np.int32)], colour)
    fold = tuple(int(0.85 * part) for part in colour)
    for step in (-0.3, -0.1, 0.1):
        middle = mouth + down * step * eye
        ends = [tuple(int(n) for n in middle + side * across * 0.7 * eye) for side in (-1, 1)]
        cv2.line(drawn, ends[0], ends[1], fold, max(1, round(eye / 40)))
    return drawn


def with_dark_glasses(picture: Picture) -> Picture:
    """Sunglasses drawn over both eyes."""
    face = face_of(picture)
    eye = face.eye_distance
    points = [(round(float(x)), round(float(y))) for x, y in face.points[:2]]
    along = face.points[1] - face.points[0]
    drawn = picture.copy()
    for point in points:
        axes = round(0.42 * eye), round(0.32 * eye)
        cv2.ellipse(drawn, point, axes, float(np.degrees(np.arctan2(along[1], along[0]))), 0, 360, DARK_GLASS, -1)
    cv2.line(drawn, points[0], points[1], DARK_GLASS, max(2, round(eye / 12)))
    return drawn
