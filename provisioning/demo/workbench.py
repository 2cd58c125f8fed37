"""The workbench: one page that shows a demo site's simulated hardware as a technician would have it on a table. A
simulated morning is started there, too."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.daemon.config import ConfigError, Listen
from edge.daemon.logs import start_logging
from edge.daemon.serve import run_beside, run_program, serve
from edge.daemon.streams import Broadcast, event_stream, frame
from edge.daemon.templates import environment
from provisioning.demo.cards import CARDS, FLAW_WORDS, qr_svg
from provisioning.demo.chips import ReaderAway
from provisioning.demo.configuration import PINS, RATING_PINS
from provisioning.demo.control import ControlRefused, ask
from provisioning.demo.layout import Site, opened
from provisioning.demo.morning import PATIENTS, SPEEDS
from provisioning.demo.morning_view import MorningView, StartMorning, SteerMorning, StopMorning
from provisioning.demo.stage import Stage
from provisioning.demo.table import RATING_BUTTONS, Action, Table, TableState

LOOK_S = 0.1  # how often the table is looked at
ASK_EVERY = 5  # looks between two questions to the supervisor
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class PullPlug(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Kill a program where it stands; it stays away until its plug is put in."""

    program: str


class PutPlug(Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Start a program again whose plug was pulled."""

    program: str


class View(Struct, frozen=True):
    """What the page shows; ``programs`` is empty where no supervisor listens."""

    table: TableState
    programs: dict[str, str]
    morning: MorningView = MorningView()


Asked = Action | PullPlug | PutPlug | StartMorning | SteerMorning | StopMorning
_asked: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)


class Workbench:
    """The page, its live stream, and the one way to act on the table."""

    def __init__(self, site: Site, table: Table, stage: Stage) -> None:
        self._site = site
        self._table = table
        self._stage = stage
        self._stream = Broadcast()
        self._programs: dict[str, str] = {}
        self._view = View(table.state(), {})
        self._origins = {f"http://{host}:{site.ports.workbench}" for host in ("127.0.0.1", "localhost")}

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/live", self._live),
                Route("/act", self._act, methods=["POST"]),
                Route("/cards/{card}.svg", self._card),
                Route("/slips/{number:int}.png", self._slip),
                Route("/sounds/{name}", self._sound),
                Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
                Mount("/static", StaticFiles(packages=[("provisioning.demo", "pages/static")])),
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    async def look(self) -> None:
        """Look at the table again and again, and tell every open page what has changed."""
        turn = 0
        while True:
            if turn % ASK_EVERY == 0:
                try:
                    self._programs = await ask(self._site.control_socket, "states")
                except ControlRefused:
                    self._programs = {}
            turn += 1
            self._tell()
            await asyncio.sleep(LOOK_S)

    def _tell(self) -> None:
        view = View(self._table.state(), self._programs, self._stage.view)
        if view != self._view:
            self._view = view
            self._stream.publish(_view_frame(view))

    async def _page(self, _: Request) -> Response:
        page = environment("provisioning.demo").get_template("workbench.html")
        text = await run_in_threadpool(
            page.render,
            cards=CARDS,
            flaws=FLAW_WORDS,
            panels=PINS,
            ratings=RATING_BUTTONS,
            speeds=SPEEDS,
            patients=PATIENTS,
            thanking=[counter for counter, (_, led) in RATING_PINS.items() if led is not None],
            catalogue=self._site.catalogue,
            addresses=self._site.addresses,
            folder=self._site.folder,
        )
        return HTMLResponse(text, headers=SECURITY | {"Cache-Control": "no-store"})

    async def _live(self, _: Request) -> StreamingResponse:
        async def frames() -> Any:
            with self._stream.joined() as listener:
                yield _view_frame(self._view)
                async for data in listener.frames():
                    yield data

        return event_stream(frames())

    async def _act(self, request: Request) -> Response:
        if request.headers.get("origin") not in self._origins:
            raise HTTPException(403, "only the workbench's own page may act")
        try:
            action = _asked.decode(await request.body())
        except msgspec.DecodeError as error:
            raise HTTPException(400, "not an action of the workbench") from error
        try:
            match action:
                case PullPlug(program):
                    self._programs = await ask(self._site.control_socket, "unplug", program)
                case PutPlug(program):
                    self._programs = await ask(self._site.control_socket, "plug-in", program)
                case StartMorning():
                    self._stage.start(action)
                case SteerMorning():
                    self._stage.steer(action)
                case StopMorning():
                    self._stage.stop()
                case _:
                    await run_in_threadpool(self._table.act, action)
        except (KeyError, ControlRefused) as error:
            raise HTTPException(404, "there is no such thing on the table") from error
        except ReaderAway as error:
            raise HTTPException(409, "the kiosk does not run, and its card reader with it") from error
        self._tell()
        return Response(status_code=204)

    async def _card(self, request: Request) -> Response:
        for card in CARDS:
            if card.id == request.path_params["card"]:
                return Response(qr_svg(card.line), media_type="image/svg+xml", headers=SECURITY)
        raise HTTPException(404)

    async def _slip(self, request: Request) -> Response:
        try:
            png = self._table.slip(request.path_params["number"])
        except KeyError as error:
            raise HTTPException(404) from error
        return Response(png, media_type="image/png", headers=SECURITY | {"Cache-Control": "no-store"})

    async def _sound(self, request: Request) -> Response:
        try:
            recording = self._table.sound(request.path_params["name"])
        except KeyError as error:
            raise HTTPException(404) from error
        return FileResponse(recording, media_type="audio/wav", headers=SECURITY | {"Cache-Control": "no-store"})


def _view_frame(view: View) -> bytes:
    return frame(msgspec.json.encode(view), event="view")


async def run(site: Site) -> None:
    """Set the table and serve its page until told to stop. Raises ConfigError where a port is taken."""
    try:
        table = Table(site)
    except OSError as error:
        raise ConfigError(f"the table cannot be set: {error}; is port {site.ports.printer} taken?") from error
    stage = Stage(site)
    workbench = Workbench(site, table, stage)
    try:
        listen = Listen(address=f"127.0.0.1:{site.ports.workbench}")
        await run_beside([workbench.look(), stage.run()], serve(workbench.application(), [listen]))
    finally:
        table.close()


def main() -> None:
    """Start the workbench of the site in the folder that the command line names."""
    start_logging("workbench")
    parser = argparse.ArgumentParser(prog="workbench")
    parser.add_argument("folder", type=Path, help="a site's folder, made by make run")
    folder = parser.parse_args().folder
    run_program(lambda: run(opened(folder)))


if __name__ == "__main__":
    main()
