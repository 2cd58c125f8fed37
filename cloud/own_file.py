"""A file of SQLite's that is one program's own, or the dashboard's and one program's."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from cloud.accounts.database import writing


class OwnFile:
    """The base of what keeps something in such a file; each call opens it, so that any number of threads may share
    this. What was committed is on the disk."""

    def __init__(self, path: Path, schema: str) -> None:
        """Make the folder, the file, for nobody else to read, and the tables where they are missing."""
        self._path = path
        if not path.exists():
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        with self._opened() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(schema)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as db:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = FULL")
            yield db

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The same, in one transaction."""
        with self._opened() as db, writing(db):
            yield db
