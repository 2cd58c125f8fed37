"""moiso-issuer: the only program that can read the key of the broker's authority.

It answers at a Unix socket, which the dashboard's group alone may open, one line for one line. It signs certificates of
sites, and nothing else: never a server's, never one of the ingest's names, at most ``MOST_AN_HOUR``. Whoever takes the
dashboard over can have certificates of sites made, each of which stands in this program's log and can be revoked; the
key itself stays out of reach. ADR 40.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.contracts.site_enrolment import Pem, SiteId
from edge.daemon.config import ConfigError, Section, config_path, load
from edge.daemon.durable import write_durably
from edge.daemon.logs import start_logging
from edge.daemon.notify import keep_alive, notify
from edge.daemon.serve import run_program
from edge.daemon.x509 import Authority, pem_of, read_request

log = logging.getLogger(__name__)

MOST_LINE = 16 * 1024
MOST_AN_HOUR = 500  # a province renews within a day, and all of its sites at once never
ANSWER_S = 10.0
Serial = Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}\Z")]


class Issue(Struct, frozen=True, forbid_unknown_fields=True, tag="issue"):
    """Sign this request for this site."""

    site: SiteId
    csr: Pem


class Revoke(Struct, frozen=True, forbid_unknown_fields=True, tag="revoke"):
    """Put these serial numbers (hex) on the list that the broker reads."""

    serials: Annotated[tuple[Serial, ...], Meta(max_length=100)]


class Done(Struct, frozen=True, tag="done"):
    """It was done; ``certificate`` is empty after a revocation."""

    certificate: str = ""


class NotDone(Struct, frozen=True, tag="not-done"):
    """It was not done, and why."""

    why: str


class Issuer(Section, frozen=True):
    """``issuer.toml``: where the dashboard finds it, the authority, and the broker's list of revoked certificates."""

    socket: Path
    ca: Path
    ca_key: Path
    revoked: Path


_order = msgspec.json.Decoder(Issue | Revoke)


class Desk:
    """Carries orders out. ``now_s`` is the wall clock."""

    def __init__(self, authority: Authority, revoked: Path, now_s: Callable[[], float]) -> None:
        self._authority = authority
        self._revoked = revoked
        self._now_s = now_s
        self._issued: deque[float] = deque(maxlen=MOST_AN_HOUR)

    def carry_out(self, line: bytes) -> Done | NotDone:
        """What became of the order in this line."""
        try:
            order = _order.decode(line)
        except ValueError:  # msgspec's own, and text that is no UTF-8
            return NotDone("not an order")
        return self._issue(order) if isinstance(order, Issue) else self._revoke(order)

    def _issue(self, order: Issue) -> Done | NotDone:
        now_s = self._now_s()
        if len(self._issued) == MOST_AN_HOUR and now_s - self._issued[0] < 3600:
            log.error("more certificates were asked for than %s an hour", MOST_AN_HOUR)
            return NotDone("too many")
        try:
            request = read_request(order.csr)
        except ValueError:
            return NotDone("not a request")
        if request.hosts:
            return NotDone("a site's certificate names no hosts")
        certificate = self._authority.issue(request.key, name=order.site, now=datetime.fromtimestamp(now_s, UTC))
        self._issued.append(now_s)
        log.info("certificate %x issued to %s", certificate.serial_number, order.site)
        return Done(pem_of(certificate))

    def _revoke(self, order: Revoke) -> Done | NotDone:
        now = datetime.fromtimestamp(self._now_s(), UTC)
        known = dict(self._authority.listed(_content(self._revoked)))
        for serial in order.serials:
            known.setdefault(int(serial, 16), now)
        write_durably(self._revoked, self._authority.revocation_list(known.items(), now), 0o644)
        log.info("%s certificates stand on the list of the revoked", len(known))
        return Done()


def _content(path: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


async def run(config: Issuer) -> None:
    """Answer until SIGTERM. Raises ConfigError where authority, list or socket cannot be used."""
    try:
        authority = Authority.load(config.ca, config.ca_key)
        authority.listed(_content(config.revoked))
    except (OSError, ValueError) as error:
        raise ConfigError(f"issuer: authority or list cannot be used ({error})") from error
    desk = Desk(authority, config.revoked, time.time)
    if not config.revoked.exists():
        desk.carry_out(msgspec.json.encode(Revoke(())))  # Mosquitto wants a list, if only an empty one

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError, ValueError):  # ValueError: a line without an end
            async with asyncio.timeout(ANSWER_S):
                line = await reader.readline()
                writer.write(msgspec.json.encode(desk.carry_out(line)) + b"\n")
                await writer.drain()
        writer.close()

    config.socket.unlink(missing_ok=True)
    before = os.umask(0o117)  # the group may write, and so connect; others may not
    try:
        server = await asyncio.start_unix_server(answer, config.socket, limit=MOST_LINE)
    except OSError as error:
        raise ConfigError(f"socket {config.socket}: cannot be bound ({error.strerror})") from error
    finally:
        os.umask(before)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with server:
        notify("READY=1")
        alive = asyncio.create_task(keep_alive())
        await stop.wait()
        alive.cancel()
        notify("STOPPING=1")


def main() -> None:
    """Start the issuer that ``--config`` describes."""
    start_logging("issuer")

    async def program() -> None:
        await run(load(config_path("issuer"), Issuer))

    run_program(program)


if __name__ == "__main__":
    main()
