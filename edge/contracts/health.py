"""How a device is: what a kiosk or a board controller tells the hub every 20 seconds, and at once when it changes.

Codes and figures only: whoever shows them has the words below. Nothing of it is about a person, nothing is journalled,
and the last report replaces the one before.
"""

from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

EVERY_S = 20  # at the latest
SILENT_AFTER_S = 60  # of whoever said nothing for so long nothing is known any more

MAX_PARTS = 64
MAX_DETAIL = 60


class PartState(Enum):
    """OK: it works. WARN: it works, and somebody should see to it. FAIL: something does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Subject(Enum):
    """What a device is made of."""

    PRINTER = "printer"
    SCANNER = "scanner"
    CARD_READER = "card-reader"
    CAMERA = "camera"
    SCREEN = "screen"
    NUMBERS = "numbers"
    SPEAKER = "speaker"
    BUTTONS = "buttons"
    LED_BOARD = "led-board"
    TV = "tv"
    MEDIA = "media"
    HUB_LINK = "hub-link"
    CLOCK = "clock"
    DISK = "disk"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    POWER = "power"
    COPY = "copy"
    BACKUP = "backup"


class Reason(Enum):
    """What is wrong with a part."""

    PAPER_LOW = "paper-low"
    PAPER_OUT = "paper-out"
    COVER_OPEN = "cover-open"
    OFFLINE = "offline"
    CUTTER = "cutter"
    OVERHEATED = "overheated"
    BROKEN = "broken"
    INTERRUPTED = "interrupted"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no-answer"
    ABSENT = "absent"
    BUSY = "busy"
    STUCK = "stuck"
    SWITCHED_OFF = "switched-off"
    NOT_SEEN = "not-seen"
    WITHDRAWN = "withdrawn"  # out of service by staff
    SHUT = "shut"  # out of service by the Department
    NO_NUMBERS = "no-numbers"
    RESERVE = "reserve"  # numbers come from the kiosk's own reserve
    SILENT = "silent"
    REFUSING = "refusing"
    HELD = "held"
    BOUNCING = "bouncing"
    MISSING = "missing"
    NO_ROOM = "no-room"
    UNPLAYABLE = "unplayable"
    HUB_AWAY = "hub-away"
    CLOCK_OFF = "clock-off"
    NEARLY_FULL = "nearly-full"
    FULL = "full"
    HOT = "hot"
    THROTTLED = "throttled"
    UNDER_VOLTAGE = "under-voltage"
    WAS_UNDER_VOLTAGE = "was-under-voltage"
    COPY_LATE = "copy-late"
    COPY_BROKEN = "copy-broken"
    BACKUP_LATE = "backup-late"


# With these the part still does its work; with every other one it does not.
WARNINGS = frozenset(
    (
        Reason.PAPER_LOW,
        Reason.INTERRUPTED,
        Reason.SWITCHED_OFF,
        Reason.WITHDRAWN,
        Reason.SHUT,
        Reason.RESERVE,
        Reason.BOUNCING,
        Reason.MISSING,
        Reason.NO_ROOM,
        Reason.UNPLAYABLE,
        Reason.CLOCK_OFF,
        Reason.NEARLY_FULL,
        Reason.HOT,
        Reason.THROTTLED,
        Reason.WAS_UNDER_VOLTAGE,
        Reason.COPY_LATE,
        Reason.BACKUP_LATE,
    )
)

# As configuration and catalogue name it: "q1/next", "q1,q2", a zone, a count.
Detail = Annotated[str, Meta(max_length=MAX_DETAIL, pattern=r"^[^\x00-\x1f\x7f]*\Z")]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of a device; ``detail`` says which, where there are several, or how many.

    ``state`` follows from ``reason`` (None: it works); it is told all the same, for whoever does not know a reason.
    """

    subject: Subject
    state: PartState = PartState.OK
    reason: Reason | None = None
    detail: Detail = ""

    def __post_init__(self) -> None:
        if self.state is not state_of(self.reason):
            raise ValueError("the state of a part follows from the reason")


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """What the machine measures of itself; None where it cannot."""

    disk_free_mb: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    memory_free_mb: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    temperature_c: Annotated[int, Meta(ge=-60, le=200)] | None = None


class DeviceHealth(Struct, frozen=True, forbid_unknown_fields=True):
    """All of one device: which program of which version runs since how long, its parts and figures.

    ``at_ms`` is when it was so by the device's idea of the site's time, milliseconds since 1970 UTC.
    """

    program: Literal["kiosk", "board", "hub", "standby"]
    version: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.+!_-]{1,40}\Z")]
    at_ms: Annotated[int, Meta(ge=0, le=10**15)]
    uptime_s: Annotated[int, Meta(ge=0, le=10**10)]
    parts: Annotated[tuple[Part, ...], Meta(max_length=MAX_PARTS)] = ()
    figures: Figures = Figures()


