"""Where bundles come from: a folder, a stick, or a web server. Whatever they give is bounded, and trusted by signature
alone; HTTPS only keeps others from seeing and from holding back.

The web is spoken to by ``moiso-update fetch``, which is nobody, and which leaves a folder for ``moiso-update apply``.
"""

import glob
import hashlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx

from provisioning.update.index import MAX_INDEX, NAME, Offer
from provisioning.update.signed import MAX_HEADER
from provisioning.update.store import PART

TIMEOUT_S = 30
PIECE = 1 << 16


class NoSource(Exception):
    """The source does not give what it should; the text says why."""


class Folder:
    """A folder with an index and bundles; ``*`` in its name is any name: the first that has an index counts."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def index(self) -> bytes:
        """The signed index. Raises NoSource."""
        try:
            with (self._folder() / NAME).open("rb") as file:
                return file.read(MAX_INDEX + MAX_HEADER + 1)
        except OSError as error:
            raise NoSource(f"{self._pattern}: {error.strerror}") from error

    def bundle(self, offer: Offer) -> Path:
        """The offered file. Raises NoSource where it is not there."""
        path = self._folder() / offer.file
        if not path.is_file():
            raise NoSource(f"{path}: not there")
        return path

    def _folder(self) -> Path:
        for found in sorted(glob.glob(self._pattern)):
            if Path(found, NAME).is_file():
                return Path(found)
        raise NoSource(f"{self._pattern}: no {NAME} there")


class Web:
    """The same at https://…/ . Raises NoSource where the authority cannot be read."""

    def __init__(self, url: str, ca: Path | None) -> None:
        self._url = url
        try:
            self._trust = ssl.create_default_context(cafile=str(ca) if ca else None)
        except OSError as error:  # SSLError is one
            raise NoSource(f"{ca}: {error.strerror or 'no certificate'}") from error

    def index(self) -> bytes:
        """The signed index. Raises NoSource."""
        return b"".join(self._pieces(NAME, MAX_INDEX + MAX_HEADER))

    def bundle(self, offer: Offer, into: Path) -> None:
        """Fetch the offered file into a folder, if it is not there yet. Raises NoSource and OSError."""
        path, part = into / offer.file, into / f"{offer.file}{PART}"
        if path.exists() and path.stat().st_size == offer.size:
            return
        digest = hashlib.sha256()
        try:
            with part.open("wb") as file:
                for piece in self._pieces(offer.file, offer.size):
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if digest.hexdigest() != offer.sha256:
                raise NoSource(f"{offer.file} is not what the index says")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _pieces(self, name: str, limit: int) -> Iterator[bytes]:
        had = 0
        try:
            with (
                httpx.Client(verify=self._trust, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
                client.stream("GET", self._url + name, headers={"accept-encoding": "identity"}) as answer,
            ):
                if answer.status_code != 200:
                    raise NoSource(f"{name}: status {answer.status_code}")
                for piece in answer.iter_raw(PIECE):
                    had += len(piece)
                    if had > limit:
                        raise NoSource(f"{name}: more than {limit} bytes")
                    yield piece
        except httpx.HTTPError as error:
            raise NoSource(f"{name}: {type(error).__name__}") from error


def is_web(where: str) -> bool:
    """Whether a source is one that has to be fetched from."""
    return where.startswith("https://")
