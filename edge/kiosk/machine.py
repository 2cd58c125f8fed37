"""The kiosk at work: what happens goes through ``advance``, and what comes out of it is done."""

import asyncio
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor

from edge.contracts.commands import Command, ConfirmPrint, Done, Refused, Reply, ReportPrintFault
from edge.contracts.ticket import Document
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable, new_command_id
from edge.daemon.i18n import local_time
from edge.daemon.streams import Broadcast
from edge.devices.printer import EscposPrinter, PrintError
from edge.devices.scanner import Line, Scan, Unreadable
from edge.identity.cccd_qr import QrError, parse_cccd_qr
from edge.kiosk import screens as s
from edge.kiosk.session import Session, advance
from edge.kiosk.slip import Slip, render_slip
from edge.kiosk.view import places

log = logging.getLogger("kiosk")

ANSWER_WITHIN_S = 15.0
PRINTER_CHECK_S = 20.0
REFRESH_S = 0.2  # how old the figures on an unchanged screen may be


class Machine:
    """One kiosk's session and the devices that carry out what it decides; used from the event loop's thread only."""

    def __init__(self, name: str, hub: HubClient, printer: EscposPrinter, *, width_dots: int, lookup_url: str) -> None:
        self.session = Session(name=name)
        self.changed = Broadcast()
        self._hub = hub
        self._printer = printer
        self._width_dots = width_dots
        self._lookup_url = lookup_url
        self._effects: asyncio.Queue[s.Effect] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._refresh: asyncio.TimerHandle | None = None
        self._paper = ThreadPoolExecutor(1, thread_name_prefix="printer")

    def give(self, given: s.Input) -> None:
        """Let this happen to the session."""
        before = self.session
        self.session, effects = advance(before, given, now_ms=monotonic_ms(), new_id=new_command_id())
        for effect in effects:
            self._effects.put_nowait(effect)
        if self.session.until_ms != before.until_ms:
            self._arm()
        if self.session.step != before.step:
            self.changed.publish(b"")
        elif self.session is not before and self._refresh is None:
            self._refresh = asyncio.get_running_loop().call_later(REFRESH_S, self._publish_figures)

    def scanned(self, scan: Scan) -> None:
        """Let a scan happen to the session."""
        self.give(read_document(scan))

    def wall_ms(self) -> int:
        """The time of day by the hub, milliseconds since 1970 UTC."""
        return self._hub.clock.now_ms()

    async def run(self) -> None:
        """Follow the hub, watch the printer and the clock, and do what the session decides; for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_hub())
            group.create_task(self._watch_printer())
            group.create_task(self._watch_clock())
            while True:
                group.create_task(self._do(await self._effects.get()))

    async def _follow_hub(self) -> None:
        async for change in self._hub.changes():
            self.give(s.HubLost() if change is None else s.SiteChanged(change[0], self.wall_ms()))

    async def _watch_printer(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if isinstance(self.session.screen, s.Start | s.OutOfService):
                status = await loop.run_in_executor(self._paper, self._printer.status)
                self.give(s.PrinterChecked(status.fault))
            await asyncio.sleep(PRINTER_CHECK_S)

    async def _watch_clock(self) -> None:
        minute = 0
        while True:
            if self.wall_ms() // 60_000 != minute:
                minute = self.wall_ms() // 60_000
                self.changed.publish(b"")
            await asyncio.sleep(1)

    def _publish_figures(self) -> None:
        self._refresh = None
        self.changed.publish(b"")

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.session.until_ms:
            in_s = (self.session.until_ms - monotonic_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(max(0.0, in_s), self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self.give(s.TimedOut())
        if self.session.until_ms and self._timer is None:  # the loop's timer came a millisecond early
            self._arm()

    async def _do(self, effect: s.Effect) -> None:
        match effect:
            case s.Send(command):
                try:
                    reply = await self._hub.send_until_answered(command, within_s=ANSWER_WITHIN_S)
                except (HubUnreachable, HubRejected) as error:
                    log.warning("the hub gave no number: %s", error)
                    self.give(s.HubSilent(command.id))
                else:
                    self._check_name(reply)
                    self.give(s.HubAnswered(reply))
            case s.Print():
                await self._print(effect)
            case s.Confirm(ticket):
                await self._tell_hub(ConfirmPrint(new_command_id(), ticket))
            case s.Report(ticket, fault):
                await self._tell_hub(ReportPrintFault(new_command_id(), ticket, fault))

    def _check_name(self, reply: Reply) -> None:
        if isinstance(reply, Done) and not reply.again and reply.ticket.issuer != self.session.name:
            log.error(
                "kiosk.toml: name is %r, but the hub's devices.toml calls this kiosk %r: "
                "slips that fail while it is down will not be noticed",
                self.session.name,
                reply.ticket.issuer,
            )

    async def _print(self, job: s.Print) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._paper, self._put_on_paper, self._slip(job))
        except PrintError as error:
            self.give(s.PrintFailed(job.ticket.id, error.fault))
        else:
            self.give(s.PrintDone(job.ticket.id))

    def _put_on_paper(self, slip: Slip) -> None:
        self._printer.print_slip(render_slip(slip, self._width_dots))

    def _slip(self, job: s.Print) -> Slip:
        if self.session.site is None:
            raise ValueError("a slip is to be printed before the hub has told of any service")
        catalogue = self.session.site.catalogue
        facility, ticket = catalogue.facility, job.ticket
        named = [service for service in catalogue.services if service.id == ticket.service]
        return Slip(
            facility=facility.name,
            department=facility.department,
            service=named[0].name if named else "",  # the service was taken off the list a moment ago
            service_en=named[0].name_en if named else "",
            label=ticket.label,
            counters=places(catalogue.counters_for(ticket.service)),
            ahead=job.ahead,
            taken_at=local_time(ticket.issued_at_ms, facility.time_zone),
            lookup_url=self._lookup_url + ticket.id,
            reprint=job.copy,
        )

    async def _tell_hub(self, command: Command) -> None:
        """Until the hub knows: what became of a slip is never forgotten while the kiosk runs."""
        try:
            reply = await self._hub.send_until_answered(command, within_s=math.inf)
        except HubRejected as error:
            log.error("the hub takes no word of a slip: %s", error)
            return
        if isinstance(reply, Refused):
            log.warning("the hub takes no word of a slip: %s", reply.reason.value)


def read_document(scan: Scan) -> s.Scanned | s.ScanFailed:
    """Who showed a document, or why it is none."""
    match scan:
        case Unreadable():
            return s.ScanFailed(s.ScanProblem.UNREADABLE)
        case Line(text):
            # The QR of a BHYT card and the chip of a CCCD come in here, each with its kind of Document.
            try:
                card = parse_cccd_qr(text)
            except QrError as error:
                return s.ScanFailed(s.ScanProblem(error.kind.value))
            return s.Scanned(s.Person(card.full_name, card.id_number, Document.CCCD_QR))


def monotonic_ms() -> int:
    """Milliseconds on a clock that never runs backwards."""
    return time.monotonic_ns() // 1_000_000
