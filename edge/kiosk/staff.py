"""What staff see and do at the kiosk: paper, test print, scanner, reader, camera, out of service, restart."""

from msgspec.structs import replace

from edge.kiosk import happenings as h
from edge.kiosk import screens as s
from edge.kiosk import upkeep as u
from edge.kiosk.home import end, home
from edge.kiosk.state import STAFF_MS, TYPE_MS, Outcome, Session, show

# While nobody is served.
_IDLE = s.Resting | s.Start | s.Closed | s.OutOfService


def about_staff(session: Session, given: h.Input, now_ms: int) -> Outcome:
    """The session after what staff do, and what the kiosk then does."""
    match session.screen, given:
        case _, u.Withdrawn(withdrawn):
            return _withdrawn(replace(session, withdrawn=withdrawn), now_ms), ()
        case _, u.WasShut():
            return _withdrawn(replace(session, shut=True), now_ms), ()
        case screen, u.StaffTouched() if session.staffed and isinstance(screen, _IDLE):
            return show(session, s.StaffPin(), now_ms, TYPE_MS), ()
        case s.StaffPin(checking=False), u.PinTyped(pin=pin):
            return show(session, s.StaffPin(checking=True), now_ms, TYPE_MS), (u.CheckPin(pin),)
        case s.StaffPin(checking=True), u.PinChecked(right, wait_s):
            if right:
                return show(session, s.Staff(), now_ms, STAFF_MS), (u.CheckPrinter(),)
            return show(session, s.StaffPin(wrong=True, wait_s=wait_s), now_ms, TYPE_MS), ()
        case s.Staff(), _:
            return _at_work(session, session.screen, given, now_ms)
        case s.StaffPin(), h.Dismissed():
            return end(session, now_ms), ()
    return session, ()


def _at_work(session: Session, staff: s.Staff, given: h.Input, now_ms: int) -> Outcome:
    def now(screen: s.Staff) -> Session:
        return show(session, screen, now_ms, STAFF_MS)

    match given:
        case u.TestPrintTouched() if staff.test is not s.Test.RUNNING:
            return now(replace(staff, test=s.Test.RUNNING)), (u.TestPrint(),)
        case u.TestPrinted(fault):
            test = s.Test.WELL if fault is None else s.Test.FAILED
            return replace(now(replace(staff, test=test)), printer_fault=fault), ()
        case u.LookAgainTouched():
            return now(staff), (u.CheckPrinter(),)
        case u.WithdrawTouched() | u.ReopenTouched():
            withdrawn = isinstance(given, u.WithdrawTouched)
            return now(staff), (u.Withdraw(withdrawn),)
        case u.RestartTouched():
            return end(session, now_ms), (u.Restart(),)
        case h.Scanned(person):
            return now(replace(staff, scanned=person.document, problem=None)), ()
        case h.ScanFailed(problem):
            return now(replace(staff, scanned=None, problem=problem)), ()
        case h.Dismissed():
            return end(session, now_ms), ()
    return session, ()


def _withdrawn(session: Session, now_ms: int) -> Session:
    if isinstance(session.screen, s.Staff):
        return show(session, session.screen, now_ms, STAFF_MS)
    return home(session, now_ms) if isinstance(session.screen, _IDLE) else session
