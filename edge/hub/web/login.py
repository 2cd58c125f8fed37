"""Log in with name and password, and log out."""

import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from edge.hub.deeds import WRONG_PASSWORD, Deed
from edge.hub.journal import JournalError
from edge.hub.officers import Session, TooManyTries, WrongPassword
from edge.hub.roles import Role
from edge.hub.web.base import PC_COOKIE, SESSION_COOKIE, Form, Office, read_form, said, same, set_cookie

LOGIN_COOKIE = "__Host-moiso-login"
YEAR_S = 31_536_000


class LoginPages:
    """The door."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            Route("/login", self.login, methods=["GET", "POST"]),
            self._office.on_form("/logout", self.logout, Role.COUNTER, first_login=True),
        ]

    async def login(self, request: Request) -> Response:
        """Ask for name and password, and begin a session."""
        if request.method == "GET":
            return self._login_page(request, "", 200)
        _ = said(request)
        form = await read_form(request)
        name = form.text("name", 80)
        if not same(form.text("csrf"), request.cookies.get(LOGIN_COOKIE, "")):
            return self._login_page(request, _("Trang đăng nhập đã cũ. Xin thử lại."), 403, name)
        try:
            return await self._begin(request, name, form.secret("password"))
        except TooManyTries:
            return self._login_page(request, _("Thử sai quá nhiều lần. Xin đợi năm phút rồi thử lại."), 429, name)
        except WrongPassword:
            return self._login_page(request, _("Tên hoặc mật khẩu chưa đúng. Xin nhập lại."), 403, name)
        except JournalError:
            return self._office.not_taken(request)

    async def _begin(self, request: Request, name: str, password: str) -> Response:
        officers = self._office.officers
        officers.note_try(name)
        try:
            await self._office.hashing(officers.verify, name, password)
        except WrongPassword:
            # what a stranger types as a name may be a password: only names that exist are written down
            await self._office.note(name if officers.knows(name) else "", Deed.LOGIN, outcome=WRONG_PASSWORD)
            raise
        await self._office.note(name, Deed.LOGIN)
        officers.end(request.cookies.get(SESSION_COOKIE, ""))
        pc = request.cookies.get(PC_COOKIE) or secrets.token_urlsafe(32)
        officers.remember_here(pc, name)
        response = RedirectResponse("/counters", 303)
        set_cookie(response, SESSION_COOKIE, officers.begin(name))
        set_cookie(response, PC_COOKIE, pc, YEAR_S)
        return response

    async def logout(self, request: Request, session: Session, _form: Form) -> Response:
        """End the session, on the server too."""
        await self._office.note(session.officer, Deed.LOGOUT)
        self._office.officers.end(request.cookies[SESSION_COOKIE])
        response = RedirectResponse("/login", 303)
        response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    def _login_page(self, request: Request, message: str, status: int, name: str = "") -> Response:
        csrf = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(32)
        catalogue = self._office.inbox.queue.catalogue
        response = self._office.page(
            request, "login.html", status=status, csrf=csrf, message=message, catalogue=catalogue, officer=name
        )
        set_cookie(response, LOGIN_COOKIE, csrf)
        return response
