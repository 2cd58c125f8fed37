"""What the kiosk asks for: who is there, what should they do, a picture, a template, and how it compares."""

import io
import subprocess
import sys
from itertools import combinations

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.contracts.face import MAX_PORTRAIT_BYTES, TEMPLATE_BYTES, ChipVerdict
from edge.face.engine import FaceEngine, Sight, Still
from edge.face.hint import Hint
from edge.face.likeness import MATCH, cosine
from edge.face.picture import PictureError, decode, encode_portrait
from tests.faces import (
    ASTRONAUT,
    MASKS,
    PACK,
    astronaut,
    before_camera,
    face_of,
    needs_pack,
    needs_photographs,
    photographs,
    with_mask,
)

GREY = np.full((240, 320, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def engine() -> FaceEngine:
    """Without a pack."""
    return FaceEngine()


@pytest.fixture(scope="module")
def comparing() -> FaceEngine:
    """With the pack."""
    return FaceEngine(PACK)


@pytest.mark.req("K8")
def test_the_watching_camera_sees_nobody_then_somebody_far_away_then_near_and_ready(engine: FaceEngine) -> None:
    assert engine.look(GREY) == Sight(0, False, Hint.NOBODY)
    assert engine.look(before_camera(astronaut(), 9, size=(320, 240))) == Sight(1, False, Hint.CLOSER)
    assert engine.look(before_camera(astronaut(), 13, size=(320, 240))) == Sight(1, True, Hint.CLOSER)
    assert engine.look(before_camera(astronaut(), 30, size=(320, 240))) == Sight(1, True, None)


@pytest.mark.req("K8")
def test_two_people_are_seen_as_two(engine: FaceEngine) -> None:
    two = before_camera(astronaut(), 24, size=(320, 240), at=(0.25, 0.5))
    two[:, 160:] = before_camera(astronaut(), 24, size=(320, 240), at=(0.75, 0.5))[:, 160:]
    assert engine.look(two) == Sight(2, True, Hint.SEVERAL)


@pytest.mark.req("K8")
def test_without_a_pack_there_is_a_portrait_and_nothing_is_compared(engine: FaceEngine) -> None:
    assert (engine.can_compare, engine.can_tell_live, engine.licences) == (False, False, ())
    still = engine.take(astronaut(), with_portrait=True, with_template=True)
    assert (still.hint, still.template, still.live) == (None, None, None)
    assert len(still.portrait) <= MAX_PORTRAIT_BYTES
    for refused in (lambda: engine.template_of(ASTRONAUT.read_bytes()), lambda: engine.compare_with_chip(b"", b"")):
        with pytest.raises(RuntimeError, match="pack"):
            refused()


def test_a_portrait_shows_the_head_and_not_the_hall(engine: FaceEngine) -> None:
    still = engine.take(before_camera(astronaut(), 110, at=(0.2, 0.6)), with_portrait=True, with_template=False)
    portrait = decode(still.portrait)
    height, width = portrait.shape[:2]
    assert height > width
    assert height <= 480
    face = face_of(portrait)
    assert 0.18 < face.eye_distance / width < 0.3
    assert np.abs(face.points[:4].mean(0) / (width, height) - (0.5, 0.5)).max() < 0.12


@needs_pack
@pytest.mark.req("K8")
def test_what_was_not_agreed_to_is_not_made(comparing: FaceEngine) -> None:
    assert comparing.take(astronaut(), with_portrait=False, with_template=False).portrait == b""
    assert comparing.take(astronaut(), with_portrait=True, with_template=False).template is None


@pytest.mark.req("K8")
def test_a_still_that_is_not_fit_gives_its_reason_and_nothing_else(engine: FaceEngine) -> None:
    for picture, hint in (
        (GREY, Hint.NOBODY),
        (with_mask(astronaut(), MASKS["blue"]), Hint.MASK),
        (np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 8), np.uint8), Hint.BLURRED),
        (before_camera(astronaut(), 80), Hint.CLOSER),
    ):
        assert engine.take(picture, with_portrait=True, with_template=True) == Still(hint)


def test_after_a_still_with_too_few_pixels_the_watching_camera_asks_for_more() -> None:
    engine = FaceEngine()
    watching = before_camera(astronaut(), 25, size=(320, 240))
    assert engine.look(watching).hint is None
    still = before_camera(astronaut(), 50, size=(640, 480))
    assert engine.take(still, with_portrait=True, with_template=False).hint is Hint.CLOSER
    assert engine.look(watching).hint is Hint.CLOSER
    assert engine.look(before_camera(astronaut(), 47, size=(320, 240))).hint is None


