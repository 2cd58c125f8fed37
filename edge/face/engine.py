"""Faces for a kiosk: is somebody there, what should they do, and the picture that is taken in the end.

One thread has the models (``FaceEngine`` is not shared); whoever owns it calls its methods one after another.
"""

from pathlib import Path

import cv2
from msgspec import Struct

from edge.contracts.face import MAX_PORTRAIT_BYTES, ChipVerdict
from edge.face import likeness
from edge.face.alignment import aligned
from edge.face.detector import Detector, Face
from edge.face.hint import Hint
from edge.face.model_pack import Pack, load_pack
from edge.face.picture import Picture, PictureError, cut, decode, encode_portrait
from edge.face.quality import (
    PORTRAIT_PX,
    PRESENT_SHARE,
    TEMPLATE_PX,
    crop_hint,
    picture_hint,
    position_hint,
    surroundings,
)

LEAST_LIVE = 0.2
HEAD = (0.9, 1.2)  # how much wider and higher than the face's box a portrait is, on each side a half of it


class Sight(Struct, frozen=True):
    """One look of the watching camera: how many faces, whether one is near, and what is wrong (None: nothing)."""

    faces: int
    near: bool
    hint: Hint | None


class Still(Struct, frozen=True):
    """What was made of one full picture. With a ``hint`` it is not fit and nothing else is there.

    ``portrait`` is a JPEG, ``template`` None without a pack or where none was asked for, ``live`` 0 to 1 or None
    without a pack.
    """

    hint: Hint | None
    portrait: bytes = b""
    template: bytes | None = None
    live: float | None = None

    def __repr__(self) -> str:
        return f"Still(hint={self.hint}, …)"


class FaceEngine:
    """Detector and model pack, loaded."""

    def __init__(self, pack: Path | None = None) -> None:
        """Raises FaceUnavailable without runtime or detector, PackError on a pack that cannot be used."""
        cv2.setNumThreads(1)  # for the process: OpenCV's threads wait busily, and the models are slower beside them
        self._detector = Detector()
        self._pack = load_pack(pack) if pack else Pack(None, None, ())
        self._least_share = 0.0  # of a watching picture's width between the eyes, so that a still has enough pixels

    @property
    def can_compare(self) -> bool:
        """Whether there is a pack with an embedding."""
        return self._pack.embedder is not None

    @property
    def can_tell_live(self) -> bool:
        """Whether there is a pack with liveness."""
        return self._pack.liveness is not None

    @property
    def licences(self) -> tuple[tuple[str, str], ...]:
        """The files of the pack, each with its licence."""
        return self._pack.licences

    def look(self, picture: Picture) -> Sight:
        """What the watching camera sees. How near somebody must come is judged by the last still, if there was one."""
        faces = self._detector.find(picture)
        height, width = picture.shape[:2]
        near = bool(faces) and faces[0].size >= PRESENT_SHARE * width
        hint = position_hint(faces, width, height, self._least_share * width)
        return Sight(len(faces), near, hint or picture_hint(picture, faces[0]))

    def take(self, picture: Picture, *, with_portrait: bool, with_template: bool) -> Still:
        """The picture of the person who stands there, as far as it was agreed to."""
        faces = self._detector.find_closely(picture)
        height, width = picture.shape[:2]
        least_px = PORTRAIT_PX if with_portrait else TEMPLATE_PX
        self._least_share = least_px / width
        hint = position_hint(faces, width, height, least_px)
        if hint:
            return Still(hint)
        face = faces[0]
        crop = aligned(picture, face)
        hint = crop_hint(crop, surroundings(picture))
        if hint:
            return Still(hint)
        live = self._pack.liveness.score(picture, face) if self._pack.liveness else None
        portrait = encode_portrait(_head(picture, face), MAX_PORTRAIT_BYTES) if with_portrait else b""
        template = None
        if with_template and self._pack.embedder:
            template = likeness.pack_template(self._pack.embedder.embed(crop))
        return Still(None, portrait, template, live)

    def template_of(self, image: bytes) -> bytes:
        """The template of the largest face in a JPEG, PNG or JPEG 2000.

        Raises PictureError where it cannot be read or shows no face, RuntimeError without an embedding.
        """
        if self._pack.embedder is None:
            raise RuntimeError("no model pack is installed")
        picture = decode(image)
        faces = self._detector.find_closely(picture)
        if not faces:
            raise PictureError("a picture without a face")
        return likeness.pack_template(self._pack.embedder.embed(aligned(picture, faces[0])))

    def compare_with_chip(self, template: bytes, portrait: bytes) -> ChipVerdict:
        """How a live face compares with the portrait in a chip (JPEG or JPEG 2000).

        UNSURE where that portrait cannot be read or shows no face: an officer looks. Raises RuntimeError without an
        embedding.
        """
        try:
            return likeness.verdict(likeness.cosine(template, self.template_of(portrait)))
        except PictureError:
            return ChipVerdict.UNSURE


def _head(picture: Picture, face: Face) -> Picture:
    """The face with hair and shoulders, as far as the picture reaches."""
    wide, high = face.width * HEAD[0], face.height * HEAD[1]
    left, top = face.left - wide / 2, face.top - high * 0.55
    return cut(picture, left, top, face.width + wide, face.height + high)
