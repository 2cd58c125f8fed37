"""Accounts that a province's identity provider vouches for: made at the first login, kept as its claims say."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cloud.accounts.database import now_ms, opened, writing
from cloud.config import OidcRole

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,39}")


class NoRole(Exception):
    """The provider knows this person, and nothing in the configuration says what they may do here."""


class ShutOut(Exception):
    """An administrator has disabled this account."""


def role_for(claims: Mapping[str, Any], claim: str, mapping: Sequence[OidcRole]) -> OidcRole:
    """The first entry whose value the claim has: a list of texts, or one text. Raises NoRole.

    >>> from cloud.roles import Role
    >>> role_for({"groups": ["staff", "moiso"]}, "groups", [OidcRole("moiso", Role.PROVINCE)]).role.value
    'province'
    """
    given = claims.get(claim)
    values = {given} if isinstance(given, str) else set(map(str, given)) if isinstance(given, list) else set()
    for entry in mapping:
        if entry.value in values:
            return entry
    raise NoRole


def vouched_for(data: Path, issuer: str, claims: Mapping[str, Any], entry: OidcRole) -> str:
    """The name of the account of these claims, made or brought up to date. Raises ShutOut.

    The person is known by issuer and subject (OpenID Connect Core 1.0, 5.7). The name is ``oidc:`` and the preferred
    user name; where that is another's, or none, a digest. So it is never a name of somebody with a password.
    """
    subject = f"{issuer} {claims['sub']}"
    with opened(data) as db, writing(db):
        row = db.execute("SELECT name, disabled FROM accounts WHERE subject = ?", (subject,)).fetchone()
        place = (entry.role.value, entry.province, entry.site)
        if row:
            name, disabled = row
            if disabled:
                raise ShutOut
            db.execute("UPDATE accounts SET role = ?, province = ?, site = ? WHERE name = ?", (*place, name))
            return str(name)
        preferred = str(claims.get("preferred_username", "")).lower()
        name = f"oidc:{preferred}"
        taken = db.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone()
        if taken or not _NAME.fullmatch(preferred):
            name = f"oidc:{hashlib.sha256(subject.encode()).hexdigest()[:16]}"
        db.execute(
            "INSERT INTO accounts (name, password_argon2, created_ms, role, province, site, subject)"
            " VALUES (?, '', ?, ?, ?, ?, ?)",
            (name, now_ms(), *place, subject),
        )
        return name
