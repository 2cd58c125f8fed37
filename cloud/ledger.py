"""Every event that the sites have sent, once each, and the counts made from them in the same transaction."""

import contextlib
import sqlite3
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from cloud import quarantine
from cloud.admission import Reason
from cloud.quarantine import Message, revoked, set_aside
from cloud.rollups import ISSUED, MEASURES, OpenTicket, SiteState, fold, tickets_named
from cloud.tallies import Tallies
from edge.contracts.catalogue import Catalogue
from edge.contracts.events import Batch, CatalogueAdopted, Entry, HubSucceeded

_encode = msgspec.json.Encoder().encode
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
CREATE TABLE IF NOT EXISTS services (
  site TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL,
  PRIMARY KEY (site, service)
) STRICT, WITHOUT ROWID;
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
  {measures},
  PRIMARY KEY (site, day, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
  site TEXT NOT NULL, day TEXT NOT NULL, service TEXT NOT NULL,
  {measures},
  PRIMARY KEY (site, day, service)
) STRICT, WITHOUT ROWID;
-- What a year is read from: a month's sums of ``days``, and of ``hours`` by the hour of the week.
CREATE TABLE IF NOT EXISTS months (
  site TEXT NOT NULL, month TEXT NOT NULL, service TEXT NOT NULL,
  {measures},
  PRIMARY KEY (site, month, service)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots (
  site TEXT NOT NULL, month TEXT NOT NULL,
  slot INTEGER NOT NULL,              -- weekday (Monday is 0) * 24 + hour
  issued INTEGER NOT NULL DEFAULT 0, called INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, month, slot)
) STRICT, WITHOUT ROWID;
""".replace("{measures}", ", ".join(f"{measure} INTEGER NOT NULL DEFAULT 0" for measure in MEASURES))


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
        for statement in (SCHEMA + quarantine.SCHEMA).split(";"):
            db.execute(statement)
        for table in ("hours", "days", "months"):
            known = {row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}
            for measure in MEASURES:
                if measure not in known:
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {measure} INTEGER NOT NULL DEFAULT 0")
        if not db.execute("SELECT EXISTS (SELECT 1 FROM months)").fetchone()[0]:
            sum_up(db)
    return db


def sum_up(db: sqlite3.Connection) -> None:
    """Make ``months`` and ``slots`` anew from ``days`` and ``hours``."""
    # The names are literals of this program: MEASURES.
    sums = ", ".join(f"SUM({measure})" for measure in MEASURES)
    db.execute("DELETE FROM months")
    db.execute(
        f"INSERT INTO months (site, month, service, {', '.join(MEASURES)})"  # noqa: S608
        f" SELECT site, substr(day, 1, 7), service, {sums} FROM days GROUP BY 1, 2, 3"
    )
    db.execute("DELETE FROM slots")
    db.execute(
        "INSERT INTO slots (site, month, slot, issued, called)"  # noqa: S608
        " SELECT site, substr(day, 1, 7), (strftime('%w', day) + 6) % 7 * 24 + hour,"
        f" SUM({' + '.join(ISSUED.values())}), SUM(called) FROM hours GROUP BY 1, 2, 3"
    )


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


class Arrival(Struct, frozen=True):
    """An admitted batch, and what may be noted of its message where it is not taken."""

    site: str
    batch: Batch
    message: Message = Message()


class Refusal(Struct, frozen=True):
    """A message that was not admitted, and why."""

    site: str
    reason: Reason
    message: Message


class Taken(Struct, frozen=True):
    """What became of a batch: its journal is committed up to ``seq``; ``refusal`` says why not all of it was taken,
    and ``fault`` where this program failed at it."""

    seq: int
    refusal: Reason | None = None
    fault: str = ""


class Ledger:
    """The ledger as one of the ingest's workers writes it."""

    def __init__(self, data: Path) -> None:
        self._db = open_ledger(data)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def record(self, site: str, batch: Batch, *, received_ms: int) -> int:
        """Record one admitted batch; the seq up to which its journal is committed. See :meth:`record_all`."""
        return self.record_all([Arrival(site, batch)], received_ms=received_ms)[0].seq

    def record_all(
        self, arrivals: Sequence[Arrival], *, received_ms: int, refusals: Sequence[Refusal] = ()
    ) -> tuple[Taken, ...]:
        """Record admitted batches in one transaction, and say what became of each; note the refusals in the same.

        Entries that are there already count for nothing. A batch that leaves a gap behind the entries that are there
        is not taken: its answer is then below its first entry, and the site has to go on from there. Nothing is taken
        of a site that was revoked. A batch at which this program itself fails is set aside, and the others are taken:
        its site's journal stops there until the program is mended, and is then complete.
        """
        try:
            with transaction(self._db):
                self._note(refusals, received_ms)
                return _Writing(self._db, received_ms).take(arrivals)
        except sqlite3.OperationalError:
            raise  # the disk, or the lock: no batch is to blame
        except Exception:  # noqa: BLE001 - whatever it is, one of them is to blame, and the others must not wait for it
            with transaction(self._db):
                self._note(refusals, received_ms)
            return tuple(self._record_alone(arrival, received_ms) for arrival in arrivals)

    def _record_alone(self, arrival: Arrival, received_ms: int) -> Taken:
        try:
            with transaction(self._db):
                return _Writing(self._db, received_ms).take([arrival])[0]
        except sqlite3.OperationalError:
            raise
        except Exception as bug:  # noqa: BLE001 - see above; the text of the error may quote the message
            where = _place(bug)
        with transaction(self._db):
            set_aside(self._db, arrival.site, Reason.FAULT, arrival.message, received_ms=received_ms, fault=where)
        return Taken(self.committed(arrival.site, arrival.batch.epoch), Reason.FAULT, where)

    def committed(self, site: str, epoch: str) -> int:
        """The seq up to which this journal is committed; 0 where nothing of it is."""
        row = self._db.execute("SELECT seq FROM journals WHERE site = ? AND epoch = ?", (site, epoch)).fetchone()
        return row[0] if row else 0

    def note_refusal(self, site: str, reason: Reason, message: Message, *, received_ms: int) -> None:
        """Note that a message of this site was not taken: why, how large, how often; not what it said."""
        with transaction(self._db):
            self._note([Refusal(site, reason, message)], received_ms)

    def _note(self, refusals: Sequence[Refusal], received_ms: int) -> None:
        for refusal in refusals:
            set_aside(self._db, refusal.site, refusal.reason, refusal.message, received_ms=received_ms)


