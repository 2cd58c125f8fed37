"""Another officer takes over at a shared PC, by name and PIN."""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from edge.hub.deeds import WRONG_PASSWORD, Deed
from edge.hub.officers import Session, TooManyTries, WrongPassword
from edge.hub.roles import Role
from edge.hub.web.base import PC_COOKIE, SESSION_COOKIE, Form, Office, said, set_cookie

_COUNTER = re.compile("[A-Za-z0-9_-]{1,40}")


class SwitchPages:
    """The change of officers at one PC; the counter that was open stays open."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room; ``?counter=`` is where to go on afterwards."""
        return [
            self._office.on_get("/switch", self.ask, Role.COUNTER),
            self._office.on_form("/switch", self.switch, Role.COUNTER),
        ]

    async def ask(self, request: Request, session: Session) -> Response:
        """Who takes over."""
        return self._page(request, session, request.query_params.get("counter", ""))

    async def switch(self, request: Request, session: Session, form: Form) -> Response:
        """End the session of the one who goes, and begin one for the one who comes."""
        _ = said(request)
        name, pin, counter = form.text("name", 80), form.secret("pin"), form.text("counter", 40)
        officers, pc = self._office.officers, request.cookies.get(PC_COOKIE, "")
        try:
            officers.note_try(name)
            await self._office.hashing(officers.verify_pin, pc, name, pin)
        except TooManyTries:
            message = _("Thử sai quá nhiều lần. Xin đợi năm phút rồi thử lại.")
            return self._page(request, session, counter, name=name, message=message, status=429)
        except WrongPassword:
            await self._office.note(name if officers.knows(name) else "", Deed.SWITCH, outcome=WRONG_PASSWORD)
            message = _("PIN chưa đúng, hoặc người này chưa đăng nhập bằng mật khẩu trên máy này trong 12 giờ qua.")
            return self._page(request, session, counter, name=name, message=message, status=403)
        await self._office.note(name, Deed.SWITCH, session.officer)
        officers.end(request.cookies[SESSION_COOKIE])
        response = RedirectResponse(f"/counters/{counter}" if _COUNTER.fullmatch(counter) else "/counters", 303)
        set_cookie(response, SESSION_COOKIE, officers.begin(name))
        return response

    def _page(
        self, request: Request, session: Session, counter: str, *, name: str = "", message: str = "", status: int = 200
    ) -> Response:
        known = self._office.officers.known_here(request.cookies.get(PC_COOKIE, ""))
        return self._office.page(
            request,
            "switch.html",
            status=status,
            session=session,
            counter=counter if _COUNTER.fullmatch(counter) else "",
            others=[other for other in known if other != session.officer],
            chosen=name,
            message=message,
        )
