"""The officers' pages: log in, choose a counter, call; and the page behind the QR on a ticket."""

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from edge.contracts.commands import CallNext, CommandId, CounterCommand, Finish, MarkNoShow, Recall, Refused, Reply
from edge.contracts.refusals import WORDS
from edge.contracts.ticket import State
from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.i18n import LANGUAGES, translations
from edge.daemon.streams import Broadcast, event_stream, frame
from edge.daemon.templates import environment
from edge.hub.inbox import Inbox, Overloaded
from edge.hub.journal import JournalError
from edge.hub.officers import Officers, Session, TooManyTries, WrongPassword
from edge.hub.panel import counter_panel, ticket_view

PACKAGE = "edge.hub"
SESSION_COOKIE = "__Host-moiso-officer"
LOGIN_COOKIE = "__Host-moiso-login"
LANGUAGE_COOKIE = "moiso-language"
MAX_BODY_BYTES = 4096
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Press(Struct, frozen=True, forbid_unknown_fields=True):
    """What the counter page sends: ``ticket`` is the one that the officer saw, empty for nobody."""

    id: CommandId
    action: Literal["next", "recall", "no-show", "finish"]
    ticket: Annotated[str, Meta(pattern="^([0-9a-f]{32})?$")]


class PressAnswer(Struct, frozen=True):
    """What the counter page is told: whether it was done, and the sentence to show."""

    done: bool
    message: str


_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_press = msgspec.json.Decoder(Press)


