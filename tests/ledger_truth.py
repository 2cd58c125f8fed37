"""What the ledger must hold for a journal, worked out plainly and apart from ``cloud.rollups``; and what it holds."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import msgspec

from edge.contracts.events import (
    DayOpened,
    DocumentRead,
    Entry,
    Event,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
)
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from tests.journals import MINUTE_MS, Journal

VIETNAM = timezone(timedelta(hours=7))
UPPER_MIN = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 180)
SERVICES = ("general", "insurance", "children")
QUERIES = {
    "hours": "SELECT * FROM hours",
    "days": "SELECT * FROM days",
    "months": "SELECT * FROM months",
    "slots": "SELECT * FROM slots",
}

Counts = Counter[tuple[str, str, str | int, str]]  # site, day or month, hour or service or slot, measure


def many_days(random: Random, days: int, tickets: int, *, ends: datetime, name: str = "Trạm Mẫu") -> Journal:
    """A journal of the ``days`` up to ``ends``, each with so many tickets: called, finished, missed, or left over."""
    journal = Journal()
    for back in range(days - 1, -1, -1):
        opens = (ends.astimezone(VIETNAM) - timedelta(days=back)).replace(hour=7, minute=0, second=0, microsecond=0)
        journal.at_ms = int(opens.timestamp() * 1000)
        if back == days - 1:
            journal.open(name, f"{opens:%Y-%m-%d}")
        else:
            journal.add(DayOpened(f"{opens:%Y-%m-%d}"))
        waiting: list[tuple[str, str]] = []
        called: list[str] = []
        for _ in range(tickets):
            journal.at_ms += random.randrange(min(20, 18 * 60 // tickets) * MINUTE_MS)
            document = random.choice([Document.CCCD_CHIP, Document.CCCD_QR, Document.NONE])
            if document is not Document.NONE:
                journal.read(document, ReadingFault.CARD_REMOVED if random.random() < 0.1 else None)
            waiting.append((f"{random.getrandbits(128):032x}", random.choice(SERVICES)))
            journal.issue(*waiting[-1], document)
            if random.random() < 0.8:
                journal.at_ms += random.randrange(MINUTE_MS)
                ticket, service = waiting.pop(random.randrange(len(waiting)))
                journal.call(ticket, service)
                called.append(ticket)
            if called and random.random() < 0.8:
                journal.at_ms += random.randrange(10 * MINUTE_MS)
                (journal.finish if random.random() < 0.9 else journal.no_show)(called.pop(0))
    return journal


def truth(site: str, *journals: Journal) -> dict[str, Counts]:
    """The rows of each table of counts, other than zero."""
    tables: dict[str, Counts] = {table: Counter() for table in QUERIES}
    for journal in journals:
        for day, at_ms, service, measure in _counted(journal):
            at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(VIETNAM)
            tables["hours"][site, day, at.hour, measure] += 1
            tables["days"][site, day, service, measure] += 1
            tables["months"][site, day[:7], service, measure] += 1
            slot = datetime.strptime(day, "%Y-%m-%d").weekday() * 24 + at.hour
            if measure == "called" or measure.startswith("issued_"):
                tables["slots"][site, day[:7], slot, "called" if measure == "called" else "issued"] += 1
    return tables


def _counted(journal: Journal) -> list[tuple[str, int, str, str]]:
    """(day, time, service, measure), one for each thing that counts."""
    day, found = "", []
    issued: dict[str, tuple[int, str]] = {}
    called: dict[str, int] = {}
    for entry in journal.entries:
        event, at_ms = entry.event, entry.at_ms
        if isinstance(event, DayOpened):
            day = event.day
        elif isinstance(event, TicketIssued):
            issued[event.ticket] = at_ms, event.service
            found.append((day, at_ms, event.service, "issued_" + event.document.value.replace("-", "_")))
        elif isinstance(event, TicketCalled):
            called[event.ticket] = at_ms
            since_ms, service = issued[event.ticket]
            found += [(day, at_ms, service, "called"), (day, at_ms, service, f"wait_{_bin(at_ms - since_ms):02d}")]
        elif isinstance(event, TicketFinished):
            served = f"service_{_bin(at_ms - called[event.ticket]):02d}"
            found += [(day, at_ms, issued[event.ticket][1], "finished"), (day, at_ms, issued[event.ticket][1], served)]
        elif isinstance(event, TicketNoShow):
            found.append((day, at_ms, issued[event.ticket][1], "no_shows"))
        elif isinstance(event, DocumentRead):
            document = event.document.value.replace("-", "_")
            if event.fault is None:
                found.append((day, at_ms, "", f"read_ok_{document}"))
            else:
                fault = event.fault.value.replace("-", "_")
                found += [(day, at_ms, "", f"read_failed_{document}"), (day, at_ms, "", f"unread_{fault}")]
    return found


def _bin(duration_ms: int) -> int:
    return sum(duration_ms >= upper * MINUTE_MS for upper in UPPER_MIN)


def counts(data: Path) -> dict[str, Counts]:
    """The rows of each table of counts in the ledger, other than zero."""
    found: dict[str, Counts] = {table: Counter() for table in QUERIES}
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        for table, query in QUERIES.items():
            cursor = db.execute(query)
            names = [column[0] for column in cursor.description]
            for site, when, part, *values in cursor:
                for measure, n in zip(names[3:], values, strict=True):
                    if n:
                        found[table][site, when, part, measure] = n
    return found


def entries(data: Path, site: str, epoch: str) -> list[Entry]:
    """The journal as the ledger holds it."""
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        rows = db.execute(
            "SELECT events.seq, at_ms, event FROM events JOIN journals ON journals.id = journal"
            " WHERE site = ? AND epoch = ? ORDER BY events.seq",
            (site, epoch),
        ).fetchall()
    return [Entry(seq, at_ms, msgspec.json.decode(event, type=Event)) for seq, at_ms, event in rows]


def rows(data: Path, site: str) -> int:
    """How many entries of this site the ledger holds."""
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        n: int = db.execute(
            "SELECT COUNT(*) FROM events JOIN journals ON journals.id = journal WHERE site = ?", (site,)
        ).fetchone()[0]
    return n
