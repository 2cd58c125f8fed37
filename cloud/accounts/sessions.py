"""Sessions live on the server: the browser's token is random and new at each step, and ending one ends its copies."""

import secrets
import sqlite3
from enum import Enum
from pathlib import Path

from msgspec import Struct

from cloud.accounts.database import digest, now_ms, opened, writing
from cloud.accounts.faults import WrongPassword
from cloud.accounts.passwords import is_password
from cloud.config import Totp
from cloud.roles import Role

HOUR_MS = 3_600_000
SESSION_HOURS = 12
IDLE_MS = HOUR_MS
PENDING_MS = 10 * 60_000  # from the password to the second factor
TOUCH_MS = 60_000  # "last seen" is that exact: not every request writes
MUST_HAVE_SECOND_FACTOR = frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN})


class Stage(Enum):
    """How far a login has come. Only WHOLE opens anything; the others open the page of the next step."""

    SECOND_FACTOR = "second-factor"
    ENROL = "enrol"
    WHOLE = "whole"


class Session(Struct, frozen=True):
    """One login: who, with what role and where, and the token that stands for it in the browser."""

    account: str
    token: str
    stage: Stage = Stage.WHOLE
    role: Role = Role.ADMINISTRATOR
    province: str = ""
    site: str = ""

    def __repr__(self) -> str:
        return f"Session(account={self.account!r}, stage={self.stage.value!r}, token=…)"


class OwnSession(Struct, frozen=True):
    """A session as its owner sees it in a list; ``id`` opens nothing."""

    id: str
    browser: str
    begun_ms: int
    seen_ms: int


def log_in(data: Path, name: str, password: str, *, totp: Totp = Totp.OFFERED, browser: str = "") -> Session:
    """A new session for this account; its stage says what is asked next. Raises WrongPassword."""
    check_own_password(data, name, password)
    return begin(data, name, totp=totp, browser=browser)


def check_own_password(data: Path, name: str, password: str) -> None:
    """Raise WrongPassword where this is not the password of an account that may log in."""
    with opened(data) as db:
        row = db.execute("SELECT password_argon2 FROM accounts WHERE name = ? AND NOT disabled", (name,)).fetchone()
    if not is_password(row[0] if row else "", password):
        raise WrongPassword


def begin(data: Path, name: str, *, totp: Totp = Totp.OFFERED, browser: str = "", whole: bool = False) -> Session:
    """A new session of an account whose password was right; its stage says what is asked next.

    ``whole``: nothing is, since an identity provider vouched for it, or its session has just ended by its own deed.
    Raises WrongPassword where the account is gone or shut out.
    """
    with opened(data) as db, writing(db):
        row = db.execute(
            "SELECT role, totp_sealed IS NOT NULL FROM accounts WHERE name = ? AND NOT disabled", (name,)
        ).fetchone()
        if not row:
            raise WrongPassword
        stage = Stage.WHOLE if whole else _next_stage(Role(row[0]), totp, has_second_factor=bool(row[1]))
        db.execute("DELETE FROM sessions WHERE until_ms <= ? OR seen_ms <= ?", (now_ms(), now_ms() - IDLE_MS))
        return start(db, name, stage, browser)


def _next_stage(role: Role, totp: Totp, *, has_second_factor: bool) -> Stage:
    if has_second_factor:
        return Stage.SECOND_FACTOR
    return Stage.ENROL if totp is Totp.REQUIRED and role in MUST_HAVE_SECOND_FACTOR else Stage.WHOLE


def start(db: sqlite3.Connection, name: str, stage: Stage, browser: str) -> Session:
    """A session with a new token, in the transaction that is open."""
    token, now = secrets.token_urlsafe(32), now_ms()
    until = now + (SESSION_HOURS * HOUR_MS if stage is Stage.WHOLE else PENDING_MS)
    db.execute(
        "INSERT INTO sessions (token_sha256, account, stage, begun_ms, seen_ms, until_ms, browser)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (digest(token), name, stage.value, now, now, until, browser),
    )
    role, province, site = db.execute("SELECT role, province, site FROM accounts WHERE name = ?", (name,)).fetchone()
    return Session(name, token, stage, Role(role), province, site)


def find_session(data: Path, token: str, *, touch: bool = True) -> Session:
    """The session that this token stands for; ``touch`` it, so that its idle hour begins anew.

    Raises KeyError where it has ended, never was, or has not come through its second factor.
    """
    session = find_any(data, token, touch=touch)
    if session.stage is not Stage.WHOLE:
        raise KeyError("session")
    return session


def find_pending(data: Path, token: str) -> Session:
    """A login that waits for its second factor. Raises KeyError where there is none such."""
    session = find_any(data, token, touch=False)
    if session.stage is Stage.WHOLE:
        raise KeyError("session")
    return session


def find_any(data: Path, token: str, *, touch: bool) -> Session:
    """A session at whatever stage. Raises KeyError."""
    now, key = now_ms(), digest(token)
    with opened(data) as db:
        row = db.execute(
            "SELECT account, stage, role, province, site, seen_ms FROM sessions JOIN accounts ON name = account"
            " WHERE token_sha256 = ? AND until_ms > ? AND seen_ms > ? AND NOT disabled",
            (key, now, now - IDLE_MS),
        ).fetchone()
        if not row:
            raise KeyError("session")
        account, stage, role, province, site, seen_ms = row
        if touch and now - seen_ms >= TOUCH_MS:
            db.execute("UPDATE sessions SET seen_ms = ? WHERE token_sha256 = ?", (now, key))
    return Session(account, token, Stage(stage), Role(role), province, site)


def renew(db: sqlite3.Connection, token: str) -> Session:
    """The same login, whole now and under a new token: what stood in the browser until now opens nothing any more."""
    name, browser = db.execute(
        "DELETE FROM sessions WHERE token_sha256 = ? RETURNING account, browser", (digest(token),)
    ).fetchone()
    return start(db, name, Stage.WHOLE, browser)


def log_out(data: Path, token: str) -> None:
    """End a session: its token opens nothing any more, whoever has a copy."""
    with opened(data) as db:
        db.execute("DELETE FROM sessions WHERE token_sha256 = ?", (digest(token),))


def log_out_others(data: Path, name: str, token: str) -> None:
    """End every session of this account but the one of ``token`` ("": every one)."""
    with opened(data) as db:
        db.execute("DELETE FROM sessions WHERE account = ? AND token_sha256 <> ?", (name, digest(token)))


def log_out_one(data: Path, name: str, session_id: str) -> None:
    """End the one of this account's own sessions that has this id; nothing where there is none."""
    with opened(data) as db:
        db.execute("DELETE FROM sessions WHERE account = ? AND substr(token_sha256, 1, 16) = ?", (name, session_id))


def sessions_of(data: Path, name: str) -> tuple[OwnSession, ...]:
    """The account's sessions that are going on, the one seen last first."""
    now = now_ms()
    with opened(data) as db:
        rows = db.execute(
            "SELECT substr(token_sha256, 1, 16), browser, begun_ms, seen_ms FROM sessions"
            " WHERE account = ? AND stage = ? AND until_ms > ? AND seen_ms > ? ORDER BY seen_ms DESC, begun_ms DESC",
            (name, Stage.WHOLE.value, now, now - IDLE_MS),
        )
        return tuple(OwnSession(*row) for row in rows)


def session_id(token: str) -> str:
    """The id under which this token's session stands in the list."""
    return digest(token)[:16]
