"""The staff's screens: the PIN, and how every device is; which template shows each, and every word on it."""

from msgspec import Struct

from edge.daemon.i18n import translations
from edge.kiosk import screens as s
from edge.kiosk.state import Session
from edge.kiosk.ticket_words import PACKAGE
from edge.kiosk.words import DOCUMENT_WORDS, FAULT_WORDS, N_, SCAN_WORDS

TESTS = {
    s.Test.NONE: "",
    s.Test.RUNNING: N_("Đang in thử…"),
    s.Test.WELL: N_("Đã in thử và cắt giấy."),
    s.Test.FAILED: N_("In thử không được."),
}
CARDS = {
    None: N_("không lắp"),
    s.Card.NO_READER: N_("không thấy đầu đọc"),
    s.Card.EMPTY: N_("sẵn sàng, chưa có thẻ"),
    s.Card.LAID: N_("thấy thẻ"),
    s.Card.READ: N_("thấy thẻ"),
}


class DeviceLine(Struct, frozen=True):
    """One device: what it is, how it is, whether that is well (``ok``), and what to do or try."""

    name: str
    says: str
    ok: bool
    advice: str = ""


def shown(session: Session, screen: s.StaffPin | s.Staff) -> tuple[str, dict[str, object]]:
    """The template of this screen, and its values."""
    if isinstance(screen, s.StaffPin):
        return "staff_pin.html", {"said": _said_of_pin(session, screen), "checking": screen.checking}
    return "staff.html", {"devices": devices(session, screen), "running": screen.test is s.Test.RUNNING}


def devices(session: Session, screen: s.Staff) -> tuple[DeviceLine, ...]:
    """Every device of the kiosk, in the language of the screen."""
    _ = translations(session.language, PACKAGE).gettext
    fault, eyes = session.printer_fault, session.eyes
    printer = FAULT_WORDS[fault] if fault else N_("sắp hết giấy") if session.paper_low else N_("sẵn sàng")
    scanner = N_("sẵn sàng") if session.scanner_up else N_("không kết nối được")
    tried = ""
    if screen.scanned:
        tried = _(N_("Đã đọc được: %(document)s")) % {"document": _(DOCUMENT_WORDS[screen.scanned])}
    elif screen.problem:
        tried = _(SCAN_WORDS[screen.problem][1])
    camera = N_("không lắp") if eyes is None else N_("có hình") if eyes.open else N_("không có hình")
    hub = N_("đã nối") if session.hub_up else N_("mất kết nối")
    return (
        DeviceLine(_(N_("Máy in")), _(printer), fault is None and not session.paper_low, _(TESTS[screen.test])),
        DeviceLine(_(N_("Máy quét")), _(scanner), session.scanner_up, tried or _(N_("Đưa một mã QR vào để thử."))),
        DeviceLine(
            _(N_("Đầu đọc thẻ")),
            _(CARDS[session.card]),
            session.card is not s.Card.NO_READER,
            _(N_("Đặt một thẻ lên để thử.")) if session.card else "",
        ),
        DeviceLine(_(N_("Máy ảnh")), _(camera), eyes is None or eyes.open),
        DeviceLine(_(N_("Máy chủ")), _(hub), session.hub_up),
    )


def _said_of_pin(session: Session, screen: s.StaffPin) -> str:
    _ = translations(session.language, PACKAGE).gettext
    if screen.wait_s:
        return _(N_("Sai mã nhiều lần. Xin thử lại sau %(n)d giây.")) % {"n": screen.wait_s}
    return _(N_("Mã không đúng. Xin nhập lại.")) if screen.wrong else ""
