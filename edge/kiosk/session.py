"""One person after another at the kiosk: what each input makes of the screen, and what the kiosk then does."""

from msgspec import Struct
from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket, Refused
from edge.contracts.snapshot import Snapshot
from edge.contracts.ticket import Paper, PrintFault, Ticket
from edge.kiosk import screens as s
from edge.kiosk.screens import Effect, Identified, Input, Issuing, Outage, Printing, ScanTrouble, Start, Taken

CHOOSE_MS = 30_000  # a person was identified, or a scan failed
READ_NUMBER_MS = 12_000
PHOTOGRAPH_MS = 25_000  # no slip came out: time to write the number down or photograph the QR
READ_WORDS_MS = 12_000
PREFERENCES_MS = 60_000  # after this the next person finds Vietnamese and the usual colours again
PRINT_MS = 60_000  # a slip takes 24 s on a serial line of 19200 baud; the printer's own word comes before this
SETTLE_MS = 500  # the second half of a double touch lands on a screen that nobody has seen yet
NEXT_SCAN_MS = 4_000  # a card left under the scanner must not sweep its own number away
STILL_THERE_MS = 90_000  # after a crash: whoever asked this recently probably still waits for the slip


class Session(Struct, frozen=True):
    """All that the kiosk knows.

    ``name`` is the device's name at the hub. ``step`` numbers the pictures shown; ``shown_ms`` is when the screen came
    and ``until_ms`` when it goes by itself (0: never), both on a clock that never runs backwards. ``papers`` are the
    tickets whose slip is being seen to, so that a ticket of ours that is in nobody's hands is noticed.
    """

    name: str
    screen: s.Screen = s.OutOfService(Outage.STARTING)
    step: int = 0
    shown_ms: int = 0
    until_ms: int = 0
    language: str = "vi"
    contrast: bool = False
    site: Snapshot | None = None
    hub_up: bool = True
    scanner_up: bool = False
    printer_fault: PrintFault | None = None
    papers: tuple[str, ...] = ()


Outcome = tuple[Session, tuple[Effect, ...]]


def advance(session: Session, given: Input, *, now_ms: int, new_id: str) -> Outcome:
    """The session after this input, and what the kiosk must do.

    ``new_id`` is a fresh command id: it becomes the id of the one IssueTicket that this step may send. A touch made on
    an earlier picture, or too soon after the screen changed, does nothing.
    """
    if isinstance(given, s.ServiceTouched | s.Dismissed | s.ReprintTouched) and (
        given.step != session.step or now_ms < session.shown_ms + SETTLE_MS
    ):
        return session, ()
    match session.screen, given:
        case _, s.SiteChanged():
            return _site_changed(session, given, now_ms)
        case _, s.HubLost():
            return _settle(replace(session, hub_up=False), now_ms), ()
        case _, s.ScannerChanged() if given.present is not session.scanner_up:
            return replace(_redrawn(session), scanner_up=given.present), ()
        case _, s.PrinterChecked() if given.fault is not session.printer_fault:
            return replace(_redrawn(session), printer_fault=given.fault), ()
        case _, s.LanguageTouched():
            other = s.LANGUAGES[(s.LANGUAGES.index(session.language) + 1) % len(s.LANGUAGES)]
            return _preferred(replace(session, language=other), now_ms), ()
        case _, s.ContrastTouched():
            return _preferred(replace(session, contrast=not session.contrast), now_ms), ()

        case Start() | ScanTrouble() | Identified() | s.Refused(), s.Scanned():
            return _identify(session, given.person, now_ms), ()
        case Taken(), s.Scanned() if now_ms >= session.shown_ms + NEXT_SCAN_MS:
            return _identify(_end(session, now_ms), given.person, now_ms), ()
        case Start() | ScanTrouble() | s.Refused(), s.ScanFailed():
            return _show(session, ScanTrouble(given.problem), now_ms, CHOOSE_MS), ()

        case Start() | ScanTrouble(), s.ServiceTouched() if _offers(session, given.service):
            return _issue(session, IssueTicket(new_id, given.service), now_ms)
        case Identified(person), s.ServiceTouched() if _offers(session, given.service):
            command = IssueTicket(new_id, given.service, person.document, person.id_number)
            return _issue(session, command, now_ms)

        case Issuing(command), s.HubAnswered(Done() as done) if done.command == command.id:
            session = _in_hand(session, done.ticket.id)
            shown = _show(session, Printing(done.ticket, done.ahead, done.again), now_ms, PRINT_MS)
            return shown, (s.Print(done.ticket, done.ahead, copy=done.again),)
        case Issuing(command), s.HubAnswered(Refused() as refused) if refused.command == command.id:
            return _show(session, s.Refused(refused.reason), now_ms, READ_WORDS_MS), ()
        case Issuing(command), s.HubSilent() if given.command == command.id:
            return _show(session, s.OutOfService(Outage.UNANSWERED), now_ms, READ_WORDS_MS), ()

        case _, s.PrintDone():
            session = replace(session, printer_fault=None)
            return _slip_came(session, given.ticket, now_ms), (s.Confirm(given.ticket),)
        case _, s.PrintFailed():
            session = replace(session, printer_fault=given.fault)
            return _slip_missing(session, given.ticket, given.fault, now_ms), (s.Report(given.ticket, given.fault),)
        case Taken(ticket, ahead, again, fault), s.ReprintTouched() if fault is not None:
            session = _in_hand(session, ticket.id)
            return _show(session, Printing(ticket, ahead, again), now_ms, PRINT_MS), (
                s.Print(ticket, ahead, copy=True),
            )

        case Identified() | ScanTrouble(), s.Dismissed():
            return _home(session, now_ms), ()
        case Taken() | s.Refused() | s.OutOfService(Outage.UNANSWERED), s.Dismissed():
            return _end(session, now_ms), ()
        case screen, s.TimedOut() if session.until_ms and now_ms >= session.until_ms:
            if isinstance(screen, Printing):
                fault = PrintFault.NO_ANSWER
                return _slip_missing(session, screen.ticket.id, fault, now_ms), (s.Report(screen.ticket.id, fault),)
            return _end(session, now_ms), ()
    return session, ()


