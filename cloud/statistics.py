"""What the sites' figures are: read from the ledger's counts, as frozen values that pages and reports draw from."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from cloud.ledger import connect, open_ledger
from cloud.rollups import (
    AGREED,
    CHIP_FACES,
    CONTESTS,
    INSURED,
    ISSUED,
    MEASURES,
    READ,
    READ_FAILED,
    SERVICE_TIMES,
    UNREAD,
    WAITS,
    percentile_min,
)
from edge.contracts.eligibility import Outcome
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

K = TypeVar("K")
HOURS = 24
IN_FORCE = frozenset({Outcome.VALID, Outcome.NEW_CARD, Outcome.FORCES_CARD})
ID_CARDS = frozenset({Document.CCCD_CHIP, Document.CCCD_QR, Document.VNEID_QR})


class Reading(Struct, frozen=True):
    """How often a kind of document was tried to be read, and with success."""

    document: Document
    read: int
    tried: int


class Counts(Struct, frozen=True):
    """Counts of any period and any number of sites.

    ``issued``, ``read`` and ``read_failed`` go by kind of document, ``unread`` by the reason, ``insurance`` by what the
    portal said, ``waits`` and ``service_times`` by the bins of ``cloud.rollups``. ``agreed`` numbers were taken with a
    face, ``purposes`` by what it may be used for; ``erased`` are those whose holders had it destroyed.
    """

    issued: tuple[tuple[Document, int], ...]
    called: int
    finished: int
    no_shows: int
    waits: tuple[int, ...]
    service_times: tuple[int, ...]
    read: tuple[tuple[Document, int], ...]
    read_failed: tuple[tuple[Document, int], ...]
    unread: tuple[tuple[ReadingFault, int], ...]
    insurance: tuple[tuple[Outcome, int], ...]
    agreed: int
    purposes: tuple[tuple[Purpose, int], ...]
    chip_faces: tuple[tuple[ChipVerdict, int], ...]
    contests: tuple[tuple[ContestVerdict, int], ...]
    erased: int

    @property
    def tickets(self) -> int:
        """Numbers given."""
        return sum(n for _, n in self.issued)

    @property
    def by_id_card(self) -> int:
        """Numbers given to people who registered with their căn cước: its chip, its QR, or VNeID's."""
        return sum(n for document, n in self.issued if document in ID_CARDS)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The kinds of document that were tried to be read; NONE where nobody can say of which kind it was."""
        both = zip(self.read, self.read_failed, strict=True)
        return tuple(Reading(document, n, n + failed) for (document, n), (_, failed) in both if n + failed)

    @property
    def failures(self) -> tuple[tuple[ReadingFault, int], ...]:
        """Why documents were not read, the commonest first; reasons that never happened are left out."""
        return tuple(sorted((pair for pair in self.unread if pair[1]), key=lambda pair: -pair[1]))

    @property
    def look_ups(self) -> int:
        """How often the insurance portal was asked about somebody."""
        return sum(n for _, n in self.insurance)

    @property
    def insured(self) -> int:
        """How many of them have a card in force."""
        return sum(n for outcome, n in self.insurance if outcome in IN_FORCE)

    @property
    def not_insured(self) -> tuple[tuple[Outcome, int], ...]:
        """Why the others have none, or it could not be said, the commonest first."""
        others = (pair for pair in self.insurance if pair[1] and pair[0] not in IN_FORCE)
        return tuple(sorted(others, key=lambda pair: -pair[1]))

    def wait_min(self, share: float) -> float:
        """The wait in minutes that ``share`` of those called did not exceed. Raises ValueError where none was."""
        return percentile_min(self.waits, share)

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            _added(self.issued, other.issued),
            self.called + other.called,
            self.finished + other.finished,
            self.no_shows + other.no_shows,
            tuple(map(sum, zip(self.waits, other.waits, strict=True))),
            tuple(map(sum, zip(self.service_times, other.service_times, strict=True))),
            _added(self.read, other.read),
            _added(self.read_failed, other.read_failed),
            _added(self.unread, other.unread),
            _added(self.insurance, other.insurance),
            self.agreed + other.agreed,
            _added(self.purposes, other.purposes),
            _added(self.chip_faces, other.chip_faces),
            _added(self.contests, other.contests),
            self.erased + other.erased,
        )


def _added(some: tuple[tuple[K, int], ...], more: tuple[tuple[K, int], ...]) -> tuple[tuple[K, int], ...]:
    return tuple((key, n + m) for (key, n), (_, m) in zip(some, more, strict=True))


def _counts(n: Mapping[str, int]) -> Counts:
    return Counts(
        tuple((document, n[measure]) for document, measure in ISSUED.items()),
        n["called"],
        n["finished"],
        n["no_shows"],
        tuple(n[measure] for measure in WAITS),
        tuple(n[measure] for measure in SERVICE_TIMES),
        tuple((document, n[measure]) for document, measure in READ.items()),
        tuple((document, n[measure]) for document, measure in READ_FAILED.items()),
        tuple((fault, n[measure]) for fault, measure in UNREAD.items()),
        tuple((outcome, n[measure]) for outcome, measure in INSURED.items()),
        n["agreed"],
        tuple((purpose, n[measure]) for purpose, measure in AGREED.items()),
        tuple((verdict, n[measure]) for verdict, measure in CHIP_FACES.items()),
        tuple((verdict, n[measure]) for verdict, measure in CONTESTS.items()),
        n["erased"],
    )


NOTHING = _counts(dict.fromkeys(MEASURES, 0))


class SiteToday(Struct, frozen=True):
    """One facility on its own business day.

    ``day`` is that day (``YYYY-MM-DD``), empty where the facility has not opened it or not told so. ``waiting`` is how
    many wait now. ``heard_ms`` is when its last batch came in.
    """

    site: str
    name: str
    name_en: str
    day: str
    waiting: int
    counts: Counts
    heard_ms: int


class Today(Struct, frozen=True):
    """All facilities now; ``issued_by_hour`` has 24 places, hours of each facility's own zone."""

    sites: tuple[SiteToday, ...]
    issued_by_hour: tuple[int, ...]

    @property
    def total(self) -> Counts:
        """The counts of all facilities together."""
        total = NOTHING
        for site in self.sites:
            total = total.plus(site.counts)
        return total

    @property
    def waiting(self) -> int:
        """How many wait now in all facilities."""
        return sum(site.waiting for site in self.sites)

    @property
    def heard_ms(self) -> int:
        """When anything came in last; 0 where nothing ever did."""
        return max((site.heard_ms for site in self.sites), default=0)


