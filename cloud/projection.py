"""moiso-projection: copies the counts of the ledger into InfluxDB, and goes on copying what changes.

What is copied are absolute counts, so whatever dies on the way is copied again and nothing is counted twice. The ledger
is read in one short transaction, written to InfluxDB with none open, and its notes taken off in another: neither the
ingest nor the dashboard ever waits for InfluxDB. One program at a time copies a ledger, as an older picture of a row
must not come after a newer one.
"""

import argparse
import contextlib
import fcntl
import logging
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from cloud import changes
from cloud.bucket import Bucket, Series
from cloud.changes import Month, State
from cloud.comparing import Difference, differences, months_of
from cloud.copying import Copy, copies_of_month, copies_of_rows
from cloud.influx import Influx
from cloud.periods import parse
from cloud.points import Kind, day_of, named, one_of, time_of, withdrawn
from cloud.running import named_if_wrong, stop_when_told
from cloud.statistics import StatisticsAway
from edge.daemon.config import ConfigError, Section, load
from edge.daemon.logs import start_logging
from edge.daemon.notify import Alive, notify

log = logging.getLogger("moiso-projection")

TIMEOUT_MS = 120_000  # sums of everything in a month, where a rebuild is compared
RETRY_FIRST_S, RETRY_MOST_S = 1.0, 60.0
MOST_ROWS = 1_000
MOST_MONTHS = 8  # of a facility: some 5,000 points
MOST_PRINTED = 50
MOST_LINES = 5_000  # a request: a few MB
MOST_YEARS = "time >= '2000-01-01T00:00:00Z' AND time < '2100-01-01T00:00:00Z'"  # no other day is admitted
STATE_AT = time_of("2020-01-01")


class Settings(Section, frozen=True, forbid_unknown_fields=False):
    """What this program reads of cloud.toml; the rest of the file is for the other programs to check."""

    data: Path
    influx: Influx


