"""The site's authority at the hub, and the hub's own certificate, which it renews before that runs out.

``FOLDER/site-ca.crt`` and ``site-ca.key`` are made once by ``moiso-enrol hub``; ``FOLDER/hub.pem`` holds the hub's key
and certificate in one file, so that they change together.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from edge.daemon.config import ConfigError
from edge.daemon.durable import write_durably
from edge.daemon.x509 import (
    MOST_HOSTS,
    Authority,
    checked_host,
    hosts_of,
    is_due,
    issued_by,
    key_pem,
    load_certificate,
    load_key,
    new_key,
    new_site_authority,
    pem_of,
    permits,
    public_bytes,
)

log = logging.getLogger(__name__)

CA, CA_KEY, OWN = "site-ca.crt", "site-ca.key", "hub.pem"
LOOPBACK = ("localhost", "127.0.0.1")
LOOK_S = 3600.0


def found(folder: Path, site: str, hosts: Sequence[str], now: datetime) -> bool:
    """Make the site's authority where there is none yet; whether it was made.

    ``hosts`` are names and addresses beyond the private ones that it may vouch for. A break between the two files
    leaves a key without a certificate, and nobody trusts it: it is made anew.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / CA).exists():
        return False
    certificate, key = new_site_authority(f"MoiSo {site}", hosts, now)
    write_durably(folder / CA_KEY, key)
    write_durably(folder / CA, pem_of(certificate).encode(), 0o644)
    return True


def load(folder: Path) -> Authority:
    """The site's authority. Raises ConfigError where it is not there or cannot be used."""
    try:
        return Authority.load(folder / CA, folder / CA_KEY)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder}: the site's authority cannot be used ({error}); run moiso-enrol hub") from error


def wanted_hosts(authority: x509.Certificate, named: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """What the hub's certificate should be for: loopback, the names that were given, and those of the machine, as far
    as the authority can vouch for them."""
    hosts = [checked_host(host) for host in (*LOOPBACK, *named)]
    for host in own:
        with contextlib.suppress(ValueError):
            hosts.append(checked_host(host))
    return tuple(host for host in dict.fromkeys(hosts) if permits(authority, host))[:MOST_HOSTS]


def is_current(path: Path, authority: Authority, hosts: Sequence[str], now: datetime) -> bool:
    """Whether the hub's certificate is there, of this authority, for all these hosts, and not due."""
    try:
        pem = path.read_bytes()
        certificate, key = load_certificate(_certificate_of(pem)), load_key(pem)
    except (OSError, ValueError):
        return False
    fits = certificate.public_key() == key.public_key() and issued_by(certificate, authority.certificate)
    return fits and set(hosts) <= set(hosts_of(certificate)) and not is_due(certificate, now)


def renew_own(folder: Path, authority: Authority, hosts: Sequence[str], now: datetime) -> bool:
    """Give the hub another key and certificate where it should have; whether it got one."""
    path = folder / OWN
    if is_current(path, authority, hosts, now):
        return False
    key = new_key()
    certificate = authority.issue(public_bytes(key.public_key()), name="hub", now=now, hosts=hosts)
    write_durably(path, key_pem(key) + pem_of(certificate).encode())
    return True


def _certificate_of(pem: bytes) -> bytes:
    begin = pem.find(b"-----BEGIN CERTIFICATE-----")
    return pem[begin:] if begin >= 0 else b""


async def keep_own(
    folder: Path,
    authority: Authority,
    hosts: Callable[[], Sequence[str]],
    now: Callable[[], datetime],
    clock_trusted: Callable[[], bool],
) -> None:
    """See to the hub's own certificate for ever; with a clock that is wrong nothing is issued."""
    while True:
        if clock_trusted():
            try:
                if await asyncio.to_thread(renew_own, folder, authority, hosts(), now()):
                    log.info("the hub's own certificate was renewed")
            except OSError as error:
                log.error("the hub's own certificate cannot be written: %s", error.strerror)
        await asyncio.sleep(LOOK_S if clock_trusted() else 5.0)
