"""What the hub must recognise about a person without keeping it: an ID number is only ever matched as an HMAC.

The key is made of the site's secret and a random key of the business day, which lives in its own file, apart from the
journal. When the next day opens that file is destroyed, and with it the meaning of every match that was stored, in
backups too.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from edge.contracts.commands import PersonKey
from edge.hub.people import normalised

KEY_BYTES = 32
SUBJECT_BYTES = 16


class Vault:
    """The keys of one site; ``folder`` holds the key of the day."""

    def __init__(self, folder: Path, site_secret: str) -> None:
        self._folder = folder
        self._site_secret = site_secret.encode()
        self._key = b""

    def open_day(self, day: str) -> None:
        """Make this day's key the one in use, new where there is none yet, and destroy all others."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{day}.key"
        if not path.exists():
            self._write(path, secrets.token_bytes(KEY_BYTES))
        self._key = hmac.digest(self._site_secret, path.read_bytes(), "sha256")
        for other in self._folder.glob("*.key"):
            if other != path:
                other.unlink()

    def subject(self, kind: PersonKey, number: str) -> bytes:
        """The pseudonym of a person for this day: 16 bytes that only this site can make, and only today.

        Raises ValueError where the number is none of its kind.
        """
        if not self._key:
            raise RuntimeError("no day is open")
        person = f"subject {kind.value} {normalised(kind, number)}"
        return hmac.digest(self._key, person.encode(), "sha256")[:SUBJECT_BYTES]

    def fingerprint(self, sender: str, message: bytes) -> bytes:
        """A keyed digest of a command, to tell a repeated one from another under the same id."""
        return hmac.new(self._site_secret, sender.encode() + b"\0" + message, hashlib.sha256).digest()[:SUBJECT_BYTES]

    def _write(self, path: Path, key: bytes) -> None:
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(path)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
