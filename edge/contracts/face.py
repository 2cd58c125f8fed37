"""Pictures of a person who takes a number: what they agree to, and what is found out. No picture stands in any event.

Law 91/2025/QH15: consent is asked for each purpose, and a person who gives none gets the same number the same way.
"""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.message import CommandId, IdNumber, IdOrNone, InsuranceNumber, Message, Name

MAX_PORTRAIT_BYTES = 40_960
MAX_KEEP_DAYS = 30  # that a facility may keep faces beyond their day
TEMPLATE_BYTES = 256  # 128 half-precision numbers, as edge.face.likeness packs them


class Purpose(Enum):
    """What a picture may be used for; each is asked by itself."""

    PORTRAIT = "portrait"  # the officer who calls the number sees who took it
    ONE_NUMBER = "one-number"  # compared with the others who took a number today
    CHIP = "chip"  # compared with the picture in the chip of the ID card


class Giver(Enum):
    """Who agreed."""

    SELF = "self"
    GUARDIAN = "guardian"  # a parent or guardian, for a child


class ChipVerdict(Enum):
    """How the live face compares with the portrait in the chip."""

    MATCH = "match"
    UNSURE = "unsure"
    NO_MATCH = "no-match"


class Consent(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person agreed to: each purpose once, in the order of :class:`Purpose`.

    ``wording`` names the text that they read (``edge.kiosk.consent``), ``language`` the language it was shown in, and
    ``keep_days`` how many nights beyond its own day they were told that their face is kept.
    Raises ValueError (a ValidationError where it is decoded) without a purpose, or with one out of its order.
    """

    purposes: Annotated[tuple[Purpose, ...], Meta(min_length=1, max_length=3)]
    giver: Giver = Giver.SELF
    wording: Annotated[str, Meta(pattern="^[0-9a-z.-]{1,16}$")] = "1"
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$")] = "vi"
    keep_days: Annotated[int, Meta(ge=0, le=MAX_KEEP_DAYS)] = 0

    def __post_init__(self) -> None:
        if self.purposes != in_order(self.purposes):
            raise ValueError("purposes: each once, in the order of Purpose")


def in_order(purposes: "tuple[Purpose, ...] | frozenset[Purpose]") -> tuple[Purpose, ...]:
    """These purposes, each once and in their order."""
    return tuple(purpose for purpose in Purpose if purpose in purposes)


class ContestVerdict(Enum):
    """How it ended: an officer looked at both, or the person went away."""

    SAME = "same"
    DIFFERENT = "different"
    LEFT = "left"


class Contest(Struct, frozen=True):
    """Somebody at the kiosk ``issuer`` who wants a number of ``service`` looks like the holder of ``ticket`` and says
    to be another. ``id`` is the AskOfficer's, ``face`` the capture of who stands there; ``verdict`` is None until it
    has ended."""

    id: str
    ticket: str
    service: str
    issuer: str
    face: str
    asked_at_ms: int
    verdict: ContestVerdict | None = None


class FaceCapture(Message, frozen=True, tag="FaceCapture/1"):
    """``POST /api/v1/faces``: what the kiosk's camera made of the person who stands there, for the hub's vault.

    ``id`` is made by the kiosk, 32 hex digits; IssueTicket names it. ``portrait`` is a JPEG, there only with
    ``Purpose.PORTRAIT``; ``template`` only with ``Purpose.ONE_NUMBER`` and a model pack.
    """

    id: CommandId
    consent: Consent
    portrait: Annotated[bytes, Meta(max_length=MAX_PORTRAIT_BYTES)] = b""
    template: Annotated[bytes, Meta(max_length=TEMPLATE_BYTES)] = b""

    def __repr__(self) -> str:
        return f"FaceCapture(id={self.id!r}, …)"


class AskAgain(Message, frozen=True, tag="AskAgain/1"):
    """The person says that the number which they seem to hold is theirs, and wants its slip once more.

    ``face`` is the capture that was refused for it, or ``contest`` the one in which an officer said so.
    """

    id: CommandId
    ticket: CommandId
    face: IdOrNone = ""
    contest: IdOrNone = ""


class AskOfficer(Message, frozen=True, tag="AskOfficer/1"):
    """The person says not to be who holds ``ticket``: an officer is to look. ``id`` becomes the contest's."""

    id: CommandId
    service: Name
    ticket: CommandId
    face: CommandId


class SettleContest(Message, frozen=True, tag="SettleContest/1"):
    """An officer looked (SAME or DIFFERENT), or the kiosk's person went away (LEFT)."""

    id: CommandId
    contest: CommandId
    verdict: ContestVerdict


class ErasePerson(Message, frozen=True, tag="ErasePerson/1"):
    """Destroy now what is kept of a person's face today: of whoever holds this ticket (the QR on the slip), or this
    document. The number stays valid."""

    id: CommandId
    ticket: IdOrNone = ""
    id_number: IdNumber = ""
    insurance_number: InsuranceNumber = ""

    def __repr__(self) -> str:
        return f"ErasePerson(id={self.id!r}, …)"
