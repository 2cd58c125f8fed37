"""The second factor: codes of time (TOTP, RFC 6238), each used once; recovery codes for a lost phone.

Secrets are sealed with a key derived from the file that signs the cookies: a copy of ``accounts.db`` makes no code.
"""

import secrets
import sqlite3
import time
from base64 import b32encode
from pathlib import Path

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.utils import strings_equal

from cloud.accounts.database import digest, opened, writing
from cloud.accounts.faults import WrongCode
from cloud.accounts.sessions import Session, find_any, renew

PERIOD_S = 30
WINDOW = 1  # periods that a phone's clock may be off
RECOVERY_CODES = 10
ISSUER = "MờiSố"
_NONCE = 12


def sealing_key(session_key: str) -> bytes:
    """The key that seals TOTP secrets, from the text of ``session_key_file``."""
    return HKDF(SHA256(), 32, salt=None, info=b"moiso totp secrets").derive(session_key.encode())


def matching_step(secret: str, code: str, now_s: float, last_step: int) -> int:
    """The 30-second step, later than ``last_step``, whose code this is. Raises WrongCode.

    Source: RFC 6238, 5.2: one step either way, and no code a second time.
    """
    totp = pyotp.TOTP(secret, interval=PERIOD_S)
    now = int(now_s // PERIOD_S)
    for step in range(now - WINDOW, now + WINDOW + 1):
        if step > last_step and strings_equal(totp.generate_otp(step), code):
            return step
    raise WrongCode


def begin_enrolment(data: Path, key: bytes, token: str) -> str:
    """The secret (base 32) that this session is setting up: the same one until it is confirmed or the session ends.

    Raises KeyError where the session has ended.
    """
    account = find_any(data, token, touch=False).account
    with opened(data) as db, writing(db):
        sealed = _enrolling(db, token)
        if sealed is not None:
            return _unseal(key, account, sealed)
        secret = pyotp.random_base32()
        db.execute(
            "UPDATE sessions SET enrolling = ? WHERE token_sha256 = ?", (_seal(key, account, secret), digest(token))
        )
        return secret


def confirm_enrolment(data: Path, key: bytes, token: str, code: str) -> tuple[Session, tuple[str, ...]]:
    """Make the secret the account's second factor, as ``code`` shows that a phone has it.

    Returns the session under a new token, and new recovery codes; every other session of the account ends. Raises
    WrongCode, and KeyError where the session has ended or sets nothing up.
    """
    account = find_any(data, token, touch=False).account
    with opened(data) as db, writing(db):
        sealed = _enrolling(db, token)
        if sealed is None:
            raise KeyError("enrolment")
        step = matching_step(_unseal(key, account, sealed), _plain(code), time.time(), 0)
        db.execute("UPDATE accounts SET totp_sealed = ?, totp_step = ? WHERE name = ?", (sealed, step, account))
        codes = _new_recovery_codes(db, account)
        session = renew(db, token)
        db.execute("DELETE FROM sessions WHERE account = ? AND token_sha256 <> ?", (account, digest(session.token)))
        return session, codes


def pass_second_factor(data: Path, key: bytes, token: str, code: str) -> Session:
    """The login that waits, whole and under a new token, for a code of now or a recovery code.

    Raises WrongCode, and KeyError where the login has ended.
    """
    account = find_any(data, token, touch=False).account
    with opened(data) as db, writing(db):
        _use_code(db, key, account, code)
        return renew(db, token)


def check_code(data: Path, key: bytes, account: str, code: str) -> None:
    """Raise WrongCode where this is no code of now and no recovery code; a right one is used by this."""
    with opened(data) as db, writing(db):
        _use_code(db, key, account, code)


def new_recovery_codes(data: Path, account: str) -> tuple[str, ...]:
    """New recovery codes; those of before open nothing any more."""
    with opened(data) as db, writing(db):
        return _new_recovery_codes(db, account)


def recovery_codes_left(data: Path, account: str) -> int:
    """How many were not used yet."""
    with opened(data) as db:
        (left,) = db.execute("SELECT count(*) FROM recovery_codes WHERE account = ?", (account,)).fetchone()
    return int(left)


def remove_second_factor(data: Path, account: str) -> None:
    """Go without, from now on."""
    with opened(data) as db, writing(db):
        db.execute("UPDATE accounts SET totp_sealed = NULL WHERE name = ?", (account,))
        db.execute("DELETE FROM recovery_codes WHERE account = ?", (account,))


def provisioning_uri(secret: str, account: str) -> str:
    """What an authenticator reads from the QR: ``otpauth://totp/…``."""
    return pyotp.TOTP(secret, interval=PERIOD_S).provisioning_uri(name=account, issuer_name=ISSUER)


def _use_code(db: sqlite3.Connection, key: bytes, account: str, code: str) -> None:
    plain = _plain(code)
    sealed, last_step = db.execute("SELECT totp_sealed, totp_step FROM accounts WHERE name = ?", (account,)).fetchone()
    if sealed is None:
        raise WrongCode
    if len(plain) > 6:
        used = db.execute("DELETE FROM recovery_codes WHERE account = ? AND code_sha256 = ?", (account, digest(plain)))
        if not used.rowcount:
            raise WrongCode
        return
    step = matching_step(_unseal(key, account, sealed), plain, time.time(), last_step)
    db.execute("UPDATE accounts SET totp_step = ? WHERE name = ?", (step, account))


def _new_recovery_codes(db: sqlite3.Connection, account: str) -> tuple[str, ...]:
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    db.execute("DELETE FROM recovery_codes WHERE account = ?", (account,))
    db.executemany("INSERT INTO recovery_codes VALUES (?, ?)", [(account, digest(code)) for code in codes])
    return tuple("-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes)


def _plain(code: str) -> str:
    """A code as it was typed, without the spaces and dashes that make it readable."""
    return "".join(code.split()).replace("-", "").lower()[:64]


def _enrolling(db: sqlite3.Connection, token: str) -> bytes | None:
    row = db.execute("SELECT enrolling FROM sessions WHERE token_sha256 = ?", (digest(token),)).fetchone()
    sealed: bytes | None = row[0] if row else None
    return sealed


def _seal(key: bytes, account: str, secret: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), account.encode())


def _unseal(key: bytes, account: str, sealed: bytes) -> str:
    """Raises WrongCode where the key is another than it was sealed with: no code is right then."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], account.encode()).decode()
    except InvalidTag:
        raise WrongCode from None
