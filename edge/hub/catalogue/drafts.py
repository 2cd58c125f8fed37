"""What administrators have changed and not yet published, and the notes that they published with."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge.contracts.catalogue import Catalogue

_SCHEMA = """
CREATE TABLE IF NOT EXISTS drafts
  (officer TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, origin BLOB NOT NULL, catalogue BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (version INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS beginnings (version INTEGER PRIMARY KEY, catalogue BLOB NOT NULL);
"""

_encode = msgspec.json.Encoder().encode
_decode: msgspec.json.Decoder[Catalogue] = msgspec.json.Decoder(Catalogue)


class CatalogueDraft(NamedTuple):
    """One officer's draft: ``origin`` is the version in force from which it was made."""

    origin: Catalogue
    catalogue: Catalogue
    at_ms: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything in it differs from its origin."""
        return self.catalogue != self.origin


class Drafts:
    """One SQLite file beside the journal, without personal data; losing it loses no truth. One thread uses it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def of(self, officer: str, in_force: Catalogue) -> CatalogueDraft:
        """The officer's draft, which begins as the catalogue in force."""
        row = self._db.execute("SELECT origin, catalogue, at_ms FROM drafts WHERE officer = ?", (officer,)).fetchone()
        if row is None:
            return CatalogueDraft(in_force, in_force)
        return CatalogueDraft(_decode.decode(row[0]), _decode.decode(row[1]), row[2])

    def catalogues(self) -> list[Catalogue]:
        """Every officer's draft, and what each was made from."""
        rows = self._db.execute("SELECT origin, catalogue FROM drafts")
        return [_decode.decode(part) for row in rows for part in row]

    def named_media(self, in_force: Catalogue) -> frozenset[str]:
        """The hashes of every file that the catalogue in force or somebody's draft names."""
        return frozenset(medium.sha256 for one in (in_force, *self.catalogues()) for medium in one.media)

    def others(self, officer: str) -> list[str]:
        """The officers besides this one who have drafts."""
        rows = self._db.execute("SELECT officer FROM drafts WHERE officer != ? ORDER BY officer", (officer,))
        return [row[0] for row in rows]

    def keep(self, officer: str, draft: CatalogueDraft) -> None:
        """Keep a draft; one that changes nothing is forgotten."""
        if not draft.is_changed:
            self.discard(officer)
            return
        row = (officer, draft.at_ms, _encode(draft.origin), _encode(draft.catalogue))
        self._db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?)", row)

    def discard(self, officer: str) -> None:
        """Forget the officer's draft."""
        self._db.execute("DELETE FROM drafts WHERE officer = ?", (officer,))

    def keep_note(self, version: int, note: str) -> None:
        """What the officer who published this version said about it."""
        self._db.execute("INSERT OR IGNORE INTO notes VALUES (?, ?)", (version, note))

    def notes(self) -> dict[int, str]:
        """The notes by version."""
        return dict(self._db.execute("SELECT version, note FROM notes").fetchall())

    def keep_beginning(self, catalogue: Catalogue) -> None:
        """What was in force before anybody published: no version of the journal, but one to come back to."""
        row = (catalogue.version, _encode(catalogue))
        self._db.execute("INSERT OR IGNORE INTO beginnings VALUES (?, ?)", row)

    def beginnings(self) -> list[Catalogue]:
        """The catalogues of ``keep_beginning``, newest first."""
        rows = self._db.execute("SELECT catalogue FROM beginnings ORDER BY version DESC")
        return [_decode.decode(row[0]) for row in rows]
