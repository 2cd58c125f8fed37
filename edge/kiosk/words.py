"""The kiosk's sentences by the reason that they are shown for: what happened, and what to do next."""

from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import WORDS, Refusal
from edge.contracts.ticket import Document, PrintFault
from edge.emrtd.reader import Step
from edge.kiosk.screens import Outage, ScanProblem

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po

_WITHDRAWN = (N_("Kiosk này tạm ngưng phục vụ. Xin dùng kiosk khác hoặc gặp nhân viên."), "")
# Each with a sentence for the large letters and one for the small.
OUTAGE_WORDS = {
    Outage.STARTING: (N_("Kiosk đang khởi động. Xin chờ một chút."), ""),
    Outage.HUB: (
        N_("Kiosk tạm thời không lấy được số. Xin gặp nhân viên."),
        N_("Kiosk đang nối lại với máy chủ và sẽ tự hoạt động trở lại."),
    ),
    Outage.UNANSWERED: (
        N_("Kiosk tạm thời không lấy được số. Xin gặp nhân viên."),
        N_("Máy chủ chưa trả lời. Nếu bạn đã quét thẻ, hãy quét lại sau ít phút: số đã cấp cho bạn không mất."),
    ),
    Outage.CLOCK: (WORDS[Refusal.CLOCK], ""),
    Outage.CATALOGUE: (N_("Kiosk chưa có danh mục dịch vụ. Xin gặp nhân viên."), ""),
    Outage.WITHDRAWN: _WITHDRAWN,
    Outage.SHUT: _WITHDRAWN,
}
SCAN_WORDS = {
    ScanProblem.UNREADABLE: (
        N_("Hãy đưa thẻ vào quét lại"),
        N_("Máy chưa đọc được mã. Xin giữ thẻ đứng yên, mã QR hướng về khe quét."),
    ),
    ScanProblem.DAMAGED: (N_("Hãy đưa thẻ vào quét lại"), N_("Mã vừa đọc bị thiếu. Xin giữ thẻ đứng yên một chút.")),
    ScanProblem.NOT_A_CARD: (
        N_("Hãy đưa mã QR của căn cước, VNeID hoặc thẻ BHYT"),
        N_("Mã vừa quét không phải mã của giấy tờ nào trong đó."),
    ),
    ScanProblem.URL: (
        N_("Hãy đưa mã QR của căn cước, VNeID hoặc thẻ BHYT"),
        N_("Mã vừa quét là một đường dẫn, không phải giấy tờ."),
    ),
}
SCAN_FIRST_WORDS = (
    N_("Xin quét mã QR trên thẻ trước"),
    N_("Đưa mã QR vào khe quét, rồi đặt thẻ lên đầu đọc."),
)
_STAFF = N_("Xin mang thẻ đến gặp nhân viên.")
_ANOTHER_CARD = (
    N_("Thẻ trên đầu đọc không phải thẻ vừa quét"),
    N_("Xin quét mã QR trên chính thẻ đó, hoặc gặp nhân viên."),
)
READING_WORDS = {
    ReadingFault.NO_READER: (N_("Đầu đọc thẻ đang hỏng"), N_("Chip của thẻ chưa được đọc.")),
    ReadingFault.CARD_REMOVED: (N_("Xin đặt lại thẻ và giữ yên"), N_("Thẻ bị nhấc ra khi đang đọc.")),
    ReadingFault.NO_ANSWER: (N_("Xin đặt lại thẻ, áp sát đầu đọc"), N_("Chip của thẻ không trả lời.")),
    ReadingFault.NOT_EMRTD: (N_("Đây không phải thẻ căn cước gắn chip"), N_("Xin đặt thẻ căn cước lên đầu đọc.")),
    ReadingFault.WRONG_ACCESS_KEY: _ANOTHER_CARD,
    ReadingFault.ACCESS_REFUSED: (N_("Chip không cho đọc thông tin"), N_("Xin đặt lại thẻ để đọc lại.")),
    ReadingFault.INTEGRITY_LOST: (N_("Xin đặt lại thẻ và giữ yên"), N_("Thông tin đọc từ chip bị nhiễu.")),
    ReadingFault.MALFORMED: (N_("Chưa đọc được chip của thẻ này"), N_("Xin đặt lại thẻ để đọc lại.")),
    ReadingFault.HASH_MISMATCH: (N_("Thông tin trong chip không còn nguyên vẹn"), _STAFF),
    ReadingFault.SIGNATURE_INVALID: (N_("Chữ ký số trong chip không đúng"), _STAFF),
    ReadingFault.SIGNER_UNKNOWN: (N_("Chưa xác nhận được nơi ký chip của thẻ"), _STAFF),
    ReadingFault.SIGNER_EXPIRED: (N_("Chứng thư ký chip của thẻ đã hết hạn"), _STAFF),
    ReadingFault.CLONED: (N_("Chip của thẻ không phải chip gốc"), _STAFF),
    ReadingFault.QR_DISAGREES: _ANOTHER_CARD,
    ReadingFault.QR_UNREADABLE: SCAN_WORDS[ScanProblem.UNREADABLE],
    ReadingFault.QR_DAMAGED: SCAN_WORDS[ScanProblem.DAMAGED],
    ReadingFault.QR_UNKNOWN: SCAN_WORDS[ScanProblem.NOT_A_CARD],
}
# What the person on the screen showed, before the end of its number.
DOCUMENT_WORDS = {
    Document.CCCD_QR: N_("Căn cước"),
    Document.CCCD_CHIP: N_("Căn cước"),
    Document.VNEID_QR: N_("VNeID"),
    Document.BHYT_QR: N_("Thẻ BHYT"),
}
STEP_WORDS = {
    Step.ACCESS: N_("Đang mở chip bằng mã vừa quét"),
    Step.SIGNATURE: N_("Đang đọc thông tin"),
    Step.HOLDER: N_("Đang đọc thông tin"),
    Step.CHIP: N_("Đang kiểm tra thẻ thật"),
    Step.DETAILS: N_("Đang đọc họ tên"),
    Step.PORTRAIT: N_("Đang đọc ảnh"),
}
FAULT_WORDS = {
    PrintFault.UNREACHABLE: N_("không kết nối được"),
    PrintFault.OFFLINE: N_("đang tắt"),
    PrintFault.PAPER_OUT: N_("hết giấy"),
    PrintFault.COVER_OPEN: N_("nắp đang mở"),
    PrintFault.CUTTER: N_("kẹt giấy hoặc dao cắt"),
    PrintFault.OVERHEATED: N_("quá nóng, xin chờ một lát"),
    PrintFault.BROKEN: N_("bị hỏng"),
    PrintFault.NO_ANSWER: N_("không trả lời"),
    PrintFault.INTERRUPTED: N_("in dở dang"),
}
