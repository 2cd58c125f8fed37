"""One person after another at the kiosk: what each input makes of the screen, and what the kiosk then does."""

from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket, Refused
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import PRIORITY_WORDS, Document, Paper, PrintFault, Priority, Ticket
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.happenings import Input
from edge.kiosk.identifying import card_laid, chip_failed, chip_read, identified, scan_failed, scanned
from edge.kiosk.opening import is_closed, services_off, turns_after
from edge.kiosk.screens import (
    Card,
    ChipTrouble,
    Claimed,
    Closed,
    Grounds,
    Identified,
    Issuing,
    Outage,
    Printing,
    ReadingChip,
    ScanFirst,
    ScanTrouble,
    Start,
    Taken,
)
from edge.kiosk.state import (
    CHOOSE_MS,
    LOOK_MS,
    NEXT_SCAN_MS,
    PHOTOGRAPH_MS,
    PREFERENCES_MS,
    PRINT_MS,
    READ_NUMBER_MS,
    READ_WORDS_MS,
    SETTLE_MS,
    STILL_THERE_MS,
    TYPE_MS,
    Outcome,
    Session,
    redrawn,
    show,
    uninsured,
)

GROUNDS = tuple(ground for ground in PRIORITY_WORDS if ground not in (Priority.NONE, Priority.EMERGENCY))


def advance(session: Session, given: Input, *, now_ms: int, new_id: str) -> Outcome:
    """The session after this input, and what the kiosk must do.

    ``new_id`` is a fresh command id: it becomes the id of the one IssueTicket that this step may send. A touch made on
    an earlier picture, or too soon after the screen changed, does nothing.
    """
    after, effects = _advance(session, given, now_ms, new_id)
    match session.screen, after.screen:
        case ReadingChip(reading), ReadingChip(goes_on) if goes_on == reading:
            pass
        case ReadingChip(reading), _ if not isinstance(given, h.ChipRead | h.ChipFailed):
            effects = (h.CancelReading(reading), *effects)
    return after, effects


