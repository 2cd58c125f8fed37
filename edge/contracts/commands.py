"""What a kiosk, a board or an officer asks the hub to do, and the one reply it gets.

The tag of each struct carries its version ("IssueTicket/1"). ``id`` is made by the sender, 32 hex digits, random:
a command sent twice is done once and answered the same.
"""

from enum import Enum
from typing import Annotated

from msgspec import Meta

from edge.contracts.catalogue import Catalogue
from edge.contracts.counter import CounterState, Pause
from edge.contracts.eligibility import Outcome, ResultCode
from edge.contracts.face import AskAgain, AskOfficer, ChipVerdict, ErasePerson, SettleContest
from edge.contracts.message import (
    BirthDate,
    CommandId,
    IdNumber,
    IdOrNone,
    InsuranceNumber,
    Message,
    Name,
    TicketOrNobody,
)
from edge.contracts.notice import Announce, EndNotice
from edge.contracts.outlook import Window
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, PrintFault, Priority, Ticket

Number = Annotated[int, Meta(ge=1, le=9999)]
Moment = Annotated[int, Meta(ge=0, le=4_000_000_000_000)]
Score = Annotated[int, Meta(ge=1, le=5)]


class OutOfOrder(Enum):
    """Why an officer calls somebody whose turn it is not."""

    EMERGENCY = "emergency"
    FRAIL = "frail"
    DOCTOR_ASKED = "doctor-asked"
    FAMILY = "family"
    MISSED_TURN = "missed-turn"
    OTHER = "other"


class Complaint(Enum):
    """What a patient was not satisfied with; at most one is asked for."""

    NONE = ""
    WAIT = "wait"
    ATTITUDE = "attitude"
    GUIDANCE = "guidance"
    FACILITIES = "facilities"


class PersonKey(Enum):
    """By what an officer looks a visit up (P6)."""

    CCCD = "cccd"
    BHYT = "bhyt"
    PHONE = "phone"


class IssueTicket(Message, frozen=True, tag="IssueTicket/1"):
    """Give the person a number. ``id_number`` is the 12-digit ID, ``insurance_number`` the code of the BHYT card; both
    are empty where no document was read (K12).

    ``birth_date`` (``YYYY-MM-DD``) stands on the document and gives the priority of the old and the young; ``claim``
    is a legal ground that the person named and an officer is to confirm. ``face`` names the FaceCapture of the person,
    ``chip`` how it compares with the chip's portrait, ``contest`` the one in which an officer said that this is not
    who holds the number that was contested.
    """

    id: CommandId
    service: Name
    document: Document = Document.NONE
    id_number: IdNumber = ""
    birth_date: BirthDate = ""
    claim: Priority = Priority.NONE
    insurance_number: InsuranceNumber = ""
    face: IdOrNone = ""
    chip: ChipVerdict | None = None
    contest: IdOrNone = ""

    def __repr__(self) -> str:
        return f"IssueTicket(id={self.id!r}, service={self.service!r}, document={self.document.value!r}, …)"


class ConfirmPrint(Message, frozen=True, tag="ConfirmPrint/1"):
    """The slip of this ticket came out of the printer."""

    id: CommandId
    ticket: CommandId


class ReportPrintFault(Message, frozen=True, tag="ReportPrintFault/1"):
    """The slip of this ticket did not come out, or nobody can tell."""

    id: CommandId
    ticket: CommandId
    fault: PrintFault


class LeaseNumbers(Message, frozen=True, tag="LeaseNumbers/1"):
    """Set numbers of this service aside for the kiosk that asks, to give while the hub cannot be reached."""

    id: CommandId
    service: Name


