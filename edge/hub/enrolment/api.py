"""What devices ask of the hub about their own enrolment, over HTTPS."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.contracts.enrolment import MAX_REQUEST_BYTES, PATH, Answer, Ask, Asked, Renew, Reveal, Standing
from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.x509 import pem_of, read_request
from edge.hub.audit import DONE
from edge.hub.deeds import REFUSED, Deed
from edge.hub.enrolment.desk import EnrolmentDesk
from edge.hub.enrolment.register import ROLES
from edge.hub.enrolment.waiting import Busy, Refusal
from edge.hub.journal import JournalError
from edge.hub.server import problem

T = TypeVar("T")
Note = Callable[[str, Deed, str, str], Awaitable[None]]  # officer ("" for a device), deed, subject, outcome

_encode = msgspec.json.Encoder().encode
_ask = msgspec.json.Decoder(Ask)
_reveal = msgspec.json.Decoder(Reveal)
_renew = msgspec.json.Decoder(Renew)


class EnrolmentApi:
    """The endpoints below ``/api/v1/enrolment``. ``note`` writes the audit log."""

    def __init__(self, desk: EnrolmentDesk, note: Note, now_ms: Callable[[], int]) -> None:
        self._desk = desk
        self._note = note
        self._now_ms = now_ms

    def routes(self) -> list[Route]:
        """The routes, for the application."""
        return [
            Route(PATH, self.ask, methods=["POST"]),
            Route(PATH, self.standing, methods=["GET"]),
            Route(f"{PATH}/number", self.reveal, methods=["POST"]),
            Route(f"{PATH}/renewal", self.renew, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """A device that nobody knows asks to be let in."""
        asked = await _read(request, _ask)
        if isinstance(asked, Response):
            return asked
        if asked.role not in ROLES:
            return problem(422, "Not a role", f"a role is one of {', '.join(ROLES)}")
        try:
            csr = read_request(asked.csr)
        except ValueError as error:
            return problem(422, "Not a request", f"csr: {error}")
        if not self._desk.clock_trusted:
            return problem(503, "Clock", "the hub's clock is wrong: nothing is issued")
        try:
            pending = self._desk.waiting.ask(asked, csr, _address(request))
        except Busy as error:
            return problem(429, "Busy", str(error))
        ca = pem_of(self._desk.authority.certificate)
        return _json(Asked(pending.id, pending.nonce, ca, self._now_ms()))

    async def reveal(self, request: Request) -> Response:
        """The device tells the number to which it had committed; from now on it shows a code."""
        told = await _read(request, _reveal)
        if isinstance(told, Response):
            return told
        try:
            pending = self._desk.waiting.reveal(told.id, told.nonce)
        except Refusal as error:
            return problem(409, "Not this number", str(error))
        if pending is not None:
            try:
                await self._note("", Deed.ASK_ENROLMENT, f"{pending.role} {pending.address}", DONE)
            except JournalError:
                self._desk.waiting.close(pending.id)
                return problem(503, "Disk", "the journal took nothing: begin again")
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def standing(self, request: Request) -> Response:
        """Whether the device of this token is let in yet, and whether it should renew."""
        token = _token(request)
        device = self._desk.register.device(token)
        if device is None:
            if self._desk.waiting.of_token(_sha256(token)) is None:
                return problem(401, "Unknown device", "this token is no device's of this site")
            return _json(Answer(Standing.WAITING, self._now_ms()))
        enrolled = self._desk.register.enrolled(device.name)
        if enrolled is None:
            return _json(Answer(Standing.ENROLLED, self._now_ms(), device.name, device.role))
        return _json(
            Answer(
                Standing.ENROLLED,
                self._now_ms(),
                device.name,
                device.role,
                enrolled.certificate,
                self._desk.is_due(enrolled),
            )
        )

    async def renew(self, request: Request) -> Response:
        """A device takes another token, key and certificate; the old ones go on until the new token was used."""
        device = self._desk.register.device(_token(request))
        if device is None:
            return problem(401, "Unknown device", "this token is no device's of this site")
        asked = await _read(request, _renew)
        if isinstance(asked, Response):
            return asked
        enrolled = self._desk.register.enrolled(device.name)
        if enrolled is None:
            return problem(409, "By hand", "this device stands in devices.toml: enrol it to have it renewed")
        try:
            certificate = self._desk.renew(enrolled, asked)
        except Refusal as error:
            await self._tell(Deed.RENEW_DEVICE, device.name, REFUSED)
            return problem(409, "Not renewed", str(error))
        await self._tell(Deed.RENEW_DEVICE, device.name, DONE)
        return _json(Answer(Standing.ENROLLED, self._now_ms(), device.name, device.role, certificate))

    async def _tell(self, deed: Deed, subject: str, outcome: str) -> None:
        """A renewal that the log cannot take is no reason to cut a device off."""
        try:
            await self._note("", deed, subject, outcome)
        except JournalError:
            return


async def _read(request: Request, decoder: "msgspec.json.Decoder[T]") -> T | Response:
    try:
        return decoder.decode(await read_body(request, MAX_REQUEST_BYTES))
    except BodyTooLarge:
        return problem(413, "Too large", f"a body has at most {MAX_REQUEST_BYTES} bytes")
    except ValueError:  # msgspec's own, and text that is no UTF-8
        return problem(422, "Not understood", "the body does not fit edge.contracts.enrolment")


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _sha256(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _json(content: object) -> Response:
    return Response(_encode(content), media_type="application/json", headers={"Cache-Control": "no-store"})
