"""Journals of fictitious sites, as a hub would write them."""

from random import Random

from edge.contracts.catalogue import Catalogue, Facility
from edge.contracts.eligibility import Outcome
from edge.contracts.events import (
    Batch,
    CatalogueAdopted,
    DayOpened,
    DocumentRead,
    EligibilityChecked,
    Entry,
    Event,
    TicketCalled,
    TicketFinished,
    TicketIssued,
    TicketNoShow,
    TicketPrinted,
    TicketRecalled,
)
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

EPOCH = "0123456789abcdef" * 2
MINUTE_MS = 60_000
OPENING_MS = 1_795_305_600_000  # 2026-11-22 07:00 in Vietnam
DAY = "2026-11-22"


class Journal:
    """Entries with their numbers and times; ``at_ms`` is the site's clock, which the test moves."""

    def __init__(self, at_ms: int = OPENING_MS) -> None:
        self.entries: list[Entry] = []
        self.at_ms = at_ms

    def add(self, event: Event) -> None:
        self.entries.append(Entry(len(self.entries) + 1, self.at_ms, event))

    def open(self, name: str = "Trung tâm Y tế huyện Mẫu", day: str = DAY, time_zone: str = "Asia/Ho_Chi_Minh") -> None:
        facility = Facility(name, "Sample District Health Centre", time_zone=time_zone)
        self.add(CatalogueAdopted(Catalogue(facility, (), (), (), ())))
        self.add(DayOpened(day))

    def issue(self, ticket: str, service: str = "general", document: Document = Document.NONE) -> None:
        self.add(TicketIssued(ticket, ticket, 1, service, document, "kiosk-1", 0))

    def call(self, ticket: str, service: str = "general", counter: str = "q1") -> None:
        self.add(TicketCalled(ticket, ticket, service, counter))

    def finish(self, ticket: str, counter: str = "q1") -> None:
        self.add(TicketFinished(ticket, counter))

    def no_show(self, ticket: str, counter: str = "q1") -> None:
        self.add(TicketNoShow(ticket, counter))

    def read(self, document: Document, fault: ReadingFault | None = None) -> None:
        self.add(DocumentRead("kiosk-1", document, fault))

    def look_up(self, outcome: Outcome) -> None:
        self.add(EligibilityChecked("kiosk-1", outcome))

    def happens(self, *events: Event) -> None:
        """These events, as they are."""
        for event in events:
            self.add(event)

    def batch(self, first: int = 1, last: int | None = None, epoch: str = EPOCH) -> Batch:
        return Batch(1, epoch, tuple(self.entries[first - 1 : last]))

    def batches(self, size: int, epoch: str = EPOCH) -> list[Batch]:
        return [self.batch(first, first + size - 1, epoch) for first in range(1, len(self.entries) + 1, size)]


def busy_day(tickets: int, random: Random, *, name: str = "Trung tâm Y tế huyện Mẫu") -> Journal:
    """A day in which so many tickets are issued, and most of them called, finished or marked as no-shows."""
    journal = Journal()
    journal.open(name)
    waiting: list[tuple[str, str]] = []
    called: list[tuple[str, str]] = []
    issued = 0
    while issued < tickets or len(waiting) > 3:
        journal.at_ms += random.randrange(MINUTE_MS // 2)
        move = random.random()
        if move < 0.4 and issued < tickets:
            issued += 1
            ticket, service = f"{random.getrandbits(128):032x}", random.choice(["general", "insurance"])
            document = random.choice([Document.CCCD_QR, Document.CCCD_QR, Document.NONE])
            journal.issue(ticket, service, document)
            if document is Document.CCCD_QR:
                journal.read(document, ReadingFault.QR_DAMAGED if ticket < "4" else None)
            journal.add(TicketPrinted(ticket, "kiosk-1"))
            waiting.append((ticket, service))
        elif move < 0.7 and waiting:
            ticket, service = waiting.pop(0)
            journal.call(ticket, service)
            called.append((ticket, service))
        elif called:
            ticket, service = called.pop(0)
            if move > 0.97:
                journal.add(TicketRecalled(ticket, ticket, service, "q1"))
                called.insert(0, (ticket, service))
            elif move > 0.94:
                journal.no_show(ticket)
            else:
                journal.finish(ticket)
    return journal
