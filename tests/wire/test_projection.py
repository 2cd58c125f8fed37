"""moiso-projection: what is in InfluxDB is what is in the ledger, whatever is killed, away, lost or restored."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from cloud.bucket import Bucket
from cloud.changes import behind
from cloud.comparing import differences, months_of
from cloud.influx import Influx, InfluxStatistics
from cloud.ledger import Ledger, connect
from cloud.periods import parse
from cloud.points import Kind, point, time_of
from cloud.projection import Projection
from cloud.rollups import MEASURES
from cloud.statistics import SqliteStatistics
from tests.journals import OPENING_MS, Journal, busy_day
from tests.waiting import until
from tests.wire.daemon import Daemon
from tests.wire.influxdb import TOKEN, Elsewhere, InfluxDB, running_influxdb, some_influxdb

pytestmark = pytest.mark.req("P4", "D1", "D2")

NOW = OPENING_MS + 3_600_000
SITES = ["mau-01", "mau-02", "mau-03"]
YEAR = parse("2026")


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB | Elsewhere]:
    with some_influxdb(tmp_path_factory.mktemp("influxdb")) as influxdb:
        yield influxdb


@pytest.fixture
def influx(influxdb: InfluxDB | Elsewhere) -> Influx:
    return influxdb.fresh()


@pytest.fixture
def bucket(influx: Influx) -> Iterator[Bucket]:
    with contextlib.closing(Bucket(influx)) as bucket:
        yield bucket


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with contextlib.closing(Ledger(tmp_path / "cloud")) as ledger:
        yield ledger


def copy_all(data: Path, bucket: Bucket) -> int:
    """Copy what changed; the number of points."""
    projection = Projection(data, bucket)
    while projection.copy():
        pass
    projection.close()
    return projection.points


def lacks(data: Path, bucket: Bucket) -> list[str]:
    """Why the bucket is no copy: what is still to be copied, which sums differ, where the backends do. Empty: it is."""
    there, here = InfluxStatistics(bucket), SqliteStatistics(data)
    with contextlib.closing(connect(data)) as db:
        found = [str(one) for one in differences(db, bucket, months_of(db) | {"2026-11"})]
    answers = {
        "by_site": there.by_site(YEAR, SITES) == here.by_site(YEAR, SITES),
        "by_service": there.by_service(YEAR, SITES[0]) == here.by_service(YEAR, SITES[0]),
        "by_hour": there.by_hour(YEAR, SITES[0]) == here.by_hour(YEAR, SITES[0]),
        "days_heard": there.days_heard(YEAR, SITES) == here.days_heard(YEAR, SITES),
        "notes": not behind(data).since_ms,
    }
    return found + [name for name, same in answers.items() if not same]


def config(folder: Path, influx: Influx) -> Path:
    """A cloud.toml, as far as this program reads it."""
    path = folder / "cloud.toml"
    path.write_text(
        f'data = "cloud"\n[web]\nlisten = "127.0.0.1:1"\n[influx]\nurl = "{influx.url}"\nbucket = "{influx.bucket}"\n'
        f'org = "{influx.org}"\ntoken_file = "{influx.token_file}"\nevery_s = 0.1\n'
    )
    return path


def test_whatever_is_killed_the_copy_is_the_ledger(tmp_path: Path) -> None:
    random = Random(1)
    data = tmp_path / "cloud"
    journals = {site: busy_day(60, random) for site in SITES}

    def said(what: str) -> int:
        return (tmp_path / "log").read_text().count(f"InfluxDB is {what}")

    with running_influxdb(tmp_path / "influxdb") as influxdb, contextlib.closing(Ledger(data)) as ledger:
        influx = influxdb.fresh()
        daemon = Daemon("cloud.projection", config(tmp_path, influx), tmp_path / "log")
        daemon.start()
        try:
            batches = [
                batch for pair in zip(*(one.batches(3) for one in journals.values()), strict=False) for batch in pair
            ]
            for number, batch in enumerate(batches):
                ledger.record(SITES[number % 3], batch, received_ms=NOW)
                match number * 12 // len(batches), (number - 1) * 12 // len(batches):
                    case (2, 1) | (10, 9):
                        daemon.kill()  # in the midst of whatever it does
                        daemon.launch()
                    case (4, 3):
                        influxdb.kill()
                    case (6, 5):
                        until(lambda: said("lost") == 1, what="the loss in the log")
                        daemon.kill()
                        daemon.launch()
                    case (8, 7):
                        until(lambda: said("lost") == 2, what="the loss in the log")
                        influxdb.start()
                        until(lambda: said("back") == 1, what="the return in the log")
            with contextlib.closing(Bucket(influx)) as bucket:
                until(lambda: not lacks(data, bucket), what="the copy")
            assert daemon.stop() == 0
        finally:
            daemon.kill()
    assert (said("lost"), said("back")) == (2, 1)
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert TOKEN not in log


def test_what_is_copied_twice_counts_once(tmp_path: Path, ledger: Ledger, bucket: Bucket) -> None:
    data = tmp_path / "cloud"
    for number, site in enumerate(SITES):
        ledger.record(site, busy_day(30, Random(number)).batch(), received_ms=NOW)
    first = copy_all(data, bucket)
    assert not lacks(data, bucket)
    assert copy_all(data, bucket) == 0
    with contextlib.closing(connect(data)) as db:
        db.execute("INSERT INTO projection_months SELECT DISTINCT site, substr(day, 1, 7), 0, 1 FROM days")
    assert 0 < copy_all(data, bucket) <= first
    assert not lacks(data, bucket)


class Meanwhile(Bucket):
    """A bucket during whose first writing the ingest goes on."""

    def __init__(self, influx: Influx, ledger: Ledger, journal: Journal) -> None:
        super().__init__(influx)
        self._ledger, self._journal = ledger, journal

    def write(self, lines: Sequence[str]) -> None:
        super().write(lines)
        self._ledger.record("mau-01", self._journal.batch(), received_ms=NOW)


def test_what_changes_while_it_is_copied_is_copied_after(tmp_path: Path, ledger: Ledger, influx: Influx) -> None:
    journal = busy_day(30, Random(1))
    copy_all(tmp_path / "cloud", Bucket(influx))
    ledger.record("mau-01", journal.batch(1, 20), received_ms=NOW)
    meanwhile = Meanwhile(influx, ledger, journal)
    projection = Projection(tmp_path / "cloud", meanwhile)
    projection.copy()
    assert behind(tmp_path / "cloud").rows > 0
    while projection.copy():
        pass
    projection.close()
    assert not lacks(tmp_path / "cloud", meanwhile)


def test_a_bucket_that_was_lost_is_filled_again(
    tmp_path: Path, ledger: Ledger, influxdb: InfluxDB | Elsewhere, influx: Influx, caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(influxdb, Elsewhere):
        pytest.skip("another's bucket is not thrown away")
    ledger.record("mau-01", busy_day(30, Random(1)).batch(), received_ms=NOW)
    bucket = Bucket(influx)
    copy_all(tmp_path / "cloud", bucket)
    influxdb.empty(influx)
    assert lacks(tmp_path / "cloud", bucket)
    copy_all(tmp_path / "cloud", bucket)
    assert not lacks(tmp_path / "cloud", bucket)
    assert "the bucket is empty" in caplog.text


def test_a_ledger_restored_from_an_older_backup_takes_back_what_it_no_longer_has(
    tmp_path: Path, ledger: Ledger, bucket: Bucket
) -> None:
    data, older = tmp_path / "cloud", tmp_path / "older"
    journal = busy_day(40, Random(1))
    ledger.record("mau-01", journal.batch(1, 30), received_ms=NOW)
    copy_all(data, bucket)
    older.mkdir()
    with contextlib.closing(connect(data)) as db, contextlib.closing(sqlite3.connect(older / "ledger.db")) as copy:
        db.backup(copy)
    ledger.record("mau-01", journal.batch(), received_ms=NOW)
    ledger.record("mau-02", busy_day(20, Random(2)).batch(), received_ms=NOW)
    copy_all(data, bucket)
    assert not lacks(data, bucket)
    copy_all(older, bucket)
    assert not lacks(older, bucket)
    assert "mau-02" not in InfluxStatistics(bucket).by_site(YEAR, SITES)


def rebuild(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cloud.projection", "--config", str(path), "--rebuild"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_rebuild_copies_compares_and_mends(tmp_path: Path, ledger: Ledger, influx: Influx, bucket: Bucket) -> None:
    data = tmp_path / "cloud"
    ledger.record("mau-01", busy_day(30, Random(1)).batch(), received_ms=NOW)
    copy_all(data, bucket)
    ones = [1] * len(MEASURES)
    bucket.write(
        [
            point(Kind.DAY, "mau-01", time_of("2026-11-22"), 1, ones, whole=False),
            point(Kind.MONTH_HOUR, "mau-01", time_of("2026-11", 23), 1, ones, whole=False),
            point(Kind.MONTH, "mau-03", time_of("2026-10"), 1, ones, whole=False),
        ]
    )
    assert lacks(data, bucket)
    done = rebuild(config(tmp_path, influx))
    assert done.returncode == 0, done.stderr
    assert "points in" in done.stdout
    assert "sums differed" in done.stdout
    assert "every sum is the ledger's" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    assert not lacks(data, bucket)


def test_two_never_copy_the_same_ledger(tmp_path: Path, influx: Influx) -> None:
    path = config(tmp_path, influx)
    daemon = Daemon("cloud.projection", path, tmp_path / "log")
    daemon.start()
    try:
        refused = rebuild(path)
        assert refused.returncode == 78
        assert "stop it first" in refused.stderr
    finally:
        daemon.kill()


def test_how_far_the_copy_is_behind(tmp_path: Path, ledger: Ledger, bucket: Bucket) -> None:
    data = tmp_path / "cloud"
    journal = busy_day(30, Random(1))
    ledger.record("mau-01", journal.batch(1, 20), received_ms=NOW)
    assert not behind(data).followed
    projection = Projection(data, bucket)
    assert behind(data).months == 1
    projection.copy()
    assert behind(data).since_ms == behind(data).rows == behind(data).months == 0
    ledger.record("mau-01", journal.batch(), received_ms=NOW)
    waiting = behind(data)
    assert waiting.rows > 0
    assert waiting.since_ms > OPENING_MS
    projection.copy()
    assert behind(data).followed
    assert behind(data).since_ms == 0
    projection.close()


def test_a_copy_of_another_version_is_not_misread_and_made_again(
    tmp_path: Path, ledger: Ledger, influx: Influx, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "cloud"
    ledger.record("mau-01", busy_day(30, Random(1)).batch(), received_ms=NOW)
    copy_all(data, bucket)
    told = bucket.select('SELECT "ledger", "pushed", "shape" FROM "projection"')[0].values[0]
    bucket.write([f"projection ledger={told[1]}i,pushed={told[2]}i,shape=1i {told[0]}"])
    bucket.write([f'so_far,month=11,site=mau-01 rows=1i,counts="1:5,5,5" {time_of("2026-11-22")}'])
    with pytest.raises(Exception, match="another version"):
        InfluxStatistics(bucket).by_site(YEAR, SITES)
    copy_all(data, bucket)
    assert not lacks(data, bucket)
    assert "another version" in caplog.text
