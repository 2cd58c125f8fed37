"""Who stands there: what a scan, a card on the reader and its chip make of the screen."""

from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document, Priority
from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk.presence import may_show_face
from edge.kiosk.screens import Card, ChipTrouble, Claimed, Grounds, Identified, ReadingChip, ScanProblem
from edge.kiosk.state import CHOOSE_MS, NEXT_SCAN_MS, Outcome, Session, show, uninsured

READ_CHIP_MS = 20_000  # it takes 3 s; a card that is laid badly a few more

SCAN_FAULTS = {
    ScanProblem.UNREADABLE: ReadingFault.QR_UNREADABLE,
    ScanProblem.DAMAGED: ReadingFault.QR_DAMAGED,
    ScanProblem.NOT_A_CARD: ReadingFault.QR_UNKNOWN,
    ScanProblem.URL: ReadingFault.QR_UNKNOWN,
}
# These tell nothing against the person whom the QR names. After any other one the staff must look at the card.
HARMLESS = frozenset(
    {
        ReadingFault.NO_READER,
        ReadingFault.CARD_REMOVED,
        ReadingFault.NO_ANSWER,
        ReadingFault.NOT_EMRTD,
        ReadingFault.ACCESS_REFUSED,
        ReadingFault.INTEGRITY_LOST,
        ReadingFault.MALFORMED,
    }
)


def has_chip(person: s.Person) -> bool:
    """Whether the document may have a chip, and its key is known: the end of the ID number."""
    return bool(person.id_number)


def scanned(session: Session, person: s.Person, now_ms: int) -> Outcome:
    """A QR named this person."""
    claim = Priority.NONE
    match session.screen:
        case (
            Identified(before)
            | Grounds(s.Person() as before)
            | Claimed(_, s.Person() as before)
            | ReadingChip(_, before)
            | ChipTrouble(_, s.Person() as before)
        ) if before == person or (before.document is Document.CCCD_CHIP and before.id_number == person.id_number):
            return session, ()  # the card lies under the scanner still: its stay on screen is not prolonged
        case Grounds(None):
            session, told = _asked(session, person)
            return show(session, Grounds(person), now_ms, CHOOSE_MS), told
        case Claimed(claim, None) | ChipTrouble(_, None, claim):
            pass
    session, told = _asked(session, person)
    session, effects = identified(session, person, claim, now_ms)
    return session, (*told, *effects)


def _asked(session: Session, person: s.Person) -> Outcome:
    """The reading is reported, and the hub asked about the person's insurance."""
    session = uninsured(session)
    report = h.ReportReading(person.document)
    return session, (report, h.CheckInsurance(session.checks, person)) if session.hub_up else (report,)


def scan_failed(session: Session, problem: ScanProblem, now_ms: int) -> Outcome:
    """Something was held under the scanner that names nobody; a code that lies there still is reported once."""
    again = session.screen == s.ScanTrouble(problem) and now_ms < session.shown_ms + NEXT_SCAN_MS
    reports = () if again else (h.ReportReading(Document.NONE, SCAN_FAULTS[problem]),)
    return show(session, s.ScanTrouble(problem), now_ms, CHOOSE_MS), reports


def identified(session: Session, person: s.Person, claim: Priority, now_ms: int) -> Outcome:
    """This person may choose a service, once the chip of a card that has just been laid on the reader was read."""
    if session.card is Card.LAID and has_chip(person):
        return _begin(session, person, claim, now_ms)
    screen = Identified(person) if claim is Priority.NONE else Claimed(claim, person)
    return show(session, screen, now_ms, CHOOSE_MS), ()


def card_laid(session: Session, now_ms: int) -> Outcome:
    """A card was laid on the reader.

    It is read even where a chip has named the person on the screen before: it may be the next person's card by now.
    """
    session = replace(session, card=Card.LAID)
    match session.screen:
        case Identified(person) if has_chip(person):
            return _begin(session, person, Priority.NONE, now_ms)
        case Claimed(claim, s.Person() as person) if has_chip(person):
            return _begin(session, person, claim, now_ms)
        case ChipTrouble(_, s.Person() as person, claim):
            return _begin(session, person, claim, now_ms)
        case s.Start() | s.ScanTrouble() | s.ScanFirst() | ChipTrouble(_, None) if session.scanner_up:
            return show(session, s.ScanFirst(), now_ms, CHOOSE_MS), ()
    return session, ()


def chip_read(session: Session, reading: ReadingChip, person: s.Person, now_ms: int) -> Outcome:
    """The chip names this person."""
    session, effects = identified(session, person, reading.claim, now_ms)
    return session, (h.ReportReading(person.document), *effects)


def chip_failed(session: Session, reading: ReadingChip, fault: ReadingFault, now_ms: int) -> Outcome:
    """The reading came to nothing.

    What the QR said is kept only where ``fault`` tells nothing against it; what a chip said before is not, since it
    may be another card by now.
    """
    report = h.ReportReading(Document.CCCD_CHIP, fault)
    if fault not in HARMLESS or reading.person.document is Document.CCCD_CHIP:
        return show(session, ChipTrouble(fault, None, reading.claim), now_ms, CHOOSE_MS), (report,)
    if session.card is Card.LAID:  # it was pulled away, and laid there again before the reader said so
        session, effects = _begin(session, reading.person, reading.claim, now_ms)
        return session, (report, *effects)
    return show(session, ChipTrouble(fault, reading.person, reading.claim), now_ms, CHOOSE_MS), (report,)


def _begin(session: Session, person: s.Person, claim: Priority, now_ms: int) -> Outcome:
    number = session.readings + 1
    session = replace(session, readings=number, card=Card.READ)
    compares = session.eyes is not None and session.eyes.compares and may_show_face(session, now_ms)
    reading = h.ReadChip(number, person, portrait=compares)  # its picture only where it may come to be compared
    return show(session, ReadingChip(number, person, claim), now_ms, READ_CHIP_MS), (reading,)
