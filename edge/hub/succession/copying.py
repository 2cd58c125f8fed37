"""The standby asks for what it has not, and says with the same question what it has on its disk."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.contracts.copy import FRESH_S, MOST_DIGESTED, WAIT_S, CopiedMedium, Inventory
from edge.hub.enrolment.register import Register
from edge.hub.server import problem
from edge.hub.succession.belongings import listed
from edge.hub.succession.rows import JournalRows

log = logging.getLogger(__name__)

STANDBY = "standby"
PATIENCE_S = 0.5  # for how long an answer waits for the copy; an SD card may stall
_encode = msgspec.json.Encoder().encode

P = ParamSpec("P")
T = TypeVar("T")


class CopyState(msgspec.Struct, frozen=True):
    """How far the standby is: ``seq`` is the last entry on its disk, ``behind_s`` for how long it has lacked one (0: it
    lacks none), ``silent_s`` how long ago it asked last; -1: never since this hub began."""

    seq: int
    behind_s: int
    silent_s: int


class Standby(NamedTuple):
    """Whose token it is, and whether the site has one at all."""

    knows: Callable[[str], bool]
    expected: Callable[[], bool]


def standby_of(register: Register) -> Standby:
    """The device of the register that has this role."""

    def knows(token: str) -> bool:
        device = register.device(token)
        return device is not None and device.role == STANDBY

    return Standby(knows, lambda: any(device.role == STANDBY for device in register.devices))


class Copying:
    """Serves the copy, and knows how far it is. ``seq`` tells the journal's last entry; ``belongings`` reads the files
    beside it."""

    def __init__(
        self,
        data: Path,
        site: str,
        standby: Standby,
        belongings: Callable[[], dict[str, bytes]],
        seq: Callable[[], int],
        *,
        over: bool = False,
    ) -> None:
        self._data = data
        self._site = site
        self._standby = standby
        self._belongings = belongings
        self._seq = seq
        self._over = over
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="copy")
        self._rows: JournalRows | None = None
        self._news = asyncio.Event()
        self._came = asyncio.Event()
        self._copied = 0
        self._asked_s = float("-inf")
        self._whole_s = time.monotonic()
        self._waits = True

    @property
    def expected(self) -> bool:
        """Whether this site has a standby."""
        return self._standby.expected()

    def state(self) -> CopyState | None:
        """How far the copy is; None where the site has no standby."""
        if not self.expected:
            return None
        now_s = time.monotonic()
        behind_s = 0 if self._copied >= self._seq() else int(now_s - self._whole_s)
        silent_s = -1 if self._asked_s == float("-inf") else int(now_s - self._asked_s)
        return CopyState(self._copied, behind_s, silent_s)

    def routes(self) -> list[Route]:
        """The routes, all for a standby's token only."""
        return [
            Route("/api/v1/copy", self.piece),
            Route("/api/v1/copy/digest", self.digest),
            Route("/api/v1/copy/inventory", self.inventory),
            Route("/api/v1/copy/files/{name:path}", self.file),
        ]

    def close(self) -> None:
        """Let what is being read come to its end."""
        self._reading.shutdown()
        if self._rows is not None:
            self._rows.close()

    def wake(self) -> None:
        """There is something new in the journal."""
        if self._copied >= self._seq() - 1:
            self._whole_s = time.monotonic()
        self._news.set()

    async def copied(self, seq: int) -> None:
        """Wait until the standby has everything up to here; no longer than ``PATIENCE_S``, and not at all while it is
        away or was too slow: then not before it has caught up again."""
        if not self._waits or time.monotonic() - self._asked_s > FRESH_S:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self._copied < seq:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            self._waits = False
            log.warning("the standby is slow or gone: numbers are given without waiting for the copy")

    async def piece(self, request: Request) -> Response:
        """What follows what the standby has; where that is nothing, once there is something, or after ``WAIT_S``."""
        if not self._allowed(request):
            return _unknown()
        asked = [request.query_params.get(name, "0") for name in ("entries", "audit", "editions")]
        if not all(one.isdecimal() and len(one) <= 15 for one in asked):
            return problem(422, "Not a place", "entries, audit and editions are the last numbers that you have")
        entries, audit, editions = (int(one) for one in asked)
        self._has(entries)
        if not self._over and entries >= self._seq():
            self._news.clear()
            try:
                async with asyncio.timeout(WAIT_S):
                    await self._news.wait()
            except TimeoutError:
                pass
        self._asked_s = time.monotonic()
        found = await self._read(lambda rows: rows.piece(entries, audit, editions, over=self._over))
        return _json(_encode(found))

    async def digest(self, request: Request) -> Response:
        """The digest of a stretch of entries, for the standby to compare."""
        if not self._allowed(request):
            return _unknown()
        asked = [request.query_params.get(name, "") for name in ("after", "upto")]
        if not all(one.isdecimal() and len(one) <= 15 for one in asked):
            return problem(422, "Not a stretch", "after and upto are sequence numbers")
        after, upto = (int(one) for one in asked)
        if not 0 <= upto - after <= MOST_DIGESTED:
            return problem(422, "Not a stretch", f"at most {MOST_DIGESTED} entries at once")
        try:
            return _json(_encode(await self._read(lambda rows: rows.digest(after, upto))))
        except LookupError:
            return problem(409, "Another journal", "this hub does not have these entries")

    async def inventory(self, request: Request) -> Response:
        """Everything beside the journal, with its hashes."""
        if not self._allowed(request):
            return _unknown()
        files = listed(await self._run(self._belongings))
        return _json(_encode(Inventory(self._site, files, await self._run(self._media))))

    async def file(self, request: Request) -> Response:
        """One of the inventory's files."""
        if not self._allowed(request):
            return _unknown()
        content = (await self._run(self._belongings)).get(request.path_params["name"])
        if content is None:
            return problem(404, "No such file", "the inventory names what there is")
        headers = {"Cache-Control": "no-store"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def _has(self, entries: int) -> None:
        self._asked_s = time.monotonic()
        self._copied = min(entries, self._seq())
        if self._copied >= self._seq():
            self._whole_s = self._asked_s
            if not self._waits:
                log.info("the standby has caught up")
            self._waits = True
        self._came.set()

    def _media(self) -> tuple[CopiedMedium, ...]:
        folder = self._data / "media"
        found = sorted(path for path in folder.iterdir() if len(path.name) == 64) if folder.is_dir() else []
        return tuple(CopiedMedium(path.name, path.stat().st_size) for path in found)

    def _allowed(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and self._standby.knows(token)

    async def _read(self, work: Callable[[JournalRows], T]) -> T:
        def reading() -> T:
            if self._rows is None:
                self._rows = JournalRows(self._data / "hub.db")
            return work(self._rows)

        return await self._run(reading)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, lambda: work(*args, **kwargs))


def _unknown() -> Response:
    return problem(401, "Unknown device", "a bearer token of the site's standby is needed")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