class Statistics:
    """The read side of the ledger in the folder ``data``."""

    def __init__(self, data: Path) -> None:
        self._data = data
        open_ledger(data).close()

    def today(self, now_ms: int) -> Today:
        """Every facility's business day that is going on at ``now_ms``."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT sites.site, name, name_en, heard_ms, journals.id, journals.time_zone, journals.day"
                " FROM sites JOIN journals ON journals.id = sites.journal ORDER BY name, sites.site"
            ).fetchall()
            sites = []
            by_hour = [0] * HOURS
            for site, name, name_en, heard_ms, journal, time_zone, day in rows:
                today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()
                if day != today:
                    sites.append(SiteToday(site, name, name_en, "", 0, NOTHING, heard_ms))
                    continue
                waiting = db.execute(
                    "SELECT COUNT(*) FROM open_tickets WHERE journal = ? AND called_at_ms = 0", (journal,)
                ).fetchone()[0]
                counts = NOTHING
                for hour, *measures in db.execute(_HOURS_OF_DAY, (site, day)):
                    of_hour = _counts(dict(zip(MEASURES, measures, strict=True)))
                    by_hour[hour] += of_hour.tickets
                    counts = counts.plus(of_hour)
                sites.append(SiteToday(site, name, name_en, day, waiting, counts, heard_ms))
        return Today(tuple(sites), tuple(by_hour))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(connect(self._data)) as db:
            db.execute("PRAGMA query_only = ON")
            db.execute("BEGIN")  # one picture, whatever the ingest commits meanwhile
            yield db


# The names are literals of this program: MEASURES.
_HOURS_OF_DAY = f"SELECT hour, {', '.join(MEASURES)} FROM hours WHERE site = ? AND day = ?"  # noqa: S608
