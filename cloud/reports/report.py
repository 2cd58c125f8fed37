"""What a periodic report is: a heading, sentences, and tables whose cells keep their kind. Pure.

The same rows are written as a workbook, as a PDF and on the page, so that no two of them differ.
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from cloud.counts import Counts
from cloud.indicators import Key
from cloud.periods import Period
from cloud.reports.tongue import DASH
from cloud.roles import Province
from cloud.today import Facility


class Share(Struct, frozen=True):
    """``part`` out of ``whole``."""

    part: int
    whole: int


class Minutes(Struct, frozen=True):
    """A wait."""

    value: float


class Score(Struct, frozen=True):
    """A mean of scores from 1 to 5."""

    value: float


Cell = str | int | date | Share | Minutes | Score | None  # None: there is nothing to say


class Table(Struct, frozen=True):
    """``head`` has as many words as each row has cells; the first cell of a row is what the row is about.

    ``wide``: it needs the long side of the paper. ``note`` stands below it; a table without rows says only that.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wide: bool = False

    @property
    def shares(self) -> frozenset[int]:
        """The columns that hold shares."""
        return frozenset(
            place for place in range(len(self.head)) if any(isinstance(row[place], Share) for row in self.rows)
        )

    @property
    def words(self) -> frozenset[int]:
        """The columns that hold text; the others hold figures."""
        return frozenset(
            place
            for place in range(len(self.head))
            if any(isinstance(row[place], str) and row[place] != DASH for row in self.rows)
        )


class Facts(Struct, frozen=True):
    """What a report is made from.

    ``facilities`` are those that it is about, ``by_site`` and ``before`` their counts in the period and in the one that
    it is compared with, ``heard`` the days on which anything was counted at every facility of ``known`` (those that
    whoever makes the report may see). ``one``: it is about one facility; ``services`` are its counts by service, and
    ``service_names`` what it calls them. ``today`` is the date and ``made`` the time in Viet Nam, ``by`` who makes it,
    ``targets`` what the Department aims at.
    """

    province: Province
    period: Period
    facilities: tuple[Facility, ...]
    by_site: Mapping[str, Counts]
    before: Mapping[str, Counts]
    known: tuple[str, ...]
    heard: Mapping[str, frozenset[str]]
    today: date
    made: datetime
    heard_until: datetime | None
    by: str
    targets: Mapping[Key, float]
    one: bool = False
    services: Mapping[str, Counts] = {}
    service_names: Mapping[str, tuple[str, str]] = {}


class Heading(Struct, frozen=True):
    """The administrative heading: who is above whom, what the report is about, its period, and how far it goes."""

    above: str
    issuer: str
    subject: str
    period: str
    running: str  # empty where the period is over
    dated: str


class Report(Struct, frozen=True):
    """The whole report. ``by_service`` stands in the report of one facility, ``facilities`` in that of several;
    ``silences`` has a row for each stretch of silence and ``raw`` a column for each measure: both are for the workbook.
    ``empty``: nothing was counted in the period."""

    language: str
    heading: Heading
    sentences: tuple[str, ...]
    summary: Table
    documents: Table
    reading: Table
    look_ups: Table
    unread: Table
    waits: Table
    ratings: Table
    payments: Table
    facilities: Table
    by_service: Table
    silence: Table
    silences: Table
    raw: Table
    stamp: tuple[str, ...]
    empty: bool

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables in the order in which a reader meets them; those of the workbook alone are not among them."""
        places = (self.by_service,) if self.by_service.rows else (self.facilities,)
        body = (self.summary, self.documents, self.reading, self.look_ups, self.unread, self.waits, self.ratings)
        return (*body, self.payments, *places, self.silence)
