"""Why the hub refuses, and the sentence that a patient or an officer reads: what happened, and what to do next."""

from enum import Enum


class Refusal(Enum):
    """The reasons; the value travels, the words are in ``WORDS``."""

    CLOCK = "clock"
    UNKNOWN_SERVICE = "unknown-service"
    UNKNOWN_COUNTER = "unknown-counter"
    UNKNOWN_TICKET = "unknown-ticket"
    NOT_YOURS = "not-yours"
    NOBODY_WAITING = "nobody-waiting"
    JUST_CALLED = "just-called"
    NOT_AT_COUNTER = "not-at-counter"
    DAY_FULL = "day-full"
    ID_REUSED = "id-reused"


# Vietnamese source sentences; the English ones are in the gettext catalogue under these.
WORDS: dict[Refusal, str] = {
    Refusal.CLOCK: "Đồng hồ của máy chủ chưa đúng nên chưa cấp số được. Xin báo nhân viên kỹ thuật.",
    Refusal.UNKNOWN_SERVICE: "Dịch vụ này không còn. Xin chọn dịch vụ khác.",
    Refusal.UNKNOWN_COUNTER: "Quầy này không có trong danh mục. Xin báo quản trị viên.",
    Refusal.UNKNOWN_TICKET: "Không tìm thấy số này trong ngày hôm nay. Xin lấy số mới.",
    Refusal.NOT_YOURS: "Thiết bị hoặc tài khoản này không được làm việc này. Xin báo quản trị viên.",
    Refusal.NOBODY_WAITING: "Chưa có ai chờ ở quầy này.",
    Refusal.JUST_CALLED: "Quầy vừa gọi một số. Xin chờ hai giây rồi bấm lại nếu cần.",
    Refusal.NOT_AT_COUNTER: "Số này không còn ở quầy của bạn. Xin xem lại màn hình.",
    Refusal.DAY_FULL: "Dịch vụ này đã hết số hôm nay. Xin hỏi nhân viên.",
    Refusal.ID_REUSED: "Mã lệnh này đã dùng cho một việc khác. Xin thử lại.",
}
