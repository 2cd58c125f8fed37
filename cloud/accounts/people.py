"""Accounts: who there is, with which role and where."""

import re
import sqlite3
from pathlib import Path

from msgspec import Struct

from cloud.accounts.database import now_ms, opened, writing
from cloud.accounts.faults import AccountRefused, Fault
from cloud.accounts.passwords import check_password, hash_password
from cloud.roles import EVERYWHERE, Role, fits

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_COLUMNS = "name, role, province, site, created_ms, disabled, totp_sealed IS NOT NULL, subject IS NOT NULL"


class Account(Struct, frozen=True):
    """One account; ``site`` is "" where it has the whole province. For ``external`` an identity provider vouches."""

    name: str
    role: Role
    province: str
    site: str
    created_ms: int
    disabled: bool
    second_factor: bool
    external: bool


def add_account(
    data: Path,
    name: str,
    password: str,
    role: Role = Role.ADMINISTRATOR,
    province: str = EVERYWHERE.id,
    site: str = "",
) -> None:
    """Add an account to ``accounts.db`` in the folder ``data``.

    Raises AccountRefused where the name is taken or malformed, the password is refused, or role and site do not fit.
    """
    check_name(name)
    check_password(name, password)
    hashed = hash_password(password)
    with opened(data) as db, writing(db):
        insert(db, name, hashed, role, province, site)


def check_name(name: str) -> None:
    """Raise AccountRefused where nobody may be called so."""
    if not _NAME.fullmatch(name):
        raise AccountRefused(Fault.NAME)


def insert(db: sqlite3.Connection, name: str, hashed: str, role: Role, province: str, site: str) -> None:
    """Add an account in the transaction that is open. Raises AccountRefused."""
    if not fits(role, site):
        raise AccountRefused(Fault.PLACE)
    try:
        db.execute(
            "INSERT INTO accounts (name, password_argon2, created_ms, role, province, site) VALUES (?, ?, ?, ?, ?, ?)",
            (name, hashed, now_ms(), role.value, province, site),
        )
    except sqlite3.IntegrityError:
        raise AccountRefused(Fault.TAKEN) from None


def find_account(data: Path, name: str) -> Account:
    """The account of this name. Raises KeyError where there is none."""
    with opened(data) as db:
        row = db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", (name,)).fetchone()  # noqa: S608
    if not row:
        raise KeyError(name)
    return _account(row)


def accounts_of(data: Path, province: str) -> tuple[Account, ...]:
    """The accounts of a province, by name."""
    with opened(data) as db:
        rows = db.execute(f"SELECT {_COLUMNS} FROM accounts WHERE province = ? ORDER BY name", (province,))  # noqa: S608
        return tuple(_account(row) for row in rows)


def move_into(data: Path, province: str) -> None:
    """Make accounts of before there were provinces, and those made without naming one, this province's."""
    with opened(data) as db:
        db.execute("UPDATE accounts SET province = ? WHERE province = ?", (province, EVERYWHERE.id))


def change_role(data: Path, name: str, province: str, role: Role, site: str) -> None:
    """Give an account of ``province`` another role or place, from its next click on. Raises AccountRefused."""
    if not fits(role, site):
        raise AccountRefused(Fault.PLACE)
    with opened(data) as db, writing(db):
        account = _of_province(db, name, province)
        if account.external:
            raise AccountRefused(Fault.EXTERNAL)
        if role is not Role.ADMINISTRATOR:
            _keep_an_administrator(db, account)
            db.execute("DELETE FROM invitations WHERE invited_by = ?", (name,))
        db.execute("UPDATE accounts SET role = ?, site = ? WHERE name = ?", (role.value, site, name))


def set_disabled(data: Path, name: str, province: str, *, disabled: bool) -> None:
    """Shut an account of ``province`` out, which ends its sessions, or let it in again. Raises AccountRefused."""
    with opened(data) as db, writing(db):
        account = _of_province(db, name, province)
        if disabled:
            _keep_an_administrator(db, account)
            db.execute("DELETE FROM sessions WHERE account = ?", (name,))
            db.execute("DELETE FROM invitations WHERE invited_by = ?", (name,))
        db.execute("UPDATE accounts SET disabled = ? WHERE name = ?", (disabled, name))


def reset_second_factor(data: Path, name: str, province: str) -> None:
    """Take an account's second factor away and end its sessions: it sets up another. Raises AccountRefused."""
    with opened(data) as db, writing(db):
        if _of_province(db, name, province).external:
            raise AccountRefused(Fault.EXTERNAL)
        db.execute("UPDATE accounts SET totp_sealed = NULL WHERE name = ?", (name,))
        db.execute("DELETE FROM recovery_codes WHERE account = ?", (name,))
        db.execute("DELETE FROM sessions WHERE account = ?", (name,))


def set_password(data: Path, name: str, password: str) -> None:
    """Give an account another password, which ends all its sessions. Raises AccountRefused."""
    check_password(name, password)
    hashed = hash_password(password)
    with opened(data) as db, writing(db):
        changed = db.execute(
            "UPDATE accounts SET password_argon2 = ? WHERE name = ? AND subject IS NULL", (hashed, name)
        )
        if not changed.rowcount:
            raise AccountRefused(Fault.UNKNOWN)
        db.execute("DELETE FROM sessions WHERE account = ?", (name,))


def _of_province(db: sqlite3.Connection, name: str, province: str) -> Account:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM accounts WHERE name = ? AND province = ?",  # noqa: S608 - names of ours
        (name, province),
    ).fetchone()
    if not row:
        raise AccountRefused(Fault.UNKNOWN)
    return _account(row)


def _keep_an_administrator(db: sqlite3.Connection, account: Account) -> None:
    """Those of an identity provider do not count: they last as long as it pleases."""
    if account.role is not Role.ADMINISTRATOR or account.disabled or account.external:
        return
    (others,) = db.execute(
        "SELECT count(*) FROM accounts"
        " WHERE province = ? AND role = ? AND NOT disabled AND subject IS NULL AND name <> ?",
        (account.province, Role.ADMINISTRATOR.value, account.name),
    ).fetchone()
    if not others:
        raise AccountRefused(Fault.LAST_ADMINISTRATOR)


def _account(row: tuple[str, str, str, str, int, int, int, int]) -> Account:
    name, role, province, site, created_ms, disabled, second_factor, external = row
    return Account(name, Role(role), province, site, created_ms, bool(disabled), bool(second_factor), bool(external))
