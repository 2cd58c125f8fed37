"""What the floor and the Department read of a device that is not well, and what to do: Vietnamese gettext sources.

Their English is in ``brand/locale``; the names of parts and faults are in ``edge.contracts.health``.
"""

from collections.abc import Mapping

from edge.contracts.fleet import Presence, Role
from edge.contracts.health import Reason

_CALL_TECHNICIAN = "Xin báo kỹ thuật."
_CABLE = "Xin kiểm tra dây và nguồn, rồi tắt bật lại thiết bị."
_AIR = "Xin xem quạt và chỗ thông gió của máy."
_SUPPLY = "Xin thay bộ nguồn của máy."

ADVICE_WORDS: Mapping[Reason, str] = {
    Reason.PAPER_LOW: "Xin thay cuộn giấy.",
    Reason.PAPER_OUT: "Xin thay cuộn giấy ngay.",
    Reason.COVER_OPEN: "Xin đóng nắp máy in.",
    Reason.OFFLINE: "Xin bấm nút trên máy in cho máy chạy tiếp, hoặc tắt bật lại.",
    Reason.CUTTER: "Xin mở nắp, gỡ giấy kẹt rồi đóng lại.",
    Reason.OVERHEATED: "Xin chờ vài phút cho máy nguội.",
    Reason.BROKEN: "Xin tắt bật lại; nếu vẫn lỗi, xin báo kỹ thuật.",
    Reason.INTERRUPTED: "Xin xem máy in: phiếu vừa rồi có thể bị thiếu.",
    Reason.UNREACHABLE: _CABLE,
    Reason.NO_ANSWER: _CABLE,
    Reason.ABSENT: "Xin kiểm tra dây cắm của thiết bị.",
    Reason.BUSY: "Xin khởi động lại kiosk.",
    Reason.STUCK: "Xin rút dây thiết bị ra rồi cắm lại.",
    Reason.SWITCHED_OFF: _CALL_TECHNICIAN,
    Reason.NOT_SEEN: "Xin xem màn hình kiosk; nếu tối hoặc đứng yên, xin tắt bật lại kiosk.",
    Reason.WITHDRAWN: "Khi xong việc, xin mở lại ở màn hình nhân viên của kiosk.",
    Reason.SHUT: "Sở Y tế mở lại từ xa; khi cần, xin liên hệ Sở.",
    Reason.NO_NUMBERS: "Xin mời người bệnh sang kiosk khác hoặc lấy số tại quầy, và báo kỹ thuật.",
    Reason.RESERVE: "Xin kiểm tra dây mạng của kiosk.",
    Reason.SILENT: "Xin kiểm tra loa và dây loa; khi cần, xin gọi số bằng lời.",
    Reason.REFUSING: _CALL_TECHNICIAN,
    Reason.HELD: "Xin gỡ nút bị kẹt. Trên trang quầy vẫn gọi số được.",
    Reason.BOUNCING: "Xin báo kỹ thuật thay nút. Trên trang quầy vẫn gọi số được.",
    Reason.MISSING: _CALL_TECHNICIAN,
    Reason.NO_ROOM: "Xin xoá bớt tệp không dùng trong danh mục rồi công bố.",
    Reason.UNPLAYABLE: "Xin xuất lại clip dạng MP4, mã hoá H.264, rồi tải lên danh mục.",
    Reason.HUB_AWAY: "Xin kiểm tra dây mạng.",
    Reason.CLOCK_OFF: "Xin báo kỹ thuật đặt lại giờ của máy.",
    Reason.NEARLY_FULL: _CALL_TECHNICIAN,
    Reason.COPY_LATE: "Xin kiểm tra dây mạng và nguồn của máy dự phòng và máy chủ.",
    Reason.COPY_BROKEN: _CALL_TECHNICIAN,
    Reason.BACKUP_LATE: "Xin kiểm tra thẻ USB sao lưu ở máy dự phòng.",
    Reason.FULL: "Xin báo kỹ thuật ngay.",
    Reason.HOT: _AIR,
    Reason.THROTTLED: _AIR,
    Reason.UNDER_VOLTAGE: _SUPPLY,
    Reason.WAS_UNDER_VOLTAGE: _SUPPLY,
}
SILENT_WORDS: Mapping[str, str] = {
    "kiosk": "Xin xem kiosk có điện và mạng không; trong lúc đó xin mời người bệnh lấy số ở chỗ khác.",
    "board": "Xin xem máy điều khiển bảng gọi có điện và mạng không.",
    "standby": "Xin xem máy dự phòng có điện và mạng không: lúc này máy chủ không có bản sao.",
}
ROLE_WORDS: Mapping[Role, str] = {
    "kiosk": "Kiosk",
    "board": "Máy điều khiển bảng gọi",
    "hub": "Máy chủ",
    "standby": "Máy chủ dự phòng",
}
PRESENCE_WORDS: Mapping[Presence, str] = {
    Presence.HEARD: "Đang hoạt động",
    Presence.SILENT: "Mất liên lạc",
    Presence.EXPECTED: "Đang chờ báo về",
    Presence.NOT_SEEN: "Chưa báo về lần nào",
    Presence.OFF: "Máy thay thế, đang tắt",
}

BUTTON_WORDS: Mapping[str, str] = {
    "next": "Mời số",
    "recall": "Gọi lại",
    "no-show": "Vắng mặt",
    "finish": "Xong",
}