class Pages:
    """Everything that a person opens in a browser at the hub."""

    def __init__(self, inbox: Inbox, stream: Broadcast, officers: Officers) -> None:
        self._inbox = inbox
        self._stream = stream
        self._officers = officers
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="argon2")  # one check takes 64 MiB

    def routes(self) -> list[BaseRoute]:
        """The pages' routes, for the application."""
        return [
            Route("/", self.home),
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/logout", self.logout, methods=["POST"]),
            Route("/counters", self.counters),
            Route("/counters/{counter}", self.counter),
            Route("/counters/{counter}/panel", self.panel),
            Route("/counters/{counter}/press", self.press, methods=["POST"]),
            Route("/t/{ticket}", self.ticket),
            Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
            Mount("/static", StaticFiles(packages=[(PACKAGE, "pages/static")])),
        ]

    async def home(self, _: Request) -> Response:
        """Officers begin with the list of counters."""
        return RedirectResponse("/counters", 303)

    async def login(self, request: Request) -> Response:
        """Ask for name and password, and begin a session."""
        if request.method == "GET":
            return self._login_page(request, "", 200)
        _ = translations(_language(request), PACKAGE).gettext
        form = await _form(request)
        name, password = form.get("name", "")[:80], form.get("password", "")[:200]
        expected = request.cookies.get(LOGIN_COOKIE, "")
        if not expected or not hmac.compare_digest(form.get("csrf", "").encode(), expected.encode()):
            return self._login_page(request, _("Trang đăng nhập đã cũ. Xin thử lại."), 403, name)
        try:
            self._officers.note_try(name)
            await asyncio.get_running_loop().run_in_executor(self._checking, self._officers.verify, name, password)
        except TooManyTries:
            return self._login_page(request, _("Thử sai quá nhiều lần. Xin đợi năm phút rồi thử lại."), 429, name)
        except WrongPassword:
            return self._login_page(request, _("Tên hoặc mật khẩu chưa đúng. Xin nhập lại."), 403, name)
        response = RedirectResponse("/counters", 303)
        _set_cookie(response, SESSION_COOKIE, self._officers.begin(name))
        return response

    async def logout(self, request: Request) -> Response:
        """End the session, on the server too."""
        session = self._session(request)
        form = await _form(request)
        if session is None or not hmac.compare_digest(form.get("csrf", "").encode(), session.csrf.encode()):
            return RedirectResponse("/login", 303)
        self._officers.end(request.cookies[SESSION_COOKIE])
        response = RedirectResponse("/login", 303)
        response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    async def counters(self, request: Request) -> Response:
        """The counters to choose from."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/login", 303)
        return self._page(request, "counters.html", session=session, catalogue=self._inbox.queue.catalogue)

    async def counter(self, request: Request) -> Response:
        """The page that an officer works with all day."""
        session = self._session(request)
        if session is None:
            return RedirectResponse("/login", 303)
        counter_id = request.path_params["counter"]
        if counter_id not in {counter.id for counter in self._inbox.queue.catalogue.counters}:
            return RedirectResponse("/counters", 303)
        panel = counter_panel(self._inbox.queue, counter_id)
        return self._page(request, "counter.html", session=session, panel=panel)

    async def panel(self, request: Request) -> Response:
        """The changing part of the counter page, as server-sent events, anew after everything that happens."""
        counter_id = request.path_params["counter"]
        if self._session(request) is None:
            return Response(status_code=401)
        if counter_id not in {counter.id for counter in self._inbox.queue.catalogue.counters}:
            return Response(status_code=404)
        return event_stream(self._panels(counter_id, _language(request)))

    async def _panels(self, counter_id: str, language: str) -> AsyncIterator[bytes]:
        template = environment(PACKAGE, language).get_template("panel.html")

        def panel() -> bytes:
            html = template.render(panel=counter_panel(self._inbox.queue, counter_id), now_ms=self._inbox.now_ms)
            return frame(json.dumps(html).encode(), event="panel")

        with self._stream.joined() as listener:
            yield panel()
            async for data in listener.frames():
                yield data if data.startswith(b":") else panel()

    async def press(self, request: Request) -> Response:
        """One of the four buttons."""
        session = self._session(request)
        given = request.headers.get("x-csrf", "")
        if session is None or not hmac.compare_digest(given.encode(), session.csrf.encode()):
            return Response(status_code=403)
        try:
            press = _press.decode(await read_body(request, MAX_BODY_BYTES))
        except (BodyTooLarge, msgspec.ValidationError, msgspec.DecodeError):
            return Response(status_code=422)
        command = _command(press, request.path_params["counter"])
        _ = translations(_language(request), PACKAGE).gettext
        try:
            reply = _reply.decode(await self._inbox.handle(session.officer, command))
        except (Overloaded, JournalError):
            return Response(status_code=503)
        answer = PressAnswer(False, _(WORDS[reply.reason])) if isinstance(reply, Refused) else PressAnswer(True, "")
        return Response(msgspec.json.encode(answer), media_type="application/json", headers=HEADERS)

    async def ticket(self, request: Request) -> Response:
        """How it stands with one ticket, for the patient's own telephone; the id in the address is the secret."""
        ticket = self._inbox.queue.tickets.get(request.path_params["ticket"])
        if ticket is None:
            return self._page(request, "no_ticket.html", status=404, catalogue=self._inbox.queue.catalogue)
        return self._page(request, "ticket.html", view=ticket_view(self._inbox.queue, ticket), State=State)

    def _session(self, request: Request) -> Session | None:
        try:
            return self._officers.session(request.cookies.get(SESSION_COOKIE, ""))
        except KeyError:
            return None

    def _login_page(self, request: Request, message: str, status: int, name: str = "") -> Response:
        csrf = request.cookies.get(LOGIN_COOKIE) or secrets.token_urlsafe(32)
        catalogue = self._inbox.queue.catalogue
        response = self._page(
            request, "login.html", status=status, csrf=csrf, message=message, catalogue=catalogue, officer=name
        )
        _set_cookie(response, LOGIN_COOKIE, csrf)
        return response

    def _page(self, request: Request, name: str, *, status: int = 200, **values: object) -> Response:
        template = environment(PACKAGE, _language(request)).get_template(name)
        html = template.render(path=request.url.path, now_ms=self._inbox.now_ms, **values)
        response = HTMLResponse(html, status, headers=HEADERS)
        if "lang" in request.query_params:
            language = _language(request)
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="strict", httponly=True)
        return response


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; empty where it is none, or larger than any of ours."""
    try:
        body = await read_body(request, MAX_BODY_BYTES)
        return dict(parse_qsl(body.decode(), max_num_fields=8))
    except (BodyTooLarge, ValueError):
        return {}


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict")


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def _command(press: Press, counter: str) -> CounterCommand:
    match press.action:
        case "next":
            return CallNext(press.id, counter, press.ticket)
        case "recall":
            return Recall(press.id, counter, press.ticket)
        case "no-show":
            return MarkNoShow(press.id, counter, press.ticket)
        case "finish":
            return Finish(press.id, counter, press.ticket)
