"""The kiosk's sentences by the reason that they are shown for: what happened, and what to do next."""

from edge.contracts.refusals import WORDS, Refusal
from edge.contracts.ticket import PrintFault
from edge.kiosk.screens import Outage, ScanProblem

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po

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
}
SCAN_WORDS = {
    ScanProblem.UNREADABLE: (
        N_("Hãy đưa thẻ vào quét lại"),
        N_("Máy chưa đọc được mã. Xin giữ thẻ đứng yên, mã QR hướng về khe quét."),
    ),
    ScanProblem.DAMAGED: (N_("Hãy đưa thẻ vào quét lại"), N_("Mã vừa đọc bị thiếu. Xin giữ thẻ đứng yên một chút.")),
    ScanProblem.NOT_A_CARD: (N_("Hãy đưa mã QR trên thẻ căn cước"), N_("Mã vừa quét không phải mã của căn cước.")),
    ScanProblem.URL: (N_("Hãy đưa mã QR trên thẻ căn cước"), N_("Mã vừa quét là một đường dẫn, không phải căn cước.")),
    ScanProblem.INSURANCE_CARD: (N_("Hãy đưa mã QR trên thẻ căn cước"), N_("Mã vừa quét là mã của thẻ BHYT.")),
}
FAULT_WORDS = {
    PrintFault.UNREACHABLE: N_("không kết nối được"),
    PrintFault.OFFLINE: N_("đang tắt"),
    PrintFault.PAPER_OUT: N_("hết giấy"),
    PrintFault.COVER_OPEN: N_("nắp đang mở"),
    PrintFault.NO_ANSWER: N_("không trả lời"),
    PrintFault.INTERRUPTED: N_("in dở dang"),
}
