"""Thousands of hubs' ways up on one thread: bare MQTT 5 over TLS, by the hub's rule and nothing else of the hub.

The rule: one batch under way, sent again until the ingest has acknowledged it, and on from there. No code is
shared with ``edge.hub.uplink`` nor with paho, so that the three agree about the wire or do not.
"""

import asyncio
import contextlib
import ssl
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec

from edge.contracts import topics
from edge.contracts.events import Acknowledgement, Batch

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90, b"\xc0\x00"
KEEPALIVE_S = 60
_acknowledgement = msgspec.json.Decoder(Acknowledgement)


@dataclass
class Outbox:
    """Batches of one journal, encoded once: ``lasts[i]`` is the last seq of ``payloads[i]``."""

    epoch: str
    lasts: list[int]
    payloads: list[bytes]

    @classmethod
    def of(cls, batches: Sequence[Batch]) -> "Outbox":
        """The batches, which must follow one another."""
        lasts = [batch.entries[-1].seq for batch in batches]
        return cls(batches[0].epoch, lasts, [msgspec.json.encode(batch) for batch in batches])


@dataclass
class Manners:
    """How a site sends: after ``resend_s`` without an answer again; every ``pause_s`` one batch (0: one after another).

    ``twice``: the share of batches that go out doubled; ``astray``: the share before which some other batch goes out.
    """

    resend_s: float = 5.0
    pause_s: float = 0.0
    twice: float = 0.0
    astray: float = 0.0


@dataclass
class Tally:
    """What came of it: sends, answers, and the seconds from a send to its answer."""

    sent: int = 0
    answered: int = 0
    connected: int = 0
    lost: int = 0
    seconds: list[float] = field(default_factory=list)


class Site(asyncio.Protocol):
    """One hub: its outboxes one after another, each until it is acknowledged to the end."""

    def __init__(self, name: str, outboxes: Iterable[Outbox], manners: Manners, tally: Tally, random: Random) -> None:
        self.name = name
        self.done = asyncio.Event()
        self._outboxes = iter(outboxes)
        self._outbox = next(self._outboxes)
        self._place = 0
        self._manners, self._tally, self._random = manners, tally, random
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._packet = 0
        self._sent_s = 0.0
        self._again: asyncio.TimerHandle | None = None
        self._ping: asyncio.TimerHandle | None = None
        self.gone = asyncio.Event()

    async def run(self, port: int, context: ssl.SSLContext, gate: asyncio.Semaphore) -> None:
        """Connect, and again whenever the connection is lost, until everything is acknowledged."""
        loop = asyncio.get_running_loop()
        while not self.done.is_set():
            self.gone.clear()
            try:
                async with gate:
                    await loop.create_connection(lambda: self, "127.0.0.1", port, ssl=context, ssl_handshake_timeout=60)
                await self.gone.wait()
            except OSError:
                self._tally.lost += 1
            if not self.done.is_set():
                await asyncio.sleep(self._random.uniform(0.05, 0.3))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are; the broker takes the certificate's name for it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer.clear()
        name = self.name.encode()
        head = b"\x00\x04MQTT\x05\x02" + KEEPALIVE_S.to_bytes(2) + b"\x00"
        self._write(CONNECT, head + len(name).to_bytes(2) + name)
        self._ping = asyncio.get_running_loop().call_later(KEEPALIVE_S / 2, self._keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Connect again, if there is anything left to send."""
        for timer in (self._again, self._ping):
            if timer is not None:
                timer.cancel()
        self._transport = None
        self._tally.lost += not self.done.is_set()
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        """Take whole packets out of what has come."""
        self._buffer += data
        while (packet := self._next_packet()) is not None:
            self._take(*packet)

    def close(self) -> None:
        """Hang up."""
        self.done.set()
        if self._transport is not None:
            self._transport.close()

    def _next_packet(self) -> tuple[int, bytes] | None:
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self._buffer):
                return None
            byte = self._buffer[at]
            length |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not byte & 0x80:
                break
        if len(self._buffer) < at + length:
            return None
        kind, body = self._buffer[0], bytes(self._buffer[at : at + length])
        del self._buffer[: at + length]
        return kind, body

    def _take(self, kind: int, body: bytes) -> None:
        match kind & 0xF0:
            case 0x20:
                self._tally.connected += 1
                topic = topics.acknowledgements(self.name).encode()
                self._write(SUBSCRIBE, b"\x00\x01\x00" + len(topic).to_bytes(2) + topic + b"\x01")
            case 0x90:
                self._start()
            case 0x30:
                self._hear(kind, body)

    def _start(self) -> None:
        if self._manners.pause_s:  # not all in one moment
            self._arm(self._random.uniform(0, self._manners.pause_s))
        else:
            self._send()

    def _hear(self, kind: int, body: bytes) -> None:
        topic = int.from_bytes(body[:2])
        at = 2 + topic
        if kind & 0x06:
            self._write(PUBACK, body[at : at + 2])
            at += 2
        answer = _acknowledgement.decode(body[at + 1 + body[at] :])  # properties, shorter than 128 bytes
        self._tally.answered += 1
        if answer.epoch != self._outbox.epoch:
            return
        self._place = bisect_right(self._outbox.lasts, answer.seq)
        loop = asyncio.get_running_loop()
        if self._sent_s:
            self._tally.seconds.append(loop.time() - self._sent_s)
            self._sent_s = 0.0
        if self._place == len(self._outbox.lasts):
            following = next(self._outboxes, None)
            if following is None:
                self.close()
                return
            self._outbox, self._place = following, 0
        if self._manners.pause_s:
            self._arm(self._manners.pause_s)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is None or self.done.is_set():
            return
        payloads = self._outbox.payloads
        if self._random.random() < self._manners.astray:
            self._publish(self._random.choice(payloads))
        self._sent_s = asyncio.get_running_loop().time()
        self._publish(payloads[self._place])
        if self._random.random() < self._manners.twice:
            self._publish(payloads[self._place])
        self._arm(self._manners.resend_s)

    def _publish(self, payload: bytes) -> None:
        self._tally.sent += 1
        self._packet = self._packet % 65535 + 1
        topic = topics.events(self.name).encode()
        body = len(topic).to_bytes(2) + topic + self._packet.to_bytes(2) + b"\x00" + payload
        self._write(PUBLISH | 0x02, body)

    def _arm(self, seconds: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(seconds, self._send)

    def _keep_alive(self) -> None:
        if self._transport is not None:
            self._transport.write(PINGREQ)
            self._ping = asyncio.get_running_loop().call_later(KEEPALIVE_S / 2, self._keep_alive)

    def _write(self, kind: int, body: bytes) -> None:
        if self._transport is None:
            return
        length, head = len(body), bytearray([kind])
        while True:
            length, low = length >> 7, length & 0x7F
            head.append(low | 0x80 if length else low)
            if not length:
                break
        self._transport.write(bytes(head) + body)


def context_of(folder: Path, name: str, ca: str = "ca.crt") -> ssl.SSLContext:
    """The site's TLS: ``folder/<name>.crt`` and ``.key``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / ca)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


@contextlib.contextmanager
def running(sites: Sequence[Site], port: int, contexts: Sequence[ssl.SSLContext]) -> Iterator[list[asyncio.Task[None]]]:
    """The sites' tasks, within a running event loop."""
    gate = asyncio.Semaphore(50)
    tasks = [asyncio.create_task(site.run(port, context, gate)) for site, context in zip(sites, contexts, strict=True)]
    try:
        yield tasks
    finally:
        for site in sites:
            site.close()
        for task in tasks:
            task.cancel()
