"""Both backends of the figures give the same, and what they give is what was counted.

The ledger's rows are written by the ledger's own ``Tallies``; what must come of them is added up here, cell by cell.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from cloud.bucket import Bucket
from cloud.counts import Counts, Load
from cloud.influx import LONGEST_NAMES, Influx, InfluxStatistics
from cloud.ledger import connect, open_ledger, transaction
from cloud.periods import Period, parse
from cloud.projection import Projection
from cloud.rollups import ISSUED, MEASURES, Folded, SiteState
from cloud.statistics import DAILY_UP_TO, SqliteStatistics, Statistics
from cloud.tallies import Tallies
from tests.wire.influxdb import Elsewhere, InfluxDB, some_influxdb

pytestmark = pytest.mark.req("P4", "D1", "D2")

BACKENDS = ["sqlite", "influx"]
FIRST, DAYS = date(2024, 11, 1), 500  # over two turns of the year and a 28th of February
SERVICES = ["general", "insurance", "x-ray", "Khám nhi", ""]
HOSTILE = [
    "a' OR 1=1 --",
    'x"y',
    "one, two=three four",
    "back\\slash\\",
    "line\nline",
    "Trạm Y tế Đắk Ơ",
    "a|b",
    "a.b",
    "aXb",
    "%61|b",
    "/^.*$/",
    "$(x);DROP MEASUREMENT month",
    "x" * 64,
]


class Cells:
    """What was counted: (site, day, hour, service, measure) → n, kept beside the ledger in ``data``."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.cells: dict[tuple[str, str, int, str, str], int] = defaultdict(int)
        open_ledger(data).close()

    def count(self, site: str, day: date, some: Sequence[tuple[int, str, str, int]]) -> None:
        """Add (hour, service, measure, n) to a facility's day, in one transaction."""
        hours: dict[tuple[str, int, str], int] = defaultdict(int)
        days: dict[tuple[str, str, str], int] = defaultdict(int)
        for hour, service, measure, n in some:
            hours[day.isoformat(), hour, measure] += n
            days[day.isoformat(), service, measure] += n
            self.cells[site, day.isoformat(), hour, service, measure] += n
        tallies = Tallies()
        tallies.add(site, Folded(SiteState("Asia/Ho_Chi_Minh", day.isoformat(), {}), False, hours, days))
        db = connect(self.data)
        with transaction(db):
            tallies.write(db)
        db.close()

    def of(self, period: Period, sites: Sequence[str]) -> Iterator[tuple[str, date, int, str, str, int]]:
        for (site, day, hour, service, measure), n in self.cells.items():
            if site in sites and period.first.isoformat() <= day <= period.last.isoformat():
                yield site, date.fromisoformat(day), hour, service, measure, n

    def loads(self, period: Period, sites: Sequence[str]) -> Iterator[tuple[date, int, Load]]:
        tickets = set(ISSUED.values())
        for _, day, hour, _, measure, n in self.of(period, sites):
            yield day, hour, Load(n * (measure in tickets), n * (measure == "called"))


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB | Elsewhere]:
    with some_influxdb(tmp_path_factory.mktemp("influxdb")) as influxdb:
        yield influxdb


@pytest.fixture
def influx(influxdb: InfluxDB | Elsewhere) -> Influx:
    return influxdb.fresh()


def both(cells: Cells, influx: Influx) -> Mapping[str, Statistics]:
    """Both backends, after everything was copied."""
    bucket = Bucket(influx)
    projection = Projection(cells.data, bucket)
    while projection.copy():
        pass
    projection.close()
    return {"sqlite": SqliteStatistics(cells.data), "influx": InfluxStatistics(bucket)}


