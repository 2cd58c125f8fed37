"""What a bundle says of itself: pure, and every length bounded."""

import re
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

MAX_MANIFEST = 1 << 20
MAX_FILES = 4000
MAX_BYTES = 4 << 30
MAX_DEPTH = 12
KIND = "bundle"

Version = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}\Z")]
Role = Literal["hub", "kiosk", "board", "standby", "cloud"]
Processor = Literal["x86_64", "aarch64"]
Package = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]{0,79}\Z")]
Python = Annotated[str, Meta(pattern=r"^3\.[1-9][0-9]?\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
# No part of a path begins with a dot: so none is "." or "..", none is empty, and none is absolute.
FilePath = Annotated[
    str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*(/[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*)*\Z")
]
# Without these a release could neither be put in force nor be left again.
NEEDED = ("provisioning/install", "provisioning/update/guard.py", "provisioning/update/stage.py", "pyproject.toml")


class ManifestError(Exception):
    """The manifest is none; the text says why, and repeats nothing of it."""


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the release: its path below the release's folder, its length in bytes, its digest."""

    path: FilePath
    size: Annotated[int, Meta(ge=0, le=MAX_BYTES)]
    sha256: Sha256
    executable: bool = False


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """One release for one Python and one processor.

    ``least`` is the oldest version that it may replace: it reads what that one wrote, and **that one reads what this
    one writes**, so the way back stays open. ``packages`` are Debian's, by role; its keys are the roles that this
    release knows. ``room`` is how many bytes the environment takes beside the files. ``keys``: the raw public keys (in
    hexadecimal) that vouch for what comes after, once this release has been confirmed; none: the same as before.
    """

    format: Literal[1]
    version: Version
    least: Version
    made: Day
    python: Python
    machine: Processor
    packages: Annotated[dict[Role, Annotated[tuple[Package, ...], Meta(max_length=100)]], Meta(min_length=1)]
    room: Annotated[int, Meta(ge=0, le=MAX_BYTES)]
    files: Annotated[tuple[File, ...], Meta(min_length=1, max_length=MAX_FILES)]
    keys: Annotated[tuple[Sha256, ...], Meta(max_length=2)] = ()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)


_decode = msgspec.json.Decoder(Manifest)


def numbers(version: str) -> tuple[int, int, int]:
    """A version for comparison.

    >>> numbers("0.10.2") > numbers("0.9.12")
    True
    """
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def is_version(text: str) -> bool:
    """Whether it is written as a version is."""
    return re.fullmatch(r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}", text) is not None


def read_manifest(data: bytes) -> Manifest:
    """The manifest. Raises ManifestError on anything else: another shape, paths out of order, twice, or too deep, a
    file that is a folder of another, files that a release cannot be without."""
    if len(data) > MAX_MANIFEST:
        raise ManifestError("too long")
    try:
        manifest = _decode.decode(data)
    except (ValueError, RecursionError) as error:  # msgspec's own, and text that is no UTF-8
        raise ManifestError("not written as a manifest is") from error
    paths = [file.path for file in manifest.files]
    if any(one >= after for one, after in pairwise(paths)):
        raise ManifestError("its files are not in their order, or one is there twice")
    known = set(paths)
    for path in paths:
        parts = path.split("/")
        if len(parts) > MAX_DEPTH:
            raise ManifestError("a path is too deep")
        if any("/".join(parts[:depth]) in known for depth in range(1, len(parts))):
            raise ManifestError("a file is the folder of another")
    if not known.issuperset(NEEDED):
        raise ManifestError("a file that a release cannot be without is missing")
    if manifest.size > MAX_BYTES:
        raise ManifestError("too large")
    if numbers(manifest.least) > numbers(manifest.version):
        raise ManifestError("it may replace none but later versions")
    return manifest


def written(manifest: Manifest) -> bytes:
    """The manifest as bytes."""
    return msgspec.json.encode(manifest)
