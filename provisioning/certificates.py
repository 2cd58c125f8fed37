"""Certificates of a site and of the broker, as files: a small authority for each, and what it issues.

The extensions are those that OpenSSL's strict check asks for, on in Python 3.13: key identifiers in both ends, critical
basicConstraints and keyUsage, the name in subjectAltName. Source: RFC 5280, 4.2.1; RFC 9525 for names of services.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge.daemon.x509 import LEAF_DAYS, Authority, key_pem, new_authority, new_key, pem_of, public_bytes


def create_authority(crt: Path, key: Path, name: str) -> None:
    """Write a new authority: its certificate, and its private key that only the owner can read.

    Raises FileExistsError where the key is already there: a new key would cut every device off.
    """
    certificate, private = new_authority(name, datetime.now(UTC))
    _write_key(key, private)
    crt.write_text(pem_of(certificate), encoding="ascii")


def issue(
    ca_crt: Path,
    ca_key: Path,
    *,
    crt: Path,
    key: Path,
    common_name: str,
    hosts: Sequence[str] = (),
    client: bool = False,
    days: int = LEAF_DAYS,
) -> None:
    """Write a new key and a certificate over it: a client's where ``client``, else a server's for ``hosts``.

    ``hosts`` are DNS names or IP addresses; a server needs at least one, for nothing checks the common name any more.
    It is valid for ``days`` from yesterday on.
    Raises ValueError where a server has none or a client some, and FileExistsError where the key is already there.
    """
    if client == bool(hosts):
        raise ValueError("a server's certificate needs the hosts that it is for, and a client's has none")
    private = new_key()
    now = datetime.now(UTC)
    authority = Authority.load(ca_crt, ca_key)
    certificate = authority.issue(public_bytes(private.public_key()), name=common_name, now=now, hosts=hosts, days=days)
    _write_key(key, key_pem(private))
    crt.write_text(pem_of(certificate), encoding="ascii")


def _write_key(path: Path, pem: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
