"""Server-sent events: one message, many listeners."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from starlette.responses import StreamingResponse

HEARTBEAT_S = 10.0
DEPTH = 1000  # a listener further behind than this is cut off; it comes back and catches up


def frame(data: bytes, *, event_id: int | None = None, event: str = "") -> bytes:
    """One server-sent event; ``data`` must hold no line break.

    >>> frame(b"{}", event_id=7, event="entry")
    b'id: 7\\nevent: entry\\ndata: {}\\n\\n'

    Source: HTML Living Standard, 9.2.6.
    """
    head = b""
    if event_id is not None:
        head += b"id: %d\n" % event_id
    if event:
        head += b"event: " + event.encode() + b"\n"
    return head + b"data: " + data + b"\n\n"


class Listener:
    """One open stream."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(DEPTH)
        self._lost = False

    def offer(self, data: bytes) -> None:
        """Queue one frame; a listener that is too far behind is cut off instead."""
        try:
            self._frames.put_nowait(data)
        except asyncio.QueueFull:
            self._lost = True

    async def frames(self) -> AsyncIterator[bytes]:
        """The frames as they come, with a comment line every ``HEARTBEAT_S`` seconds of silence."""
        while not self._lost:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    yield await self._frames.get()
            except TimeoutError:
                yield b": still here\n\n"


class Broadcast:
    """Frames published here reach every listener that has joined."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    @contextlib.contextmanager
    def joined(self) -> Iterator[Listener]:
        """A new listener for as long as the block lasts; it misses nothing that is published in that time."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def publish(self, data: bytes) -> None:
        """Give one frame to every listener."""
        for listener in self._listeners:
            listener.offer(data)


def event_stream(frames: AsyncIterator[bytes]) -> StreamingResponse:
    """The HTTP response that carries these frames."""
    return StreamingResponse(frames, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