class Projection:
    """The way from the ledger in the folder ``data`` into a bucket."""

    def __init__(self, data: Path, bucket: Bucket) -> None:
        self.db = changes.follow(data)
        self.bucket = bucket
        self.points = 0  # how many were copied

    def close(self) -> None:
        """Close the ledger."""
        self.db.close()

    def copy(self) -> bool:
        """Copy some of what changed; whether there is more. Raises StatisticsAway, and then nothing is forgotten."""
        known, done = self._recognise()
        with self._reading():
            rows = changes.changed(self.db, MOST_ROWS)
            months = () if rows else changes.months(self.db, MOST_MONTHS)
            copies = list(copies_of_rows(self.db, rows))
            copies += chain.from_iterable(copies_of_month(self.db, month) for month in months)
        if known and not rows and not months:
            return False
        lines = [copy.line for copy in copies]
        lines += self._withdrawn([month for month in months if month.whole], copies)
        self._write(lines, changes.begin(self.db, done + 1))
        changes.copied(self.db, rows, months)
        self.points += len(lines)
        return len(rows) == MOST_ROWS or bool(months) or bool(changes.months(self.db, 1))

    def _write(self, lines: Sequence[str], told: State) -> None:
        for first in range(0, len(lines), MOST_LINES):
            self.bucket.write(lines[first : first + MOST_LINES])
        self.bucket.write([f"projection ledger={told.ledger}i,pushed={told.pushed}i,shape={told.shape}i {STATE_AT}"])

    def _withdrawn(self, months: Sequence[Month], copies: Sequence[Copy]) -> Iterator[str]:
        """The lines that take from these months of the copy what the ledger does not have."""
        here = {(copy.kind, copy.site, copy.time, copy.service) for copy in copies}
        for month in months:
            for kind in Kind:
                for series in self._of_month(kind, month):
                    service = named(series.tags["service"])
                    for at, _ in series.numbers():
                        if (kind, month.site, at, service) not in here:
                            yield withdrawn(kind, month.site, at, service)

    def _of_month(self, kind: Kind, month: Month) -> list[Series]:
        period = parse(month.month)
        return self.bucket.select(
            f'SELECT "rows" FROM "{kind.value}" WHERE'  # noqa: S608 - see points.tag
            f" time >= '{period.first}T00:00:00Z' AND time <= '{period.last}T23:59:59Z'"
            f' AND "site" =~ {one_of([month.site])} AND "rows" > 0 GROUP BY "service"'
        )

    def _recognise(self) -> tuple[bool, int]:
        """Whether the bucket is this ledger's copy, and how many times something was copied.

        If it is not, everything is to be copied again.
        """
        begun = changes.state(self.db)
        found = self._state_of_copy()
        if found in (begun, State(begun.ledger, begun.pushed - 1)):  # killed, or InfluxDB lost, before it was done
            return True, found.pushed
        if found is None:
            if begun.pushed:
                log.warning("the bucket is empty: everything is copied again")
            changes.note_all(self.db, whole=False)
            return False, begun.pushed
        log.warning(
            "the bucket is the copy of another state of the ledger, or of another version: everything is copied again"
        )
        changes.note_all(self.db, whole=True, others=self.months_of_copy())
        return False, max(begun.pushed, found.pushed)

    def _state_of_copy(self) -> State | None:
        for series in self.bucket.select(f'SELECT "ledger", "pushed", "shape" FROM "projection" WHERE {MOST_YEARS}'):  # noqa: S608
            for _, ledger, pushed, shape in series.numbers():
                return State(ledger, pushed, shape)
        return None

    def months_of_copy(self) -> set[tuple[str, str]]:
        """The (site, month) of which the bucket has anything. Raises StatisticsAway."""
        return {
            (named(series.tags["site"]), day_of(at)[:7])
            for kind in (Kind.MONTH, Kind.MONTH_HOUR)
            for series in self.bucket.select(
                f'SELECT "rows" FROM "{kind.value}" WHERE {MOST_YEARS} AND "rows" > 0 GROUP BY "site"'  # noqa: S608
            )
            for at, _ in series.numbers()
        }

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """One picture of the ledger, whatever the ingest commits meanwhile."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("ROLLBACK")


def run(projection: Projection, every_s: float, stop: threading.Event) -> None:
    """Copy what changed every ``every_s`` seconds until ``stop``; an InfluxDB that is away is tried again and again."""
    lost, pause_s, alive = False, RETRY_FIRST_S, Alive()
    while not stop.is_set():
        alive.tell()
        try:
            more = projection.copy()
        except StatisticsAway as away:
            if not lost:
                log.warning("InfluxDB is lost: %s", away)
            lost = True
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, RETRY_MOST_S)
            continue
        if lost:
            log.info("InfluxDB is back")
        lost, pause_s = False, RETRY_FIRST_S
        if not more:
            stop.wait(every_s)


def rebuild(projection: Projection) -> int:
    """Copy everything, compare, mend what differs, and print what is found; the program's exit status.

    Raises StatisticsAway; what is not copied then is copied by the next run, of either kind.
    """
    changes.note_all(projection.db, whole=False)
    begun = time.monotonic()
    _copy_all(projection)
    took_s = time.monotonic() - begun
    print(
        f"copied {projection.points:,} points in {took_s:.1f} s: {projection.points / max(took_s, 1e-3):,.0f} a second"
    )
    found = _compare(projection)
    if found:
        print(f"{len(found)} sums differed; these months are copied again with their zeros")
        changes.note_whole(projection.db, {(one.site, one.month) for one in found})
        _copy_all(projection)
        found = _compare(projection)
    for one in found[:MOST_PRINTED]:
        print(
            f"{one.kind.value} {one.site} {one.month} {one.field}: {one.ledger} in the ledger, {one.copy} in InfluxDB"
        )
    print(f"{len(found)} sums differ" if found else "every sum is the ledger's")
    return 1 if found else 0


def _copy_all(projection: Projection) -> None:
    while projection.copy():
        pass


def _compare(projection: Projection) -> list[Difference]:
    begun = time.monotonic()
    months = months_of(projection.db) | {month for _, month in projection.months_of_copy()}
    found = list(differences(projection.db, projection.bucket, months))
    print(f"compared {len(months)} months in {time.monotonic() - begun:.1f} s")
    return found


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """While the block runs no other program copies this ledger. Raises ConfigError where one does already."""
    data.mkdir(mode=0o750, parents=True, exist_ok=True)
    with (data / "projection.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"{data}: moiso-projection runs already; stop it first, and start it again after"
            ) from None
        yield


def main() -> None:
    """Run until SIGTERM; with ``--rebuild`` copy everything, compare it with the ledger and end."""
    parser = argparse.ArgumentParser(prog="moiso-projection")
    parser.add_argument("--config", type=Path, default=Path("/etc/moiso/cloud.toml"))
    parser.add_argument("--rebuild", action="store_true", help="copy everything again, compare, and end")
    asked = parser.parse_args()
    start_logging("moiso-projection")
    try:
        with named_if_wrong():
            settings = load(asked.config, Settings)
            bucket = Bucket(settings.influx, timeout_ms=TIMEOUT_MS)
            with contextlib.closing(bucket), alone(settings.data):
                projection = Projection(settings.data, bucket)
                with contextlib.closing(projection):
                    if asked.rebuild:
                        sys.exit(rebuild(projection))
                    stop = stop_when_told()
                    notify("READY=1")
                    run(projection, settings.influx.every_s, stop)
                    notify("STOPPING=1")
    except StatisticsAway as away:
        print(f"error: {away}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
