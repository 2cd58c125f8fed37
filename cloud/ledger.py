"""Every event that the sites have sent, once each, and the counts made from them in the same transaction."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from cloud.admission import Reason
from cloud.rollups import MEASURES, OpenTicket, SiteState, fold, tickets_named
from edge.contracts.events import Batch, CatalogueAdopted

K = TypeVar("K", int, str)

FIRST_TIME_ZONE = "Asia/Ho_Chi_Minh"  # until the site's catalogue names its own

SCHEMA = """
CREATE TABLE IF NOT EXISTS journals (
  id INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  epoch TEXT NOT NULL,
  seq INTEGER NOT NULL,               -- every entry up to here is in the ledger
  time_zone TEXT NOT NULL,
  day TEXT NOT NULL,
  UNIQUE (site, epoch)
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  journal INTEGER NOT NULL REFERENCES journals (id),
  seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event BLOB NOT NULL,                -- JSON, in the words of edge.contracts.events
  PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sites (
  site TEXT PRIMARY KEY,
  journal INTEGER NOT NULL REFERENCES journals (id),
  name TEXT NOT NULL,
  name_en TEXT NOT NULL,
  heard_ms INTEGER NOT NULL           -- when its last batch came in, on the cloud's clock
) STRICT;
CREATE TABLE IF NOT EXISTS open_tickets (
  journal INTEGER NOT NULL REFERENCES journals (id),
  id TEXT NOT NULL,
  service TEXT NOT NULL,
  issued_at_ms INTEGER NOT NULL,
  called_at_ms INTEGER NOT NULL,
  PRIMARY KEY (journal, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hours (
  site TEXT NOT NULL, day TEXT NOT NULL, hour INTEGER NOT NULL,
  PRIMARY KEY (site, day, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
  site TEXT NOT NULL, day TEXT NOT NULL, service TEXT NOT NULL,
  PRIMARY KEY (site, day, service)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
  site TEXT NOT NULL, reason TEXT NOT NULL,
  times INTEGER NOT NULL, bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY (site, reason)
) STRICT, WITHOUT ROWID;
"""


def connect(data: Path) -> sqlite3.Connection:
    """A connection to ``ledger.db`` in the folder ``data``.

    It commits by itself outside an explicit transaction, and a commit is on the disk when it returns.
    """
    db = sqlite3.connect(data / "ledger.db", timeout=10, isolation_level=None)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    return db


def open_ledger(data: Path) -> sqlite3.Connection:
    """The same, after making the folder, the tables and the columns that are missing."""
    data.mkdir(mode=0o750, parents=True, exist_ok=True)
    db = connect(data)
    db.execute("PRAGMA journal_mode = WAL")
    with transaction(db):
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        for table in ("hours", "days"):
            known = {row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}
            for measure in MEASURES:
                if measure not in known:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {measure} INTEGER NOT NULL DEFAULT 0")
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block does, or nothing of it; other writers wait from the start."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


class Ledger:
    """The ledger as the ingest writes it."""

    def __init__(self, data: Path) -> None:
        self._db = open_ledger(data)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def record(self, site: str, batch: Batch, *, received_ms: int) -> int:
        """Record one admitted batch; see :meth:`record_all`."""
        return self.record_all([(site, batch)], received_ms=received_ms)[0]

    def record_all(self, batches: Sequence[tuple[str, Batch]], *, received_ms: int) -> tuple[int, ...]:
        """Record admitted batches in one transaction; for each, the seq up to which its journal is committed.

        Entries that are there already count for nothing. A batch that leaves a gap behind the entries that are there
        is not taken: its answer is then below its first entry, and the site has to go on from there.
        """
        with transaction(self._db):
            return tuple(self._record(site, batch, received_ms) for site, batch in batches)

    def note_refusal(self, site: str, reason: Reason, size: int, *, received_ms: int) -> None:
        """Note that a message of this site was not taken: why, how large, how often; not what it said."""
        with transaction(self._db):
            self._note_refusal(site, reason, size, received_ms)

    def _note_refusal(self, site: str, reason: Reason, size: int, received_ms: int) -> None:
        self._db.execute(
            "INSERT INTO refused VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT (site, reason) DO UPDATE"
            " SET times = times + 1, bytes = excluded.bytes, last_ms = excluded.last_ms",
            (site, reason.value, size, received_ms, received_ms),
        )

    def _record(self, site: str, batch: Batch, received_ms: int) -> int:
        journal, committed, state = self._journal(site, batch)
        first, last = batch.entries[0].seq, batch.entries[-1].seq
        if first > committed + 1:
            self._note_refusal(site, Reason.GAP, 0, received_ms)
            return committed
        self._db.execute("UPDATE sites SET heard_ms = ? WHERE site = ?", (received_ms, site))
        entries = batch.entries[committed + 1 - first :]
        if not entries:
            return committed
        self._db.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            [(journal, entry.seq, entry.at_ms, msgspec.json.encode(entry.event)) for entry in entries],
        )
        named = tickets_named(entries)
        folded = fold(msgspec.structs.replace(state, open=self._open_tickets(journal, named)), entries)
        self._keep_state(journal, last, folded.state, named, new_day=folded.new_day)
        self._add("hours", "hour", site, folded.hours)
        self._add("days", "service", site, folded.days)
        for entry in entries:
            if isinstance(entry.event, CatalogueAdopted):
                facility = entry.event.catalogue.facility
                self._db.execute(
                    "UPDATE sites SET name = ?, name_en = ? WHERE site = ?", (facility.name, facility.name_en, site)
                )
        return last

    def _journal(self, site: str, batch: Batch) -> tuple[int, int, SiteState]:
        """The journal's id, the seq up to which it is committed, and its state without tickets."""
        row = self._db.execute(
            "SELECT id, seq, time_zone, day FROM journals WHERE site = ? AND epoch = ?", (site, batch.epoch)
        ).fetchone()
        if row:
            return row[0], row[1], SiteState(row[2], row[3], {})
        if batch.entries[0].seq != 1:
            return 0, 0, SiteState(FIRST_TIME_ZONE, "", {})
        journal: int = self._db.execute(
            "INSERT INTO journals (site, epoch, seq, time_zone, day) VALUES (?, ?, 0, ?, '') RETURNING id",
            (site, batch.epoch, FIRST_TIME_ZONE),
        ).fetchone()[0]
        self._db.execute(
            "INSERT INTO sites VALUES (?, ?, ?, ?, 0) ON CONFLICT (site) DO UPDATE SET journal = excluded.journal",
            (site, journal, site, site),
        )
        return journal, 0, SiteState(FIRST_TIME_ZONE, "", {})

    def _open_tickets(self, journal: int, named: frozenset[str]) -> dict[str, OpenTicket]:
        found = {}
        for ticket in named:
            row = self._db.execute(
                "SELECT id, service, issued_at_ms, called_at_ms FROM open_tickets WHERE journal = ? AND id = ?",
                (journal, ticket),
            ).fetchone()
            if row:
                found[ticket] = OpenTicket(*row)
        return found

    def _keep_state(self, journal: int, seq: int, state: SiteState, named: frozenset[str], *, new_day: bool) -> None:
        self._db.execute(
            "UPDATE journals SET seq = ?, time_zone = ?, day = ? WHERE id = ?",
            (seq, state.time_zone, state.day, journal),
        )
        if new_day:
            self._db.execute("DELETE FROM open_tickets WHERE journal = ?", (journal,))
        self._db.executemany(
            "DELETE FROM open_tickets WHERE journal = ? AND id = ?",
            [(journal, ticket) for ticket in named if ticket not in state.open],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO open_tickets VALUES (?, ?, ?, ?, ?)",
            [(journal, t.id, t.service, t.issued_at_ms, t.called_at_ms) for t in state.open.values()],
        )

    def _add(self, table: str, part: str, site: str, counts: Mapping[tuple[str, K, str], int]) -> None:
        for (day, value, measure), n in counts.items():
            self._db.execute(_increment(table, part, measure), (site, day, value, n))


@cache
def _increment(table: str, part: str, measure: str) -> str:
    # The names are literals of this program: the schema's, and MEASURES.
    insert = f"INSERT INTO {table} (site, day, {part}, {measure}) VALUES (?, ?, ?, ?)"  # noqa: S608
    return f"{insert} ON CONFLICT (site, day, {part}) DO UPDATE SET {measure} = {measure} + excluded.{measure}"
