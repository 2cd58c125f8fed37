"""Choose a counter, and the page that an officer works with all day."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from edge.daemon.streams import event_stream
from edge.hub.devices import DeviceRoll
from edge.hub.officers import Session
from edge.hub.panel import CounterPanel, counter_panel
from edge.hub.payment.charges import Charges
from edge.hub.roles import Role
from edge.hub.web.base import Office, language
from edge.hub.web.live import WORDS, Seats, redrawn


class CounterPages:
    """The counters."""

    def __init__(self, office: Office, seats: Seats, devices: DeviceRoll, charges: Charges) -> None:
        self._office = office
        self._seats = seats
        self._devices = devices
        self._charges = charges

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._office
        return [
            office.on_get("/counters", self.counters, Role.COUNTER),
            office.on_get("/counters/{counter}", self.counter, Role.COUNTER),
            office.on_stream("/counters/{counter}/panel", self.panel, Role.COUNTER),
        ]

    async def counters(self, request: Request, session: Session) -> Response:
        """The counters to choose from."""
        queue = self._office.inbox.queue
        return self._office.page(
            request, "counters.html", session=session, catalogue=queue.catalogue, queue=queue, Role=Role, **WORDS
        )

    async def counter(self, request: Request, session: Session) -> Response:
        """The page that an officer works with all day."""
        counter_id = request.path_params["counter"]
        if not self._is_counter(counter_id):
            return RedirectResponse("/counters", 303)
        return self._office.page(
            request,
            "counter.html",
            session=session,
            **self._shown(counter_id),
            catalogue=self._office.inbox.queue.catalogue,
            Role=Role,
            **WORDS,
        )

    async def panel(self, request: Request, session: Session) -> Response:
        """The changing part of the counter page, as server-sent events, anew after everything that happens."""
        counter_id = request.path_params["counter"]
        if not self._is_counter(counter_id):
            return Response(status_code=404)
        return event_stream(self._panels(counter_id, session, language(request)))

    async def _panels(self, counter_id: str, session: Session, language: str) -> AsyncIterator[bytes]:
        with self._seats.taken(counter_id, session.officer):
            async for data in redrawn(
                self._office,
                "panel.html",
                language,
                lambda: self._shown(counter_id) if self._is_counter(counter_id) else None,
            ):
                yield data

    def _shown(self, counter_id: str) -> dict[str, Any]:
        """What ``panel.html`` is made of."""
        return {
            "panel": self._panel(counter_id),
            "papers": self._devices.out_of_paper,
            "charge": self._charges.at(counter_id),
            "has_tablet": self._charges.has_tablet(counter_id),
        }

    def _panel(self, counter_id: str) -> CounterPanel:
        inbox = self._office.inbox
        undoable = inbox.undoable(counter_id)
        return counter_panel(inbox.queue, counter_id, inbox.now_ms, undoable, self._office.faces.portraits)

    def _is_counter(self, counter_id: str) -> bool:
        return counter_id in self._office.inbox.queue.plan.counters
