"""The screens of the kiosk, and what stands on them: words only, no rules."""

from enum import Enum

from msgspec import Struct

from edge.contracts.commands import IssueTicket
from edge.contracts.eligibility import Outcome
from edge.contracts.face import AskAgain, AskOfficer, Consent, ErasePerson, FaceCapture, Giver, Purpose
from edge.contracts.outlook import Window
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, PrintFault, Priority, Ticket
from edge.emrtd.reader import Step
from edge.face.hint import Hint
from edge.identity.cccd_qr import CccdQr

LANGUAGES = ("vi", "en")


class Person(Struct, frozen=True):
    """Who has just shown a document. Lives only until the number is given; never in a repr.

    ``id_number``, ``birth_date`` (``YYYY-MM-DD``) and ``insurance_number`` are empty where the document has none.
    ``born`` is the birth date as an insurance card writes it, ``dd/MM/yyyy`` or ``yyyy``. ``qr`` is what the chip is to
    be compared with; None once it was, and where the document has no chip. ``portrait`` is the picture that the chip
    holds (JPEG or JPEG 2000), empty where it was not read.
    """

    name: str
    id_number: str
    document: Document
    birth_date: str = ""
    insurance_number: str = ""
    born: str = ""
    qr: CccdQr | None = None
    portrait: bytes = b""

    def __repr__(self) -> str:
        return f"Person(document={self.document.value!r})"


class Insured(Struct, frozen=True):
    """What the insurance portal says of the person who stands there; ``valid_to`` is ``YYYY-MM-DD``, or empty."""

    outcome: Outcome
    valid_to: str = ""


class ScanProblem(Enum):
    """Why a scan gave no person; the page words what to do next. All but the first are edge.identity's words."""

    UNREADABLE = "unreadable"
    NOT_A_CARD = "not-a-card"
    URL = "url"
    DAMAGED = "damaged"


class Card(Enum):
    """What is known of the card reader."""

    NO_READER = "no-reader"
    EMPTY = "empty"
    LAID = "laid"  # a card lies there, and no reading of it was begun
    READ = "read"  # one was, or nobody came for it: to be read it must be laid there anew


class Outage(Enum):
    """Why the kiosk can give no number at all."""

    STARTING = "starting"
    HUB = "hub"
    UNANSWERED = "unanswered"
    CLOCK = "clock"
    CATALOGUE = "catalogue"
    WITHDRAWN = "withdrawn"  # staff took the kiosk out of service
    SHUT = "shut"  # the Department did


class NoPictureWhy(Enum):
    """Why no picture came about."""

    TIME = "time"
    CAMERA = "camera"
    NOT_IN_PERSON = "not-in-person"


class Lacking(Enum):
    """What is still to be ticked before a consent is one."""

    PURPOSE = "purpose"
    GUARDIAN = "guardian"


class Test(Enum):
    """What became of the staff's test page."""

    NONE = "none"
    RUNNING = "running"
    WELL = "well"
    FAILED = "failed"


class Resting(Struct, frozen=True):
    """Nobody is near: a greeting, until somebody comes."""


class Start(Struct, frozen=True):
    """The services, and the invitation to show a document."""


class Identified(Struct, frozen=True):
    """A document was read: the person chooses a service."""

    person: Person


class Grounds(Struct, frozen=True):
    """The legal grounds of a priority, for a person who says to have one; ``person`` where a document was read."""

    person: Person | None = None


class Claimed(Struct, frozen=True):
    """The person named a ground, which an officer is to confirm, and chooses a service."""

    claim: Priority
    person: Person | None = None


class ScanTrouble(Struct, frozen=True):
    """The services still, and what to do about a scan that failed."""

    problem: ScanProblem


class ScanFirst(Struct, frozen=True):
    """The services still, and that a card on the reader is read once its QR was: the QR is the key to the chip."""


class ReadingChip(Struct, frozen=True):
    """The chip of ``person``'s card is being read, as reading number ``reading``: ``share`` of it is done, 0 to 1.

    ``claim`` is the ground that the person had named before.
    """

    reading: int
    person: Person
    claim: Priority = Priority.NONE
    step: Step = Step.ACCESS
    share: float = 0.0


class ChipTrouble(Struct, frozen=True):
    """The services still, and what to do about a chip that was not read, or is not believed.

    ``person`` is known by the QR still, or None where what was shown may not be this person's.
    """

    fault: ReadingFault
    person: Person | None = None
    claim: Priority = Priority.NONE