def agree(cells: Cells, backends: Mapping[str, Statistics], period: Period, sites: Sequence[str]) -> None:
    """Hold each backend's answers to what was counted, and the two to each other."""
    by_site = summed((site, measure, n) for site, _, _, _, measure, n in cells.of(period, sites))
    by_slot: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    trend: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    monthly = period.days > DAILY_UP_TO and len(sites) > 1
    for day, hour, load in cells.loads(period, sites):
        for sums in (by_slot[day.weekday(), hour], trend[day.isoformat()[: 7 if monthly else 10]]):
            sums[0] += load.issued
            sums[1] += load.called
    heard = defaultdict(set)
    for site, day, *_ in cells.of(period, sites):
        heard[site].add(day.isoformat())
    for backend in backends.values():
        assert plain(backend.by_site(period, sites)) == by_site
        assert loads(backend.by_slot(period, sites)) == {key: tuple(sums) for key, sums in by_slot.items() if any(sums)}
        found = backend.trend(period, sites)
        assert list(found) == sorted(found)
        assert {day: (load.issued, load.called) for day, load in found.items()} == {
            key: tuple(sums) for key, sums in trend.items()
        }
        assert backend.days_heard(period, sites) == heard
        earlier = period.shifted(-1)
        was = summed((site, measure, n) for site, _, _, _, measure, n in cells.of(earlier, sites))
        assert list(map(plain, backend.by_site_of([period, earlier, period], sites))) == [by_site, was, by_site]
        glance = backend.at_a_glance(period, earlier, sites)
        assert (plain(glance.by_site), plain(glance.before)) == (by_site, was)
        assert (glance.by_slot, glance.trend) == (backend.by_slot(period, sites), found)
        for site in sites[:3]:
            some = list(cells.of(period, [site]))
            assert plain(backend.by_service(period, site)) == summed((s, measure, n) for *_, s, measure, n in some)
            assert plain(backend.by_hour(period, site)) == summed((h, measure, n) for _, _, h, _, measure, n in some)


def summed(some: Iterator[tuple[str | int, str, int]]) -> dict[str | int, tuple[int, ...]]:
    sums: dict[str | int, dict[str, int]] = {}
    for key, measure, n in some:
        sums.setdefault(key, dict.fromkeys(MEASURES, 0))[measure] += n
    return {key: tuple(counts.values()) for key, counts in sums.items()}


def plain(answer: Mapping[str, Counts] | Mapping[int, Counts]) -> dict[str | int, tuple[int, ...]]:
    return {key: counts.values for key, counts in answer.items()}


def loads(answer: Mapping[tuple[int, int], Load]) -> dict[tuple[int, int], tuple[int, int]]:
    """Without hours in which nobody came and nobody was called, which a backend may leave out or not."""
    return {key: (load.issued, load.called) for key, load in answer.items() if load.issued or load.called}


def random_day(random: Random) -> date:
    return FIRST + timedelta(days=random.randrange(DAYS))


def random_period(random: Random) -> Period:
    match random.randrange(4):
        case 0:
            day = random_day(random)
            quarter = f"{day.year}-Q{(day.month + 2) // 3}"
            return parse(random.choice([str(day.year), f"{day:%Y-%m}", quarter, f"{day.year}-6m", f"{day.year}-9m"]))
        case 1:
            day = random_day(random)
            return Period(day, day)
        case _:
            first, last = sorted((random_day(random), random_day(random)))
            return Period(first, last)


