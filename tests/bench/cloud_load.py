"""The cloud's intake under load: a real Mosquitto with TLS, real ingests on one ledger, and sites in a third process.

``python -m tests.bench.cloud_load flood|live|backlog [--sites N] [--workers N] [--seconds N] …``, all on loopback and
bounded. ``flood``: every site sends batch after batch, as after a long cut. ``live``: N connections, each with a batch
now and then. ``backlog``: two weeks of every site at once, until all of it is acknowledged. Prints one line a figure.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from cloud.ledger import connect
from tests.journals import busy_day
from tests.ledger_truth import many_days
from tests.many_sites import Manners, Outbox, Site, Tally, context_of, running
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, running_broker

CONFIG = """
data = "data"
[web]
listen = "127.0.0.1:1"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/ingest.crt"
key = "{folder}/ingest.key"
"""
ENDS = datetime(2026, 11, 25, tzinfo=UTC)
MOST_SITES, MOST_SECONDS = 15_000, 600
JOURNALS = 5  # encoded once, sent by many sites


class Load(Struct, frozen=True):
    """What the sites do: ``sites`` of them, batches of ``batch`` entries, one every ``pause_s`` (0: one after another),
    for ``seconds`` (0: until everything is acknowledged). ``days`` × ``tickets`` make a journal."""

    sites: int
    batch: int
    pause_s: float = 0.0
    seconds: float = 0.0
    days: int = 1
    tickets: int = 300


class Came(Struct, frozen=True):
    """What came of it, as the sites saw it; times in seconds."""

    connected_s: float
    took_s: float
    lost: int
    sent: int
    answered: int
    p50_s: float
    p99_s: float
    cpu_s: float


def measure(load: Load, workers: int = 1) -> Iterator[tuple[str, str]]:
    """One line a figure."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as name, cloud(Path(name), workers) as (broker, ingests):
        for number in range(load.sites):
            broker.issue(_name(number))
        before = _cpu(broker.pid), [_cpu(ingest.pid) for ingest in ingests]
        written = _events(Path(name))
        begun = time.monotonic()
        came = _sites(broker, load)
        took_s = time.monotonic() - begun
        events = _events(Path(name)) - written
        yield (
            f"{load.sites} sites, batches of {load.batch}, {workers} worker{'s' if workers > 1 else ''}",
            f"{events / came.took_s:,.0f} events/s committed ({events:,} in {came.took_s:.1f} s)",
        )
        yield (
            "  batch to its acknowledgement",
            f"p50 {came.p50_s * 1000:.1f} ms, p99 {came.p99_s * 1000:.1f} ms; {came.answered} of {came.sent} answered",
        )
        yield f"  all {load.sites} connected after", f"{came.connected_s:.1f} s, {came.lost} connections lost"
        cores = [(_cpu(ingest.pid) - was) / took_s for ingest, was in zip(ingests, before[1], strict=True)]
        yield (
            "  cores: ingest, broker, sites",
            f"{' + '.join(f'{core:.2f}' for core in cores)}, {(_cpu(broker.pid) - before[0]) / took_s:.2f},"
            f" {came.cpu_s / took_s:.2f}",
        )
        yield (
            "  memory: ingest, broker",
            f"{' + '.join(f'{ingest.resident_mib():.0f}' for ingest in ingests)} MiB, {_resident(broker.pid):.0f} MiB",
        )
        yield "  ledger on disk", f"{(Path(name) / 'data/ledger.db').stat().st_size / 2**20:.0f} MiB"


@contextlib.contextmanager
def cloud(folder: Path, workers: int) -> Iterator[tuple[Broker, list[Daemon]]]:
    """A broker and so many ingests; one of them alone is in no group."""
    with running_broker(folder) as broker:
        config, group = folder / "cloud.toml", folder / "group"
        config.write_text(CONFIG.format(port=broker.port, folder=folder), encoding="utf-8")
        group.write_text("k3yN0b0dyGuesses0123456789abcdefXYZ", encoding="ascii")
        ingests = []
        for number in range(1, workers + 1):
            more = ("--worker", str(number), "--group-file", str(group)) if workers > 1 else ()
            broker.issue(f"ingest-{number}" if workers > 1 else "ingest")
            ingests.append(Daemon("cloud.ingest", config, folder / "ingest.log", more))
        try:
            for ingest in ingests:
                ingest.start()
            yield broker, ingests
        finally:
            for ingest in ingests:
                ingest.kill()


