"""What is said and shown by itself: the list; the form of one stands with the catalogue's others."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.catalogue_desk import HOME, CatalogueDesk


class AnnouncementPages:
    """The announcements at preset times, at intervals and at the day's events (S6)."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [self._desk.office.on_get(f"{HOME}/announcements", self.announcements, Role.ADMINISTRATOR)]

    async def announcements(self, request: Request, session: Session) -> Response:
        """Every announcement of the draft, and when it goes."""
        return self._desk.page(request, session, "catalogue_announcements.html")
