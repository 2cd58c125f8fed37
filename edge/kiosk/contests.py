"""Somebody who seems to hold a number: it is printed again, or an officer looks. And what is erased on request."""

from msgspec.structs import replace

from edge.contracts.commands import Agreed, Done, Refused, Reply
from edge.contracts.face import AskAgain, AskOfficer, ContestVerdict, ErasePerson
from edge.contracts.ticket import Document
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.giving import issue, to_print
from edge.kiosk.home import end
from edge.kiosk.identifying import SCAN_FAULTS
from edge.kiosk.screens import Asking, Awaiting, Claim, Outage
from edge.kiosk.state import AWAIT_MS, READ_WORDS_MS, TYPE_MS, Outcome, Session, show


def is_mine(session: Session, claim: Claim, now_ms: int, new_id: str) -> Outcome:
    """The person says that the number is theirs: it is printed once more."""
    return _ask(session, AskAgain(new_id, claim.held, face=claim.capture.id), claim, now_ms)


def is_not_mine(session: Session, claim: Claim, now_ms: int, new_id: str) -> Outcome:
    """The person says that it is not: an officer is called."""
    return _ask(session, AskOfficer(new_id, claim.asked.service, claim.held, claim.capture.id), claim, now_ms)


def erase(session: Session, now_ms: int, new_id: str, *, ticket: str = "", person: s.Person | None = None) -> Outcome:
    """Whoever holds this ticket, or this document, wants nothing kept of their face."""
    if person is None:
        return _ask(session, ErasePerson(new_id, ticket=ticket), None, now_ms)
    command = ErasePerson(new_id, id_number=person.id_number, insurance_number=person.insurance_number)
    session, effects = _ask(session, command, None, now_ms)
    return session, (h.ReportReading(person.document), *effects)


def erase_what(session: Session, problem: s.ScanProblem, now_ms: int) -> Outcome:
    """What was shown names neither a number nor a person."""
    told = h.ReportReading(Document.NONE, SCAN_FAULTS[problem])
    return show(session, s.Erasing(problem), now_ms, TYPE_MS), (told,)


def heard(session: Session, asking: Asking, reply: Reply, now_ms: int, new_id: str) -> Outcome:
    """The hub did what it was asked, or said why not."""
    match reply, asking.command, asking.claim:
        case Refused(), _, _:
            return show(session, s.Refused(reply.reason, reply.next_opens_ms), now_ms, READ_WORDS_MS), ()
        case Done(), AskAgain(), _:
            return to_print(session, reply, True, now_ms)
        case Done() | Agreed(), AskOfficer(id=contest), Claim() as claim:
            return followed(show(session, Awaiting(claim, contest), now_ms, AWAIT_MS), now_ms, new_id)
        case Done(), ErasePerson(), _:
            return show(session, s.Erased(reply.ticket.label), now_ms, READ_WORDS_MS), ()
        case Agreed(), ErasePerson(), _:
            return show(session, s.Erased(), now_ms, READ_WORDS_MS), ()
    return session, ()


def unheard(session: Session, asking: Asking, now_ms: int) -> Outcome:
    """The hub said nothing: an officer whom it may have called is not to come for nobody."""
    shown = show(session, s.OutOfService(Outage.UNANSWERED), now_ms, READ_WORDS_MS)
    return shown, (h.LeaveContest(asking.command.id),) if isinstance(asking.command, AskOfficer) else ()


def followed(session: Session, now_ms: int, new_id: str) -> Outcome:
    """What the site says of the contest that somebody waits for, if anybody does.

    The hub's reply can overtake its stream: a contest that the site has never told of is not over.
    """
    screen = session.screen
    if not isinstance(screen, Awaiting) or session.site is None:
        return session, ()
    contest, claim = session.site.contests.get(screen.contest), screen.claim
    if contest is None:
        return (end(session, now_ms) if screen.seen else session), ()
    holds = claim.held in session.site.tickets
    if contest.verdict is ContestVerdict.DIFFERENT:
        return issue(session, replace(claim.asked, id=new_id, contest=contest.id), now_ms, claim.capture)
    if contest.verdict is ContestVerdict.SAME and holds:
        return _ask(session, AskAgain(new_id, claim.held, contest=contest.id), claim, now_ms)
    if contest.verdict is not None or not holds:
        return end(session, now_ms), ()
    return replace(session, screen=replace(screen, seen=True)), ()


def left_open(session: Session, awaited: Awaiting) -> bool:
    """Whether an officer is still to come for this contest, for all that the site has told."""
    contest = session.site.contests.get(awaited.contest) if session.site else None
    return not awaited.seen if contest is None else contest.verdict is None


def _ask(session: Session, command: AskAgain | AskOfficer | ErasePerson, claim: Claim | None, now_ms: int) -> Outcome:
    return show(session, Asking(command, claim), now_ms), (h.Ask(command),)
