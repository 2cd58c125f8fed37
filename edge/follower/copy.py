"""The copy of the hub's journal: the same file that a hub keeps, written only with what the hub has committed."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.contracts.copy import Piece, Span
from edge.daemon.durable import sync_folder
from edge.hub.journal import Journal
from edge.hub.succession.lineage import Epoch, read_epochs, written
from edge.hub.succession.rows import JournalRows

FILE = "hub.db"
ROLE, COPY, HUB = "role", "copy", "hub"
SET_ASIDE = 3  # copies of other journals that are kept


class Diverged(Exception):
    """The hub's journal is not the one that was copied: another was begun, or this one went back."""


class CopyError(Exception):
    """The disk does not take the copy."""


class Copy:
    """``FOLDER/hub.db``, with synchronous=FULL: what it says to have survives a power cut. Belongs to one thread.

    A folder whose file is a hub's by now is none of a copy: see :func:`is_hub`.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        new = not self.path.exists()
        Journal(self.path).close()  # the tables
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA synchronous=FULL")
        if new:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ROLE, COPY))
            sync_folder(folder)
        self.seq = self._last("entries", "seq")
        self.audit = self._last("audit", "seq")
        self.editions = self._last("editions", "version")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """The epochs of what was copied."""
        return read_epochs(self._meta("epochs"), self._meta("epoch"))

    @property
    def verified(self) -> int:
        """Up to which entry the copy was compared with the hub."""
        return int(self._meta("verified") or 0)

    def note_verified(self, seq: int) -> None:
        """It was compared up to here."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('verified', ?)", (str(seq),))

    def take(self, piece: Piece) -> None:
        """Append a piece; it is on the disk when this returns.

        Raises Diverged where it does not follow what is here, and CopyError where the disk does not take it.
        """
        if self.seq and not follows(self.epochs, self.seq, piece):
            raise Diverged("the hub's journal is another one")
        rows = piece.entries
        if rows and [row.seq for row in rows] != list(range(self.seq + 1, self.seq + 1 + len(rows))):
            raise Diverged("the hub's entries do not follow the copy's")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT INTO entries VALUES (?, ?, ?)", [(row.seq, row.at_ms, bytes(row.event)) for row in rows]
            )
            self._db.executemany(
                "INSERT INTO audit (seq, at_ms, officer, action, subject, outcome) VALUES (?, ?, ?, ?, ?, ?)",
                [(a.seq, a.at_ms, a.officer, a.action, a.subject, a.outcome) for a in piece.audit],
            )
            self._db.executemany(
                "INSERT INTO editions VALUES (?, ?, ?, ?)",
                [(e.version, e.at_ms, e.officer, bytes(e.catalogue)) for e in piece.editions],
            )
            seq = rows[-1].seq if rows else self.seq
            facts = {
                "epoch": piece.epochs[-1].epoch,
                "epochs": written([Epoch(span.first, span.epoch) for span in piece.epochs]),
                "acknowledged": str(min(piece.acknowledged, seq)),
                "day": str(piece.day if piece.day <= seq else int(self._meta("day") or 1)),
            }
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", facts.items())
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise CopyError(str(error)) from error
        self.seq = seq
        self.audit = piece.audit[-1].seq if piece.audit else self.audit
        self.editions = piece.editions[-1].version if piece.editions else self.editions

    def digest(self, after: int, upto: int) -> str:
        """As the hub's: see :meth:`JournalRows.digest`."""
        with closing(JournalRows(self.path)) as rows:
            return rows.digest(after, upto)

    def _last(self, table: str, column: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) FROM {table}"  # noqa: S608 - literals of this module
        return int(self._db.execute(query).fetchone()[0])

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""


def follows(epochs: Sequence[Epoch], seq: int, piece: Piece) -> bool:
    """Whether a journal with these epochs up to ``seq`` is the beginning of the hub's."""
    mine = [Span(one.first, one.epoch) for one in epochs if one.first <= seq]
    return piece.seq >= seq and mine == [span for span in piece.epochs if span.first <= seq]


def is_hub(folder: Path) -> bool:
    """Whether the copy in this folder has become a hub's journal."""
    if not (folder / FILE).exists():
        return False
    with closing(sqlite3.connect(folder / FILE, timeout=10)) as db:
        try:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (ROLE,)).fetchone()
        except sqlite3.OperationalError:  # the power went while its tables were made
            return False
    return row is not None and row[0] == HUB


def set_aside(folder: Path) -> Path:
    """Keep a closed copy under another name, and let a new one begin; the oldest of such are deleted."""
    taken = [int(path.name.rpartition("-")[2]) for path in folder.glob("other-*") if path.name[6:].isdecimal()]
    kept = folder / f"other-{max(taken, default=0) + 1}"
    kept.mkdir(mode=0o700)
    for name in (FILE, FILE + "-wal", FILE + "-shm"):
        if (folder / name).exists():
            (folder / name).replace(kept / name)
    sync_folder(folder)
    for number in sorted(taken)[: -(SET_ASIDE - 1)]:
        old = folder / f"other-{number}"
        for path in old.iterdir():
            path.unlink()
        old.rmdir()
    return kept
