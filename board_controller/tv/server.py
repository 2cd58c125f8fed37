"""The TVs' page and its stream, and the state of this board controller's devices."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from board_controller.signage import NOTHING, Signage
from board_controller.tv.state import tv_clock, tv_state
from edge.daemon.streams import Broadcast, event_stream, frame
from edge.daemon.templates import environment

CLOCK_S = 10.0  # a screen that hears nothing for longer than 25 s knows that its link is gone
FIRST_SCREEN = "1"
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"
)


class Tv:
    """What all screens show: every listener gets each change once, encoded once."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._signage = NOTHING
        self._state = b""
        self._screens = Broadcast()
        self.show(NOTHING)

    @property
    def screens(self) -> int:
        """How many screens are listening now."""
        return len(self._screens)

    def show(self, signage: Signage) -> None:
        """Tell every screen, if anything that it shows has changed."""
        self._signage = signage
        state = frame(msgspec.json.encode(tv_state(signage, self._now_ms())), event="state")
        if state != self._state:
            self._state = state
            self._screens.publish(state)

    async def run(self) -> None:
        """Keep the screens' clocks right, for ever."""
        while True:
            await asyncio.sleep(CLOCK_S)
            self._screens.publish(self._clock())

    async def frames(self) -> AsyncIterator[bytes]:
        """One screen's stream: the time and the whole state at once, then what changes."""
        with self._screens.joined() as listener:
            yield self._clock() + self._state
            async for data in listener.frames():
                yield data

    def _clock(self) -> bytes:
        return frame(msgspec.json.encode(tv_clock(self._signage, self._now_ms())), event="clock")


def application(tv: Tv, health: Callable[[], bytes]) -> Starlette:
    """The board controller's pages; ``health`` gives the JSON that ``/health`` answers."""
    page = environment("board_controller.tv").get_template("tv.html")

    async def show_first(_request: Request) -> Response:
        return RedirectResponse(f"/tv/{FIRST_SCREEN}")

    async def show_screen(_request: Request) -> Response:
        return HTMLResponse(page.render(), headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})

    async def stream(_request: Request) -> StreamingResponse:
        return event_stream(tv.frames())

    async def show_health(_request: Request) -> Response:
        return Response(health(), media_type="application/json", headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/", show_first),
            Route("/tv/{screen}", show_screen),
            Route("/tv/{screen}/events", stream),
            Route("/health", show_health),
            Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
            Mount("/static", StaticFiles(packages=[("board_controller.tv", "static")])),
        ],
    )
