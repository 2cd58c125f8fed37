"""The tablet at a counter on which a patient says how it was (P3) and scans what to pay (D7), and the page that makes a
tablet one."""

import secrets
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from edge.contracts.commands import Complaint, Rate
from edge.daemon.qr import qr
from edge.daemon.streams import event_stream, frame
from edge.hub.deeds import Deed
from edge.hub.inbox import Overloaded
from edge.hub.journal import JournalError
from edge.hub.officers import Session
from edge.hub.panel import opening
from edge.hub.payment.charges import Charges
from edge.hub.roles import Role
from edge.hub.tablets import Tablet, Tablets
from edge.hub.web.base import SESSION_COOKIE, Form, Office, read_form, same, set_cookie
from edge.hub.words import COMPLAINTS, FACES, money
from edge.queueing.rules import RATING_MS

TABLET_COOKIE = "__Host-moiso-tablet"
ASK_WHY_UPTO = 3  # whoever is less than satisfied is asked once what it was


class RatingPages:
    """Pairing is for the floor lead; what the tablet then shows needs no officer."""

    def __init__(self, office: Office, tablets: Tablets, charges: Charges) -> None:
        self._office = office
        self._tablets = tablets
        self._charges = charges

    def routes(self) -> list[BaseRoute]:
        """The routes of this room."""
        return [
            self._office.on_get("/tablets", self.tablets, Role.FLOOR_LEAD),
            self._office.on_form("/tablets/pair", self.pair, Role.FLOOR_LEAD),
            self._office.on_form("/tablets/release", self.release, Role.FLOOR_LEAD),
            Route("/rating", self.show),
            Route("/rating", self.rate, methods=["POST"]),
            Route("/rating/changes", self.changes),
        ]

    async def tablets(self, request: Request, session: Session) -> Response:
        """The paired tablets, and the counters to pair this one with."""
        catalogue = self._office.inbox.queue.catalogue
        return self._office.page(
            request, "tablets.html", session=session, catalogue=catalogue, tablets=self._tablets.paired()
        )

    async def pair(self, request: Request, session: Session, form: Form) -> Response:
        """This machine becomes the tablet of a counter. The officer is logged out on it: patients will hold it."""
        counter = form.text("counter", 40)
        if counter not in self._office.inbox.queue.plan.counters:
            return RedirectResponse("/tablets", 303)
        await self._office.note(session.officer, Deed.PAIR_TABLET, counter)
        self._office.officers.end(request.cookies[SESSION_COOKIE])
        response = RedirectResponse("/rating", 303)
        set_cookie(response, TABLET_COOKIE, self._tablets.pair(counter, session.officer), max_age=400 * 86_400)
        response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
        return response

    async def release(self, _: Request, session: Session, form: Form) -> Response:
        """A tablet rates no more."""
        for tablet in self._tablets.paired():
            if str(tablet.id) == form.text("tablet", 20):
                await self._office.note(session.officer, Deed.RELEASE_TABLET, tablet.counter)
                self._tablets.release(tablet.id)
        return RedirectResponse("/tablets", 303)

    async def show(self, request: Request) -> Response:
        """What is to be paid, else the question about the service that was given last, else thanks."""
        tablet = self._tablet(request)
        if tablet is None:
            return RedirectResponse("/tablets", 303)
        return self._page(request, tablet, thanks="thanks" in request.query_params)

    async def rate(self, request: Request) -> Response:
        """A face was touched, or the reason after it."""
        tablet = self._tablet(request)
        form = await read_form(request)
        if tablet is None or not same(form.text("csrf"), tablet.csrf):
            return RedirectResponse("/rating", 303)
        ticket, score, why = form.text("ticket", 32), form.text("score", 1), form.text("complaint", 20)
        if ticket != self._ticket_to_rate(tablet) or score not in FACES:
            return RedirectResponse("/rating", 303)
        if int(score) <= ASK_WHY_UPTO and not form.texts("complaint"):
            return self._page(request, tablet, score=score)
        complaint = Complaint(why) if why in COMPLAINTS else Complaint.NONE
        command = Rate(secrets.token_hex(16), tablet.counter, int(score), complaint, ticket)
        try:
            await self._office.inbox.handle(f"tablet {tablet.counter}", command)
        except (Overloaded, JournalError):
            return RedirectResponse("/rating", 303)  # the question stands there still
        return RedirectResponse("/rating?thanks", 303)

    async def changes(self, request: Request) -> Response:
        """Told when there is something else to pay or to rate, or nothing any more, and when the working hours begin or
        end."""
        tablet = self._tablet(request)
        return Response(status_code=401) if tablet is None else event_stream(self._changes(tablet))

    async def _changes(self, tablet: Tablet) -> AsyncIterator[bytes]:
        with self._charges.seen(tablet.counter), self._office.stream.joined() as listener:
            frames = listener.frames()
            told = ""
            while True:
                now = self._shown(tablet)
                yield b": still so\n\n" if now == told else frame(now.encode(), event="rate")
                told = now
                if await anext(frames, None) is None:
                    return

    def _page(self, request: Request, tablet: Tablet, *, score: str = "", thanks: bool = False) -> Response:
        queue = self._office.inbox.queue
        ticket = queue.tickets.get(self._ticket_to_rate(tablet))
        return self._office.page(
            request,
            "rating.html",
            facility=queue.catalogue.facility,
            counter=queue.plan.counters.get(tablet.counter),
            csrf=tablet.csrf,
            ticket=ticket,
            charge=self._charges.at(tablet.counter),
            qr=qr,
            money=money,
            shown=self._shown(tablet),
            score=score,
            thanks=thanks and ticket is None,
            faces=FACES,
            complaints=COMPLAINTS,
        )

    def _shown(self, tablet: Tablet) -> str:
        """What the tablet's page depends on: what is to be paid, else the ticket to rate, else whether the facility
        works."""
        inbox = self._office.inbox
        if charge := self._charges.at(tablet.counter):
            return f"pay {charge.purpose}"
        return self._ticket_to_rate(tablet) or ("open" if opening(inbox.queue, inbox.now_ms).is_open else "closed")

    def _ticket_to_rate(self, tablet: Tablet) -> str:
        inbox = self._office.inbox
        served = inbox.queue.served.get(tablet.counter)
        return served.ticket if served and inbox.now_ms - served.at_ms <= RATING_MS else ""

    def _tablet(self, request: Request) -> Tablet | None:
        try:
            return self._tablets.tablet(request.cookies.get(TABLET_COOKIE, ""))
        except KeyError:
            return None
