"""Officers' accounts and their sessions, which live on the server: logging out ends them there."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from edge.hub.config import OfficerAccount

SESSION_S = 12 * 3600  # one long shift
TRIES = 5
TRIES_WITHIN_S = 300

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions
  (token BLOB PRIMARY KEY, officer TEXT NOT NULL, csrf TEXT NOT NULL, until_s INTEGER NOT NULL) WITHOUT ROWID;
"""


class WrongPassword(Exception):
    """Name and password do not belong together."""


class TooManyTries(Exception):
    """This name was tried too often; wait."""


class Session(NamedTuple):
    """A logged-in officer and the token that the forms of this session carry."""

    officer: str
    csrf: str


class Officers:
    """Who may log in, and who has."""

    def __init__(self, path: Path, accounts: Sequence[OfficerAccount], now_s: Callable[[], float]) -> None:
        self._accounts = {account.name: account.password_argon2 for account in accounts}
        self._now_s = now_s
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._failures: dict[str, list[float]] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    def note_try(self, name: str) -> None:
        """Count one more try at a name. Raises TooManyTries where the last minutes saw too many."""
        now = self._now_s()
        name = name if name in self._accounts else ""  # whatever a stranger makes up is counted in one place
        self._failures = {n: recent for n, tries in self._failures.items() if (recent := self._recent(tries, now))}
        if len(self._failures.get(name, ())) >= TRIES:
            raise TooManyTries
        self._failures.setdefault(name, []).append(now)

    def _recent(self, tries: Sequence[float], now: float) -> list[float]:
        return [at for at in tries if now - at < TRIES_WITHIN_S]

    def verify(self, name: str, password: str) -> None:
        """Raise WrongPassword where they do not match; takes as long for a name that does not exist."""
        try:
            self._hasher.verify(self._accounts.get(name, self._nobody), password)
        except VerificationError:
            raise WrongPassword from None

    def begin(self, officer: str) -> str:
        """A new session; returns the token for the officer's cookie."""
        self._failures.pop(officer, None)
        token = secrets.token_urlsafe(32)
        now = int(self._now_s())
        self._db.execute("DELETE FROM sessions WHERE until_s < ?", (now,))
        self._db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (_digest(token), officer, secrets.token_urlsafe(32), now + SESSION_S),
        )
        return token

    def session(self, token: str) -> Session:
        """The session of this token. Raises KeyError where there is none, or its account is gone."""
        row = self._db.execute(
            "SELECT officer, csrf FROM sessions WHERE token = ? AND until_s >= ?", (_digest(token), int(self._now_s()))
        ).fetchone()
        if row is None or row[0] not in self._accounts:
            raise KeyError("no session")
        return Session(*row)

    def end(self, token: str) -> None:
        """End a session."""
        self._db.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
