"""A kiosk's session in a test's hands, with a clock that the test moves."""

from collections.abc import Callable

from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket, Refused
from edge.contracts.face import Purpose
from edge.contracts.outlook import Hours, Outlook, ServiceOutlook
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Document, Paper, Ticket
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.session import advance
from edge.kiosk.state import SETTLE_MS, Session
from tests.sites import CATALOGUE, NOON_MS, command_id

ME = "kiosk-1"
PORTRAIT, TEMPLATE, CHIP_PICTURE = b"\xff\xd8\xff portrait", b"template".ljust(256), b"\xff\xd8\xff in the chip"
MAU = s.Person("Nguyễn Văn Mẫu", "001099000017", Document.CCCD_QR)
MAU_BY_CHIP = s.Person("Nguyễn Văn Mẫu", "001099000017", Document.CCCD_CHIP, "1999-02-01")
GIA = s.Person("Trần Thị Giả", "001199000018", Document.CCCD_QR)
BHYT = s.Person("Lê Văn Minh Hoạ", "", Document.BHYT_QR, "1975-03-12", "0123456789")
SITE = Snapshot(
    epoch="e", seq=1, at_ms=0, day="2026-11-23", catalogue=CATALOGUE, tickets={}, waiting={}, at_counter={}, calls=()
)
OUTLOOK = Outlook(
    at_ms=NOON_MS,
    hours=Hours(always=True),
    services={service.id: ServiceOutlook(0, None, 1, always=True) for service in CATALOGUE.services},
    counters={},
    keep_faces_days=0,
)


def ticket(number: int = 1, *, id_: str = "", issuer: str = ME, paper: Paper = Paper.PENDING) -> Ticket:
    return Ticket(
        id=id_ or command_id(),
        label=f"A{number:03d}",
        number=number,
        service="general",
        document=Document.NONE,
        issuer=issuer,
        issued_at_ms=NOON_MS,
        paper=paper,
    )


def site_with(*tickets: Ticket, waiting: tuple[str, ...] = ()) -> Snapshot:
    return replace(SITE, tickets={t.id: t for t in tickets}, waiting={"general": waiting} if waiting else {})


def without_rest(site: Snapshot) -> Snapshot:
    """The site whose kiosks never rest: time passes, and the first screen stays."""
    return replace(site, catalogue=replace(site.catalogue, kiosk=replace(site.catalogue.kiosk, rest_s=0)))


class Kiosk:
    """A session with a clock that the test moves; every touch is made on the picture that is shown."""

    def __init__(self) -> None:
        self.session = Session(name=ME)
        self.now_ms = 1_000_000
        self.effects: list[h.Effect] = []

    def shows(self) -> s.Screen:
        return self.session.screen

    def give(self, given: h.Input, *, after_ms: int = SETTLE_MS) -> tuple[h.Effect, ...]:
        self.now_ms += after_ms
        self.session, effects = advance(self.session, given, now_ms=self.now_ms, new_id=command_id())
        self.effects += effects
        return effects

    def touch(self, touch: Callable[[int], h.Touch], *, after_ms: int = SETTLE_MS) -> tuple[h.Effect, ...]:
        return self.give(touch(self.session.step), after_ms=after_ms)

    def choose(self, service: str = "general") -> IssueTicket:
        (effect,) = self.touch(lambda step: h.ServiceTouched(step, service))
        assert isinstance(effect, h.Send)
        return effect.command

    def meet(self, *, compares: bool = True, scanner: bool = True) -> None:
        """The hub and the camera are there, and somebody stands before it."""
        self.give(h.SiteChanged(SITE, NOON_MS))
        self.give(h.OutlookChanged(OUTLOOK, NOON_MS))
        self.give(h.ScannerChanged(scanner))
        self.give(f.EyesChanged(f.Eyes("up", sees=True, compares=compares)))
        self.give(f.PersonCame())

    def asks(self) -> s.AskConsent:
        """The question that is on the screen."""
        screen = self.shows()
        assert isinstance(screen, s.AskConsent)
        return screen

    def agree(self, *purposes: Purpose, guardian: bool = False) -> f.Look:
        """Tick these, and agree."""
        for purpose in purposes:
            self.touch(lambda step, ticked=purpose: f.PurposeTouched(step, ticked))  # type: ignore[misc]
        if guardian:
            self.touch(f.GuardianTouched)
        (look,) = self.touch(f.ConsentTouched)
        assert isinstance(look, f.Look)
        return look

    def seem_to_hold(self, held: Ticket) -> s.Claim:
        """Have a picture taken that looks like the holder of this ticket."""
        self.touch(lambda step: h.ServiceTouched(step, "general"))
        look = self.agree(Purpose.PORTRAIT, Purpose.ONE_NUMBER)
        (sent,) = self.give(f.FaceTaken(look.look, PORTRAIT, TEMPLATE))
        assert isinstance(sent, h.Send)
        self.give(h.SiteChanged(site_with(held), NOON_MS))
        self.give(h.HubAnswered(Refused(sent.command.id, Refusal.SEEMS_HELD, held)))
        screen = self.shows()
        assert isinstance(screen, s.SeemsHeld)
        return screen.claim

    def take(self, number: int = 1) -> Ticket:
        command = self.choose()
        given = ticket(number, id_=command.id)
        self.give(h.HubAnswered(Done(command.id, given, ahead=3)))
        return given
