"""The site's truth on disk: an append-only table, committed with synchronous=FULL before anybody is told."""

import secrets
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge.contracts.catalogue import Catalogue
from edge.contracts.events import Entry, Event
from edge.hub import audit
from edge.hub.audit import FOR_EVER, AuditEntry, AuditLine

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_once BEFORE INSERT ON entries
  WHEN EXISTS (SELECT 1 FROM entries WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TABLE IF NOT EXISTS replies
  (id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, fingerprint BLOB NOT NULL, reply BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS holdings
  (subject BLOB, service TEXT, ticket TEXT NOT NULL, PRIMARY KEY (subject, service)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS editions
  (version INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, officer TEXT NOT NULL, catalogue BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS editions_stay BEFORE UPDATE ON editions
  BEGIN SELECT RAISE(ABORT, 'an edition is never changed'); END;
CREATE TRIGGER IF NOT EXISTS editions_remain BEFORE DELETE ON editions
  BEGIN SELECT RAISE(ABORT, 'an edition is never changed'); END;
"""

_decode_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_decode_catalogue: msgspec.json.Decoder[Catalogue] = msgspec.json.Decoder(Catalogue)
_encode = msgspec.json.Encoder().encode


class JournalError(Exception):
    """The disk did not take the entries: nothing of this batch happened."""


class StoredReply(NamedTuple):
    """What was answered to a command: ``reply`` is the JSON as it went out."""

    command: str
    fingerprint: bytes
    reply: bytes


class Holding(NamedTuple):
    """Who (as the day's pseudonym) holds which ticket of a service."""

    subject: bytes
    service: str
    ticket: str


class Edition(NamedTuple):
    """One version of the catalogue, and who published it when."""

    version: int
    at_ms: int
    officer: str
    catalogue: Catalogue


class Journal:
    """One SQLite file; every method belongs to one thread, the writer's."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA + audit.SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (secrets.token_hex(16),))
        self.epoch: str = self._db.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def epochs(self) -> str:
        """The epochs of a journal that was carried on, as ``edge.hub.succession.lineage`` writes them; else empty."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'epochs'").fetchone()
        return str(row[0]) if row else ""

    def commit(
        self,
        entries: Sequence[Entry],
        replies: Sequence[StoredReply],
        holdings: Sequence[Holding],
        *,
        new_day: bool,
        at_ms: int,
        audit_lines: Sequence[AuditLine] = (),
        editions: Sequence[Edition] = (),
    ) -> None:
        """Append, in one transaction that is on the disk when this returns.

        ``new_day`` says that the first entry opens a business day: the holdings of the day before and the replies of
        two days ago are forgotten. Raises JournalError where the disk refuses; the file is then as it was.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            if new_day:
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('day', ?)", (str(entries[0].seq),))
                self._db.execute("DELETE FROM holdings")
                self._db.execute("DELETE FROM replies WHERE at_ms < ?", (at_ms - 2 * 86_400_000,))
            self._db.executemany(
                "INSERT INTO entries VALUES (?, ?, ?)", [(e.seq, e.at_ms, _encode(e.event)) for e in entries]
            )
            self._db.executemany(
                "INSERT INTO replies VALUES (?, ?, ?, ?)", [(r.command, at_ms, r.fingerprint, r.reply) for r in replies]
            )
            self._db.executemany("INSERT OR REPLACE INTO holdings VALUES (?, ?, ?)", holdings)
            self._db.executemany(
                "INSERT INTO editions VALUES (?, ?, ?, ?)",
                [(e.version, e.at_ms, e.officer, _encode(e.catalogue)) for e in editions],
            )
            audit.insert(self._db, audit_lines)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise JournalError(str(error)) from error

    def entries(self, after: int = 0, limit: int = -1) -> Iterator[Entry]:
        """The entries after a sequence number, in order."""
        rows = self._db.execute("SELECT * FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit))
        for seq, at_ms, event in rows:
            yield Entry(seq, at_ms, _decode_event.decode(event))

    def consents(self, from_ms: int, until_ms: int) -> list[Entry]:
        """What people agreed to and whose data was erased, from ``from_ms`` (inclusive) to ``until_ms`` (exclusive)."""
        last = self._db.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0]
        seqs = range(1, last + 1)  # without gaps, and their times never run backwards
        first, beyond = (bisect_left(seqs, at_ms, key=self._at_ms) + 1 for at_ms in (from_ms, until_ms))
        rows = self._db.execute(
            "SELECT seq, at_ms, event FROM entries WHERE seq >= ? AND seq < ? "
            "AND json_extract(CAST(event AS TEXT), '$.type') IN ('ConsentGiven/1', 'PersonErased/1') ORDER BY seq",
            (first, beyond),
        )
        return [Entry(seq, at_ms, _decode_event.decode(event)) for seq, at_ms, event in rows]

    def _at_ms(self, seq: int) -> int:
        return int(self._db.execute("SELECT at_ms FROM entries WHERE seq = ?", (seq,)).fetchone()[0])

    def day(self) -> int:
        """The sequence number of the entry that opened the business day; 1 where none has been opened yet."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'day'").fetchone()
        return int(row[0]) if row else 1

    def holdings(self) -> list[Holding]:
        """Who holds what today."""
        return [Holding(*row) for row in self._db.execute("SELECT subject, service, ticket FROM holdings")]

    def answered(self) -> list[str]:
        """The ids of the commands whose replies are kept."""
        return [row[0] for row in self._db.execute("SELECT id FROM replies")]

    def reply(self, command: str) -> StoredReply:
        """The reply kept for a command. Raises KeyError where there is none."""
        row = self._db.execute("SELECT id, fingerprint, reply FROM replies WHERE id = ?", (command,)).fetchone()
        if row is None:
            raise KeyError(command)
        return StoredReply(*row)

    def note(self, line: AuditLine) -> None:
        """Append a line of something that is no command to the audit log: a login, a changed account, a look-up.

        Raises JournalError where the disk refuses.
        """
        try:
            audit.insert(self._db, [line])
        except sqlite3.Error as error:
            raise JournalError(str(error)) from error

    def audit(
        self, before: int = FOR_EVER, limit: int = 50, *, officer: str = "", from_ms: int = 0, until_ms: int = FOR_EVER
    ) -> list[AuditEntry]:
        """The lines of the audit log, newest first, below the sequence number ``before``.

        Of one officer where one is named, from ``from_ms`` (inclusive) to ``until_ms`` (exclusive).
        """
        return audit.select(self._db, before, limit, officer, from_ms, until_ms)

    def editions(self) -> list[Edition]:
        """Every version of the catalogue that an officer published, newest first."""
        rows = self._db.execute("SELECT version, at_ms, officer, catalogue FROM editions ORDER BY version DESC")
        return [Edition(version, at_ms, officer, _decode_catalogue.decode(c)) for version, at_ms, officer, c in rows]

    def acknowledged(self) -> int:
        """The last entry that the cloud has committed."""
        row = self._db.execute("SELECT value FROM meta WHERE key = 'acknowledged'").fetchone()
        return int(row[0]) if row else 0

    def set_acknowledged(self, seq: int) -> None:
        """Note the ingest's acknowledgement; losing this to a power cut only sends some entries again."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('acknowledged', ?)", (str(seq),))
