"""What officers do beside sending commands, as the audit log names it, and how the log reads in words."""

from enum import Enum

from edge.contracts.refusals import Refusal
from edge.hub.audit import DONE
from edge.hub.words import N_

WRONG_PASSWORD = "wrong-password"  # noqa: S105 - an outcome
REFUSED = "refused"
WRONG_CODE = "wrong-code"


class Deed(Enum):
    """A command is named by its type in the same column."""

    LOGIN = "login"
    LOGOUT = "logout"
    SWITCH = "switch"
    ADD_ACCOUNT = "add-account"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a deed
    CHANGE_PASSWORD = "change-password"  # noqa: S105 - the name of a deed
    SET_PIN = "set-pin"
    DISABLE = "disable"
    ENABLE = "enable"
    CHANGE_ROLE = "change-role"
    LOOK_UP = "look-up"
    SEE_PORTRAIT = "see-portrait"
    SEE_CONSENTS = "see-consents"
    PAIR_TABLET = "pair-tablet"
    RELEASE_TABLET = "release-tablet"
    UPLOAD_MEDIUM = "upload-medium"
    CONFIGURE = "configure"
    PUT_OUT = "put-out"
    ASK_ENROLMENT = "ask-enrolment"
    ENROL_DEVICE = "enrol-device"
    REFUSE_DEVICE = "refuse-device"
    RENEW_DEVICE = "renew-device"
    REVOKE_DEVICE = "revoke-device"
    PROMOTE = "promote-standby"
    RESTORE = "restore-hub"
    PAID_ELSEWHERE = "paid-elsewhere"


WORDS: dict[str, str] = {
    Deed.LOGIN.value: N_("Đăng nhập"),
    Deed.LOGOUT.value: N_("Đăng xuất"),
    Deed.SWITCH.value: N_("Đổi người bằng PIN"),
    Deed.ADD_ACCOUNT.value: N_("Thêm tài khoản"),
    Deed.RESET_PASSWORD.value: N_("Cấp lại mật khẩu"),
    Deed.CHANGE_PASSWORD.value: N_("Đổi mật khẩu"),
    Deed.SET_PIN.value: N_("Đặt PIN"),
    Deed.DISABLE.value: N_("Khoá tài khoản"),
    Deed.ENABLE.value: N_("Mở khoá tài khoản"),
    Deed.CHANGE_ROLE.value: N_("Đổi vai trò"),
    Deed.LOOK_UP.value: N_("Tra cứu lượt khám"),
    Deed.SEE_PORTRAIT.value: N_("Xem ảnh lúc lấy số"),
    Deed.SEE_CONSENTS.value: N_("Xem sổ đồng ý"),
    Deed.PAIR_TABLET.value: N_("Ghép máy đánh giá"),
    Deed.RELEASE_TABLET.value: N_("Bỏ ghép máy đánh giá"),
    Deed.UPLOAD_MEDIUM.value: N_("Tải tệp lên"),
    Deed.CONFIGURE.value: N_("Nhận cấu hình từ xa"),
    Deed.PUT_OUT.value: N_("Đổi kiosk tạm ngưng từ xa"),
    Deed.ASK_ENROLMENT.value: N_("Thiết bị xin vào"),
    Deed.ENROL_DEVICE.value: N_("Duyệt thiết bị"),
    Deed.REFUSE_DEVICE.value: N_("Từ chối thiết bị"),
    Deed.RENEW_DEVICE.value: N_("Thiết bị đổi mã truy cập"),
    Deed.REVOKE_DEVICE.value: N_("Thu hồi thiết bị"),
    Deed.PROMOTE.value: N_("Máy dự phòng lên làm máy chủ"),
    Deed.RESTORE.value: N_("Khôi phục máy chủ từ bản sao"),
    Deed.PAID_ELSEWHERE.value: N_("Đổi tài khoản nhận tiền"),
    "CallNext": N_("Mời số tiếp theo"),
    "CallTicket": N_("Gọi số đã chọn"),
    "Recall": N_("Gọi lại"),
    "MarkNoShow": N_("Ghi vắng mặt"),
    "Finish": N_("Phục vụ xong"),
    "Transfer": N_("Chuyển dịch vụ"),
    "SendToTests": N_("Gửi đi cận lâm sàng"),
    "Park": N_("Cho chờ cạnh quầy"),
    "SetCounter": N_("Đổi trạng thái quầy"),
    "Undo": N_("Hoàn tác"),
    "Rate": N_("Đánh giá"),
    "GiveNumber": N_("Cấp số bằng tay"),
    "SetPriority": N_("Xác nhận ưu tiên"),
    "ReturnToQueue": N_("Cho quay lại hàng chờ"),
    "Refer": N_("Chuyển hàng chờ"),
    "CancelTicket": N_("Huỷ số"),
    "MergeTickets": N_("Gộp gia đình"),
    "TakePayment": N_("Ghi cách trả tiền"),
    "LinkPerson": N_("Gắn giấy tờ vào lượt khám"),
    "SettleContest": N_("Xác minh người lấy số"),
    "Announce": N_("Phát thông báo tại chỗ"),
    "EndNotice": N_("Gỡ thông báo"),
    "AdoptCatalogue": N_("Sửa danh mục"),
    "RetireHub": N_("Xác nhận máy chủ cũ đã dừng hẳn"),
}
OUTCOMES: dict[str, str] = {
    **{refusal.value: N_("Bị từ chối") for refusal in Refusal},
    REFUSED: N_("Bị từ chối"),
    WRONG_PASSWORD: N_("Sai mật khẩu hoặc PIN"),
    WRONG_CODE: N_("Sai mã"),
    DONE: N_("Đã làm"),
}
