"""A model pack is used as its manifest says, or not at all."""

import hashlib
import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from edge.face import detector
from edge.face.model_pack import MANIFEST, PackError, load_pack
from tests.faces import PACK, needs_pack

OTHER = Path(str(distribution(detector.WHEEL).locate_file(detector.FILE)))  # a good model, but not for a pack


def pack(folder: Path, *files: tuple[str, bytes], **changed: Any) -> Path:
    """A pack of these files; ``changed`` replaces what the manifest says of each."""
    models = []
    for name, content in files:
        (folder / Path(name).name).write_bytes(content)
        entry = {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "licence": "MIT", "origin": "a test"}
        models.append(entry | changed)
    (folder / MANIFEST).write_text(json.dumps({"note": "for a test", "models": models}))
    return folder


def refused(folder: Path) -> str:
    """Why it is."""
    with pytest.raises(PackError) as raised:
        load_pack(folder)
    return str(raised.value)


@needs_pack
@pytest.mark.req("K8")
def test_a_whole_pack_compares_and_tells_live_faces_and_names_its_licences() -> None:
    loaded = load_pack(PACK)
    assert loaded.embedder is not None
    assert loaded.liveness is not None
    assert len(loaded.licences) == 3
    assert all("Apache-2.0" in licence for _, licence in loaded.licences)


@needs_pack
@pytest.mark.parametrize(("part", "compares", "tells"), [("mobilefacenet", True, False), ("minifasnet", False, True)])
def test_a_pack_may_have_one_kind_of_model_only(part: str, compares: bool, tells: bool, tmp_path: Path) -> None:
    files = [(path.name, path.read_bytes()) for path in sorted(PACK.glob(f"{part}*.tflite"))]
    loaded = load_pack(pack(tmp_path, *files))
    assert (loaded.embedder is not None, loaded.liveness is not None) == (compares, tells)


@needs_pack
@pytest.mark.req("K8")
def test_a_file_with_one_bit_changed_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(PACK, folder)
    path = next(folder.glob("mobilefacenet*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert path.name in (said := refused(folder))
    assert "sha256" in said


@needs_pack
def test_two_embeddings_are_refused_since_their_templates_differ(tmp_path: Path) -> None:
    content = next(PACK.glob("mobilefacenet*")).read_bytes()
    assert "second embedding" in refused(pack(tmp_path, ("a.tflite", content), ("b.tflite", content)))


@needs_pack
def test_a_model_for_liveness_must_say_how_far_it_looks(tmp_path: Path) -> None:
    content = next(PACK.glob("minifasnet*")).read_bytes()
    assert "_2.7_80x80" in refused(pack(tmp_path, ("liveness.tflite", content)))


def test_a_model_with_other_tensors_is_refused_with_what_is_expected(tmp_path: Path) -> None:
    said = refused(pack(tmp_path, ("face.tflite", OTHER.read_bytes())))
    assert "face.tflite" in said
    assert "(1, 112, 112, 3)" in said


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    assert "TFLite" in refused(pack(tmp_path, ("face.tflite", b"\x1c\x00\x00\x00TFL3 and nothing else")))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    pack(tmp_path, ("face.tflite", b"x"))
    (tmp_path / "face.tflite").unlink()
    assert "face.tflite" in refused(tmp_path)


@pytest.mark.parametrize("name", ["../face.tflite", "/tmp/face.tflite", "sub/face.tflite", "face.bin", "face..bin"])
def test_a_manifest_names_files_of_its_own_folder_only(name: str, tmp_path: Path) -> None:
    assert "file" in refused(pack(tmp_path, (name, b"x")))


@pytest.mark.parametrize("changed", [{"sha256": ""}, {"sha256": "0" * 63}, {"licence": ""}, {"licence": None}])
def test_a_manifest_gives_each_file_a_sha256_and_a_licence(changed: dict[str, Any], tmp_path: Path) -> None:
    assert next(iter(changed)) in refused(pack(tmp_path, ("face.tflite", b"x"), **changed))


@pytest.mark.parametrize(
    "manifest", [None, b"", b"{", b"[]", b'{"models": []}', b"\xff" * 20, b'{"models": [{}]}', b" " * 100_001]
)
def test_a_folder_without_a_manifest_or_with_a_bad_one_is_no_pack(manifest: bytes | None, tmp_path: Path) -> None:
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest)
    assert MANIFEST in refused(tmp_path)


def test_a_manifest_alone_changes_nothing_about_a_wrong_file(tmp_path: Path) -> None:
    assert "0000" in refused(pack(tmp_path, ("face.tflite", OTHER.read_bytes()), sha256="0" * 64))