def _advance(session: Session, given: Input, now_ms: int, new_id: str) -> Outcome:
    if isinstance(given, h.Choice) and (given.step != session.step or now_ms < session.shown_ms + SETTLE_MS):
        return session, ()
    if isinstance(given, h.TimedOut) and session.turns_ms and now_ms >= session.turns_ms:
        session = _turned(session, now_ms)  # the screen's own time may be up at the same moment
    match session.screen, given:
        case _, h.SiteChanged():
            return _site_changed(session, given, now_ms)
        case _, h.OutlookChanged():
            session = replace(session, outlook=given.outlook, ahead_ms=given.wall_ms - now_ms)
            return _turned(session, now_ms), ()
        case _, h.HubLost():
            return _settle(replace(session, hub_up=False), now_ms), ()
        case _, h.HubAway() if not session.hub_up:
            return _turned(redrawn(replace(session, hub_away=True)), now_ms), ()
        case _, h.SiteRemembered() if session.site is None:
            session = replace(session, site=given.site, hub_up=False, ahead_ms=given.wall_ms - now_ms)
            return _turned(session, now_ms), ()
        case _, h.ReserveChanged():
            return _turned(_with_reserve(session, given), now_ms), ()
        case _, h.ScannerChanged() if given.present is not session.scanner_up:
            return replace(redrawn(session), scanner_up=given.present), ()
        case _, h.PrinterChecked() if given.fault is not session.printer_fault:
            return replace(redrawn(session), printer_fault=given.fault), ()
        case _, h.LanguageTouched():
            other = s.LANGUAGES[(s.LANGUAGES.index(session.language) + 1) % len(s.LANGUAGES)]
            return _preferred(replace(session, language=other), now_ms), ()
        case _, h.ContrastTouched():
            return _preferred(replace(session, contrast=not session.contrast), now_ms), ()

        case _, h.CardLaid():
            return card_laid(session, now_ms)
        case _, h.CardTaken():
            return replace(session, card=Card.EMPTY), ()
        case _, h.ReaderLost():
            return replace(session, card=Card.NO_READER), ()
        case ReadingChip(reading) as chip, h.ChipProgress() if given.reading == reading:
            return replace(session, screen=replace(chip, step=given.step, share=given.share)), ()
        case ReadingChip(reading) as chip, h.ChipRead() if given.reading == reading:
            return chip_read(session, chip, given.person, now_ms)
        case ReadingChip(reading) as chip, h.ChipFailed() if given.reading == reading:
            return chip_failed(session, chip, given.fault, now_ms)

        case _, h.InsuranceHeard() if given.check == session.checks:
            return replace(session, insured=given.insured), ()

        case Start() | ScanTrouble() | ScanFirst() | Identified() | ReadingChip() | ChipTrouble(), h.Scanned():
            return scanned(session, given.person, now_ms)
        case Grounds() | Claimed() | s.Refused(), h.Scanned():
            return scanned(session, given.person, now_ms)
        case Taken(), h.Scanned() if now_ms >= session.shown_ms + NEXT_SCAN_MS:
            return scanned(_end(session, now_ms), given.person, now_ms)
        case Start() | ScanTrouble() | ScanFirst() | ChipTrouble(_, None) | s.Refused(), h.ScanFailed():
            return scan_failed(session, given.problem, now_ms)

        case Start() | ScanTrouble() | ScanFirst(), h.ServiceTouched() if _offers(session, given.service):
            return _issue(session, IssueTicket(new_id, given.service), now_ms)
        case Identified(person), h.ServiceTouched() if _offers(session, given.service):
            return _issue(session, _asked(new_id, given.service, person), now_ms)
        case Claimed(claim, person) | ChipTrouble(_, person, claim), h.ServiceTouched() if _offers(
            session, given.service
        ):
            return _issue(session, _asked(new_id, given.service, person, claim), now_ms)

        case Start() | ScanTrouble() | ScanFirst(), h.PriorityTouched():
            return show(session, Grounds(), now_ms, CHOOSE_MS), ()
        case Identified(person) | Claimed(_, person) | ChipTrouble(_, person), h.PriorityTouched():
            return show(session, Grounds(person), now_ms, CHOOSE_MS), ()
        case Grounds(None), h.GroundTouched() if given.ground in GROUNDS:
            return show(session, Claimed(given.ground), now_ms, CHOOSE_MS), ()
        case Grounds(s.Person() as person), h.GroundTouched() if given.ground in GROUNDS:
            return identified(session, person, given.ground, now_ms)
        case Start() | ScanTrouble() | ScanFirst() | Closed() | s.LookedUp(), h.LookUpTouched() if session.hub_up:
            return show(session, s.LookUp(), now_ms, TYPE_MS), ()
        case s.LookUp(), h.NumberTyped():
            return show(session, s.LookedUp(given.label), now_ms, LOOK_MS), ()

        case Issuing(command, False), h.HubAnswered(Done() as done) if done.command == command.id:
            session = _in_hand(session, done.ticket.id)
            shown = show(session, Printing(done.ticket, done.ahead, done.again, done.wait), now_ms, PRINT_MS)
            return shown, (h.Print(done.ticket, done.ahead, copy=done.again, wait=done.wait),)
        case Issuing(command, False), h.HubAnswered(Refused() as refused) if refused.command == command.id:
            return show(session, s.Refused(refused.reason, refused.next_opens_ms), now_ms, READ_WORDS_MS), ()
        case Issuing(command, False), h.HubSilent() if given.command == command.id and command.service in session.spare:
            return replace(session, screen=Issuing(command, alone=True)), (h.GiveReserve(command, sent=True),)
        case Issuing(command, False), h.HubSilent() if given.command == command.id:
            return show(session, s.OutOfService(Outage.UNANSWERED), now_ms, READ_WORDS_MS), ()

        case Issuing(command, True), h.ReserveGiven(answered, ticket, again) if answered == command.id:
            session = _in_hand(session, ticket.id)
            shown = show(session, Printing(ticket, 0, again), now_ms, PRINT_MS)
            return shown, (h.Print(ticket, 0, copy=again),)
        case Issuing(command, True), h.ReserveRefused(answered, reason) if answered == command.id:
            why = s.OutOfService(Outage.UNANSWERED) if reason is None else s.Refused(reason)
            return show(session, why, now_ms, READ_WORDS_MS), ()
        case Start() | Closed() | s.OutOfService(), h.SlipInterrupted(ticket):
            return show(session, Taken(ticket, 0, fault=PrintFault.INTERRUPTED), now_ms, PHOTOGRAPH_MS), ()

        case _, h.PrintDone():
            session = replace(session, printer_fault=None)
            return _slip_came(session, given.ticket, now_ms), (h.Confirm(given.ticket),)
        case _, h.PrintFailed():
            session = replace(session, printer_fault=given.fault)
            return _slip_missing(session, given.ticket, given.fault, now_ms), (h.Report(given.ticket, given.fault),)
        case Taken(ticket, ahead, again, fault, wait), h.ReprintTouched() if fault is not None:
            session = _in_hand(session, ticket.id)
            return show(session, Printing(ticket, ahead, again, wait), now_ms, PRINT_MS), (
                h.Print(ticket, ahead, copy=True, wait=wait),
            )

        case Grounds(s.Person() as person) | Claimed(_, s.Person() as person), h.Dismissed():
            return identified(session, person, Priority.NONE, now_ms)
        case ReadingChip(_, person, claim) | ChipTrouble(_, s.Person() as person, claim), h.Dismissed():
            return identified(session, person, claim, now_ms)
        case Identified() | ScanTrouble() | ScanFirst() | Grounds() | Claimed() | s.LookUp(), h.Dismissed():
            return _home(session, now_ms), ()
        case Taken() | ChipTrouble() | s.Refused() | s.LookedUp() | s.OutOfService(Outage.UNANSWERED), h.Dismissed():
            return _end(session, now_ms), ()
        case screen, h.TimedOut() if session.until_ms and now_ms >= session.until_ms:
            if isinstance(screen, Printing):
                fault = PrintFault.NO_ANSWER
                return _slip_missing(session, screen.ticket.id, fault, now_ms), (h.Report(screen.ticket.id, fault),)
            if isinstance(screen, ReadingChip):
                return chip_failed(session, screen, ReadingFault.NO_ANSWER, now_ms)
            return _end(session, now_ms), ()
    return session, ()


