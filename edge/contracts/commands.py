"""What a kiosk, a board or an officer asks the hub to do, and the one reply it gets.

The tag of each struct carries its version ("IssueTicket/1"). ``id`` is made by the sender, 32 hex digits, random:
a command sent twice is done once and answered the same.
"""

from typing import Annotated

from msgspec import Meta, Struct

from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, PrintFault, Ticket

CommandId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Name = Annotated[str, Meta(min_length=1, max_length=40)]
IdNumber = Annotated[str, Meta(pattern="^([0-9]{12})?$")]


class _Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    pass


class IssueTicket(_Message, frozen=True, tag="IssueTicket/1"):
    """Give the person a number. ``id_number`` is the 12-digit ID, empty where no document was read (K12)."""

    id: CommandId
    service: Name
    document: Document = Document.NONE
    id_number: IdNumber = ""

    def __repr__(self) -> str:
        return f"IssueTicket(id={self.id!r}, service={self.service!r}, document={self.document.value!r}, id_number=…)"


class ConfirmPrint(_Message, frozen=True, tag="ConfirmPrint/1"):
    """The slip of this ticket came out of the printer."""

    id: CommandId
    ticket: CommandId


class ReportPrintFault(_Message, frozen=True, tag="ReportPrintFault/1"):
    """The slip of this ticket did not come out, or nobody can tell."""

    id: CommandId
    ticket: CommandId
    fault: PrintFault


class CallNext(_Message, frozen=True, tag="CallNext/1"):
    """Call the next person to this counter; the one who is there now is finished.

    ``seen`` is the ticket that the sender saw at the counter (empty: nobody), so that two presses made on the same
    picture call one person.
    """

    id: CommandId
    counter: Name
    seen: str = ""


class Recall(_Message, frozen=True, tag="Recall/1"):
    """Call the person who was called here once more."""

    id: CommandId
    counter: Name
    ticket: CommandId


class MarkNoShow(_Message, frozen=True, tag="MarkNoShow/1"):
    """The person who was called here did not come."""

    id: CommandId
    counter: Name
    ticket: CommandId


class Finish(_Message, frozen=True, tag="Finish/1"):
    """The person at this counter has been served."""

    id: CommandId
    counter: Name
    ticket: CommandId


KioskCommand = IssueTicket | ConfirmPrint | ReportPrintFault
CounterCommand = CallNext | Recall | MarkNoShow | Finish
Command = KioskCommand | CounterCommand


class Done(_Message, frozen=True, tag="Done/1"):
    """The command was carried out, now or when it was first sent.

    ``ticket`` is the ticket it was about; ``ahead`` how many wait before it; ``again`` is true where the person
    already held this number and gets it once more.
    """

    command: CommandId
    ticket: Ticket
    ahead: int = 0
    again: bool = False


class Refused(_Message, frozen=True, tag="Refused/1"):
    """The command was not carried out and never will be under this id; ``edge.contracts.refusals`` words the reason."""

    command: CommandId
    reason: Refusal
    ticket: Ticket | None = None


Reply = Done | Refused
