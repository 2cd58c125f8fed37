"""``configurations.db``: every version that was wanted of every site, what became of it, and how each site stands.

The dashboard writes what is wanted, moiso-remote what was answered; a commit is on the disk when it returns.
"""

import sqlite3
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cloud.own_file import OwnFile
from edge.contracts.remote import MOST_BODY, MOST_VERSION, Answer, Reason, Result, Wanted, digest

MOST_OF_SITE = 200  # versions that are kept
SENDER_SILENT_MS = 5 * 60_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
  site TEXT NOT NULL, version INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  body BLOB NOT NULL,                  -- JSON of edge.contracts.remote.Wanted, as it is signed
  who TEXT NOT NULL, at_ms INTEGER NOT NULL,
  result TEXT NOT NULL DEFAULT 'none', reason TEXT NOT NULL DEFAULT '', answered_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site, version)
) STRICT;
CREATE TABLE IF NOT EXISTS standings (
  site TEXT PRIMARY KEY,
  heard_ms INTEGER NOT NULL,           -- when it answered last, on the cloud's clock
  decided INTEGER NOT NULL,            -- the newest version that it decided upon
  answer BLOB NOT NULL,                -- JSON of edge.contracts.remote.Answer
  strange TEXT NOT NULL DEFAULT '', strange_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sender (one INTEGER PRIMARY KEY CHECK (one = 1), seen_ms INTEGER NOT NULL) STRICT;
"""


class Version(Struct, frozen=True):
    """One version of a site: ``who`` wanted it when, and what the site answered at ``answered_ms`` (0: not yet)."""

    version: int
    sha256: str
    who: str
    at_ms: int
    result: Result
    reason: Reason | None
    answered_ms: int


class Standing(Struct, frozen=True):
    """What a site said last, at ``heard_ms``. ``strange``: the last message that it refused as not the Department's, at
    ``strange_ms``; None where there was none."""

    answer: Answer
    heard_ms: int
    strange: Reason | None = None
    strange_ms: int = 0


class Overtaken(Exception):
    """Somebody else has wanted another version since, or the site has answered one that is not known here."""


class TooLong(Exception):
    """The body is longer than a site takes."""


_encode = msgspec.json.Encoder().encode
_answer = msgspec.json.Decoder(Answer)
_wanted = msgspec.json.Decoder(Wanted)


class Configurations(OwnFile):
    """The file in the folder ``data``; for the threads and programs of one machine."""

    def __init__(self, data: Path) -> None:
        super().__init__(data / "configurations.db", SCHEMA)

    def want(self, site: str, body: bytes, who: str, *, after: int, at_ms: int) -> Version:
        """Make this the newest version of a site, after the version ``after``. The body is sent as it is: a site whose
        program is older may not know a field that ours would add. Raises Overtaken and TooLong."""
        if len(body) > MOST_BODY:
            raise TooLong
        with self._writing() as db:
            last = _last(db, site)
            if last != after or last >= MOST_VERSION:
                raise Overtaken
            version = Version(last + 1, digest(body), who, at_ms, Result.NONE, None, 0)
            db.execute(
                "INSERT INTO versions (site, version, sha256, body, who, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                (site, version.version, version.sha256, body, who, at_ms),
            )
            db.execute(
                "DELETE FROM versions WHERE site = ? AND version <= ("
                "SELECT version FROM versions WHERE site = ? ORDER BY version DESC LIMIT 1 OFFSET ?)",
                (site, site, MOST_OF_SITE),
            )
        return version

    def last(self, site: str) -> int:
        """The number that the next version follows; 0 where there was none."""
        with self._opened() as db:
            return _last(db, site)

    def history(self, site: str, limit: int = 50) -> tuple[Version, ...]:
        """The versions of a site, newest first."""
        with self._opened() as db:
            rows = db.execute(
                "SELECT version, sha256, who, at_ms, result, reason, answered_ms FROM versions"
                " WHERE site = ? ORDER BY version DESC LIMIT ?",
                (site, limit),
            ).fetchall()
        return tuple(
            Version(version, sha256, who, at_ms, Result(result), Reason(reason) if reason else None, answered_ms)
            for version, sha256, who, at_ms, result, reason, answered_ms in rows
        )

    def wanted(self, site: str, version: int) -> Wanted:
        """What a version wants. Raises KeyError where it is not kept, ValueError where it cannot be read any more."""
        return _wanted.decode(self.body(site, version))

    def body(self, site: str, version: int) -> bytes:
        """The body of a version, as it is signed. Raises KeyError where it is not kept."""
        with self._opened() as db:
            row = db.execute("SELECT body FROM versions WHERE site = ? AND version = ?", (site, version)).fetchone()
        if row is None:
            raise KeyError(version)
        return bytes(row[0])

    def standing(self, site: str) -> Standing | None:
        """How a site stands; None where it never said."""
        with self._opened() as db:
            row = db.execute(
                "SELECT answer, heard_ms, strange, strange_ms FROM standings WHERE site = ?", (site,)
            ).fetchone()
        if row is None:
            return None
        return Standing(_answer.decode(row[0]), row[1], Reason(row[2]) if row[2] else None, row[3])

    def unanswered(self) -> dict[str, int]:
        """The newest version of every site that has not decided upon it."""
        with self._opened() as db:
            return dict(
                db.execute(
                    "SELECT versions.site, MAX(version) AS newest FROM versions LEFT JOIN standings USING (site)"
                    " GROUP BY versions.site HAVING newest > COALESCE(MAX(decided), 0)"
                ).fetchall()
            )

    def take(self, site: str, answer: Answer, at_ms: int) -> None:
        """Keep what a site says. A message that it refused as strange is no answer to any version of ours."""
        strange = answer.reason is not None and answer.reason.strange
        with self._writing() as db:
            if strange and answer.reason is not None:
                db.execute(_STRANGE, (site, at_ms, _encode(replace(answer, version=0)), answer.reason.value, at_ms))
                return
            db.execute(_STANDS, (site, at_ms, answer.version, _encode(answer)))
            db.execute(
                "UPDATE versions SET result = ?, reason = ?, answered_ms = ?"
                " WHERE site = ? AND version = ? AND sha256 = ? AND result = 'none'",
                (
                    answer.result.value,
                    answer.reason.value if answer.reason else "",
                    at_ms,
                    site,
                    answer.version,
                    answer.sha256 or "",
                ),
            )

    def note_sender(self, at_ms: int) -> None:
        """moiso-remote runs, and has its broker."""
        with self._opened() as db:
            db.execute("INSERT OR REPLACE INTO sender VALUES (1, ?)", (at_ms,))

    def is_sent(self, now_ms: int) -> bool:
        """Whether moiso-remote was at work lately."""
        with self._opened() as db:
            row = db.execute("SELECT seen_ms FROM sender").fetchone()
        return row is not None and now_ms - row[0] < SENDER_SILENT_MS


# A strange message leaves what the site said before as it is.
_STRANGE = """
INSERT INTO standings (site, heard_ms, decided, answer, strange, strange_ms) VALUES (?, ?, 0, ?, ?, ?)
ON CONFLICT (site) DO UPDATE SET heard_ms = excluded.heard_ms, strange = excluded.strange,
strange_ms = excluded.strange_ms
"""
_STANDS = """
INSERT INTO standings (site, heard_ms, decided, answer) VALUES (?, ?, ?, ?)
ON CONFLICT (site) DO UPDATE SET heard_ms = excluded.heard_ms, decided = excluded.decided, answer = excluded.answer
"""


def _last(db: sqlite3.Connection, site: str) -> int:
    """Higher than any that the site knows, even where this file was lost or comes from a backup."""
    return int(
        db.execute(
            "SELECT MAX(COALESCE((SELECT MAX(version) FROM versions WHERE site = ?), 0),"
            " COALESCE((SELECT decided FROM standings WHERE site = ?), 0))",
            (site, site),
        ).fetchone()[0]
    )
