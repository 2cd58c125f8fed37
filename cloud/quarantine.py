"""What the ledger did not take, and from whom: why, how large, how often, and never what it said.

A refused message is of unknown content, so none of it is kept but its length and its SHA-256, by which whoever holds
the original can recognise it. The site's own journal has the data.
"""

import hashlib
import sqlite3
from collections.abc import Callable

from msgspec import Struct

from cloud.admission import Reason

LAST = 20  # refused messages a site that are told apart; the counts by reason go on for ever

SCHEMA = """
CREATE TABLE IF NOT EXISTS refused (
  site TEXT NOT NULL, reason TEXT NOT NULL,
  times INTEGER NOT NULL, bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY (site, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS set_aside (
  site TEXT NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL,
  fault TEXT NOT NULL,                -- where in this program, empty where the message itself is wrong
  bytes INTEGER NOT NULL, times INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  PRIMARY KEY (site, sha256)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked (
  site TEXT PRIMARY KEY, since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Message(Struct, frozen=True):
    """What may be known of a message that was not taken; ``sha256`` is empty where nobody needs to find it again."""

    length: int = 0
    sha256: str = ""

    @classmethod
    def of(cls, payload: bytes) -> "Message":
        """Its length and its digest."""
        return cls(len(payload), hashlib.sha256(payload).hexdigest())


def set_aside(
    db: sqlite3.Connection, site: str, reason: Reason, message: Message, *, received_ms: int, fault: str = ""
) -> None:
    """Note that this message of the site was not taken, inside a transaction of the caller's.

    The same message sent again is one line with a number. ``fault`` says which place of this program failed at it.
    """
    db.execute(
        "INSERT INTO refused VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT (site, reason) DO UPDATE"
        " SET times = times + 1, bytes = excluded.bytes, last_ms = excluded.last_ms",
        (site, reason.value, message.length, received_ms, received_ms),
    )
    if not message.sha256:
        return
    db.execute(
        "INSERT INTO set_aside VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (site, sha256) DO UPDATE"
        " SET times = times + 1, reason = excluded.reason, fault = excluded.fault, last_ms = excluded.last_ms",
        (site, message.sha256, reason.value, fault, message.length, received_ms, received_ms),
    )
    db.execute(
        "DELETE FROM set_aside WHERE site = ?1 AND sha256 IN"
        " (SELECT sha256 FROM set_aside WHERE site = ?1 ORDER BY last_ms DESC, sha256 LIMIT -1 OFFSET ?2)",
        (site, LAST),
    )


def revoke(db: sqlite3.Connection, site: str, *, at_ms: int) -> None:
    """From the next message on nothing of this site is taken, however long it has been connected already."""
    db.execute("INSERT OR IGNORE INTO revoked VALUES (?, ?)", (site, at_ms))


def readmit(db: sqlite3.Connection, site: str) -> None:
    """Take what this site sends again."""
    db.execute("DELETE FROM revoked WHERE site = ?", (site,))


def revoked(db: sqlite3.Connection) -> frozenset[str]:
    """The sites that nothing is taken of."""
    return frozenset(site for (site,) in db.execute("SELECT site FROM revoked"))


class Aside(Struct, frozen=True):
    """One message that was not taken, told by its digest."""

    sha256: str
    reason: str
    fault: str
    bytes: int
    times: int
    first_ms: int
    last_ms: int


class Refusals(Struct, frozen=True):
    """Why messages of a site were not taken: ``reason`` stood there ``times`` times."""

    reason: str
    times: int
    first_ms: int
    last_ms: int


class Refused(Struct, frozen=True):
    """A site of which something was not taken. ``heard_ms`` is when its data was last taken, 0: never.

    ``name`` is empty where nothing ever was.
    """

    site: str
    name: str
    name_en: str
    heard_ms: int
    revoked_ms: int
    reasons: tuple[Refusals, ...]
    messages: tuple[Aside, ...]

    @property
    def last_ms(self) -> int:
        """When something was refused last."""
        return max((reason.last_ms for reason in self.reasons), default=0)

    @property
    def stuck(self) -> bool:
        """Nothing was taken since the last refusal: what the site counted since then is missing here."""
        return bool(self.revoked_ms) or self.heard_ms < self.last_ms


def refused(db: sqlite3.Connection, covers: Callable[[str], bool] = lambda _site: True) -> tuple[Refused, ...]:
    """The sites with refusals or revoked, those that are stuck first, then by when it happened last.

    ``covers`` says which sites are asked for. One of which nothing was ever taken is known by its certificate's name.
    """
    found = []
    for site, name, name_en, heard_ms, revoked_ms in db.execute(_SITES).fetchall():
        if not covers(site):
            continue
        reasons = db.execute(
            "SELECT reason, times, first_ms, last_ms FROM refused WHERE site = ? ORDER BY last_ms DESC", (site,)
        )
        messages = db.execute(
            "SELECT sha256, reason, fault, bytes, times, first_ms, last_ms FROM set_aside WHERE site = ?"
            " ORDER BY last_ms DESC, sha256",
            (site,),
        )
        found.append(
            Refused(
                site,
                name,
                name_en,
                heard_ms,
                revoked_ms,
                tuple(Refusals(*row) for row in reasons.fetchall()),
                tuple(Aside(*row) for row in messages.fetchall()),
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.stuck, -one.last_ms, one.site)))


_SITES = (
    "SELECT known.site, ifnull(name, ''), ifnull(name_en, ''), ifnull(heard_ms, 0), ifnull(since_ms, 0)"
    " FROM (SELECT site FROM refused UNION SELECT site FROM revoked) AS known"
    " LEFT JOIN sites USING (site) LEFT JOIN revoked USING (site)"
)
