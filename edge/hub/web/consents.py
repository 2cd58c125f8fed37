"""The log of consents: who of which number agreed to what, in which words, and what was erased at their wish.

It proves that each was asked (Law 91/2025/QH15) and holds nothing of a face: the entries are the journal's own.
"""

from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts.events import ConsentGiven, Entry
from edge.daemon.i18n import local_time
from edge.hub.deeds import Deed
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Office
from edge.hub.web.days import Day, day_named
from edge.hub.words import GIVERS, PURPOSES


class Line(NamedTuple):
    """One line: ``ticket`` is a number's label today, the beginning of its id on another day; ``consent`` is None
    where data was erased."""

    at: datetime
    ticket: str
    issuer: str
    consent: ConsentGiven | None


class ConsentPages:
    """The log's page."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [self._office.on_get("/consents", self.page, Role.ADMINISTRATOR)]

    async def page(self, request: Request, session: Session) -> Response:
        """The log of one day, by default today; the newest line first."""
        inbox = self._office.inbox
        zone = inbox.queue.catalogue.facility.time_zone
        today = f"{local_time(inbox.now_ms, zone):%Y-%m-%d}"
        day = day_named(request.query_params.get("day", ""), zone) or day_named(today, zone) or Day(today, 0, 0)
        await self._office.note(session.officer, Deed.SEE_CONSENTS, day.name)
        entries = await inbox.on_disk(self._office.journal.consents, day.from_ms, day.until_ms)
        return self._office.page(
            request,
            "consents.html",
            session=session,
            lines=[self._line(entry, zone) for entry in reversed(entries)],
            day=day.name,
            purposes=PURPOSES,
            givers=GIVERS,
        )

    def _line(self, entry: Entry, zone: str) -> Line:
        event = entry.event
        ticket: str = getattr(event, "ticket", "")
        known = self._office.inbox.queue.tickets.get(ticket)
        return Line(
            local_time(entry.at_ms, zone),
            known.label if known else ticket[:8],
            getattr(event, "issuer", ""),
            event if isinstance(event, ConsentGiven) else None,
        )
