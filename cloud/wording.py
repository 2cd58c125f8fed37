"""What figures are called: documents, answers of the insurance portal, reasons why nothing was read, means of payment.

Vietnamese source words; the English ones are in the gettext catalogue under these. Pure.
"""

from cloud.words import N_
from edge.contracts.eligibility import Outcome
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

DOCUMENTS = {
    Document.CCCD_CHIP: N_("Căn cước, chip"),
    Document.CCCD_QR: N_("Căn cước, mã QR"),
    Document.VNEID_QR: N_("VNeID, mã QR"),
    Document.BHYT_QR: N_("Thẻ BHYT, mã QR"),
    Document.NONE: N_("Không có giấy tờ"),
}
READ_AS = {**DOCUMENTS, Document.NONE: N_("Không rõ loại giấy tờ")}
OUTCOMES = {
    Outcome.VALID: N_("Còn giá trị"),
    Outcome.NEW_CARD: N_("Đã cấp thẻ mới"),
    Outcome.FORCES_CARD: N_("Thẻ Quân đội, Công an"),
    Outcome.EXPIRED: N_("Thẻ hết hạn"),
    Outcome.STOPPED: N_("Ngừng đóng hoặc chuyển nơi khác"),
    Outcome.REVOKED: N_("Thẻ bị thu hồi"),
    Outcome.NOT_FOUND: N_("Không tìm thấy thẻ"),
    Outcome.CODE_WRONG: N_("Mã thẻ sai"),
    Outcome.NAME_WRONG: N_("Sai họ tên"),
    Outcome.BIRTH_WRONG: N_("Sai ngày sinh"),
    Outcome.CHILD_WITHOUT_CARD: N_("Trẻ em chưa có thẻ"),
    Outcome.QUESTION_WRONG: N_("Cổng không nhận thông tin"),
    Outcome.NOT_AUTHORISED: N_("Cơ sở chưa được cho tra cứu"),
    Outcome.PORTAL_ERROR: N_("Cổng BHXH lỗi"),
    Outcome.UNREACHABLE: N_("Không kết nối được Cổng BHXH"),
    Outcome.UNKNOWN: N_("Mã trả lời chưa biết"),
}
PAYMENTS = {
    PaymentMeans.QR: N_("Chuyển khoản bằng mã QR"),
    PaymentMeans.CARD: N_("Thẻ"),
    PaymentMeans.CASH: N_("Tiền mặt"),
}
FAULTS = {
    ReadingFault.NO_READER: N_("Không có đầu đọc"),
    ReadingFault.CARD_REMOVED: N_("Nhấc thẻ ra khi đang đọc"),
    ReadingFault.NO_ANSWER: N_("Thẻ hoặc đầu đọc không trả lời"),
    ReadingFault.NOT_EMRTD: N_("Không phải thẻ căn cước gắn chip"),
    ReadingFault.WRONG_ACCESS_KEY: N_("Mã trên thẻ không mở được chip này"),
    ReadingFault.ACCESS_REFUSED: N_("Chip từ chối cho đọc"),
    ReadingFault.INTEGRITY_LOST: N_("Dữ liệu bị sai trên đường truyền"),
    ReadingFault.MALFORMED: N_("Dữ liệu trong chip không đúng chuẩn"),
    ReadingFault.HASH_MISMATCH: N_("Dữ liệu khác với bản đã ký"),
    ReadingFault.SIGNATURE_INVALID: N_("Chữ ký số không đúng"),
    ReadingFault.SIGNER_UNKNOWN: N_("Không rõ nơi ký"),
    ReadingFault.SIGNER_EXPIRED: N_("Chứng thư của nơi ký hết hạn"),
    ReadingFault.CLONED: N_("Chip bị sao chép"),
    ReadingFault.QR_DISAGREES: N_("Chip và mã QR không khớp"),
    ReadingFault.QR_UNREADABLE: N_("Máy quét không đọc được mã"),
    ReadingFault.QR_DAMAGED: N_("Mã QR bị hỏng hoặc thiếu"),
    ReadingFault.QR_UNKNOWN: N_("Mã QR không phải của giấy tờ"),
}
