"""The first screen and the way back to it: what the kiosk shows while nobody is served."""

from msgspec.structs import replace

from edge.kiosk import screens as s
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
    CLAIM_MS,
    CONSENT_MS,
    LOOK_MS,
    PHOTOGRAPH_MS,
    PREFERENCES_MS,
    READ_NUMBER_MS,
    READ_WORDS_MS,
    STAFF_MS,
    TYPE_MS,
    Session,
    redrawn,
    show,
    uninsured,
)


def outage(session: Session) -> Outage | None:
    """Why no number can be had now, whatever the screen shows; None where one can."""
    if session.withdrawn:
        return Outage.WITHDRAWN
    if not session.hub_up and not session.spare:
        return Outage.HUB
    if session.site is None:
        return Outage.STARTING
    if not session.site.day:
        return Outage.CLOCK
    if not session.site.catalogue.services:
        return Outage.CATALOGUE
    return Outage.SHUT if session.shut else None


def home(session: Session, now_ms: int) -> Session:
    """The first screen, in the language that was chosen; nothing of whoever was served is kept."""
    if isinstance(session.screen, ScanFirst | s.Erasing) and session.card is Card.LAID:
        session = replace(session, card=Card.READ)  # left behind: it is not the next person's
    session = replace(uninsured(session), left_ms=0, page=0)
    usual = session.language == "vi" and not session.contrast and not session.lowered
    return show(session, resting_screen(session, now_ms), now_ms, 0 if usual else PREFERENCES_MS)


def resting_screen(session: Session, now_ms: int) -> s.Screen:
    """What the kiosk shows while nobody stands before it."""
    why = outage(session)
    if why in (None, Outage.HUB) and is_closed(session.outlook, now_ms + session.ahead_ms):
        return Closed()
    return Start() if why is None else s.OutOfService(why)


def end(session: Session, now_ms: int) -> Session:
    """The first screen for somebody else: in Vietnamese, in the usual colours and places."""
    return home(replace(session, language="vi", contrast=False, lowered=False), now_ms)


def settle(session: Session, now_ms: int) -> Session:
    """Nobody is asked to choose while no number can be had; what a person still has to read stays, and whoever is being
    served while the Department takes the kiosk out of service is served."""
    resting = resting_screen(session, now_ms)
    match session.screen:
        case s.OutOfService(Outage.UNANSWERED):
            return session
        case Start() | Closed() | s.OutOfService() as shown:
            return session if shown == resting else home(session, now_ms)
        case s.Resting():
            return session if resting == Start() else home(session, now_ms)
        case Taken() | Issuing() | Printing() | s.Asking() | s.Awaiting() | s.StaffPin() | s.Staff():
            return session
    return session if outage(session) in (None, Outage.SHUT) else home(session, now_ms)


def turned(session: Session, now_ms: int) -> Session:
    """The session by the outlook as it is at this moment."""
    at_ms = now_ms + session.ahead_ms
    off, turns_at_ms = services_off(session.outlook, at_ms), turns_after(session.outlook, at_ms)
    if session.hub_away and session.site is not None:
        services = (service.id for service in session.site.catalogue.services)
        off += tuple(id_ for id_ in services if id_ not in off and id_ not in session.spare)
    if off != session.off:
        session = redrawn(session)  # a touch on a tile that is off by now does nothing
    turns_ms = turns_at_ms - session.ahead_ms if turns_at_ms else 0
    return settle(replace(session, off=off, turns_ms=turns_ms), now_ms)


def preferred(session: Session, now_ms: int) -> Session:
    """The session in another language, other colours or other places: the screen stays as long as if it came now."""
    return stayed(redrawn(session), now_ms)


def stayed(session: Session, now_ms: int) -> Session:
    """The session whose screen stays as long as if it came now."""
    match session.screen:
        case Start() | Closed() | s.OutOfService():
            return replace(session, until_ms=now_ms + PREFERENCES_MS)
        case s.LookUp() | s.Erasing() | s.StaffPin():
            return replace(session, until_ms=now_ms + TYPE_MS)
        case s.Staff():
            return replace(session, until_ms=now_ms + STAFF_MS)
        case s.LookedUp():
            return replace(session, until_ms=now_ms + LOOK_MS)
        case Identified() | ScanTrouble() | ScanFirst() | ChipTrouble() | Grounds() | Claimed():
            return replace(session, until_ms=now_ms + CHOOSE_MS)
        case Taken(fault=fault):
            return replace(session, until_ms=now_ms + (PHOTOGRAPH_MS if fault else READ_NUMBER_MS))
        case s.Refused() | s.Erased():
            return replace(session, until_ms=now_ms + READ_WORDS_MS)
        case s.AskConsent():
            return replace(session, until_ms=now_ms + CONSENT_MS)
        case s.NoPicture() | s.SeemsHeld():
            return replace(session, until_ms=now_ms + CLAIM_MS)
        case s.Resting() | ReadingChip() | s.Looking() | Issuing() | s.Asking() | s.Awaiting() | Printing():
            return session
