"""Which rows of the ledger's rollups a copy of them has still to get: noted by triggers, in the ingest's transaction.

The notes lie in the ledger's own file, so that a count and the note that it changed are committed together or not at
all, whatever is killed. The ingest knows nothing of it, and where no copy is kept there are no triggers.
"""

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from cloud.ledger import open_ledger, transaction
from cloud.points import SHAPE
from cloud.rollups import MEASURES
from cloud.today import reading

# Of a month only the name is noted: a year is noted at once, and copied month by month, also after a kill -9.
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS projection (only_one INTEGER PRIMARY KEY CHECK (only_one = 1),"
    " ledger INTEGER NOT NULL, pushed INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS projection_rows (site TEXT NOT NULL, day TEXT NOT NULL, hour INTEGER NOT NULL,"
    " service TEXT NOT NULL, fell INTEGER NOT NULL, version INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    " PRIMARY KEY (site, day, hour, service)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS projection_months (site TEXT NOT NULL, month TEXT NOT NULL, whole INTEGER NOT NULL,"
    " since_ms INTEGER NOT NULL, PRIMARY KEY (site, month)) STRICT, WITHOUT ROWID",
)
_NOW_MS = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"  # unixepoch('subsec') is SQLite 3.42's
NO_HOUR = -1


class Row(Struct, frozen=True):
    """A row that changed: of ``hours`` where ``hour`` is none, else of ``days``. ``fell``: a measure became less.

    ``version`` grows with each change, so that one which came during the copying is not forgotten.
    """

    site: str
    day: str
    hour: int
    service: str
    fell: bool
    version: int


class Month(Struct, frozen=True):
    """A facility's month, to be copied with all its rows. ``whole``: the copy may have what the ledger has not."""

    site: str
    month: str
    whole: bool


class State(Struct, frozen=True):
    """Whose copy it is, how many times copying was begun, and of which measures. The copy is told when it is done."""

    ledger: int
    pushed: int
    shape: int = SHAPE


class Behind(Struct, frozen=True):
    """How far a copy is behind the ledger: ``rows`` and whole ``months`` are still to be copied.

    ``since_ms`` is when the oldest of them changed: the copy is complete up to there. 0: it is complete.
    ``followed`` is false where no copy was ever begun.
    """

    rows: int = 0
    months: int = 0
    since_ms: int = 0
    followed: bool = True


def behind(data: Path) -> Behind:
    """How far the copy is behind the ledger in the folder ``data``."""
    with reading(data) as db:
        if not db.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'projection_months')").fetchone()[0]:
            return Behind(followed=False)
        rows, months, since_ms = db.execute(
            "SELECT (SELECT COUNT(*) FROM projection_rows), (SELECT COUNT(*) FROM projection_months),"
            " (SELECT ifnull(min(since_ms), 0) FROM"
            " (SELECT since_ms FROM projection_rows UNION ALL SELECT since_ms FROM projection_months))"
        ).fetchone()
        return Behind(rows, months, since_ms)


def follow(data: Path) -> sqlite3.Connection:
    """The ledger in the folder ``data``, which from now on notes what changes; at the first time, everything."""
    db = open_ledger(data)
    with transaction(db):
        for statement in _SCHEMA:
            db.execute(statement)
        for trigger in _triggers():
            db.execute(trigger)
        if not db.execute("SELECT EXISTS (SELECT 1 FROM projection)").fetchone()[0]:
            # 53 bits: readers of JSON elsewhere take no longer number.
            db.execute("INSERT INTO projection VALUES (1, ?, 0)", (secrets.randbits(53),))
            _note_all(db, whole=False)
    return db


def _triggers() -> Iterable[str]:
    # Made anew at each start: a measure that came later has a column of its own then.
    fell = " OR ".join(f"NEW.{measure} < OLD.{measure}" for measure in MEASURES)
    for table, hour, service in (("hours", "NEW.hour", "''"), ("days", str(NO_HOUR), "NEW.service")):
        for event, lost in (("INSERT", "0"), ("UPDATE", f"({fell})")):
            name = f"projection_{table}_{event.lower()}"
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield (
                f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN"  # noqa: S608 - literals of this program
                f" INSERT INTO projection_rows VALUES (NEW.site, NEW.day, {hour}, {service}, {lost}, 1, {_NOW_MS})"
                " ON CONFLICT (site, day, hour, service) DO UPDATE"
                " SET version = version + 1, fell = fell OR excluded.fell; END"
            )


def state(db: sqlite3.Connection) -> State:
    """What the copy was told, or the time before where copying was not done."""
    return State(*db.execute("SELECT ledger, pushed FROM projection").fetchone())


def begin(db: sqlite3.Connection, number: int) -> State:
    """Note that copying is begun for the time ``number``: a ledger restored from a backup does not know of it."""
    db.execute("UPDATE projection SET pushed = ?", (number,))
    return state(db)


def changed(db: sqlite3.Connection, most: int) -> tuple[Row, ...]:
    """The rows that changed, the longest waiting first, up to ``most``."""
    rows = db.execute(
        "SELECT site, day, hour, service, fell, version FROM projection_rows ORDER BY since_ms LIMIT ?", (most,)
    )
    return tuple(Row(site, day, hour, service, bool(fell), n) for site, day, hour, service, fell, n in rows)


def months(db: sqlite3.Connection, most: int) -> tuple[Month, ...]:
    """The months that are to be copied, the latest first, up to ``most``."""
    rows = db.execute("SELECT site, month, whole FROM projection_months ORDER BY month DESC, site LIMIT ?", (most,))
    return tuple(Month(site, month, bool(whole)) for site, month, whole in rows)


def note_all(db: sqlite3.Connection, *, whole: bool, others: Iterable[tuple[str, str]] = ()) -> None:
    """Have every month of every facility copied, and those (site, month) of ``others``."""
    with transaction(db):
        _note_all(db, whole=whole)
        _note(db, others, whole=whole)


def note_whole(db: sqlite3.Connection, some: Iterable[tuple[str, str]]) -> None:
    """Have these (site, month) copied, and taken from the copy what the ledger does not have."""
    with transaction(db):
        _note(db, some, whole=True)


def _note_all(db: sqlite3.Connection, *, whole: bool) -> None:
    # By hours too: a row of either may be all that a month has.
    known = db.execute("SELECT site, substr(day, 1, 7) FROM days UNION SELECT site, substr(day, 1, 7) FROM hours")
    _note(db, known.fetchall(), whole=whole)


def _note(db: sqlite3.Connection, some: Iterable[tuple[str, str]], *, whole: bool) -> None:
    db.executemany(
        f"INSERT INTO projection_months VALUES (?, ?, ?, {_NOW_MS}) ON CONFLICT (site, month) DO UPDATE"  # noqa: S608
        " SET whole = whole OR excluded.whole",
        [(site, month, whole) for site, month in some],
    )


def copied(db: sqlite3.Connection, rows: Sequence[Row], some: Sequence[Month]) -> None:
    """Take these off the notes, except what changed again since it was read."""
    with transaction(db):
        db.executemany(
            "DELETE FROM projection_rows WHERE site = ? AND day = ? AND hour = ? AND service = ? AND version = ?",
            [(row.site, row.day, row.hour, row.service, row.version) for row in rows],
        )
        db.executemany(
            "DELETE FROM projection_months WHERE site = ? AND month = ? AND whole = ?",
            [(month.site, month.month, month.whole) for month in some],
        )
