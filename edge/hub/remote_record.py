"""``remote.db``: which of the Department's versions was decided upon last, which runs, which is being applied."""

import logging
import sqlite3
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.contracts.catalogue import Catalogue
from edge.contracts.remote import Reason

log = logging.getLogger(__name__)

_SCHEMA = "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID"


class Decided(Struct, frozen=True):
    """The newest version that had its answer: ``reason`` why it was rejected, None where it was applied. Version 0:
    there was none."""

    version: int = 0
    sha256: str = ""
    reason: Reason | None = None


class Running(Struct, frozen=True):
    """The last version applied. ``settings`` are the last that the Department set, by this version or before it; None
    where it never set any."""

    version: int = 0
    sha256: str = ""
    settings: Catalogue | None = None
    kiosks_out: tuple[str, ...] = ()


class Pending(Struct, frozen=True):
    """A version whose settings are being made the edition after ``base``; ``body`` is as it was signed."""

    version: int
    sha256: str
    base: int
    body: bytes


_encode = msgspec.json.Encoder().encode


class Record:
    """One SQLite file; each change is on the disk when it returns. One thread writes it, any may read the fields.

    Every method that changes it raises sqlite3.Error where the disk refuses; then all is as it was.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(_SCHEMA)
        kept = dict(self._db.execute("SELECT key, value FROM record").fetchall())
        self.decided = msgspec.json.decode(kept["decided"], type=Decided) if "decided" in kept else Decided()
        self.running = _running(kept["running"]) if "running" in kept else Running()
        self.pending = msgspec.json.decode(kept["pending"], type=Pending) if "pending" in kept else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self, pending: Pending) -> None:
        """This is about to be applied."""
        self._db.execute("INSERT OR REPLACE INTO record VALUES ('pending', ?)", (_encode(pending),))
        self.pending = pending

    def give_up(self) -> None:
        """Nothing is about to be applied: it is to come again."""
        self._db.execute("DELETE FROM record WHERE key = 'pending'")
        self.pending = None

    def finish(self, decided: Decided, running: Running) -> None:
        """This version was decided upon, and this one runs."""
        rows = [("decided", _encode(decided)), ("running", _encode(running))]
        with self._db:  # ends the transaction either way
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?)", rows)
            self._db.execute("DELETE FROM record WHERE key = 'pending'")
        self.decided, self.running, self.pending = decided, running, None


def _running(value: bytes) -> Running:
    """As it was kept. Settings that an older program cannot read are forgotten: drift from them is not told."""
    try:
        return msgspec.json.decode(value, type=Running)
    except msgspec.ValidationError:
        log.warning("the Department's settings were kept by a newer program: whether they still hold is not known")
        without = msgspec.json.decode(value)
        return msgspec.convert({**without, "settings": None}, Running)
