"""What has happened at the site: the journal's entries, the streams' messages, the batches that go to the cloud.

No event says whose a ticket is. The tag of each struct carries its version ("TicketIssued/1").
"""

from enum import Enum

from msgspec import Struct

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import Complaint, OutOfOrder
from edge.contracts.counter import CounterState, Pause
from edge.contracts.eligibility import Outcome
from edge.contracts.experience import Experience
from edge.contracts.face import ChipVerdict, ContestVerdict, Giver, Purpose
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.term import Term
from edge.contracts.ticket import Document, PrintFault, Priority, Step, Ticket


class _Event(Struct, frozen=True, tag_field="type"):
    pass


class Lease(Struct, frozen=True):
    """The numbers ``first`` to ``last`` behind ``prefix`` that only this kiosk gives, each once a business day."""

    device: str
    service: str
    prefix: str
    first: int
    last: int


class CatalogueAdopted(_Event, frozen=True, tag="CatalogueAdopted/1"):
    """From here on the site works by this catalogue."""

    catalogue: Catalogue


class DayOpened(_Event, frozen=True, tag="DayOpened/1"):
    """A business day began: numbers start anew, and tickets still live have lapsed. ``day`` is ``YYYY-MM-DD``.

    ``experience``, ``leases`` and ``term`` are what the day takes over from those before, so that a start reads no
    older entry.
    """

    day: str
    experience: Experience = Experience()
    leases: tuple[Lease, ...] = ()
    term: Term = Term()


class TicketIssued(_Event, frozen=True, tag="TicketIssued/1"):
    """A number was given. ``ahead`` is how many waited before this ticket, ``expected_ms`` how long the wait was
    estimated to last; ``arrived_ms`` is 0 where it arrived with this entry."""

    ticket: str
    label: str
    number: int
    service: str
    document: Document
    issuer: str
    ahead: int
    priority: Priority = Priority.NONE
    claim: Priority = Priority.NONE
    room: str = ""
    steps: tuple[Step, ...] = ()
    arrived_ms: int = 0
    expected_ms: int = -1


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


class PrioritySet(_Event, frozen=True, tag="PrioritySet/1"):
    """An officer confirmed a legal ground, or found none; nothing is claimed any more."""

    ticket: str
    priority: Priority


class TicketCalled(_Event, frozen=True, tag="TicketCalled/1"):
    """The ticket's turn has come at this counter; ``reason`` where it was called out of its order."""

    ticket: str
    label: str
    service: str
    counter: str
    reason: OutOfOrder | None = None


class TicketRecalled(_Event, frozen=True, tag="TicketRecalled/1"):
    """The ticket was called once more at the counter that had called it."""

    ticket: str
    label: str
    service: str
    counter: str


class TicketFinished(_Event, frozen=True, tag="TicketFinished/1"):
    """The person was served, and nothing follows."""

    ticket: str
    counter: str


class TicketNoShow(_Event, frozen=True, tag="TicketNoShow/1"):
    """The person did not come when called."""

    ticket: str
    counter: str


class Onward(Enum):
    """Why a ticket went on to another service."""

    STEP = "step"
    TESTS = "tests"
    TRANSFER = "transfer"
    REFERRAL = "referral"


class TicketSentOn(_Event, frozen=True, tag="TicketSentOn/1"):
    """The ticket waits for ``service`` from now on, for the counter ``room`` where that is not empty.

    ``counter`` is where it was served, empty where it only waited. ``steps`` follow; ``returning``: back to a doctor
    after tests. ``arrived_ms`` gives its place.
    """

    ticket: str
    label: str
    service: str
    counter: str
    why: Onward
    arrived_ms: int
    room: str = ""
    steps: tuple[Step, ...] = ()
    returning: bool = False
    expected_ms: int = -1


class TicketParked(_Event, frozen=True, tag="TicketParked/1"):
    """The person waits beside the counter until it calls them back."""

    ticket: str
    counter: str


class TicketReturned(_Event, frozen=True, tag="TicketReturned/1"):
    """Somebody who had missed the call, or was parked, waits again at their place."""

    ticket: str
    service: str


class TicketCancelled(_Event, frozen=True, tag="TicketCancelled/1"):
    """The number was given back."""

    ticket: str


class TicketMerged(_Event, frozen=True, tag="TicketMerged/1"):
    """The ticket is served together with ``into``."""

    ticket: str
    into: str


class RoomChanged(_Event, frozen=True, tag="RoomChanged/1"):
    """Who waited for the counter ``was`` waits for ``room`` now, or for any where that is empty; they must be told."""

    ticket: str
    label: str
    service: str
    room: str
    was: str


class TicketRated(_Event, frozen=True, tag="TicketRated/1"):
    """How satisfied the person was, 1 to 5."""

    ticket: str
    service: str
    counter: str
    score: int
    complaint: Complaint = Complaint.NONE


