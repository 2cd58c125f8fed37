"""A bundle that came from somewhere: is it whole, and does a key that this machine knows vouch for every byte of it?"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.daemon.durable import sync_folder
from provisioning.update.manifest import KIND, MAX_MANIFEST, File, Manifest, ManifestError, read_manifest
from provisioning.update.signed import MAX_HEADER, NotSigned, verified
from provisioning.update.tape import TapeError, expect, expect_end, header, padding, read_exactly, read_first

MANIFEST = "manifest"
PIECE = 1 << 20


class BadBundle(Exception):
    """This bundle is not to be used; the text says why, and repeats nothing of it but its manifest's file names."""


def read_head(tape: BinaryIO, keys: Sequence[Ed25519PublicKey]) -> Manifest:
    """The manifest at the beginning of a bundle. Raises BadBundle."""
    try:
        document = read_first(tape, MANIFEST, MAX_HEADER + MAX_MANIFEST)
        return read_manifest(verified(KIND, document, keys))
    except (TapeError, NotSigned, ManifestError) as error:
        raise BadBundle(str(error)) from error


def manifest_of(path: Path, keys: Sequence[Ed25519PublicKey]) -> Manifest:
    """The manifest of a bundle file, whose files may still be wrong. Raises BadBundle and OSError."""
    with path.open("rb") as tape:
        return read_head(tape, keys)


def verify(path: Path, keys: Sequence[Ed25519PublicKey]) -> Manifest:
    """Read a bundle from its beginning to its end and write nothing. Raises BadBundle and OSError."""
    with path.open("rb") as tape:
        manifest = read_head(tape, keys)
        _read_files(tape, manifest, lambda _: _nowhere)
        return manifest


def unpack(path: Path, keys: Sequence[Ed25519PublicKey], into: Path, wanted: Manifest) -> None:
    """Write the files of a bundle that ``verify`` found to be ``wanted`` into a new folder, on the disk when this
    returns. It is verified again while it is read, since a stick can give other bytes the second time.

    Raises BadBundle and OSError (no room, among others): ``into`` is then not to be used.
    """
    into.mkdir(mode=0o755)
    with path.open("rb") as tape:
        if read_head(tape, keys) != wanted:
            raise BadBundle("it has changed while it was read")
        _read_files(tape, wanted, lambda file: _Sink(into / file.path, executable=file.executable))
    for folder, _, _ in os.walk(into):
        sync_folder(Path(folder))


class _Sink:
    """A new file that is being written."""

    def __init__(self, path: Path, *, executable: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o755 if executable else 0o644
        at = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        os.fchmod(at, mode)
        self._file = os.fdopen(at, "wb")

    def __call__(self, piece: bytes) -> None:
        if piece:
            self._file.write(piece)
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _nowhere(_: bytes) -> None:
    pass


def _read_files(tape: BinaryIO, manifest: Manifest, opened: Callable[[File], Callable[[bytes], None]]) -> None:
    """Read the files; what ``opened`` gives takes each one's pieces, an empty one at its end. Raises BadBundle."""
    try:
        for file in manifest.files:
            expect(tape, header(file.path, file.size, executable=file.executable))
            take, digest, left = opened(file), hashlib.sha256(), file.size
            while left:
                piece = read_exactly(tape, min(PIECE, left))
                digest.update(piece)
                take(piece)
                left -= len(piece)
            take(b"")
            if digest.hexdigest() != file.sha256:
                raise BadBundle(f"{file.path} is not what its maker signed")
            expect(tape, padding(file.size))
        expect_end(tape)
    except TapeError as error:
        raise BadBundle(str(error)) from error