def test_what_is_shown_of_a_still_is_its_hint_only() -> None:
    assert repr(Still(None, b"JPEG", b"TEMPLATE", 0.9)) == "Still(hint=None, …)"


def jpeg2000(image: bytes) -> bytes:
    """The same picture, as chips keep it."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(image)) as picture:
        picture.resize((300, 400)).save(file, "JPEG2000", quality_mode="rates", quality_layers=[20])
    return file.getvalue()


@needs_pack
@pytest.mark.req("K8")
def test_a_live_face_is_compared_with_the_portrait_in_a_chip(comparing: FaceEngine) -> None:
    live = comparing.take(before_camera(astronaut(), 100), with_portrait=True, with_template=True)
    assert live.template is not None
    assert len(live.template) == TEMPLATE_BYTES
    head = encode_portrait(astronaut()[60:700, 270:750], MAX_PORTRAIT_BYTES)
    for portrait in (head, jpeg2000(head)):
        assert comparing.compare_with_chip(live.template, portrait) is ChipVerdict.MATCH
    for nothing in (b"", b"\xff\xd8\xff", encode_portrait(GREY, MAX_PORTRAIT_BYTES)):
        assert comparing.compare_with_chip(live.template, nothing) is ChipVerdict.UNSURE


@needs_pack
@needs_photographs
@pytest.mark.req("K8")
def test_another_persons_chip_does_not_match(comparing: FaceEngine) -> None:
    live = comparing.take(astronaut(), with_portrait=False, with_template=True).template
    assert live is not None
    others = [
        photograph for photograph in photographs() if photograph.faces == 1 and photograph.subject != "eileen_collins"
    ]
    assert {comparing.compare_with_chip(live, other.image) for other in others} == {ChipVerdict.NO_MATCH}


@needs_pack
@needs_photographs
@pytest.mark.req("K8")
def test_independent_pictures_of_one_person_match_and_of_two_people_never(comparing: FaceEngine) -> None:
    alone = [photograph for photograph in photographs() if photograph.faces == 1]
    templates = {photograph: comparing.template_of(photograph.image) for photograph in alone}
    pairs = 0
    for one, other in combinations(alone, 2):
        score = cosine(templates[one], templates[other])
        if one.subject != other.subject:
            assert score < MATCH, (one.name, other.name)
        elif one.independent:
            assert score >= MATCH, one.name
            pairs += 1
    assert pairs == 8


@needs_pack
@needs_photographs
@pytest.mark.parametrize("eyes_px", [75, 120])
def test_a_small_face_in_a_large_still_matches_as_well(comparing: FaceEngine, eyes_px: float) -> None:
    of_pair = [
        photograph for photograph in photographs() if photograph.independent and photograph.name.endswith("b.jpg")
    ]
    matched = 0
    for photograph in of_pair:
        still = before_camera(photograph.picture, eyes_px)
        try:
            image = cv2.imencode(".png", cv2.cvtColor(still, cv2.COLOR_RGB2BGR))[1].tobytes()
            small = comparing.template_of(image)
        except PictureError:
            continue
        twin = next(other for other in photographs() if other.name == photograph.name.replace("b.jpg", "a.jpg"))
        matched += cosine(small, comparing.template_of(twin.image)) >= MATCH
    assert matched >= 7


@needs_pack
def test_liveness_is_a_share_and_repeats_itself(comparing: FaceEngine) -> None:
    taken = [comparing.take(astronaut(), with_portrait=False, with_template=False).live for _ in range(2)]
    assert taken[0] is not None
    assert 0 <= taken[0] <= 1
    assert taken[0] == taken[1]


@needs_pack
def test_a_template_without_a_face_is_told(comparing: FaceEngine) -> None:
    with pytest.raises(PictureError, match="without a face"):
        comparing.template_of(encode_portrait(GREY, MAX_PORTRAIT_BYTES))


def loaded_by(module: str) -> set[str]:
    """What importing this module loads, and how many threads it starts, in a new process."""
    script = f"import {module}, sys, threading; print(threading.active_count(), *sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def test_importing_the_engine_loads_no_runtime_and_starts_no_thread() -> None:
    loaded = loaded_by("edge.face.engine")
    assert "1" in loaded
    assert not {"ai_edge_litert", "tflite_runtime"} & loaded


@pytest.mark.req("K8")
def test_the_hub_compares_without_anything_that_could_see_a_picture() -> None:
    assert not {"cv2", "PIL", "ai_edge_litert", "edge.face.engine"} & loaded_by("edge.face.likeness")
