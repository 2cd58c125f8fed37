"""The audit log: who did what, when, and whether it was done. Nothing in it says who a patient is.

The table stands in the journal's file, so that a command and its line are committed together.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from edge.contracts.commands import (
    AdoptCatalogue,
    CallTicket,
    Command,
    Done,
    GiveNumber,
    Refer,
    Refused,
    Reply,
    SendToTests,
    SetCounter,
    SetPriority,
    TakePayment,
    Transfer,
)
from edge.contracts.face import SettleContest
from edge.contracts.notice import Announce

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, officer TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, outcome TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_by_officer ON audit (officer);
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at_ms);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_remains BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_once BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""
_FIRST = "SELECT seq FROM audit WHERE at_ms >= ? ORDER BY at_ms, seq LIMIT 1"
_LAST = "SELECT seq FROM audit WHERE at_ms < ? ORDER BY at_ms DESC, seq DESC LIMIT 1"
_OF_ALL = """
SELECT seq, at_ms, officer, action, subject, outcome FROM audit WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?
"""
_OF_ONE = """
SELECT seq, at_ms, officer, action, subject, outcome FROM audit
WHERE officer = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?
"""
FOR_EVER = (1 << 63) - 1  # the largest integer of SQLite, beyond every time and every sequence number
DONE = "done"


class AuditLine(NamedTuple):
    """One line. ``officer`` is an account's name, empty for a stranger; ``subject`` a counter, a ticket's label, an
    account or a version of the catalogue; ``outcome`` is "done" or why not."""

    at_ms: int
    officer: str
    action: str
    subject: str
    outcome: str


class AuditEntry(NamedTuple):
    """A line with its place in the log."""

    seq: int
    line: AuditLine


def line_of(at_ms: int, officer: str, command: Command, reply: Reply) -> AuditLine:
    """The line for an officer's command and the hub's reply to it."""
    outcome = reply.reason.value if isinstance(reply, Refused) else DONE
    return AuditLine(at_ms, officer, type(command).__name__, _subject(command, reply), outcome)


def insert(db: sqlite3.Connection, lines: Sequence[AuditLine]) -> None:
    """Append, in the transaction that is open."""
    db.executemany("INSERT INTO audit (at_ms, officer, action, subject, outcome) VALUES (?, ?, ?, ?, ?)", lines)


def select(
    db: sqlite3.Connection, before: int, limit: int, officer: str, from_ms: int, until_ms: int
) -> list[AuditEntry]:
    """The lines of an officer (empty: of all) in a time, newest first, below the sequence number ``before``."""
    low, high = _seq(db, _FIRST, from_ms), min(_seq(db, _LAST, until_ms), before - 1)
    if low < 0:
        return []
    rows = db.execute(_OF_ONE, (officer, low, high, limit)) if officer else db.execute(_OF_ALL, (low, high, limit))
    return [AuditEntry(seq, AuditLine(*line)) for seq, *line in rows]


def _seq(db: sqlite3.Connection, query: str, at_ms: int) -> int:
    row = db.execute(query, (at_ms,)).fetchone()
    return int(row[0]) if row else -1


def _subject(command: Command, reply: Reply) -> str:
    counter: str = getattr(command, "counter", "")
    ticket = reply.ticket if isinstance(reply, Done | Refused) else None
    return " ".join(part for part in (counter, ticket.label if ticket else "", _what(command)) if part)


def _what(command: Command) -> str:
    match command:
        case CallTicket(reason=reason) if reason is not None:
            return reason.value
        case Transfer() | Refer():
            return f"→ {command.service} {command.room}".rstrip()
        case SendToTests():
            return f"→ {', '.join(command.services)}"
        case SetCounter():
            return f"→ {command.state.value} {command.pause.value}".rstrip()
        case SetPriority() | GiveNumber():
            return f"→ {command.priority.value}" if command.priority.value else ""
        case TakePayment():
            return f"→ {command.means.value}"
        case Announce():
            return "urgent" if command.urgent else ""
        case SettleContest():
            return f"→ {command.verdict.value}"
        case AdoptCatalogue():
            return f"catalogue {command.base}"
        case _:
            return ""
