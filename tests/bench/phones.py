"""A hall of telephones: what 500 of them cost the server, and what telling of their tickets costs the hub.

``python -m tests.bench.phones FOLDER PORT`` is the server that is measured.
"""

import asyncio
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import waitress
from flask import Flask

from cloud.phone.store import PhoneStore
from cloud.web.phone import register
from edge.contracts.counter import CounterState
from edge.contracts.ticket import State
from edge.hub.phone_report import payload_of, phone_ticket, told_of
from provisioning.demo.ports import reserve_port
from tests.phones import report_of, ticket_like, token_of, wall_ms
from tests.queue_story import Site

PHONES = 500
SECONDS = 20.0
CONNECTIONS = 32  # a reverse proxy keeps so many open, whatever the number of telephones
CHANGE_EVERY_S = 2.0
TICKS = 100  # of a second, in /proc (CONFIG_HZ as user space sees it)


def serve(folder: Path, port: int) -> None:
    """The pages as moiso-cloud serves them."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # as moiso-cloud does
    app = Flask("cloud")
    register(app, folder)
    waitress.serve(app, host="127.0.0.1", port=port, threads=8)


class Connection:
    """One HTTP/1.1 connection, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def get(self, path: str, etag: str) -> tuple[int, str, int]:
        """Status, ETag and the bytes of the whole answer."""
        wanted = f"If-None-Match: {etag}\r\n" if etag else ""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: h\r\n{wanted}\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        length = int(fields.get("Content-Length", "0"))
        if length:
            await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), fields.get("ETag", ""), len(head) + length

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


async def hall(port: int, seconds: float) -> tuple[list[float], dict[int, int], int]:
    """500 telephones ask every 5 to 10 s: how long each answer took (seconds), the statuses, and all bytes."""
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        connection = Connection(port)
        await connection.open()
        pool.put_nowait(connection)
    took: list[float] = []
    statuses: dict[int, int] = {}
    total = 0
    ends = time.monotonic() + seconds

    async def telephone(number: int) -> None:
        nonlocal total
        etag = ""
        await asyncio.sleep(random.uniform(0, 10))
        while time.monotonic() < ends:
            began = time.monotonic()
            connection = await pool.get()
            status, etag, size = await connection.get(f"/t/{token_of(number)}/now", etag)
            pool.put_nowait(connection)
            took.append(time.monotonic() - began)
            statuses[status] = statuses.get(status, 0) + 1
            total += size
            await asyncio.sleep(random.uniform(5, 10))

    await asyncio.gather(*(telephone(number) for number in range(PHONES)))
    return took, statuses, total


async def flat_out(port: int, seconds: float, clients: int = 16) -> float:
    """Answers a second where nobody waits between two."""
    done = 0
    ends = time.monotonic() + seconds

    async def client(first: int) -> None:
        nonlocal done
        connection = Connection(port)
        await connection.open()
        number = first
        while time.monotonic() < ends:
            await connection.get(f"/t/{token_of(number)}/now", "")
            number = (number + clients) % PHONES
            done += 1
        connection.close()

    began = time.monotonic()
    await asyncio.gather(*(client(first) for first in range(clients)))
    return done / (time.monotonic() - began)


def cpu_s(pid: int) -> float:
    """The processor time that a process has used, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def change(store: PhoneStore, seconds: float) -> None:
    """The facility calls somebody every two seconds: everybody's place is another one."""
    ends = time.monotonic() + seconds
    step = 0
    while time.monotonic() < ends:
        step += 1
        tickets = [ticket_like(n, ahead=max(0, n - step), window_min=(n, n + 10)) for n in range(1, PHONES)]
        store.take([("mau-01", report_of(*tickets))], wall_ms())
        await asyncio.sleep(CHANGE_EVERY_S)


async def ready(port: int) -> None:
    """Wait for the server."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


def cloud(folder: Path) -> Iterator[tuple[str, str]]:
    """The figures of the server."""
    store = PhoneStore(folder)
    store.take([("mau-01", report_of(*(ticket_like(n, ahead=n) for n in range(PHONES)), whole=True))], wall_ms())
    port = reserve_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.phones", str(folder), str(port)])
    try:
        asyncio.run(ready(port))

        async def played() -> tuple[list[float], dict[int, int], int]:
            answers, _ = await asyncio.gather(hall(port, SECONDS), change(store, SECONDS))
            return answers

        before, began = cpu_s(server.pid), time.monotonic()
        took, statuses, total = asyncio.run(played())
        share = (cpu_s(server.pid) - before) / (time.monotonic() - began)
        took.sort()
        yield f"{PHONES} telephones: answers", f"{len(took) / SECONDS:.0f} a second, {statuses}"
        yield (
            "answer time",
            f"p50 {took[len(took) // 2] * 1000:.1f} ms, p95 {took[int(0.95 * len(took))] * 1000:.1f} ms",
        )
        yield "server's share of one core", f"{share:.1%}"
        yield "bytes an answer, head and all", f"{total / len(took):.0f}"
        yield "flat out, 16 connections", f"{asyncio.run(flat_out(port, 5)):.0f} a second"
    finally:
        server.terminate()
        server.wait()
        store.close()


def hub(waiting: int) -> Iterator[tuple[str, str]]:
    """The figures of a hub where so many wait."""
    site = Site()
    for counter in ("q1", "q2", "q3"):
        site.set_counter(counter, CounterState.OPEN)
    for number in range(waiting):
        site.issue("general" if number % 2 else "insurance")
    services = {service.id: place for place, service in enumerate(site.queue.catalogue.services)}
    places = {counter.id: place for place, counter in enumerate(site.queue.catalogue.counters)}
    began = time.perf_counter()
    ids = told_of(site.queue, site.now_ms)
    tickets = [phone_ticket(site.queue, ticket, site.now_ms, services, places) for ticket in ids]
    worked = time.perf_counter() - began
    whole = payload_of(site.queue, tickets, site.now_ms, whole=True)
    assert all(ticket.state is State.WAITING for ticket in tickets)
    yield f"hub: whole picture of {waiting}", f"{worked * 1000:.0f} ms, {len(whole) / 1024:.0f} KiB"


def figures() -> Iterator[tuple[str, str]]:
    """Each figure with its value."""
    for waiting in (150, 500, 1500):
        yield from hub(waiting)
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as folder:
        yield from cloud(Path(folder))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
