"""What the hub gives the standby of its site, piece by piece: journal, audit log, editions, and the files beside them.

Nothing of it says whose a ticket is: neither the day's pseudonyms nor any key or picture of the vault is ever copied.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

MOST_TOGETHER = 1000  # entries in a piece
MOST_DIGESTED = 20_000
WAIT_S = 5.0  # for how long the hub keeps a question for which it has nothing new
FRESH_S = 8.0  # a standby that has not asked for so long is not waited for

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Span(Struct, frozen=True):
    """One epoch of the journal, from its first sequence number on."""

    first: int
    epoch: str


class Row(Struct, frozen=True, array_like=True):
    """An entry as it lies in the journal: its event is JSON."""

    seq: int
    at_ms: int
    event: msgspec.Raw


class AuditRow(Struct, frozen=True, array_like=True):
    """A line of the audit log."""

    seq: int
    at_ms: int
    officer: str
    action: str
    subject: str
    outcome: str


class EditionRow(Struct, frozen=True, array_like=True):
    """A version of the catalogue."""

    version: int
    at_ms: int
    officer: str
    catalogue: msgspec.Raw


class Piece(Struct, frozen=True):
    """What follows what the standby has. ``seq`` is the last entry of the hub, ``day`` the one that opened its business
    day, ``acknowledged`` the last that the cloud has; ``over``: this hub has stepped down."""

    epochs: tuple[Span, ...]
    seq: int
    day: int
    acknowledged: int
    entries: tuple[Row, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    editions: tuple[EditionRow, ...] = ()
    over: bool = False


class CopiedFile(Struct, frozen=True):
    """A file of the hub's configuration, or a snapshot of one of its small databases."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}(/[a-z0-9][a-z0-9._-]{0,79})?\Z")]
    sha256: Sha256
    size: int


class CopiedMedium(Struct, frozen=True):
    """A picture, clip or sound, by its hash."""

    sha256: Sha256
    size: int


class Inventory(Struct, frozen=True):
    """Everything beside the journal."""

    site: str
    files: tuple[CopiedFile, ...]
    media: tuple[CopiedMedium, ...]