def state_of(reason: Reason | None) -> PartState:
    """How a part is of which this is wrong.

    >>> state_of(Reason.PAPER_LOW), state_of(Reason.PAPER_OUT), state_of(None)
    (<PartState.WARN: 'warn'>, <PartState.FAIL: 'fail'>, <PartState.OK: 'ok'>)
    """
    if reason is None:
        return PartState.OK
    return PartState.WARN if reason in WARNINGS else PartState.FAIL


def part(subject: Subject, reason: Reason | None = None, detail: str = "") -> Part:
    """A part with the state that follows from the reason. A detail that does not fit is cut off, and control
    characters in it become question marks."""
    printable = "".join("?" if letter < " " or letter == "\x7f" else letter for letter in detail)
    return Part(subject, state_of(reason), reason, printable[:MAX_DETAIL])


# Vietnamese source words; the English ones are in the gettext catalogue under these.
SUBJECT_WORDS: dict[Subject, str] = {
    Subject.PRINTER: "Máy in",
    Subject.SCANNER: "Máy quét",
    Subject.CARD_READER: "Đầu đọc thẻ",
    Subject.CAMERA: "Camera",
    Subject.SCREEN: "Màn hình",
    Subject.NUMBERS: "Phát số",
    Subject.SPEAKER: "Loa",
    Subject.BUTTONS: "Nút bấm",
    Subject.LED_BOARD: "Bảng LED",
    Subject.TV: "TV",
    Subject.MEDIA: "Hình, clip, âm thanh",
    Subject.HUB_LINK: "Kết nối máy chủ",
    Subject.CLOCK: "Đồng hồ",
    Subject.DISK: "Thẻ nhớ",
    Subject.MEMORY: "Bộ nhớ",
    Subject.TEMPERATURE: "Nhiệt độ",
    Subject.POWER: "Nguồn điện",
    Subject.COPY: "Bản sao",
    Subject.BACKUP: "Sao lưu",
}
REASON_WORDS: dict[Reason, str] = {
    Reason.PAPER_LOW: "sắp hết giấy",
    Reason.PAPER_OUT: "hết giấy",
    Reason.COVER_OPEN: "nắp đang mở",
    Reason.OFFLINE: "đang tạm ngừng (offline)",
    Reason.CUTTER: "kẹt giấy hoặc dao cắt",
    Reason.OVERHEATED: "quá nóng",
    Reason.BROKEN: "bị hỏng",
    Reason.INTERRUPTED: "in dở dang",
    Reason.UNREACHABLE: "không kết nối được",
    Reason.NO_ANSWER: "không trả lời",
    Reason.ABSENT: "không tìm thấy thiết bị",
    Reason.BUSY: "chương trình khác đang giữ",
    Reason.STUCK: "bị treo",
    Reason.SWITCHED_OFF: "không hoạt động",
    Reason.NOT_SEEN: "trang kiosk không hiện",
    Reason.WITHDRAWN: "nhân viên đã tạm ngừng",
    Reason.SHUT: "Sở Y tế đã tạm ngừng",
    Reason.NO_NUMBERS: "không lấy được số",
    Reason.RESERVE: "đang phát số dự phòng",
    Reason.SILENT: "không phát được tiếng",
    Reason.REFUSING: "không nhận lệnh",
    Reason.HELD: "bị kẹt",
    Reason.BOUNCING: "chập chờn",
    Reason.MISSING: "thiếu tệp",
    Reason.NO_ROOM: "hết chỗ chứa tệp",
    Reason.UNPLAYABLE: "có tệp TV không phát được",
    Reason.HUB_AWAY: "mất kết nối",
    Reason.CLOCK_OFF: "chạy sai giờ",
    Reason.NEARLY_FULL: "sắp đầy",
    Reason.FULL: "đã đầy",
    Reason.HOT: "nóng",
    Reason.THROTTLED: "máy tự chạy chậm lại vì nóng hoặc thiếu điện",
    Reason.UNDER_VOLTAGE: "thiếu điện",
    Reason.WAS_UNDER_VOLTAGE: "đã có lúc thiếu điện",
    Reason.COPY_LATE: "chậm so với máy chủ",
    Reason.COPY_BROKEN: "khác máy chủ, đang chép lại từ đầu",
    Reason.BACKUP_LATE: "quá lâu chưa sao lưu được",
}
