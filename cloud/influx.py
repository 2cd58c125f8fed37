"""Figures read from InfluxDB, into which ``cloud.projection`` copies the ledger's counts: the other ``Statistics``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from operator import sub
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from msgspec import Meta

from cloud.counts import Counts, Load
from cloud.periods import Period
from cloud.points import ALWAYS, HOUR_S, Kind, counts_in, day_of, loads_in, named, one_of, tag, time_of
from cloud.rollups import MEASURES
from cloud.statistics import Glance, StatisticsAway, by_month
from edge.daemon.config import Section

if TYPE_CHECKING:  # cloud.config needs the settings of this module, and not the client's library
    from cloud.bucket import Bucket, Series

LONGEST_NAMES = 5_000  # characters of facilities' names in one query: proxies take lines of 8 KiB
AT_ONCE = 6  # queries of this program; the client keeps 8 connections
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_DAY = timedelta(days=1)

K = TypeVar("K", str, int, tuple[int, int])
_NONE = [0] * len(MEASURES)
_NO_LOAD = (0, 0)


class Influx(Section, frozen=True):
    """``[influx]`` of cloud.toml: where InfluxDB is, and a token that may read and write the bucket.

    ``bucket`` is a bucket, or in InfluxDB 1.x a database (or ``database/retention-policy``); ``org`` is for 2.x alone.
    Every ``every_s`` seconds what changed in the ledger is copied; a row that changes more often meanwhile is copied
    once. ``dashboard`` says whether the dashboard reads its figures here instead of in the ledger.
    """

    url: str
    bucket: str
    token_file: Path
    org: str = ""
    ca: Path | None = None
    every_s: Annotated[float, Meta(ge=0.1, le=3600)] = 5.0
    dashboard: bool = True

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if not (address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)):
            raise ValueError("url: an https:// address is expected; http:// only on this machine")
        if address.username or address.query or address.fragment:
            raise ValueError("url: only scheme, host, port and path are expected; the secret is in token_file")
        if not self.bucket:
            raise ValueError("bucket: a name is expected")


class End(NamedTuple):
    """Up to the end of ``day``, since the first of January of ``year``."""

    day: date
    year: int


class SoFar(NamedTuple):
    """What a facility had counted at an end: the last day on which it counted anything, and the texts of that day;
    empty what was not asked for."""

    at: int
    counts: str = ""
    loads: str = ""


COUNTS, LOADS, BOTH = ("counts",), ("loads",), ("counts", "loads")
Found = Mapping[End, Mapping[str, SoFar]]


class InfluxStatistics:
    """The bucket of ``cloud.projection``: whole months are read from sums of months, the rest from those of days.

    What a page asks for at once is read at once: InfluxDB answers several queries in the time of one.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._pool = ThreadPoolExecutor(AT_ONCE, "influx")

    def by_site(self, period: Period, sites: Sequence[str]) -> Mapping[str, Counts]:
        """See :class:`cloud.statistics.Statistics`."""
        return self.by_site_of([period], sites)[0]

    def by_site_of(self, periods: Sequence[Period], sites: Sequence[str]) -> tuple[Mapping[str, Counts], ...]:
        """See :class:`cloud.statistics.Statistics`."""
        found = self._so_far({end: COUNTS for period in periods for end in _ends(period)}, sites)
        return tuple(_between(period, found) for period in periods)

    def at_a_glance(self, period: Period, before: Period, sites: Sequence[str]) -> Glance:
        """See :class:`cloud.statistics.Statistics`."""
        trend = self._pool.submit(self.trend, period, sites)
        asked = dict.fromkeys(_ends(before), COUNTS) | dict.fromkeys(_ends(period), BOTH)
        found = self._so_far(asked, sites)
        by_slot = _by_slot(_slots_between(period, found))
        return Glance(_between(period, found), _between(before, found), by_slot, trend.result())

    def by_service(self, period: Period, site: str) -> Mapping[str, Counts]:
        """See :class:`cloud.statistics.Statistics`."""
        sums: dict[str, Counts] = {}
        for kind, first, last in _stretches(period, Kind.MONTH_SERVICE, Kind.DAY_SERVICE):
            for series in self._read(_EACH, kind, first, last, [site], group='GROUP BY "service"'):
                for _, *values in _there(series):
                    _add(sums, named(series.tags["service"]), values)
        return sums

    def by_hour(self, period: Period, site: str) -> Mapping[int, Counts]:
        """See :class:`cloud.statistics.Statistics`."""
        sums: dict[int, Counts] = {}
        for kind, first, last in _stretches(period, Kind.MONTH_HOUR, Kind.HOUR):
            for series in self._read(_EACH, kind, first, last, [site]):
                for time, *values in _there(series):
                    _add(sums, time // HOUR_S % 24, values)
        return dict(sorted(sums.items()))

    def by_slot(self, period: Period, sites: Sequence[str]) -> Mapping[tuple[int, int], Load]:
        """See :class:`cloud.statistics.Statistics`."""
        return _by_slot(self.slots_by_site(period, sites))

    def slots_by_site(self, period: Period, sites: Sequence[str]) -> Mapping[str, Mapping[int, tuple[int, int]]]:
        """Numbers given and called by facility and hour of the week (Monday's first is 0), where there were any.

        Raises StatisticsAway.
        """
        return _slots_between(period, self._so_far(dict.fromkeys(_ends(period), LOADS), sites))

    def trend(self, period: Period, sites: Sequence[str]) -> Mapping[str, Load]:
        """See :class:`cloud.statistics.Statistics`."""
        sums: dict[str, Load] = {}
        months = by_month(period, sites)
        stretches = _stretches(period, Kind.MONTH, Kind.DAY) if months else [(Kind.DAY, period.first, period.last)]
        for kind, first, last in stretches:
            for series in self._read(_SUMS, kind, first, last, sites, group="GROUP BY time(1d) fill(none)"):
                for time, issued, called in _there(series):
                    _add_load(sums, day_of(time)[: len("YYYY-MM") if months else None], Load(issued, called))
        return dict(sorted(sums.items()))

    def days_heard(self, period: Period, sites: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """See :class:`cloud.statistics.Statistics`."""
        first, last = period.first, period.last
        found = self._read('SELECT "rows"', Kind.DAY, first, last, sites, 'AND "rows" > 0', 'GROUP BY "site"')
        return {named(series.tags["site"]): frozenset(day_of(time) for time, _ in series.numbers()) for series in found}

    def _so_far(self, asked: Mapping[End, tuple[str, ...]], sites: Sequence[str]) -> Found:
        """These fields of what each facility had counted at each of these ends; all are asked for at once."""
        found = self._pool.map(lambda end: self._at(end, asked[end], sites), asked)
        return dict(zip(asked, found, strict=True))

    def _at(self, end: End, fields: tuple[str, ...], sites: Sequence[str]) -> Mapping[str, SoFar]:
        """Nothing where the day lies before that year."""
        year, month = date(end.year, 1, 1), end.day.replace(day=1)
        if end.day < year:
            return {}
        found = self._latest(fields, month, end.day, sites, f"AND \"month\" = '{end.day:%m}'")
        silent = [site for site in sites if site not in found]
        return found | self._latest(fields, year, month - _DAY, silent) if month > year else found

    def _latest(
        self, fields: tuple[str, ...], first: date, last: date, sites: Sequence[str], where: str = ""
    ) -> dict[str, SoFar]:
        select = f'SELECT "rows", {", ".join(map(_quoted, fields))}'
        where, group = f'{where} AND "rows" > 0', 'GROUP BY "site" ORDER BY time DESC LIMIT 1'  # of each facility
        found = self._read(select, Kind.SO_FAR, first, last, sites, where, group)
        return {
            named(series.tags["site"]): SoFar(at, **dict(zip(fields, texts, strict=True)))
            for series in found
            for at, texts in series.texts()
        }

    def _read(
        self, select: str, kind: Kind, first: date, last: date, sites: Sequence[str], where: str = "", group: str = ""
    ) -> Iterator[Series]:
        """The series of these sites from the first day to the last; asked in several queries where they are many."""
        times = f"time >= '{first}T00:00:00Z' AND time < '{last + _DAY}T00:00:00Z'"
        for some in _in_lots(sites):
            which = f"\"site\" = '{tag(some[0])}'" if len(some) == 1 else f'"site" =~ {one_of(some)}'
            query = f'{select} FROM "{kind.value}" WHERE {times} AND {which} {where} {group}'
            yield from self._bucket.select(query.rstrip())


def _years(period: Period) -> Iterator[tuple[date, date]]:
    """The period cut at the ends of years."""
    for year in range(period.first.year, period.last.year + 1):
        yield max(period.first, date(year, 1, 1)), min(period.last, date(year, 12, 31))


def _ends(period: Period) -> Iterator[End]:
    """What is read for a period; one that follows another begins where that ends."""
    for first, last in _years(period):
        yield End(first - _DAY, first.year)
        yield End(last, first.year)


def _between(period: Period, found: Found) -> Mapping[str, Counts]:
    """Each facility's counts in the period, of what it had counted at the ends."""
    sums: dict[str, Counts] = {}
    for first, last in _years(period):
        before = found[End(first - _DAY, first.year)]
        for site, now in found[End(last, first.year)].items():
            if now.at >= time_of(first.isoformat()):
                then = _counts(before[site].counts) if site in before else _NONE
                _add(sums, site, list(map(sub, _counts(now.counts), then)))
    return sums


def _slots_between(period: Period, found: Found) -> Mapping[str, Mapping[int, tuple[int, int]]]:
    """Each facility's load by the hour of the week, likewise."""
    sums: dict[str, dict[int, tuple[int, int]]] = {}
    for first, last in _years(period):
        before = found[End(first - _DAY, first.year)]
        for site, last_one in found[End(last, first.year)].items():
            known = sums.setdefault(site, {})
            now, then = _loads(last_one.loads), _loads(before[site].loads) if site in before else {}
            for slot in now.keys() | then.keys():
                (issued, called), (was_issued, was_called) = now.get(slot, _NO_LOAD), then.get(slot, _NO_LOAD)
                if issued != was_issued or called != was_called:
                    earlier = known.get(slot, _NO_LOAD)
                    known[slot] = earlier[0] + issued - was_issued, earlier[1] + called - was_called
    return sums


def _by_slot(loads_of: Mapping[str, Mapping[int, tuple[int, int]]]) -> Mapping[tuple[int, int], Load]:
    sums: dict[int, tuple[int, int]] = {}
    for loads in loads_of.values():
        for slot, (issued, called) in loads.items():
            known = sums.get(slot, _NO_LOAD)
            sums[slot] = known[0] + issued, known[1] + called
    return {divmod(slot, 24): Load(*load) for slot, load in sorted(sums.items())}


def _quoted(field: str) -> str:
    return f'"{field}"'


def _counts(text: str) -> list[int]:
    try:
        return counts_in(text)
    except ValueError as error:
        raise StatisticsAway(f"InfluxDB: {error}") from None


def _loads(text: str) -> dict[int, tuple[int, int]]:
    try:
        return loads_in(text)
    except ValueError as error:
        raise StatisticsAway(f"InfluxDB: {error}") from None


def _stretches(period: Period, by_months: Kind, by_days: Kind) -> Iterator[tuple[Kind, date, date]]:
    months = period.months
    if months:
        first, last = date.fromisoformat(f"{months[0]}-01"), date.fromisoformat(f"{months[-1]}-01")
        yield by_months, first, (last.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
    for first, last in period.odd_days:
        yield by_days, first, last


def _in_lots(sites: Iterable[str]) -> Iterator[list[str]]:
    lot: list[str] = []
    length = 0
    for site in dict.fromkeys(sites):
        size = len(quote(tag(site), safe="")) + len("%7C")
        if lot and length + size > LONGEST_NAMES:
            yield lot
            lot, length = [], 0
        lot.append(site)
        length += size
    if lot:
        yield lot


def _there(series: Series) -> Iterator[list[int]]:
    """The rows, without ``rows``, of the points that are not withdrawn."""
    for time, rows, *values in series.numbers():
        if rows:
            yield [time, *values]


def _add(sums: dict[K, Counts], key: K, values: Sequence[int]) -> None:
    counts = Counts(tuple(values))
    sums[key] = sums[key].plus(counts) if key in sums else counts


def _add_load(sums: dict[K, Load], key: K, load: Load) -> None:
    before = sums.get(key, Load(0, 0))
    sums[key] = Load(before.issued + load.issued, before.called + load.called)


# The names in these are literals of this program: those of cloud.points, and MEASURES.
_EACH = "SELECT " + ", ".join(f'"{name}"' for name in ("rows", *MEASURES))
_SUMS = "SELECT " + ", ".join(f'SUM("{name}")' for name in ALWAYS)
