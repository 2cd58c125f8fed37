"""The hub's outlook: made anew when something happened and at least every minute, and told to every stream."""

import asyncio
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from edge.contracts.outlook import Outlook
from edge.daemon.streams import Broadcast, frame
from edge.hub.inbox import Inbox
from edge.queueing.outlook import outlook

AT_MOST_EVERY_S = 1.0
AT_LEAST_EVERY_S = 60.0

_encode = msgspec.json.Encoder().encode


class Forecast:
    """The outlook on the inbox's queue; ``clock_ms`` reads the wall clock, ``keep_faces_days`` is the vault's, and
    ``lookup_url`` the cloud's."""

    def __init__(
        self,
        inbox: Inbox,
        stream: Broadcast,
        clock_ms: Callable[[], int],
        *,
        keep_faces_days: int = 0,
        lookup_url: str = "",
    ) -> None:
        self._inbox = inbox
        self._stream = stream
        self._clock_ms = clock_ms
        self._keep_faces_days = keep_faces_days
        self._lookup_url = lookup_url
        self._kiosks_out: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._current = self._made()

    @property
    def current(self) -> Outlook:
        """The last outlook, at most ``AT_LEAST_EVERY_S`` old while the hub runs."""
        return self._current

    @property
    def frame(self) -> bytes:
        """The last outlook as the stream carries it: without an id, for it is no entry of the journal."""
        return frame(_encode(self._current), event="outlook")

    def put_out(self, kiosks: tuple[str, ...]) -> None:
        """These kiosks are out of service, and no others."""
        self._kiosks_out = kiosks
        self._current = self._made()
        self.wake()

    def wake(self) -> None:
        """Something happened."""
        self._changed.set()

    async def run(self) -> None:
        """Make and tell outlooks for ever."""
        while True:
            try:
                async with asyncio.timeout(AT_LEAST_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            self._current = self._made()
            self._stream.publish(self.frame)
            await asyncio.sleep(AT_MOST_EVERY_S)

    def _made(self) -> Outlook:
        made = outlook(self._inbox.queue, self._inbox.now_ms, self._clock_ms())
        return replace(
            made,
            keep_faces_days=self._keep_faces_days,
            lookup_url=self._lookup_url,
            kiosks_out=self._kiosks_out,
        )
