"""A hub from which another one took over: it gives nothing any more, and still hands out what it has."""

import logging
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edge.daemon.config import load, read_secret
from edge.daemon.serve import run_beside, serve
from edge.daemon.templates import environment
from edge.hub.config import Devices, HubConfig
from edge.hub.enrolment.register import Register
from edge.hub.server import problem
from edge.hub.succession.copying import Copying, standby_of
from edge.hub.succession.fence import Fence, fence_key
from edge.hub.succession.rows import JournalRows
from edge.hub.vault import destroy_all
from edge.hub.web.base import HEADERS, PACKAGE, language

log = logging.getLogger(__name__)


async def run_retired(config: HubConfig) -> None:
    """Serve until told to stop. The keys of the day are destroyed at once: nobody is looked up here any more."""
    destroy_all(config.data / "keys")
    rows = JournalRows(config.data / "hub.db")
    last = rows.seq()
    rows.close()
    fence = Fence(config.data, fence_key(config.data, read_secret(config.site_secret_file)), 0, "")
    register = Register(config.data / "enrolled.db", load(config.devices, Devices).device, time.time)
    copying = Copying(config.data, config.site, standby_of(register), dict, lambda: last, over=True)
    log.error("this hub has stepped down; to use this machine again, see docs/operate.md")
    app = application(fence, copying)
    try:
        await run_beside([], serve(fence.around(app, app), config.listen))
    finally:
        copying.close()
        register.close()


def application(fence: Fence, copying: Copying) -> Starlette:
    """What a hub out of office answers: its journal for the standby, and for everybody else who took over."""

    async def gone(request: Request) -> Response:
        claim = fence.successor or fence.claim
        if request.url.path.startswith("/api/"):
            return problem(503, "Out of office", f"another hub has taken over: generation {claim.generation}")
        template = environment(PACKAGE, language(request)).get_template("stepped_down.html")
        return HTMLResponse(template.render(url=claim.url, generation=claim.generation), 503, headers=HEADERS)

    return Starlette(
        routes=[
            *copying.routes(),
            Mount("/brand", StaticFiles(packages=[("edge.contracts.brand", "static")])),
            Mount("/static", StaticFiles(packages=[(PACKAGE, "pages/static")])),
            Route("/{path:path}", gone, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
        ]
    )
