"""Officers' accounts and their sessions, which live on the server: logging out ends them there.

A shared PC is known by a token in a cookie of its own: an officer who logged in on it with the password may come back
there by name and PIN for the length of a shift.
"""

import hashlib
import re
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from edge.hub.config import OfficerAccount
from edge.hub.passwords import AccountRefused, Fault, check_password, check_pin, temporary_password
from edge.hub.roles import Role

SESSION_S = 12 * 3600  # one long shift
TRIES = 5
TRIES_WITHIN_S = 300
_NAME = re.compile("[a-z0-9][a-z0-9._-]{0,39}")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, password_argon2 TEXT NOT NULL, pin_argon2 TEXT NOT NULL DEFAULT '',
  must_change INTEGER NOT NULL DEFAULT 0, disabled INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  token BLOB PRIMARY KEY, officer TEXT NOT NULL, csrf TEXT NOT NULL, until_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known_here (
  pc BLOB, officer TEXT, until_s INTEGER NOT NULL, PRIMARY KEY (pc, officer)
) STRICT, WITHOUT ROWID;
"""


class WrongPassword(Exception):
    """Name and password, or PIN, do not belong together."""


class TooManyTries(Exception):
    """This name was tried too often; wait."""


class Session(NamedTuple):
    """A logged-in officer and the token that the forms of this session carry.

    ``must_change``: the password is a temporary one, and nothing but changing it is allowed.
    """

    officer: str
    csrf: str
    role: Role
    must_change: bool = False


class Account(NamedTuple):
    """What the administration page shows of an account."""

    name: str
    role: Role
    disabled: bool
    must_change: bool
    has_pin: bool


class Officers:
    """Who may log in, and who has. ``seeds`` become accounts where there is not one account yet."""

    def __init__(self, path: Path, seeds: Sequence[OfficerAccount], now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._failures: dict[str, list[float]] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)
        if not self.accounts():
            self._db.executemany(
                "INSERT INTO accounts (name, role, password_argon2) VALUES (?, ?, ?)",
                [(seed.name, seed.role.value, seed.password_argon2) for seed in seeds],
            )

    def note_try(self, name: str) -> None:
        """Count one more try at a name. Raises TooManyTries where the last minutes saw too many."""
        now = self._now_s()
        name = name if self.knows(name) else ""  # whatever a stranger makes up is counted in one place
        self._failures = {n: recent for n, tries in self._failures.items() if (recent := self._recent(tries, now))}
        if len(self._failures.get(name, ())) >= TRIES:
            raise TooManyTries
        self._failures.setdefault(name, []).append(now)

    def _recent(self, tries: Sequence[float], now: float) -> list[float]:
        return [at for at in tries if now - at < TRIES_WITHIN_S]

    def forgive(self, name: str) -> None:
        """Count the tries at a name anew: the right password was given."""
        self._failures.pop(name, None)

    def knows(self, name: str) -> bool:
        """Whether there is an account of this name, disabled or not."""
        return self._db.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone() is not None

    def verify(self, name: str, password: str) -> None:
        """Raise WrongPassword where they do not match; takes as long for a name that does not exist."""
        row = self._db.execute(
            "SELECT password_argon2 FROM accounts WHERE name = ? AND NOT disabled", (name,)
        ).fetchone()
        self._check(row[0] if row else "", password)

    def verify_pin(self, pc: str, name: str, pin: str) -> None:
        """Raise WrongPassword where the PIN is not this officer's, or the officer has not logged in with the password
        on this PC within the last ``SESSION_S`` seconds."""
        row = self._db.execute(
            "SELECT pin_argon2 FROM accounts JOIN known_here ON officer = name"
            " WHERE name = ? AND NOT disabled AND NOT must_change AND pc = ? AND until_s >= ?",
            (name, _digest(pc), int(self._now_s())),
        ).fetchone()
        self._check(row[0] if row else "", pin)

    def _check(self, hashed: str, secret: str) -> None:
        try:
            self._hasher.verify(hashed or self._nobody, secret)
        except VerificationError:
            raise WrongPassword from None

    def begin(self, officer: str) -> str:
        """A new session; returns the token for the officer's cookie."""
        self.forgive(officer)
        token = secrets.token_urlsafe(32)
        now = int(self._now_s())
        self._db.execute("DELETE FROM sessions WHERE until_s < ?", (now,))
        self._db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (_digest(token), officer, secrets.token_urlsafe(32), now + SESSION_S),
        )
        return token

    def remember_here(self, pc: str, officer: str) -> None:
        """The officer has logged in with the password on this PC."""
        now = int(self._now_s())
        self._db.execute("DELETE FROM known_here WHERE until_s < ?", (now,))
        self._db.execute("INSERT OR REPLACE INTO known_here VALUES (?, ?, ?)", (_digest(pc), officer, now + SESSION_S))

    def known_here(self, pc: str) -> list[str]:
        """Who may come back on this PC by PIN, by name."""
        rows = self._db.execute(
            "SELECT name FROM accounts JOIN known_here ON officer = name"
            " WHERE pc = ? AND until_s >= ? AND pin_argon2 != '' AND NOT disabled AND NOT must_change ORDER BY name",
            (_digest(pc), int(self._now_s())),
        )
        return [name for (name,) in rows]

    def session(self, token: str) -> Session:
        """The session of this token. Raises KeyError where there is none, or its account is gone or disabled."""
        row = self._db.execute(
            "SELECT officer, csrf, role, must_change FROM sessions JOIN accounts ON name = officer"
            " WHERE token = ? AND until_s >= ? AND NOT disabled",
            (_digest(token), int(self._now_s())),
        ).fetchone()
        if row is None:
            raise KeyError("no session")
        return Session(row[0], row[1], Role(row[2]), bool(row[3]))

    def end(self, token: str) -> None:
        """End a session."""
        self._db.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))

    def accounts(self) -> list[Account]:
        """Every account, by name."""
        rows = self._db.execute(
            "SELECT name, role, disabled, must_change, pin_argon2 != '' FROM accounts ORDER BY name"
        )
        return [Account(name, Role(role), bool(off), bool(change), bool(pin)) for name, role, off, change, pin in rows]

    def account(self, name: str) -> Account:
        """One account. Raises AccountRefused where there is none."""
        for account in self.accounts():
            if account.name == name:
                return account
        raise AccountRefused(Fault.UNKNOWN)

    def check_new(self, name: str) -> None:
        """Raise AccountRefused where no account of this name can be added."""
        if not _NAME.fullmatch(name):
            raise AccountRefused(Fault.NAME)
        if self.knows(name):
            raise AccountRefused(Fault.TAKEN)

    def check_dispensable(self, name: str) -> None:
        """Raise AccountRefused where this is no account, or nobody else could administer."""
        administrators = [a.name for a in self.accounts() if a.role is Role.ADMINISTRATOR and not a.disabled]
        self.account(name)
        if administrators == [name]:
            raise AccountRefused(Fault.LAST_ADMINISTRATOR)

    def add(self, name: str, role: Role) -> str:
        """Add an account; returns its temporary password. Raises AccountRefused."""
        self.check_new(name)
        password = temporary_password()
        try:
            self._db.execute(
                "INSERT INTO accounts (name, role, password_argon2, must_change) VALUES (?, ?, ?, 1)",
                (name, role.value, self._hasher.hash(password)),
            )
        except sqlite3.IntegrityError:  # somebody else was quicker
            raise AccountRefused(Fault.TAKEN) from None
        return password

    def reset(self, name: str) -> str:
        """A new temporary password for an account, whose PIN and sessions end. Raises AccountRefused."""
        self.account(name)
        password = temporary_password()
        self._set_password(name, password, must_change=True)
        self._db.execute("UPDATE accounts SET pin_argon2 = '' WHERE name = ?", (name,))
        self._db.execute("DELETE FROM known_here WHERE officer = ?", (name,))
        return password

    def set_password(self, name: str, password: str) -> None:
        """An officer's own new password; every session of theirs ends. Raises AccountRefused."""
        check_password(name, password)
        self._set_password(name, password, must_change=False)

    def _set_password(self, name: str, password: str, *, must_change: bool) -> None:
        self._db.execute(
            "UPDATE accounts SET password_argon2 = ?, must_change = ? WHERE name = ?",
            (self._hasher.hash(password), must_change, name),
        )
        self._db.execute("DELETE FROM sessions WHERE officer = ?", (name,))

    def set_pin(self, name: str, pin: str) -> None:
        """An officer's own new PIN. Raises AccountRefused."""
        check_pin(pin)
        self._db.execute("UPDATE accounts SET pin_argon2 = ? WHERE name = ?", (self._hasher.hash(pin), name))

    def set_role(self, name: str, role: Role) -> None:
        """Another role, from the next click on. Raises AccountRefused."""
        if role is not Role.ADMINISTRATOR:
            self.check_dispensable(name)
        self.account(name)
        self._db.execute("UPDATE accounts SET role = ? WHERE name = ?", (role.value, name))

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Lock an account, which ends its sessions for good, or unlock it. Raises AccountRefused."""
        if disabled:
            self.check_dispensable(name)
        self.account(name)
        self._db.execute("UPDATE accounts SET disabled = ? WHERE name = ?", (disabled, name))
        self._db.execute("DELETE FROM sessions WHERE officer = ?", (name,))
        self._db.execute("DELETE FROM known_here WHERE officer = ?", (name,))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
