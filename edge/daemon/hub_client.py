"""The way to the hub: send a command and get its one reply; follow what happens."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from edge.contracts.commands import Command, Reply
from edge.contracts.eligibility import Eligibility, InsuredPerson
from edge.contracts.events import Entry
from edge.contracts.face import FaceCapture
from edge.contracts.health import DeviceHealth
from edge.contracts.outlook import Outlook
from edge.contracts.snapshot import Snapshot, follow
from edge.contracts.term import OUT_OF_OFFICE, TERM_HEADER, from_header
from edge.daemon.config import ConfigError, Hub, read_secret
from edge.daemon.site_tls import site_context
from edge.daemon.terms import Terms

log = logging.getLogger(__name__)
T = TypeVar("T")

ANSWER_S = 8.0  # an SD card may stall an fsync for seconds
LOOK_UP_S = 10.0  # the hub itself waits at most 8 s for the insurance portal
SILENCE_S = 25.0  # the hub's stream says something every 10 s
RETRY_FIRST_S, RETRY_MOST_S = 0.2, 3.0
LOOK_S, LOOK_AROUND_S = 5.0, 2.0
BLOCK_BYTES = 1 << 18  # of a file, in memory at once
NOW_HEADER = "Moiso-Now-Ms"  # with the snapshot: the hub's time
NOW = ": now "  # begins the comment of the hub's stream that tells it again

_snapshot = msgspec.json.Decoder(Snapshot)
_entry = msgspec.json.Decoder(Entry)
_outlook = msgspec.json.Decoder(Outlook)
_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_eligibility = msgspec.json.Decoder(Eligibility)

# (snapshot, None): a fresh one; (snapshot, entry): after an entry; None: the link is lost
Change = tuple[Snapshot, Entry | None] | Outlook | None


class HubUnreachable(Exception):
    """The hub gave no answer; the command may or may not have been done: send it again under the same id."""


class OldHub(httpx.RequestError):
    """A hub answered from which another one has taken over."""


class HubRejected(Exception):
    """The hub does not know this device, or does not understand it: a matter for the technician."""


def new_command_id() -> str:
    """A command id: 128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


class SiteClock:
    """The hub's time, which everything at the site shows: a kiosk or a board may have woken up in 1970.

    Until the hub has been heard it is this machine's own.
    """

    def __init__(self) -> None:
        self._ahead_ms = time.time_ns() // 1_000_000 - _steady_ms()

    def heard(self, now_ms: int) -> None:
        """The hub says that it is this time, in milliseconds since 1970 UTC."""
        self._ahead_ms = now_ms - _steady_ms()

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC, by the hub."""
        return self._ahead_ms + _steady_ms()


def _steady_ms() -> int:
    return time.monotonic_ns() // 1_000_000


async def messages(lines: AsyncIterator[str], clock: SiteClock) -> AsyncIterator[Entry | Outlook]:
    """What the lines of the hub's stream say; its comments set the clock, and events of a later hub are passed over.

    Raises msgspec.DecodeError (a ValueError) where an entry or an outlook is none.
    """
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: ") and name == "entry":
            yield _entry.decode(line[6:])
        elif line.startswith("data: ") and name == "outlook":
            yield _outlook.decode(line[6:])
        elif line.startswith(NOW):
            clock.heard(int(line.removeprefix(NOW)))
        elif not line:
            name = ""


class _Token(httpx.Auth):
    """The device's token. Where the hub does not know it any more the file is read again: a renewal may have changed
    it since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = read_secret(path)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code != 401:
            return
        try:
            now = read_secret(self._path)
        except ConfigError:
            return
        if now != self._token:
            self._token = now
            request.headers["Authorization"] = f"Bearer {now}"
            yield request


