"""What every command and reply is made of."""

from typing import Annotated

from msgspec import Meta, Struct

CommandId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Name = Annotated[str, Meta(min_length=1, max_length=40)]
IdNumber = Annotated[str, Meta(pattern="^([0-9]{12})?$")]
InsuranceNumber = Annotated[str, Meta(pattern="^([A-Z]{2}[0-9A-Z]{13}|[0-9]{10})?$")]
BirthDate = Annotated[str, Meta(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
TicketOrNobody = Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]
IdOrNone = Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """The tag of each carries its version ("IssueTicket/1"); a field that is not known is an error."""
