"""The ledger's rows as points: which points a changed row is part of, and what is in them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import add

from msgspec import Struct

from cloud.changes import NO_HOUR, Month, Row
from cloud.points import SLOTS, Kind, point, so_far, time_of
from cloud.rollups import ISSUED, MEASURES


class Span(Struct, frozen=True):
    """Points of one kind and facility: those of a day, or of a month; only ``part`` of them where it is not None.

    ``when`` is ``YYYY-MM-DD`` or ``YYYY-MM``; of the year so far, a day means the rest of its year too. ``part`` is the
    service or the hour.
    """

    kind: Kind
    site: str
    when: str
    part: str | int | None = None


class Copy(Struct, frozen=True):
    """A point: where it stands, and its line."""

    kind: Kind
    site: str
    time: int
    service: str
    line: str


def spans_of(row: Row) -> tuple[Span, ...]:
    """The points that are other than they were when this row changed."""
    site, day, month = row.site, row.day, row.day[:7]
    if row.hour == NO_HOUR:
        return (
            Span(Kind.DAY_SERVICE, site, day, row.service),
            Span(Kind.DAY, site, day),
            Span(Kind.MONTH_SERVICE, site, month, row.service),
            Span(Kind.MONTH, site, month),
            Span(Kind.SO_FAR, site, day),
        )
    return (
        Span(Kind.HOUR, site, day, row.hour),
        Span(Kind.MONTH_HOUR, site, month, row.hour),
        Span(Kind.SO_FAR, site, day),
    )


def copies_of_rows(db: sqlite3.Connection, rows: Iterable[Row]) -> Iterator[Copy]:
    """The points of these rows, each once."""
    fell: dict[Span, bool] = {}
    years: dict[tuple[str, str], Span] = {}
    for row in rows:
        for span in spans_of(row):
            if span.kind is Kind.SO_FAR:
                year = (span.site, span.when[:4])
                years[year] = min(span, years.get(year, span), key=lambda one: one.when)
            else:
                fell[span] = fell.get(span, False) or row.fell
    for span, whole in fell.items():
        yield from copies(db, span, whole=whole)
    for span in years.values():
        yield from _so_far(db, span.site, span.when, f"{span.when[:4]}~")


def copies_of_month(db: sqlite3.Connection, month: Month) -> Iterator[Copy]:
    """All points of a facility's month."""
    for kind in _ROWS:
        yield from copies(db, Span(kind, month.site, month.month), whole=month.whole)
    yield from _so_far(db, month.site, f"{month.month}-01", f"{month.month}~")


def copies(db: sqlite3.Connection, span: Span, *, whole: bool) -> Iterator[Copy]:
    """These points as the ledger has them; none where it has no row of theirs. See ``cloud.points.point``."""
    site = span.site
    # A month's days lie between its name and its name with a letter behind: '2026-11' < '2026-11-01' < '2026-11~'.
    found = db.execute(
        _ROWS[span.kind],
        {"site": site, "when": span.when, "first": span.when, "last": f"{span.when}~", "part": span.part},
    )
    for when, part, rows, *values in found:
        time = time_of(when, part if isinstance(part, int) else 0)
        service = part if isinstance(part, str) else ""
        line = point(span.kind, site, time, rows, values, service=service, whole=whole)
        yield Copy(span.kind, site, time, service, line)


def _so_far(db: sqlite3.Connection, site: str, first: str, last: str) -> Iterator[Copy]:
    """What was counted from the first of January to each day from ``first`` on that has anything."""
    before = {"site": site, "year": first[:4], "month": first[:7], "first": first, "last": last}
    counts = [0] * len(MEASURES)
    for row in db.execute(_COUNTS_BEFORE, before):
        counts = [n + (more or 0) for n, more in zip(counts, row, strict=True)]
    issued, called = [0] * SLOTS, [0] * SLOTS
    for slot, given, heard in chain(db.execute(_SLOTS_BEFORE, before), db.execute(_HOURS_BEFORE, before)):
        issued[slot] += given
        called[slot] += heard
    days = {day: row for day, *row in db.execute(_COUNTS_BY_DAY, before)}
    loads: dict[str, list[tuple[int, int, int]]] = {}
    for day, slot, given, heard in db.execute(_LOADS_BY_DAY, before):
        loads.setdefault(day, []).append((slot, given, heard))
    for day in sorted(days.keys() | loads.keys()):
        if day in days:
            counts = list(map(add, counts, days[day]))
        for slot, given, heard in loads.get(day, []):
            issued[slot] += given
            called[slot] += heard
        time = time_of(day)
        yield Copy(Kind.SO_FAR, site, time, "", so_far(site, time, counts, issued, called))