class AskConsent(Struct, frozen=True):
    """A service was chosen, and the person says whether a picture may be taken, and what for.

    ``asked`` is the number that they want, ``chip_picture`` the one to be compared with; ``offered`` are the purposes
    that are possible, ``ticked`` those that they ticked, ``child`` that the document says under 16, and ``lacking``
    what they were told to tick. ``keep_days``: how many nights beyond today they are told that their face is kept.
    """

    asked: IssueTicket
    offered: tuple[Purpose, ...]
    chip_picture: bytes = b""
    ticked: frozenset[Purpose] = frozenset()
    giver: Giver = Giver.SELF
    child: bool = False
    lacking: Lacking | None = None
    keep_days: int = 0

    def __repr__(self) -> str:
        return f"AskConsent({self.asked!r}, offered={self.offered!r}, ticked={self.ticked!r})"


class Agreed(Struct, frozen=True):
    """What a person wants and agreed to; ``chip_picture`` is empty without ``Purpose.CHIP``."""

    asked: IssueTicket
    consent: Consent
    chip_picture: bytes = b""

    def __repr__(self) -> str:
        return f"Agreed({self.asked!r}, {self.consent!r})"


class Looking(Struct, frozen=True):
    """The person sees themselves and is told how to stand, until a picture is taken: attempt number ``look``.

    ``doubts`` counts the pictures that looked like no person.
    """

    agreed: Agreed
    look: int
    hint: Hint = Hint.NOBODY
    doubts: int = 0


class NoPicture(Struct, frozen=True):
    """No picture came about: try again, or the number without one."""

    agreed: Agreed
    why: NoPictureWhy


class Issuing(Struct, frozen=True):
    """The hub has been asked, and ``command.id`` will be the ticket's id; or, ``alone``, the kiosk's own reserve.

    ``capture`` is what was sent of the person's face before, ``resent`` that it was sent once more.
    """

    command: IssueTicket
    alone: bool = False
    capture: FaceCapture | None = None
    resent: bool = False


class Claim(Struct, frozen=True):
    """Somebody wants the number ``asked`` and looks like the holder of the ticket ``held``."""

    asked: IssueTicket
    capture: FaceCapture
    held: str


class SeemsHeld(Struct, frozen=True):
    """The person seems to hold a number already: they say whether it is theirs."""

    claim: Claim


class Asking(Struct, frozen=True):
    """The hub was asked something that gives no new number; ``claim`` where it is about a number that seems held."""

    command: AskAgain | AskOfficer | ErasePerson
    claim: Claim | None = None


class Awaiting(Struct, frozen=True):
    """An officer is called to look, for ``contest``; ``seen``: the site has told of it."""

    claim: Claim
    contest: str
    seen: bool = False


class Erasing(Struct, frozen=True):
    """The person shows whose data is to be destroyed; ``problem`` is what was wrong with the last scan."""

    problem: ScanProblem | None = None


class Erased(Struct, frozen=True):
    """What was kept of the person's face is destroyed; ``label`` is their number, which stays valid, or empty."""

    label: str = ""


class Printing(Struct, frozen=True):
    """The number is given and its slip is on the way. ``again``: the person already held this number."""

    ticket: Ticket
    ahead: int
    again: bool = False
    wait: Window | None = None


class Taken(Struct, frozen=True):
    """The number is given; ``fault`` says why no slip came out, ``wait`` when it is expected to be called.

    ``may_come``: the printer may print the slip yet, by itself.
    """

    ticket: Ticket
    ahead: int
    again: bool = False
    fault: PrintFault | None = None
    wait: Window | None = None
    may_come: bool = False


class Refused(Struct, frozen=True):
    """The hub refused, for this reason; ``next_opens_ms`` is when it can be asked again, 0 where that is not known."""

    reason: Refusal
    next_opens_ms: int = 0


class LookUp(Struct, frozen=True):
    """A person types the number that they hold."""


class LookedUp(Struct, frozen=True):
    """How it stands with the number that was typed."""

    typed: str


class Closed(Struct, frozen=True):
    """Out of hours: no number is given now, and the page says when it opens again."""


class OutOfService(Struct, frozen=True):
    """No number can be had here now."""

    outage: Outage


class StaffPin(Struct, frozen=True):
    """Staff type their PIN; ``wrong``: the last one was, and none is looked at for ``wait_s`` seconds."""

    checking: bool = False
    wrong: bool = False
    wait_s: int = 0


class Staff(Struct, frozen=True):
    """How the devices are, and what staff can do. Of a document that is tried only its kind is kept."""

    test: Test = Test.NONE
    scanned: Document | None = None
    problem: ScanProblem | None = None


Screen = (
    Resting
    | Start
    | Identified
    | Grounds
    | Claimed
    | ScanTrouble
    | ScanFirst
    | ReadingChip
    | ChipTrouble
    | AskConsent
    | Looking
    | NoPicture
    | Issuing
    | SeemsHeld
    | Asking
    | Awaiting
    | Printing
    | Taken
    | Refused
    | Erasing
    | Erased
    | LookUp
    | LookedUp
    | Closed
    | OutOfService
    | StaffPin
    | Staff
)
