"""Figures of any period, read from rollups: one interface, and the backend that needs nothing but the ledger's file.

``cloud.influx`` is the other backend. Both are held to the same tests (tests/wire/test_statistics.py).
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import add, sub
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from cloud.counts import NOTHING, Counts, Load
from cloud.ledger import open_ledger, transaction
from cloud.periods import Period
from cloud.rollups import ISSUED, MEASURES
from cloud.today import reading

Part = tuple[str, Callable[[int, int], int], str, str]
DAILY_UP_TO = 92  # days; a longer trend of many facilities goes by month


class StatisticsAway(Exception):
    """The store of figures gives no answer; the text says why, for the log and not for the page."""


class Glance(Struct, frozen=True):
    """What the province's first page shows: see the methods of :class:`Statistics` that are called so."""

    by_site: Mapping[str, Counts]
    before: Mapping[str, Counts]
    by_slot: Mapping[tuple[int, int], Load]
    trend: Mapping[str, Load]


class Statistics(Protocol):
    """The figures of ``sites`` in ``period``. Whoever has none in it is missing from what is returned.

    Every method raises StatisticsAway. Days are each facility's own business days, hours those of its own time zone.
    """

    def by_site(self, period: Period, sites: Sequence[str]) -> Mapping[str, Counts]:
        """Each facility's counts."""

    def by_site_of(self, periods: Sequence[Period], sites: Sequence[str]) -> tuple[Mapping[str, Counts], ...]:
        """The same of each of these periods, in less time than one after the other."""

    def at_a_glance(self, period: Period, before: Period, sites: Sequence[str]) -> Glance:
        """All that the province's first page shows of a period and the one before it, likewise."""

    def by_service(self, period: Period, site: str) -> Mapping[str, Counts]:
        """One facility's counts by service; those of no service are under ""."""

    def by_hour(self, period: Period, site: str) -> Mapping[int, Counts]:
        """One facility's counts by the hour of the day, 0 to 23."""

    def by_slot(self, period: Period, sites: Sequence[str]) -> Mapping[tuple[int, int], Load]:
        """The load by (weekday, hour): (0, 7) is Mondays from seven to eight."""

    def trend(self, period: Period, sites: Sequence[str]) -> Mapping[str, Load]:
        """The load by day (``YYYY-MM-DD``) in their order; by month (``YYYY-MM``) where the period is longer than
        ``DAILY_UP_TO`` days and more than one facility is asked about."""

    def days_heard(self, period: Period, sites: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The days (``YYYY-MM-DD``) on which anything was counted at each facility: what is missing was silent."""


def by_month(period: Period, sites: Sequence[str]) -> bool:
    """Whether a trend of so much goes by month."""
    return period.days > DAILY_UP_TO and len(sites) > 1


class SqliteStatistics:
    """The ledger in the folder ``data``: whole months are read from sums of months, the rest from those of days.

    Most of a month is read as the month without the others of its days.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        with contextlib.closing(open_ledger(data)) as db:
            keep_sums(db)

    def by_site(self, period: Period, sites: Sequence[str]) -> Mapping[str, Counts]:
        """See :class:`Statistics`."""
        named = json.dumps(list(sites))
        sums: dict[str, list[int]] = {}  # of each facility its days on which anything was counted, and the measures
        with reading(self._data) as db:
            for query, sign, first, last in _parts(period, _SITE_MONTHS, _SITE_DAYS):
                for site, *values in db.execute(query, (named, first, last)):
                    sums[site] = list(map(sign, sums.get(site, _NONE), values))
        return {site: Counts(tuple(values)) for site, (days, *values) in sums.items() if days}

    def by_site_of(self, periods: Sequence[Period], sites: Sequence[str]) -> tuple[Mapping[str, Counts], ...]:
        """See :class:`Statistics`."""
        return tuple(self.by_site(period, sites) for period in periods)

    def at_a_glance(self, period: Period, before: Period, sites: Sequence[str]) -> Glance:
        """See :class:`Statistics`."""
        now, earlier = self.by_site_of([period, before], sites)
        return Glance(now, earlier, self.by_slot(period, sites), self.trend(period, sites))

    def by_service(self, period: Period, site: str) -> Mapping[str, Counts]:
        """See :class:`Statistics`."""
        sums: dict[str, Counts] = {}
        with reading(self._data) as db:
            if period.months:
                _sum_counts(sums, db.execute(_SERVICE_MONTHS, (site, period.months[0], period.months[-1])))
            for first, last in period.odd_days:
                _sum_counts(sums, db.execute(_SERVICE_DAYS, (site, first.isoformat(), last.isoformat())))
        return sums

    def by_hour(self, period: Period, site: str) -> Mapping[int, Counts]:
        """See :class:`Statistics`."""
        return {hour: Counts(tuple(values)) for hour, *values in self._all(_BY_HOUR, site, period)}

    def by_slot(self, period: Period, sites: Sequence[str]) -> Mapping[tuple[int, int], Load]:
        """See :class:`Statistics`."""
        named = json.dumps(list(sites))
        sums: dict[int, tuple[int, int]] = {}
        with reading(self._data) as db:
            for query, sign, first, last in _parts(period, _SLOT_MONTHS, _SLOT_DAYS):
                for slot, issued, called in db.execute(query, (named, first, last)):
                    before = sums.get(slot, (0, 0))
                    sums[slot] = sign(before[0], issued), sign(before[1], called)
        return {divmod(slot, 24): Load(*load) for slot, load in sorted(sums.items()) if any(load)}

    def trend(self, period: Period, sites: Sequence[str]) -> Mapping[str, Load]:
        """See :class:`Statistics`."""
        named = json.dumps(list(sites))
        if not by_month(period, sites):
            return {day: Load(issued, called) for day, issued, called in self._all(_LOAD_BY_DAY, named, period)}
        sums: dict[str, Load] = {}
        with reading(self._data) as db:
            if period.months:
                _sum_loads(sums, db.execute(_LOAD_BY_MONTH, (named, period.months[0], period.months[-1])))
            for first, last in period.odd_days:
                rows = db.execute(_LOAD_BY_DAY, (named, first.isoformat(), last.isoformat()))
                _sum_loads(sums, ((day[:7], issued, called) for day, issued, called in rows))
        return dict(sorted(sums.items()))

    def days_heard(self, period: Period, sites: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """See :class:`Statistics`."""
        days: dict[str, set[str]] = {}
        for site, day in self._all(_DAYS_HEARD, json.dumps(list(sites)), period):
            days.setdefault(site, set()).add(day)
        return {site: frozenset(found) for site, found in days.items()}

    def _all(self, query: str, which: str, period: Period) -> list[tuple]:  # type: ignore[type-arg]  # of any shape
        with reading(self._data) as db:
            return db.execute(query, (which, period.first.isoformat(), period.last.isoformat())).fetchall()


def keep_sums(db: sqlite3.Connection) -> None:
    """Have this ledger keep ``site_days`` and ``site_months``: a facility's sums, which a province is read from.

    Triggers keep them, in the transaction of whoever counts, and so they are what was counted, whatever is killed.
    They are made anew where they are not as this version of the program would make them: a measure was added.
    """
    with transaction(db):
        there = {name: (kind, sql) for kind, name, sql in db.execute(_THERE)}
        if {name: sql for name, (_, sql) in there.items()} == _KEPT:
            return
        for name, (kind, _) in there.items():
            db.execute(f"DROP {kind} {name}")
        for made in _KEPT.values():
            db.execute(made)
        db.execute(_SUM_UP)


def _parts(period: Period, by_months: str, by_days: str) -> Iterator[Part]:
    """What the period is made of: queries, whether their answers are added or taken away, and from when to when."""
    if period.months:
        yield by_months, add, period.months[0], period.months[-1]
    for odd in (Period(first, last) for first, last in period.odd_days):
        rest = odd.rest_of_month
        if sum(days.days for days in rest) < odd.days:
            yield by_months, add, f"{odd.first:%Y-%m}", f"{odd.first:%Y-%m}"
            yield from ((by_days, sub, days.first.isoformat(), days.last.isoformat()) for days in rest)
        else:
            yield by_days, add, odd.first.isoformat(), odd.last.isoformat()


def _sum_counts(sums: dict[str, Counts], rows: sqlite3.Cursor) -> None:
    for key, *values in rows:
        sums[key] = sums.get(key, NOTHING).plus(Counts(tuple(values)))


def _sum_loads(sums: dict[str, Load], rows: Iterable[tuple[str, int, int]]) -> None:
    for key, issued, called in rows:
        before = sums.get(key, Load(0, 0))
        sums[key] = Load(before.issued + issued, before.called + called)


def _each(form: str) -> str:
    return ", ".join(form.format(measure) for measure in MEASURES)


# The names in all of these are literals of this program: the schema's, and MEASURES.
_NONE = [0] * (1 + len(MEASURES))
_SUMS = _each("SUM({0})")
_LOAD = f"SUM({' + '.join(ISSUED.values())}), SUM(called)"
_SITES = "WHERE site IN (SELECT value FROM json_each(?))"
_DAYS = "AND day BETWEEN ? AND ?"
_MONTHS = "AND month BETWEEN ? AND ?"
_SITE_MONTHS = f"SELECT site, SUM(days), {_SUMS} FROM site_months {_SITES} {_MONTHS} GROUP BY 1"  # noqa: S608
_SITE_DAYS = f"SELECT site, COUNT(*), {_SUMS} FROM site_days {_SITES} {_DAYS} GROUP BY 1"  # noqa: S608
_SERVICE_MONTHS = f"SELECT service, {_SUMS} FROM months WHERE site = ? {_MONTHS} GROUP BY 1"  # noqa: S608
_SERVICE_DAYS = f"SELECT service, {_SUMS} FROM days WHERE site = ? {_DAYS} GROUP BY 1"  # noqa: S608
_BY_HOUR = f"SELECT hour, {_SUMS} FROM hours WHERE site = ? {_DAYS} GROUP BY 1"  # noqa: S608
_SLOT_MONTHS = f"SELECT slot, SUM(issued), SUM(called) FROM slots {_SITES} {_MONTHS} GROUP BY 1"  # noqa: S608
_SLOT_DAYS = f"SELECT (strftime('%w', day) + 6) % 7 * 24 + hour, {_LOAD} FROM hours {_SITES} {_DAYS} GROUP BY 1"  # noqa: S608
_LOAD_BY_MONTH = f"SELECT month, {_LOAD} FROM site_months {_SITES} {_MONTHS} GROUP BY 1"  # noqa: S608
_LOAD_BY_DAY = f"SELECT day, {_LOAD} FROM site_days {_SITES} {_DAYS} GROUP BY 1 ORDER BY 1"  # noqa: S608
_DAYS_HEARD = f"SELECT site, day FROM site_days {_SITES} {_DAYS}"  # noqa: S608

# A facility's days are summed from its hours, which are fewer rows of a batch than those of its services.
_COLUMNS = _each("{0} INTEGER NOT NULL")
_GROWN = f"SET {_each('{0} = {0} + excluded.{0}')}"
_CHANGED = f"SET {_each('{0} = {0} + NEW.{0} - OLD.{0}')}"
_NEW = _each("NEW.{0}")
_MONTH = "substr(NEW.day, 1, 7)"
_DAY_BEGUN = f"INSERT INTO site_days VALUES (NEW.site, NEW.day, {_NEW}) ON CONFLICT (site, day) DO UPDATE {_GROWN}"  # noqa: S608
_DAY_CHANGED = f"UPDATE site_days {_CHANGED} WHERE site = NEW.site AND day = NEW.day"
_MONTH_BEGUN = (
    f"INSERT INTO site_months VALUES (NEW.site, {_MONTH}, 1, {_NEW}) ON CONFLICT (site, month) DO UPDATE {_GROWN}"  # noqa: S608
)
_MONTH_CHANGED = f"UPDATE site_months {_CHANGED} WHERE site = NEW.site AND month = {_MONTH}"
_KEPT = {
    "site_days": "CREATE TABLE site_days (site TEXT NOT NULL, day TEXT NOT NULL,"
    f" {_COLUMNS}, PRIMARY KEY (site, day)) STRICT, WITHOUT ROWID",
    "site_months": "CREATE TABLE site_months (site TEXT NOT NULL, month TEXT NOT NULL, days INTEGER NOT NULL,"
    f" {_COLUMNS}, PRIMARY KEY (site, month)) STRICT, WITHOUT ROWID",
    "site_days_begun": f"CREATE TRIGGER site_days_begun AFTER INSERT ON hours BEGIN {_DAY_BEGUN}; END",
    "site_days_changed": f"CREATE TRIGGER site_days_changed AFTER UPDATE ON hours BEGIN {_DAY_CHANGED}; END",
    "site_months_begun": "CREATE TRIGGER site_months_begun AFTER INSERT ON site_days"
    f" BEGIN {_MONTH_BEGUN}, days = days + 1; END",
    "site_months_changed": f"CREATE TRIGGER site_months_changed AFTER UPDATE ON site_days BEGIN {_MONTH_CHANGED}; END",
}
# Triggers first: a table takes its own with it, and those of ``hours`` would stay.
_THERE = (
    "SELECT type, name, sql FROM sqlite_master WHERE name GLOB 'site_days*' OR name GLOB 'site_months*'"
    " ORDER BY type = 'table'"
)
# Into the days alone: the months grow with them.
_SUM_UP = f"INSERT INTO site_days SELECT site, day, {_SUMS} FROM hours GROUP BY 1, 2"  # noqa: S608
