"""Why a file is not taken into the media store, in words that an administrator reads."""

from enum import Enum

from edge.hub.words import N_


class MediumFault(Enum):
    """The value is the Vietnamese sentence, a gettext source, with places for ``Unfit.values``."""

    UNKNOWN = N_("Tệp này không phải hình JPEG, PNG, WebP, clip MP4 hay âm thanh WAV.")
    LARGE = N_("Tệp quá lớn: {kind} nhận nhiều nhất {most} MB.")
    BROKEN_OFF = N_("Tệp chưa tải lên hết. Xin thử lại.")
    DISK = N_("Thẻ nhớ của máy chủ sắp đầy. Xin xoá bớt tệp không dùng hoặc gọi kỹ thuật, rồi thử lại.")
    STORE_FULL = N_("Kho tệp đã đầy ({most} MB). Xin xoá bớt tệp không dùng, công bố, rồi thử lại.")
    MANY = N_("Danh mục đã có {most} tệp. Xin xoá bớt tệp không dùng.")
    NOT_WRITTEN = N_("Máy chủ không ghi được tệp. Xin gọi kỹ thuật.")
    PICTURE = N_("Không đọc được hình này: tệp hỏng hoặc thiếu. Xin mở hình trên máy tính, lưu lại rồi tải lên.")
    PIXELS = N_("Hình có {pixels} triệu điểm ảnh; nhiều nhất {most} triệu. Xin thu nhỏ hình.")
    TRUNCATED = N_("Clip bị thiếu phần cuối. Xin chép lại tệp rồi tải lên.")
    CLIP = N_("Không đọc được clip này. Xin xuất lại dạng MP4, mã hoá H.264.")
    HEVC = N_("Clip này mã hoá HEVC (H.265), phần lớn tivi không phát được. Xin xuất lại dạng H.264.")
    CODEC = N_("Clip này mã hoá “{codec}”, tivi không phát được. Xin xuất lại dạng H.264.")
    NO_VIDEO = N_("Tệp này không có hình, chỉ có tiếng.")
    NO_LENGTH = N_("Clip này không cho biết dài bao lâu. Xin xuất lại dạng MP4, mã hoá H.264.")
    LONG_CLIP = N_("Clip dài quá {most} giờ.")
    WIDE = N_("Clip có {width}×{height} điểm ảnh; nhiều nhất 3840×2160. Xin xuất lại nhỏ hơn.")
    SOUND = N_("Không đọc được âm thanh này. Cần tệp WAV dạng PCM.")
    LONG_SOUND = N_("Âm thanh dài {seconds} giây; nhiều nhất {most} giây.")
    SILENT = N_("Âm thanh này không có tiếng.")


class Unfit(Exception):
    """The file is not taken, and nothing of it is kept."""

    def __init__(self, fault: MediumFault, **values: str | int) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.values = values
