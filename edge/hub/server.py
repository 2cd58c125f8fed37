"""The hub's HTTP API: one command, one reply; one snapshot, then the stream of what happens."""

import logging
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from edge.contracts.commands import Command, CounterCommand, KioskCommand, Refused, ReportEligibility
from edge.contracts.eligibility import InsuredPerson
from edge.contracts.events import Entry
from edge.contracts.face import ContestVerdict, FaceCapture, SettleContest
from edge.contracts.health import DeviceHealth
from edge.contracts.refusals import Refusal
from edge.daemon.body import BodyTooLarge, read_body
from edge.daemon.hub_client import NOW, NOW_HEADER, new_command_id
from edge.daemon.streams import Broadcast, event_stream, frame
from edge.hub.config import Device
from edge.hub.devices import DeviceRoll
from edge.hub.enrolment.register import Register
from edge.hub.faces.captures import Captures, check_capture
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox, Overloaded
from edge.hub.insurance.portal import Portal
from edge.hub.journal import JournalError
from edge.hub.media import MediaStore, content_type
from edge.hub.openapi import openapi

MAX_COMMAND_BYTES = 4096
MAX_PERSON_BYTES = 1024
MAX_FACE_BYTES = 64 * 1024  # a portrait in base64, and the rest
MAX_HEALTH_BYTES = 24 * 1024  # 64 parts with their longest details
CATCH_UP = 1000

