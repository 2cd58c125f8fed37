"""Whether anybody stands before the kiosk: it greets whoever comes, and nobody goes on where another has left off."""

from msgspec.structs import replace

from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.home import end, home
from edge.kiosk.state import CLAIM_MS, Outcome, Session, show

GONE_MS = 8_000  # out of view for so long: a person who bends down is back before
CONTEST_GONE_MS = 30_000  # whoever waits for an officer may sit down meanwhile

# What belongs to one person and needs them: not what the hub, a chip or the printer is at work for.
_THEIRS = (
    s.Identified
    | s.Grounds
    | s.Claimed
    | s.ScanTrouble
    | s.ScanFirst
    | s.ChipTrouble
    | s.AskConsent
    | s.Looking
    | s.NoPicture
    | s.SeemsHeld
    | s.Refused
    | s.LookUp
    | s.LookedUp
    | s.Erasing
    | s.Erased
)


def stands_there(session: Session, now_ms: int) -> bool:
    """Whether somebody was seen a moment ago, by a camera that works."""
    if session.eyes is None or not session.eyes.open:
        return False
    return session.in_view or bool(session.left_ms and now_ms < session.left_ms + GONE_MS)


def may_show_face(session: Session, now_ms: int) -> bool:
    """Whether a picture can be offered: the camera sees somebody, and the hub is there to keep it."""
    return stands_there(session, now_ms) and session.hub_up and not session.hub_away


def gone_ms(session: Session) -> int:
    """When whoever the screen belongs to counts as gone; 0: never."""
    if not session.left_ms or session.in_view:
        return 0
    if isinstance(session.screen, s.Awaiting):
        return session.left_ms + CONTEST_GONE_MS
    return session.left_ms + GONE_MS if isinstance(session.screen, _THEIRS) else 0


def rest_ms(session: Session) -> int:
    """When the first screen gives way to the greeting, since nobody touches it and no camera sees anybody; 0: never."""
    rest_s = session.site.catalogue.kiosk.rest_s if session.site else 0
    if not rest_s or session.in_view or session.until_ms or not isinstance(session.screen, s.Start):
        return 0
    return max(session.shown_ms, session.seen_ms) + 1000 * rest_s


def passed(session: Session, now_ms: int) -> Session | None:
    """The session once one of these moments has come; None before."""
    if 0 < gone_ms(session) <= now_ms:
        return end(session, now_ms)
    if 0 < rest_ms(session) <= now_ms:
        return show(session, s.Resting(), now_ms)
    return None


def forget_who_passed(session: Session, now_ms: int) -> Session:
    """Whoever went by before anything was begun is not the one who begins it."""
    first = isinstance(session.screen, s.Resting | s.Start | s.Closed | s.OutOfService)
    stale = first and session.left_ms and now_ms >= session.left_ms + GONE_MS
    return replace(session, left_ms=0) if stale else session


def came(session: Session) -> Session:
    """Somebody stands near."""
    return replace(session, in_view=True, left_ms=0)


def left(session: Session, now_ms: int) -> Session:
    """Nobody is seen any more."""
    return replace(session, in_view=False, left_ms=now_ms, seen_ms=now_ms) if session.in_view else session


def eyes_changed(session: Session, eyes: f.Eyes, now_ms: int) -> Outcome:
    """Camera or models came or went. Without them nobody is sent home, and nothing rests."""
    if eyes == session.eyes:
        return session, ()
    session = replace(session, eyes=eyes)
    if eyes.open:
        return session, ()
    session = replace(session, in_view=False, left_ms=0, seen_ms=0)
    match session.screen:
        case s.Resting():
            return home(session, now_ms), ()
        case s.Looking(agreed):
            return show(session, s.NoPicture(agreed, s.NoPictureWhy.CAMERA), now_ms, CLAIM_MS), ()
    return session, ()
