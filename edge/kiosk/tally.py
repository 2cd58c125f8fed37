"""The attempts to read a document, told to the hub one after another (D1); no patient waits for it."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from edge.contracts.commands import Refused, Reply, ReportReading
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.daemon.hub_client import HubRejected, new_command_id

log = logging.getLogger("kiosk")

KEPT = 100


class Tally:
    """Used from the event loop's thread. While the hub is away at most ``KEPT`` reports wait, in memory; the oldest are
    dropped. ``send`` returns once the hub has answered, and raises HubRejected.
    """

    def __init__(self, send: Callable[[ReportReading], Awaitable[Reply]]) -> None:
        self._send = send
        self._waiting: deque[ReportReading] = deque(maxlen=KEPT)
        self._added = asyncio.Event()

    def add(self, document: Document, fault: ReadingFault | None) -> None:
        """An attempt to read such a document has ended."""
        self._waiting.append(ReportReading(new_command_id(), document, fault))
        self._added.set()

    async def run(self) -> None:
        """Tell the hub of each, for ever."""
        while True:
            await self._added.wait()
            while self._waiting:
                await self._tell(self._waiting.popleft())
            self._added.clear()

    async def _tell(self, report: ReportReading) -> None:
        try:
            reply = await self._send(report)
        except HubRejected as error:
            log.warning("the hub takes no word of a reading: %s", error)
            return
        if isinstance(reply, Refused):
            log.warning("the hub takes no word of a reading: %s", reply.reason.value)
