"""A picture for the number, if the person wants one: what they are asked, how it is taken, and the equal way without.

Nobody is asked whom the camera does not see, and every screen here leads to the same number without a picture.
"""

from datetime import date

from msgspec.structs import replace

from edge.contracts.commands import IssueTicket
from edge.contracts.face import Consent, FaceCapture, Giver, Purpose, in_order
from edge.contracts.ticket import Document
from edge.face.hint import Hint
from edge.kiosk import screens as s
from edge.kiosk import sightings as f
from edge.kiosk.consent import WORDING
from edge.kiosk.giving import issue
from edge.kiosk.presence import may_show_face
from edge.kiosk.screens import AskConsent, Lacking, Looking, NoPictureWhy
from edge.kiosk.state import CLAIM_MS, CONSENT_MS, LOOK_FOR_MS, Outcome, Session, redrawn, show

CHILD_UNDER = 16  # years: a parent or guardian agrees for them
GOOD_FRAMES = 5  # in a row, before a picture is taken
GOOD_FRAMES_AFTER_DOUBT = 15  # time to read why
MOST_DOUBTS = 2  # that the person is told of; after that they may do without a picture


def wanted(session: Session, command: IssueTicket, person: s.Person | None, now_ms: int) -> Outcome:
    """A service was chosen: the person is asked about a picture where one can be taken, or the number is asked for."""
    if not may_show_face(session, now_ms) or session.outlook is None:
        return issue(session, command, now_ms)  # nobody is asked who cannot be told how long it is kept
    offered = _offered(session, person)
    picture = person.portrait if person is not None and Purpose.CHIP in offered else b""
    keep_days = session.outlook.keep_faces_days
    child = session.site is not None and is_child(command.birth_date, session.site.day)
    return show(
        session, AskConsent(command, offered, picture, child=child, keep_days=keep_days), now_ms, CONSENT_MS
    ), ()


def is_child(birth_date: str, today: str) -> bool:
    """Whether whoever was born then (``YYYY-MM-DD``; empty: nobody knows) is under 16 today.

    >>> is_child("2010-11-24", "2026-11-23"), is_child("2010-11-23", "2026-11-23"), is_child("", "2026-11-23")
    (True, False, False)
    """
    if not birth_date or not today:
        return False
    born, now = date.fromisoformat(birth_date), date.fromisoformat(today)
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day)) < CHILD_UNDER


def ticked(session: Session, asks: AskConsent, purpose: Purpose, now_ms: int) -> Outcome:
    """The tick at this purpose was set, or taken away."""
    if purpose not in asks.offered:
        return session, ()
    return _changed(session, replace(asks, ticked=asks.ticked ^ {purpose}, lacking=None), now_ms), ()


def guardian_switched(session: Session, asks: AskConsent, now_ms: int) -> Outcome:
    """The person says to be the child's guardian, or not to be."""
    giver = Giver.SELF if asks.giver is Giver.GUARDIAN else Giver.GUARDIAN
    return _changed(session, replace(asks, giver=giver, lacking=None), now_ms), ()


def consented(session: Session, asks: AskConsent, now_ms: int) -> Outcome:
    """ "Agree" was touched: a picture is taken, or the person is told what is still to be ticked."""
    lacking = Lacking.GUARDIAN if asks.child and asks.giver is Giver.SELF else None
    lacking = lacking if asks.ticked else Lacking.PURPOSE
    if lacking is not None:
        return _changed(session, replace(asks, lacking=lacking), now_ms), ()
    consent = Consent(in_order(asks.ticked), asks.giver, WORDING, session.language, asks.keep_days)
    picture = asks.chip_picture if Purpose.CHIP in asks.ticked else b""
    return look(session, s.Agreed(asks.asked, consent, picture), now_ms)


def look(session: Session, agreed: s.Agreed, now_ms: int, *, hint: Hint = Hint.NOBODY, doubts: int = 0) -> Outcome:
    """A picture is tried for."""
    if session.eyes is None or not session.eyes.open:
        return _no_picture(session, agreed, NoPictureWhy.CAMERA, now_ms), ()
    session = replace(session, looks=session.looks + 1)
    shown = show(session, Looking(agreed, session.looks, hint, doubts), now_ms, LOOK_FOR_MS)
    frames = GOOD_FRAMES if not doubts else GOOD_FRAMES_AFTER_DOUBT
    return shown, (f.Look(session.looks, agreed.consent.purposes, frames, agreed.chip_picture),)


def hinted(session: Session, looking: Looking, hint: Hint) -> Session:
    """What the person can do; that a photograph does not count stays until there is something else to do."""
    if looking.hint is Hint.IN_PERSON and hint in (Hint.NOBODY, Hint.STAY):
        return session
    return replace(session, screen=replace(looking, hint=hint))


def taken(session: Session, looking: Looking, face: f.FaceTaken, now_ms: int, new_id: str) -> Outcome:
    """A good picture was taken: the number is asked for with it.

    One that looks like a photograph or a screen is a hint, twice, and then a number without a picture: never a refusal.
    """
    agreed, doubts = looking.agreed, looking.doubts + 1
    if not face.in_person:
        if doubts > MOST_DOUBTS:
            return _no_picture(session, agreed, NoPictureWhy.NOT_IN_PERSON, now_ms), ()
        return look(session, agreed, now_ms, hint=Hint.IN_PERSON, doubts=doubts)
    capture = FaceCapture(new_id, agreed.consent, face.portrait, face.template)
    return issue(session, replace(agreed.asked, face=capture.id, chip=face.chip), now_ms, capture)


def too_late(session: Session, looking: Looking, now_ms: int) -> Session:
    """No good picture came in time."""
    return _no_picture(session, looking.agreed, NoPictureWhy.TIME, now_ms)


def _offered(session: Session, person: s.Person | None) -> tuple[Purpose, ...]:
    possible = {Purpose.PORTRAIT}
    if session.eyes is not None and session.eyes.compares:
        if person is None or person.document is Document.NONE:
            possible.add(Purpose.ONE_NUMBER)  # a document says better who holds a number already
        elif person.portrait:
            possible.add(Purpose.CHIP)
    return in_order(frozenset(possible))


def _no_picture(session: Session, agreed: s.Agreed, why: NoPictureWhy, now_ms: int) -> Session:
    return show(session, s.NoPicture(agreed, why), now_ms, CLAIM_MS)


def _changed(session: Session, asks: AskConsent, now_ms: int) -> Session:
    """Another picture of the same screen, which takes the next touch at once."""
    return replace(redrawn(session), screen=asks, until_ms=now_ms + CONSENT_MS)
