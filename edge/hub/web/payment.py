"""The cashier's part of a counter's page: show the code for an amount, and take it away again."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.message import CommandId
from edge.contracts.refusals import WORDS, Refusal
from edge.hub.officers import Session
from edge.hub.payment.charges import Charges
from edge.hub.payment.vietqr import read_amount
from edge.hub.roles import Role
from edge.hub.web.base import Office, answer, said
from edge.hub.web.desk import PressAnswer
from edge.hub.words import N_

_NO_ACCOUNT = N_("Cơ sở chưa khai tài khoản nhận tiền. Xin quản trị viên khai trong danh mục.")
_AMOUNT = N_("Số tiền chưa đúng. Xin nhập số đồng chẵn từ 1.000 đến 500.000.000, ví dụ 150.000.")


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page sends: the person whom the cashier sees there, and the amount as it was typed."""

    ticket: CommandId
    amount: Annotated[str, Meta(max_length=40)]


_asked = msgspec.json.Decoder(Asked)


class PaymentPages:
    """Nothing here is kept or written down: that the money came is a command, at the desk's door."""

    def __init__(self, office: Office, charges: Charges) -> None:
        self._office = office
        self._charges = charges

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_press("/counters/{counter}/charge", self.ask, Role.COUNTER),
            self._office.on_press("/counters/{counter}/charge/withdraw", self.withdraw, Role.COUNTER),
        ]

    async def ask(self, request: Request, _: Session, body: bytes) -> Response:
        """Show the code for an amount to whoever is at the counter. 422 where the body is no such wish."""
        try:
            asked = _asked.decode(body)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return Response(status_code=422)
        return answer(PressAnswer(*self._ask(request, request.path_params["counter"], asked)))

    def _ask(self, request: Request, counter_id: str, asked: Asked) -> tuple[bool, str]:
        _, queue = said(request), self._office.inbox.queue
        if queue.at_counter.get(counter_id) != asked.ticket:
            return False, _(WORDS[Refusal.NOT_AT_COUNTER])
        ticket, to = queue.tickets[asked.ticket], queue.catalogue.payment
        service = queue.plan.services.get(ticket.service)
        if service is None or not service.fees:
            return False, _(WORDS[Refusal.NO_FEES])
        if not to.is_given:
            return False, _(_NO_ACCOUNT)
        try:
            self._charges.ask(counter_id, ticket, read_amount(asked.amount), to)
        except ValueError:
            return False, _(_AMOUNT)
        return True, ""

    async def withdraw(self, request: Request, _: Session, _body: bytes) -> Response:
        """Take the code away."""
        self._charges.withdraw(request.path_params["counter"])
        return answer(PressAnswer(True, ""))