class HubClient:
    """One device's link to the hub, over HTTPS with the site's own CA and the device's token."""

    def __init__(self, hub: Hub, terms: Terms | None = None) -> None:
        self.clock = SiteClock()
        self._terms = terms or Terms(None)
        self._urls = (hub.url, hub.standby_url) if hub.standby_url else (hub.url,)
        self._moved = asyncio.Event()
        try:
            context = site_context(hub.ca)
        except OSError as error:  # an SSLError is one
            raise ConfigError(f"hub.ca: {hub.ca} is no readable CA certificate ({error})") from error
        self._http = httpx.AsyncClient(
            base_url=hub.url,
            verify=context,
            auth=_Token(hub.token_file),
            timeout=httpx.Timeout(ANSWER_S, connect=3.0),
            trust_env=False,
            event_hooks={"request": [self._show_term], "response": [self._check_term]},
        )

    async def _show_term(self, request: httpx.Request) -> None:
        request.headers.update(self._terms.headers())

    async def _check_term(self, response: httpx.Response) -> None:
        """Raises OldHub on an answer of a hub from which another one took over; it has been shown that by now."""
        if not self._terms.is_current(response.headers.get(TERM_HEADER)):
            await response.aclose()
            raise OldHub("another hub has taken over from this one", request=response.request)

    async def _look_around(self) -> None:
        """Speak to the hub in office from now on, where it answers at one of the two addresses."""
        answers = await asyncio.gather(*(self._generation_at(url) for url in self._urls))
        best = max(answers)
        if best < self._terms.latest.generation or best < 0:
            return
        found = self._urls[answers.index(best)]
        if str(self._http.base_url).rstrip("/") != found.rstrip("/"):
            log.warning("this device goes over to the hub of generation %s", best)
            self._http.base_url = httpx.URL(found)
            self._moved.set()

    async def _generation_at(self, url: str) -> int:
        """The generation of the hub that answers there, well or ill; -1 where none does that is in office."""
        try:
            response = await self._http.get(f"{url}/api/v1/health", timeout=httpx.Timeout(LOOK_AROUND_S))
            told = response.headers.get(TERM_HEADER)
            if told is None or response.headers.get(OUT_OF_OFFICE):
                return -1
            return from_header(told).generation
        except (httpx.HTTPError, ValueError):
            return -1

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self._look_around()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, command: Command) -> Reply:
        """Send a command once.

        Raises HubUnreachable where no answer came and HubRejected where the hub turned the message away.
        """
        try:
            response = await self._http.post("/api/v1/commands", content=msgspec.json.encode(command))
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise HubRejected(f"HTTP {response.status_code}")
        return _reply.decode(response.content)

    async def send_until_answered(self, command: Command, *, within_s: float) -> Reply:
        """Send a command again and again under its one id until the hub answers.

        Raises HubUnreachable where ``within_s`` seconds were not enough, and HubRejected at once.
        """
        return await self._until_answered(lambda: self.send(command), within_s)

    async def _until_answered(self, attempt: Callable[[], Awaitable[T]], within_s: float) -> T:
        deadline = asyncio.get_running_loop().time() + within_s
        pause = RETRY_FIRST_S
        while True:
            try:
                return await attempt()
            except HubUnreachable:
                if asyncio.get_running_loop().time() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, RETRY_MOST_S)

    async def post_face(self, capture: FaceCapture, *, within_s: float) -> None:
        """Give the hub what the camera made of a person, again and again until it has it.

        Raises HubUnreachable where ``within_s`` seconds were not enough, and HubRejected at once.
        """
        content = msgspec.json.encode(capture)
        await self._until_answered(lambda: self._post_face(content), within_s)

    async def _post_face(self, content: bytes) -> None:
        try:
            response = await self._http.post("/api/v1/faces", content=content)
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if response.status_code != 204:
            raise HubRejected(f"HTTP {response.status_code}")

    async def post_health(self, health: DeviceHealth) -> None:
        """Tell the hub how this device is, once.

        Raises HubUnreachable where no answer came and HubRejected where the hub turned it away.
        """
        try:
            response = await self._http.post("/api/v1/health", content=msgspec.json.encode(health))
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error
        if response.status_code >= 500:
            raise HubUnreachable(f"HTTP {response.status_code}")
        if response.status_code != 204:
            raise HubRejected(f"HTTP {response.status_code}")

    async def look_up(self, person: InsuredPerson) -> Eligibility:
        """Ask whether this person is insured; nothing is kept of it.

        Raises HubUnreachable where no answer came, and HubRejected where the site asks no portal, or not for kiosks.
        """
        content, timeout = msgspec.json.encode(person), httpx.Timeout(LOOK_UP_S, connect=3.0)
        try:
            response = await self._http.post("/api/v1/eligibility", content=content, timeout=timeout)
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error
        if response.status_code != 200:
            raise HubRejected(f"HTTP {response.status_code}")
        return _eligibility.decode(response.content)

    async def medium(self, sha256: str) -> AsyncGenerator[bytes, None]:
        """The bytes of an uploaded file, in blocks of ``BLOCK_BYTES``; nobody has checked them.

        Raises HubUnreachable where they stop coming, and HubRejected where the hub has no such file for this device.
        """
        timeout = httpx.Timeout(ANSWER_S, connect=3.0)
        try:
            async with self._http.stream("GET", f"/api/v1/media/{sha256}", timeout=timeout) as response:
                if response.status_code >= 500:
                    raise HubUnreachable(f"HTTP {response.status_code}")
                if response.status_code != 200:
                    raise HubRejected(f"HTTP {response.status_code}")
                async for block in response.aiter_bytes(BLOCK_BYTES):
                    yield block
        except httpx.HTTPError as error:
            raise HubUnreachable(type(error).__name__) from error

    async def changes(self) -> AsyncIterator[Change]:
        """What is true now, then after each entry; and what the hub expects, whenever it says so; for ever.

        Yields (snapshot, None) after every fresh snapshot, (snapshot, entry) after every entry, an Outlook between
        them, and None when the link is lost: the last Outlook then goes on to hold. After a short cut it goes on from
        where it was; a hub with a new journal gives a fresh snapshot.
        """
        looking = asyncio.create_task(self._keep_looking()) if len(self._urls) > 1 else None
        try:
            async for change in self._changes():
                yield change
        finally:
            if looking is not None:
                looking.cancel()

    async def _changes(self) -> AsyncIterator[Change]:
        snapshot: Snapshot | None = None
        pause = RETRY_FIRST_S
        lost = False
        while True:
            self._moved.clear()
            try:
                fresh = await self._take_snapshot()
                if snapshot is None or fresh.epoch != snapshot.epoch or fresh.seq < snapshot.seq:
                    snapshot = fresh
                if lost:
                    log.info("hub is back")
                lost = False
                yield snapshot, None
                async for message in self._stream(snapshot.seq):
                    if isinstance(message, Outlook):
                        yield message
                        continue
                    snapshot = follow(snapshot, message)
                    yield snapshot, message
                    pause = RETRY_FIRST_S
            except (httpx.HTTPError, HubRejected, ValueError) as error:
                # ValueError: the stream does not fit the snapshot (or is no JSON of ours): begin anew
                if isinstance(error, ValueError):
                    snapshot = None
                if not lost:
                    log.warning("hub is lost: %s", type(error).__name__)
                    lost = True
                    yield None
                if len(self._urls) > 1:
                    await self._look_around()
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_MOST_S)

    async def _take_snapshot(self) -> Snapshot:
        response = await self._http.get("/api/v1/snapshot")
        if response.status_code != 200:
            raise HubRejected(f"HTTP {response.status_code}")
        self.clock.heard(int(response.headers[NOW_HEADER]))
        return _snapshot.decode(response.content)

    async def _while_here(self, lines: AsyncIterator[str]) -> AsyncIterator[str]:
        """The lines of a stream, until this device goes over to another hub."""
        if len(self._urls) == 1:
            async for line in lines:
                yield line
            return
        moved = asyncio.create_task(self._moved.wait())
        coming: asyncio.Future[str] | None = None
        try:
            while True:
                coming = asyncio.ensure_future(anext(lines))
                await asyncio.wait({coming, moved}, return_when=asyncio.FIRST_COMPLETED)
                if moved.done():
                    return
                try:
                    line = coming.result()
                except StopAsyncIteration:
                    return
                yield line
        finally:
            moved.cancel()
            if coming is not None and not coming.done():
                coming.cancel()
                with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                    await coming

    async def _stream(self, after: int) -> AsyncIterator[Entry | Outlook]:
        timeout = httpx.Timeout(ANSWER_S, read=SILENCE_S)
        async with self._http.stream("GET", "/api/v1/events", params={"after": after}, timeout=timeout) as response:
            if response.status_code != 200:
                raise HubRejected(f"HTTP {response.status_code}")
            async for message in messages(self._while_here(response.aiter_lines()), self.clock):
                yield message
        raise httpx.ReadError("the hub closed the stream")
