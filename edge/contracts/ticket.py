"""A ticket as every program sees it. Whose it is stands nowhere here: that stays in the hub's vault."""

from enum import Enum

from msgspec import Struct


class State(Enum):
    """Where a ticket is in its life; ``edge.queueing.ticket.TRANSITIONS`` says what may follow what."""

    WAITING = "waiting"
    CALLED = "called"
    FINISHED = "finished"
    NO_SHOW = "no-show"
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
    NO_ANSWER = "no-answer"
    INTERRUPTED = "interrupted"


class Document(Enum):
    """What the person registered with. The kind is counted (D1); the content never leaves the vault."""

    NONE = "none"
    CCCD_QR = "cccd-qr"


class Ticket(Struct, frozen=True):
    """One number for one person and one service on one business day.

    ``id`` is the id of the command that asked for it (32 hex digits), ``label`` what is printed and called
    ("A047"), times are milliseconds since 1970 UTC on the journal's clock, 0 where it has not happened.
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