def _sites(broker: Broker, load: Load) -> Came:
    command = [sys.executable, "-m", "tests.bench.cloud_load", "sites", str(broker.folder), str(broker.port)]
    done = subprocess.run([*command, msgspec.json.encode(load).decode()], stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Came)


async def _play(folder: Path, port: int, load: Load) -> Came:
    """The sites' process."""
    if load.days > 1:
        journals = [many_days(Random(seed), load.days, load.tickets, ends=ENDS) for seed in range(JOURNALS)]
    else:
        journals = [busy_day(load.tickets, Random(seed)) for seed in range(JOURNALS)]
    boxes = [Outbox.of(journal.batches(load.batch)) for journal in journals]
    manners, tally = Manners(pause_s=load.pause_s), Tally()
    sites = []
    for number in range(load.sites):
        outboxes = [boxes[number % JOURNALS]]
        sites.append(Site(_name(number), chain(outboxes, _more(outboxes[0], load)), manners, tally, Random(number)))
    contexts = [context_of(folder, site.name) for site in sites]
    begun, cpu = time.monotonic(), time.process_time()
    connected_s = 0.0
    with running(sites, port, contexts) as tasks:
        while not all(task.done() for task in tasks):
            if not connected_s and tally.connected >= load.sites:
                connected_s = time.monotonic() - begun
            if load.seconds and time.monotonic() - begun > load.seconds:
                break
            await asyncio.sleep(0.02)
    times = sorted(tally.seconds) or [0.0]
    return Came(
        connected_s,
        time.monotonic() - begun,
        tally.lost,
        tally.sent,
        tally.answered,
        times[len(times) // 2],
        times[int(len(times) * 0.99)],
        time.process_time() - cpu,
    )


def _more(outbox: Outbox, load: Load) -> Iterator[Outbox]:
    """The same journal again and again under other epochs, where there is a time to fill."""
    if not load.seconds:
        return
    for number, _ in enumerate(repeat(None), 1):
        was, epoch = outbox.epoch.encode(), f"{number:032x}"
        payloads = [payload.replace(was, epoch.encode(), 1) for payload in outbox.payloads]
        yield Outbox(epoch, outbox.lasts, payloads)


def _name(number: int) -> str:
    return f"mau-{number:05d}"


def _events(folder: Path) -> int:
    with contextlib.closing(connect(folder / "data")) as db:
        n: int = db.execute("SELECT COUNT(*) FROM events").fetchone()[0]
    return n


def _cpu(pid: int) -> float:
    """Seconds of a core that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


FLOOD, LIVE = Load(130, 20, seconds=8), Load(1000, 2, pause_s=10, seconds=25)
BACKLOG = Load(130, 200, days=14, tickets=40)


def figures() -> Iterator[tuple[str, str]]:
    """What ``make bench`` says of the intake, in about a minute."""
    yield from measure(FLOOD)
    yield from measure(FLOOD, 2)
    yield from measure(BACKLOG)
    yield from measure(LIVE)


def main() -> None:
    """Measure what the command line asks for, or be the sites of a measurement."""
    if sys.argv[1:2] == ["sites"]:
        folder, port, what = sys.argv[2:5]
        came = asyncio.run(_play(Path(folder), int(port), msgspec.json.decode(what, type=Load)))
        print(msgspec.json.encode(came).decode())
        return
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cloud_load")
    parser.add_argument("what", choices=("flood", "live", "backlog"))
    parser.add_argument("--sites", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--pause", type=float, help="seconds between the batches of a site")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--tickets", type=int, help="of a site and day")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    preset = {"flood": FLOOD, "live": LIVE, "backlog": BACKLOG}[asked.what]
    given = {"sites": asked.sites, "batch": asked.batch, "pause_s": asked.pause, "seconds": asked.seconds}
    given["tickets"] = asked.tickets
    load = msgspec.structs.replace(preset, **{key: value for key, value in given.items() if value is not None})
    if load.sites > MOST_SITES or load.seconds > MOST_SECONDS:
        parser.error(f"at most {MOST_SITES} sites and {MOST_SECONDS} s")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    for figure, value in measure(load, asked.workers):
        print(f"{figure:<58} {value}", flush=True)


if __name__ == "__main__":
    main()
