"""What screens, voices and announcements can be set to, in words: the Vietnamese ones are gettext sources."""

from collections.abc import Mapping
from typing import Any

from edge.contracts.hall import CHIMES, PHRASES, MediumKind, Occasion
from edge.contracts.phrases import REGION_NOTES

THEMES: dict[str, str] = {"dark": "Nền tối", "light": "Nền sáng"}
COLOUR_WAYS: dict[str, str] = {"one": "Một màu cho mọi ô", "services": "Mỗi dịch vụ một màu"}
NOTICE_PLACES: dict[str, str] = {"bottom": "Chạy ở dưới", "top": "Chạy ở trên", "none": "Không có chữ chạy"}
SPLITS: dict[str, str] = {
    "none": "Không chia, chỉ có số",
    "right": "Hình ở bên phải",
    "left": "Hình ở bên trái",
    "below": "Hình ở bên dưới",
    "full": "Cả màn hình khi một phút không gọi ai",
}
SPOKEN: dict[str, str] = {"vi": "Tiếng Việt", "en": "Tiếng Anh"}
REGIONS: dict[str, str] = {"north": "Miền Bắc", "central": "Miền Trung", "south": "Miền Nam"}
CHIME_NAMES: dict[str, str] = dict(
    zip(CHIMES, ("Hai nốt", "Ba nốt", "Tiếng chuông", "Nhẹ nhàng", "Không có chuông"), strict=True)
)
OCCASIONS: dict[Occasion, str] = {
    Occasion.NONE: "Không theo sự kiện",
    Occasion.OPENING: "Lúc mở cửa",
    Occasion.LUNCH: "Lúc nghỉ trưa",
    Occasion.LAST_TICKETS: "Lúc phát những số cuối",
    Occasion.CLOSING: "Lúc đóng cửa",
}
MEDIUM_KINDS: dict[MediumKind, str] = {
    MediumKind.PICTURE: "Hình",
    MediumKind.CLIP: "Clip MP4",
    MediumKind.SOUND: "Âm thanh",
}
PHRASE_NAMES: dict[str, str] = dict(
    zip(PHRASES, ("Mời vào quầy", "Chuyển sang phòng khác", "Chuyển sang quầy khác", "Chờ quầy trống"), strict=True)
)
_TABLES = (THEMES, COLOUR_WAYS, NOTICE_PLACES, SPLITS, SPOKEN, REGIONS, CHIME_NAMES, OCCASIONS, MEDIUM_KINDS)
HALL_WORDS: tuple[str, ...] = (
    *(word for table in _TABLES for word in table.values()),
    *PHRASE_NAMES.values(),
    *filter(None, REGION_NOTES.values()),
)

# The fields of the hall's parts that are one of several things, and what each is called.
CHOICES: Mapping[tuple[str, str], Mapping[Any, str]] = {
    ("screen", "theme"): THEMES,
    ("screen", "colours"): COLOUR_WAYS,
    ("screen", "notice"): NOTICE_PLACES,
    ("screen", "split"): SPLITS,
    ("voice", "region"): REGIONS,
    ("voice", "languages"): SPOKEN,
    ("voice", "chime"): CHIME_NAMES,
    ("announcement", "occasion"): OCCASIONS,
    ("medium", "kind"): MEDIUM_KINDS,
}
