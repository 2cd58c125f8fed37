"""A catalogue's faults in words that an administrator reads: the Vietnamese ones are gettext sources."""

from collections.abc import Callable

from edge.queueing.catalogue import CatalogueError, Fault

KINDS: dict[str, str] = {
    "facility": "Cơ sở",
    "hours": "Giờ làm việc",
    "special_day": "Ngày đặc biệt",
    "special_days": "Các ngày đặc biệt",
    "policy": "Quy tắc xếp hàng",
    "group": "Nhóm",
    "groups": "Các nhóm",
    "service": "Dịch vụ",
    "services": "Các dịch vụ",
    "counter": "Quầy",
    "counters": "Các quầy",
}
FIELDS: dict[str, str] = {
    "id": "mã định danh",
    "name": "tên",
    "name_en": "tên tiếng Anh",
    "department": "khoa",
    "ward": "phường, xã",
    "district": "quận, huyện",
    "province": "tỉnh, thành phố",
    "time_zone": "múi giờ",
    "date": "ngày",
    "periods": "giờ làm việc",
    "hours": "giờ làm việc",
    "priority_weight": "hệ số ưu tiên",
    "ratio_priority": "số lượt ưu tiên",
    "ratio_normal": "số lượt thường",
    "starvation_min": "số phút chờ quá lâu",
    "no_show_grace_min": "số phút được quay lại",
    "early_min": "số phút phát số trước giờ mở cửa",
    "prefix": "chữ đầu của số",
    "colour": "màu",
    "icon": "biểu tượng",
    "code": "mã ngắn",
    "group": "nhóm",
    "first_number": "dải số",
    "last_ticket_min": "số phút ngừng phát số trước giờ đóng cửa",
    "planned_min": "số phút phục vụ một người",
    "route": "các bước tiếp theo",
    "number": "số quầy",
    "room": "phòng",
    "zone": "khu vực",
    "services": "dịch vụ",
    "counters": "quầy",
}
WORDS: dict[Fault, str] = {
    Fault.COUNT: "đang có {there}; cần từ {least} đến {most}",
    Fault.TWICE: "“{value}” xuất hiện hai lần",
    Fault.ID: "đang là “{value}”; cần 1 đến 40 chữ thường không dấu, chữ số và dấu gạch nối",
    Fault.TEXT: "đang có {there} ký tự; cần từ {least} đến {most} ký tự in được",
    Fault.PREFIX: "đang là “{value}”; cần một hoặc hai chữ cái in hoa",
    Fault.COLOUR: "đang là “{value}”; cần dạng như #0b6e6e",
    Fault.ICON: "đang là “{value}”; cần tên một hình có sẵn",
    Fault.RANGE: "đang là {value}; cần từ {least} đến {most}",
    Fault.NUMBERS: "đang từ {first} đến {last}; số đầu không được lớn hơn số cuối, cả hai từ 1 đến {most}",
    Fault.TIME: "có giờ “{value}”; cần dạng như 07:30",
    Fault.WEEKDAYS: "cần ít nhất một ngày trong tuần, mỗi ngày một lần",
    Fault.ORDER: "{opens}–{closes} đóng trước khi mở; giờ qua nửa đêm cần chia thành hai khoảng",
    Fault.OVERLAP: "{first} và {second} chồng lên nhau",
    Fault.DATE: "đang là “{value}”; cần một ngày có thật, ví dụ 2027-02-06",
    Fault.GROUP: "không có nhóm “{value}”",
    Fault.SERVICE: "không có dịch vụ “{value}”",
    Fault.INACTIVE: "dịch vụ “{value}” đang tắt phát số",
    Fault.REPEATED: "dịch vụ “{value}” đứng ngay sau chính nó",
    Fault.UNSERVED: "chưa có quầy nào phục vụ",
    Fault.TIME_ZONE: "đang là “{value}”; cần tên như Asia/Ho_Chi_Minh",
}


def sentence(error: CatalogueError, translate: Callable[[str], str] = str) -> str:
    """Where and what, for the administrator; ``translate`` is gettext of the language that they read.

    >>> from edge.queueing.catalogue import Place
    >>> sentence(CatalogueError(Place("service", "xray", "prefix"), Fault.PREFIX, value="x"))
    'Dịch vụ “xray”, chữ đầu của số: đang là “x”; cần một hoặc hai chữ cái in hoa.'
    """
    place = translate(KINDS[error.place.kind])
    if error.place.id:
        place += f" “{error.place.id}”"
    if error.place.field:
        place += f", {translate(FIELDS[error.place.field])}"
    return f"{place}: {translate(WORDS[error.fault]).format(**error.values)}."
