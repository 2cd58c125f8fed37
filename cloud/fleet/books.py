"""What the ledger knows of the sites: which there are, which are revoked, and of which it takes nothing."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from cloud.quarantine import refused, revoked
from cloud.today import reading


class Books(Struct, frozen=True):
    """``sites`` are those of which anything was ever taken; ``refused`` says why nothing is taken since, by site."""

    sites: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    refused: Mapping[str, str] = {}


def books(data: Path) -> Books | None:
    """What the ledger in the folder ``data`` says now; None where it cannot be read."""
    try:
        with reading(data) as db:
            return Books(
                frozenset(site for (site,) in db.execute("SELECT site FROM sites")),
                revoked(db),
                {one.site: one.reasons[0].reason for one in refused(db) if one.stuck and one.reasons},
            )
    except sqlite3.Error:
        return None
