"""What an officer presses on the counter's and the floor's page: one command, one answer in words."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.commands import (
    CallNext,
    CallTicket,
    CancelTicket,
    Done,
    Finish,
    GiveNumber,
    MarkNoShow,
    MergeTickets,
    Park,
    Recall,
    Refer,
    Refused,
    ReturnToQueue,
    SendToTests,
    SetCounter,
    SetPriority,
    TakePayment,
    Transfer,
    Undo,
)
from edge.contracts.face import ContestVerdict, SettleContest
from edge.contracts.notice import Announce, EndNotice
from edge.contracts.refusals import WORDS
from edge.contracts.ticket import Ticket
from edge.hub.floor_panel import find_by_label
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Office, answer, said
from edge.hub.words import N_

# What an officer presses; a rating is the patient's, and nothing here names a person.
Press = (
    CallNext
    | CallTicket
    | Recall
    | MarkNoShow
    | Finish
    | Transfer
    | SendToTests
    | Park
    | SetCounter
    | Undo
    | GiveNumber
    | SetPriority
    | ReturnToQueue
    | Refer
    | CancelTicket
    | MergeTickets
    | TakePayment
    | SettleContest
    | Announce
    | EndNotice
)
_FLOOR_LEADS = SettleContest | Announce | EndNotice
_DONE: dict[type[Press], str] = {
    Transfer: N_("Đã chuyển {label}."),
    SendToTests: N_("{label} đi xét nghiệm rồi trở lại quầy này."),
    SetPriority: N_("Đã ghi diện ưu tiên của {label}."),
    ReturnToQueue: N_("{label} đã quay lại hàng chờ."),
    Refer: N_("Đã chuyển {label}."),
    CancelTicket: N_("Đã huỷ {label}."),
    MergeTickets: N_("Đã gộp {label}."),
    TakePayment: N_("Đã ghi cách trả tiền của {label}."),
    Undo: N_("Đã hoàn tác."),
    SettleContest: N_("Đã báo cho kiosk."),
    Announce: N_("Đã phát thông báo."),
    EndNotice: N_("Đã gỡ thông báo."),
}


class PressAnswer(Struct, frozen=True):
    """What the page is told: whether it was done, the sentence to show (may be empty), the number it was about."""

    done: bool
    message: str
    label: str = ""


class Found(Struct, frozen=True):
    """The ticket with the number that an officer typed."""

    ticket: str
    label: str


_press = msgspec.json.Decoder(Press)
_label = msgspec.json.Decoder(Annotated[str, Meta(max_length=12)])


class DeskPages:
    """The one door for officers' commands."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_press("/press", self.press, Role.COUNTER),
            self._office.on_press("/find", self.find, Role.COUNTER),
        ]

    async def press(self, request: Request, session: Session, body: bytes) -> Response:
        """Carry out one command. 422 where the body is none of those that an officer may send."""
        try:
            command = _press.decode(body)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return Response(status_code=422)
        if isinstance(command, _FLOOR_LEADS) and not session.role.includes(Role.FLOOR_LEAD):
            return Response(status_code=403)
        if isinstance(command, SettleContest) and command.verdict is ContestVerdict.LEFT:
            return Response(status_code=403)  # the kiosk's own word is not an officer's
        reply = await self._office.send(session, command)
        _ = said(request)
        if isinstance(reply, Refused):
            return answer(PressAnswer(False, _(WORDS[reply.reason]), reply.ticket.label if reply.ticket else ""))
        label = reply.ticket.label if isinstance(reply, Done) else ""
        words = _DONE.get(type(command))
        return answer(PressAnswer(True, _(words).format(label=label) if words else "", label))

    async def find(self, _request: Request, _session: Session, body: bytes) -> Response:
        """Today's ticket with the number that was typed; 404 where there is none."""
        try:
            ticket: Ticket | None = find_by_label(self._office.inbox.queue, _label.decode(body))
        except (msgspec.ValidationError, msgspec.DecodeError):
            return Response(status_code=422)
        return answer(Found(ticket.id, ticket.label)) if ticket else Response(status_code=404)
