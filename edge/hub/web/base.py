"""What every room of the hub's pages shares: who asks, whether they may, and how they are answered.

A room is a class that takes the ``Office`` and has ``routes()``. Its endpoints are hung up with ``on_get``,
``on_form``, ``on_press`` and ``on_stream``, each of which names the least role; session, role and CSRF token are
checked there, so no endpoint can forget them.
"""

import asyncio
import hmac
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.contracts.commands import Command, Reply
from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.i18n import LANGUAGES, local_time, long_date, translations
from edge.daemon.streams import Broadcast
from edge.daemon.templates import environment
from edge.hub.audit import DONE, AuditLine
from edge.hub.deeds import Deed
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox, Overloaded
from edge.hub.journal import Journal, JournalError
from edge.hub.officers import Officers, Session
from edge.hub.panel import opening
from edge.hub.roles import Role

PACKAGE = "edge.hub"
SESSION_COOKIE = "__Host-moiso-officer"
PC_COOKIE = "__Host-moiso-pc"
LANGUAGE_COOKIE = "moiso-language"
MAX_BODY_BYTES = 4096
MAX_FIELDS = 16
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
CLOSING = {**HEADERS, "Connection": "close"}  # what is still coming is not read

P = ParamSpec("P")
T = TypeVar("T")
_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class Form(NamedTuple):
    """The fields of a form that was sent, in their order; a field may stand there several times (check boxes)."""

    fields: tuple[tuple[str, str], ...] = ()

    def text(self, name: str, at_most: int = 200) -> str:
        """The last value of a field, stripped and cut off at ``at_most`` letters; empty where there is none."""
        return (self.texts(name, at_most) or [""])[-1]

    def secret(self, name: str) -> str:
        """A password or PIN as it was typed, spaces and all."""
        return "".join(value for field, value in self.fields if field == name)[:200]

    def texts(self, name: str, at_most: int = 200) -> list[str]:
        """Every value of a field, each stripped and cut off at ``at_most`` letters."""
        return [value.strip()[:at_most] for field, value in self.fields if field == name]


GetEndpoint = Callable[[Request, Session], Awaitable[Response]]
FormEndpoint = Callable[[Request, Session, Form], Awaitable[Response]]
PressEndpoint = Callable[[Request, Session, bytes], Awaitable[Response]]


