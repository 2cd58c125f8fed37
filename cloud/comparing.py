"""Whether a bucket has what the ledger has: month by month, kind by kind, facility by facility, measure by measure."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from msgspec import Struct

from cloud.bucket import Bucket
from cloud.copying import loads_of, sums_of
from cloud.influx import InfluxStatistics
from cloud.periods import parse
from cloud.points import Kind, named
from cloud.rollups import ISSUED, MEASURES


class Difference(Struct, frozen=True):
    """What the points of a kind add up to in a facility's month, in the ledger and in the copy."""

    kind: Kind
    site: str
    month: str
    field: str
    ledger: int
    copy: int


def months_of(db: sqlite3.Connection) -> frozenset[str]:
    """The months (``YYYY-MM``) of which the ledger has anything."""
    return frozenset(
        month
        for table in ("days", "hours", "months", "slots")
        for (month,) in db.execute(
            f"SELECT DISTINCT substr({'month' if table in ('months', 'slots') else 'day'}, 1, 7) FROM {table}"  # noqa: S608
        )
    )


def differences(db: sqlite3.Connection, bucket: Bucket, months: Iterable[str]) -> Iterator[Difference]:
    """Where they differ. What changed in the ledger and is still to be copied is no difference.

    Nothing may be copied meanwhile. Raises StatisticsAway.
    """
    for year, some in groupby(sorted(months), key=lambda month: month[:4]):
        of_year = list(some)
        for kind in Kind:
            # InfluxDB takes as long for a month as for a year, and what a bucket has too much adds up.
            if kind is Kind.SO_FAR or any(_of_kind(db, bucket, kind, year)):
                for month in of_year:
                    yield from _of_kind(db, bucket, kind, month)


def _of_kind(db: sqlite3.Connection, bucket: Bucket, kind: Kind, span: str) -> Iterator[Difference]:
    """The differences of a month or year."""
    # The copy first: whatever the ingest commits after that is among the notes that are read with the ledger.
    there = _so_far(db, bucket, span) if kind is Kind.SO_FAR else _copy(bucket, kind, span)
    db.execute("BEGIN")
    try:
        here = _ledger(db, kind, span)
        waiting = {
            site
            for (site,) in db.execute(
                "SELECT site FROM projection_rows WHERE day BETWEEN ?1 AND ?1 || '~'"
                " UNION SELECT site FROM projection_months WHERE month BETWEEN ?1 AND ?1 || '~'",
                (span,),
            )
        }
    finally:
        db.execute("ROLLBACK")
    for site in sorted((here.keys() | there.keys()) - waiting):
        ours, theirs = here.get(site, {}), there.get(site, {})
        for field in dict.fromkeys((*ours, *theirs)):
            if ours.get(field, 0) != theirs.get(field, 0):
                yield Difference(kind, site, span, field, ours.get(field, 0), theirs.get(field, 0))


def _copy(bucket: Bucket, kind: Kind, span: str) -> dict[str, dict[str, int]]:
    sums = ", ".join(f'SUM("{field}")' for field in kind.numbers)
    period = parse(span)
    found = bucket.select(
        f'SELECT {sums} FROM "{kind.value}"'  # noqa: S608 - literals of this program
        f" WHERE time >= '{period.first}T00:00:00Z' AND time <= '{period.last}T23:59:59Z' GROUP BY \"site\""
    )
    return {
        named(series.tags["site"]): dict(zip(kind.numbers, next(series.numbers())[1:], strict=True)) for series in found
    }


def _so_far(db: sqlite3.Connection, bucket: Bucket, span: str) -> dict[str, dict[str, int]]:
    sites = {site for table in ("days", "hours") for (site,) in db.execute(f"SELECT DISTINCT site FROM {table}")}  # noqa: S608
    sites |= _copy(bucket, Kind.DAY, span).keys()
    statistics, period = InfluxStatistics(bucket), parse(span)
    found = {
        site: dict(zip(MEASURES, counts.values, strict=True))
        for site, counts in statistics.by_site(period, sorted(sites)).items()
    }
    for site, loads in statistics.slots_by_site(period, sorted(sites)).items():
        found.setdefault(site, {}).update(_fields(loads))
    return found


def _ledger(db: sqlite3.Connection, kind: Kind, span: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    if kind is Kind.SO_FAR:
        for site, (_, *values) in sums_of(db, Kind.DAY, span).items():
            found[site] = dict(zip(MEASURES, values, strict=True))
        for site, loads in loads_of(db, span).items():
            found.setdefault(site, {}).update(_fields(loads))
        return found
    for site, (rows, *values) in sums_of(db, kind, span).items():
        measures = dict(zip(MEASURES, values, strict=True))
        tickets = sum(measures[measure] for measure in ISSUED.values())
        found[site] = {"rows": rows, "tickets": tickets, **measures}
    return found


def _fields(loads: Mapping[int, tuple[int, int]]) -> dict[str, int]:
    """The load of an hour of the week as two fields."""
    return {
        f"{name} in hour {slot} of the week": n
        for slot, load in loads.items()
        for name, n in zip(("tickets", "called"), load, strict=True)
    }
