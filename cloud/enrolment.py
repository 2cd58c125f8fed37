"""Codes with which a site's hub gets its first certificate, and which certificates the sites have (X6).

``enrolment.db`` keeps of a code only a slow hash. A code is good for one key: asked again with that key, for its answer
was lost, it gives the same certificate, and with another key nothing.
"""

import contextlib
import hashlib
import hmac
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from cloud import issuer
from cloud.accounts.database import now_ms, writing
from cloud.config import Enrolment
from edge.contracts.code_words import read
from edge.contracts.site_enrolment import CODE_BYTES, CODE_HOURS, Ask, Given, Renew, renewal
from edge.daemon.config import ConfigError
from edge.daemon.x509 import issued_by, key_in, load_certificate, read_request

ANSWER_S = 15.0
MOST_ANSWER = 16 * 1024
_OUTCOME: msgspec.json.Decoder[issuer.Done | issuer.NotDone] = msgspec.json.Decoder(issuer.Done | issuer.NotDone)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (
  site TEXT PRIMARY KEY, salt BLOB NOT NULL, code BLOB NOT NULL, made_by TEXT NOT NULL, made_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, key BLOB, certificate TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS certificates (
  serial TEXT PRIMARY KEY, site TEXT NOT NULL, issued_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  revoked_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS certificates_by_site ON certificates (site);
"""


class Wrong(Exception):
    """Code, certificate or signature do not belong together, or the site is revoked: which, nobody is told."""


class Faulty(Exception):
    """The request itself is none; the text says why."""


class Unavailable(Exception):
    """The issuer does not answer, or refuses; the text says why."""


class Certificate(Struct, frozen=True):
    """A certificate that a site has."""

    serial: str
    site: str
    issued_ms: int
    until_ms: int
    revoked_ms: int


class OpenCode(Struct, frozen=True):
    """A code that can still be used, without the code."""

    site: str
    made_by: str
    until_ms: int
    used: bool


class Renewed(Struct, frozen=True):
    """A certificate after another. ``superseded``: the serial numbers of those before the one that was shown, which
    are good no more."""

    site: str
    certificate: str
    superseded: tuple[str, ...]


Issue = Callable[[str, str], str]  # site and request → certificate; raises Unavailable


@contextlib.contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``enrolment.db`` in this folder."""
    path = data / "enrolment.db"
    if not path.exists():
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
        db.executescript(_SCHEMA)
        yield db


def make_code(data: Path, site: str, by: str) -> bytes:
    """A new code for this site; one that was open is good no more. It is told this once."""
    code, salt, now = secrets.token_bytes(CODE_BYTES), secrets.token_bytes(16), now_ms()
    with opened(data) as db, writing(db):
        db.execute("DELETE FROM codes WHERE until_ms <= ?", (now,))
        db.execute(
            "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
            (site, salt, _slow(code, salt), by, now, now + CODE_HOURS * 3_600_000),
        )
    return code


def withdraw_code(data: Path, site: str) -> None:
    """The site's code is good no more."""
    with opened(data) as db:
        db.execute("DELETE FROM codes WHERE site = ?", (site,))


def open_codes(data: Path) -> tuple[OpenCode, ...]:
    """The codes that can be used, by site."""
    with opened(data) as db:
        rows = db.execute(
            "SELECT site, made_by, until_ms, key IS NOT NULL FROM codes WHERE until_ms > ? ORDER BY site", (now_ms(),)
        )
        return tuple(OpenCode(site, by, until, bool(used)) for site, by, until, used in rows)


def use_code(data: Path, asked: Ask, issue: Issue, revoked: frozenset[str]) -> str:
    """The site's certificate for this code. Raises Wrong, Faulty and Unavailable.

    It takes as long for a site without a code, and for a wrong one.
    """
    try:
        request = read_request(asked.csr)
    except ValueError as error:
        raise Faulty(str(error)) from error
    if request.hosts:
        raise Faulty("a site's certificate names no hosts")
    try:
        typed = read(asked.code)
    except ValueError:
        typed = b""
    with opened(data) as db:
        row = db.execute(
            "SELECT salt, code, key, certificate FROM codes WHERE site = ? AND until_ms > ?", (asked.site, now_ms())
        ).fetchone()
    salt, code, key, certificate = row or (bytes(16), bytes(32), None, None)
    right = hmac.compare_digest(_slow(typed, salt), code)
    if row is None or not right or asked.site in revoked or key not in (None, request.key):
        raise Wrong
    if certificate:
        return str(certificate)
    with opened(data) as db, writing(db):  # bound to the key first: a second asker is too late
        bound = db.execute(
            "UPDATE codes SET key = ?1 WHERE site = ?2 AND code = ?3 AND (key IS NULL OR key = ?1)",
            (request.key, asked.site, code),
        )
        if bound.rowcount == 0:
            raise Wrong
    made: str = issue(asked.site, asked.csr)
    with opened(data) as db, writing(db):
        _keep(db, asked.site, made)
        db.execute("UPDATE codes SET certificate = ? WHERE site = ? AND code = ?", (made, asked.site, code))
    return made


def renew(data: Path, asked: Renew, ca: bytes, issue: Issue, revoked: frozenset[str]) -> Renewed:
    """The next certificate, for whoever has the key of one in force. Raises Wrong, Faulty and Unavailable."""
    try:
        request, old = read_request(asked.csr), load_certificate(asked.certificate)
        names = [str(name.value) for name in old.subject]
    except ValueError as error:
        raise Faulty(str(error)) from error
    if request.hosts:
        raise Faulty("a site's certificate names no hosts")
    now = now_ms()
    in_force = old.not_valid_before_utc.timestamp() * 1000 <= now <= old.not_valid_after_utc.timestamp() * 1000
    if not (issued_by(old, load_certificate(ca)) and in_force and len(names) == 1):
        raise Wrong
    signed = _signed(key_in(old), bytes.fromhex(asked.signature), request.der, old.public_bytes(_DER))
    site: str = names[0]
    with opened(data) as db:
        row = db.execute(
            "SELECT site, revoked_ms FROM certificates WHERE serial = ?", (f"{old.serial_number:x}",)
        ).fetchone()
    if not signed or site in revoked or row is None or row != (site, 0) or request.key == key_in(old):
        raise Wrong
    made: str = issue(site, asked.csr)
    with opened(data) as db, writing(db):
        rows = db.execute(
            "UPDATE certificates SET revoked_ms = ? WHERE site = ? AND serial <> ? AND revoked_ms = 0 RETURNING serial",
            (now_ms(), site, f"{old.serial_number:x}"),
        ).fetchall()
        _keep(db, site, made)
    return Renewed(site, made, tuple(serial for (serial,) in rows))


def certificates(data: Path) -> tuple[Certificate, ...]:
    """Every certificate that has not run out, by site, the last first."""
    with opened(data) as db:
        rows = db.execute(
            "SELECT serial, site, issued_ms, until_ms, revoked_ms FROM certificates WHERE until_ms > ?"
            " ORDER BY site, issued_ms DESC, serial",
            (now_ms(),),
        )
        return tuple(Certificate(*row) for row in rows)


def revoke(data: Path, site: str) -> tuple[str, ...]:
    """Note that every certificate of this site is revoked, and end its code; the serial numbers, for the issuer."""
    with opened(data) as db, writing(db):
        db.execute("DELETE FROM codes WHERE site = ?", (site,))
        db.execute("UPDATE certificates SET revoked_ms = ? WHERE site = ? AND revoked_ms = 0", (now_ms(), site))
        rows = db.execute("SELECT serial FROM certificates WHERE site = ? ORDER BY serial", (site,))
        return tuple(serial for (serial,) in rows)


def ask_issuer(path: Path, order: issuer.Issue | issuer.Revoke) -> str:
    """What the issuer at this socket made of the order. Raises Unavailable."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(ANSWER_S)
            sock.connect(str(path))
            sock.sendall(msgspec.json.encode(order) + b"\n")
            answer = b""
            while not answer.endswith(b"\n") and len(answer) < MOST_ANSWER:
                block = sock.recv(MOST_ANSWER)
                if not block:
                    break
                answer += block
        outcome = _OUTCOME.decode(answer)
    except OSError as error:
        raise Unavailable(error.strerror or type(error).__name__) from error
    except ValueError as error:  # msgspec's own
        raise Unavailable("an answer that is none") from error
    if isinstance(outcome, issuer.NotDone):
        raise Unavailable(outcome.why)
    return outcome.certificate


def given(config: Enrolment, certificate: str) -> Given:
    """What a site is sent. Raises ConfigError where the authority's file cannot be read."""
    try:
        ca = config.ca.read_text(encoding="ascii")
    except OSError as error:
        raise ConfigError(f"enrolment.ca: {config.ca} cannot be read ({error.strerror})") from error
    return Given(certificate, ca, config.broker)


_DER = serialization.Encoding.DER


def _keep(db: sqlite3.Connection, site: str, pem: str) -> None:
    made = load_certificate(pem)
    until = int(made.not_valid_after_utc.timestamp() * 1000)
    db.execute(
        "INSERT OR IGNORE INTO certificates VALUES (?, ?, ?, ?, 0)", (f"{made.serial_number:x}", site, now_ms(), until)
    )


def _slow(code: bytes, salt: bytes) -> bytes:
    """A code is of 48 bits: whoever has the file should not find it within its day. 16 MiB and some 40 ms."""
    return hashlib.scrypt(code, salt=salt, n=2**14, r=8, p=1, dklen=32)


def _signed(key: bytes, signature: bytes, csr: bytes, certificate: bytes) -> bool:
    if not key:
        return False
    public = serialization.load_der_public_key(key)
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    try:
        public.verify(signature, renewal(csr, certificate), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
