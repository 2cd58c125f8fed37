"""Counts of any period and any number of facilities, and what follows from them: pure."""

from collections.abc import Callable, Iterable
from operator import add, itemgetter
from typing import TypeVar

from msgspec import Struct

from cloud.rollups import (
    AGREED,
    CHIP_FACES,
    CONTESTS,
    EDGES_MIN,
    INSURED,
    ISSUED,
    MEASURES,
    PAID,
    RATINGS,
    READ,
    READ_FAILED,
    SERVICE_TIMES,
    UNREAD,
    WAITS,
    percentile_min,
)
from edge.contracts.eligibility import Outcome
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

IN_FORCE = frozenset({Outcome.VALID, Outcome.NEW_CARD, Outcome.FORCES_CARD})
ID_CARDS = frozenset({Document.CCCD_CHIP, Document.CCCD_QR, Document.VNEID_QR})

K = TypeVar("K")
Values = tuple[int, ...]
_AT = {measure: index for index, measure in enumerate(MEASURES)}


def _pick(measures: Iterable[str]) -> Callable[[Values], Values]:
    """Takes these measures, several, from the values of a Counts: made once, for a page asks thousands of times."""
    taken: Callable[[Values], Values] = itemgetter(*(_AT[measure] for measure in measures))
    return taken


_ISSUED = _pick(ISSUED.values())
_BY_ID_CARD = _pick(ISSUED[document] for document in ISSUED if document in ID_CARDS)
_READ = _pick(READ.values())
_READ_FAILED = _pick(READ_FAILED.values())
_UNREAD = _pick(UNREAD.values())
_INSURED = _pick(INSURED.values())
_INSURED_IN_FORCE = _pick(INSURED[outcome] for outcome in INSURED if outcome in IN_FORCE)
_WAITS = _pick(WAITS)
_SERVICE_TIMES = _pick(SERVICE_TIMES)
_RATINGS = _pick(RATINGS)
_PAID = _pick(PAID.values())


class Reading(Struct, frozen=True):
    """How often a kind of document was tried to be read, and with success."""

    document: Document
    read: int
    tried: int


class Load(Struct, frozen=True):
    """Numbers given and called in an hour of the week, or in a day or month of a trend."""

    issued: int
    called: int


