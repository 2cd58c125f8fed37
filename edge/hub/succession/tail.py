"""What an old hub did after its last entry was copied: it cannot become part of this journal, and is not lost.

Fetched from the old hub when it is met again, kept beside the journal, and sent up under the old hub's own epoch.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from edge.contracts.events import Entry, Event, TicketIssued
from edge.hub.journal import Journal

FILE = "tail.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tail (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, event BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Tail:
    """One SQLite file. ``epoch`` is the old hub's; ``seq`` counts within it. Used from the event loop's thread: it is
    small, and touched once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self.epoch = ""
        self.complete = False
        self._acknowledged = 0
        if path.exists():
            self._read()

    @classmethod
    def beside(cls, journal: Journal) -> "Tail":
        """The tail of the journal in the same folder."""
        return cls(journal.path.with_name(FILE))

    def _read(self) -> None:
        with self._connected() as db:
            rows = db.execute("SELECT seq, at_ms, event FROM tail ORDER BY seq").fetchall()
            facts = dict(db.execute("SELECT key, value FROM facts").fetchall())
        self._entries = [Entry(seq, at_ms, _event.decode(event)) for seq, at_ms, event in rows]
        self.epoch = facts.get("epoch", "")
        self.complete = bool(facts.get("complete"))
        self._acknowledged = int(facts.get("acknowledged", "0"))

    @property
    def entries(self) -> Sequence[Entry]:
        """What only the old hub has."""
        return self._entries

    @property
    def numbers(self) -> tuple[str, ...]:
        """The labels of the numbers that only the old hub knows."""
        return tuple(entry.event.label for entry in self._entries if isinstance(entry.event, TicketIssued))

    def left(self) -> list[Entry]:
        """What the cloud has not yet."""
        return [entry for entry in self._entries if entry.seq > self._acknowledged]

    def keep(self, epoch: str, entries: Sequence[Entry], *, complete: bool) -> None:
        """Add what the old hub gave; ``complete``: it has stepped down, and no more will come."""
        with self._connected() as db:
            db.executemany(
                "INSERT OR IGNORE INTO tail VALUES (?, ?, ?)",
                [(entry.seq, entry.at_ms, msgspec.json.encode(entry.event)) for entry in entries],
            )
            db.execute("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", (epoch,))
            if complete:
                db.execute("INSERT OR REPLACE INTO facts VALUES ('complete', '1')")
        self._read()

    def acknowledge(self, seq: int) -> bool:
        """The cloud has the old epoch up to here; False where that is before the tail."""
        if not self._entries or seq < self._entries[0].seq:
            return False
        self._acknowledged = seq
        with self._connected() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES ('acknowledged', ?)", (str(seq),))
        return True

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as db:
            self._path.chmod(0o600)
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_SCHEMA)
            with db:
                yield db
