"""What goes on now: every facility's business day, and how many wait. Live, and so always from the ledger."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from cloud.counts import NOTHING, Counts, total
from cloud.ledger import connect, open_ledger
from cloud.rollups import MEASURES

HOURS = 24


class Facility(Struct, frozen=True):
    """A site as the ledger knows it; ``heard_ms`` is when its last batch came in."""

    site: str
    name: str
    name_en: str
    heard_ms: int


class SiteToday(Struct, frozen=True):
    """One facility on its own business day.

    ``day`` is that day (``YYYY-MM-DD``), empty where the facility has not opened it or not told so. ``waiting`` is how
    many wait now, ``waiting_by_service`` at which service. ``heard_ms`` is when its last batch came in.
    """

    site: str
    name: str
    name_en: str
    day: str
    waiting_by_service: tuple[tuple[str, int], ...]
    by_hour: tuple[Counts, ...]
    heard_ms: int

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(n for _, n in self.waiting_by_service)

    @property
    def counts(self) -> Counts:
        """The day's counts."""
        return total(self.by_hour)


class Today(Struct, frozen=True):
    """These facilities now."""

    sites: tuple[SiteToday, ...]

    @property
    def issued_by_hour(self) -> tuple[int, ...]:
        """Numbers given, 24 places: hours of each facility's own zone."""
        days = [[counts.tickets for counts in site.by_hour] for site in self.sites if site.by_hour]
        return tuple(map(sum, zip([0] * HOURS, *days, strict=True)))

    @property
    def total(self) -> Counts:
        """The counts of all facilities together."""
        return total(site.counts for site in self.sites)

    @property
    def waiting(self) -> int:
        """How many wait now in all facilities."""
        return sum(site.waiting for site in self.sites)

    @property
    def heard_ms(self) -> int:
        """When anything came in last; 0 where nothing ever did."""
        return max((site.heard_ms for site in self.sites), default=0)


class Live:
    """The ledger in the folder ``data``, as far as it tells of now."""

    def __init__(self, data: Path) -> None:
        self._data = data
        open_ledger(data).close()

    def facilities(self) -> tuple[Facility, ...]:
        """Every site that ever sent anything, by name."""
        with self._reading() as db:
            rows = db.execute("SELECT site, name, name_en, heard_ms FROM sites ORDER BY name, site")
            return tuple(Facility(*row) for row in rows)

    def services(self, site: str) -> Mapping[str, tuple[str, str]]:
        """What a facility calls its services, in Vietnamese and English, by their ids."""
        with self._reading() as db:
            rows = db.execute("SELECT service, name, name_en FROM services WHERE site = ?", (site,))
            return {service: (name, name_en) for service, name, name_en in rows}

    def today(self, now_ms: int, sites: Sequence[str]) -> Today:
        """Of these facilities, the business day that is going on at ``now_ms``."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT sites.site, name, name_en, heard_ms, journals.id, journals.time_zone, journals.day"
                " FROM sites JOIN journals ON journals.id = sites.journal"
                " WHERE sites.site IN (SELECT value FROM json_each(?)) ORDER BY name, sites.site",
                (json.dumps(list(sites)),),
            ).fetchall()
            return Today(tuple(_today(db, now_ms, *row) for row in rows))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with reading(self._data) as db:
            yield db


@contextlib.contextmanager
def reading(data: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the ledger that cannot write, with one picture of it whatever the ingest commits meanwhile."""
    with contextlib.closing(connect(data)) as db:
        db.execute("PRAGMA query_only = ON")
        db.execute("BEGIN")
        yield db


def _today(
    db: sqlite3.Connection,
    now_ms: int,
    site: str,
    name: str,
    name_en: str,
    heard_ms: int,
    journal: int,
    time_zone: str,
    day: str,
) -> SiteToday:
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()
    if day != today:
        return SiteToday(site, name, name_en, "", (), (), heard_ms)
    waiting = db.execute(
        "SELECT service, COUNT(*) FROM open_tickets WHERE journal = ? AND called_at_ms = 0 GROUP BY 1 ORDER BY 1",
        (journal,),
    )
    by_hour = [NOTHING] * HOURS
    for hour, *values in db.execute(_HOURS_OF_DAY, (site, day)):
        by_hour[hour] = Counts(tuple(values))
    return SiteToday(site, name, name_en, day, tuple(waiting), tuple(by_hour), heard_ms)


# The names are literals of this program: MEASURES.
_HOURS_OF_DAY = f"SELECT hour, {', '.join(MEASURES)} FROM hours WHERE site = ? AND day = ?"  # noqa: S608
