"""The register of the site's devices: those of ``devices.toml`` and those that were enrolled, less those revoked.

The hub keeps no token: a device makes its own, and here stands the digest. A renewed token stands beside the one in
force until it was used once.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
from msgspec import Struct

from edge.hub.config import Device

# Of edge.hub.config.Device: whatever may stand in devices.toml can be enrolled.
ROLES: tuple[str, ...] = get_args(get_type_hints(Device)["role"])
RENEW_AFTER_S = 30 * 86_400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS enrolled (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, label TEXT NOT NULL, counters TEXT NOT NULL, spare INTEGER NOT NULL,
  key BLOB NOT NULL, token_sha256 TEXT NOT NULL, certificate TEXT NOT NULL, hosts TEXT NOT NULL,
  since_s INTEGER NOT NULL,
  next_key BLOB, next_token_sha256 TEXT, next_certificate TEXT,
  approved_by TEXT NOT NULL, approved_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked (
  token_sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, revoked_by TEXT NOT NULL,
  revoked_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS certificates (
  serial TEXT PRIMARY KEY, name TEXT NOT NULL, issued_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Enrolled(Struct, frozen=True):
    """An enrolled device as the register keeps it. ``key`` is its public key (DER), ``certificate`` PEM or empty,
    ``since_s`` when the token in force was given."""

    device: Device
    key: bytes
    certificate: str
    hosts: tuple[str, ...]
    since_s: int
    approved_by: str
    approved_s: int


class Line(Struct, frozen=True):
    """One device as administrators see it; ``enrolled`` is None where it stands in ``devices.toml``."""

    device: Device
    enrolled: Enrolled | None = None


class Revoked(Struct, frozen=True):
    """A device that was thrown out."""

    name: str
    role: str
    revoked_by: str
    revoked_s: int


class Next(Struct, frozen=True):
    """What a device renews itself with: the new key, token and certificate."""

    key: bytes
    token_sha256: str
    certificate: str


class Register:
    """Who may talk to this hub. ``told`` are the devices of ``devices.toml``; an enrolled one of the same name stands
    in its place. ``changed`` is called when the devices are others than before."""

    def __init__(
        self,
        path: Path,
        told: Sequence[Device],
        now_s: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._told = tuple(told)
        self._now_s = now_s
        self._renewed: dict[str, str] = {}  # tokens that were good since the start, and whose they were
        self.changed = changed
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._read()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _read(self) -> None:
        rows = self._db.execute(
            "SELECT name, role, label, counters, spare, token_sha256, key, certificate, hosts, since_s, approved_by,"
            " approved_s, next_token_sha256 FROM enrolled ORDER BY name"
        ).fetchall()
        self._enrolled: dict[str, Enrolled] = {}
        self._next: dict[str, str] = {}
        for name, role, label, counters, spare, token, key, certificate, hosts, since, by, at, following in rows:
            texts = msgspec.json.decode(counters, type=tuple[str, ...])
            device = Device(name, role, token, texts, label, bool(spare))
            named = msgspec.json.decode(hosts, type=tuple[str, ...])
            self._enrolled[name] = Enrolled(device, key, certificate, named, since, by, at)
            if following:
                self._next[following] = name
        gone = {token for (token,) in self._db.execute("SELECT token_sha256 FROM revoked")}
        by_hand = [one for one in self._told if one.token_sha256 not in gone and one.name not in self._enrolled]
        self._lines = (
            *(Line(one) for one in by_hand),
            *(Line(one.device, one) for one in self._enrolled.values()),
        )
        self._by_token = {line.device.token_sha256: line.device for line in self._lines}

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every device that may talk to this hub."""
        return self._lines

    @property
    def devices(self) -> tuple[Device, ...]:
        """The same, as ``devices.toml`` has them."""
        return tuple(line.device for line in self._lines)

    def named(self, name: str) -> Line | None:
        """The device of this name."""
        return next((line for line in self._lines if line.device.name == name), None)

    def device(self, token: str) -> Device | None:
        """Whose token this is; one that was renewed is in force from its first use on, and the old one is none."""
        sha256 = hashlib.sha256(token.encode()).hexdigest()
        if sha256 in self._next:
            self._use(self._next[sha256])
        return self._by_token.get(sha256)

    def knows(self, device: Device) -> bool:
        """Whether this device, as it was when it connected, is still one of ours: it may have renewed its token since,
        and must not have been thrown out or replaced."""
        return device.token_sha256 in self._by_token or device.token_sha256 in self._renewed

    def enrolled(self, name: str) -> Enrolled | None:
        """What the register has of an enrolled device."""
        return self._enrolled.get(name)

    def enrol(
        self, device: Device, key: bytes, certificate: str, serial: int | None, hosts: Sequence[str], by: str
    ) -> None:
        """Let a device in; one of the same name is thrown out by it."""
        now = int(self._now_s())
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            before = self.named(device.name)
            self._forget(device.name)
            if before is not None:
                self._note_revoked(before.device, by, now)
            self._db.execute(
                "INSERT OR REPLACE INTO enrolled (name, role, label, counters, spare, key, token_sha256, certificate,"
                " hosts, since_s, approved_by, approved_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(device.name, device.role, device.label, _list(device.counters), int(device.spare), key),
                    *(device.token_sha256, certificate, _list(hosts), now, by, now),
                ),
            )
            self._note_certificate(serial, device.name, now)
        self._changed()

    def renew(self, name: str, new: Next, serial: int | None) -> None:
        """Keep what this device renews itself with, until it uses it for the first time.

        Raises KeyError where it is not enrolled.
        """
        if name not in self._enrolled:
            raise KeyError(name)
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            self._db.execute(
                "UPDATE enrolled SET next_key = ?, next_token_sha256 = ?, next_certificate = ? WHERE name = ?",
                (new.key, new.token_sha256, new.certificate, name),
            )
            self._note_certificate(serial, name, int(self._now_s()))
        self._read()

    def following(self, name: str) -> Next | None:
        """What this device renews itself with and has not used yet."""
        row = self._db.execute(
            "SELECT next_key, next_token_sha256, next_certificate FROM enrolled"
            " WHERE name = ? AND next_token_sha256 IS NOT NULL",
            (name,),
        ).fetchone()
        return Next(*row) if row else None

    def is_new(self, token_sha256: str) -> bool:
        """Whether no device has, or had, this token."""
        gone = self._db.execute("SELECT 1 FROM revoked WHERE token_sha256 = ?", (token_sha256,)).fetchone()
        return gone is None and token_sha256 not in self._by_token and token_sha256 not in self._next

    def _use(self, name: str) -> None:
        self._renewed[self._enrolled[name].device.token_sha256] = name
        self._db.execute(
            "UPDATE enrolled SET key = next_key, token_sha256 = next_token_sha256, certificate = next_certificate,"
            " since_s = ?, next_key = NULL, next_token_sha256 = NULL, next_certificate = NULL"
            " WHERE name = ? AND next_token_sha256 IS NOT NULL",
            (int(self._now_s()), name),
        )
        self._read()

    def revoke(self, name: str, by: str) -> bool:
        """Throw a device out, from this moment on; whether there was one of this name."""
        line = self.named(name)
        if line is None:
            return False
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            self._forget(name)
            self._note_revoked(line.device, by, int(self._now_s()))
            self._db.execute("DELETE FROM enrolled WHERE name = ?", (name,))
        self._changed()
        return True

    def revoked(self) -> tuple[Revoked, ...]:
        """Who was thrown out, the last first."""
        rows = self._db.execute(
            "SELECT name, role, revoked_by, revoked_s FROM revoked ORDER BY revoked_s DESC, name LIMIT 50"
        )
        return tuple(Revoked(*row) for row in rows)

    def _forget(self, name: str) -> None:
        self._renewed = {token: whose for token, whose in self._renewed.items() if whose != name}

    def _note_revoked(self, device: Device, by: str, now: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO revoked VALUES (?, ?, ?, ?, ?)",
            (device.token_sha256, device.name, device.role, by, now),
        )

    def _note_certificate(self, serial: int | None, name: str, now: int) -> None:
        if serial is not None:
            self._db.execute("INSERT OR IGNORE INTO certificates VALUES (?, ?, ?)", (f"{serial:x}", name, now))

    def _changed(self) -> None:
        self._read()
        self.changed()


def _list(texts: Sequence[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
