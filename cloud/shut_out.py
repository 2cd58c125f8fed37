"""Which sites are revoked (X6), for the programs that speak with the sites and for the pages."""

import contextlib
import sqlite3
from pathlib import Path

from cloud.ledger import open_ledger
from cloud.quarantine import revoked
from cloud.today import reading


def revoked_sites(data: Path) -> frozenset[str]:
    """The sites that are revoked now, as the ledger in the folder ``data`` says. Raises sqlite3.Error."""
    with reading(data) as db:
        return revoked(db)


class ShutOut:
    """The revoked sites, for a program that asks at every turn. Where the ledger cannot be read, what it said last
    goes on: nobody comes back in by that."""

    def __init__(self, data: Path) -> None:
        open_ledger(data).close()
        self._data = data
        self._sites = revoked_sites(data)

    def now(self) -> frozenset[str]:
        """Who they are now."""
        with contextlib.suppress(sqlite3.Error):
            self._sites = revoked_sites(self._data)
        return self._sites
