"""A number is asked for, given and put on paper."""

from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket, Refused
from edge.contracts.face import FaceCapture
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, Paper, PrintFault, Priority, Ticket
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.screens import Issuing, Outage, Printing, Taken
from edge.kiosk.state import (
    CLAIM_MS,
    PHOTOGRAPH_MS,
    PRINT_MS,
    READ_NUMBER_MS,
    READ_WORDS_MS,
    Outcome,
    Session,
    show,
    uninsured,
)


def asked(new_id: str, service: str, person: s.Person | None, claim: Priority = Priority.NONE) -> IssueTicket:
    """The number that this person wants."""
    if person is None:
        return IssueTicket(new_id, service, Document.NONE, claim=claim)
    return IssueTicket(
        new_id, service, person.document, person.id_number, person.birth_date, claim, person.insurance_number
    )


def issue(session: Session, command: IssueTicket, now_ms: int, capture: FaceCapture | None = None) -> Outcome:
    """The hub is asked for this number, or the kiosk's own reserve, which knows no faces."""
    session = uninsured(session)
    if session.hub_away:
        command = faceless(command)
        return show(session, Issuing(command, alone=True), now_ms), (h.GiveReserve(command, sent=False),)
    return show(session, Issuing(command, capture=capture), now_ms), (h.Send(command, capture),)


def faceless(command: IssueTicket) -> IssueTicket:
    """The same number without a word of a face."""
    return replace(command, face="", chip=None, contest="")


def answered(session: Session, issuing: Issuing, reply: Done | Refused, now_ms: int, new_id: str) -> Outcome:
    """The hub gave the number, or said why not.

    A capture that the hub has lost is sent once more under a new command, since the hub never does what it refused;
    after that the number is asked for without it.
    """
    if isinstance(reply, Done):
        return to_print(session, reply, reply.again, now_ms)
    command, capture = issuing.command, issuing.capture
    match reply.reason:
        case Refusal.SEEMS_HELD if capture is not None and reply.ticket is not None:
            claim = s.Claim(command, capture, reply.ticket.id)
            return show(session, s.SeemsHeld(claim), now_ms, CLAIM_MS), ()
        case Refusal.FACE_GONE if capture is not None and not issuing.resent:
            command = replace(command, id=new_id)
            return show(session, Issuing(command, capture=capture, resent=True), now_ms), (h.Send(command, capture),)
        case Refusal.FACE_GONE if command.face:
            command = replace(faceless(command), id=new_id)
            return show(session, Issuing(command), now_ms), (h.Send(command),)
    return show(session, s.Refused(reply.reason, reply.next_opens_ms), now_ms, READ_WORDS_MS), ()


def unanswered(session: Session, issuing: Issuing, now_ms: int) -> Outcome:
    """The hub said nothing: the number comes from the kiosk's own reserve, where there is one."""
    command = faceless(issuing.command)
    if command.service in session.spare:
        return replace(session, screen=Issuing(command, alone=True)), (h.GiveReserve(command, sent=True),)
    return show(session, s.OutOfService(Outage.UNANSWERED), now_ms, READ_WORDS_MS), ()


def to_print(session: Session, done: Done, again: bool, now_ms: int) -> Outcome:
    """This number goes to the printer; ``again``: the person held it before."""
    session = in_hand(session, done.ticket.id)
    shown = show(session, Printing(done.ticket, done.ahead, again, done.wait), now_ms, PRINT_MS)
    return shown, (h.Print(done.ticket, done.ahead, again, done.wait, session.language),)


def orphans(session: Session) -> tuple[Session, tuple[Ticket, ...]]:
    """Tickets that this kiosk took and whose slip nobody sees to.

    The kiosk was killed between commit and confirmation, or the hub's answer was lost on the way.
    """
    if session.site is None:
        return session, ()
    tickets = session.site.tickets
    sent = session.screen.command.id if isinstance(session.screen, Issuing) else ""
    cared_for = {*session.papers, *session.reserved, *session.replaced, sent}
    pending = [t for t in tickets.values() if t.issuer == session.name and t.paper is Paper.PENDING]
    found = tuple(t for t in pending if t.id not in cared_for)
    unheard = tuple(t for t in session.papers if t not in tickets)[-8:]  # answered before the stream told of them
    waiting = tuple(t.id for t in pending if t.id in session.papers or t in found)
    return replace(session, papers=(*unheard, *waiting)), found


def in_hand(session: Session, ticket: str) -> Session:
    """The session that sees to the slip of this ticket."""
    return session if ticket in session.papers else replace(session, papers=(*session.papers, ticket))


def slip_came(session: Session, ticket: str, now_ms: int) -> Session:
    """The slip of this ticket is there."""
    match session.screen:
        case Printing(shown, ahead, again, wait) | Taken(shown, ahead, again, _, wait) if shown.id == ticket:
            return show(session, Taken(shown, ahead, again, wait=wait), now_ms, READ_NUMBER_MS)
    return session


def slip_missing(session: Session, ticket: str, fault: PrintFault, now_ms: int, *, may_come: bool = False) -> Session:
    """The slip of this ticket did not come: the number is shown long enough to be written down."""
    match session.screen:
        case Printing(shown, ahead, again, wait) if shown.id == ticket:
            return show(session, Taken(shown, ahead, again, fault, wait, may_come), now_ms, PHOTOGRAPH_MS)
    return session
