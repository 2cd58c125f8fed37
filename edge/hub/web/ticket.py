"""The page behind the QR on a slip, for the patient's own telephone."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from edge.contracts.ticket import PRIORITY_WORDS, State
from edge.hub.visit import ticket_view
from edge.hub.web.base import Office


class TicketPages:
    """What a patient sees without logging in."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [Route("/t/{ticket}", self.ticket)]

    async def ticket(self, request: Request) -> Response:
        """How it stands with one ticket; the id in the address is the secret."""
        queue, now_ms = self._office.inbox.queue, self._office.inbox.now_ms
        ticket = queue.tickets.get(request.path_params["ticket"])
        if ticket is None:
            return self._office.page(request, "no_ticket.html", status=404, catalogue=queue.catalogue)
        view = ticket_view(queue, ticket, now_ms)
        return self._office.page(request, "ticket.html", view=view, State=State, priorities=PRIORITY_WORDS)