def sums_of(db: sqlite3.Connection, kind: Kind, span: str) -> dict[str, Sequence[int]]:
    """What the points of a kind must add up to in a month or year, by site: ``rows``, then MEASURES.

    Raises KeyError for those of the year so far, which nobody adds up.
    """
    found = db.execute(_SUMS[kind], {"first": span, "last": f"{span}~"})
    return {site: values for site, *values in found}


def loads_of(db: sqlite3.Connection, span: str) -> dict[str, dict[int, tuple[int, int]]]:
    """Numbers given and called in a month or year by site and hour of the week; hours with neither are left out."""
    loads: dict[str, dict[int, tuple[int, int]]] = {}
    for site, slot, issued, called in db.execute(
        "SELECT site, slot, SUM(issued), SUM(called) FROM slots WHERE month BETWEEN ?1 AND ?1 || '~' GROUP BY 1, 2"
        " HAVING SUM(issued) OR SUM(called)",
        (span,),
    ):
        loads.setdefault(site, {})[slot] = (issued, called)
    return loads


# The names in all of these are literals of this program: the schema's, and MEASURES.
_EACH = ", ".join(MEASURES)
_SUM = ", ".join(f"SUM({measure})" for measure in MEASURES)
_TICKETS = " + ".join(ISSUED.values())
_DAYS = "site = :site AND day BETWEEN :first AND :last"
_ROWS = {
    Kind.DAY_SERVICE: f"SELECT day, service, 1, {_EACH} FROM days WHERE {_DAYS}"  # noqa: S608
    " AND (:part IS NULL OR service = :part)",
    Kind.DAY: f"SELECT day, '', COUNT(*), {_SUM} FROM days WHERE {_DAYS} GROUP BY day",  # noqa: S608
    Kind.MONTH_SERVICE: f"SELECT month, service, 1, {_EACH} FROM months WHERE site = :site AND month = :when"  # noqa: S608
    " AND (:part IS NULL OR service = :part)",
    Kind.MONTH: f"SELECT month, '', COUNT(*), {_SUM} FROM months WHERE site = :site AND month = :when"  # noqa: S608
    " GROUP BY month",
    Kind.HOUR: f"SELECT day, hour, 1, {_EACH} FROM hours WHERE {_DAYS} AND (:part IS NULL OR hour = :part)",  # noqa: S608
    Kind.MONTH_HOUR: f"SELECT :when, hour, COUNT(*), {_SUM} FROM hours WHERE {_DAYS}"  # noqa: S608
    " AND (:part IS NULL OR hour = :part) GROUP BY hour",
}
_BY_DAYS = "WHERE day BETWEEN :first AND :last GROUP BY site"
_OF_DAYS = f"SELECT site, COUNT(*), {_SUM} FROM days {_BY_DAYS}"  # noqa: S608
_OF_HOURS = f"SELECT site, COUNT(*), {_SUM} FROM hours {_BY_DAYS}"  # noqa: S608
_OF_MONTHS = f"SELECT site, COUNT(*), {_SUM} FROM months WHERE month BETWEEN :first AND :last GROUP BY site"  # noqa: S608
_SUMS = {
    Kind.DAY_SERVICE: _OF_DAYS,
    Kind.DAY: _OF_DAYS,
    Kind.MONTH_SERVICE: _OF_MONTHS,
    Kind.MONTH: _OF_MONTHS,
    Kind.HOUR: _OF_HOURS,
    Kind.MONTH_HOUR: _OF_HOURS,
}
_SLOT = "(strftime('%w', day) + 6) % 7 * 24 + hour"
_COUNTS_BEFORE = (
    f"SELECT {_SUM} FROM months WHERE site = :site AND month >= :year AND month < :month"  # noqa: S608
    f" UNION ALL SELECT {_SUM} FROM days WHERE site = :site AND day >= :month AND day < :first"
)
_SLOTS_BEFORE = (
    "SELECT slot, SUM(issued), SUM(called) FROM slots"
    " WHERE site = :site AND month >= :year AND month < :month GROUP BY 1"
)
_HOURS_BEFORE = (
    f"SELECT {_SLOT}, SUM({_TICKETS}), SUM(called) FROM hours"  # noqa: S608
    " WHERE site = :site AND day >= :month AND day < :first GROUP BY 1"
)
_COUNTS_BY_DAY = f"SELECT day, {_SUM} FROM days WHERE {_DAYS} GROUP BY day"  # noqa: S608
_LOADS_BY_DAY = f"SELECT day, {_SLOT}, {_TICKETS}, called FROM hours WHERE {_DAYS}"  # noqa: S608
