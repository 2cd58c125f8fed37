"""The screens of the kiosk, what can happen to them, and what the kiosk then does: words only, no rules."""

from enum import Enum

from msgspec import Struct

from edge.contracts.commands import IssueTicket, Reply
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, PrintFault, Ticket

LANGUAGES = ("vi", "en")


class Person(Struct, frozen=True):
    """Who has just shown a document. Lives only until the number is given; never in a repr."""

    name: str
    id_number: str
    document: Document

    def __repr__(self) -> str:
        return f"Person(document={self.document.value!r})"


class ScanProblem(Enum):
    """Why a scan gave no person; the page words what to do next. All but the first are the card reader's words."""

    UNREADABLE = "unreadable"
    NOT_A_CARD = "not-a-card"
    URL = "url"
    INSURANCE_CARD = "insurance-card"
    DAMAGED = "damaged"


class Outage(Enum):
    """Why the kiosk can give no number at all."""

    STARTING = "starting"
    HUB = "hub"
    UNANSWERED = "unanswered"
    CLOCK = "clock"
    CATALOGUE = "catalogue"


class Start(Struct, frozen=True):
    """The services, and the invitation to show a document."""


class Identified(Struct, frozen=True):
    """A document was read: the person chooses a service."""

    person: Person


class ScanTrouble(Struct, frozen=True):
    """The services still, and what to do about a scan that failed."""

    problem: ScanProblem


class Issuing(Struct, frozen=True):
    """The hub has been asked; ``command.id`` will be the ticket's id."""

    command: IssueTicket


class Printing(Struct, frozen=True):
    """The number is given and its slip is on the way. ``again``: the person already held this number."""

    ticket: Ticket
    ahead: int
    again: bool = False


class Taken(Struct, frozen=True):
    """The number is given; ``fault`` says why no slip came out."""

    ticket: Ticket
    ahead: int
    again: bool = False
    fault: PrintFault | None = None


class Refused(Struct, frozen=True):
    """The hub refused, for this reason."""

    reason: Refusal


class OutOfService(Struct, frozen=True):
    """No number can be had here now."""

    outage: Outage


Screen = Start | Identified | ScanTrouble | Issuing | Printing | Taken | Refused | OutOfService


class _Touch(Struct, frozen=True, forbid_unknown_fields=True, tag_field="touch"):
    """A touch says on which picture it was made: ``step`` is the number of the screen that the person saw."""

    step: int


class ServiceTouched(_Touch, frozen=True, tag="service"):
    """A tile was touched."""

    service: str


class Dismissed(_Touch, frozen=True, tag="dismiss"):
    """ "Not me", "Back" or "Done" was touched."""


class ReprintTouched(_Touch, frozen=True, tag="reprint"):
    """ "Print again" was touched."""


class LanguageTouched(_Touch, frozen=True, tag="language"):
    """The other language was touched."""


class ContrastTouched(_Touch, frozen=True, tag="contrast"):
    """High contrast was switched on or off."""


Touch = ServiceTouched | Dismissed | ReprintTouched | LanguageTouched | ContrastTouched


class Scanned(Struct, frozen=True):
    """A document was read."""

    person: Person


class ScanFailed(Struct, frozen=True):
    """Something was held under the scanner, and it was no document we can use."""

    problem: ScanProblem


class ScannerChanged(Struct, frozen=True):
    """The scanner was plugged in or lost."""

    present: bool


class PrinterChecked(Struct, frozen=True):
    """How the printer is while nothing is printed; None is well."""

    fault: PrintFault | None


class HubAnswered(Struct, frozen=True):
    """The hub's one reply to IssueTicket."""

    reply: Reply


class HubSilent(Struct, frozen=True):
    """The hub gave no answer to this command in time; whether the number exists is not known."""

    command: str


class HubLost(Struct, frozen=True):
    """The event stream is cut."""


class SiteChanged(Struct, frozen=True):
    """What is true at the site now; ``wall_ms`` is the site's clock, milliseconds since 1970 UTC."""

    site: Snapshot
    wall_ms: int


class PrintDone(Struct, frozen=True):
    """The printer confirmed the slip of this ticket."""

    ticket: str


class PrintFailed(Struct, frozen=True):
    """The slip of this ticket did not come out, or nobody can tell."""

    ticket: str
    fault: PrintFault


class TimedOut(Struct, frozen=True):
    """The clock moved on; ``deadline`` says when this is due."""


Input = (
    Touch
    | Scanned
    | ScanFailed
    | ScannerChanged
    | PrinterChecked
    | HubAnswered
    | HubSilent
    | HubLost
    | SiteChanged
    | PrintDone
    | PrintFailed
    | TimedOut
)


class Send(Struct, frozen=True):
    """Ask the hub for a number."""

    command: IssueTicket


class Print(Struct, frozen=True):
    """Print this ticket's slip; ``copy`` where the number was given before."""

    ticket: Ticket
    ahead: int
    copy: bool


class Confirm(Struct, frozen=True):
    """Tell the hub that the slip of this ticket came out."""

    ticket: str


class Report(Struct, frozen=True):
    """Tell the hub, and so the staff, that the slip of this ticket did not come out."""

    ticket: str
    fault: PrintFault


Effect = Send | Print | Confirm | Report
