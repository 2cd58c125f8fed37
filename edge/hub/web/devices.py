"""Every device of the site, how each of its parts is and what to do, for floor lead and administrator."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.daemon.streams import event_stream
from edge.hub.device_words import DEVICE_WORDS
from edge.hub.devices import DeviceRoll
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Office, language
from edge.hub.web.live import WORDS, redrawn


class DevicePages:
    """The page of all devices."""

    def __init__(self, office: Office, devices: DeviceRoll) -> None:
        self._office = office
        self._devices = devices

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._office
        return [
            office.on_get("/devices", self.devices, Role.FLOOR_LEAD),
            office.on_stream("/devices/panel", self.panel, Role.FLOOR_LEAD),
        ]

    async def devices(self, request: Request, session: Session) -> Response:
        """The page."""
        return self._office.page(request, "devices.html", session=session, **self._shown(), **WORDS)

    async def panel(self, request: Request, _session: Session) -> Response:
        """The changing part of the page, as server-sent events."""
        return event_stream(self._panels(language(request)))

    async def _panels(self, language: str) -> AsyncIterator[bytes]:
        async for data in redrawn(self._office, "devices_panel.html", language, self._shown):
            yield data

    def _shown(self) -> dict[str, Any]:
        catalogue = self._office.inbox.queue.catalogue
        return {
            "devices": self._devices.lines,
            "counters": {counter.id: counter.number for counter in catalogue.counters},
            "facility": catalogue.facility,
            "version": catalogue.version,
            **DEVICE_WORDS,
        }
