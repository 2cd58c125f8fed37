"""One person after another at the kiosk: what each input makes of the screen, and what the kiosk then does."""

from msgspec.structs import replace

from edge.contracts.commands import Done, Refused
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import PRIORITY_WORDS, PrintFault, Priority
from edge.kiosk import contests, faces, presence, staff
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk import upkeep as u
from edge.kiosk.giving import answered, asked, in_hand, issue, orphans, slip_came, slip_missing, unanswered
from edge.kiosk.happenings import Input
from edge.kiosk.home import end, home, outage, preferred, settle, stayed, turned
from edge.kiosk.identifying import card_laid, chip_failed, chip_read, identified, scan_failed, scanned
from edge.kiosk.screens import (
    AskConsent,
    Asking,
    Awaiting,
    Card,
    ChipTrouble,
    Claimed,
    Closed,
    Erasing,
    Grounds,
    Identified,
    Issuing,
    Looking,
    NoPicture,
    Outage,
    Printing,
    ReadingChip,
    Resting,
    ScanFirst,
    ScanProblem,
    ScanTrouble,
    SeemsHeld,
    Start,
    Taken,
)
from edge.kiosk.state import (
    CHOOSE_MS,
    LOOK_MS,
    NEXT_SCAN_MS,
    PHOTOGRAPH_MS,
    PRINT_MS,
    READ_WORDS_MS,
    SETTLE_MS,
    STILL_THERE_MS,
    TYPE_MS,
    Outcome,
    Session,
    next_language,
    redrawn,
    show,
)

__all__ = ["GROUNDS", "advance", "deadline", "outage"]

# What a person does, and that one comes.
_WAKES = h.Touch | h.Scanned | h.ScanFailed | h.SlipScanned | h.CardLaid | f.PersonCame
GROUNDS = tuple(ground for ground in PRIORITY_WORDS if ground not in (Priority.NONE, Priority.EMERGENCY))


def advance(session: Session, given: Input, *, now_ms: int, new_id: str) -> Outcome:
    """The session after this input, and what the kiosk must do.

    ``new_id`` is a fresh command id: it becomes the id of the one IssueTicket that this step may send. A touch made on
    an earlier picture, or too soon after the screen changed, does nothing.
    """
    after, effects = _advance(session, given, now_ms, new_id)
    match session.screen, after.screen:
        case Looking(_, number), Looking(_, goes_on) if goes_on == number:
            pass
        case Looking(_, number), _ if not isinstance(given, f.FaceTaken):
            effects = (f.StopLooking(number), *effects)
        case Awaiting(contest=contest), Awaiting(contest=goes_on) if goes_on == contest:
            pass
        case Awaiting(contest=contest) as awaited, _ if contests.left_open(after, awaited):
            effects = (h.LeaveContest(contest), *effects)
        case ReadingChip(reading), ReadingChip(goes_on) if goes_on == reading:
            pass
        case ReadingChip(reading), _ if not isinstance(given, h.ChipRead | h.ChipFailed):
            effects = (h.CancelReading(reading), *effects)
    return after, effects


