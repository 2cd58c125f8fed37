"""What can happen to the kiosk's screens, and what the kiosk then does: words only, no rules."""

from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.commands import IssueTicket, Reply
from edge.contracts.face import AskAgain, AskOfficer, ErasePerson, FaceCapture
from edge.contracts.outlook import Outlook, Window
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, PrintFault, Priority, Ticket
from edge.emrtd.reader import Step
from edge.kiosk.screens import Insured, Person, ScanProblem
from edge.kiosk.sightings import FaceChoice, Look, Sighting, StopLooking, Touched
from edge.kiosk.upkeep import StaffChoice, Upkeep, UpkeepEffect


class ServiceTouched(Touched, frozen=True, tag="service"):
    """A tile was touched."""

    service: str


class PriorityTouched(Touched, frozen=True, tag="priority"):
    """ "I have legal priority" was touched."""


class GroundTouched(Touched, frozen=True, tag="ground"):
    """A legal ground was touched."""

    ground: Priority


class LookUpTouched(Touched, frozen=True, tag="look-up"):
    """ "See my number" was touched."""


class NumberTyped(Touched, frozen=True, tag="number"):
    """A number was typed and is to be looked up."""

    label: Annotated[str, Meta(min_length=1, max_length=12)]


class Dismissed(Touched, frozen=True, tag="dismiss"):
    """ "Not me", "Back" or "Done" was touched."""


class ReprintTouched(Touched, frozen=True, tag="reprint"):
    """ "Print again" was touched."""


class LanguageTouched(Touched, frozen=True, tag="language"):
    """The other language was touched."""


class ContrastTouched(Touched, frozen=True, tag="contrast"):
    """High contrast was switched on or off."""


class LowerTouched(Touched, frozen=True, tag="lower"):
    """The controls are to be moved down, or up again."""


class PageTouched(Touched, frozen=True, tag="page"):
    """The next page of services is to be shown; after the last the first."""


class StayTouched(Touched, frozen=True, tag="stay"):
    """ "I need more time" was touched."""


# These change what the person does next, so they count only on the picture they were made on.
Choice = (
    ServiceTouched
    | PriorityTouched
    | GroundTouched
    | LookUpTouched
    | NumberTyped
    | Dismissed
    | ReprintTouched
    | PageTouched
    | FaceChoice
    | StaffChoice
)
Touch = Choice | LanguageTouched | ContrastTouched | LowerTouched | StayTouched


class Scanned(Struct, frozen=True):
    """The QR of a document was read."""

    person: Person


class ScanFailed(Struct, frozen=True):
    """Something was held under the scanner, and it was no document we can use."""

    problem: ScanProblem


class SlipScanned(Struct, frozen=True):
    """The QR of the slip of this ticket was read."""

    ticket: str


class InsuranceHeard(Struct, frozen=True):
    """The hub says whether the person of this question is insured."""

    check: int
    insured: Insured


class ScannerChanged(Struct, frozen=True):
    """The scanner was plugged in or lost."""

    present: bool


class CardLaid(Struct, frozen=True):
    """A card was laid on the reader, or lies there already when the reader is found."""


class CardTaken(Struct, frozen=True):
    """A reader is there and no card on it."""


class ReaderLost(Struct, frozen=True):
    """The card reader was unplugged, or none was found at the start."""


class ChipProgress(Struct, frozen=True):
    """How far this reading is: ``share`` of it is done, 0 to 1."""

    reading: int
    step: Step
    share: float


class ChipRead(Struct, frozen=True):
    """This reading is done, and what was read is believed: it names ``person``."""

    reading: int
    person: Person


class ChipFailed(Struct, frozen=True):
    """This reading came to nothing."""

    reading: int
    fault: ReadingFault


class PrinterChecked(Struct, frozen=True):
    """How the printer is while nothing is printed; None is well. ``low``: the roll is nearly at its end."""

    fault: PrintFault | None
    low: bool = False


class HubAnswered(Struct, frozen=True):
    """The hub's one reply to IssueTicket, or to what was asked."""

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


class OutlookChanged(Struct, frozen=True):
    """What the hub expects has changed: hours, waiting times, who is next; ``wall_ms`` as in SiteChanged."""

    outlook: Outlook
    wall_ms: int


