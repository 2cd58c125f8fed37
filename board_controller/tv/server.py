"""The TVs' pages and their streams, and the state of this board controller's devices."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from board_controller.signage import NOTHING, Signage
from board_controller.tv.state import media_there, no_screen, screen_of, tv_clock, tv_state
from edge.contracts.tv import DEFAULT_SCREEN
from edge.daemon.streams import Broadcast, event_stream, frame
from edge.daemon.templates import environment

log = logging.getLogger(__name__)

CLOCK_S = 10.0  # a screen that hears nothing for longer than 25 s knows that its link is gone
SCREEN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*"
)
# A medium is named by its content: what was fetched once is right for ever.
MEDIUM_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


class Kept(Protocol):
    """The media that this board controller has."""

    def held(self) -> Mapping[str, tuple[Path, str]]:
        """SHA-256 → the file and its content type, of those that the catalogue names and that are here, whole."""


class _Screen:
    """Everybody who shows one screen, and what they show."""

    def __init__(self) -> None:
        self.listeners = Broadcast()
        self.state = b""


class Tv:
    """What the screens show: each one's state is made and encoded once, for all who show it, and only if any do."""

    def __init__(self, now_ms: Callable[[], int], media: Kept) -> None:
        self._now_ms = now_ms
        self._media = media
        self._signage = NOTHING
        self._screens: dict[str, _Screen] = {}
        self._unplayable: dict[str, str] = {}  # SHA-256 → the medium's name

    @property
    def screens(self) -> int:
        """How many screens are listening now."""
        return sum(len(screen.listeners) for screen in self._screens.values())

    @property
    def first(self) -> str:
        """The id of the screen that is shown to somebody who asks for none."""
        return self._signage.screens[0].id if self._signage.screens else DEFAULT_SCREEN.id

    @property
    def unplayable(self) -> list[str]:
        """The names of the media that some TV could not play, of those that the catalogue still has."""
        there = {medium.sha256 for medium in self._signage.media}
        return sorted(name for sha256, name in self._unplayable.items() if sha256 in there)

    def show(self, signage: Signage) -> None:
        """Tell every screen, if anything that it shows has changed."""
        self._signage = signage
        for screen_id, screen in self._screens.items():
            state = self._state(screen_id)
            if state != screen.state:
                screen.state = state
                screen.listeners.publish(state)

    def refresh(self) -> None:
        """Tell every screen what has changed beside the signage: media that have come."""
        self.show(self._signage)

    def cannot_play(self, sha256: str) -> bool:
        """A TV says that it cannot play this medium; whether there is such a one."""
        names = {medium.sha256: medium.name for medium in self._signage.media}
        if sha256 not in names or sha256 not in self._media.held():
            return False
        if sha256 not in self._unplayable:
            self._unplayable = {known: name for known, name in self._unplayable.items() if known in names}
            self._unplayable[sha256] = names[sha256]
            log.warning("a TV cannot play %s", names[sha256])
        return True

    async def run(self) -> None:
        """Keep the screens' clocks right, for ever."""
        while True:
            await asyncio.sleep(CLOCK_S)
            clock = self._clock()
            for screen in self._screens.values():
                screen.listeners.publish(clock)

    async def frames(self, screen_id: str) -> AsyncIterator[bytes]:
        """One screen's stream: the time and the whole state at once, then what changes."""
        screen = self._screens.setdefault(screen_id, _Screen())
        if not len(screen.listeners):
            screen.state = self._state(screen_id)
        try:
            with screen.listeners.joined() as listener:
                yield self._clock() + screen.state
                async for data in listener.frames():
                    yield data
        finally:
            if not len(screen.listeners) and self._screens.get(screen_id) is screen:
                del self._screens[screen_id]

    def _state(self, screen_id: str) -> bytes:
        signage, now_ms = self._signage, self._now_ms()
        screen = screen_of(signage, screen_id)
        if screen is None:
            state = no_screen(signage, now_ms, screen_id)
        else:
            paths = {sha256: f"/media/{sha256}" for sha256 in self._media.held()}
            state = tv_state(signage, now_ms, screen, media_there(signage, paths))
        return frame(msgspec.json.encode(state), event="state")

    def _clock(self) -> bytes:
        return frame(msgspec.json.encode(tv_clock(self._signage, self._now_ms())), event="clock")


def application(tv: Tv, health: Callable[[], bytes], media: Kept) -> Starlette:
    """The board controller's pages; ``health`` gives the JSON that ``/health`` answers, ``media`` what is kept here."""
    page = environment("board_controller.tv").get_template("tv.html")

    async def show_first(_request: Request) -> Response:
        return RedirectResponse(f"/tv/{tv.first}")

    async def show_screen(request: Request) -> Response:
        if not SCREEN_ID.fullmatch(request.path_params["screen"]):
            return Response(status_code=404)
        return HTMLResponse(page.render(), headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})

    async def stream(request: Request) -> Response:
        screen_id = request.path_params["screen"]
        if not SCREEN_ID.fullmatch(screen_id):
            return Response(status_code=404)
        return event_stream(tv.frames(screen_id))

    async def hear_unplayable(request: Request) -> Response:
        return Response(status_code=204 if tv.cannot_play(request.path_params["sha256"]) else 404)

    async def send_medium(request: Request) -> Response:
        file, content_type = media.held().get(request.path_params["sha256"], (None, ""))
        if file is None:
            return Response(status_code=404)
        return FileResponse(file, media_type=content_type, headers=MEDIUM_HEADERS)

    async def show_health(_request: Request) -> Response:
        return Response(health(), media_type="application/json", headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/", show_first),
            Route("/tv/{screen}", show_screen),
            Route("/tv/{screen}/events", stream),
            Route("/media/{sha256}", send_medium),
            Route("/media/{sha256}/unplayable", hear_unplayable, methods=["POST"]),
            Route("/health", show_health),
            Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
        ],
    )
