"""How the copy of this hub is, and what is left to settle with the hub before it; for floor lead and administrator."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from edge.contracts.commands import RetireHub
from edge.daemon.hub_client import new_command_id
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.succession.copying import Copying
from edge.hub.succession.handover import spare_services
from edge.hub.succession.tail import Tail
from edge.hub.web.base import Form, Office

LATE_S = 60  # from here on the page warns


class SuccessionPages:
    """The page "Máy dự phòng"."""

    def __init__(self, office: Office, copying: Copying, tail: Tail) -> None:
        self._office = office
        self._copying = copying
        self._tail = tail

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_get("/succession", self.show, Role.FLOOR_LEAD),
            self._office.on_form("/succession/retire", self.retire, Role.ADMINISTRATOR),
        ]

    async def show(self, request: Request, session: Session) -> Response:
        """The page."""
        queue = self._office.inbox.queue
        copy = self._copying.state()
        services = {service.id: service for service in queue.catalogue.services}
        lost = copy is not None and (copy.silent_s < 0 or copy.silent_s > LATE_S or copy.behind_s > LATE_S)
        return self._office.page(
            request,
            "succession.html",
            session=session,
            copy=copy,
            lost=lost,
            seq=queue.seq,
            term=queue.term,
            tail=self._tail,
            unreserved=[services[service] for service in spare_services(self._office.inbox)] if copy else [],
        )

    async def retire(self, _: Request, session: Session, form: Form) -> Response:
        """An administrator vouches that an old hub is gone for good."""
        generation = form.text("generation", 7)
        if generation.isdecimal() and form.text("sure") == "yes":
            await self._office.send(session, RetireHub(new_command_id(), int(generation)))
        return RedirectResponse("/succession", 303)