class RegisterTicket(Message, frozen=True, tag="RegisterTicket/1"):
    """A number of the kiosk's lease was given on ``day`` while the hub could not be reached: take it into the queue.

    ``instead_of`` is the IssueTicket that the hub had not answered: its ticket, if it came to be, is cancelled.
    ``printed``: the slip came out.
    """

    id: CommandId
    service: Name
    number: Number
    day: BirthDate
    given_at_ms: Moment
    instead_of: TicketOrNobody = ""
    printed: bool = False
    document: Document = Document.NONE
    id_number: IdNumber = ""
    birth_date: BirthDate = ""
    claim: Priority = Priority.NONE
    insurance_number: InsuranceNumber = ""

    def __repr__(self) -> str:
        return f"RegisterTicket(id={self.id!r}, service={self.service!r}, number={self.number}, …)"


class ReportReading(Message, frozen=True, tag="ReportReading/1"):
    """An attempt to read a document has come to its end: well, or ``fault`` says why not. Whose it was stands nowhere.

    ``document`` is the kind that was being read, ``none`` where that is not known.
    """

    id: CommandId
    document: Document
    fault: ReadingFault | None = None


class CallNext(Message, frozen=True, tag="CallNext/1"):
    """Call the next person to this counter; the one who is there now is finished. A counter that is not open opens.

    ``seen`` is the ticket that the sender saw at the counter (empty: nobody), so that two presses made on the same
    picture call one person.
    """

    id: CommandId
    counter: Name
    seen: str = ""


class CallTicket(Message, frozen=True, tag="CallTicket/1"):
    """Call this ticket to the counter: one that is parked here, or one whose turn it is not, for a reason."""

    id: CommandId
    counter: Name
    ticket: CommandId
    seen: str = ""
    reason: OutOfOrder | None = None


class Recall(Message, frozen=True, tag="Recall/1"):
    """Call the person who was called here once more."""

    id: CommandId
    counter: Name
    ticket: CommandId


class MarkNoShow(Message, frozen=True, tag="MarkNoShow/1"):
    """The person who was called here did not come."""

    id: CommandId
    counter: Name
    ticket: CommandId


class Finish(Message, frozen=True, tag="Finish/1"):
    """The person at this counter has been served; where the route goes on, they wait for its next service."""

    id: CommandId
    counter: Name
    ticket: CommandId


class Transfer(Message, frozen=True, tag="Transfer/1"):
    """Send the person at this counter to another service, or to the counter ``room`` for it; the route stays."""

    id: CommandId
    counter: Name
    ticket: CommandId
    service: Name
    room: str = ""


class SendToTests(Message, frozen=True, tag="SendToTests/1"):
    """Send the person at this counter through these services, and then back to this very counter."""

    id: CommandId
    counter: Name
    ticket: CommandId
    services: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=6)]


class Park(Message, frozen=True, tag="Park/1"):
    """Let the person at this counter wait beside it; the counter calls them back with CallTicket."""

    id: CommandId
    counter: Name
    ticket: CommandId


class SetCounter(Message, frozen=True, tag="SetCounter/1"):
    """Open, pause or close this counter, or show that it works on online dossiers."""

    id: CommandId
    counter: Name
    state: CounterState
    pause: Pause = Pause.NONE


class Undo(Message, frozen=True, tag="Undo/1"):
    """Take back what ``command`` did at this counter a moment ago."""

    id: CommandId
    counter: Name
    command: CommandId


class Rate(Message, frozen=True, tag="Rate/1"):
    """How satisfied the person is who was served last at this counter: 1 (not at all) to 5 (very).

    ``ticket`` is the one that the sender asked about, empty where it showed none (a row of buttons).
    """

    id: CommandId
    counter: Name
    score: Score
    complaint: Complaint = Complaint.NONE
    ticket: TicketOrNobody = ""


class GiveNumber(Message, frozen=True, tag="GiveNumber/1"):
    """An officer gives a number by hand: to an emergency, or where the kiosk cannot be used."""

    id: CommandId
    service: Name
    priority: Priority = Priority.NONE


class SetPriority(Message, frozen=True, tag="SetPriority/1"):
    """An officer saw the proof of a legal ground, or found none (``Priority.NONE``)."""

    id: CommandId
    ticket: CommandId
    priority: Priority


class ReturnToQueue(Message, frozen=True, tag="ReturnToQueue/1"):
    """The person who missed the call, or was parked, waits again at their place."""

    id: CommandId
    ticket: CommandId


