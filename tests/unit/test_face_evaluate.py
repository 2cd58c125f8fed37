"""``moiso-face``: figures for an operator's own pictures."""

from pathlib import Path

import numpy as np
import pytest

from edge.face.evaluate import DOUBTFUL, GOOD, LEAST_PAIRS, NOT_DONE, FolderError, Scores, people, run, scores
from edge.face.likeness import pack_template
from edge.face.picture import encode_portrait
from tests.faces import ASTRONAUT, PACK, needs_pack, needs_photographs, photographs


def test_pictures_belong_to_a_folder_a_person_or_to_what_their_names_begin_with(tmp_path: Path) -> None:
    for name in ("p01_a.jpg", "p01_b.JPG", "p02_a.png", "alone.jpeg", "notes.txt", "lan/1.jpg", "lan/2.jp2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = people(tmp_path)
    assert {person: [path.name for path in paths] for person, paths in found.items()} == {
        "alone": ["alone.jpeg"],
        "lan": ["1.jpg", "2.jp2"],
        "p01": ["p01_a.jpg", "p01_b.JPG"],
        "p02": ["p02_a.png"],
    }


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(FolderError, match="expected"):
            people(folder)


def unit(*parts: float) -> bytes:
    vector = np.zeros(128, np.float32)
    vector[: len(parts)] = parts
    return pack_template(vector)


def test_every_pair_is_counted_once_as_of_one_person_or_of_two() -> None:
    found = scores({"a": [unit(1), unit(1)], "b": [unit(0, 1), unit(1, 1)], "c": [unit(-1)]})
    assert found.same == pytest.approx((0.7071, 1.0), abs=1e-3)
    assert found.different == pytest.approx((-1, -1, -0.7071, 0, 0, 0, 0.7071, 0.7071), abs=1e-3)


def test_shares_of_errors_follow_the_threshold() -> None:
    found = Scores(same=(0.3, 0.5, 0.7, 0.9), different=(-0.1, 0.0, 0.2, 0.5))
    assert (found.false_match(0.5), found.false_match(0.51)) == (0.25, 0)
    assert (found.false_non_match(0.5), found.false_non_match(0.51)) == (0.25, 0.5)


def test_a_threshold_is_recommended_only_where_enough_pairs_were_seen() -> None:
    few, enough = tuple([0.0] * (LEAST_PAIRS - 5) + [0.41] * 4), tuple([0.0] * (LEAST_PAIRS - 4) + [0.41] * 4)
    assert Scores((0.9,), few).recommended() is None
    assert Scores((0.9,), enough).recommended() == 0.42
    assert Scores((0.9,), (0.9,) * LEAST_PAIRS).recommended() == 0.91


@needs_pack
@needs_photographs
@pytest.mark.req("K8")
def test_a_folder_of_pairs_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for photograph in photographs():
        if photograph.independent:
            (tmp_path / photograph.name).write_bytes(photograph.image)
    (tmp_path / "p90_a.jpg").write_bytes(b"no picture")
    (tmp_path / "p91_a.jpg").write_bytes(encode_portrait(np.zeros((90, 90, 3), np.uint8), 9999))
    assert run(["evaluate", str(tmp_path), "--pack", str(PACK)]) == GOOD
    out, err = capsys.readouterr()
    assert "8 cặp" in out
    assert "112 cặp" in out
    assert " 0 / 112" in out
    assert "0.45" in out
    assert "p90_a.jpg" in err
    assert "without a face" in err


@needs_pack
def test_one_picture_under_two_names_is_a_false_match(tmp_path: Path) -> None:
    for name in ("an_1.jpg", "an_2.jpg", "ba_1.jpg"):
        (tmp_path / name).write_bytes(ASTRONAUT.read_bytes())
    assert run(["evaluate", str(tmp_path), "--pack", str(PACK)]) == DOUBTFUL


@needs_pack
def test_pictures_of_one_person_alone_say_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "an_1.jpg").write_bytes(ASTRONAUT.read_bytes())
    assert run(["evaluate", str(tmp_path), "--pack", str(PACK)]) == NOT_DONE
    assert "two people" in capsys.readouterr().err


def test_without_a_pack_nothing_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(tmp_path)]) == NOT_DONE
    assert "--pack" in capsys.readouterr().err


@needs_pack
def test_a_whole_pack_is_told_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--pack", str(PACK)]) == GOOD
    assert "mobilefacenet" in capsys.readouterr().out


def test_a_folder_that_is_no_pack_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--pack", str(tmp_path)]) == NOT_DONE
    assert "manifest.json" in capsys.readouterr().err
