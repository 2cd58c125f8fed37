"""A ticket as every program sees it. Whose it is stands nowhere here: that stays in the hub's vault."""

from enum import Enum

from msgspec import Struct

from edge.contracts.payment import PaymentMeans


class State(Enum):
    """Where a ticket is in its life; ``edge.queueing.ticket.TRANSITIONS`` says what may follow what."""

    WAITING = "waiting"
    CALLED = "called"
    PARKED = "parked"
    FINISHED = "finished"
    NO_SHOW = "no-show"
    CANCELLED = "cancelled"
    MERGED = "merged"
    LAPSED = "lapsed"


class Paper(Enum):
    """What is known of the printed slip: commit → print → confirm."""

    PENDING = "pending"
    PRINTED = "printed"
    FAILED = "failed"


class PrintFault(Enum):
    """Why a slip did not come out."""

    UNREACHABLE = "unreachable"
    OFFLINE = "offline"
    PAPER_OUT = "paper-out"
    COVER_OPEN = "cover-open"
    CUTTER = "cutter"
    OVERHEATED = "overheated"
    BROKEN = "broken"
    NO_ANSWER = "no-answer"
    INTERRUPTED = "interrupted"


class Document(Enum):
    """What the person registered with. The kind is counted (D1); the content is kept nowhere."""

    CCCD_CHIP = "cccd-chip"
    CCCD_QR = "cccd-qr"
    VNEID_QR = "vneid-qr"
    BHYT_QR = "bhyt-qr"
    NONE = "none"


class Priority(Enum):
    """The legal ground of a priority. Source: Law 15/2023/QH15 on medical examination and treatment, article 3(2)."""

    NONE = "none"
    EMERGENCY = "emergency"
    UNDER_6 = "under-6"
    PREGNANT = "pregnant"
    DISABLED = "disabled"
    FROM_75 = "from-75"
    MERIT = "merit"


# Vietnamese source words; the English ones are in each program's gettext catalogue under these.
PRIORITY_WORDS: dict[Priority, str] = {
    Priority.NONE: "Thường",
    Priority.EMERGENCY: "Cấp cứu",
    Priority.UNDER_6: "Trẻ dưới 6 tuổi",
    Priority.PREGNANT: "Phụ nữ mang thai",
    Priority.DISABLED: "Khuyết tật nặng, đặc biệt nặng",
    Priority.FROM_75: "Từ đủ 75 tuổi",
    Priority.MERIT: "Người có công với cách mạng",
}
PRIORITY_LAW = "Luật 15/2023/QH15, Điều 3"


class Step(Struct, frozen=True):
    """One stage of a patient's route: a service, at one counter where ``room`` names it (the same doctor again)."""

    service: str
    room: str = ""


class Ticket(Struct, frozen=True):
    """One number for one person on one business day, from the first desk to the last.

    ``id`` is the id of the command that asked for it (32 hex digits), ``label`` what is printed and called
    ("A047"), times are milliseconds since 1970 UTC on the journal's clock, 0 where it has not happened.

    ``service`` is what it waits for or is served with now, ``room`` the only counter that may call it (empty: any that
    serves it), ``steps`` what follows, ``returning`` whether it came back to a doctor after tests. ``priority`` is in
    force, ``claim`` what the person said and no officer has confirmed yet.

    ``arrived_ms`` gives the place in the order, ``waiting_since_ms`` when this wait began; they differ after a
    transfer. ``expected_ms`` is how long this wait was estimated to last when it began (-1: no estimate). ``into`` is
    the ticket that a family's tickets were merged into. ``paid`` is how the fee of this service was paid, None where
    nobody has said so.
    """

    id: str
    label: str
    number: int
    service: str
    document: Document
    issuer: str
    issued_at_ms: int
    state: State = State.WAITING
    paper: Paper = Paper.PENDING
    counter: str = ""
    called_at_ms: int = 0
    ended_at_ms: int = 0
    priority: Priority = Priority.NONE
    claim: Priority = Priority.NONE
    room: str = ""
    steps: tuple[Step, ...] = ()
    returning: bool = False
    arrived_ms: int = 0
    waiting_since_ms: int = 0
    expected_ms: int = -1
    into: str = ""
    paid: PaymentMeans | None = None
    paid_at_ms: int = 0
