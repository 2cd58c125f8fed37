"""Tablets that stand at counters for patients to rate at: each may rate at its own counter and do nothing else."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PAIRED_S = 400 * 86_400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tablets (
  id INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, csrf TEXT NOT NULL, counter TEXT NOT NULL,
  paired_by TEXT NOT NULL, paired_s INTEGER NOT NULL
) STRICT;
"""


class Tablet(NamedTuple):
    """A paired tablet; ``csrf`` is what its forms carry."""

    id: int
    counter: str
    csrf: str
    paired_by: str
    paired_s: int


class Tablets:
    """The paired tablets, by the token in each one's cookie, of which only the digest is kept."""

    def __init__(self, path: Path, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    def pair(self, counter: str, officer: str) -> str:
        """A new tablet at this counter; returns the token for its cookie."""
        token = secrets.token_urlsafe(32)
        self._db.execute(
            "INSERT INTO tablets (token, csrf, counter, paired_by, paired_s) VALUES (?, ?, ?, ?, ?)",
            (_digest(token), secrets.token_urlsafe(32), counter, officer, int(self._now_s())),
        )
        return token

    def tablet(self, token: str) -> Tablet:
        """The tablet of this token. Raises KeyError where there is none, or it was paired too long ago."""
        row = self._db.execute(
            "SELECT id, counter, csrf, paired_by, paired_s FROM tablets WHERE token = ? AND paired_s > ?",
            (_digest(token), int(self._now_s()) - PAIRED_S),
        ).fetchone()
        if row is None:
            raise KeyError("no tablet")
        return Tablet(*row)

    def paired(self) -> list[Tablet]:
        """All paired tablets, by counter."""
        rows = self._db.execute("SELECT id, counter, csrf, paired_by, paired_s FROM tablets ORDER BY counter, id")
        return [Tablet(*row) for row in rows]

    def release(self, tablet_id: int) -> None:
        """This tablet rates no more."""
        self._db.execute("DELETE FROM tablets WHERE id = ?", (tablet_id,))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