class Refer(Message, frozen=True, tag="Refer/1"):
    """Send somebody who waits to the queue of another service."""

    id: CommandId
    ticket: CommandId
    service: Name
    room: str = ""


class CancelTicket(Message, frozen=True, tag="CancelTicket/1"):
    """The number is given back: nobody will come."""

    id: CommandId
    ticket: CommandId


class MergeTickets(Message, frozen=True, tag="MergeTickets/1"):
    """A family comes in together: ``ticket`` is served with ``into`` from now on."""

    id: CommandId
    ticket: CommandId
    into: CommandId


class TakePayment(Message, frozen=True, tag="TakePayment/1"):
    """The person at this counter has paid the fee, as the cashier saw; another means than before corrects it."""

    id: CommandId
    counter: Name
    ticket: CommandId
    means: PaymentMeans


class LinkPerson(Message, frozen=True, tag="LinkPerson/1"):
    """Let this visit be found by an ID, insurance or telephone number, which is kept as its HMAC only (P6)."""

    id: CommandId
    ticket: CommandId
    kind: PersonKey
    value: Annotated[str, Meta(min_length=8, max_length=20)]

    def __repr__(self) -> str:
        return f"LinkPerson(id={self.id!r}, ticket={self.ticket!r}, kind={self.kind.value!r}, …)"


class ReportEligibility(Message, frozen=True, tag="ReportEligibility/1"):
    """The insurance portal was asked about somebody at a kiosk: what came of it, with the portal's own code. The hub
    says this to itself; no device may."""

    id: CommandId
    outcome: Outcome
    code: ResultCode = ""


class AdoptCatalogue(Message, frozen=True, tag="AdoptCatalogue/1"):
    """Work by this catalogue from now on. ``base`` is the version that it was made from: another officer's change in
    between is not overwritten. The hub numbers the new version itself."""

    id: CommandId
    base: int
    catalogue: Catalogue


class RetireHub(Message, frozen=True, tag="RetireHub/1"):
    """The hub of this earlier generation has stopped for good: it said so, or an administrator vouches for it."""

    id: CommandId
    generation: Annotated[int, Meta(ge=0, le=10**6)]


KioskCommand = (
    IssueTicket
    | ConfirmPrint
    | ReportPrintFault
    | LeaseNumbers
    | RegisterTicket
    | ReportReading
    | AskAgain
    | AskOfficer
    | ErasePerson
)
CounterCommand = (
    CallNext | CallTicket | Recall | MarkNoShow | Finish | Transfer | SendToTests | Park | SetCounter | Undo | Rate
)
DeskCommand = (
    GiveNumber
    | SetPriority
    | ReturnToQueue
    | Refer
    | CancelTicket
    | MergeTickets
    | TakePayment
    | LinkPerson
    | SettleContest
    | Announce
    | EndNotice
)
Command = KioskCommand | CounterCommand | DeskCommand | AdoptCatalogue | ReportEligibility | RetireHub


class Done(Message, frozen=True, tag="Done/1"):
    """The command was carried out, now or when it was first sent.

    ``ticket`` is the ticket it was about; ``ahead`` how many wait before it; ``again`` is true where the person
    already held this number and gets it once more; ``wait`` when it is expected to be called.
    """

    command: CommandId
    ticket: Ticket
    ahead: int = 0
    again: bool = False
    wait: Window | None = None


class Agreed(Message, frozen=True, tag="Agreed/1"):
    """A command that is about no ticket was carried out, now or when it was first sent."""

    command: CommandId


class Refused(Message, frozen=True, tag="Refused/1"):
    """The command was not carried out and never will be under this id; ``edge.contracts.refusals`` words the reason.

    ``next_opens_ms`` is when it can be asked again, where that is known; ``detail`` names the place in a catalogue
    that cannot be worked by.
    """

    command: CommandId
    reason: Refusal
    ticket: Ticket | None = None
    next_opens_ms: int = 0
    detail: str = ""


Reply = Done | Agreed | Refused
