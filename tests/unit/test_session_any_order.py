"""The kiosk's screens: what no order of events may do."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket
from edge.contracts.commands import Refused as HubRefused
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import PrintFault, Ticket
from edge.kiosk import screens as s
from edge.kiosk.screens import Outage, ScanProblem
from edge.kiosk.session import (
    CHOOSE_MS,
    NEXT_SCAN_MS,
    PRINT_MS,
    SETTLE_MS,
    advance,
)
from tests.kiosk_session import GIA, MAU, SITE, Kiosk, site_with, ticket
from tests.sites import NOON_MS, command_id

people = st.sampled_from([MAU, GIA])
faults = st.sampled_from(PrintFault)


class AnyOrder(RuleBasedStateMachine):
    """Any inputs in any order, with a hub and a printer that answer late, twice or never."""

    def __init__(self) -> None:
        super().__init__()
        self.kiosk = Kiosk()
        self.sent: list[IssueTicket] = []
        self.printing: list[Ticket] = []
        self.tickets: dict[str, Ticket] = {}
        self.choices = 0

    def give(self, given: s.Input, after_ms: int) -> None:
        before = self.kiosk.session
        for effect in self.kiosk.give(given, after_ms=after_ms):
            match effect:
                case s.Send(command):
                    assert isinstance(given, s.ServiceTouched)
                    assert isinstance(before.screen, s.Start | s.ScanTrouble | s.Identified)
                    assert command.id not in {earlier.id for earlier in self.sent}
                    self.sent.append(command)
                case s.Print(ticket):
                    self.printing.append(ticket)
                case s.Confirm(id_) | s.Report(id_):
                    assert id_ in self.tickets

    waits = st.sampled_from([1, 100, SETTLE_MS, NEXT_SCAN_MS, CHOOSE_MS, PRINT_MS])

    @rule(person=people, after_ms=waits)
    def scan(self, person: s.Person, after_ms: int) -> None:
        self.give(s.Scanned(person), after_ms)

    @rule(problem=st.sampled_from(ScanProblem), after_ms=waits)
    def scan_badly(self, problem: ScanProblem, after_ms: int) -> None:
        self.give(s.ScanFailed(problem), after_ms)

    @rule(service=st.sampled_from(["general", "insurance", "none"]), times=st.integers(1, 3), after_ms=waits)
    def touch_service(self, service: str, times: int, after_ms: int) -> None:
        step, before = self.kiosk.session.step, len(self.sent)
        for _ in range(times):
            self.give(s.ServiceTouched(step, service), after_ms)
            after_ms = 50
        assert len(self.sent) - before <= 1

    @rule(kind=st.sampled_from([s.Dismissed, s.ReprintTouched, s.LanguageTouched, s.ContrastTouched]), after_ms=waits)
    def touch(self, kind: Callable[[int], s.Touch], after_ms: int) -> None:
        self.give(kind(self.kiosk.session.step), after_ms)

    @rule(which=st.integers(0, 5), refuse=st.booleans(), after_ms=waits)
    def answer(self, which: int, refuse: bool, after_ms: int) -> None:
        if which < len(self.sent):
            command = self.sent[-1 - which]
            if refuse and command.id not in self.tickets:
                self.give(s.HubAnswered(HubRefused(command.id, Refusal.DAY_FULL)), after_ms)
            else:
                given = self.tickets.setdefault(command.id, ticket(id_=command.id))
                self.give(s.HubAnswered(Done(command.id, given)), after_ms)

    @rule(commit=st.booleans(), after_ms=waits)
    def fall_silent(self, commit: bool, after_ms: int) -> None:
        if self.sent:
            command = self.sent[-1]
            if commit:
                self.tickets.setdefault(command.id, ticket(id_=command.id))
            self.give(s.HubSilent(command.id), after_ms)

    @rule(came=st.booleans(), fault=faults, after_ms=waits)
    def finish_printing(self, came: bool, fault: PrintFault, after_ms: int) -> None:
        if self.printing:
            printed = self.printing.pop(0)
            self.give(s.PrintDone(printed.id) if came else s.PrintFailed(printed.id, fault), after_ms)

    @rule(day=st.sampled_from(["2026-11-23", ""]), after_ms=waits)
    def hear_of_the_site(self, day: str, after_ms: int) -> None:
        self.give(s.SiteChanged(replace(site_with(*self.tickets.values()), day=day), NOON_MS), after_ms)

    @rule(after_ms=waits)
    def lose_the_hub(self, after_ms: int) -> None:
        self.give(s.HubLost(), after_ms)

    @rule(present=st.booleans(), fault=st.none() | faults, after_ms=waits)
    def change_devices(self, present: bool, fault: PrintFault | None, after_ms: int) -> None:
        self.give(s.ScannerChanged(present), after_ms)
        self.give(s.PrinterChecked(fault), after_ms)

    @rule()
    def wait_for_the_deadline(self) -> None:
        until_ms = self.kiosk.session.until_ms
        if until_ms:
            self.give(s.TimedOut(), max(0, until_ms - self.kiosk.now_ms))
            assert self.kiosk.session.until_ms != until_ms, "a deadline that passed did nothing"

    @invariant()
    def personal_data_lives_only_while_it_is_needed(self) -> None:
        session = self.kiosk.session
        shown = session.screen
        if not isinstance(shown, s.Identified | s.Issuing):
            assert not any(text in str(_everything(session)) for p in (MAU, GIA) for text in (p.name, p.id_number))

    @invariant()
    def every_screen_has_an_exit(self) -> None:
        session = self.kiosk.session
        match session.screen:
            case s.Start():
                assert session.hub_up
            case s.Issuing(command):
                after, _ = advance(session, s.HubSilent(command.id), now_ms=self.kiosk.now_ms, new_id=command_id())
                assert after.screen != session.screen
            case s.OutOfService(why) if why is not Outage.UNANSWERED:
                good = s.SiteChanged(SITE, NOON_MS)
                after, _ = advance(session, good, now_ms=self.kiosk.now_ms, new_id=command_id())
                assert after.screen == s.Start()
            case _:
                assert session.until_ms > 0
                after, _ = advance(session, s.TimedOut(), now_ms=session.until_ms, new_id=command_id())
                assert after.screen != session.screen

    @invariant()
    def what_is_in_hand_does_not_grow(self) -> None:
        assert len(self.kiosk.session.papers) <= len(self.tickets)


def _everything(value: object) -> object:
    """Every field of a struct, whatever its repr hides."""
    fields = getattr(value, "__struct_fields__", None)
    return [_everything(getattr(value, name)) for name in fields] if fields else value


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
