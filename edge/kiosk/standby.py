"""What keeps a kiosk giving numbers without the hub: had set aside before, given meanwhile, handed in after."""

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from edge.contracts.commands import (
    Command,
    ConfirmPrint,
    IssueTicket,
    LeaseNumbers,
    Refused,
    RegisterTicket,
    Reply,
    ReportPrintFault,
)
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import PrintFault, Ticket
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable, new_command_id
from edge.kiosk.happenings import ReserveChanged
from edge.kiosk.reserve import PRINTED, REGISTERED, Given, Reserve, ReserveError

log = logging.getLogger("kiosk")

ANSWER_WITHIN_S = 15.0
RETRY_S = 3.0
LOOK_S = 30.0

P = ParamSpec("P")
T = TypeVar("T")


class Standby:
    """Used from the event loop's thread; the disk is touched in a thread of its own.

    ``changed`` is called with what can be given, and what was given, whenever that may be something else.
    """

    def __init__(self, reserve: Reserve, hub: HubClient, changed: Callable[[ReserveChanged], None]) -> None:
        self._reserve = reserve
        self._hub = hub
        self._changed = changed
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="reserve")
        self._wake = asyncio.Event()
        self._heard: Snapshot | None = None
        self._remembered: Snapshot | None = None
        self._up = False
        self._asked: set[str] = set()
        self._refused: set[tuple[str, int, str]] = set()
        self._complained = False
        # Who was given what without the hub: in memory only, under a key that nobody else ever has.
        self._key = secrets.token_bytes(32)
        self._holders: dict[bytes, Ticket] = {}

    def close(self) -> None:
        """Let what is being written come to its end."""
        self._disk.shutdown()

    async def begin(self, within_ms: int) -> tuple[Snapshot | None, Ticket | None]:
        """The site as it was known last, and a number whose slip was being printed when the kiosk stopped, where that
        is no longer ago than ``within_ms``."""
        site = await self._on_disk(self._reserve.site)
        try:
            interrupted = await self._on_disk(self._reserve.interrupted, within_ms)
        except ReserveError as error:
            log.error("what became of a slip cannot be kept on this disk: %s", error)
            interrupted = None
        await self._tell()
        return site, interrupted

    def heard(self, site: Snapshot) -> None:
        """The hub told what is true now."""
        before = self._heard
        same = before and (before.catalogue, before.leases, before.day) == (site.catalogue, site.leases, site.day)
        if not self._up or not same:
            self._heard = site
            self._up = True
            self._wake.set()

    def lost(self) -> None:
        """The hub cannot be heard."""
        self._up = False

    async def give(self, command: IssueTicket, *, sent: bool) -> tuple[Ticket, bool]:
        """A number without the hub, and whether the person holds it already.

        ``sent``: the hub was asked and did not answer. Raises ReserveUsedUp and ReserveError.
        """
        holder = self._holder(command, (await self._on_disk(self._reserve.now)).day)
        if holder in self._holders:
            return self._holders[holder], True
        ticket = await self._on_disk(self._reserve.give, command, new_command_id(), sent=sent)
        if holder:
            self._holders[holder] = ticket
        await self._tell()
        return ticket, False

    async def note_paper(self, ticket_id: str, fault: PrintFault | None) -> bool:
        """Keep what became of a slip. Whether the hub is to be told now; else it is when the number is handed in."""
        tell_hub = await self._on_disk(self._reserve.note_paper, ticket_id, fault.value if fault else PRINTED)
        if not tell_hub:
            self._wake.set()
        return tell_hub

    async def run(self) -> None:
        """Whenever the hub is there: keep what it says, have numbers set aside, hand in what was given; for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
            self._wake.clear()
            site = self._heard  # another one may be heard while this one is seen to: that wakes this up again
            if not self._up or site is None:
                await self._tell()  # the day goes on without the hub
                continue
            try:
                if site is not self._remembered:
                    await self._on_disk(self._reserve.remember, site, self._hub.clock.now_ms(), frozenset(self._asked))
                    self._remembered = site
                done = await self._ask(site) and await self._hand_in(site)
                self._complained = False
            except (HubUnreachable, HubRejected, ReserveError) as error:
                if not self._complained and not isinstance(error, HubUnreachable):
                    log.error("numbers cannot be exchanged with the hub: %s", error)
                    self._complained = True
                done = False
            await self._tell()
            if not done:
                asyncio.get_running_loop().call_later(RETRY_S, self._wake.set)

    async def _ask(self, site: Snapshot) -> bool:
        """Have numbers set aside for every service that has none. Whether that is over for now."""
        for service in self._reserve.lacking(site) if site.day else ():
            asking = (service, site.catalogue.version, site.day)
            if asking in self._refused:
                continue
            self._asked.add(service)
            reply = await self._send(LeaseNumbers(new_command_id(), service))
            if isinstance(reply, Refused):
                if reply.reason is Refusal.CLOCK:
                    return False
                log.warning("the hub sets no numbers aside for %s: %s", service, reply.reason.value)
                self._refused.add(asking)
        return True

    async def _hand_in(self, site: Snapshot) -> bool:
        """Register what was given without the hub, in order. Whether nothing is left."""
        for given in await self._on_disk(self._reserve.unregistered):
            if not given.paper:
                continue  # its slip is being printed: its end wakes this up again
            if not site.day or (given.certain and given.day > site.day):
                return False  # the hub has not begun that day yet
            command = await self._on_disk(self._reserve.registration, given, site.day)
            reply = await self._send(command)
            if isinstance(reply, Refused):
                if reply.reason is Refusal.CLOCK:
                    return False
                log.warning(
                    "the hub does not take in %s, which was given while it was away: %s",
                    given.ticket.label,
                    reply.reason.value,
                )
                await self._on_disk(self._reserve.settle, given.id, reply.reason.value)
            else:
                await self._registered(given, command)
        return True

    async def _registered(self, given: Given, command: RegisterTicket) -> None:
        paper = await self._on_disk(self._reserve.settle, given.id, REGISTERED)
        self._holders = {holder: ticket for holder, ticket in self._holders.items() if ticket.id != given.id}
        if paper != PRINTED:
            await self._send(ReportPrintFault(new_command_id(), given.id, PrintFault(paper)))
        elif not command.printed:
            await self._send(ConfirmPrint(new_command_id(), given.id))

    async def _send(self, command: Command) -> Reply:
        return await self._hub.send_until_answered(command, within_s=ANSWER_WITHIN_S)

    async def _tell(self) -> None:
        services = await self._on_disk(self._reserve.spare)
        given = await self._on_disk(self._reserve.unregistered)
        reserved = frozenset(each.id for each in given)
        replaced = frozenset(each.instead_of for each in given if each.instead_of)
        self._changed(ReserveChanged(services, reserved, replaced))

    def _holder(self, command: IssueTicket, day: str) -> bytes:
        """Names a person, a service and a day for this process only; empty where nobody is named."""
        number = command.id_number or command.insurance_number
        return hmac.digest(self._key, f"{day} {command.service} {number}".encode(), "sha256") if number else b""

    async def _on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*args, **kwargs))
