"""``phone.db``: how it stands with every ticket of the day, by the SHA-256 of its id; it can be lost at any time.

The sites tell everything again within a minute, so a commit need not be on the disk.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.phone import LIVE, PhoneReport, PhoneTicket
from edge.contracts.ticket import State

LONGEST_MS = 36 * 3_600_000  # no business day ends later, whatever a site says
MOST_OF_SITE = 20_000  # tickets of one site in a day

SCHEMA = """
CREATE TABLE IF NOT EXISTS sites (
  site TEXT PRIMARY KEY,
  facility TEXT NOT NULL, facility_en TEXT NOT NULL, time_zone TEXT NOT NULL,
  heard_ms INTEGER NOT NULL            -- when it said something last, on the cloud's clock
) STRICT;
CREATE TABLE IF NOT EXISTS tickets (
  key TEXT PRIMARY KEY,                -- the SHA-256 of the ticket's id
  site TEXT NOT NULL,
  live INTEGER NOT NULL,               -- whether it is in a line, or at a counter
  until_ms INTEGER NOT NULL,           -- nobody sees it after that
  shown BLOB NOT NULL                  -- JSON of Shown
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tickets_of_site ON tickets (site, live);
"""


class Shown(Struct, frozen=True, array_like=True):
    """One ticket in words that stand by themselves: ``service`` is (Vietnamese, English), ``places`` are (number, room)
    of the counters; the others as in PhoneTicket."""

    label: str
    into: str
    state: State
    service: tuple[str, str]
    places: tuple[tuple[int, str], ...]
    ahead: int
    low_ms: int
    high_ms: int
    called_ms: int
    back_until_ms: int


class Standing(Struct, frozen=True):
    """A ticket and its facility; ``heard_ms`` is when the site said something last, milliseconds since 1970 UTC."""

    ticket: Shown
    facility: str
    facility_en: str
    time_zone: str
    heard_ms: int


_encode = msgspec.json.Encoder().encode
_shown = msgspec.json.Decoder(Shown)


class PhoneStore:
    """The writing side, of one program alone."""

    def __init__(self, data: Path) -> None:
        self._db = open_store(data)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def take(self, reports: Sequence[tuple[str, PhoneReport]], now_ms: int) -> None:
        """Keep what these sites say, in their order and in one transaction."""
        with _transaction(self._db):
            for site, report in reports:
                self._take(site, report, now_ms)

    def forget(self, now_ms: int) -> int:
        """Delete the tickets of days that are over; how many they were."""
        with _transaction(self._db):
            return self._db.execute("DELETE FROM tickets WHERE until_ms <= ?", (now_ms,)).rowcount

    def _take(self, site: str, report: PhoneReport, now_ms: int) -> None:
        self._db.execute(
            "INSERT INTO sites VALUES (?, ?, ?, ?, ?) ON CONFLICT (site) DO UPDATE SET facility = excluded.facility,"
            " facility_en = excluded.facility_en, time_zone = excluded.time_zone, heard_ms = excluded.heard_ms",
            (site, report.facility, report.facility_en, report.time_zone, now_ms),
        )
        if report.whole:
            self._leave(site, {ticket.key for ticket in report.tickets})
        (held,) = self._db.execute("SELECT COUNT(*) FROM tickets WHERE site = ?", (site,)).fetchone()
        until_ms = min(report.until_ms, now_ms + LONGEST_MS)
        self._db.executemany(
            _RENEW if held + len(report.tickets) > MOST_OF_SITE else _KEEP,
            [
                {
                    "key": ticket.key,
                    "site": site,
                    "live": ticket.state in LIVE,
                    "until_ms": until_ms,
                    "shown": _encode(_resolved(report, ticket)),
                }
                for ticket in report.tickets
            ],
        )

    def _leave(self, site: str, there: set[str]) -> None:
        """Whoever is in no line any more has left it: that was said in a report that never came."""
        lines = self._db.execute("SELECT key, shown FROM tickets WHERE site = ? AND live = 1", (site,)).fetchall()
        gone = [(_encode(_gone(_shown.decode(shown))), key) for key, shown in lines if key not in there]
        self._db.executemany("UPDATE tickets SET live = 0, shown = ? WHERE key = ?", gone)


class Phones:
    """The reading side, for the threads of one program."""

    def __init__(self, data: Path) -> None:
        open_store(data).close()
        self._address = f"file:{(data / 'phone.db').resolve()}?mode=ro"
        self._mine = threading.local()

    def look(self, key: str, now_ms: int) -> Standing | None:
        """How it stands with the ticket of this key; None where there is none, or its day is over."""
        row = self._reading().execute(_LOOK, (key, now_ms)).fetchone()
        return Standing(_shown.decode(row[0]), *row[1:]) if row else None

    def _reading(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._mine, "db", None)
        if db is None:
            db = self._mine.db = sqlite3.connect(self._address, uri=True, timeout=5, isolation_level=None)
        return db


# A ticket belongs to the site that told of it first, whatever another site says.
_KEEP = """
INSERT INTO tickets (key, site, live, until_ms, shown) VALUES (:key, :site, :live, :until_ms, :shown)
ON CONFLICT (key) DO UPDATE SET live = excluded.live, until_ms = excluded.until_ms, shown = excluded.shown
WHERE site = excluded.site
"""
# Where a site has told of more than any facility has, those that are known go on.
_RENEW = "UPDATE tickets SET live = :live, until_ms = :until_ms, shown = :shown WHERE key = :key AND site = :site"
_LOOK = """
SELECT shown, facility, facility_en, time_zone, heard_ms FROM tickets JOIN sites USING (site)
WHERE key = ? AND until_ms > ?
"""


def open_store(data: Path) -> sqlite3.Connection:
    """A connection that may write, after making the folder and the tables that are missing."""
    data.mkdir(mode=0o750, parents=True, exist_ok=True)
    db = sqlite3.connect(data / "phone.db", timeout=10, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    with _transaction(db):
        for statement in SCHEMA.split(";"):
            db.execute(statement)
    return db


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _resolved(report: PhoneReport, ticket: PhoneTicket) -> Shown:
    """The ticket with names in place of their places, which are others with the next catalogue."""
    return Shown(
        label=ticket.label,
        into=ticket.into,
        state=ticket.state,
        service=report.services[ticket.service] if ticket.service >= 0 else ("", ""),
        places=tuple(report.counters[place] for place in ticket.counters),
        ahead=ticket.ahead,
        low_ms=ticket.low_ms,
        high_ms=ticket.high_ms,
        called_ms=ticket.called_ms,
        back_until_ms=ticket.back_until_ms,
    )


def _gone(shown: Shown) -> Shown:
    return replace(shown, state=State.LAPSED, ahead=0, low_ms=0, high_ms=0, called_ms=0, back_until_ms=0)
