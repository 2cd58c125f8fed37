"""``accounts.db``: accounts, sessions, recovery codes and invitations; of passwords, tokens and codes only hashes."""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

# Each step leads from one user_version to the next; the first is what there was before versions were counted.
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, password_argon2 TEXT NOT NULL,"
        " created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
    (
        # Whoever was there before there were roles could see everything: an administrator.
        "ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'administrator'",
        "ALTER TABLE accounts ADD COLUMN province TEXT NOT NULL DEFAULT 'all'",
        "ALTER TABLE accounts ADD COLUMN site TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE accounts ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE accounts ADD COLUMN totp_sealed BLOB",
        "ALTER TABLE accounts ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0",  # the last one used
        "ALTER TABLE accounts ADD COLUMN subject TEXT",  # issuer and subject at an identity provider
        "CREATE UNIQUE INDEX accounts_by_subject ON accounts (subject) WHERE subject IS NOT NULL",
        "DROP TABLE IF EXISTS sessions",  # of the version before: people log in once more
        "CREATE TABLE sessions (token_sha256 TEXT PRIMARY KEY,"
        " account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE, stage TEXT NOT NULL,"
        " begun_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, browser TEXT NOT NULL,"
        " enrolling BLOB) STRICT, WITHOUT ROWID",
        "CREATE INDEX sessions_by_account ON sessions (account)",
        "CREATE TABLE recovery_codes (account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,"
        " code_sha256 TEXT NOT NULL, PRIMARY KEY (account, code_sha256)) STRICT, WITHOUT ROWID",
        "CREATE TABLE invitations (token_sha256 TEXT PRIMARY KEY, account TEXT NOT NULL, role TEXT NOT NULL,"
        " province TEXT NOT NULL, site TEXT NOT NULL, invited_by TEXT NOT NULL, made_ms INTEGER NOT NULL,"
        " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
)


@contextlib.contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``accounts.db`` in the folder ``data``, which is made or brought up to date where need be."""
    path = data / "accounts.db"
    if not path.exists():
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        if _version(db) < len(_STEPS):
            with writing(db):
                _bring_up_to_date(db)
        yield db


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that nobody else's comes between; an exception in it leaves everything as it was."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def digest(token: str) -> str:
    """What is stored of a token or code made of chance: at 80 bits and more no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    for number, statements in enumerate(_STEPS[_version(db) :], start=_version(db) + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
