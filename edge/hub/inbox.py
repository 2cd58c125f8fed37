"""The one writer: commands come in, are decided together, committed together, and only then answered and told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec
from immutables import Map
from msgspec.structs import replace

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import (
    Agreed,
    Command,
    Done,
    IssueTicket,
    LinkPerson,
    PersonKey,
    Refused,
    RegisterTicket,
    Reply,
)
from edge.contracts.events import CatalogueAdopted, ConsentGiven, DayOpened, Entry, Event, PersonErased
from edge.contracts.face import AskAgain, ErasePerson
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Ticket
from edge.hub.audit import line_of
from edge.hub.draft import Draft, Holders, ticket_of
from edge.hub.faces.keeper import FaceKeeper, Taken
from edge.hub.journal import Holding, Journal, JournalError, StoredReply
from edge.hub.vault import Vault
from edge.queueing.calendar import business_day, clock_is_plausible
from edge.queueing.experience import carried
from edge.queueing.queue import apply, new_queue, snapshot_of
from edge.queueing.refused import NotAllowed
from edge.queueing.rules import Undoable, decide
from edge.queueing.succession import next_day
from edge.queueing.wait import expected_call, place_of

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
    audited: bool


class Inbox:
    """Decides commands one after another and commits those that wait together in one transaction.

    ``clock_ms`` reads the wall clock; ``told`` is called with the entries of each batch once they are on the disk.
    ``believe_clock``: somebody vouches for the clock, however far it is from the journal's last entry. ``copied`` waits
    a moment for the standby to have everything up to a sequence number, before anybody is answered.
    """

    def __init__(
        self,
        journal: Journal,
        vault: Vault,
        catalogue: Catalogue,
        faces: FaceKeeper,
        *,
        clock_ms: Callable[[], int],
        told: Callable[[Sequence[Entry]], None],
        believe_clock: bool = False,
        copied: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._journal = journal
        self._vault = vault
        self._faces = faces
        self._clock_ms = clock_ms
        self._told = told
        self._believe_clock = believe_clock
        self._copied = copied
        self._requests: asyncio.Queue[_Request] = asyncio.Queue(DEPTH)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._clock_trusted = False
        self._clock_complained = False
        before = journal.day() - 1  # a day begins with everything that it needs: what was before is not read again
        self.queue = new_queue(catalogue, seq=before)
        erased: list[str] = []
        for entry in journal.entries(before):
            self.queue = apply(self.queue, entry)
            if isinstance(entry.event, PersonErased):
                erased.append(entry.event.ticket)
        self._holders: Holders = Map({(h.subject, h.service): h.ticket for h in journal.holdings()})
        self._undoable: Map[str, Undoable] = Map()
        self._answered = set(journal.answered())
        if self.queue.day:
            vault.open_day(self.queue.day)
            faces.begin(self.queue.day, erased)

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

    async def handle(self, sender: str, command: Command, *, audited: bool = False) -> bytes:
        """Carry a command out and return its reply as JSON. ``audited``: the sender is an officer, and the audit log
        keeps a line of it, done or refused.

        Raises Overloaded where too many wait, and JournalError where the disk did not take it: then it did not happen.
        """
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        try:
            self._requests.put_nowait(_Request(sender, command, answer, audited))
        except asyncio.QueueFull:
            raise Overloaded from None
        return await answer

    async def on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that touches the journal in the journal's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*args, **kwargs))

    async def entries(self, after: int, upto: int) -> list[Entry]:
        """The journal's entries from ``after`` (exclusive) to ``upto`` (inclusive)."""
        return await self.on_disk(lambda: list(self._journal.entries(after, upto - after)))

    def find(self, kind: PersonKey, number: str) -> list[Ticket]:
        """Today's tickets of the person with this number, the earliest first.

        Raises ValueError where the number is none of its kind.
        """
        if not self.queue.day:
            return []
        subject = self._vault.subject(kind, number)
        found = {ticket for (holder, _), ticket in self._holders.items() if holder == subject}
        tickets = [self.queue.tickets[t] for t in found if t in self.queue.tickets]
        return sorted(tickets, key=lambda ticket: (ticket.issued_at_ms, ticket.id))

    def undoable(self, counter_id: str) -> Undoable | None:
        """What this counter did last, which an Undo may still take back."""
        return self._undoable.get(counter_id)

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
        draft = Draft(self.queue, self._holders, self._undoable)
        now_ms = self._now_ms()
        try:
            new_day = await self._open(draft, now_ms)
            answers = [(request, await self._answer(draft, request, now_ms)) for request in requests]
            saved = await self.on_disk(self._faces.save, draft.taken) if draft.taken else []
            if draft.entries or draft.replies or draft.audit:
                await self.on_disk(
                    self._journal.commit,
                    draft.entries,
                    list(draft.replies.values()),
                    draft.holdings,
                    new_day=new_day,
                    at_ms=now_ms,
                    audit_lines=draft.audit,
                    editions=draft.editions,
                )
        except JournalError as error:
            log.error("the journal takes no entries: %s", error)
            for request in requests:
                if not request.answer.cancelled():
                    request.answer.set_exception(JournalError("not committed"))
            return
        self.queue = draft.queue
        self._holders, self._undoable = draft.holders, draft.undoable
        self._faces.committed(draft.taken, saved, draft.erased, new_day=new_day)
        if draft.erased:
            await self.on_disk(self._faces.destroy, draft.erased)
        if new_day:
            self._answered = set(await self.on_disk(self._journal.answered))
        self._answered.update(draft.replies)
        if draft.entries:
            self._told(draft.entries)
            if self._copied is not None:
                await self._copied(self.queue.seq)
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

    async def _open(self, draft: Draft, now_ms: int) -> bool:
        """Open the business day if it has begun, with everything that it takes over from the day before."""
        queue = draft.queue
        day = business_day(now_ms, queue.catalogue.facility.time_zone)
        if not self._clock_trusted or day <= queue.day:
            return False
        await self.on_disk(self._faces.open_day, day)
        experience = carried(queue.tempos, queue.errors, queue.overtaking, queue.usual)
        term, leases = next_day(queue.term, queue.leases)
        draft.append(DayOpened(day, experience, leases, term), now_ms)
        draft.append(CatalogueAdopted(queue.catalogue), now_ms)
        draft.holders, draft.undoable = Map(), Map()
        return True

    async def _answer(self, draft: Draft, request: _Request, now_ms: int) -> bytes:
        command = request.command
        fingerprint = self._fingerprint(draft, request)
        known = draft.replies.get(command.id)
        if known is None and command.id in self._answered:
            known = await self.on_disk(self._journal.reply, command.id)
        if known is not None and known.fingerprint == fingerprint:
            return known.reply
        if known is not None:
            decided: Reply = Refused(command.id, Refusal.ID_REUSED)
        elif not self._clock_trusted:
            decided = Refused(command.id, Refusal.CLOCK)
        elif command.id in draft.queue.tickets:  # done by the hub before this one, whose replies were not copied
            decided = self._given_before(draft, command, now_ms)
            draft.replies[command.id] = StoredReply(command.id, fingerprint, _encode(decided))
        else:
            decided = self._decide(draft, request, now_ms)
            draft.replies[command.id] = StoredReply(command.id, fingerprint, _encode(decided))
        if request.audited:
            draft.audit.append(line_of(now_ms, request.sender, command, decided))
        return _encode(decided)

    def _given_before(self, draft: Draft, command: Command, now_ms: int) -> Reply:
        """The number that the hub before this one gave for the same command."""
        ticket = draft.queue.tickets[command.id]
        try:
            for subject in self._subjects(command):
                draft.hold(Holding(subject, ticket.service, ticket.id))
        except ValueError:
            pass  # it names nobody, as it did then
        ahead = place_of(draft.queue, ticket, now_ms)
        return Done(command.id, ticket, ahead, False, expected_call(draft.queue, ticket, now_ms))

    def _fingerprint(self, draft: Draft, request: _Request) -> bytes:
        """What tells this command from another under the same id; the pseudonym in it ends with the day."""
        command, subjects = request.command, tuple[bytes, ...]()
        try:
            match command:
                case IssueTicket() | RegisterTicket() if draft.queue.day:
                    subjects = self._subjects(command)
                    command = replace(command, id_number="", birth_date="", insurance_number="")
                case LinkPerson() if draft.queue.day:
                    subjects = self._subjects(command)
                    command = replace(command, value="")
                case ErasePerson() if draft.queue.day:
                    subjects = self._subjects(command)
                    command = replace(command, id_number="", insurance_number="")
        except ValueError:
            pass  # refused below, whatever it was
        sender = f"officer {request.sender}" if request.audited else request.sender  # a device may bear the same name
        return self._vault.fingerprint(sender, _encode(command) + b"".join(subjects))

    def _subjects(self, command: Command) -> tuple[bytes, ...]:
        """The day's pseudonyms of the person that a command names, one for each number of theirs; none where it names
        none.

        Raises ValueError where a number is none of its kind.
        """
        match command:
            case IssueTicket() | RegisterTicket() | ErasePerson():
                numbers = {PersonKey.CCCD: command.id_number, PersonKey.BHYT: command.insurance_number}
                return tuple(self._vault.subject(kind, number) for kind, number in numbers.items() if number)
            case LinkPerson():
                return (self._vault.subject(command.kind, command.value),)
            case _:
                return ()

    def _decide(self, draft: Draft, request: _Request, now_ms: int) -> Reply:
        command = request.command
        try:
            subjects = self._subjects(command)
            held: tuple[str, ...] = ()
            if isinstance(command, IssueTicket):
                keys = [(subject, command.service) for subject in subjects]
                held = tuple(draft.holders[key] for key in keys if key in draft.holders)
            face: str = getattr(command, "face", "")
            seen = self._faces.look(face, request.sender, draft.taken) if face else None
            if face and seen is None:
                raise NotAllowed(Refusal.FACE_GONE)
            events = decide(
                draft.queue,
                command,
                by=request.sender,
                now_ms=now_ms,
                held=held,
                undoable=draft.undoable,
                evidence=seen[1] if seen else None,
                kept=self._kept(draft, command, subjects) if isinstance(command, ErasePerson) else (),
            )
        except ValueError:
            return Refused(command.id, Refusal.NUMBER_WRONG)
        except NotAllowed as refusal:
            ticket = draft.queue.tickets.get(refusal.ticket)
            return Refused(command.id, refusal.reason, ticket, refusal.next_ms, refusal.detail)
        draft.carry_out(command, events, request.sender, now_ms)
        if seen and any(isinstance(event, ConsentGiven) for event in events):
            draft.taken.append(Taken(command.id, seen[0].capture))
        return self._done(draft, command, events, subjects, now_ms)

    def _kept(self, draft: Draft, command: ErasePerson, subjects: Sequence[bytes]) -> tuple[str, ...]:
        """The tickets of the person that a command names of whose face something is kept."""
        theirs = {ticket for (holder, _), ticket in draft.holders.items() if holder in subjects}
        taken = {taken.ticket for taken in draft.taken}
        named = [command.ticket, *sorted(theirs)]
        return tuple(t for t in (*self._faces.kept(named), *(n for n in named if n in taken)) if t not in draft.erased)

    def _done(
        self, draft: Draft, command: Command, events: Sequence[Event], subjects: Sequence[bytes], now_ms: int
    ) -> Reply:
        about = ticket_of(command, events)
        ticket = draft.queue.tickets.get(about)
        if ticket is None:  # about none, or about one of a day before, of which a face was kept
            return Agreed(command.id)
        for subject in () if isinstance(command, ErasePerson) else subjects:
            other = draft.holders.get((subject, ticket.service), ticket.id) != ticket.id
            found_only = isinstance(command, LinkPerson) or (other and ticket.id != command.id)
            draft.hold(Holding(subject, f"visit {ticket.id}" if found_only else ticket.service, ticket.id))
        again = isinstance(command, IssueTicket | AskAgain) and ticket.id != command.id
        ahead = place_of(draft.queue, ticket, now_ms)
        return Done(command.id, ticket, ahead, again, expected_call(draft.queue, ticket, now_ms))
