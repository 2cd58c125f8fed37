"""One person, one number, where no document says who they are: somebody seems to hold a number, and an officer looks.

The hub never refuses a number for a likeness by itself: whoever says to be another waits for an officer's word.
"""

from typing import NamedTuple

from edge.contracts.commands import IssueTicket
from edge.contracts.events import (
    ChipMatched,
    ConsentGiven,
    ContestSettled,
    Event,
    NumberContested,
    PersonErased,
)
from edge.contracts.face import AskAgain, AskOfficer, Consent, Contest, ContestVerdict, ErasePerson, SettleContest
from edge.contracts.refusals import Refusal
from edge.contracts.ticket import Document, Ticket
from edge.queueing.queue import Queue
from edge.queueing.refused import NotAllowed
from edge.queueing.returning import asked_again, still_held


class Evidence(NamedTuple):
    """What the hub knows of the face that a command names: what was agreed to, and the tickets of the day whose holder
    it resembles, the likest first."""

    consent: Consent
    alike: tuple[str, ...] = ()


def seems_held(queue: Queue, command: IssueTicket, by: str, now_ms: int, evidence: Evidence | None) -> str:
    """The ticket for the same service that this person seems to hold, empty where they seem to hold none.

    A document says more than a face, and an officer who looked more than both.
    """
    if evidence is None or command.document is not Document.NONE:
        return ""
    contest = queue.contests.get(command.contest)
    cleared = contest is not None and contest.verdict is ContestVerdict.DIFFERENT and contest.issuer == by
    if cleared and contest is not None and (contest.face, contest.service) == (command.face, command.service):
        return ""
    for ticket_id in evidence.alike:
        ticket = queue.tickets.get(ticket_id)
        if ticket is not None and ticket.service == command.service and still_held(queue, ticket, now_ms):
            return ticket.id
    return ""


def given_with(command: IssueTicket, by: str, evidence: Evidence | None) -> tuple[Event, ...]:
    """What is noted beside a new number: the consent, and how the face compares with the chip."""
    if evidence is None:
        return ()
    consent = evidence.consent
    agreed = ConsentGiven(
        command.id, consent.purposes, consent.giver, consent.wording, consent.language, by, consent.keep_days
    )
    return (agreed, ChipMatched(command.id, command.chip, by)) if command.chip else (agreed,)


def ask_again(queue: Queue, command: AskAgain, by: str, now_ms: int, evidence: Evidence | None) -> tuple[Event, ...]:
    """The slip once more, for whoever resembles the holder and says to be them, or of whom an officer said so."""
    ticket = _held(queue, command.ticket, now_ms)
    contest = queue.contests.get(command.contest)
    told = contest is not None and (contest.ticket, contest.issuer) == (ticket.id, by)
    said = told and contest is not None and contest.verdict is ContestVerdict.SAME
    if not said and (evidence is None or ticket.id not in evidence.alike):
        raise NotAllowed(Refusal.NOT_YOURS)
    return asked_again(queue, ticket, by, now_ms)


def ask_officer(
    queue: Queue, command: AskOfficer, by: str, now_ms: int, evidence: Evidence | None
) -> tuple[Event, ...]:
    """A contest begins; one that the same kiosk left open ends, since its person has gone."""
    ticket = _held(queue, command.ticket, now_ms)
    if evidence is None:
        raise NotAllowed(Refusal.FACE_GONE)
    if ticket.id not in evidence.alike:
        raise NotAllowed(Refusal.NOT_YOURS)
    left = tuple(
        ContestSettled(open_one.id, open_one.ticket, ContestVerdict.LEFT)
        for open_one in queue.contests.values()
        if open_one.issuer == by and open_one.verdict is None
    )
    return (*left, NumberContested(command.id, ticket.id, command.service, by, command.face))


def settle(queue: Queue, command: SettleContest, by: str) -> tuple[Event, ...]:
    """The contest ends. Only its own kiosk may say that its person left."""
    contest = queue.contests.get(command.contest)
    if contest is None:
        raise NotAllowed(Refusal.CONTEST_OVER)
    if contest.verdict is command.verdict:
        return ()
    if contest.verdict is not None:
        raise NotAllowed(Refusal.CONTEST_OVER, contest.ticket)
    if command.verdict is ContestVerdict.LEFT and contest.issuer != by:
        raise NotAllowed(Refusal.NOT_YOURS)
    return (ContestSettled(contest.id, contest.ticket, command.verdict),)


def erase(queue: Queue, command: ErasePerson, by: str, kept: tuple[str, ...]) -> tuple[Event, ...]:
    """Every ticket of the person for which the vault keeps something: ``kept``."""
    if not kept:
        raise NotAllowed(Refusal.NOTHING_KEPT, command.ticket if command.ticket in queue.tickets else "")
    return tuple(PersonErased(ticket, by) for ticket in kept)


def open_contests(queue: Queue) -> tuple[Contest, ...]:
    """Those that wait for an officer, the longest waiting first."""
    waiting = [contest for contest in queue.contests.values() if contest.verdict is None]
    return tuple(sorted(waiting, key=lambda contest: (contest.asked_at_ms, contest.id)))


def _held(queue: Queue, ticket_id: str, now_ms: int) -> Ticket:
    ticket = queue.tickets.get(ticket_id)
    if ticket is None:
        raise NotAllowed(Refusal.UNKNOWN_TICKET)
    if not still_held(queue, ticket, now_ms):
        raise NotAllowed(Refusal.NOT_WAITING, ticket.id)
    return ticket