def _advance(session: Session, given: Input, now_ms: int, new_id: str) -> Outcome:
    if isinstance(given, h.Choice) and (given.step != session.step or now_ms < session.shown_ms + SETTLE_MS):
        return session, ()
    session = presence.forget_who_passed(session, now_ms)
    if isinstance(session.screen, Resting) and isinstance(given, _WAKES):
        session = show(session, Start(), now_ms)
        if isinstance(given, h.Choice):
            return session, ()
    if isinstance(given, h.SlipScanned) and not isinstance(session.screen, Erasing):
        given = h.ScanFailed(ScanProblem.URL)
    if isinstance(given, h.TimedOut) and session.turns_ms and now_ms >= session.turns_ms:
        session = turned(session, now_ms)  # the screen's own time may be up at the same moment
    match session.screen, given:
        case _, h.SiteChanged():
            session, told = _site_changed(session, given, now_ms)
            session, effects = contests.followed(session, now_ms, new_id)
            return session, (*told, *effects)
        case _, h.OutlookChanged():
            shut = session.name in given.outlook.kiosks_out
            kept = (u.KeepShut(shut),) if shut is not session.shut else ()
            session = replace(session, outlook=given.outlook, ahead_ms=given.wall_ms - now_ms, shut=shut)
            return turned(session, now_ms), kept
        case _, h.HubLost():
            return settle(replace(session, hub_up=False), now_ms), ()
        case _, h.HubAway() if not session.hub_up:
            return turned(redrawn(replace(session, hub_away=True)), now_ms), ()
        case _, h.SiteRemembered() if session.site is None:
            session = replace(session, site=given.site, hub_up=False, ahead_ms=given.wall_ms - now_ms)
            return turned(session, now_ms), ()
        case _, h.ReserveChanged():
            return turned(_with_reserve(session, given), now_ms), ()
        case _, h.ScannerChanged() if given.present is not session.scanner_up:
            return replace(redrawn(session), scanner_up=given.present), ()
        case _, h.PrinterChecked(fault, low) if (fault, low) != (session.printer_fault, session.paper_low):
            return replace(redrawn(session), printer_fault=fault, paper_low=low), ()
        case _, h.LanguageTouched():
            return preferred(replace(session, language=next_language(session)), now_ms), ()
        case _, h.ContrastTouched():
            return preferred(replace(session, contrast=not session.contrast), now_ms), ()
        case _, h.LowerTouched():
            return preferred(replace(session, lowered=not session.lowered, page=0), now_ms), ()
        case _, h.PageTouched() if session.lowered:
            return preferred(replace(session, page=session.page + 1), now_ms), ()
        case _, h.StayTouched() if session.until_ms or isinstance(session.screen, Start):
            return stayed(session, now_ms), ()

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
            return scanned(end(session, now_ms), given.person, now_ms)
        case Start() | ScanTrouble() | ScanFirst() | ChipTrouble(_, None) | s.Refused(), h.ScanFailed():
            return scan_failed(session, given.problem, now_ms)

        case Start() | ScanTrouble() | ScanFirst(), h.ServiceTouched() if _offers(session, given.service):
            return faces.wanted(session, asked(new_id, given.service, None), None, now_ms)
        case Identified(person), h.ServiceTouched() if _offers(session, given.service):
            return faces.wanted(session, asked(new_id, given.service, person), person, now_ms)
        case Claimed(claim, person) | ChipTrouble(_, person, claim), h.ServiceTouched() if _offers(
            session, given.service
        ):
            return faces.wanted(session, asked(new_id, given.service, person, claim), person, now_ms)

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

        case Issuing(command, False) as issuing, h.HubAnswered(Done() | Refused() as reply) if (
            reply.command == command.id
        ):
            return answered(session, issuing, reply, now_ms, new_id)
        case Issuing(command, False) as issuing, h.HubSilent() if given.command == command.id:
            return unanswered(session, issuing, now_ms)
        case Issuing(command, True), h.ReserveGiven(given_for, ticket, again) if given_for == command.id:
            session = in_hand(session, ticket.id)
            shown = show(session, Printing(ticket, 0, again), now_ms, PRINT_MS)
            return shown, (h.Print(ticket, 0, again, language=session.language),)
        case Issuing(command, True), h.ReserveRefused(given_for, reason) if given_for == command.id:
            why = s.OutOfService(Outage.UNANSWERED) if reason is None else s.Refused(reason)
            return show(session, why, now_ms, READ_WORDS_MS), ()
        case Resting() | Start() | Closed() | s.OutOfService(), h.SlipInterrupted(ticket):
            return show(session, Taken(ticket, 0, fault=PrintFault.INTERRUPTED), now_ms, PHOTOGRAPH_MS), ()

        case _, h.PrintDone():
            session = replace(session, printer_fault=None)
            return slip_came(session, given.ticket, now_ms), (h.Confirm(given.ticket),)
        case _, h.PrintFailed():
            session = replace(session, printer_fault=given.fault)
            missing = slip_missing(session, given.ticket, given.fault, now_ms, may_come=given.may_come)
            return missing, (h.Report(given.ticket, given.fault),)
        case Taken(ticket, ahead, again, fault, wait), h.ReprintTouched() if fault is not None:
            session = in_hand(session, ticket.id)
            return show(session, Printing(ticket, ahead, again, wait), now_ms, PRINT_MS), (
                h.Print(ticket, ahead, True, wait, session.language),
            )

        case Grounds(s.Person() as person) | Claimed(_, s.Person() as person), h.Dismissed():
            return identified(session, person, Priority.NONE, now_ms)
        case ReadingChip(_, person, claim) | ChipTrouble(_, s.Person() as person, claim), h.Dismissed():
            return identified(session, person, claim, now_ms)
        case Identified() | ScanTrouble() | ScanFirst() | Grounds() | Claimed() | s.LookUp(), h.Dismissed():
            return home(session, now_ms), ()
        case Taken() | ChipTrouble() | s.Refused() | s.LookedUp() | s.OutOfService(Outage.UNANSWERED), h.Dismissed():
            return end(session, now_ms), ()
        case screen, h.TimedOut() if session.until_ms and now_ms >= session.until_ms:
            if isinstance(screen, Printing):
                fault = PrintFault.NO_ANSWER
                missing = slip_missing(session, screen.ticket.id, fault, now_ms, may_come=True)
                return missing, (h.Report(screen.ticket.id, fault),)
            if isinstance(screen, ReadingChip):
                return chip_failed(session, screen, ReadingFault.NO_ANSWER, now_ms)
            if isinstance(screen, Looking):
                return faces.too_late(session, screen, now_ms), ()
            return end(session, now_ms), ()
        case _, h.TimedOut():
            return presence.passed(session, now_ms) or session, ()
    return _about_faces(session, given, now_ms, new_id)


