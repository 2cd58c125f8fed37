"""``tokens.db``: the tokens with which the Department's own systems read the API; of each only its hash.

A token is its province's and not its maker's: it goes on when the account that made it is gone, until it is revoked or
its last day has passed.
"""

import contextlib
import re
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cloud.accounts.database import digest, writing
from cloud.roles import Right

PREFIX = "moiso_"  # by which programs that look for leaked secrets know one
FORM = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}", re.ASCII)
GRANTED = (Right.FIGURES, Right.DEVICES)  # a token reads; it may have nothing else
DAY_MS = 86_400_000
MOST_DAYS = 365
MOST = 50  # tokens of a province
TOUCH_MS = 60_000  # "last used" is that exact: not every request writes
SHOWN_MS = 30 * DAY_MS  # one that is over stays in the list for so long
SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: the audit log names tokens by it
  secret_sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, province TEXT NOT NULL, site TEXT NOT NULL,
  rights TEXT NOT NULL, made_by TEXT NOT NULL, made_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS tokens_by_province ON tokens (province);
"""
_COLUMNS = "id, name, province, site, rights, made_by, made_ms, until_ms, used_ms"


class TooMany(Exception):
    """A province has as many tokens as it may have."""


class Grant(Struct, frozen=True):
    """What a token is to open: ``rights`` at ``site`` of ``province`` ("": all of it), for so many days."""

    name: str
    province: str
    site: str
    rights: frozenset[Right]
    days: int
    made_by: str

    def __post_init__(self) -> None:
        if not (self.rights and self.rights <= set(GRANTED) and 1 <= self.days <= MOST_DAYS):
            raise ValueError("a token has some of the rights that tokens may have, for at most a year")


class Token(Struct, frozen=True):
    """One token without its secret. Times are milliseconds since 1970 UTC; ``used_ms`` is 0 where it never was."""

    id: int
    name: str
    province: str
    site: str
    rights: frozenset[Right]
    made_by: str
    made_ms: int
    until_ms: int
    used_ms: int


class Tokens:
    """The file in the folder ``data``; each call opens it, so that any number of threads may share this."""

    def __init__(self, data: Path) -> None:
        self._path = data / "tokens.db"
        if not self._path.exists():
            data.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        with self._opened() as db:
            db.executescript(SCHEMA)

    def add(self, grant: Grant, now_ms: int) -> tuple[int, str]:
        """A new token's id, and its secret, which is told this once. Raises TooMany."""
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._opened() as db, writing(db):
            db.execute("DELETE FROM tokens WHERE until_ms <= ?", (now_ms - SHOWN_MS,))
            (have,) = db.execute("SELECT COUNT(*) FROM tokens WHERE province = ?", (grant.province,)).fetchone()
            if have >= MOST:
                raise TooMany
            cursor = db.execute(
                "INSERT INTO tokens (secret_sha256, name, province, site, rights, made_by, made_ms, until_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    digest(secret),
                    grant.name,
                    grant.province,
                    grant.site,
                    " ".join(sorted(right.value for right in grant.rights)),
                    grant.made_by,
                    now_ms,
                    now_ms + grant.days * DAY_MS,
                ),
            )
            assert cursor.lastrowid is not None  # noqa: S101 - an INSERT has one
            return cursor.lastrowid, secret

    def find(self, secret: str, now_ms: int) -> Token:
        """The token of this secret, and note that it is used. Raises KeyError where it opens nothing (any more)."""
        if not FORM.fullmatch(secret):
            raise KeyError("token")
        with self._opened() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} FROM tokens WHERE secret_sha256 = ? AND until_ms > ?",  # noqa: S608 - names of ours
                (digest(secret), now_ms),
            ).fetchone()
            if not row:
                raise KeyError("token")
            token = _token(*row)
            if now_ms - token.used_ms >= TOUCH_MS:
                db.execute("UPDATE tokens SET used_ms = ? WHERE id = ?", (now_ms, token.id))
            return token

    def of_province(self, province: str) -> tuple[Token, ...]:
        """Those of a province, the newest first; also those that ended not long ago."""
        with self._opened() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM tokens WHERE province = ? ORDER BY id DESC",  # noqa: S608 - names of ours
                (province,),
            )
            return tuple(_token(*row) for row in rows)

    def revoke(self, id_: int, province: str) -> bool:
        """End a token of this province at once; False where it has none of this id."""
        with self._opened() as db:
            gone = db.execute("DELETE FROM tokens WHERE id = ? AND province = ?", (id_, province))
            return bool(gone.rowcount)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as db:
            yield db


def _token(
    id_: int,
    name: str,
    province: str,
    site: str,
    rights: str,
    made_by: str,
    made_ms: int,
    until_ms: int,
    used_ms: int,
) -> Token:
    granted = frozenset(Right(right) for right in rights.split())
    return Token(id_, name, province, site, granted, made_by, made_ms, until_ms, used_ms)