def deadline(session: Session) -> int:
    """When TimedOut is due, on the clock of ``advance``; 0: never."""
    return min((moment for moment in (session.until_ms, session.turns_ms) if moment), default=0)


def outage(session: Session) -> Outage | None:
    """Why no number can be had now, whatever the screen shows; None where one can."""
    if not session.hub_up and not session.spare:
        return Outage.HUB
    if session.site is None:
        return Outage.STARTING
    if not session.site.day:
        return Outage.CLOCK
    return None if session.site.catalogue.services else Outage.CATALOGUE


def _offers(session: Session, service: str) -> bool:
    if session.site is None or service in session.off:
        return False
    return any(offered.id == service and offered.active for offered in session.site.catalogue.services)


def _asked(new_id: str, service: str, person: s.Person | None, claim: Priority = Priority.NONE) -> IssueTicket:
    if person is None:
        return IssueTicket(new_id, service, Document.NONE, claim=claim)
    return IssueTicket(
        new_id, service, person.document, person.id_number, person.birth_date, claim, person.insurance_number
    )


def _issue(session: Session, command: IssueTicket, now_ms: int) -> Outcome:
    session = uninsured(session)
    if session.hub_away:
        return show(session, Issuing(command, alone=True), now_ms), (h.GiveReserve(command, sent=False),)
    return show(session, Issuing(command), now_ms), (h.Send(command),)


def _with_reserve(session: Session, given: h.ReserveChanged) -> Session:
    return replace(session, spare=given.services, reserved=given.tickets, replaced=given.replaced)


def _home(session: Session, now_ms: int) -> Session:
    if isinstance(session.screen, ScanFirst) and session.card is Card.LAID:
        session = replace(session, card=Card.READ)  # left behind: it is not the next person's
    session = uninsured(session)
    usual = session.language == "vi" and not session.contrast
    return show(session, _resting(session, now_ms), now_ms, 0 if usual else PREFERENCES_MS)


def _resting(session: Session, now_ms: int) -> s.Screen:
    """What the kiosk shows while nobody stands before it."""
    why = outage(session)
    if why in (None, Outage.HUB) and is_closed(session.outlook, now_ms + session.ahead_ms):
        return Closed()
    return Start() if why is None else s.OutOfService(why)


def _end(session: Session, now_ms: int) -> Session:
    return _home(replace(session, language="vi", contrast=False), now_ms)


def _preferred(session: Session, now_ms: int) -> Session:
    session = redrawn(session)
    match session.screen:
        case Start() | Closed() | s.OutOfService():
            return replace(session, until_ms=now_ms + PREFERENCES_MS)
        case s.LookUp():
            return replace(session, until_ms=now_ms + TYPE_MS)
        case s.LookedUp():
            return replace(session, until_ms=now_ms + LOOK_MS)
        case Identified() | ScanTrouble() | ScanFirst() | ChipTrouble() | Grounds() | Claimed():
            return replace(session, until_ms=now_ms + CHOOSE_MS)
        case Taken(fault=fault):
            return replace(session, until_ms=now_ms + (PHOTOGRAPH_MS if fault else READ_NUMBER_MS))
        case s.Refused():
            return replace(session, until_ms=now_ms + READ_WORDS_MS)
        case ReadingChip() | Issuing() | Printing():
            return session