class SiteRemembered(Struct, frozen=True):
    """The site as the kiosk knew it when it last ran; the hub has not been heard yet."""

    site: Snapshot
    wall_ms: int


class HubAway(Struct, frozen=True):
    """The event stream has been cut for longer than a hub needs to start anew."""


class ReserveChanged(Struct, frozen=True):
    """The services that the kiosk can give a number for by itself, the tickets that it gave so and the hub has not
    taken in yet, and the commands that those were given in place of."""

    services: frozenset[str]
    tickets: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()


class ReserveGiven(Struct, frozen=True):
    """A number of the kiosk's own answers this command; ``again``: the person held it already."""

    command: str
    ticket: Ticket
    again: bool


class ReserveRefused(Struct, frozen=True):
    """The kiosk has no number of its own for this command: none is left (``reason``), or the disk took none (None)."""

    command: str
    reason: Refusal | None


class SlipInterrupted(Struct, frozen=True):
    """The kiosk stopped a moment ago, when it was printing this number of its own."""

    ticket: Ticket


class PrintDone(Struct, frozen=True):
    """The printer confirmed the slip of this ticket."""

    ticket: str


class PrintFailed(Struct, frozen=True):
    """The slip of this ticket did not come out, or nobody can tell; ``may_come``: it may by itself, later."""

    ticket: str
    fault: PrintFault
    may_come: bool = False


class TimedOut(Struct, frozen=True):
    """The clock moved on; ``deadline`` says when this is due."""


Input = (
    Touch
    | Scanned
    | ScanFailed
    | SlipScanned
    | Sighting
    | ScannerChanged
    | CardLaid
    | CardTaken
    | ReaderLost
    | ChipProgress
    | ChipRead
    | ChipFailed
    | InsuranceHeard
    | PrinterChecked
    | HubAnswered
    | HubSilent
    | HubLost
    | SiteChanged
    | OutlookChanged
    | SiteRemembered
    | HubAway
    | ReserveChanged
    | ReserveGiven
    | ReserveRefused
    | SlipInterrupted
    | PrintDone
    | PrintFailed
    | TimedOut
    | Upkeep
)


class Send(Struct, frozen=True):
    """Ask the hub for a number, once it has ``capture``."""

    command: IssueTicket
    capture: FaceCapture | None = None


class Ask(Struct, frozen=True):
    """Ask the hub for what gives no new number."""

    command: AskAgain | AskOfficer | ErasePerson


class LeaveContest(Struct, frozen=True):
    """Tell the hub, and so the staff, that whoever waited for this contest has gone."""

    contest: str


class GiveReserve(Struct, frozen=True):
    """Give a number of the kiosk's own; ``sent``: the hub was asked by this command and did not answer."""

    command: IssueTicket
    sent: bool


class ReadChip(Struct, frozen=True):
    """Read the card that lies on the reader with the key of ``person``'s QR, and see whether it is this person's.

    ``portrait``: the picture in the chip is wanted, too.
    """

    reading: int
    person: Person
    portrait: bool = False


class CancelReading(Struct, frozen=True):
    """Nobody waits for this reading any more."""

    reading: int


class CheckInsurance(Struct, frozen=True):
    """Ask the hub whether this person is insured; ``check`` numbers the question."""

    check: int
    person: Person


class ReportReading(Struct, frozen=True):
    """Tell the hub that an attempt to read a document ended: well, or ``fault`` says why not (D1)."""

    document: Document
    fault: ReadingFault | None = None


class Print(Struct, frozen=True):
    """Print this ticket's slip, ``language`` first; ``copy`` where the number was given before."""

    ticket: Ticket
    ahead: int
    copy: bool
    wait: Window | None = None
    language: str = "vi"


class Confirm(Struct, frozen=True):
    """Tell the hub that the slip of this ticket came out."""

    ticket: str


class Report(Struct, frozen=True):
    """Tell the hub, and so the staff, that the slip of this ticket did not come out."""

    ticket: str
    fault: PrintFault


Effect = (
    Send
    | Ask
    | LeaveContest
    | Look
    | StopLooking
    | GiveReserve
    | ReadChip
    | CancelReading
    | ReportReading
    | CheckInsurance
    | Print
    | Confirm
    | Report
    | UpkeepEffect
)
