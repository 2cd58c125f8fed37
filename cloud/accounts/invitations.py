"""Invitations: a token that makes one account, once and within three days; or a new password for one that is there."""

import secrets
import sqlite3
from pathlib import Path

from msgspec import Struct

from cloud.accounts.database import digest, now_ms, opened, writing
from cloud.accounts.faults import AccountRefused, Fault
from cloud.accounts.passwords import check_password, hash_password
from cloud.accounts.people import check_name, insert
from cloud.roles import Role, fits

VALID_HOURS = 72


class Invitation(Struct, frozen=True):
    """An open one, as administrators and its holder see it. ``account`` is "" where it makes a new account, otherwise
    the one that gets a new password; ``id`` opens nothing."""

    id: str
    account: str
    role: Role
    province: str
    site: str
    invited_by: str
    until_ms: int


def invite(data: Path, role: Role, province: str, site: str, by: str) -> str:
    """A token that makes an account of this role and place; it is told this once. Raises AccountRefused."""
    if not fits(role, site):
        raise AccountRefused(Fault.PLACE)
    with opened(data) as db, writing(db):
        return _add(db, "", role.value, province, site, by)


def invite_to_new_password(data: Path, account: str, province: str, by: str) -> str:
    """A token that gives this account of ``province`` a new password; its second factor stays.

    Raises AccountRefused.
    """
    with opened(data) as db, writing(db):
        row = db.execute(
            "SELECT role, site, subject FROM accounts WHERE name = ? AND province = ? AND NOT disabled",
            (account, province),
        ).fetchone()
        if not row:
            raise AccountRefused(Fault.UNKNOWN)
        role, site, subject = row
        if subject is not None:
            raise AccountRefused(Fault.EXTERNAL)
        db.execute("DELETE FROM invitations WHERE account = ?", (account,))
        return _add(db, account, role, province, site, by)


def find_invitation(data: Path, token: str) -> Invitation:
    """What this token is an invitation to. Raises AccountRefused where it is none any more."""
    with opened(data) as db:
        return _find(db, token)


def accept(data: Path, token: str, name: str, password: str) -> str:
    """Use the invitation up: make the account ``name``, or give the one that it is for this password.

    Returns the account's name. Raises AccountRefused; a name or password that is refused leaves the invitation open.
    """
    with opened(data) as db:
        invitation = _find(db, token)
    name = invitation.account or name
    check_name(name)
    check_password(name, password)
    hashed = hash_password(password)
    with opened(data) as db, writing(db):
        invitation = _find(db, token)
        if invitation.account:
            changed = db.execute(
                "UPDATE accounts SET password_argon2 = ? WHERE name = ? AND province = ? AND NOT disabled",
                (hashed, name, invitation.province),
            )
            if not changed.rowcount:
                raise AccountRefused(Fault.INVITATION)
            db.execute("DELETE FROM sessions WHERE account = ?", (name,))
        else:
            insert(db, name, hashed, invitation.role, invitation.province, invitation.site)
        db.execute("DELETE FROM invitations WHERE token_sha256 = ?", (digest(token),))
    return name


def open_invitations(data: Path, province: str) -> tuple[Invitation, ...]:
    """Those of a province that can still be used, the one that ends first first."""
    with opened(data) as db:
        rows = db.execute(
            "SELECT token_sha256, account, role, province, site, invited_by, until_ms FROM invitations"
            " WHERE province = ? AND until_ms > ? ORDER BY until_ms",
            (province, now_ms()),
        )
        return tuple(_invitation(row) for row in rows)


def withdraw(data: Path, invitation_id: str, province: str) -> None:
    """End an invitation of this province; nothing where there is none of this id."""
    with opened(data) as db:
        db.execute(
            "DELETE FROM invitations WHERE substr(token_sha256, 1, 16) = ? AND province = ?", (invitation_id, province)
        )


def _add(db: sqlite3.Connection, account: str, role: str, province: str, site: str, by: str) -> str:
    token, now = secrets.token_urlsafe(16), now_ms()
    db.execute("DELETE FROM invitations WHERE until_ms <= ?", (now,))
    db.execute(
        "INSERT INTO invitations (token_sha256, account, role, province, site, invited_by, made_ms, until_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (digest(token), account, role, province, site, by, now, now + VALID_HOURS * 3_600_000),
    )
    return token


def _find(db: sqlite3.Connection, token: str) -> Invitation:
    row = db.execute(
        "SELECT token_sha256, account, role, province, site, invited_by, until_ms FROM invitations"
        " WHERE token_sha256 = ? AND until_ms > ?",
        (digest(token), now_ms()),
    ).fetchone()
    if not row:
        raise AccountRefused(Fault.INVITATION)
    return _invitation(row)


def _invitation(row: tuple[str, str, str, str, str, str, int]) -> Invitation:
    key, account, role, province, site, invited_by, until_ms = row
    return Invitation(key[:16], account, Role(role), province, site, invited_by, until_ms)
