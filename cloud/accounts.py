"""Who may look at the dashboard, and who is logged in: sessions live here, so a logout ends them for good.

``python -m cloud.accounts --config cloud.toml add NAME`` adds an account, with the password on standard input.
"""

import argparse
import contextlib
import hashlib
import re
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from msgspec import Struct

from cloud.config import Cloud
from edge.daemon.config import EX_CONFIG, ConfigError, load

SESSION_HOURS = 12
MIN_PASSWORD, MAX_PASSWORD = 12, 128  # OWASP ASVS 5.0, 6.2: length, and no rules of composition
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY,
  password_argon2 TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  token_sha256 TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, 2 iterations, 1 lane; one at a time, for the memory's sake.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = threading.Lock()
# Verified where the name is unknown, so that the answer takes as long; invented, so no password is known to give it.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Yz5RZ1vV3qG1qFhU0m0mYg$6DqJ7kYb1o2m9bVx0K7n3Hc0q5o8r4tqgVd5pJ0s1zM"


class AccountRefused(Exception):
    """The account cannot be made; the text says why."""


class WrongPassword(Exception):
    """There is no such account, or the password is not its own; which of the two is told to nobody."""


class Session(Struct, frozen=True):
    """One login: who, and the token that stands for it in the browser."""

    account: str
    token: str

    def __repr__(self) -> str:
        return f"Session(account={self.account!r}, token=…)"


def add_account(data: Path, name: str, password: str) -> None:
    """Add an account to ``accounts.db`` in the folder ``data``.

    Raises AccountRefused where the name is taken or malformed, or the password too short or too long.
    """
    if not _NAME.fullmatch(name):
        raise AccountRefused("a name is 1 to 40 of a-z, 0-9, '.', '_' and '-', and begins with a letter or a digit")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountRefused(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    with _hashing:
        hashed = _hasher.hash(password)
    with _accounts(data) as db:
        try:
            db.execute("INSERT INTO accounts VALUES (?, ?, ?)", (name, hashed, _now_ms()))
        except sqlite3.IntegrityError:
            raise AccountRefused(f"there is an account {name!r} already") from None


def log_in(data: Path, name: str, password: str) -> Session:
    """A new session for this account. Raises WrongPassword."""
    with _accounts(data) as db:
        row = db.execute("SELECT password_argon2 FROM accounts WHERE name = ?", (name,)).fetchone()
    with _hashing:
        try:
            _hasher.verify(row[0] if row else _NOBODY, password[: MAX_PASSWORD + 1])
        except VerifyMismatchError:
            raise WrongPassword from None
    session = Session(name, secrets.token_urlsafe(32))
    now_ms = _now_ms()
    with _accounts(data) as db:
        db.execute("DELETE FROM sessions WHERE until_ms <= ?", (now_ms,))
        until_ms = now_ms + SESSION_HOURS * 3_600_000
        db.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_digest(session.token), name, until_ms))
    return session


def find_session(data: Path, token: str) -> Session:
    """The session that this token stands for. Raises KeyError where it has ended or never was."""
    with _accounts(data) as db:
        row = db.execute(
            "SELECT account FROM sessions WHERE token_sha256 = ? AND until_ms > ?", (_digest(token), _now_ms())
        ).fetchone()
    if not row:
        raise KeyError("session")
    return Session(row[0], token)


def log_out(data: Path, token: str) -> None:
    """End a session: its token opens nothing any more, whoever has a copy."""
    with _accounts(data) as db:
        db.execute("DELETE FROM sessions WHERE token_sha256 = ?", (_digest(token),))


@contextlib.contextmanager
def _accounts(data: Path) -> Iterator[sqlite3.Connection]:
    path = data / "accounts.db"
    if not path.exists():
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.executescript(SCHEMA)
        yield db


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Add an account from the command line."""
    parser = argparse.ArgumentParser(prog="python -m cloud.accounts", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    parser.add_argument("action", choices=["add"])
    parser.add_argument("name")
    arguments = parser.parse_args()
    try:
        data = load(arguments.config, Cloud).data
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    try:
        add_account(data, arguments.name, sys.stdin.readline().rstrip("\r\n"))
    except AccountRefused as refusal:
        sys.exit(f"error: {refusal}")


if __name__ == "__main__":
    main()
