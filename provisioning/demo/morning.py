"""The plan of a simulated outpatient morning: who comes when and wants what, and when each doctor is there. Pure.

Times are seconds after the morning's beginning at 7:00, on the morning's own clock, which may run faster than the real
one.
"""

import random
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.catalogue import Catalogue, Counter, Service
from edge.contracts.commands import Complaint
from edge.contracts.payment import PaymentMeans
from edge.contracts.ticket import Document, Priority, Ticket

SPEEDS = (1, 10, 30, 60)
PATIENTS = (60, 150, 300)
MOST_PATIENTS = 600
STARTS_S = 7 * 3600  # what the morning's clock shows at its beginning
ARRIVALS_S = 210 * 60.0  # the last ones come at half past ten
EFFORTS = 6  # how a person's services differ from the planned time, one after another

PRIORITY_SHARE = 0.3
PROVEN_BY_DOCUMENT = 0.5  # of those with priority: old and young, whose document says so
PROOF_SHARE = 0.85  # of those who claim: who can show the officer a proof
NO_SHOW_SHARE = 0.08
BACK_SHARE = 0.6  # of those who missed the call
TESTS_SHARE = 0.25
RATING_SHARE = 0.35
DOCUMENT_SHARE = 0.6
# How often people ask for a service of the demo's catalogue; any other counts 1.
WEIGHTS = {"maternity": 0.4, "children": 0.6, "registration": 0.7, "internal": 0.8, "surgery": 0.6}
WEIGHTS |= {"laboratory": 0.1, "x-ray": 0.1, "cashier": 0.15, "pharmacy": 0.15}
TESTS = ("laboratory", "x-ray")
NO_DOCTOR = ("registration", *TESTS, "cashier", "pharmacy")  # nobody there orders tests
CLAIMS = (Priority.PREGNANT, Priority.DISABLED, Priority.MERIT)
SCORES, SCORE_WEIGHTS = (5, 4, 3, 2, 1), (45, 32, 13, 6, 4)
MEANS, MEANS_WEIGHTS = (PaymentMeans.QR, PaymentMeans.CASH, PaymentMeans.CARD), (58, 37, 5)
COMPLAINTS = (Complaint.WAIT, Complaint.WAIT, Complaint.ATTITUDE, Complaint.GUIDANCE, Complaint.FACILITIES)

Seed = Annotated[int, Meta(ge=1, le=999_999)]


class Patient(Struct, frozen=True):
    """One person who comes at ``at_s`` and takes a number for ``service``.

    ``claim`` is said at the kiosk, ``proven`` whether the officer finds a proof of it. ``tests`` are those that the
    doctor orders. ``misses`` the first call; ``back_s`` after that they stand there again (0: never). ``efforts`` are
    how long each of their services takes, as a multiple of the planned time. ``score`` 0: rates nothing. ``pays`` is
    what they pay fees with.
    """

    at_s: float
    service: str
    document: Document = Document.NONE
    birth_date: str = ""
    claim: Priority = Priority.NONE
    proven: bool = False
    tests: tuple[str, ...] = ()
    misses: bool = False
    back_s: float = 0.0
    efforts: tuple[float, ...] = (1.0,)
    score: int = 0
    complaint: Complaint = Complaint.NONE
    pays: PaymentMeans = PaymentMeans.CASH

    def tests_at(self, ticket: Ticket) -> tuple[str, ...]:
        """The tests that the doctor orders who has this ticket there; none where no doctor works, or after tests."""
        return () if ticket.service in NO_DOCTOR or ticket.returning else self.tests


class Doctor(Struct, frozen=True):
    """Who works at a counter: comes ``late_s``, is away for the ``pauses`` (from, until), and takes ``pace`` times as
    long as planned."""

    counter: str
    late_s: float
    pauses: tuple[tuple[float, float], ...]
    pace: float


class Morning(Struct, frozen=True):
    """A whole morning; ``patients`` in the order in which they come."""

    seed: int
    patients: tuple[Patient, ...]
    doctors: tuple[Doctor, ...]


def plan(catalogue: Catalogue, *, patients: int, seed: int, today: date) -> Morning:
    """A morning in this facility: the same for the same catalogue, number of patients, seed and day.

    ``today`` is the business day, from which birth dates are counted back.
    """
    chance = random.Random(f"{seed} doctors")  # noqa: S311 - a play, no secret
    doctors = tuple(_doctor(counter, chance) for counter in catalogue.counters)
    chance = random.Random(f"{seed} {patients} patients")  # noqa: S311
    offered = [service for service in catalogue.services if service.active]
    weights = [WEIGHTS.get(service.id, 1.0) for service in offered]
    tests = tuple(service.id for service in offered if service.id in TESTS)
    # most dense at the very beginning: those who stand before the door when it opens
    arrivals = sorted(ARRIVALS_S * chance.betavariate(1.0, 2.2) for _ in range(patients))
    come = tuple(_patient(at_s, chance.choices(offered, weights)[0], tests, today, chance) for at_s in arrivals)
    return Morning(seed, come, doctors)


def _doctor(counter: Counter, chance: random.Random) -> Doctor:
    late_s = 60 * chance.choice((0, 0, 0, 3, 8, 20)) + chance.uniform(0, 60)
    pauses = []
    for from_min, until_min in ((60, 110), (150, 210)):
        if chance.random() < 0.6:
            begins_s = 60 * chance.uniform(from_min, until_min)
            pauses.append((begins_s, begins_s + 60 * chance.uniform(5, 18)))
    return Doctor(counter.id, late_s, tuple(pauses), chance.uniform(0.75, 1.35))


def _patient(at_s: float, service: Service, tests: Sequence[str], today: date, chance: random.Random) -> Patient:
    birth_date, claim, proven = "", Priority.NONE, False
    if chance.random() < PRIORITY_SHARE:
        if chance.random() < PROVEN_BY_DOCUMENT:
            young = service.id == "children" or chance.random() < 0.1
            birth_date = _born(today, chance.randrange(1, 6) if young else chance.randrange(76, 96), chance)
        else:
            claim = chance.choice(CLAIMS)
            proven = chance.random() < PROOF_SHARE
    document = Document.CCCD_QR if birth_date or chance.random() < DOCUMENT_SHARE else Document.NONE
    if document is Document.CCCD_QR and not birth_date:
        birth_date = _born(today, chance.randrange(18, 74), chance)
    ordered = tuple(t for t in tests if chance.random() < 0.6) if chance.random() < TESTS_SHARE else ()
    misses = chance.random() < NO_SHOW_SHARE
    back_s = 60 * chance.uniform(2, 10) if misses and chance.random() < BACK_SHARE else 0.0
    score = chance.choices(SCORES, SCORE_WEIGHTS)[0] if chance.random() < RATING_SHARE else 0
    complaint = chance.choice(COMPLAINTS) if 0 < score <= 2 else Complaint.NONE
    efforts = tuple(chance.gammavariate(4.0, 0.25) for _ in range(EFFORTS))  # mean 1
    pays = chance.choices(MEANS, MEANS_WEIGHTS)[0]
    return Patient(
        at_s, service.id, document, birth_date, claim, proven, ordered, misses, back_s, efforts, score, complaint, pays
    )


def _born(today: date, age: int, chance: random.Random) -> str:
    """A birth date of somebody of this age: the first of a month of which a birthday was this year."""
    return f"{today.year - age:04d}-{chance.randrange(1, today.month + 1):02d}-01"


def clock(at_s: float) -> str:
    """What the morning's clock shows.

    >>> clock(95 * 60)
    '08:35'
    """
    minutes = int(STARTS_S + at_s) // 60
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