def random_counts(random: Random) -> list[tuple[int, str, str, int]]:
    return [
        (random.randrange(24), random.choice(SERVICES), random.choice(MEASURES), random.randrange(1, 300))
        for _ in range(random.randrange(1, 12))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_any_period_of_any_ledger_is_what_was_counted(seed: int, tmp_path: Path, influx: Influx) -> None:
    random = Random(seed)
    sites = [f"mau-{number:02d}" for number in range(5)]
    cells = Cells(tmp_path)
    days = [random_day(random) for _ in range(25)]
    for _ in range(60):
        cells.count(random.choice(sites), random.choice(days), random_counts(random))
    backends = both(cells, influx)
    for _ in range(8):
        agree(cells, backends, random_period(random), random.sample(sites, random.randrange(1, 6)))
    for _ in range(2):  # what changes later, on days long past too, and what an officer takes back
        for _ in range(6):
            cells.count(random.choice(sites), random.choice(days), random_counts(random))
            site, day, hour, service, measure = random.choice([key for key, n in cells.cells.items() if n])
            n = cells.cells[site, day, hour, service, measure]
            cells.count(site, date.fromisoformat(day), [(hour, service, measure, -random.choice([1, n]))])
        backends = both(cells, influx)
        for _ in range(6):
            agree(cells, backends, random_period(random), random.sample(sites, random.randrange(1, 6)))


def test_the_ends_of_months_and_years(tmp_path: Path, influx: Influx) -> None:
    cells = Cells(tmp_path)
    ends = ["2024-12-31", "2025-01-01", "2025-02-28", "2025-03-01", "2025-12-31", "2026-01-01", "2028-02-29"]
    for number, day in enumerate(ends):
        for site in ("mau-01", "mau-02"):
            cells.count(site, date.fromisoformat(day), [(0, "general", "called", 10**number), (23, "", "erased", 1)])
    backends = both(cells, influx)
    for first in ends:
        for last in ends:
            if first <= last:
                period = Period(date.fromisoformat(first), date.fromisoformat(last))
                agree(cells, backends, period, ["mau-01", "mau-02"])
                agree(cells, backends, period, ["mau-02"])


def test_hostile_names_are_names(tmp_path: Path, influx: Influx) -> None:
    cells = Cells(tmp_path)
    day = date(2026, 3, 4)
    for number, name in enumerate(HOSTILE):
        cells.count(name, day, [(8, HOSTILE[-1 - number], "called", number + 1)])
    backends = both(cells, influx)
    for period in (parse("2026"), Period(day, day)):
        agree(cells, backends, period, HOSTILE)
        for name in HOSTILE:
            agree(cells, backends, period, [name])
        agree(cells, backends, period, ["a.b", "nobody"])
        agree(cells, backends, period, ["a|b", "a' OR 1=1 --"])


@pytest.mark.parametrize("period", [parse("2026"), parse("2026-03-04"), parse("2026-01-05..2026-03-17")])
def test_nothing_of_nobody(period: Period, tmp_path: Path, influx: Influx) -> None:
    cells = Cells(tmp_path)
    agree(cells, both(cells, influx), period, ["mau-01", "mau-02"])
    cells.count("mau-01", date(2025, 3, 4), [(8, "general", "called", 1)])
    backends = both(cells, influx)
    for sites in ([], ["mau-01"], ["mau-02"], ["mau-01", "mau-02"], ["mau-01", "mau-01"], [""]):
        agree(cells, backends, period, sites)


def test_what_was_taken_back_is_0_and_its_day_was_heard(tmp_path: Path, influx: Influx) -> None:
    cells = Cells(tmp_path)
    day, period = date(2026, 3, 4), parse("2026-03")
    served = [(8, "general", measure, 1) for measure in ("called", "finished", "wait_03", "service_05", "transfers")]
    cells.count("mau-01", day, served)
    agree(cells, both(cells, influx), period, ["mau-01"])
    cells.count("mau-01", day, [(hour, service, measure, -n) for hour, service, measure, n in served])
    backends = both(cells, influx)
    agree(cells, backends, period, ["mau-01"])
    for backend in backends.values():
        assert not any(backend.by_site(period, ["mau-01"])["mau-01"].values)
        assert not any(backend.by_service(period, "mau-01")["general"].values)
        assert not any(backend.by_hour(period, "mau-01")[8].values)
        assert backend.days_heard(period, ["mau-01"]) == {"mau-01": {"2026-03-04"}}


def test_more_facilities_than_one_query_takes(tmp_path: Path, influx: Influx) -> None:
    cells = Cells(tmp_path)
    sites = [f"tram-y-te-xa-so-{number:04d}-{'x' * 40}" for number in range(200)]
    assert len("".join(sites)) > 2 * LONGEST_NAMES
    for number, site in enumerate(sites):
        cells.count(site, date(2026, 3, 4 + number % 3), [(7 + number % 9, "", "erased", number + 1)])
    backends = both(cells, influx)
    agree(cells, backends, parse("2026-03"), sites)
    agree(cells, backends, parse("2026-03-04..2026-03-05"), sites)
