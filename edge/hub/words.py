"""What officers read for the values of the contracts: Vietnamese gettext sources, English in ``locale/en.po``."""

from edge.contracts.catalogue import Discipline
from edge.contracts.commands import Complaint, OutOfOrder, PersonKey
from edge.contracts.face import ChipVerdict, Giver, Purpose
from edge.contracts.outlook import AlarmKind
from edge.contracts.payment import PaymentMeans
from edge.contracts.ticket import State

N_ = str  # marks a Vietnamese source sentence whose English stands in locale/en.po

REASONS: dict[OutOfOrder, str] = {
    OutOfOrder.EMERGENCY: N_("Cấp cứu"),
    OutOfOrder.FRAIL: N_("Người bệnh yếu, mệt"),
    OutOfOrder.DOCTOR_ASKED: N_("Bác sĩ yêu cầu"),
    OutOfOrder.FAMILY: N_("Đi cùng người nhà"),
    OutOfOrder.MISSED_TURN: N_("Đã lỡ lượt trước"),
    OutOfOrder.OTHER: N_("Lý do khác"),
}
ALARMS: dict[AlarmKind, str] = {
    AlarmKind.STARVATION: N_("Chờ quá lâu"),
    AlarmKind.INVERSION: N_("Diện ưu tiên đang chờ lâu hơn diện thường"),
    AlarmKind.ABSENT: N_("Quầy mở nhưng lâu không gọi ai"),
    AlarmKind.CLOCK: N_("Đồng hồ máy chủ bị lùi: giờ trên trang tạm đứng yên"),
    AlarmKind.CLAIM: N_("Diện ưu tiên chờ xác nhận"),
}
DISCIPLINES: dict[Discipline, str] = {
    Discipline.AGEING: N_(
        "Ai chờ lâu nhất được gọi trước; mỗi phút chờ của người thuộc diện ưu tiên tính bằng {weight} phút. "
        "Vì vậy người ưu tiên vào sớm hơn nhiều, mà người thường chờ đã lâu cũng không bị bỏ lại."
    ),
    Discipline.RATIO: N_(
        "Cứ {priority} người thuộc diện ưu tiên rồi đến {normal} người thường; trong mỗi diện, ai đến trước gọi trước."
    ),
    Discipline.STRICT: N_("Người thuộc diện ưu tiên được gọi trước; trong mỗi diện, ai đến trước gọi trước."),
    Discipline.FIRST_COME: N_("Ai đến trước được gọi trước."),
}
CHIP_VERDICTS: dict[ChipVerdict, str] = {
    ChipVerdict.MATCH: N_("Khuôn mặt khớp ảnh trong chip"),
    ChipVerdict.UNSURE: N_("Khuôn mặt chưa chắc khớp ảnh trong chip"),
    ChipVerdict.NO_MATCH: N_("Khuôn mặt không khớp ảnh trong chip"),
}
PURPOSES: dict[Purpose, str] = {
    Purpose.PORTRAIT: N_("Nhân viên xem ảnh khi gọi số"),
    Purpose.ONE_NUMBER: N_("So với người đã lấy số hôm nay"),
    Purpose.CHIP: N_("So với ảnh trong chip căn cước"),
}
GIVERS: dict[Giver, str] = {
    Giver.SELF: N_("Chính mình"),
    Giver.GUARDIAN: N_("Cha mẹ hoặc người giám hộ"),
}
PAYMENTS: dict[PaymentMeans, str] = {
    PaymentMeans.QR: N_("Chuyển khoản QR"),
    PaymentMeans.CASH: N_("Tiền mặt"),
    PaymentMeans.CARD: N_("Thẻ"),
}
PAID = N_("Đã ghi thu phí {label}")
# What a counter did last, by what became of the ticket.
LAST_ACTIONS: dict[State, str] = {
    State.CALLED: N_("Đã gọi {label}"),
    State.FINISHED: N_("Đã xong {label}"),
    State.NO_SHOW: N_("{label} vắng mặt"),
    State.PARKED: N_("Đã tạm giữ {label}"),
    State.WAITING: N_("Đã chuyển {label}"),
}
STATES: dict[State, str] = {
    State.WAITING: N_("Đang chờ"),
    State.CALLED: N_("Đang được phục vụ"),
    State.PARKED: N_("Đang tạm giữ"),
    State.FINISHED: N_("Đã xong"),
    State.NO_SHOW: N_("Vắng mặt"),
    State.CANCELLED: N_("Đã huỷ"),
    State.MERGED: N_("Đã gộp"),
    State.LAPSED: N_("Hết hạn"),
}


def money(amount: int, language: str) -> str:
    """An amount in VND as it is written in this language.

    >>> money(150000, "vi"), money(1250000, "en")
    ('150.000 đ', '1,250,000 VND')
    """
    return f"{amount:,} VND" if language == "en" else f"{amount:,} đ".replace(",", ".")


# What a patient touches at the tablet: score → words; the drawing goes by the score.
FACES: dict[str, str] = {
    "5": N_("Rất hài lòng"),
    "4": N_("Hài lòng"),
    "3": N_("Bình thường"),
    "2": N_("Chưa hài lòng"),
    "1": N_("Rất không hài lòng"),
}
COMPLAINTS: dict[str, str] = {
    Complaint.WAIT.value: N_("Phải chờ lâu"),
    Complaint.ATTITUDE.value: N_("Thái độ phục vụ"),
    Complaint.GUIDANCE.value: N_("Hướng dẫn chưa rõ"),
    Complaint.FACILITIES.value: N_("Phòng ốc, thiết bị"),
}
PERSON_KEYS: dict[PersonKey, str] = {
    PersonKey.CCCD: N_("Số căn cước (12 số)"),
    PersonKey.BHYT: N_("Số thẻ BHYT (10 hoặc 15 ký tự)"),
    PersonKey.PHONE: N_("Số điện thoại"),
}
