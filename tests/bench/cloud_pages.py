"""The dashboard's pages over a synthetic province-year: times, bytes and memory, on either backend of the figures.

``python -m tests.bench.cloud_pages [--sites 130] [--days 365] [--ledger FOLDER] [--influx]`` alone; also a part of
``make bench``. The year ends today, since pages show today's periods.
"""

import argparse
import contextlib
import gc
import gzip
import io
import os
import re
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from cloud.accounts.people import add_account
from cloud.accounts.sessions import begin
from cloud.bucket import Bucket
from cloud.config import Accounts, Cloud, Totp, Web
from cloud.influx import Influx, InfluxStatistics
from cloud.ledger import connect
from cloud.map import Place
from cloud.periods import Kind, Period, of_kind
from cloud.projection import TIMEOUT_MS, Projection, rebuild
from cloud.web import create_app
from edge.daemon.config import Broker
from tests.bench.province_year import fill
from tests.dashboard import CONFIG, today
from tests.wire.daemon import Daemon
from tests.wire.influxdb import running_influxdb
from tests.wire.mosquitto import free_port

NAME, PASSWORD = "lan", "một mật khẩu đủ dài"
TIMES = 40
MOST_MS, MOST_KB = 200, 250  # what is asked of overview and facility page, and of the first view
COMPARED = 6
HALF_A_YEAR = timedelta(days=181)


def figures(sites: int = 130, days: int = 365, ledger: Path | None = None) -> Iterator[tuple[str, str]]:
    """How long each page takes and how large it is, on SQLite and on InfluxDB, and moiso-cloud's memory."""
    with tempfile.TemporaryDirectory(prefix="moiso-bench-") as name:
        folder = Path(name)
        data = ledger or folder / "cloud"
        if ledger is None:
            fill(data, sites=sites, days=days, until=today())
        config = _config(folder, data)
        app = create_app(config)
        yield from _pages("SQLite", app, data)
        yield from _served(folder, app, data)
        with running_influxdb(folder / "influxdb") as influxdb:
            settings = influxdb.fresh()
            _copy(data, settings)
            with contextlib.closing(Bucket(settings)) as bucket:
                app.extensions["moiso_statistics"] = InfluxStatistics(bucket)
                yield from _pages("InfluxDB", app, data)


def _config(folder: Path, data: Path) -> Cloud:
    """As moiso-cloud has it, with a map of all facilities; the account ``NAME`` is there."""
    key = folder / "session.key"
    key.write_text("0" * 64)
    if not (data / "accounts.db").exists():
        add_account(data, NAME, PASSWORD)
    broker = Broker("127.0.0.1:1", folder, folder, folder)
    return Cloud(data, Web("127.0.0.1:0", key), broker, accounts=Accounts(Totp.OFFERED), place=_places(data))


