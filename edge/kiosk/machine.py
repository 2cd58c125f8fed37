"""The kiosk at work: what happens goes through ``advance``, and what comes out of it is done."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

from PIL.Image import Image

from edge.contracts.catalogue import Facility
from edge.contracts.commands import Command, ConfirmPrint, Done, IssueTicket, Refused, Reply, ReportPrintFault
from edge.contracts.face import AskAgain, AskOfficer, ContestVerdict, ErasePerson, FaceCapture, SettleContest
from edge.contracts.outlook import Outlook
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import PrintFault
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable, new_command_id
from edge.daemon.i18n import installed, local_time
from edge.daemon.streams import Broadcast
from edge.devices.printer import EscposPrinter, PaperLevel, PrintError
from edge.devices.scanner import Scan
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk import upkeep as u
from edge.kiosk.documents import Chips, insured_person, read_document
from edge.kiosk.giving import faceless
from edge.kiosk.reserve import Reserve, ReserveError, ReserveUsedUp
from edge.kiosk.session import advance, deadline
from edge.kiosk.slips import Slips
from edge.kiosk.standby import Standby
from edge.kiosk.state import STILL_THERE_MS, Session, link_base
from edge.kiosk.tally import Tally
from edge.kiosk.tending import Tending
from edge.kiosk.ticket_words import PACKAGE
from edge.kiosk.trial_page import render_trial
from edge.kiosk.watching import Watch

log = logging.getLogger("kiosk")

ANSWER_WITHIN_S = 15.0
AWAY_AFTER_S = 5.0  # a hub that starts anew is back before that
PRINTER_CHECK_S = 20.0
REFRESH_S = 0.2  # how old the figures on an unchanged screen may be


class Machine:
    """One kiosk's session and the devices that carry out what it decides; used from the event loop's thread only."""

    def __init__(
        self,
        name: str,
        hub: HubClient,
        printer: EscposPrinter,
        reserve: Reserve,
        chips: Chips,
        watch: Watch,
        tending: Tending,
        *,
        slips: Slips,
        width_dots: int,
        lookup_url: str,
    ) -> None:
        self.session = Session(name=name, staffed=tending.staffed, spoken=installed(PACKAGE))
        self.changed = Broadcast()
        self.slips = slips
        self._hub = hub
        self._standby = Standby(reserve, hub, self.give)
        self._tally = Tally(partial(hub.send_until_answered, within_s=math.inf))
        self._chips = chips
        self._watch = watch
        self._tending = tending
        self._away: asyncio.TimerHandle | None = None
        self._printer = printer
        self._width_dots = width_dots
        self._lookup_url = lookup_url
        self._effects: asyncio.Queue[h.Effect] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._refresh: asyncio.TimerHandle | None = None
        self._paper = ThreadPoolExecutor(1, thread_name_prefix="printer")

    def give(self, given: h.Input) -> None:
        """Let this happen to the session."""
        before = self.session
        self.session, effects = advance(before, given, now_ms=monotonic_ms(), new_id=new_command_id())
        if self.session.site is not None and self.session.site is not before.site:
            self.slips.adopt(self.session.site.catalogue)
        for effect in effects:
            self._effects.put_nowait(effect)
        if deadline(self.session) != deadline(before):
            self._arm()
        if self.session.step != before.step:
            self.changed.publish(b"")
        elif self.session is not before and self._refresh is None:
            self._refresh = asyncio.get_running_loop().call_later(REFRESH_S, self._publish_figures)

    def scanned(self, scan: Scan) -> None:
        """Let a scan happen to the session."""
        addresses = (self._lookup_url, link_base(self.session, self._lookup_url))
        self.give(read_document(scan, self._today(), *addresses))

    def wall_ms(self) -> int:
        """The time of day by the hub, milliseconds since 1970 UTC."""
        return self._hub.clock.now_ms()

    def _today(self) -> date:
        facility = self.session.site.catalogue.facility if self.session.site else Facility("", "")
        return local_time(self.wall_ms(), facility.time_zone).date()

    async def run(self) -> None:
        """Follow the hub, watch the printer and the clock, and do what the session decides; for ever."""
        self._tending.begin()
        await self._remember()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_hub())
            group.create_task(self._standby.run())
            group.create_task(self._tally.run())
            group.create_task(self.slips.run(lambda: self.changed.publish(b"")))
            group.create_task(self._watch_printer())
            group.create_task(self._watch_clock())
            while True:
                group.create_task(self._do(await self._effects.get()))

    def close(self) -> None:
        """Let what is being written come to its end."""
        self._standby.close()

    async def _remember(self) -> None:
        """What the kiosk knew when it last ran, so that it can work where there is no hub to ask."""
        site, interrupted = await self._standby.begin(STILL_THERE_MS)
        if site is not None:
            self.give(h.SiteRemembered(site, self.wall_ms()))
        if interrupted is not None:
            self.give(h.SlipInterrupted(interrupted))

    async def _follow_hub(self) -> None:
        async for change in self._hub.changes():
            match change:
                case None:
                    self._standby.lost()
                    self._away = asyncio.get_running_loop().call_later(AWAY_AFTER_S, self.give, h.HubAway())
                    self.give(h.HubLost())
                case Outlook():
                    self.give(h.OutlookChanged(change, self.wall_ms()))
                case snapshot, _:
                    if self._away is not None:
                        self._away.cancel()
                    self._standby.heard(snapshot)
                    self.give(h.SiteChanged(snapshot, self.wall_ms()))

    async def _watch_printer(self) -> None:
        while True:
            if isinstance(self.session.screen, s.Resting | s.Start | s.Closed | s.OutOfService):
                await self._check_printer()
            await asyncio.sleep(PRINTER_CHECK_S)

    async def _check_printer(self) -> None:
        status = await asyncio.get_running_loop().run_in_executor(self._paper, self._printer.status)
        self.give(h.PrinterChecked(status.fault, status.paper is PaperLevel.LOW))

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
        if deadline(self.session):
            in_s = (deadline(self.session) - monotonic_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(max(0.0, in_s), self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        self.give(h.TimedOut())
        if deadline(self.session) and self._timer is None:  # the loop's timer came a millisecond early
            self._arm()

    async def _do(self, effect: h.Effect) -> None:
        match effect:
            case h.Send(command, capture):
                await self._ask_for_number(command, capture)
            case h.Ask(asked):
                await self._ask(asked)
            case h.LeaveContest(contest):
                await self._leave(contest)
            case f.Look():
                self._watch.look(effect)
            case f.StopLooking():
                self._watch.cancel()
            case h.Print():
                await self._print(effect)
            case h.ReadChip():
                self._chips.read(effect, self._today())
            case h.CancelReading():
                self._chips.cancel()
            case h.ReportReading(document, reading_fault):
                self._tally.add(document, reading_fault)
            case h.CheckInsurance():
                await self._check_insurance(effect)
            case h.GiveReserve(command, sent):
                await self._give_reserve(command, sent=sent)
            case h.Confirm(ticket):
                if await self._to_be_told(ticket, None):
                    await self._tell_hub(ConfirmPrint(new_command_id(), ticket))
            case h.Report(ticket, fault):
                if await self._to_be_told(ticket, fault):
                    await self._tell_hub(ReportPrintFault(new_command_id(), ticket, fault))
            case u.CheckPin(pin):
                await self._tending.check_pin(pin)
            case u.CheckPrinter():
                await self._check_printer()
            case u.TestPrint():
                await self._print_test()
            case u.Withdraw(withdrawn):
                await self._tending.withdraw(withdrawn)
            case u.KeepShut(shut):
                await self._tending.keep_shut(shut)
            case u.Restart():
                self._tending.restart()

    async def _ask_for_number(self, command: IssueTicket, capture: FaceCapture | None) -> None:
        within_s = ANSWER_WITHIN_S if command.service not in self.session.spare else AWAY_AFTER_S
        try:
            if capture is not None and not await self._hand_over(capture, within_s):
                command = faceless(command)
            reply = await self._hub.send_until_answered(command, within_s=within_s)
        except (HubUnreachable, HubRejected) as error:
            log.warning("the hub gave no number: %s", error)
            self.give(h.HubSilent(command.id))
        else:
            self._check_name(reply)
            self.give(h.HubAnswered(reply))

    async def _hand_over(self, capture: FaceCapture, within_s: float) -> bool:
        """Whether the hub has the picture; one that it turns away costs nobody the number. Raises HubUnreachable."""
        try:
            await self._hub.post_face(capture, within_s=within_s)
        except HubRejected as error:
            log.error("the hub takes no picture, so the number is asked for without it: %s", error)
            return False
        return True

    async def _ask(self, command: AskAgain | AskOfficer | ErasePerson) -> None:
        try:
            reply = await self._hub.send_until_answered(command, within_s=ANSWER_WITHIN_S)
        except (HubUnreachable, HubRejected) as error:
            log.warning("the hub did not answer a person at the kiosk: %s", error)
            self.give(h.HubSilent(command.id))
        else:
            self.give(h.HubAnswered(reply))

    async def _leave(self, contest: str) -> None:
        """Until the hub knows, so that no officer comes for nobody; one that has just settled it loses nothing."""
        command = SettleContest(new_command_id(), contest, ContestVerdict.LEFT)
        try:
            await self._hub.send_until_answered(command, within_s=math.inf)
        except HubRejected as error:
            log.warning("the hub was not told that somebody has gone: %s", error)

    async def _check_insurance(self, asked: h.CheckInsurance) -> None:
        """Nobody waits for it: a site that asks no portal, or a portal that does not answer, changes nothing."""
        try:
            found = await self._hub.look_up(insured_person(asked.person))
        except (HubUnreachable, HubRejected) as error:
            log.debug("no word of insurance: %s", error)
        else:
            self.give(h.InsuranceHeard(asked.check, s.Insured(found.outcome, found.valid_to)))

    async def _give_reserve(self, command: IssueTicket, *, sent: bool) -> None:
        try:
            ticket, again = await self._standby.give(command, sent=sent)
        except ReserveUsedUp:
            self.give(h.ReserveRefused(command.id, Refusal.DAY_FULL))
        except ReserveError as error:
            log.error("no number can be kept on this disk, so none is given: %s", error)
            self.give(h.ReserveRefused(command.id, None))
        else:
            self.give(h.ReserveGiven(command.id, ticket, again))

    async def _to_be_told(self, ticket: str, fault: PrintFault | None) -> bool:
        """Whether the hub is to be told of this slip; not before it knows of the ticket."""
        try:
            return await self._standby.note_paper(ticket, fault)
        except ReserveError as error:
            log.error("what became of a slip cannot be kept on this disk: %s", error)
            return False

    def _check_name(self, reply: Reply) -> None:
        if isinstance(reply, Done) and not reply.again and reply.ticket.issuer != self.session.name:
            log.error(
                "kiosk.toml: name is %r, but the hub's devices.toml calls this kiosk %r: "
                "slips that fail while it is down will not be noticed",
                self.session.name,
                reply.ticket.issuer,
            )

    async def _print(self, job: h.Print) -> None:
        try:
            drawing = self.slips.drawing(self.session, job)
            await asyncio.get_running_loop().run_in_executor(self._paper, self._put_on_paper, drawing)
        except PrintError as error:
            self.give(h.PrintFailed(job.ticket.id, error.fault, error.may_still_come))
        else:
            self.give(h.PrintDone(job.ticket.id))
            await self._check_printer()  # so that staff hear of the roll's end while it still lasts

    async def _print_test(self) -> None:
        printed = asyncio.get_running_loop().run_in_executor(self._paper, self._put_test_on_paper)
        try:
            await printed
        except PrintError as error:
            self.give(u.TestPrinted(error.fault))
        else:
            self.give(u.TestPrinted(None))

    def _put_test_on_paper(self) -> None:
        self._printer.print_slip(render_trial(self.session.name, self._width_dots))

    def _put_on_paper(self, drawing: Callable[[], Image]) -> None:
        self._printer.print_slip(drawing())

    async def _tell_hub(self, command: Command) -> None:
        """Until the hub knows: what became of a slip is never forgotten while the kiosk runs."""
        try:
            reply = await self._hub.send_until_answered(command, within_s=math.inf)
        except HubRejected as error:
            log.error("the hub takes no word of a slip: %s", error)
            return
        if isinstance(reply, Refused):
            log.warning("the hub takes no word of a slip: %s", reply.reason.value)


def monotonic_ms() -> int:
    """Milliseconds on a clock that never runs backwards."""
    return time.monotonic_ns() // 1_000_000
