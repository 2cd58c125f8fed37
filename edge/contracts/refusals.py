"""Why the hub refuses, and the sentence that a patient or an officer reads: what happened, and what to do next."""

from enum import Enum


class Refusal(Enum):
    """The reasons; the value travels, the words are in ``WORDS``."""

    CLOCK = "clock"
    CLOSED = "closed"
    LAST_TICKET = "last-ticket"
    UNKNOWN_SERVICE = "unknown-service"
    UNKNOWN_COUNTER = "unknown-counter"
    UNKNOWN_TICKET = "unknown-ticket"
    NOT_YOURS = "not-yours"
    NOBODY_WAITING = "nobody-waiting"
    JUST_CALLED = "just-called"
    NOT_AT_COUNTER = "not-at-counter"
    COUNTER_BUSY = "counter-busy"
    COUNTER_CLOSED = "counter-closed"
    NOT_WAITING = "not-waiting"
    NOT_SERVED_HERE = "not-served-here"
    REASON_NEEDED = "reason-needed"
    GRACE_OVER = "grace-over"
    TOO_LATE = "too-late"
    SAME_TICKET = "same-ticket"
    NOTHING_TO_RATE = "nothing-to-rate"
    DAY_FULL = "day-full"
    NOT_LEASED = "not-leased"
    CATALOGUE_CHANGED = "catalogue-changed"
    CATALOGUE_WRONG = "catalogue-wrong"
    PEOPLE_WAIT = "people-wait"
    NUMBER_WRONG = "number-wrong"
    SEEMS_HELD = "seems-held"
    FACE_GONE = "face-gone"
    CONTEST_OVER = "contest-over"
    NOTHING_KEPT = "nothing-kept"
    UNKNOWN_ZONE = "unknown-zone"
    NO_FEES = "no-fees"
    ALREADY_PAID = "already-paid"
    ID_REUSED = "id-reused"


# Vietnamese source sentences; the English ones are in the gettext catalogue under these.
WORDS: dict[Refusal, str] = {
    Refusal.CLOCK: "Đồng hồ của máy chủ chưa đúng nên chưa cấp số được. Xin báo nhân viên kỹ thuật.",
    Refusal.CLOSED: "Ngoài giờ làm việc nên chưa cấp số. Xin quay lại khi mở cửa.",
    Refusal.LAST_TICKET: "Dịch vụ này đã ngừng phát số hôm nay. Xin hỏi nhân viên.",
    Refusal.UNKNOWN_SERVICE: "Dịch vụ này không còn. Xin chọn dịch vụ khác.",
    Refusal.UNKNOWN_COUNTER: "Quầy này không có trong danh mục. Xin báo quản trị viên.",
    Refusal.UNKNOWN_TICKET: "Không tìm thấy số này trong ngày hôm nay. Xin lấy số mới.",
    Refusal.NOT_YOURS: "Thiết bị hoặc tài khoản này không được làm việc này. Xin báo quản trị viên.",
    Refusal.NOBODY_WAITING: "Chưa có ai chờ ở quầy này.",
    Refusal.JUST_CALLED: "Quầy vừa gọi một số. Xin chờ hai giây rồi bấm lại nếu cần.",
    Refusal.NOT_AT_COUNTER: "Số này không còn ở quầy của bạn. Xin xem lại màn hình.",
    Refusal.COUNTER_BUSY: "Quầy đang có người. Xin bấm Xong hoặc chuyển người đó đi trước khi đóng quầy.",
    Refusal.COUNTER_CLOSED: "Quầy đó đang đóng. Xin chọn quầy khác, hoặc để trống để quầy nào rảnh sẽ gọi.",
    Refusal.NOT_WAITING: "Số này không còn chờ. Xin xem lại màn hình.",
    Refusal.NOT_SERVED_HERE: "Quầy này không phục vụ dịch vụ của số đó. Xin chuyển số sang dịch vụ khác.",
    Refusal.REASON_NEEDED: "Chưa đến lượt số này. Xin chọn lý do gọi trước.",
    Refusal.GRACE_OVER: "Đã quá thời gian được quay lại. Xin lấy số mới.",
    Refusal.TOO_LATE: "Không hoàn tác được nữa vì đã quá 10 giây hoặc số đã được xử lý tiếp.",
    Refusal.SAME_TICKET: "Xin chọn hai số khác nhau để gộp.",
    Refusal.NOTHING_TO_RATE: "Chưa có lượt phục vụ nào để đánh giá, hoặc lượt này đã được đánh giá.",
    Refusal.DAY_FULL: "Dịch vụ này đã hết số hôm nay. Xin hỏi nhân viên.",
    Refusal.NOT_LEASED: "Số này không thuộc các số dự phòng của kiosk. Xin báo nhân viên kỹ thuật.",
    Refusal.CATALOGUE_CHANGED: "Người khác vừa sửa danh mục. Xin tải lại trang, xem thay đổi rồi sửa lại.",
    Refusal.CATALOGUE_WRONG: "Danh mục chưa đúng. Xin sửa chỗ được nêu rồi lưu lại.",
    Refusal.PEOPLE_WAIT: "Còn người chờ hoặc đang được phục vụ ở đó. Xin tắt phát số trước, xoá sau khi hết người.",
    Refusal.NUMBER_WRONG: "Số giấy tờ hoặc số điện thoại chưa đúng. Xin nhập lại.",
    Refusal.SEEMS_HELD: "Có thể bạn đã lấy số hôm nay. Xin in lại số đó, hoặc hỏi nhân viên.",
    Refusal.FACE_GONE: "Ảnh vừa chụp không còn. Xin chụp lại, hoặc lấy số không cần ảnh.",
    Refusal.UNKNOWN_ZONE: "Không có khu này. Xin tải lại trang.",
    Refusal.CONTEST_OVER: "Việc này đã được giải quyết. Xin xem lại màn hình.",
    Refusal.NOTHING_KEPT: "Hệ thống không giữ ảnh nào của bạn hôm nay.",
    Refusal.NO_FEES: "Dịch vụ này không thu phí ở quầy. Xin quản trị viên đánh dấu dịch vụ thu phí trong danh mục.",
    Refusal.ALREADY_PAID: "Lượt này đã ghi đúng cách trả tiền đó rồi. Không cần bấm lại.",
    Refusal.ID_REUSED: "Mã lệnh này đã dùng cho một việc khác. Xin thử lại.",
}
