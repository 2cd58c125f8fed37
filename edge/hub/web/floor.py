"""The floor lead's page: every counter and service, what needs a look, and the life of any ticket of today."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.events import DayOpened, Entry
from edge.daemon.streams import event_stream
from edge.hub.device_words import DEVICE_WORDS
from edge.hub.devices import DeviceRoll
from edge.hub.floor_panel import FloorPanel, find_by_label, floor_panel
from edge.hub.life import is_birth, life_of
from edge.hub.officers import Session
from edge.hub.panel import waiting_line
from edge.hub.roles import Role
from edge.hub.web.base import Office, language
from edge.hub.web.live import WORDS, Seats, redrawn

AT_ONCE = 1000  # entries read in one go, so that the disk is never long away from the commands


class FloorPages:
    """What a floor lead walks about with."""

    def __init__(self, office: Office, seats: Seats, devices: DeviceRoll) -> None:
        self._office = office
        self._seats = seats
        self._devices = devices

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._office
        return [
            office.on_get("/floor", self.floor, Role.FLOOR_LEAD),
            office.on_stream("/floor/panel", self.panel, Role.FLOOR_LEAD),
            office.on_stream("/floor/tickets/{label}", self.ticket, Role.FLOOR_LEAD),
        ]

    async def floor(self, request: Request, session: Session) -> Response:
        """The page."""
        catalogue = self._office.inbox.queue.catalogue
        return self._office.page(
            request, "floor.html", session=session, catalogue=catalogue, Role=Role, **self._shown(), **WORDS
        )

    async def panel(self, request: Request, _session: Session) -> Response:
        """The changing part of the page, as server-sent events."""
        return event_stream(self._panels(language(request)))

    async def _panels(self, language: str) -> AsyncIterator[bytes]:
        async for data in redrawn(self._office, "floor_panel.html", language, self._shown):
            yield data

    def _shown(self) -> dict[str, Any]:
        counters = self._office.inbox.queue.catalogue.counters
        numbers = {counter.id: counter.number for counter in counters}
        return {"panel": self._panel(), "devices": self._devices.watchfulness, "counters": numbers, **DEVICE_WORDS}

    def _panel(self) -> FloorPanel:
        inbox = self._office.inbox
        faces = self._office.faces
        return floor_panel(
            inbox.queue,
            self._office.forecast.current,
            inbox.now_ms,
            self._seats.officers(),
            faces.portraits,
            faces.captures.with_portrait(),
        )

    async def ticket(self, request: Request, _session: Session) -> Response:
        """The life of one ticket today, as a part of the page."""
        typed = request.path_params["label"][:12]
        queue = self._office.inbox.queue
        ticket = find_by_label(queue, typed)
        if ticket is None:
            return self._office.page(request, "floor_no_ticket.html", status=404, typed=typed)
        life = life_of(ticket.id, await self._entries_of(ticket.id), queue.catalogue)
        line = waiting_line(queue, ticket) if ticket.service in queue.plan.services else None
        into = queue.tickets.get(ticket.into)
        return self._office.page(request, "floor_ticket.html", ticket=ticket, line=line, life=life, into=into, **WORDS)

    async def _entries_of(self, ticket_id: str) -> list[Entry]:
        """The journal back to the ticket's beginning, which lies in today."""
        upto = self._office.inbox.queue.seq
        found: list[Entry] = []
        while upto > 0:
            after = max(0, upto - AT_ONCE)
            entries = await self._office.inbox.entries(after, upto)
            found = entries + found
            if any(is_birth(entry, ticket_id) or isinstance(entry.event, DayOpened) for entry in entries):
                break
            upto = after
        return found
