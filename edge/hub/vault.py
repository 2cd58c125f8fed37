"""What the hub must recognise or show of a person without keeping it: numbers as HMACs, faces under a key of the day.

An ID number is only ever matched as an HMAC, whose key is made of the site's secret and a random key of the business
day. Faces are sealed under another key of the day. Both keys lie in files of their own, apart from the journal and the
album. When the next day opens the first is destroyed, and the second when the facility's retention ends (by default
then, too): with them goes the meaning of everything that was stored, in backups too.
"""

import hashlib
import hmac
import os
import re
import secrets
from datetime import date, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from edge.contracts.commands import PersonKey
from edge.hub.people import normalised

FACES_KEY = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<until>\d{4}-\d\d-\d\d)\.faces")
KEY_BYTES = 32
NONCE_BYTES = 12
SUBJECT_BYTES = 16


class Unsealable(Exception):
    """The key is destroyed, or these bytes were never sealed under it for this purpose."""


class Vault:
    """The keys of one site; ``folder`` holds the keys of the day. ``keep_days`` is how many nights the key of the faces
    outlives its day. Its file is named after its day and the last day on which it may be used, so that nobody's face is
    kept for longer than they agreed to where a facility comes to keep them longer."""

    def __init__(self, folder: Path, site_secret: str, keep_days: int = 0) -> None:
        self._folder = folder
        self._site_secret = site_secret.encode()
        self.keep_days = keep_days
        self._key = b""
        self._day = ""
        self._sealing: dict[str, ChaCha20Poly1305] = {}

    def open_day(self, day: str) -> None:
        """Make this day's keys the ones in use, new where there are none yet, and destroy those that have lapsed."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        oldest = _days_after(day, -self.keep_days)
        sealing = {}
        for path in self._folder.iterdir():
            named = FACES_KEY.fullmatch(path.name)
            if named and oldest <= named["day"] <= day <= named["until"]:
                sealing[named["day"]] = path.name
            elif path.name != f"{day}.key":
                _destroy(path)
        self._key = self._in_use(f"{day}.key")
        sealing.setdefault(day, f"{day}_{_days_after(day, self.keep_days)}.faces")
        self._sealing = {born: ChaCha20Poly1305(self._in_use(name)) for born, name in sealing.items()}
        self._day = day

    @property
    def days(self) -> tuple[str, ...]:
        """The business days whose faces can still be opened, the earliest first."""
        return tuple(sorted(self._sealing))

    def subject(self, kind: PersonKey, number: str) -> bytes:
        """The pseudonym of a person for this day: 16 bytes that only this site can make, and only today.

        Raises ValueError where the number is none of its kind.
        """
        if not self._key:
            raise RuntimeError("no day is open")
        person = f"subject {kind.value} {normalised(kind, number)}"
        return hmac.digest(self._key, person.encode(), "sha256")[:SUBJECT_BYTES]

    def seal(self, purpose: str, data: bytes) -> tuple[str, bytes]:
        """The day, and ``data`` encrypted under its key; it opens for the same purpose only.

        Source: RFC 8439, 2.8 (AEAD_CHACHA20_POLY1305), with a random nonce before the ciphertext.
        """
        if not self._day:
            raise RuntimeError("no day is open")
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._day, nonce + self._sealing[self._day].encrypt(nonce, data, _bound(self._day, purpose))

    def unseal(self, day: str, purpose: str, sealed: bytes) -> bytes:
        """What was sealed. Raises Unsealable where its key is gone, or where it is not what was sealed."""
        key = self._sealing.get(day)
        if key is None:
            raise Unsealable("the key of that day is destroyed")
        try:
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(day, purpose))
        except (InvalidTag, ValueError) as error:  # ValueError: cut short
            raise Unsealable("not what was sealed") from error

    def fingerprint(self, sender: str, message: bytes) -> bytes:
        """A keyed digest of a command, to tell a repeated one from another under the same id."""
        return hmac.new(self._site_secret, sender.encode() + b"\0" + message, hashlib.sha256).digest()[:SUBJECT_BYTES]

    def _in_use(self, name: str) -> bytes:
        """A key made of the site's secret and the file, which is written where it does not exist."""
        path = self._folder / name
        if not path.exists():
            self._write(path, secrets.token_bytes(KEY_BYTES))
        return hmac.digest(self._site_secret, path.read_bytes(), "sha256")

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


def destroy_all(folder: Path) -> None:
    """Destroy every key in the vault's folder."""
    for path in folder.iterdir() if folder.is_dir() else ():
        _destroy(path)


def _days_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _bound(day: str, purpose: str) -> bytes:
    return f"{day} {purpose}".encode()


def _destroy(path: Path) -> None:
    """Overwrite and delete. A medium that writes elsewhere (flash) may keep the old cells: see docs/privacy.md."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