class PaymentTaken(_Event, frozen=True, tag="PaymentTaken/1"):
    """The fee of the ticket's present service was paid at this counter; how much stands nowhere.

    ``instead_of`` is what had been said before by mistake, at ``instead_ms``: it counts no more.
    """

    ticket: str
    service: str
    counter: str
    means: PaymentMeans
    instead_of: PaymentMeans | None = None
    instead_ms: int = 0


class CounterChanged(_Event, frozen=True, tag="CounterChanged/1"):
    """A counter opened, paused, closed, or works on online dossiers."""

    counter: str
    state: CounterState
    pause: Pause = Pause.NONE


class NumbersLeased(_Event, frozen=True, tag="NumbersLeased/1"):
    """From now on these numbers of each day are the kiosk's own."""

    lease: Lease


class DocumentRead(_Event, frozen=True, tag="DocumentRead/1"):
    """An attempt to read a document ended at the kiosk ``issuer``: well, or ``fault`` says why not (D1)."""

    issuer: str
    document: Document
    fault: ReadingFault | None = None


class ActionUndone(_Event, frozen=True, tag="ActionUndone/1"):
    """A mis-click at this counter was taken back: these tickets are again as they were before it.

    ``undone`` are the same tickets as the mis-click had left them, ``done_at_ms`` is when it was made: what was counted
    then can be uncounted.
    """

    counter: str
    tickets: tuple[Ticket, ...]
    undone: tuple[Ticket, ...] = ()
    done_at_ms: int = 0


class EligibilityChecked(_Event, frozen=True, tag="EligibilityChecked/1"):
    """The insurance portal was asked about somebody at the kiosk ``issuer``; ``code`` is its own, empty without one."""

    issuer: str
    outcome: Outcome
    code: str = ""


class ConsentGiven(_Event, frozen=True, tag="ConsentGiven/1"):
    """Whoever took this number agreed to these uses of a picture, having read ``wording`` in ``language``, and
    that it is kept for ``keep_days`` nights beyond its day."""

    ticket: str
    purposes: tuple[Purpose, ...]
    giver: Giver
    wording: str
    language: str
    issuer: str
    keep_days: int = 0


class ChipMatched(_Event, frozen=True, tag="ChipMatched/1"):
    """The live face of whoever took this number was compared with the portrait in the chip."""

    ticket: str
    verdict: ChipVerdict
    issuer: str


class NumberContested(_Event, frozen=True, tag="NumberContested/1"):
    """Somebody at the kiosk ``issuer`` looks like the holder of ``ticket`` and says to be another."""

    contest: str
    ticket: str
    service: str
    issuer: str
    face: str


class ContestSettled(_Event, frozen=True, tag="ContestSettled/1"):
    """An officer looked, or the person went away."""

    contest: str
    ticket: str
    verdict: ContestVerdict


class Announced(_Event, frozen=True, tag="Announced/1"):
    """A floor lead had something said and shown, for ``minutes`` on the screens. The words stay in the building: on
    their way to the cloud they are empty."""

    notice: str
    text_vi: str
    text_en: str
    zones: tuple[str, ...]
    urgent: bool
    minutes: int
    by: str

    def __repr__(self) -> str:
        return f"Announced(notice={self.notice!r}, …)"


class NoticeEnded(_Event, frozen=True, tag="NoticeEnded/1"):
    """A notice was taken from the screens."""

    notice: str
    by: str


class PersonErased(_Event, frozen=True, tag="PersonErased/1"):
    """What was kept of the face of whoever holds this ticket was destroyed, as they asked at ``issuer``."""

    ticket: str
    issuer: str


class HubSucceeded(_Event, frozen=True, tag="HubSucceeded/1"):
    """Another machine became the hub of ``generation``. With this entry a new epoch begins; all entries before it were
    copied from the hub of the epoch ``before``, up to its sequence number ``before_seq``. Until it is known that those
    before have stopped, its numbers come from the leases of ``block``."""

    generation: int
    before: str
    before_seq: int
    block: str


class HubRetired(_Event, frozen=True, tag="HubRetired/1"):
    """The hub of this earlier generation gives no numbers any more."""

    generation: int


Event = (
    CatalogueAdopted
    | DayOpened
    | TicketIssued
    | TicketAskedAgain
    | TicketPrinted
    | PrintFailed
    | PrioritySet
    | TicketCalled
    | TicketRecalled
    | TicketFinished
    | TicketNoShow
    | TicketSentOn
    | TicketParked
    | TicketReturned
    | TicketCancelled
    | TicketMerged
    | RoomChanged
    | TicketRated
    | PaymentTaken
    | CounterChanged
    | NumbersLeased
    | DocumentRead
    | EligibilityChecked
    | ActionUndone
    | ConsentGiven
    | ChipMatched
    | Announced
    | NoticeEnded
    | NumberContested
    | ContestSettled
    | PersonErased
    | HubSucceeded
    | HubRetired
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
