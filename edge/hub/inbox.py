"""The one writer: commands come in, are decided together, committed together, and only then answered and told."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec
from immutables import Map
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import CallNext, Command, Done, IssueTicket, Refused, Reply
from edge.contracts.events import (
    CatalogueAdopted,
    DayOpened,
    Entry,
    Event,
    TicketAskedAgain,
    TicketCalled,
    TicketIssued,
)
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.hub.journal import Holding, Journal, JournalError, StoredReply
from edge.hub.vault import Vault
from edge.queueing.calendar import business_day, clock_is_plausible
from edge.queueing.queue import NotAllowed, Queue, apply, decide, snapshot_of, strands

log = logging.getLogger(__name__)

DEPTH = 1024
TOGETHER = 256
DAY_CHECK_S = 1.0

P = ParamSpec("P")
T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


class Overloaded(Exception):
    """More commands wait than the disk can take; the sender should try again."""


class _Request(NamedTuple):
    sender: str
    command: Command
    answer: "asyncio.Future[bytes]"


class _Draft:
    """What a batch would change: nothing of it is true until it is committed."""

    def __init__(self, queue: Queue, holders: Map[tuple[bytes, str], str]) -> None:
        self.queue = queue
        self.holders = holders
        self.entries: list[Entry] = []
        self.replies: dict[str, StoredReply] = {}
        self.holdings: list[Holding] = []

    def append(self, event: Event, at_ms: int) -> None:
        entry = Entry(self.queue.seq + 1, at_ms, event)
        self.queue = apply(self.queue, entry)
        self.entries.append(entry)

    def hold(self, holding: Holding) -> None:
        self.holders = self.holders.set((holding.subject, holding.service), holding.ticket)
        self.holdings.append(holding)


class Inbox:
    """Decides commands one after another and commits those that wait together in one transaction.

    ``clock_ms`` reads the wall clock; ``told`` is called with the entries of each batch once they are on the disk.
    ``believe_clock``: somebody vouches for the clock, however far it is from the journal's last entry.
    """

    def __init__(
        self,
        journal: Journal,
        vault: Vault,
        catalogue: Catalogue,
        *,
        clock_ms: Callable[[], int],
        told: Callable[[Sequence[Entry]], None],
        believe_clock: bool = False,
    ) -> None:
        self._journal = journal
        self._vault = vault
        self._wanted = catalogue
        self._clock_ms = clock_ms
        self._told = told
        self._believe_clock = believe_clock
        self._requests: asyncio.Queue[_Request] = asyncio.Queue(DEPTH)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._clock_trusted = False
        self._clock_complained = False
        self._catalogue_complained = False
        before = journal.day() - 1  # a day begins with everything that it needs: what was before is not read again
        self.queue = Queue(catalogue, seq=before)
        for entry in journal.entries(before):
            self.queue = apply(self.queue, entry)
        self._holders: Map[tuple[bytes, str], str] = Map({(h.subject, h.service): h.ticket for h in journal.holdings()})
        self._answered = set(journal.answered())
        if self.queue.day:
            vault.open_day(self.queue.day)

    @property
    def snapshot(self) -> Snapshot:
        """What a client that connects now is told."""
        return snapshot_of(self.queue, self._journal.epoch)

    @property
    def now_ms(self) -> int:
        """The time that pages show: never before the journal's last entry."""
        return max(self._clock_ms(), self.queue.at_ms)

    @property
    def epoch(self) -> str:
        """Names this journal; another one has another epoch."""
        return self._journal.epoch

    @property
    def clock_trusted(self) -> bool:
        """Whether the wall clock has been plausible since the start; no number is given before that."""
        return self._clock_trusted

    async def handle(self, sender: str, command: Command) -> bytes:
        """Carry a command out and return its reply as JSON.

        Raises Overloaded where too many wait, and JournalError where the disk did not take it: then it did not happen.
        """
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        try:
            self._requests.put_nowait(_Request(sender, command, answer))
        except asyncio.QueueFull:
            raise Overloaded from None
        return await answer

    async def on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that touches the journal in the journal's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*args, **kwargs))

    async def entries(self, after: int, upto: int) -> list[Entry]:
        """The journal's entries from ``after`` (exclusive) to ``upto`` (inclusive)."""
        return await self.on_disk(lambda: list(self._journal.entries(after, upto - after)))

    def close(self) -> None:
        """Let what is being written come to its end."""
        self._disk.shutdown()

    async def run(self) -> None:
        """Work for ever, beginning with the business day."""
        await self._settle(())
        while True:
            await self._settle(await self._collect())

    async def _collect(self) -> list[_Request]:
        requests = []
        try:
            async with asyncio.timeout(DAY_CHECK_S):
                requests.append(await self._requests.get())
        except TimeoutError:
            return requests
        while len(requests) < TOGETHER and not self._requests.empty():
            requests.append(self._requests.get_nowait())
        return requests

    async def _settle(self, requests: Sequence[_Request]) -> None:
        draft = _Draft(self.queue, self._holders)
        now_ms = self._now_ms()
        try:
            new_day = await self._open(draft, now_ms)
            answers = [(request, await self._answer(draft, request, now_ms)) for request in requests]
            if draft.entries or draft.replies:
                await self.on_disk(
                    self._journal.commit,
                    draft.entries,
                    list(draft.replies.values()),
                    draft.holdings,
                    new_day=new_day,
                    at_ms=now_ms,
                )
        except JournalError as error:
            log.error("the journal takes no entries: %s", error)
            for request in requests:
                if not request.answer.cancelled():
                    request.answer.set_exception(JournalError("not committed"))
            return
        self.queue = draft.queue
        self._holders = draft.holders
        if new_day:
            self._answered = set(await self.on_disk(self._journal.answered))
        self._answered.update(draft.replies)
        if draft.entries:
            self._told(draft.entries)
        for request, answer in answers:
            if not request.answer.cancelled():
                request.answer.set_result(answer)

    def _now_ms(self) -> int:
        """The journal's time: the wall clock where it is plausible, and never before the last entry."""
        wall_ms = self._clock_ms()
        if clock_is_plausible(wall_ms, 0 if self._believe_clock else self.queue.at_ms):
            if self._clock_complained:
                log.info("the clock is plausible again")
            self._clock_trusted, self._clock_complained, self._believe_clock = True, False, False
            return max(wall_ms, self.queue.at_ms)
        if not self._clock_complained:
            log.error("the clock cannot be believed: set it (timedatectl), no day is opened until then")
            self._clock_complained = True
        return self.queue.at_ms

    async def _open(self, draft: _Draft, now_ms: int) -> bool:
        new_day = await self._begin_day(draft, now_ms) if self._clock_trusted else False
        if new_day or (self._clock_trusted and draft.queue.catalogue != self._wanted):
            if strands(draft.queue, self._wanted):
                self._keep_old_catalogue()
            else:
                draft.append(CatalogueAdopted(self._wanted), now_ms)
        return new_day

    async def _begin_day(self, draft: _Draft, now_ms: int) -> bool:
        day = business_day(now_ms, draft.queue.catalogue.facility.time_zone)
        if day <= draft.queue.day:
            return False
        await self.on_disk(self._vault.open_day, day)
        draft.append(DayOpened(day), now_ms)
        draft.holders = Map()
        return True

    def _keep_old_catalogue(self) -> None:
        if not self._catalogue_complained:
            log.error("the new catalogue drops a service or counter where people wait: the old one stays for today")
            self._catalogue_complained = True

    async def _answer(self, draft: _Draft, request: _Request, now_ms: int) -> bytes:
        command = request.command
        fingerprint = self._fingerprint(draft, request)
        known = draft.replies.get(command.id)
        if known is None and command.id in self._answered:
            known = await self.on_disk(self._journal.reply, command.id)
        if known is not None:
            if known.fingerprint != fingerprint:
                return _encode(Refused(command.id, Refusal.ID_REUSED))
            return known.reply
        if not self._clock_trusted:
            return _encode(Refused(command.id, Refusal.CLOCK))
        reply = _encode(self._decide(draft, request, now_ms))
        draft.replies[command.id] = StoredReply(command.id, fingerprint, reply)
        return reply

    def _fingerprint(self, draft: _Draft, request: _Request) -> bytes:
        command, subject = request.command, b""
        if isinstance(command, IssueTicket) and command.id_number and draft.queue.day:
            subject = self._vault.subject(command.id_number)
            command = replace(command, id_number="")  # the pseudonym ends with the day, as the fingerprint must
        return self._vault.fingerprint(request.sender, _encode(command) + subject)

    def _decide(self, draft: _Draft, request: _Request, now_ms: int) -> Reply:
        command = request.command
        subject = b""
        held: tuple[str, ...] = ()
        if isinstance(command, IssueTicket) and command.id_number:
            subject = self._vault.subject(command.id_number)
            holding = draft.holders.get((subject, command.service))
            held = (holding,) if holding else ()
        try:
            events = decide(draft.queue, command, by=request.sender, now_ms=now_ms, held=held)
        except NotAllowed as refusal:
            ticket = draft.queue.tickets.get(refusal.ticket)
            return Refused(command.id, refusal.reason, ticket)
        for event in events:
            draft.append(event, now_ms)
        return self._done(draft, command, events, subject)

    def _done(self, draft: _Draft, command: Command, events: Sequence[Event], subject: bytes) -> Done:
        match command, events:
            case IssueTicket() | CallNext(), (*_, TicketIssued() | TicketAskedAgain() | TicketCalled() as event):
                ticket = draft.queue.tickets[event.ticket]
            case IssueTicket() | CallNext(), _:
                raise AssertionError("the rules neither gave a ticket nor refused")
            case _:
                ticket = draft.queue.tickets[command.ticket]
        if subject and ticket.id == command.id:
            draft.hold(Holding(subject, ticket.service, ticket.id))
        again = isinstance(command, IssueTicket) and ticket.id != command.id
        return Done(command.id, ticket, draft.queue.ahead_of(ticket), again)
