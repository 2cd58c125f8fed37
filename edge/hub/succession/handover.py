"""Before and after: what the hub sets aside for whoever takes over from it, and how it settles with the one before."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from edge.contracts.commands import LeaseNumbers, Refused, Reply
from edge.contracts.copy import Row
from edge.contracts.events import Entry, Event, HubRetired
from edge.daemon.copy_client import CopyClient
from edge.daemon.hub_client import HubRejected, HubUnreachable, new_command_id
from edge.hub.inbox import Inbox
from edge.hub.succession.lineage import Lineage
from edge.hub.succession.tail import Tail
from edge.queueing.succession import block_for, successors

log = logging.getLogger(__name__)

LOOK_S = 10.0
ASIDE_S = 1.0
_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


async def set_aside(inbox: Inbox, expected: Callable[[], bool]) -> None:
    """Set numbers of every service aside for a successor, for ever; ``expected``: this site has a standby."""
    refused: set[tuple[str, str, int, str]] = set()
    while True:
        queue = inbox.queue
        lacking = [
            (holder, service)
            for holder in successors(queue.term)
            for service in queue.catalogue.services
            if service.active and block_for(holder, queue.leases, service) is None
        ]
        for holder, service in lacking if expected() and queue.day else ():
            asking = (holder, service.id, queue.catalogue.version, queue.day)
            if asking in refused or holder == queue.term.block:
                continue
            reply = _reply.decode(await inbox.handle(holder, LeaseNumbers(new_command_id(), service.id)))
            if isinstance(reply, Refused):
                refused.add(asking)
                log.warning("no numbers of %s are left to set aside for a standby: %s", service.id, reply.reason.value)
        await asyncio.sleep(ASIDE_S)


def spare_services(inbox: Inbox) -> tuple[str, ...]:
    """The services of which a standby could give no number today, for the officers."""
    queue = inbox.queue
    holder = successors(queue.term)[0]
    return tuple(
        service.id
        for service in queue.catalogue.services
        if service.active and block_for(holder, queue.leases, service) is None
    )


class Predecessor:
    """The hub from which this one took over: it is told so until it has stepped down, and its last entries are fetched.

    ``retire`` notes in the journal that it gives no numbers any more.
    """

    def __init__(
        self,
        client: CopyClient,
        lineage: Lineage,
        tail: Tail,
        generation: int,
        retire: Callable[[HubRetired], Awaitable[None]],
        wake: Callable[[], object],
    ) -> None:
        self._client = client
        self._lineage = lineage
        self._tail = tail
        self._generation = generation
        self._retire = retire
        self._wake = wake

    async def run(self) -> None:
        """Go on until the old hub has stepped down and everything of it is here."""
        before = self._lineage.before()
        if before is None or self._tail.complete:
            return
        epoch, seq = before
        while True:
            try:
                if await self._settled(epoch, max([seq, *(entry.seq for entry in self._tail.entries)])):
                    break
            except (HubUnreachable, HubRejected, ValueError):
                pass  # it is off, as it should be
            await asyncio.sleep(LOOK_S)
        await self._retire(HubRetired(self._generation - 1))
        log.info("the hub before this one has stepped down")
        if self._tail.numbers:
            log.warning("%s numbers are known to the old hub only", len(self._tail.numbers))

    async def _settled(self, epoch: str, seq: int) -> bool:
        """Fetch what follows ``seq`` in the old hub's epoch; whether it has stepped down and that was all."""
        first = self._first(epoch)
        piece = await self._client.piece(first - 1 + seq)
        if not piece.over or not piece.epochs or piece.epochs[-1].epoch != epoch:
            return False  # it answers without having understood, or it is no longer that hub
        entries = [_entry(row, first) for row in piece.entries]
        complete = first - 1 + (entries[-1].seq if entries else seq) >= piece.seq
        if entries or complete:
            self._tail.keep(epoch, entries, complete=complete)
            self._wake()
        return complete

    def _first(self, epoch: str) -> int:
        return next(one.first for one in self._lineage.epochs if one.epoch == epoch)


def _entry(row: Row, first: int) -> Entry:
    return Entry(row.seq - first + 1, row.at_ms, _event.decode(row.event))
