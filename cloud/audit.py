"""The audit log of the dashboard: who did what, when, in UTC. Lines are added and never changed.

Each line carries the hash of itself and of the line before, so a line that was changed, taken out or put in shows. It
is no seal: whoever can write the file can make the whole chain anew. A hash that was kept elsewhere, such as the last
line of an export, shows that too, and shows that lines are missing at the end.

``python -m cloud.audit --config cloud.toml`` checks the chain.
"""

import argparse
import contextlib
import hashlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from cloud.accounts.database import now_ms, writing
from cloud.accounts.people import find_account
from cloud.config import Cloud
from edge.daemon.config import EX_CONFIG, ConfigError, load

DONE = "done"
FOR_EVER = (1 << 63) - 1  # the largest integer of SQLite, beyond every time and every sequence number
MAX_TEXT = 200  # characters of each field
_BEFORE_ALL = "0" * 64
_COLUMNS = "seq, at_ms, province, who, deed, about, result, hash"

SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, province TEXT NOT NULL, who TEXT NOT NULL, deed TEXT NOT NULL,
  about TEXT NOT NULL, result TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at_ms);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_remains BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_once BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""


class Line(Struct, frozen=True):
    """One line. ``who`` is an account's name, "" for a stranger or the machine; ``result`` is "done" or why not."""

    seq: int
    at_ms: int
    province: str
    who: str
    deed: str
    about: str
    result: str
    hash: str


class Wanted(Struct, frozen=True):
    """Which lines are asked for: of these provinces, of one account ("": all), in a span of time."""

    provinces: tuple[str, ...]
    who: str = ""
    deed: str = ""
    from_ms: int = 0
    until_ms: int = FOR_EVER


class Broken(Exception):
    """The chain does not hold at this line."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"the audit log does not hold at line {seq}")
        self.seq = seq


def record(
    data: Path, who: str, deed: str, about: str = "", *, result: str = DONE, province: str | None = None
) -> None:
    """Add a line to ``audit.db`` in the folder ``data``.

    ``who`` is an account, "" for the machine; ``deed`` a short name of what was done (``cloud.web.audit.DEEDS`` has the
    words); ``about`` what it was done to, nothing secret or personal. The line is shown to administrators of
    ``province``; without one, of the account's own.
    """
    if province is None:
        try:
            province = find_account(data, who).province
        except KeyError:
            province = ""
    texts = [text[:MAX_TEXT] for text in (province, who, deed, about, result)]
    with _opened(data) as db, writing(db):
        seq, before = db.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone() or (0, _BEFORE_ALL)
        fields = [seq + 1, now_ms(), *texts]
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*fields, _hash(before, fields)))


def lines(data: Path, wanted: Wanted, *, before: int = FOR_EVER, limit: int) -> tuple[Line, ...]:
    """Up to ``limit`` lines with numbers below ``before``, newest first."""
    with _opened(data) as db:
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM audit WHERE seq < ? AND at_ms >= ? AND at_ms < ?"  # noqa: S608 - names of ours
            " AND province IN (SELECT value FROM json_each(?)) AND (? = '' OR who = ?) AND (? = '' OR deed = ?)"
            " ORDER BY seq DESC LIMIT ?",
            (
                before,
                wanted.from_ms,
                wanted.until_ms,
                msgspec.json.encode(wanted.provinces).decode(),
                wanted.who,
                wanted.who,
                wanted.deed,
                wanted.deed,
                limit,
            ),
        ).fetchall()
    return tuple(Line(*row) for row in rows)


def verify(data: Path) -> Line | None:
    """Go through the whole chain; its last line, None where there is none. Raises Broken at the first that is wrong."""
    before, last = _BEFORE_ALL, None
    with _opened(data) as db:
        for expected, row in enumerate(db.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY seq"), start=1):  # noqa: S608
            last = Line(*row)
            if last.seq != expected or last.hash != _hash(before, list(row[:-1])):
                raise Broken(expected)
            before = last.hash
    return last


def _hash(before: str, fields: list[object]) -> str:
    return hashlib.sha256(before.encode() + msgspec.json.encode(fields)).hexdigest()


@contextlib.contextmanager
def _opened(data: Path) -> Iterator[sqlite3.Connection]:
    path = data / "audit.db"
    fresh = not path.exists()
    if fresh:
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_once'").fetchone():
            db.executescript(SCHEMA)
        yield db


def main() -> None:
    """Check the chain and say how far it goes."""
    parser = argparse.ArgumentParser(prog="python -m cloud.audit", description="Check the audit log's chain.")
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    try:
        last = verify(load(parser.parse_args().config, Cloud).data)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    except Broken as broken:
        sys.exit(f"error: {broken}")
    print(f"{last.seq} lines, hash {last.hash}" if last else "no lines")


if __name__ == "__main__":
    main()
