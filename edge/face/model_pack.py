"""The models that an operator installs: a folder with ``manifest.json``, each file pinned by its sha256.

The product carries none of them: their licences, and what they were trained on, are the operator's to accept.
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from edge.face.embedding import Embedder
from edge.face.liveness import Liveness, Spoof
from edge.face.runtime import Model

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 100_000
MOST_MODEL_BYTES = 64_000_000
_SCALE = re.compile(r"_([0-9]\.[0-9])_80x80")


class PackError(Exception):
    """The pack is not one that can be used; the text names the file and what is expected."""


class PackedModel(Struct, frozen=True):
    """One file of the manifest; what else stands there is for people to read."""

    file: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,100}\.tflite$")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    licence: Annotated[str, Meta(min_length=1, max_length=400)]


class Manifest(Struct, frozen=True):
    """``manifest.json``."""

    models: Annotated[tuple[PackedModel, ...], Meta(min_length=1, max_length=20)]


class Pack(NamedTuple):
    """The models of a pack, loaded; None where it has none for that."""

    embedder: Embedder | None
    liveness: Liveness | None
    licences: tuple[tuple[str, str], ...]


def load_pack(folder: Path) -> Pack:
    """Read, check and load a pack. Raises PackError, and FaceUnavailable without a runtime.

    A model with a 112 × 112 input and 128 numbers out is the embedding's; those with 80 × 80 and three classes are for
    liveness, and their names tell how far they look (``…_2.7_80x80…``).
    """
    embedder, spoofs, licences = None, [], []
    for packed in _manifest(folder / MANIFEST).models:
        model = _load(folder / packed.file, packed.sha256)
        shapes = (model.shape, model.outputs)
        if shapes == (Embedder.INPUT, (Embedder.OUTPUT,)):
            if embedder is not None:
                raise PackError(f"{packed.file}: a second embedding; one is expected, since their templates differ")
            embedder = Embedder(model)
        elif shapes == (Liveness.INPUT, (Liveness.OUTPUT,)):
            scale = _SCALE.search(packed.file)
            if scale is None:
                raise PackError(f"{packed.file}: its name must say how far it looks, as in name_2.7_80x80.tflite")
            spoofs.append(Spoof(model, float(scale[1])))
        else:
            expected = f"{Embedder.INPUT} → {Embedder.OUTPUT} or {Liveness.INPUT} → {Liveness.OUTPUT}"
            raise PackError(f"{packed.file}: tensors {model.shape} → {model.outputs}; expected {expected}")
        licences.append((packed.file, packed.licence))
    return Pack(embedder, Liveness(spoofs) if spoofs else None, tuple(licences))


def _manifest(path: Path) -> Manifest:
    try:
        if path.stat().st_size > MOST_MANIFEST_BYTES:
            raise PackError(f"{path}: a manifest of {MOST_MANIFEST_BYTES} bytes at most is expected")
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise PackError(f"{path}: a model pack has a {MANIFEST}: {error.strerror}") from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise PackError(f"{path}: {error}") from error


def _load(path: Path, sha256: str) -> Model:
    try:
        if path.stat().st_size > MOST_MODEL_BYTES:
            raise PackError(f"{path}: a model of {MOST_MODEL_BYTES} bytes at most is expected")
        content = path.read_bytes()
    except OSError as error:
        raise PackError(f"{path}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise PackError(f"{path}: its sha256 is {found}, but the manifest says {sha256}: install the pack again")
    try:
        return Model(content)
    except (ValueError, RuntimeError) as error:  # what LiteRT raises on a file that is no model
        raise PackError(f"{path}: no TFLite model with one float32 input") from error