def _about_faces(session: Session, given: Input, now_ms: int, new_id: str) -> Outcome:
    match session.screen, given:
        case _, f.EyesChanged():
            return presence.eyes_changed(session, given.eyes, now_ms)
        case _, f.PersonCame():
            return presence.came(session), ()
        case _, f.PersonLeft():
            return presence.left(session, now_ms), ()

        case AskConsent() as asks, f.PurposeTouched():
            return faces.ticked(session, asks, given.purpose, now_ms)
        case AskConsent() as asks, f.GuardianTouched():
            return faces.guardian_switched(session, asks, now_ms)
        case AskConsent() as asks, f.ConsentTouched():
            return faces.consented(session, asks, now_ms)
        case AskConsent(command), f.WithoutTouched():
            return issue(session, command, now_ms)
        case Looking(agreed) | NoPicture(agreed), f.WithoutTouched():
            return issue(session, agreed.asked, now_ms)
        case NoPicture(agreed), f.TryAgainTouched():
            return faces.look(session, agreed, now_ms)
        case Looking(look=number) as looking, f.HintChanged() if given.look == number:
            return faces.hinted(session, looking, given.hint), ()
        case Looking(look=number) as looking, f.FaceTaken() if given.look == number:
            return faces.taken(session, looking, given, now_ms, new_id)

        case SeemsHeld(claim), f.MineTouched():
            return contests.is_mine(session, claim, now_ms, new_id)
        case SeemsHeld(claim), f.NotMineTouched():
            return contests.is_not_mine(session, claim, now_ms, new_id)
        case Asking() as asking, h.HubAnswered(reply) if reply.command == asking.command.id:
            return contests.heard(session, asking, reply, now_ms, new_id)
        case Asking() as asking, h.HubSilent() if given.command == asking.command.id:
            return contests.unheard(session, asking, now_ms)

        case Start() | Closed(), f.EraseTouched() if session.eyes is not None and session.hub_up:
            return show(session, Erasing(), now_ms, TYPE_MS), ()
        case Erasing(), h.SlipScanned(ticket):
            return contests.erase(session, now_ms, new_id, ticket=ticket)
        case Erasing(), h.Scanned(person):
            return contests.erase(session, now_ms, new_id, person=person)
        case Erasing(), h.ScanFailed(problem):
            return contests.erase_what(session, problem, now_ms)

        case AskConsent() | Looking() | NoPicture() | Erasing(), h.Dismissed():
            return home(session, now_ms), ()
        case SeemsHeld() | Awaiting() | s.Erased(), h.Dismissed():
            return end(session, now_ms), ()
    return staff.about_staff(session, given, now_ms)


def deadline(session: Session) -> int:
    """When TimedOut is due, on the clock of ``advance``; 0: never."""
    moments = (session.until_ms, session.turns_ms, presence.gone_ms(session), presence.rest_ms(session))
    return min((moment for moment in moments if moment), default=0)


def _offers(session: Session, service: str) -> bool:
    if session.site is None or service in session.off:
        return False
    return any(offered.id == service and offered.active for offered in session.site.catalogue.services)


def _with_reserve(session: Session, given: h.ReserveChanged) -> Session:
    return replace(session, spare=given.services, reserved=given.tickets, replaced=given.replaced)


def _site_changed(session: Session, given: h.SiteChanged, now_ms: int) -> Outcome:
    before = session.site
    if session.hub_away:
        session = redrawn(session)
    session = replace(session, site=given.site, hub_up=True, hub_away=False, ahead_ms=given.wall_ms - now_ms)
    if before is not None and before.catalogue != given.site.catalogue:
        session = redrawn(session)  # other tiles: a touch on the old ones does nothing
    session = turned(session, now_ms)
    session, found = orphans(session)
    if not found:
        return session, ()
    effects = tuple(h.Report(ticket.id, PrintFault.INTERRUPTED) for ticket in found)
    newest = max(found, key=lambda ticket: ticket.issued_at_ms)
    recent = abs(given.wall_ms - newest.issued_at_ms) < STILL_THERE_MS
    if recent and isinstance(session.screen, Resting | Start | Closed | s.OutOfService):
        waiting = given.site.waiting.get(newest.service, ())
        ahead = waiting.index(newest.id) if newest.id in waiting else 0
        taken = Taken(newest, ahead, fault=PrintFault.INTERRUPTED)
        session = show(session, taken, now_ms, PHOTOGRAPH_MS)
    return session, effects
