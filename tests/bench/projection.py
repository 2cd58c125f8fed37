"""InfluxDB as the figures' backend: a rebuild of a province-year, and the calls of a page on either backend.

``python -m tests.bench.projection [--sites 130] [--days 365] [--ledger FOLDER]`` alone; also a part of ``make bench``.
"""

import argparse
import contextlib
import io
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

from cloud.bucket import Bucket
from cloud.changes import follow
from cloud.influx import InfluxStatistics
from cloud.ledger import Ledger, connect
from cloud.periods import Period, parse
from cloud.projection import TIMEOUT_MS, Projection, rebuild
from cloud.statistics import SqliteStatistics, Statistics
from tests.bench.province_year import fill
from tests.journals import OPENING_MS, busy_day
from tests.wire.influxdb import InfluxDB, running_influxdb

TODAY = date(2026, 11, 25)
PERIODS = ("2026-11", "2026", "2026-05-30..2026-11-25")  # the last with a period before it that is as full
TIMES = 20


def figures(sites: int = 130, days: int = 365, ledger: Path | None = None) -> Iterator[tuple[str, str]]:
    """How long the rebuild takes and the pages' calls, and what the copying costs the ingest."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as name:
        folder = Path(name)
        data = ledger or folder / "cloud"
        if ledger is None:
            fill(data, sites=sites, days=days, until=TODAY)
        with running_influxdb(folder / "influxdb") as influxdb:
            with contextlib.closing(Bucket(influxdb.fresh(), timeout_ms=TIMEOUT_MS)) as bucket:
                yield from _rebuilt(data, bucket, influxdb)
                yield from _pages({"SQLite": SqliteStatistics(data), "InfluxDB": InfluxStatistics(bucket)}, data)
            yield "  influxd after the queries", f"{influxdb.resident_mib():.0f} MiB"
        yield "events/s into a ledger that nobody copies", f"{_events_a_second(folder / 'alone', copied=False):,.0f}"
        yield "  into one that notes what changes", f"{_events_a_second(folder / 'noted', copied=True):,.0f}"


def _rebuilt(data: Path, bucket: Bucket, influxdb: InfluxDB) -> Iterator[tuple[str, str]]:
    projection = Projection(data, bucket)
    said = io.StringIO()
    begun, begun_s = time.monotonic(), time.process_time()
    with contextlib.redirect_stdout(said):
        differs = rebuild(projection)
    took_s, ours_s = time.monotonic() - begun, time.process_time() - begun_s
    projection.close()
    if differs:
        raise RuntimeError(said.getvalue())
    yield f"InfluxDB rebuilt: {said.getvalue().splitlines()[0]}", f"{took_s:.0f} s with the comparison"
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield "  moiso-projection's processor time and memory", f"{ours_s:.0f} s, {peak_mib:.0f} MiB with the bench"
    size = sum(path.stat().st_size for path in influxdb.folder.rglob("*") if path.is_file()) / 2**20
    yield "  influxd, and its files", f"{influxdb.resident_mib():.0f} MiB, {size:.0f} MiB"


def _pages(backends: dict[str, Statistics], data: Path) -> Iterator[tuple[str, str]]:
    with contextlib.closing(connect(data)) as db:
        sites = [site for (site,) in db.execute("SELECT site FROM sites ORDER BY site")]
    for word in PERIODS:
        period, before = parse(word).elapsed(TODAY), parse(word).before(TODAY)
        for name, backend in backends.items():
            yield f"{name}: overview's calls, {word}", _spread(_overview(backend, period, before, sites))
            yield f"{name}: a facility's calls, {word}", _spread(_facility(backend, period, before, sites[3]))


def _overview(backend: Statistics, period: Period, before: Period, sites: Sequence[str]) -> Callable[[], None]:
    def calls() -> None:
        backend.by_site(period, sites)
        backend.by_site(before, sites)
        backend.trend(period, sites)
        backend.by_slot(period, sites)

    return calls


def _facility(backend: Statistics, period: Period, before: Period, site: str) -> Callable[[], None]:
    def calls() -> None:
        backend.by_site(period, [site])
        backend.by_site(before, [site])
        backend.by_service(period, site)
        backend.by_hour(period, site)
        backend.by_slot(period, [site])
        backend.trend(period, [site])

    return calls


def _spread(calls: Callable[[], None]) -> str:
    calls()
    took_ms = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        calls()
        took_ms.append((time.perf_counter() - begun) * 1000)
    took_ms.sort()
    return f"p50 {took_ms[TIMES // 2]:.0f} ms, p95 {took_ms[int(TIMES * 0.95)]:.0f} ms"


def _events_a_second(data: Path, *, copied: bool) -> float:
    if copied:
        follow(data).close()
    days = {f"mau-{number:02d}": busy_day(400, Random(number)) for number in range(10)}
    batches = [(site, batch) for site, day in days.items() for batch in day.batches(20)]
    with contextlib.closing(Ledger(data)) as ledger:
        begun = time.monotonic()
        for site, batch in batches:
            ledger.record(site, batch, received_ms=OPENING_MS)
        return sum(len(batch.entries) for _, batch in batches) / (time.monotonic() - begun)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sites", type=int, default=130)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--ledger", type=Path, help="a folder that province_year has filled already")
    asked = parser.parse_args()
    for figure, value in figures(asked.sites, asked.days, asked.ledger):
        print(f"{figure:<78} {value}", flush=True)


if __name__ == "__main__":
    main()
