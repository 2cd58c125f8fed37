"""The screens about faces and the erasing: which template shows each, and every word on it."""

from datetime import date, timedelta

from edge.contracts.face import Giver
from edge.daemon.i18n import translations
from edge.kiosk import consent
from edge.kiosk import screens as s
from edge.kiosk.state import Session
from edge.kiosk.ticket_words import PACKAGE
from edge.kiosk.times import clock_text
from edge.kiosk.words import N_, SCAN_WORDS

FaceScreen = s.AskConsent | s.Looking | s.NoPicture | s.SeemsHeld | s.Asking | s.Awaiting | s.Erasing | s.Erased
ERASE_AGAIN = N_("Hãy quét mã QR in trên phiếu, hoặc căn cước, VNeID hay thẻ BHYT đã dùng để lấy số.")


def shown(session: Session, screen: FaceScreen) -> tuple[str, dict[str, object]]:
    """The template of this screen, and its values."""
    match screen:
        case s.AskConsent():
            return "consent.html", _consent(session, screen)
        case s.Looking(hint=hint):
            return "looking.html", {"hint": consent.HINTS[hint]}
        case s.NoPicture(_, why):
            return "no_picture.html", {"why": consent.NO_PICTURE[why]}
        case s.SeemsHeld(claim):
            return "seems_held.html", _held(session, claim)
        case s.Asking():
            return "asking.html", {}
        case s.Awaiting():
            return "awaiting.html", {}
        case s.Erasing(problem):
            if problem is s.ScanProblem.UNREADABLE:
                return "erasing.html", {"problem": SCAN_WORDS[problem][1]}
            return "erasing.html", {"problem": ERASE_AGAIN if problem else ""}
        case s.Erased(label):
            return "erased.html", {"valid": _valid(session, label)}


def _consent(session: Session, screen: s.AskConsent) -> dict[str, object]:
    return {
        "question": consent.QUESTION,
        "about": _about(session, screen.keep_days),
        "purposes": [(purpose, *consent.PURPOSES[purpose], purpose in screen.ticked) for purpose in screen.offered],
        "guardian": consent.GUARDIAN,
        "is_guardian": screen.giver is Giver.GUARDIAN,
        "child": consent.CHILD if screen.child else "",
        "lacking": consent.LACKING[screen.lacking] if screen.lacking else "",
    }


def _about(session: Session, keep_days: int) -> tuple[str, ...]:
    _ = translations(session.language, PACKAGE).gettext
    until = _(consent.TONIGHT)
    if keep_days and session.site is not None:
        night = date.fromisoformat(session.site.day) + timedelta(days=keep_days)
        until = _(consent.IN_THE_NIGHT) % {"date": f"{night:%d/%m/%Y}"}
    return _(consent.WHAT_FOR), f"{_(consent.WHO_SEES)} {until}", _(consent.YOUR_RIGHTS)


def _held(session: Session, claim: s.Claim) -> dict[str, object]:
    """The number and when it was taken: nothing of whose it is."""
    ticket = session.site.tickets.get(claim.held) if session.site else None
    if session.site is None or ticket is None:
        return {"label": "", "at": ""}
    return {"label": ticket.label, "at": clock_text(ticket.issued_at_ms, session.site.catalogue.facility.time_zone)}


def _valid(session: Session, label: str) -> str:
    _ = translations(session.language, PACKAGE).gettext
    if label:
        return _(N_("Số %(label)s vẫn còn hiệu lực.")) % {"label": label}
    return _(N_("Số bạn đã lấy vẫn còn hiệu lực."))
