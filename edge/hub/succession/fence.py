"""The fence: a hub bears its claim on every answer, and steps down for good when it is shown a later one.

What an old hub gives before it learns is kept apart by number (``edge.queueing.succession``): the fence only ends it.
"""

import asyncio
import hashlib
import hmac
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.contracts.term import OUT_OF_OFFICE, TERM_HEADER, Claim, as_header, claimed, from_header, is_genuine
from edge.daemon.durable import write_durably

log = logging.getLogger(__name__)

STEPPED_DOWN = "stepped-down.json"
KEY_FILE = "fence.key"
ANSWER_S = 0.2  # whoever showed the claim is still being answered

_claim = msgspec.json.Decoder(Claim)


def fence_key(data: Path, site_secret: str) -> bytes:
    """The key under which the hubs of this site make their claims: the one that was handed on, or the first hub's own,
    which follows from the site's secret and tells nothing of it."""
    handed_on = data / KEY_FILE
    if handed_on.exists():
        return bytes.fromhex(handed_on.read_text(encoding="ascii").strip())
    return hmac.digest(site_secret.encode(), b"moiso fence", hashlib.sha256)


def stepped_down(data: Path) -> Claim | None:
    """The claim before which this hub stepped down; None where it is in office."""
    path = data / STEPPED_DOWN
    return _claim.decode(path.read_bytes()) if path.exists() else None


Fenced = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]


class Fence:
    """Knows this hub's claim, and whether its time is over. ``successor`` is the claim that ended it."""

    def __init__(self, data: Path, key: bytes, generation: int, epoch: str, url: str = "") -> None:
        self._data = data
        self.key = key
        self.claim = claimed(key, generation, epoch, url)
        self.successor: Claim | None = stepped_down(data)
        self._over = asyncio.Event()

    async def run(self) -> None:
        """End the program when this hub's time is over: started again, it gives nothing and has no open stream."""
        await self._over.wait()
        await asyncio.sleep(ANSWER_S)
        os.kill(os.getpid(), signal.SIGTERM)

    def hear(self, header: str) -> bool:
        """Whether a claim that somebody shows ends this hub's time: it is genuine and of a later generation.

        It is on the disk when this returns True, and stays so after any restart; a disk that does not take it makes a
        hub that has to be told again.
        """
        if self.successor is not None:
            return True
        try:
            claim = from_header(header)
        except ValueError:
            return False
        if claim.generation <= self.claim.generation or not is_genuine(self.key, claim):
            return False
        self.successor = claim
        try:
            write_durably(self._data / STEPPED_DOWN, msgspec.json.encode(claim))
        except OSError as error:
            log.error("that this hub has stepped down cannot be kept on this disk: %s", error.strerror)
        log.error("another hub has taken over, generation %s: this one gives nothing any more", claim.generation)
        self._over.set()
        return True

    def around(self, app: ASGIApp, over: ASGIApp) -> Fenced:
        """The application with the fence around it; ``over`` answers once this hub's time is over."""

        async def fenced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            shown = next((v for k, v in scope["headers"] if k == _HEADER), b"")
            ended = self.successor is not None or (bool(shown) and self.hear(shown.decode("latin-1")))
            bearing = as_header(self.successor or self.claim)

            async def bear(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    headers[TERM_HEADER] = bearing
                    if ended:
                        headers[OUT_OF_OFFICE] = "1"
                await send(message)

            await (over if ended else app)(scope, receive, bear)

        return fenced


_HEADER = TERM_HEADER.lower().encode()