_decode_command: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_decode_capture = msgspec.json.Decoder(FaceCapture)
_decode_person = msgspec.json.Decoder(InsuredPerson)
_decode_health = msgspec.json.Decoder(DeviceHealth)
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class Problem(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success (the shape of RFC 9457)."""

    status: int
    title: str
    detail: str


class Api:
    """The endpoints that devices use, each with the device's bearer token. ``portal`` is None where it is off."""

    def __init__(
        self,
        inbox: Inbox,
        stream: Broadcast,
        forecast: Forecast,
        devices: Register,
        portal: Portal | None,
        captures: Captures,
        media: MediaStore,
        roll: DeviceRoll,
        beside: Callable[[], dict[str, object]] = dict,
    ) -> None:
        self._inbox = inbox
        self._stream = stream
        self._forecast = forecast
        self._devices = devices
        self._portal = portal
        self._captures = captures
        self._media = media
        self._roll = roll
        self._beside = beside

    def routes(self) -> list[Route]:
        """The API's routes, for the application."""
        return [
            Route("/api/v1/commands", self.receive, methods=["POST"]),
            Route("/api/v1/faces", self.take_face, methods=["POST"]),
            Route("/api/v1/eligibility", self.eligibility, methods=["POST"]),
            Route("/api/v1/snapshot", self.snapshot),
            Route("/api/v1/outlook", self.outlook),
            Route("/api/v1/events", self.events),
            Route("/api/v1/media/{sha256}", self.medium),
            Route("/api/v1/health", self.hear_health, methods=["POST"]),
            Route("/api/v1/health", self.health),
            Route("/api/v1/openapi.json", self.describe),
        ]

    async def receive(self, request: Request) -> Response:
        """Carry out one command."""
        device = self._device(request)
        if device is None:
            return _unknown_device()
        try:
            command = _decode_command.decode(await read_body(request, MAX_COMMAND_BYTES))
        except BodyTooLarge:
            return problem(413, "Too large", f"a command has at most {MAX_COMMAND_BYTES} bytes")
        except ValueError:  # msgspec's own, and text that is no UTF-8
            # the decoder's own text could repeat what was sent
            return problem(422, "Not a command", "the body is no command of /api/v1/openapi.json")
        if not allows(device, command):
            return _json(_encode(Refused(command.id, Refusal.NOT_YOURS)))
        return await answered(self._inbox, device.name, command)

    async def take_face(self, request: Request) -> Response:
        """Keep what a kiosk's camera took, until a command names it; nothing of it is on the disk before that."""
        device = self._device(request)
        if device is None:
            return _unknown_device()
        if device.role != "kiosk":
            return problem(403, "Not yours", "only a kiosk may send a face")
        try:
            capture = _decode_capture.decode(await read_body(request, MAX_FACE_BYTES))
            check_capture(capture, self._captures.keep_days)
        except BodyTooLarge:
            return problem(413, "Too large", f"a capture has at most {MAX_FACE_BYTES} bytes")
        except ValueError:  # msgspec's own, and text that is no UTF-8
            return problem(422, "Not a capture", "the body is no FaceCapture of /api/v1/openapi.json")
        if not self._captures.add(device.name, capture):
            return problem(409, "Not yours", "another device has sent a capture under this id")
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def eligibility(self, request: Request) -> Response:
        """Ask the insurance portal about the person who stands at a kiosk."""
        device = self._device(request)
        if device is None:
            return _unknown_device()
        if device.role != "kiosk":
            return problem(403, "Not yours", "only a kiosk may ask whether somebody is insured")
        if self._portal is None:
            return problem(404, "Off", "this site asks no insurance portal: there is no [insurance] in hub.toml")
        try:
            person = _decode_person.decode(await read_body(request, MAX_PERSON_BYTES))
        except BodyTooLarge:
            return problem(413, "Too large", f"a question has at most {MAX_PERSON_BYTES} bytes")
        except ValueError:  # msgspec's own, and text that is no UTF-8
            return problem(422, "Not a person", "the body is no InsuredPerson of /api/v1/openapi.json")
        found = await self._portal.look_up(person)
        try:
            await self._inbox.handle(device.name, ReportEligibility(new_command_id(), found.outcome, found.code))
        except (Overloaded, JournalError):
            _log.warning("a look-up at the insurance portal was not counted")
        return _json(_encode(found))

    async def snapshot(self, request: Request) -> Response:
        """What is true now."""
        if self._device(request) is None:
            return _unknown_device()
        response = _json(_encode(self._inbox.snapshot))
        response.headers[NOW_HEADER] = str(self._inbox.now_ms)
        return response

    async def outlook(self, request: Request) -> Response:
        """What the hub expects: opening and waiting times, who is next, alarms."""
        if self._device(request) is None:
            return _unknown_device()
        return _json(_encode(self._forecast.current))

    async def events(self, request: Request) -> Response:
        """What happens after a sequence number, and what the hub expects between it, until the device is revoked."""
        device = self._device(request)
        if device is None:
            return _unknown_device()
        after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        if not after.isdecimal() or len(after) > 15:
            return problem(422, "Not a sequence number", "after is the seq of the last entry that you have")
        if int(after) > self._inbox.queue.seq:
            return problem(409, "Another journal", "this hub has not come that far: take a new snapshot")
        return event_stream(self._entries(int(after), device))

    async def medium(self, request: Request) -> Response:
        """A picture, clip or sound by its hash, or a range of it; under one hash it is the same for ever."""
        if self._device(request) is None:
            return _unknown_device()
        sha256 = request.path_params["sha256"]
        path = self._media.path(sha256)
        if path is None:
            return problem(404, "No such medium", "nobody has uploaded a file with this SHA-256")
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{sha256}"'}
        headers["X-Content-Type-Options"] = "nosniff"
        return FileResponse(path, media_type=content_type(path), headers=headers)

    async def _entries(self, after: int, device: Device) -> AsyncIterator[bytes]:
        with self._stream.joined() as listener:
            yield self._now() + self._forecast.frame
            upto = self._inbox.queue.seq  # what comes later is in the listener
            while after < upto and self._devices.knows(device):
                entries = await self._inbox.entries(after, min(upto, after + CATCH_UP))
                yield b"".join(entry_frame(entry) for entry in entries)
                after = entries[-1].seq
            async for data in listener.frames():
                if not self._devices.knows(device):
                    return
                yield self._now() if data.startswith(b":") else data

    def _now(self) -> bytes:
        """A comment that tells the hub's time; between the entries it is the stream's heartbeat."""
        return b"%s%d\n\n" % (NOW.encode(), self._inbox.now_ms)

    async def hear_health(self, request: Request) -> Response:
        """How a device says it is; nothing of it is on the disk."""
        device = self._device(request)
        if device is None:
            return _unknown_device()
        try:
            health = _decode_health.decode(await read_body(request, MAX_HEALTH_BYTES))
        except BodyTooLarge:
            return problem(413, "Too large", f"a report has at most {MAX_HEALTH_BYTES} bytes")
        except ValueError:  # msgspec's own, and text that is no UTF-8
            return problem(422, "Not a report", "the body is no DeviceHealth of /api/v1/openapi.json")
        if health.program != device.role:
            return problem(403, "Not yours", f"this device is a {device.role} in devices.toml")
        self._roll.hear(device.name, health, self._inbox.now_ms)
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    async def health(self, _: Request) -> Response:
        """Whether the hub can give numbers; needs no token and tells nothing else."""
        trusted = self._inbox.clock_trusted
        queue = self._inbox.queue
        state = {"program": "hub", "clock_trusted": trusted, "day": queue.day, "seq": queue.seq, **self._beside()}
        return _json(_encode(state), status=200 if trusted else 503)

    async def describe(self, _: Request) -> Response:
        """The OpenAPI document of this API."""
        return _json(_encode(openapi()))

    def _device(self, request: Request) -> Device | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._devices.device(token) if scheme == "Bearer" else None


def entry_frame(entry: Entry) -> bytes:
    """One entry as the stream carries it."""
    return frame(_encode(entry), event_id=entry.seq, event="entry")


def allows(device: Device, command: Command) -> bool:
    """Whether this device may send this command: kiosks take numbers, boards press the buttons of their counters."""
    if isinstance(command, SettleContest):  # an officer's word is given on the officers' pages only
        return device.role == "kiosk" and command.verdict is ContestVerdict.LEFT
    if isinstance(command, KioskCommand):
        return device.role == "kiosk"
    return isinstance(command, CounterCommand) and device.role == "board" and command.counter in device.counters


async def answered(inbox: Inbox, sender: str, command: Command) -> Response:
    """The inbox's reply as an HTTP response; 503 where it was not done and may be sent again."""
    try:
        return _json(await inbox.handle(sender, command))
    except Overloaded:
        return problem(503, "Busy", "too many commands wait; send it again under the same id")
    except JournalError:
        return problem(503, "Disk", "the journal took nothing; send it again under the same id")


def problem(status: int, title: str, detail: str) -> Response:
    """An answer that says what was wrong."""
    body = _encode(Problem(status, title, detail))
    return Response(body, status, media_type="application/problem+json", headers={"Cache-Control": "no-store"})


def _unknown_device() -> Response:
    return problem(401, "Unknown device", "a bearer token of a device of this site is needed")


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json", headers={"Cache-Control": "no-store"})
