"""Portraits and templates of the day on the disk, sealed; whoever copies the file gets nothing once the key is gone."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from edge.contracts.face import FaceCapture
from edge.hub.vault import Unsealable, Vault

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sealed
  (ticket TEXT, kind TEXT, day TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (ticket, kind)) WITHOUT ROWID;
"""


class Kind(Enum):
    """What is kept of a person."""

    PORTRAIT = "portrait"
    TEMPLATE = "template"


class AlbumError(Exception):
    """The disk did not take it, or did not give it back."""


class Album:
    """One SQLite file; its methods belong to the journal's thread. Every one of them raises AlbumError where the disk
    refuses."""

    def __init__(self, path: Path, vault: Vault) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._vault = vault
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        try:
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute("PRAGMA journal_mode=TRUNCATE")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise AlbumError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keep(self, ticket: str, capture: FaceCapture) -> None:
        """Seal what the capture holds; on the disk when this returns."""
        rows = []
        for kind, data in ((Kind.PORTRAIT, capture.portrait), (Kind.TEMPLATE, capture.template)):
            if data:
                day, sealed = self._vault.seal(f"{kind.value} {ticket}", data)
                rows.append((ticket, kind.value, day, sealed))
        self._do("INSERT OR REPLACE INTO sealed VALUES (?, ?, ?, ?)", rows)

    def erase(self, ticket: str) -> None:
        """Destroy what is kept of this ticket's holder."""
        self._do("DELETE FROM sealed WHERE ticket = ?", [(ticket,)])

    def forget(self) -> None:
        """Destroy what no key opens any more."""
        days = self._vault.days
        marks = ", ".join("?" * len(days))
        self._do(f"DELETE FROM sealed WHERE day NOT IN ({marks})", [days])  # noqa: S608 - marks only
        self._rows("VACUUM")

    def tickets(self, kind: Kind | None = None) -> set[str]:
        """The tickets of whose holders something is kept, of one kind where it is named."""
        if kind is None:
            return {row[0] for row in self._rows("SELECT DISTINCT ticket FROM sealed")}
        return {row[0] for row in self._rows("SELECT ticket FROM sealed WHERE kind = ?", kind.value)}

    def portrait(self, ticket: str) -> bytes | None:
        """The JPEG of whoever took this number; None where none is kept, or none that opens."""
        rows = self._rows("SELECT day, data FROM sealed WHERE ticket = ? AND kind = ?", ticket, Kind.PORTRAIT.value)
        return self._opened(rows[0][0], Kind.PORTRAIT, ticket, rows[0][1]) if rows else None

    def templates(self, day: str) -> dict[str, bytes]:
        """Ticket → template, of one business day; those that do not open are left out."""
        rows = self._rows(
            "SELECT ticket, data FROM sealed WHERE day = ? AND kind = ? ORDER BY ticket", day, Kind.TEMPLATE.value
        )
        opened = {ticket: self._opened(day, Kind.TEMPLATE, ticket, data) for ticket, data in rows}
        return {ticket: template for ticket, template in opened.items() if template is not None}

    def _opened(self, day: str, kind: Kind, ticket: str, sealed: bytes) -> bytes | None:
        try:
            return self._vault.unseal(day, f"{kind.value} {ticket}", sealed)
        except Unsealable:
            return None

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise AlbumError(str(error)) from error

    def _do(self, statement: str, rows: "Sequence[tuple[str | bytes, ...]]") -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):  # there may be no transaction to undo
                self._db.execute("ROLLBACK")
            raise AlbumError(str(error)) from error