def _places(data: Path) -> tuple[Place, ...]:
    return tuple(Place(site, 11.2 + n // 13 / 10, 106.4 + n % 13 / 12) for n, site in enumerate(_sites(data)))


def _copy(data: Path, settings: Influx) -> None:
    with contextlib.closing(Bucket(settings, timeout_ms=TIMEOUT_MS)) as bucket:
        projection = Projection(data, bucket)
        with contextlib.redirect_stdout(io.StringIO()):
            differs = rebuild(projection)
        projection.close()
    if differs:
        raise RuntimeError("the copy in InfluxDB is not what the ledger has")


def _sites(data: Path) -> list[str]:
    with contextlib.closing(connect(data)) as db:
        return [site for (site,) in db.execute("SELECT site FROM sites ORDER BY site")]


def periods() -> dict[str, Period]:
    """What the pages are asked for; the last begins and ends within months, and so does what it is compared with."""
    now = today()
    named = {kind.value: of_kind(kind, now) for kind in (Kind.DAY, Kind.WEEK, Kind.MONTH, Kind.SIX_MONTHS, Kind.YEAR)}
    return {**named, "own half-year": _own(now)}


def _own(now: date) -> Period:
    return Period(now - HALF_A_YEAR, now)


def paths(period: Period, sites: Sequence[str]) -> dict[str, str]:
    """The pages that show this period. The heat map is on both of the first two."""
    compared = "".join(f"&site={site}" for site in sites[:COMPARED])
    return {
        "overview": f"/overview?period={period}",
        "facility": f"/facilities/{sites[min(3, len(sites) - 1)]}?period={period}",
        "compare": f"/compare?period={period}{compared}",
        "indicator": f"/indicators/wait-p90?period={period}",
    }


def _visitor(app: Flask, data: Path) -> FlaskClient:
    """A browser after its login."""
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    session = begin(data, NAME, whole=True)
    with client.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = session.token
        cookie["_fresh"] = True
    return client


def _pages(backend: str, app: Flask, data: Path) -> Iterator[tuple[str, str]]:
    client, sites = _visitor(app, data), _sites(data)
    for word, period in periods().items():
        for page, path in paths(period, sites).items():
            yield f"{backend}: {page}, {word}", _spread(partial(_asked, client, path), time.process_time)


def _asked(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path, base_url="https://localhost")
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return bytes(answer.data)


def _served(folder: Path, app: Flask, data: Path) -> Iterator[tuple[str, str]]:
    """The same by moiso-cloud itself over loopback: its times, its memory, and the bytes of a first view."""
    port, sites = free_port(), _sites(data)
    text = CONFIG.format(port=port).replace('data = "cloud"', f'data = "{data.resolve()}"')
    placed = "".join(
        f'[[place]]\nsite = "{place.site}"\nlat = {place.lat}\nlon = {place.lon}\n' for place in _places(data)
    )
    (folder / "cloud.toml").write_text(text + placed, encoding="utf-8")
    kept = _visitor(app, data).get_cookie("__Host-moiso", domain="localhost")
    cookie = f"__Host-moiso={kept.value if kept else ''}"
    daemon = Daemon("cloud.app", folder / "cloud.toml", folder / "cloud.log")
    daemon.start()
    try:
        yield "moiso-cloud after its start", f"{daemon.resident_mib():.0f} MiB"

        def ask(path: str) -> bytes:
            asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": cookie})
            with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - our own, on loopback
                return bytes(answer.read())

        for word, period in periods().items():
            for page, path in paths(period, sites).items():
                if page in ("overview", "facility"):
                    yield f"over loopback: {page}, {word}", _spread(partial(ask, path), lambda: _cpu_s(daemon))
        for page, path in paths(of_kind(Kind.MONTH, today()), sites).items():
            yield f"first view of {page} with all that it loads", _weight(ask, path)
        yield "moiso-cloud after all of this", f"{daemon.resident_mib():.0f} MiB"
    finally:
        daemon.kill()


def _weight(ask: Callable[[str], bytes], path: str) -> str:
    page = ask(path)
    loaded = re.findall(rb'<(?:link|script|img)[^>]* (?:href|src)="([^"?]+)"', page)
    parts = [page, *(ask(part.decode()) for part in dict.fromkeys(loaded))]
    raw, packed = sum(map(len, parts)) / 1000, sum(len(gzip.compress(part, 6)) for part in parts) / 1000
    return f"{raw:.0f} kB, {packed:.0f} kB gzip (asked: {MOST_KB} kB); the page itself {len(page) / 1000:.0f} kB"


def _cpu_s(daemon: Daemon) -> float:
    """The processor time of the daemon so far (proc(5): utime and stime)."""
    fields = Path(f"/proc/{daemon.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _spread(call: Callable[[], object], cpu_s: Callable[[], float]) -> str:
    """The times of a call, and the processor's beside them (``cpu_s``), which tell more on a busy machine."""
    call()
    gc.collect()
    gc.freeze()  # the bench's own objects, so that no turn pays for them
    took_ms, cpu_before = [], cpu_s()
    for _ in range(TIMES):
        begun = time.perf_counter()
        call()
        took_ms.append((time.perf_counter() - begun) * 1000)
    took_ms.sort()
    cpu_ms = (cpu_s() - cpu_before) * 1000 / TIMES
    p95 = took_ms[int(TIMES * 0.95)]
    above = "" if p95 <= MOST_MS else f" (asked: {MOST_MS} ms)"
    return f"p50 {took_ms[TIMES // 2]:.0f} ms, p95 {p95:.0f} ms{above}, processor {cpu_ms:.0f} ms"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sites", type=int, default=130)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--ledger", type=Path, help="a folder that province_year has filled already, up to today")
    asked = parser.parse_args()
    for figure, value in figures(asked.sites, asked.days, asked.ledger):
        print(f"{figure:<58} {value}", flush=True)


if __name__ == "__main__":
    main()
