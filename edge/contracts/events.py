"""What has happened at the site: the journal's entries, the streams' messages, the batches that go to the cloud.

No event says whose a ticket is. The tag of each struct carries its version ("TicketIssued/1").
"""

from msgspec import Struct

from edge.contracts.catalogue import Catalogue
from edge.contracts.ticket import Document, PrintFault


class _Event(Struct, frozen=True, tag_field="type"):
    pass


class CatalogueAdopted(_Event, frozen=True, tag="CatalogueAdopted/1"):
    """From here on the site works by this catalogue."""

    catalogue: Catalogue


class DayOpened(_Event, frozen=True, tag="DayOpened/1"):
    """A business day began: numbers start at 1 again, and tickets still live have lapsed. ``day`` is ``YYYY-MM-DD``."""

    day: str


class TicketIssued(_Event, frozen=True, tag="TicketIssued/1"):
    """A number was given. ``ahead`` is how many waited for the service before this ticket."""

    ticket: str
    label: str
    number: int
    service: str
    document: Document
    issuer: str
    ahead: int


class TicketAskedAgain(_Event, frozen=True, tag="TicketAskedAgain/1"):
    """The person who holds this ticket asked for the same service again, and was given the same number."""

    ticket: str
    issuer: str


class TicketPrinted(_Event, frozen=True, tag="TicketPrinted/1"):
    """The printer confirmed the slip."""

    ticket: str
    issuer: str


class PrintFailed(_Event, frozen=True, tag="PrintFailed/1"):
    """The slip did not come out, or nobody can tell; the number stays valid."""

    ticket: str
    issuer: str
    fault: PrintFault


class TicketCalled(_Event, frozen=True, tag="TicketCalled/1"):
    """The ticket's turn has come at this counter."""

    ticket: str
    label: str
    service: str
    counter: str


class TicketRecalled(_Event, frozen=True, tag="TicketRecalled/1"):
    """The ticket was called once more at the counter that had called it."""

    ticket: str
    label: str
    service: str
    counter: str


class TicketFinished(_Event, frozen=True, tag="TicketFinished/1"):
    """The person was served."""

    ticket: str
    counter: str


class TicketNoShow(_Event, frozen=True, tag="TicketNoShow/1"):
    """The person did not come when called."""

    ticket: str
    counter: str


Event = (
    CatalogueAdopted
    | DayOpened
    | TicketIssued
    | TicketAskedAgain
    | TicketPrinted
    | PrintFailed
    | TicketCalled
    | TicketRecalled
    | TicketFinished
    | TicketNoShow
)


class Entry(Struct, frozen=True):
    """One line of the journal: ``seq`` counts from 1 without gaps, ``at_ms`` never runs backwards."""

    seq: int
    at_ms: int
    event: Event


class Batch(Struct, frozen=True):
    """What one MQTT message carries upward: consecutive entries of one journal.

    ``epoch`` (32 hex digits) changes when a journal begins anew, so (site, epoch, seq) names an event for ever.
    """

    version: int
    epoch: str
    entries: tuple[Entry, ...]


class Acknowledgement(Struct, frozen=True):
    """The ingest's word that every entry up to ``seq`` is committed; only then may the outbox forget."""

    version: int
    epoch: str
    seq: int
