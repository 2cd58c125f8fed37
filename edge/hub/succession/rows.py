"""The rows of a journal's file as they lie there, read beside its writer."""

import hashlib
import sqlite3
from pathlib import Path

import msgspec

from edge.contracts.copy import MOST_TOGETHER, AuditRow, EditionRow, Piece, Row, Span
from edge.hub.succession.lineage import Epoch, read_epochs

MOST_BYTES = 4 << 20  # of a piece's entries; one more may come, since one alone may be longer


class JournalRows:
    """A read-only connection of one thread to ``hub.db``."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=10)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def seq(self) -> int:
        """The last entry's."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0])

    def epochs(self) -> tuple[Epoch, ...]:
        """The journal's epochs."""
        return read_epochs(self._meta("epochs"), self._meta("epoch"))

    def piece(self, entries: int, audit: int, editions: int, *, over: bool = False) -> Piece:
        """What follows these last numbers of entries, audit lines and editions."""
        self._db.execute("BEGIN")  # all of one moment
        try:
            return Piece(
                epochs=tuple(Span(one.first, one.epoch) for one in self.epochs()),
                seq=self.seq(),
                day=int(self._meta("day") or 1),
                acknowledged=int(self._meta("acknowledged") or 0),
                entries=self._entries(entries),
                audit=tuple(
                    AuditRow(*row)
                    for row in self._db.execute(
                        "SELECT seq, at_ms, officer, action, subject, outcome FROM audit WHERE seq > ?"
                        " ORDER BY seq LIMIT ?",
                        (audit, MOST_TOGETHER),
                    )
                ),
                editions=tuple(
                    EditionRow(version, at_ms, officer, msgspec.Raw(catalogue))
                    for version, at_ms, officer, catalogue in self._db.execute(
                        "SELECT version, at_ms, officer, catalogue FROM editions WHERE version > ? ORDER BY version"
                        " LIMIT 4",
                        (editions,),
                    )
                ),
                over=over,
            )
        finally:
            self._db.execute("COMMIT")

    def _entries(self, after: int) -> tuple[Row, ...]:
        rows: list[Row] = []
        length = 0
        found = self._db.execute(
            "SELECT seq, at_ms, event FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (after, MOST_TOGETHER)
        )
        for seq, at_ms, event in found:
            rows.append(Row(seq, at_ms, msgspec.Raw(event)))
            length += len(event)
            if length > MOST_BYTES:
                break
        return tuple(rows)

    def digest(self, after: int, upto: int) -> str:
        """SHA-256 over the entries from ``after`` (exclusive) to ``upto`` (inclusive), in hex.

        Raises LookupError where they are not all there.
        """
        digest = hashlib.sha256()
        count = 0
        for seq, at_ms, event in self._db.execute(
            "SELECT seq, at_ms, event FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq", (after, upto)
        ):
            digest.update(b"%d %d %d " % (seq, at_ms, len(event)) + bytes(event))
            count += 1
        if count != upto - after:
            raise LookupError(f"{count} entries of {upto - after}")
        return digest.hexdigest()

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""
