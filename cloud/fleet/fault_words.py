"""What kept a message from arriving, and what to do, in Vietnamese gettext sources; ``Delivery.fault`` is the code."""

from collections.abc import Mapping

from cloud.words import N_

Words = tuple[str, str]

_MAIL = N_("Xem [mail] trong cloud.toml và máy chủ thư.")
_RECEIVER = N_("Báo người quản lý hệ thống bên nhận; tin được gửi lại.")
# By the error's name and code, by its name alone, or by the part before the last two digits of a status.
_FAULTS: Mapping[str, Words] = {
    "NotTaken 3": (N_("Bên nhận đã chuyển sang địa chỉ khác"), N_("Ghi địa chỉ mới vào cloud.toml.")),
    "NotTaken 401": (N_("Bên nhận không công nhận chữ ký"), N_("Đặt cùng một khoá bí mật ở đây và ở bên nhận.")),
    "NotTaken 403": (N_("Bên nhận không công nhận chữ ký"), N_("Đặt cùng một khoá bí mật ở đây và ở bên nhận.")),
    "NotTaken 5": (N_("Hệ thống bên nhận gặp lỗi"), _RECEIVER),
    "NotTaken": (N_("Hệ thống bên nhận từ chối tin"), _RECEIVER),
    "NoAnswer": (N_("Nơi nhận không trả lời bằng HTTP"), N_("Xem lại địa chỉ trong cloud.toml.")),
    "SSLCertVerificationError": (
        N_("Chứng thư của nơi nhận không đáng tin"),
        N_("Nhờ nơi nhận gia hạn chứng thư, hoặc ghi ca trong cloud.toml."),
    ),
    "SSLError": (N_("Không mã hoá được đường nối tới nơi nhận"), N_("Nơi nhận phải dùng TLS 1.2 trở lên.")),
    "gaierror": (N_("Không tìm thấy tên máy của nơi nhận"), N_("Xem địa chỉ trong cloud.toml và DNS của máy chủ.")),
    "TimeoutError": (N_("Nơi nhận không trả lời kịp"), N_("Xem mạng của máy chủ và hệ thống nơi nhận.")),
    "ConnectionRefusedError": (N_("Nơi nhận không mở cổng"), N_("Xem mạng của máy chủ và hệ thống nơi nhận.")),
    "ConnectionResetError": (N_("Nơi nhận ngắt đường nối"), N_("Xem mạng của máy chủ và hệ thống nơi nhận.")),
    "SMTPAuthenticationError": (N_("Máy chủ thư không nhận tên hoặc mật khẩu"), _MAIL),
    "SMTPRecipientsRefused": (N_("Máy chủ thư từ chối địa chỉ nhận"), N_("Xem lại địa chỉ thư trong cloud.toml.")),
    "SMTPSenderRefused": (N_("Máy chủ thư từ chối địa chỉ gửi"), _MAIL),
    "SMTPDataError": (N_("Máy chủ thư từ chối thư"), _MAIL),
    "SMTP": (N_("Máy chủ thư không làm việc"), _MAIL),
    "ConfigError": (N_("Cấu hình thư thiếu hoặc không đọc được"), _MAIL),
    "ValueError": (N_("Không gửi được tới địa chỉ này"), N_("Xem lại địa chỉ trong cloud.toml.")),
}
_OTHERS = (N_("Không nối được với nơi nhận"), N_("Xem mạng của máy chủ và nhật ký của moiso-fleet."))


def fault_words(fault: str) -> Words:
    """What is wrong and what to do; both are empty where nothing is.

    >>> fault_words("NotTaken 503") == fault_words("NotTaken 500"), fault_words("")
    (True, ('', ''))
    """
    if not fault:
        return "", ""
    name, _, _code = fault.partition(" ")
    kind = "SMTP" if name.startswith("SMTP") else name
    return next((_FAULTS[one] for one in (fault, fault[:-2], name, kind) if one in _FAULTS), _OTHERS)
