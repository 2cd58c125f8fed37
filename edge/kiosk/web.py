"""The kiosk's page, for the kiosk's own browser and nobody else."""

import hmac
import json
import secrets
from collections.abc import AsyncIterator

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.contracts.health import Part, Reason, Subject, part
from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.streams import event_stream, frame
from edge.kiosk.guidance import Guidance
from edge.kiosk.guide_web import GuideWeb
from edge.kiosk.happenings import Touch
from edge.kiosk.health import kiosk_parts
from edge.kiosk.machine import Machine, monotonic_ms
from edge.kiosk.screens import Closed, Looking, OutOfService, Resting, Staff, Start
from edge.kiosk.session import outage
from edge.kiosk.sightings import Eyes
from edge.kiosk.slips import BRAND_LOGO
from edge.kiosk.view import View
from edge.kiosk.watching import Watch

MAX_TOUCH_BYTES = 1024
HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}

_touch: msgspec.json.Decoder[Touch] = msgspec.json.Decoder(Touch)


class Web:
    """The routes. No website that runs in the same browser can read the page or press its buttons: the Host header
    must be ours, and a touch needs our Origin and the token that stands in the page.
    """

    def __init__(self, machine: Machine, view: View, watch: Watch, guidance: Guidance | None = None) -> None:
        self._machine = machine
        self._watch = watch
        self._view = view
        self._guidance = guidance
        self._token = secrets.token_urlsafe(32)
        self._page_seen_ms: int | None = None
        self._began_ms = monotonic_ms()

    def app(self, address: str) -> "OwnBrowserOnly":
        """The application for a page at ``address`` (``host:port``)."""
        routes = [
            Route("/", self.page),
            Route("/screen/events", self.events),
            Route("/logo", self.logo),
            Route("/mirror", self.mirror),
            Route("/touch", self.touch, methods=["POST"]),
            Route("/alive", self.alive, methods=["POST"]),
            Route("/health", self.health),
            Mount("/static", StaticFiles(packages=[("edge.kiosk", "pages/static")])),
            Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
        ]
        if self._guidance is not None:
            routes += GuideWeb(self._guidance, self._from_own_page, lambda: self._machine.session).routes()
        port = address.rpartition(":")[2]
        return OwnBrowserOnly(Starlette(routes=routes), {address, f"localhost:{port}", f"127.0.0.1:{port}"})

    async def page(self, _request: Request) -> Response:
        """The whole page with the screen as it is now."""
        session, wall_ms = self._machine.session, self._machine.wall_ms()
        return HTMLResponse(self._view.page(session, now_ms=monotonic_ms(), wall_ms=wall_ms, token=self._token))

    async def events(self, _request: Request) -> Response:
        """The screens as they come."""
        return event_stream(self._screens())

    async def mirror(self, request: Request) -> Response:
        """What the person before the camera sees of themselves, a JPEG; 404 on any screen but that one and
        the staff's."""
        if not hmac.compare_digest(request.query_params.get("token", "").encode(), self._token.encode()):
            return PlainTextResponse("only the kiosk's own page may see this", 403)
        picture = self._watch.mirror() if isinstance(self._machine.session.screen, Looking | Staff) else None
        if picture is None:
            return Response(status_code=404)
        return Response(picture, media_type="image/jpeg", headers={"Cross-Origin-Resource-Policy": "same-origin"})

    async def logo(self, request: Request) -> Response:
        """The facility's logo, for as long as it is the one that the address names; else the product's."""
        kept = self._machine.slips.logo()
        if kept is None or request.url.query != kept[0].name:
            return RedirectResponse(BRAND_LOGO)
        unchanging = {"Cache-Control": "private, max-age=31536000, immutable"}
        return FileResponse(kept[0], media_type=kept[1], headers=unchanging)

    async def touch(self, request: Request) -> Response:
        """One touch on the page."""
        if not self._from_own_page(request):
            return PlainTextResponse("only the kiosk's own page may do this", 403)
        try:
            touch = _touch.decode(await read_body(request, MAX_TOUCH_BYTES))
        except BodyTooLarge:
            return PlainTextResponse("too large", 413)
        except (msgspec.ValidationError, msgspec.DecodeError):
            return PlainTextResponse("not a touch", 422)
        self._machine.give(touch)
        return Response(status_code=204)

    async def alive(self, request: Request) -> Response:
        """The page says that it lives: it is shown, and its script runs."""
        if not self._from_own_page(request):
            return PlainTextResponse("only the kiosk's own page may do this", 403)
        self._page_seen_ms = monotonic_ms()
        return Response(status_code=204)

    def _from_own_page(self, request: Request) -> bool:
        return request.headers.get("origin") == f"http://{request.headers['host']}" and hmac.compare_digest(
            request.headers.get("x-touch-token", "").encode(), self._token.encode()
        )

    def parts(self) -> tuple[Part, ...]:
        """How each part of this kiosk is."""
        parts = kiosk_parts(self._machine.session, self._page_seen_s(), (monotonic_ms() - self._began_ms) / 1000)
        if self._guidance is None:
            return parts
        return (*parts, part(Subject.SPEAKER, None if self._guidance.works else Reason.SILENT))

    def _page_seen_s(self) -> float | None:
        return None if self._page_seen_ms is None else (monotonic_ms() - self._page_seen_ms) / 1000

    async def health(self, _request: Request) -> Response:
        """What works; 503 while no number can be had."""
        session = self._machine.session
        why = outage(session)
        fault = session.printer_fault
        eyes = session.eyes
        state = {
            "program": "kiosk",
            "outage": why.value if why else "",
            "alone": session.hub_away,
            "scanner": session.scanner_up,
            "card_reader": session.card.value if session.card else "none",
            "camera": eyes.camera if eyes else "none",
            "faces": _faces(eyes),
            "somebody": session.in_view,
            "printer_fault": fault.value if fault else "",
            "speaker": _speaker(self._guidance),
            "paper_low": session.paper_low,
            "page_seen_s": self._page_seen_s(),
            "busy": not isinstance(session.screen, Resting | Start | Closed | OutOfService),
            "parts": msgspec.to_builtins(self.parts()),
        }
        return JSONResponse(state, 503 if why else 200)

    async def _screens(self) -> AsyncIterator[bytes]:
        with self._machine.changed.joined() as listener:
            yield frame(self._token[:8].encode(), event="hello")
            yield self._screen()
            async for heartbeat in listener.frames():
                yield heartbeat or self._screen()

    def _screen(self) -> bytes:
        html = self._view.screen(self._machine.session, now_ms=monotonic_ms(), wall_ms=self._machine.wall_ms())
        return frame(json.dumps(html, ensure_ascii=False).encode(), event="screen")


def _speaker(guidance: Guidance | None) -> str:
    if guidance is None:
        return "none"
    return "ok" if guidance.works else "failed"


def _faces(eyes: Eyes | None) -> str:
    if eyes is None or not eyes.sees:
        return "off"
    return "on" if eyes.compares else "no-pack"


class OwnBrowserOnly:
    """Turns away a request whose Host is not this kiosk (DNS rebinding), and adds the headers that every answer has."""

    def __init__(self, app: ASGIApp, hosts: set[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.lower() for name, _ in message["headers"]}
                fixed = [(name, value) for name, value in HEADERS.items() if name not in named]
                message = {**message, "headers": [*message["headers"], *fixed]}
            await send(message)

        host = dict(scope.get("headers", ())).get(b"host", b"").decode("latin-1")
        app = self._app if host in self._hosts else PlainTextResponse("unknown host", 421)
        await app(scope, receive, send_with_headers)
