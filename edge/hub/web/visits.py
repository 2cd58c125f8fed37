"""An officer finds today's visit by an ID, insurance or telephone number (P6), none of which is stored in clear."""

import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.commands import LinkPerson, PersonKey, Refused
from edge.contracts.refusals import WORDS
from edge.hub.deeds import Deed
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.visit import ticket_view
from edge.hub.web.base import Form, Office, said
from edge.hub.words import PERSON_KEYS, STATES

MOST_DIGITS = 20


class VisitPages:
    """The number travels in the body of a form, never in an address, and stands on no page that is sent back."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_get("/visits", self.ask, Role.COUNTER),
            self._office.on_form("/visits", self.find, Role.COUNTER),
            self._office.on_form("/visits/link", self.link, Role.COUNTER),
        ]

    async def ask(self, request: Request, session: Session) -> Response:
        """Which number."""
        return self._page(request, session)

    async def find(self, request: Request, session: Session, form: Form) -> Response:
        """Today's visits of the person with this number. That somebody looked is in the audit log, for whom is not."""
        _ = said(request)
        kind = _kind(form)
        await self._office.note(session.officer, Deed.LOOK_UP, kind.value)
        try:
            tickets = self._office.inbox.find(kind, form.text("number", MOST_DIGITS))
        except ValueError:
            message = _("Số chưa đúng. Xin xem lại loại số và nhập lại.")
            return self._page(request, session, kind=kind, message=message, status=422)
        queue, now_ms = self._office.inbox.queue, self._office.inbox.now_ms
        views = [ticket_view(queue, ticket, now_ms) for ticket in tickets]
        message = "" if views else _("Hôm nay không có lượt nào đăng ký với số này.")
        return self._page(request, session, kind=kind, views=views, message=message)

    async def link(self, request: Request, session: Session, form: Form) -> Response:
        """Let a visit be found by this number from now on."""
        _ = said(request)
        kind = _kind(form)
        label = form.text("label", 8).upper()
        named = [ticket.id for ticket in self._office.inbox.queue.tickets.values() if ticket.label == label]
        if not named:
            message = _("Hôm nay không có số thứ tự này. Xin xem lại phiếu.")
            return self._page(request, session, kind=kind, message=message, status=422)
        number = form.text("number", MOST_DIGITS)
        if len(number) < 8:
            message = _("Số chưa đúng. Xin xem lại loại số và nhập lại.")
            return self._page(request, session, kind=kind, message=message, status=422)
        reply = await self._office.send(session, LinkPerson(secrets.token_hex(16), named[0], kind, number))
        if isinstance(reply, Refused):
            return self._page(request, session, kind=kind, message=_(WORDS[reply.reason]), status=422)
        return self._page(request, session, kind=kind, message=_("Đã gắn số này với lượt khám") + f" {label}.")

    def _page(
        self,
        request: Request,
        session: Session,
        *,
        kind: PersonKey = PersonKey.CCCD,
        views: object = (),
        message: str = "",
        status: int = 200,
    ) -> Response:
        return self._office.page(
            request,
            "visits.html",
            status=status,
            session=session,
            kinds=PERSON_KEYS,
            states=STATES,
            kind=kind,
            views=views,
            message=message,
        )


def _kind(form: Form) -> PersonKey:
    chosen = form.text("kind", 10)
    return PersonKey(chosen) if chosen in {kind.value for kind in PersonKey} else PersonKey.CCCD
