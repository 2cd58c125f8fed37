"""The kiosk page as a draft would make it, in a frame: the same tiles as the kiosk shows, with nobody waiting."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.contracts import tiles
from edge.contracts.catalogue import Catalogue, Service, ServiceGroup
from edge.daemon.i18n import local_time
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import HEADERS
from edge.hub.web.catalogue_desk import HOME, CatalogueDesk
from edge.hub.web.media import FILES

PREVIEW = f"{HOME}/preview"
# For pages that another page of the hub shows in a frame.
FRAMED = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; form-action 'none'",
}


class PreviewPages:
    """The frames, and what is in them."""

    def __init__(self, desk: CatalogueDesk) -> None:
        self._desk = desk

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._desk.office
        return [
            office.on_get(PREVIEW, self.frames, Role.ADMINISTRATOR),
            office.on_get(f"{PREVIEW}/screen", self.screen, Role.ADMINISTRATOR),
            office.on_get(f"{PREVIEW}/screen.css", self.styles, Role.ADMINISTRATOR),
        ]

    async def frames(self, request: Request, session: Session) -> Response:
        """The upright and the wide screen."""
        return self._desk.page(request, session, "catalogue_preview.html")

    async def screen(self, request: Request, session: Session) -> Response:
        """One screen, which fills its frame."""
        catalogue = self._desk.draft(session).catalogue
        shown = shown_groups(catalogue)
        groups = [tiles.spans(services) for _, services in shown]
        now = local_time(self._desk.office.inbox.now_ms, self._desk.in_force.facility.time_zone)
        response = self._desk.office.page(
            request,
            "catalogue_kiosk.html",
            catalogue=catalogue,
            groups=shown,
            portrait=tiles.portrait(groups),
            landscape=tiles.landscape(groups),
            compact=tiles.is_compact(groups),
            is_readable=tiles.is_readable,
            name_classes=tiles.name_classes,
            clock=f"{now:%H:%M}",
            logo=f"{FILES}/{catalogue.logo.sha256}" if catalogue.logo else "/brand/logo.svg",
        )
        response.headers.update(FRAMED)
        return response

    async def styles(self, _request: Request, session: Session) -> Response:
        """The colours and grids of the draft, as a page without inline styles needs them."""
        catalogue = self._desk.draft(session).catalogue
        groups = [tiles.spans(services) for _, services in shown_groups(catalogue)]
        rules = [f".tile-of-{service.id}{{--colour:{service.colour}}}" for service in catalogue.services]
        for name, grid in (("portrait", tiles.portrait(groups)), ("landscape", tiles.landscape(groups))):
            rows = "".join(f" auto repeat({count},minmax(3.43rem,8.4rem))" for count in grid.rows) or " none"
            rules.append(f".services{{--columns-{name}:{grid.columns};--rows-{name}:{rows}}}")
        return Response("\n".join(rules), media_type="text/css", headers=HEADERS)


def shown_groups(catalogue: Catalogue) -> list[tuple[ServiceGroup, list[Service]]]:
    """The groups that have something to touch, with their services."""
    found = [
        (group, [service for service in catalogue.services if service.group == group.id and service.active])
        for group in catalogue.groups
    ]
    return [(group, services) for group, services in found if services]