class Counts(Struct, frozen=True):
    """``values`` stand in the order of ``cloud.rollups.MEASURES``; everything else is read from them."""

    values: tuple[int, ...]

    def __getitem__(self, measure: str) -> int:
        """One measure by its name. Raises KeyError where there is none of that name."""
        return self.values[_AT[measure]]

    @property
    def issued(self) -> tuple[tuple[Document, int], ...]:
        """Numbers given, by the kind of document shown for them."""
        return tuple(zip(ISSUED, _ISSUED(self.values), strict=True))

    @property
    def tickets(self) -> int:
        """Numbers given."""
        return sum(_ISSUED(self.values))

    @property
    def by_id_card(self) -> int:
        """Numbers given to people who registered with their căn cước: its chip, its QR, or VNeID's."""
        return sum(_BY_ID_CARD(self.values))

    @property
    def by_chip(self) -> int:
        """Numbers given to people whose card's chip was read."""
        return self[ISSUED[Document.CCCD_CHIP]]

    @property
    def called(self) -> int:
        """First calls at a stage of a route: that many waits were measured."""
        return self["called"]

    @property
    def finished(self) -> int:
        """Stages that were served."""
        return self["finished"]

    @property
    def no_shows(self) -> int:
        """Calls that nobody answered."""
        return self["no_shows"]

    @property
    def waits(self) -> tuple[int, ...]:
        """Waits by the bins of ``cloud.rollups``."""
        return _WAITS(self.values)

    @property
    def service_times(self) -> tuple[int, ...]:
        """Times of serving by the same bins."""
        return _SERVICE_TIMES(self.values)

    @property
    def ratings(self) -> tuple[int, ...]:
        """How many gave the scores 1 to 5."""
        return _RATINGS(self.values)

    @property
    def rated(self) -> int:
        """How many gave a score."""
        return sum(self.ratings)

    @property
    def score(self) -> float:
        """The mean of the scores. Raises ZeroDivisionError where none was given."""
        return sum(score * n for score, n in enumerate(self.ratings, 1)) / self.rated

    @property
    def content(self) -> int:
        """How many gave 4 or 5."""
        return sum(self.ratings[3:])

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The kinds of document that were tried to be read; NONE where nobody can say of which kind it was."""
        both = zip(READ, _READ(self.values), _READ_FAILED(self.values), strict=True)
        return tuple(Reading(document, n, n + failed) for document, n, failed in both if n + failed)

    @property
    def read(self) -> int:
        """How often a document was read."""
        return sum(_READ(self.values))

    @property
    def tried(self) -> int:
        """How often it was tried."""
        return self.read + sum(_READ_FAILED(self.values))

    @property
    def failures(self) -> tuple[tuple[ReadingFault, int], ...]:
        """Why documents were not read, the commonest first; reasons that never happened are left out."""
        return _commonest(zip(UNREAD, _UNREAD(self.values), strict=True))

    @property
    def look_ups(self) -> int:
        """How often the insurance portal was asked about somebody."""
        return sum(_INSURED(self.values))

    @property
    def insured(self) -> int:
        """How many of them have a card in force."""
        return sum(_INSURED_IN_FORCE(self.values))

    @property
    def not_insured(self) -> tuple[tuple[Outcome, int], ...]:
        """Why the others have none, or it could not be said, the commonest first."""
        outcomes = zip(INSURED, _INSURED(self.values), strict=True)
        return _commonest((outcome, n) for outcome, n in outcomes if outcome not in IN_FORCE)

    @property
    def agreed(self) -> int:
        """Numbers taken with a face."""
        return self["agreed"]

    @property
    def purposes(self) -> tuple[tuple[Purpose, int], ...]:
        """What those faces may be used for."""
        return tuple((purpose, self[measure]) for purpose, measure in AGREED.items())

    @property
    def chip_faces(self) -> tuple[tuple[ChipVerdict, int], ...]:
        """What came of comparing them with the chip's portrait."""
        return tuple((verdict, self[measure]) for verdict, measure in CHIP_FACES.items())

    @property
    def contests(self) -> tuple[tuple[ContestVerdict, int], ...]:
        """What officers found where one person seemed to take two numbers."""
        return tuple((verdict, self[measure]) for verdict, measure in CONTESTS.items())

    @property
    def erased(self) -> int:
        """Faces that were destroyed because their owners asked for it."""
        return self["erased"]

    @property
    def payments(self) -> tuple[tuple[PaymentMeans, int], ...]:
        """Fees that were paid at counters, by what they were paid with."""
        return tuple(zip(PAID, _PAID(self.values), strict=True))

    @property
    def paid(self) -> int:
        """Fees whose payment was noted; 0 where a facility notes none."""
        return sum(_PAID(self.values))

    @property
    def cash_free(self) -> int:
        """How many of them without cash: by a transfer or a card."""
        return self.paid - self[PAID[PaymentMeans.CASH]]

    def wait_min(self, share: float) -> float:
        """The wait in minutes that ``share`` of those called did not exceed. Raises ValueError where none was."""
        return percentile_min(self.waits, share)

    def served_min(self, share: float) -> float:
        """The same of the time of serving."""
        return percentile_min(self.service_times, share)

    def within(self, minutes: int) -> int:
        """How many waited less than ``minutes``, which is an edge of the histogram. Raises ValueError where it is none.

        >>> NOTHING.within(30)
        0
        """
        return sum(self.waits[: EDGES_MIN.index(minutes) + 1])

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(tuple(map(add, self.values, other.values)))


NOTHING = Counts((0,) * len(MEASURES))


def total(some: Iterable[Counts]) -> Counts:
    """All of them together."""
    return Counts(tuple(map(sum, zip(NOTHING.values, *(counts.values for counts in some), strict=True))))


def _commonest(some: Iterable[tuple[K, int]]) -> tuple[tuple[K, int], ...]:
    return tuple(sorted((pair for pair in some if pair[1]), key=lambda pair: -pair[1]))