def outage(session: Session) -> Outage | None:
    """Why no number can be had now, whatever the screen shows; None where one can."""
    if not session.hub_up:
        return Outage.HUB
    if session.site is None:
        return Outage.STARTING
    if not session.site.day:
        return Outage.CLOCK
    return None if session.site.catalogue.services else Outage.CATALOGUE


def _offers(session: Session, service: str) -> bool:
    return session.site is not None and service in {offered.id for offered in session.site.catalogue.services}


def _show(session: Session, screen: s.Screen, now_ms: int, for_ms: int = 0) -> Session:
    until_ms = now_ms + for_ms if for_ms else 0
    return replace(session, screen=screen, step=session.step + 1, shown_ms=now_ms, until_ms=until_ms)


def _identify(session: Session, person: s.Person, now_ms: int) -> Session:
    if session.screen == Identified(person):
        return session  # the card lies under the scanner still: its stay on screen is not prolonged
    return _show(session, Identified(person), now_ms, CHOOSE_MS)


def _issue(session: Session, command: IssueTicket, now_ms: int) -> Outcome:
    return _show(session, Issuing(command), now_ms), (s.Send(command),)


def _home(session: Session, now_ms: int) -> Session:
    why = outage(session)
    usual = session.language == "vi" and not session.contrast
    return _show(session, Start() if why is None else s.OutOfService(why), now_ms, 0 if usual else PREFERENCES_MS)


def _end(session: Session, now_ms: int) -> Session:
    return _home(replace(session, language="vi", contrast=False), now_ms)


def _redrawn(session: Session) -> Session:
    return replace(session, step=session.step + 1)


def _preferred(session: Session, now_ms: int) -> Session:
    session = _redrawn(session)
    match session.screen:
        case Start() | s.OutOfService():
            return replace(session, until_ms=now_ms + PREFERENCES_MS)
        case Identified() | ScanTrouble():
            return replace(session, until_ms=now_ms + CHOOSE_MS)
        case Taken(fault=fault):
            return replace(session, until_ms=now_ms + (PHOTOGRAPH_MS if fault else READ_NUMBER_MS))
        case s.Refused():
            return replace(session, until_ms=now_ms + READ_WORDS_MS)
        case Issuing() | Printing():
            return session


def _settle(session: Session, now_ms: int) -> Session:
    """Nobody is asked to choose while no number can be had; what a person still has to read stays."""
    why = outage(session)
    match session.screen:
        case Start() | Identified() | ScanTrouble() | s.Refused() if why is not None:
            return _home(session, now_ms)
        case s.OutOfService(shown) if shown is not Outage.UNANSWERED and shown is not why:
            return _home(session, now_ms)
    return session


def _site_changed(session: Session, given: s.SiteChanged, now_ms: int) -> Outcome:
    before = session.site
    session = replace(session, site=given.site, hub_up=True)
    if before is not None and before.catalogue != given.site.catalogue:
        session = _redrawn(session)  # other tiles: a touch on the old ones does nothing
    session = _settle(session, now_ms)
    session, orphans = _orphans(session)
    if not orphans:
        return session, ()
    effects = tuple(s.Report(ticket.id, PrintFault.INTERRUPTED) for ticket in orphans)
    newest = max(orphans, key=lambda ticket: ticket.issued_at_ms)
    recent = abs(given.wall_ms - newest.issued_at_ms) < STILL_THERE_MS
    if recent and isinstance(session.screen, Start | s.OutOfService):
        waiting = given.site.waiting.get(newest.service, ())
        ahead = waiting.index(newest.id) if newest.id in waiting else 0
        taken = Taken(newest, ahead, fault=PrintFault.INTERRUPTED)
        session = _show(session, taken, now_ms, PHOTOGRAPH_MS)
    return session, effects


def _orphans(session: Session) -> tuple[Session, tuple[Ticket, ...]]:
    """Tickets that this kiosk took and whose slip nobody sees to.

    The kiosk was killed between commit and confirmation, or the hub's answer was lost on the way.
    """
    if session.site is None:
        return session, ()
    tickets = session.site.tickets
    asked = session.screen.command.id if isinstance(session.screen, Issuing) else ""
    pending = [t for t in tickets.values() if t.issuer == session.name and t.paper is Paper.PENDING]
    orphans = tuple(t for t in pending if t.id not in session.papers and t.id != asked)
    unheard = tuple(t for t in session.papers if t not in tickets)[-8:]  # answered before the stream told of them
    waiting = tuple(t.id for t in pending if t.id in session.papers or t in orphans)
    return replace(session, papers=(*unheard, *waiting)), orphans


def _in_hand(session: Session, ticket: str) -> Session:
    return session if ticket in session.papers else replace(session, papers=(*session.papers, ticket))


def _slip_came(session: Session, ticket: str, now_ms: int) -> Session:
    match session.screen:
        case Printing(shown, ahead, again) | Taken(shown, ahead, again) if shown.id == ticket:
            return _show(session, Taken(shown, ahead, again), now_ms, READ_NUMBER_MS)
    return session


def _slip_missing(session: Session, ticket: str, fault: PrintFault, now_ms: int) -> Session:
    match session.screen:
        case Printing(shown, ahead, again) if shown.id == ticket:
            return _show(session, Taken(shown, ahead, again, fault), now_ms, PHOTOGRAPH_MS)
    return session
