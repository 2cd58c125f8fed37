"""What no order of events may do to the kiosk's screens: a machine for hypothesis."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket
from edge.contracts.commands import Refused as HubRefused
from edge.contracts.eligibility import Outcome
from edge.contracts.face import AskAgain, AskOfficer, Contest, ContestVerdict, ErasePerson
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, PrintFault, Priority, Ticket
from edge.emrtd.reader import Step
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.giving import faceless
from edge.kiosk.identifying import HARMLESS
from edge.kiosk.screens import Outage, ScanProblem
from edge.kiosk.session import advance, deadline
from edge.kiosk.state import CHOOSE_MS, NEXT_SCAN_MS, PRINT_MS, SETTLE_MS, Session
from tests.kiosk_session import BHYT, GIA, MAU, MAU_BY_CHIP, SITE, Kiosk, site_with, ticket
from tests.sites import DAY_MS, NOON_MS, command_id

people = st.sampled_from([MAU, GIA, BHYT])
BY_CHIP = {MAU.id_number: MAU_BY_CHIP, GIA.id_number: replace(GIA, document=Document.CCCD_CHIP)}
faults = st.sampled_from(PrintFault)


CHOOSING = s.Start | s.ScanTrouble | s.ScanFirst | s.Identified | s.Claimed | s.ChipTrouble


waits = st.sampled_from([1, 100, SETTLE_MS, NEXT_SCAN_MS, CHOOSE_MS, PRINT_MS])
HELD = ticket(7, issuer="kiosk-2")
refusals = st.sampled_from([Refusal.DAY_FULL, Refusal.SEEMS_HELD, Refusal.FACE_GONE])


class AnyOrder(RuleBasedStateMachine):
    """Any inputs in any order, with a hub and a printer that answer late, twice or never."""

    def __init__(self) -> None:
        super().__init__()
        self.kiosk = Kiosk()
        self.sent: list[IssueTicket] = []
        self.printing: list[Ticket] = []
        self.tickets: dict[str, Ticket] = {}
        self.cards_laid = 0
        self.alone: list[IssueTicket] = []
        self.readings: dict[int, h.ReadChip] = {}
        self.told: set[int] = set()  # the readings that came to an end
        self.on_reader = 0  # the card that lies there: each gets a number when it is laid on
        self.read_on: dict[int, int] = {}  # reading → card
        self.looks: dict[int, f.Look] = {}
        self.looked: set[int] = set()  # the looks that are over
        self.handed_over: set[str] = set()  # the captures that the hub was given
        self.asked: dict[str, AskAgain | AskOfficer | ErasePerson] = {}
        self.contests: dict[str, Contest] = {}  # those that the site tells of
        self.left: list[str] = []  # the contests that the kiosk's person went away from

    def give(self, given: h.Input, after_ms: int) -> None:
        before = self.kiosk.session
        for effect in self.kiosk.give(given, after_ms=after_ms):
            match effect:
                case h.Send(command, capture):
                    self.check_sent(before, given, command)
                    assert command.id not in {earlier.id for earlier in self.sent}
                    assert command.face == (capture.id if capture else "")
                    assert capture is None or capture.portrait or capture.template
                    self.sent.append(command)
                    self.handed_over |= {command.face} - {""}
                case h.Ask(question):
                    assert question.id not in self.asked
                    assert isinstance(given, f.MineTouched | f.NotMineTouched | h.SiteChanged | h.HubAnswered) or (
                        isinstance(before.screen, s.Erasing)
                    )
                    self.asked[question.id] = question
                case h.LeaveContest(contest):
                    assert isinstance(self.asked[contest], AskOfficer)
                    known = self.contests.get(contest)
                    assert known is None or known.verdict is None, "an officer has said what it is"
                    assert contest not in self.left
                    self.left.append(contest)
                case f.Look(look):
                    assert look not in self.looks
                    assert before.eyes is not None
                    assert before.eyes.open
                    self.looks[look] = effect
                case f.StopLooking(look):
                    assert look in self.looks
                    assert look not in self.looked
                    self.looked.add(look)
                case h.GiveReserve(command, sent):
                    assert command == faceless(command)
                    assert sent is (command.id in {earlier.id for earlier in self.sent})
                    assert command.service in before.spare
                    assert command.id not in {earlier.id for earlier in self.alone}
                    self.alone.append(command)
                case h.Print(ticket):
                    self.printing.append(ticket)
                case h.Confirm(id_) | h.Report(id_):
                    assert id_ in self.tickets
                case h.ReadChip(reading, person):
                    assert reading not in self.readings
                    assert self.on_reader, "nothing lies there"
                    assert self.on_reader not in self.read_on.values(), "it was read before"
                    assert person == _person(self.kiosk.session.screen)
                    self.readings[reading] = effect
                    self.read_on[reading] = self.on_reader
                case h.CancelReading(reading):
                    assert reading in self.readings
                    assert reading not in self.told, "it is over"
                    self.told.add(reading)
                case h.ReportReading(Document.CCCD_CHIP):
                    assert isinstance(before.screen, s.ReadingChip)
                    assert isinstance(given, h.ChipRead | h.ChipFailed | h.TimedOut)
                    self.told.add(before.screen.reading)
                case h.ReportReading():
                    assert isinstance(given, h.Scanned | h.ScanFailed)

    def check_sent(self, before: Session, given: h.Input, command: IssueTicket) -> None:
        """A number is asked for by a touch that says so, by a picture that was agreed to, or by an officer's word."""
        match before.screen:
            case s.AskConsent(asked):
                assert isinstance(given, f.WithoutTouched)
                assert command == asked
            case s.NoPicture(agreed):
                assert isinstance(given, f.WithoutTouched)
                assert command == agreed.asked
            case s.Looking(agreed):
                assert isinstance(given, f.WithoutTouched | f.FaceTaken)
                assert faceless(command) == agreed.asked
            case s.Issuing(asked):
                assert isinstance(given, h.HubAnswered)
                assert command.service == asked.service
            case s.Awaiting(claim, contest) | s.Asking(AskOfficer(id=contest), s.Claim() as claim):
                assert self.contests[contest].verdict is ContestVerdict.DIFFERENT
                assert (command.service, command.contest) == (claim.asked.service, contest)
            case screen:
                assert isinstance(given, h.ServiceTouched)
                assert isinstance(screen, CHOOSING)
                assert command.service not in before.off
                assert command.claim is getattr(screen, "claim", Priority.NONE)
                assert command.document is getattr(_person(screen), "document", Document.NONE)

    hours = st.sampled_from([-1, 5_000, 60_000, DAY_MS // 2])

    @rule(person=people, after_ms=waits)
    def scan(self, person: s.Person, after_ms: int) -> None:
        self.give(h.Scanned(person), after_ms)

    @rule(after_ms=waits)
    def lay_a_card_on(self, after_ms: int) -> None:
        if not self.on_reader:
            self.cards_laid += 1
            self.on_reader = self.cards_laid
            self.give(h.CardLaid(), after_ms)

    @rule(lost=st.booleans(), after_ms=waits)
    def take_the_card_away(self, lost: bool, after_ms: int) -> None:
        self.on_reader = 0
        self.give(h.ReaderLost() if lost else h.CardTaken(), after_ms)

    @rule(which=st.integers(0, 2), outcome=st.none() | st.sampled_from(ReadingFault), after_ms=waits)
    def end_a_reading(self, which: int, outcome: ReadingFault | None, after_ms: int) -> None:
        """The newest, or one that nobody waits for any more."""
        if which < len(self.readings):
            reading, asked = sorted(self.readings.items())[-1 - which]
            self.give(h.ChipProgress(reading, Step.HOLDER, 0.5), after_ms)
            if outcome is None:
                self.give(h.ChipRead(reading, BY_CHIP[asked.person.id_number]), after_ms)
            else:
                self.give(h.ChipFailed(reading, outcome), after_ms)

    @rule(problem=st.sampled_from(ScanProblem), after_ms=waits)
    def scan_badly(self, problem: ScanProblem, after_ms: int) -> None:
        self.give(h.ScanFailed(problem), after_ms)

    @rule(service=st.sampled_from(["general", "insurance", "none"]), times=st.integers(1, 3), after_ms=waits)
    def touch_service(self, service: str, times: int, after_ms: int) -> None:
        step, before = self.kiosk.session.step, len(self.sent) + len(self.alone)

        for _ in range(times):
            self.give(h.ServiceTouched(step, service), after_ms)
            after_ms = 50
        assert len(self.sent) + len(self.alone) - before <= 1

    @rule(kind=st.sampled_from([h.Dismissed, h.ReprintTouched, h.LanguageTouched, h.ContrastTouched]), after_ms=waits)
    def touch(self, kind: Callable[[int], h.Touch], after_ms: int) -> None:
        self.give(kind(self.kiosk.session.step), after_ms)

    @rule(ground=st.sampled_from(Priority), label=st.sampled_from(["A001", "B9"]), after_ms=waits)
    def touch_further(self, ground: Priority, label: str, after_ms: int) -> None:
        step = self.kiosk.session.step
        for touch in (h.PriorityTouched(step), h.LookUpTouched(step), h.NumberTyped(step, label)):
            self.give(touch, after_ms)
        self.give(h.GroundTouched(self.kiosk.session.step, ground), after_ms)

    @rule(closes_in_ms=hours, numbers_until_ms=hours, after_ms=waits)
    def hear_what_to_expect(self, closes_in_ms: int, numbers_until_ms: int, after_ms: int) -> None:
        spans = ((NOON_MS - DAY_MS // 4, NOON_MS + closes_in_ms),)
        tickets = ((NOON_MS - DAY_MS // 4, NOON_MS + numbers_until_ms),)
        outlook = Outlook(
            at_ms=NOON_MS,
            hours=Hours(spans, next_opens_ms=NOON_MS + DAY_MS),
            services={"general": ServiceOutlook(0, None, 1, tickets=tickets)},
            counters={},
        )
        self.give(h.OutlookChanged(outlook, NOON_MS), after_ms)

    @rule(which=st.integers(0, 5), refuse=st.none() | refusals, after_ms=waits)
    def answer(self, which: int, refuse: Refusal | None, after_ms: int) -> None:
        if which < len(self.sent):
            command = self.sent[-1 - which]
            if refuse is not None and command.id not in self.tickets:
                held = self.tickets.setdefault(HELD.id, HELD) if refuse is Refusal.SEEMS_HELD else None
                self.give(h.HubAnswered(HubRefused(command.id, refuse, held)), after_ms)
            else:
                given = self.tickets.setdefault(command.id, ticket(id_=command.id))
                self.give(h.HubAnswered(Done(command.id, given)), after_ms)

    @rule(commit=st.booleans(), after_ms=waits)
    def fall_silent(self, commit: bool, after_ms: int) -> None:
        if self.sent:
            command = self.sent[-1]
            if commit:
                self.tickets.setdefault(command.id, ticket(id_=command.id))
            self.give(h.HubSilent(command.id), after_ms)

    @rule(which=st.integers(0, 3), refuse=st.sampled_from([None, Refusal.DAY_FULL]), give=st.booleans(), after_ms=waits)
    def answer_from_the_reserve(self, which: int, refuse: Refusal | None, give: bool, after_ms: int) -> None:
        if which < len(self.alone):
            command = self.alone[-1 - which]
            if give:
                given = ticket(9950)
                self.tickets[given.id] = given
                self.give(h.ReserveGiven(command.id, given, again=False), after_ms)
            else:
                self.give(h.ReserveRefused(command.id, refuse), after_ms)

    @rule(services=st.frozensets(st.sampled_from(["general", "insurance"])), after_ms=waits)
    def change_the_reserve(self, services: frozenset[str], after_ms: int) -> None:
        self.give(h.ReserveChanged(services, frozenset(self.tickets)), after_ms)

    @rule(came=st.booleans(), fault=faults, after_ms=waits)
    def finish_printing(self, came: bool, fault: PrintFault, after_ms: int) -> None:
        if self.printing:
            printed = self.printing.pop(0)
            self.give(h.PrintDone(printed.id) if came else h.PrintFailed(printed.id, fault), after_ms)

    @rule(day=st.sampled_from(["2026-11-23", ""]), after_ms=waits)
    def hear_of_the_site(self, day: str, after_ms: int, without: str = "") -> None:
        site = site_with(*(known for known in self.tickets.values() if known.id != without))
        site = replace(site, day=day, contests=dict(self.contests) if day else {})
        self.give(h.SiteChanged(site, NOON_MS), after_ms)

    @rule(after_ms=waits)
    def lose_the_hub(self, after_ms: int) -> None:
        self.give(h.HubLost(), after_ms)

    @rule(after_ms=waits)
    def give_the_hub_up(self, after_ms: int) -> None:
        self.give(h.HubAway(), after_ms)

    @rule(ago=st.integers(0, 2), after_ms=waits)
    def hear_of_insurance(self, ago: int, after_ms: int) -> None:
        self.give(h.InsuranceHeard(self.kiosk.session.checks - ago, s.Insured(Outcome.EXPIRED)), after_ms)

    @rule(present=st.booleans(), fault=st.none() | faults, after_ms=waits)
    def change_devices(self, present: bool, fault: PrintFault | None, after_ms: int) -> None:
        self.give(h.ScannerChanged(present), after_ms)
        self.give(h.PrinterChecked(fault), after_ms)

    @rule()
    def wait_for_the_deadline(self) -> None:
        due_ms, step = deadline(self.kiosk.session), self.kiosk.session.step
        if due_ms:
            self.give(h.TimedOut(), max(0, due_ms - self.kiosk.now_ms))
            moved = deadline(self.kiosk.session) != due_ms or self.kiosk.session.step != step
            assert moved, "a deadline that passed did nothing"

    @invariant()
    def personal_data_lives_only_while_it_is_needed(self) -> None:
        session = self.kiosk.session
        shown = session.screen
        kept = isinstance(shown, s.Identified | s.Grounds | s.Claimed | s.ReadingChip | s.ChipTrouble | s.Issuing)
        about_faces = s.AskConsent | s.Looking | s.NoPicture | s.SeemsHeld | s.Asking | s.Awaiting
        if not isinstance(shown, about_faces | s.Issuing):
            assert b"portrait" not in str(_everything(session)).encode()
        kept = kept or isinstance(shown, about_faces)
        if not kept or (isinstance(shown, s.ChipTrouble) and shown.fault not in HARMLESS):
            everything = str(_everything(session))
            assert not any(p.name in everything for p in (MAU, GIA, BHYT))
            assert not any(n and n in everything for p in (MAU, GIA, BHYT) for n in (p.id_number, p.insurance_number))

    @invariant()
    def a_chip_names_only_the_person_whose_card_was_read_last(self) -> None:
        shown = self.kiosk.session.screen
        person = _person(shown)
        if person is not None and person.document is Document.CCCD_CHIP and not isinstance(shown, s.Grounds):
            assert self.on_reader in (0, *self.read_on.values()), "another card lies there"

    @invariant()
    def every_screen_has_an_exit(self) -> None:
        session = self.kiosk.session
        match session.screen:
            case s.Start():
                assert session.hub_up or session.spare
            case s.Issuing(command, True):
                refused = h.ReserveRefused(command.id, None)
                after, _ = advance(session, refused, now_ms=self.kiosk.now_ms, new_id=command_id())
                assert after.screen != session.screen
            case s.Issuing(command):
                after, _ = advance(session, h.HubSilent(command.id), now_ms=self.kiosk.now_ms, new_id=command_id())
                assert after.screen != session.screen
            case s.Resting():
                after, _ = advance(session, f.PersonCame(), now_ms=self.kiosk.now_ms, new_id=command_id())
                assert isinstance(after.screen, s.Start)
            case s.Asking(question):
                after, _ = advance(session, h.HubSilent(question.id), now_ms=self.kiosk.now_ms, new_id=command_id())
                assert after.screen != session.screen
            case s.OutOfService(why) if why is not Outage.UNANSWERED:
                good = h.SiteChanged(SITE, NOON_MS)
                after, _ = advance(session, good, now_ms=self.kiosk.now_ms, new_id=command_id())
                assert isinstance(after.screen, s.Start | s.Closed)
            case s.Closed():
                assert session.turns_ms > 0
            case _:
                assert session.until_ms > 0
                late_ms = max(session.until_ms, session.turns_ms)
                after, _ = advance(session, h.TimedOut(), now_ms=late_ms, new_id=command_id())
                after, _ = advance(after, h.TimedOut(), now_ms=late_ms, new_id=command_id())
                assert after.screen != session.screen

    @invariant()
    def what_is_in_hand_does_not_grow(self) -> None:
        assert len(self.kiosk.session.papers) <= len(self.tickets)


def _person(screen: s.Screen) -> s.Person | None:
    match screen:
        case s.Identified(person) | s.Grounds(person) | s.Claimed(_, person):
            return person
        case s.ReadingChip(_, person) | s.ChipTrouble(_, person):
            return person
    return None


def _everything(value: object) -> object:
    """Every field of a struct, whatever its repr hides."""
    fields = getattr(value, "__struct_fields__", None)
    return [_everything(getattr(value, name)) for name in fields] if fields else value
