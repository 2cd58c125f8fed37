"""An officer's look at a face: at the counter where its number was called, or where somebody says to be another.

Every look is in the audit log, once for each officer and number of a day; no picture has an address that tells whose.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from edge.hub.deeds import Deed
from edge.hub.faces.album import AlbumError
from edge.hub.officers import Session
from edge.hub.roles import Role
from edge.hub.web.base import Office
from edge.queueing.queue import Queue


class FacePages:
    """Portraits, as the pages of counter and floor show them."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._seen: set[tuple[str, str, str]] = set()

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        office = self._office
        return [
            office.on_stream("/counters/{counter}/portraits/{ticket}", self.called, Role.COUNTER),
            office.on_stream("/floor/contests/{contest}/holder", self.holder, Role.FLOOR_LEAD),
            office.on_stream("/floor/contests/{contest}/claimant", self.claimant, Role.FLOOR_LEAD),
        ]

    async def called(self, request: Request, session: Session) -> Response:
        """Who took the number that stands at this counter now; 404 for any other number."""
        queue, ticket = self._queue, request.path_params["ticket"]
        if queue.at_counter.get(request.path_params["counter"]) != ticket:
            return _nothing()
        return await self._portrait(session, ticket)

    async def holder(self, request: Request, session: Session) -> Response:
        """Who took the number that is contested; 404 once the contest has ended."""
        contest = self._queue.contests.get(request.path_params["contest"])
        if contest is None or contest.verdict is not None:
            return _nothing()
        return await self._portrait(session, contest.ticket)

    async def claimant(self, request: Request, session: Session) -> Response:
        """Who stands at the kiosk and says to be another; 404 once the contest has ended."""
        contest = self._queue.contests.get(request.path_params["contest"])
        captured = self._office.faces.captures.get(contest.face) if contest and contest.verdict is None else None
        if contest is None or captured is None or not captured.capture.portrait:
            return _nothing()
        await self._note(session, contest.ticket, contest.id)
        return _jpeg(captured.capture.portrait)

    async def _portrait(self, session: Session, ticket: str) -> Response:
        if ticket not in self._office.faces.portraits:
            return _nothing()
        try:
            portrait = await self._office.inbox.on_disk(self._office.faces.album.portrait, ticket)
        except AlbumError:
            return Response(status_code=503)
        if portrait is None:
            return _nothing()
        await self._note(session, ticket, ticket)
        return _jpeg(portrait)

    async def _note(self, session: Session, ticket: str, looked_at: str) -> None:
        """The look is in the log before the picture goes out."""
        key = (self._queue.day, session.officer, looked_at)
        if key in self._seen:
            return
        await self._office.note(session.officer, Deed.SEE_PORTRAIT, self._queue.tickets[ticket].label)
        self._seen = {seen for seen in self._seen if seen[0] == self._queue.day} | {key}

    @property
    def _queue(self) -> Queue:
        return self._office.inbox.queue


def _jpeg(portrait: bytes) -> Response:
    return Response(portrait, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _nothing() -> Response:
    return Response(status_code=404, headers={"Cache-Control": "no-store"})