def _settle(session: Session, now_ms: int) -> Session:
    """Nobody is asked to choose while no number can be had; what a person still has to read stays."""
    resting = _resting(session, now_ms)
    match session.screen:
        case s.OutOfService(Outage.UNANSWERED):
            return session
        case Start() | Closed() | s.OutOfService() as shown:
            return session if shown == resting else _home(session, now_ms)
        case Taken() | Issuing() | Printing():
            return session
    return session if outage(session) is None else _home(session, now_ms)


def _turned(session: Session, now_ms: int) -> Session:
    """The session by the outlook as it is at this moment."""
    at_ms = now_ms + session.ahead_ms
    off, turns_at_ms = services_off(session.outlook, at_ms), turns_after(session.outlook, at_ms)
    if session.hub_away and session.site is not None:
        services = (service.id for service in session.site.catalogue.services)
        off += tuple(id_ for id_ in services if id_ not in off and id_ not in session.spare)
    if off != session.off:
        session = redrawn(session)  # a touch on a tile that is off by now does nothing
    turns_ms = turns_at_ms - session.ahead_ms if turns_at_ms else 0
    return _settle(replace(session, off=off, turns_ms=turns_ms), now_ms)


def _site_changed(session: Session, given: h.SiteChanged, now_ms: int) -> Outcome:
    before = session.site
    if session.hub_away:
        session = redrawn(session)
    session = replace(session, site=given.site, hub_up=True, hub_away=False, ahead_ms=given.wall_ms - now_ms)
    if before is not None and before.catalogue != given.site.catalogue:
        session = redrawn(session)  # other tiles: a touch on the old ones does nothing
    session = _turned(session, now_ms)
    session, orphans = _orphans(session)
    if not orphans:
        return session, ()
    effects = tuple(h.Report(ticket.id, PrintFault.INTERRUPTED) for ticket in orphans)
    newest = max(orphans, key=lambda ticket: ticket.issued_at_ms)
    recent = abs(given.wall_ms - newest.issued_at_ms) < STILL_THERE_MS
    if recent and isinstance(session.screen, Start | Closed | s.OutOfService):
        waiting = given.site.waiting.get(newest.service, ())
        ahead = waiting.index(newest.id) if newest.id in waiting else 0
        taken = Taken(newest, ahead, fault=PrintFault.INTERRUPTED)
        session = show(session, taken, now_ms, PHOTOGRAPH_MS)
    return session, effects


def _orphans(session: Session) -> tuple[Session, tuple[Ticket, ...]]:
    """Tickets that this kiosk took and whose slip nobody sees to.

    The kiosk was killed between commit and confirmation, or the hub's answer was lost on the way.
    """
    if session.site is None:
        return session, ()
    tickets = session.site.tickets
    asked = session.screen.command.id if isinstance(session.screen, Issuing) else ""
    cared_for = {*session.papers, *session.reserved, *session.replaced, asked}
    pending = [t for t in tickets.values() if t.issuer == session.name and t.paper is Paper.PENDING]
    orphans = tuple(t for t in pending if t.id not in cared_for)
    unheard = tuple(t for t in session.papers if t not in tickets)[-8:]  # answered before the stream told of them
    waiting = tuple(t.id for t in pending if t.id in session.papers or t in orphans)
    return replace(session, papers=(*unheard, *waiting)), orphans


def _in_hand(session: Session, ticket: str) -> Session:
    return session if ticket in session.papers else replace(session, papers=(*session.papers, ticket))


def _slip_came(session: Session, ticket: str, now_ms: int) -> Session:
    match session.screen:
        case Printing(shown, ahead, again, wait) | Taken(shown, ahead, again, _, wait) if shown.id == ticket:
            return show(session, Taken(shown, ahead, again, wait=wait), now_ms, READ_NUMBER_MS)
    return session


def _slip_missing(session: Session, ticket: str, fault: PrintFault, now_ms: int) -> Session:
    match session.screen:
        case Printing(shown, ahead, again, wait) if shown.id == ticket:
            return show(session, Taken(shown, ahead, again, fault, wait), now_ms, PHOTOGRAPH_MS)
    return session