class Office:
    """What the rooms work with: inbox, stream, outlook, officers, the journal's file, and the faces of the day."""

    def __init__(
        self,
        inbox: Inbox,
        stream: Broadcast,
        forecast: Forecast,
        officers: Officers,
        journal: Journal,
        faces: FaceKeeper,
    ) -> None:
        self.inbox = inbox
        self.stream = stream
        self.forecast = forecast
        self.officers = officers
        self.journal = journal  # in the journal's own thread: ``await office.inbox.on_disk(office.journal.…)``
        self.faces = faces
        self._checking = ThreadPoolExecutor(1, thread_name_prefix="argon2")  # one check takes 64 MiB

    def on_get(self, path: str, endpoint: GetEndpoint, role: Role, *, first_login: bool = False) -> Route:
        """A page for officers of this role and above; whoever has no session is sent to log in.

        Whoever has a temporary password is sent to change it first, but for pages with ``first_login``.
        """

        async def guarded(request: Request) -> Response:
            session = self.session(request)
            if session is None:
                return RedirectResponse("/login", 303)
            if session.must_change and not first_login:
                return RedirectResponse("/account", 303)
            if not session.role.includes(role):
                return self.not_allowed(request, session)
            return await endpoint(request, session)

        return Route(path, guarded)

    def on_stream(self, path: str, endpoint: GetEndpoint, role: Role) -> Route:
        """What a page's script asks for: 401 without a session and 403 without the role, in place of a page.

        A stream ends with its session.
        """

        async def guarded(request: Request) -> Response:
            session = self.session(request)
            if session is None:
                return Response(status_code=401)
            if session.must_change or not session.role.includes(role):
                return Response(status_code=403)
            response = await endpoint(request, session)
            if isinstance(response, StreamingResponse):
                response.body_iterator = self._while_on(request, role, response.body_iterator)
            return response

        return Route(path, guarded)

    async def _while_on(self, request: Request, role: Role, chunks: AsyncIterable[T]) -> AsyncIterator[T]:
        async for chunk in chunks:
            session = self.session(request)
            if session is None or not session.role.includes(role):
                return
            yield chunk

    def on_form(
        self,
        path: str,
        endpoint: FormEndpoint,
        role: Role,
        *,
        at_most: int = MAX_BODY_BYTES,
        max_fields: int = MAX_FIELDS,
        first_login: bool = False,
    ) -> Route:
        """A form that carries the session's token in its field ``csrf``, of at most so many bytes and fields."""

        async def guarded(request: Request) -> Response:
            session = self.session(request)
            try:
                form = await _form(request, at_most, max_fields)
            except BodyTooLarge:
                return self.page(request, "too_large.html", status=413, at_most=at_most // 1024)
            if session is None or not same(form.text("csrf"), session.csrf):
                return RedirectResponse("/login", 303)
            if session.must_change and not first_login:
                return RedirectResponse("/account", 303)
            if not session.role.includes(role):
                return self.not_allowed(request, session)
            try:
                return await endpoint(request, session, form)
            except (Overloaded, JournalError):
                return self.not_taken(request)

        return Route(path, guarded, methods=["POST"])

    def on_press(self, path: str, endpoint: PressEndpoint, role: Role, *, at_most: int = MAX_BODY_BYTES) -> Route:
        """What a page's script sends, with the session's token in the header ``X-CSRF``; the endpoint gets the body."""

        async def guarded(request: Request) -> Response:
            session = self.session(request)
            if session is None or not same(request.headers.get("x-csrf", ""), session.csrf):
                return Response(status_code=403)
            if session.must_change or not session.role.includes(role):
                return Response(status_code=403)
            try:
                return await endpoint(request, session, await read_body(request, at_most))
            except BodyTooLarge:
                return Response(status_code=422)
            except (Overloaded, JournalError):
                return Response(status_code=503)

        return Route(path, guarded, methods=["POST"])

    def on_upload(self, path: str, endpoint: GetEndpoint, role: Role) -> Route:
        """What a page's script sends as a body without an end in sight, with the session's token in the header
        ``X-CSRF``; the endpoint reads the body as it comes, and bounds it."""

        async def guarded(request: Request) -> Response:
            session = self.session(request)
            if session is None or not same(request.headers.get("x-csrf", ""), session.csrf):
                return Response(status_code=403, headers=CLOSING)
            if session.must_change or not session.role.includes(role):
                return Response(status_code=403, headers=CLOSING)
            try:
                return await endpoint(request, session)
            except (Overloaded, JournalError):
                return Response(status_code=503, headers=CLOSING)

        return Route(path, guarded, methods=["POST"])

    def session(self, request: Request) -> Session | None:
        """The session that this request belongs to."""
        try:
            return self.officers.session(request.cookies.get(SESSION_COOKIE, ""))
        except KeyError:
            return None

    async def send(self, session: Session, command: Command) -> Reply:
        """Have the inbox carry a command out as this officer. Raises Overloaded and JournalError, which the guards of
        ``on_form`` and ``on_press`` answer."""
        return _reply.decode(await self.inbox.handle(session.officer, command, audited=True))

    async def note(self, officer: str, deed: Deed, subject: str = "", outcome: str = DONE) -> None:
        """Keep a line of the audit log, before what it tells of is done. Raises JournalError where the disk refuses."""
        line = AuditLine(self.inbox.now_ms, officer, deed.value, subject, outcome)
        await self.inbox.on_disk(self.journal.note, line)

    async def hashing(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what hashes a password, one at a time and beside everything else."""
        return await asyncio.get_running_loop().run_in_executor(self._checking, lambda: work(*args, **kwargs))

    def page(self, request: Request, template: str, /, *, status: int = 200, **values: object) -> Response:
        """A page of ``edge/hub/pages``, in the language of whoever asks. Out of hours each says so by itself (K10)."""
        queue, now_ms = self.inbox.queue, self.inbox.now_ms
        hours = opening(queue, now_ms)
        opens = local_time(hours.opens_ms, queue.catalogue.facility.time_zone)
        values |= {
            "now_ms": now_ms,
            "opening": hours,
            "reopens": f"{opens:%H:%M} {long_date(opens, language(request))}" if hours.opens_ms else "",
        }
        made = environment(PACKAGE, language(request)).get_template(template)
        other = "en" if language(request) == "vi" else "vi"
        in_other = "?" + request.url.include_query_params(lang=other).query
        html = made.render(path=request.url.path, in_other=in_other, **values)
        response = HTMLResponse(html, status, headers=HEADERS)
        if "lang" in request.query_params:
            response.set_cookie(
                LANGUAGE_COOKIE, language(request), max_age=31_536_000, samesite="strict", httponly=True
            )
        return response

    def not_allowed(self, request: Request, session: Session) -> Response:
        """What an officer is told whose role does not reach."""
        return self.page(request, "not_allowed.html", status=403, session=session)

    def not_taken(self, request: Request) -> Response:
        """What an officer is told where the disk did not take it, or too much waits for it."""
        return self.page(request, "not_taken.html", status=503)


def answer(content: object) -> Response:
    """The answer to a press, as JSON."""
    return Response(msgspec.json.encode(content), media_type="application/json", headers=HEADERS)


async def read_form(request: Request) -> Form:
    """The form that somebody without a session sent; empty where it is none, or larger than agreed."""
    try:
        return await _form(request, MAX_BODY_BYTES, MAX_FIELDS)
    except BodyTooLarge:
        return Form()


async def _form(request: Request, at_most: int, max_fields: int) -> Form:
    body = await read_body(request, at_most)
    try:
        return Form(tuple(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=max_fields)))
    except ValueError:
        return Form()


def same(given: str, expected: str) -> bool:
    """Whether a token is the expected one, in constant time; never where none is expected."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def language(request: Request) -> str:
    """The language of whoever asks: chosen on the page, remembered in a cookie, or Vietnamese."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "vi")
    return chosen if chosen in LANGUAGES else "vi"


def said(request: Request) -> Callable[[str], str]:
    """gettext in the language of whoever asks: ``_ = said(request)``."""
    return translations(language(request), PACKAGE).gettext


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie that only this hub's own pages, over TLS, send back."""
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict", max_age=max_age)
