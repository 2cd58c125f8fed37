"""What a person agrees to before a picture is taken: the texts, and the version under which their consent is noted.

Law 91/2025/QH15: what, why, who sees it, and until when stand there; nothing is ticked beforehand, and the way without
a picture is as easy. Whoever changes one of these texts changes ``WORDING``.
"""

from edge.contracts.face import Purpose
from edge.face.hint import Hint
from edge.kiosk.screens import Lacking, NoPictureWhy
from edge.kiosk.words import N_

WORDING = "2026-11"

QUESTION = N_("Bạn có đồng ý để kiosk chụp ảnh khuôn mặt?")
WHAT_FOR = N_("Ảnh chỉ dùng cho việc bạn chọn dưới đây, trong bệnh viện này.")
WHO_SEES = N_("Chỉ nhân viên gọi số hoặc nhân viên hỗ trợ xem được.")
TONIGHT = N_("Ảnh và dữ liệu khuôn mặt bị xoá ngay đêm nay.")
IN_THE_NIGHT = N_("Ảnh và dữ liệu khuôn mặt bị xoá trong đêm %(date)s.")
YOUR_RIGHTS = N_(
    "Bạn có thể xoá ngay tại kiosk này: nút “Xoá dữ liệu của tôi”. Không đồng ý, bạn vẫn lấy số như mọi người."
)
# Each purpose, with what is done for it.
PURPOSES = {
    Purpose.PORTRAIT: (
        N_("Lưu ảnh cho nhân viên"),
        N_("Nhân viên gọi số thấy ảnh để nhận ra bạn."),
    ),
    Purpose.ONE_NUMBER: (
        N_("Giữ mỗi người một số"),
        N_("So khuôn mặt với những người lấy số hôm nay, để tìm lại số của bạn."),
    ),
    Purpose.CHIP: (
        N_("So với ảnh trong chip thẻ"),
        N_("Kiểm tra bạn là chủ thẻ. Chỉ ghi lại kết quả, không lưu ảnh trong chip."),
    ),
}
GUARDIAN = N_("Tôi là cha mẹ hoặc người giám hộ của trẻ")
CHILD = N_("Giấy tờ ghi dưới 16 tuổi: cha mẹ hoặc người giám hộ chọn ô này để đồng ý thay.")
LACKING = {
    Lacking.PURPOSE: N_("Xin chọn ít nhất một mục"),
    Lacking.GUARDIAN: N_("Xin để cha mẹ hoặc người giám hộ đồng ý thay cho trẻ"),
}
HINTS = {
    Hint.NOBODY: N_("Xin đứng trước máy ảnh"),
    Hint.SEVERAL: N_("Một người thôi"),
    Hint.CLOSER: N_("Xin lại gần hơn"),
    Hint.STEP_BACK: N_("Xin lùi lại một chút"),
    Hint.CENTRE: N_("Xin đứng vào giữa hình"),
    Hint.STRAIGHTEN: N_("Xin giữ đầu thẳng"),
    Hint.LOOK_AHEAD: N_("Xin nhìn thẳng vào máy ảnh"),
    Hint.DARK: N_("Tối quá, xin quay mặt về phía sáng"),
    Hint.BRIGHT: N_("Sáng quá, xin tránh ánh đèn chiếu vào mặt"),
    Hint.BACKLIT: N_("Ngược sáng, xin đổi chỗ đứng một chút"),
    Hint.GLASSES: N_("Xin bỏ kính râm"),
    Hint.MASK: N_("Xin bỏ khẩu trang"),
    Hint.BLURRED: N_("Xin đứng yên"),
    Hint.IN_PERSON: N_("Xin đứng thẳng trước máy, không dùng ảnh hay màn hình"),
    Hint.STAY: N_("Tốt rồi, xin giữ yên"),
}
NO_PICTURE = {
    NoPictureWhy.TIME: N_("Chưa chụp được ảnh rõ"),
    NoPictureWhy.CAMERA: N_("Máy ảnh đang không hoạt động"),
    NoPictureWhy.NOT_IN_PERSON: N_("Máy ảnh chưa nhận ra người thật"),
}