class _Book:
    """One journal while a transaction writes to it."""

    def __init__(self, journal: int, site: str, seq: int, time_zone: str, day: str) -> None:
        self.id = journal
        self.site = site
        self.seq = seq
        self.time_zone = time_zone
        self.day = day
        self.written = False
        self.emptied = False  # a day opened: no ticket of the database is open any more
        self.tickets: dict[str, OpenTicket | None] = {}  # None: not open


class _Writing:
    """One transaction: what is read once, and what is written at its end."""

    def __init__(self, db: sqlite3.Connection, received_ms: int) -> None:
        self._db = db
        self._received_ms = received_ms
        self._books: dict[tuple[str, str], _Book] = {}
        self._tallies = Tallies()
        self._heard: set[str] = set()
        self._revoked = revoked(db)

    def take(self, arrivals: Sequence[Arrival]) -> tuple[Taken, ...]:
        taken = tuple(self._take(arrival) for arrival in arrivals)
        for book in self._books.values():
            if book.written:
                self._keep(book)
        self._db.executemany(
            "UPDATE sites SET heard_ms = ? WHERE site = ?", [(self._received_ms, site) for site in self._heard]
        )
        self._tallies.write(self._db)
        return taken

    def _take(self, arrival: Arrival) -> Taken:
        site, batch = arrival.site, arrival.batch
        if site in self._revoked:
            return self._refuse(arrival, 0, Reason.REVOKED)
        book = self._book(site, batch)
        first, last = batch.entries[0].seq, batch.entries[-1].seq
        if book is None or first > book.seq + 1:
            return self._refuse(arrival, book.seq if book else 0, Reason.GAP)
        self._heard.add(site)
        entries = batch.entries[book.seq + 1 - first :]
        if not entries:
            return Taken(book.seq)
        self._db.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?)",
            [(book.id, entry.seq, entry.at_ms, _encode(entry.event)) for entry in entries],
        )
        self._fold(book, entries)
        book.seq, book.written = last, True
        return Taken(last)

    def _refuse(self, arrival: Arrival, seq: int, reason: Reason) -> Taken:
        set_aside(self._db, arrival.site, reason, Message(arrival.message.length), received_ms=self._received_ms)
        return Taken(seq, reason)

    def _fold(self, book: _Book, entries: Sequence[Entry]) -> None:
        named = tickets_named(entries)
        for ticket in named - book.tickets.keys():
            book.tickets[ticket] = None if book.emptied else self._open_ticket(book.id, ticket)
        known = {ticket: there for ticket in named if (there := book.tickets[ticket])}
        folded = fold(SiteState(book.time_zone, book.day, known), entries)
        if folded.new_day:
            book.tickets, book.emptied = {}, True
        else:
            book.tickets.update(dict.fromkeys(named))
        book.tickets.update(folded.state.open)
        book.time_zone, book.day = folded.state.time_zone, folded.state.day
        self._tallies.add(book.site, folded)
        for entry in entries:
            if isinstance(entry.event, CatalogueAdopted):
                self._keep_names(book.site, entry.event.catalogue)

    def _keep_names(self, site: str, catalogue: Catalogue) -> None:
        facility = catalogue.facility
        self._db.execute(
            "UPDATE sites SET name = ?, name_en = ? WHERE site = ?", (facility.name, facility.name_en, site)
        )
        self._db.executemany(  # a service that is left out has figures of earlier days, and so keeps its name
            "INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?)",
            [(site, service.id, service.name, service.name_en) for service in catalogue.services],
        )

    def _book(self, site: str, batch: Batch) -> _Book | None:
        """The journal; None where it is new and the batch does not begin it."""
        key = site, batch.epoch
        if key in self._books:
            return self._books[key]
        row = self._db.execute(
            "SELECT id, seq, time_zone, day FROM journals WHERE site = ? AND epoch = ?", key
        ).fetchone()
        if row:
            book = _Book(row[0], site, row[1], row[2], row[3])
        elif batch.entries[0].seq != 1:
            return None
        else:
            begun = self._begin(site, batch)
            if begun is None:
                return None
            book = begun
        self._books[key] = book
        return book

    def _begin(self, site: str, batch: Batch) -> _Book | None:
        """A new journal. One that another machine carries on begins with the day and open tickets of the one before;
        None where that has not come in as far."""
        first = batch.entries[0].event
        time_zone, day, before = FIRST_TIME_ZONE, "", None
        if isinstance(first, HubSucceeded):
            self._keep_all(site)
            before = self._db.execute(
                "SELECT id, time_zone, day FROM journals WHERE site = ? AND epoch = ? AND seq >= ?",
                (site, first.before, first.before_seq),
            ).fetchone()
            if before is None:
                return None
            time_zone, day = before[1], before[2]
        journal: int = self._db.execute(
            "INSERT INTO journals (site, epoch, seq, time_zone, day) VALUES (?, ?, 0, ?, ?) RETURNING id",
            (site, batch.epoch, time_zone, day),
        ).fetchone()[0]
        if before is not None:
            self._db.execute(
                "INSERT INTO open_tickets SELECT ?, id, service, issued_at_ms, called_at_ms FROM open_tickets"
                " WHERE journal = ?",
                (journal, before[0]),
            )
        self._db.execute(
            "INSERT INTO sites VALUES (?, ?, ?, ?, 0) ON CONFLICT (site) DO UPDATE SET journal = excluded.journal",
            (site, journal, site, site),
        )
        return _Book(journal, site, 0, time_zone, day)

    def _keep_all(self, site: str) -> None:
        """Write what this transaction has of the site's other journals, so that it can be read."""
        for book in self._books.values():
            if book.site == site and book.written:
                self._keep(book)

    def _open_ticket(self, journal: int, ticket: str) -> OpenTicket | None:
        row = self._db.execute(
            "SELECT id, service, issued_at_ms, called_at_ms FROM open_tickets WHERE journal = ? AND id = ?",
            (journal, ticket),
        ).fetchone()
        return OpenTicket(*row) if row else None

    def _keep(self, book: _Book) -> None:
        self._db.execute(
            "UPDATE journals SET seq = ?, time_zone = ?, day = ? WHERE id = ?",
            (book.seq, book.time_zone, book.day, book.id),
        )
        if book.emptied:
            self._db.execute("DELETE FROM open_tickets WHERE journal = ?", (book.id,))
        self._db.executemany(
            "DELETE FROM open_tickets WHERE journal = ? AND id = ?",
            [(book.id, ticket) for ticket, there in book.tickets.items() if there is None],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO open_tickets VALUES (?, ?, ?, ?, ?)",
            [(book.id, t.id, t.service, t.issued_at_ms, t.called_at_ms) for t in book.tickets.values() if t],
        )


def _place(bug: BaseException) -> str:
    """What kind of error this is and which line of this program raised it; not its text, which may quote a message."""
    frames = traceback.extract_tb(bug.__traceback__)
    ours = [frame for frame in frames if "/cloud/" in frame.filename] or frames
    return f"{type(bug).__name__} {Path(ours[-1].filename).name}:{ours[-1].lineno}"
