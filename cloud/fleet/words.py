"""What the pages of devices and alarms say: how a thing is, what is wrong, and what to do. Vietnamese gettext sources.

A part and what is wrong with it is worded as on the hub's own page of devices, so that the Department and the floor
speak of the same thing. ``say`` is the gettext of the page's language.
"""

import re
from collections.abc import Callable, Mapping
from enum import IntEnum

from cloud.fleet.records import Change, What
from cloud.fleet.rules import Alarm, Deed, Kind, Level
from cloud.words import N_
from edge.contracts.device_words import ADVICE_WORDS, BUTTON_WORDS, PRESENCE_WORDS, ROLE_WORDS, SILENT_WORDS
from edge.contracts.fleet import FleetPart
from edge.contracts.health import REASON_WORDS, SUBJECT_WORDS, PartState, Reason, Subject

Say = Callable[[str], str]
DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60


class Standing(IntEnum):
    """How a site or a device stands, the worst first."""

    SILENT = 0
    FAIL = 1
    WARN = 2
    UNHEARD = 3  # nothing was ever heard of it
    OFF = 4  # it is silent as it should be: closed for today, or a spare
    WELL = 5

    @property
    def calls(self) -> bool:
        """Whether somebody should see to it."""
        return self < Standing.OFF

    @property
    def told(self) -> bool:
        """Whether it is known how the parts of it stand."""
        return self not in (Standing.SILENT, Standing.UNHEARD, Standing.OFF)

    @property
    def mark(self) -> str:
        """Its class in the style sheet."""
        return self.name.lower()


STANDINGS: Mapping[Standing, str] = {
    Standing.SILENT: N_("Mất liên lạc"),
    Standing.FAIL: N_("Có sự cố"),
    Standing.WARN: N_("Cần xem"),
    Standing.UNHEARD: N_("Chưa báo về lần nào"),
    Standing.OFF: N_("Đang tắt"),
    Standing.WELL: N_("Tốt"),
}
LEVELS: Mapping[Level, str] = {Level.WARN: N_("Cần xem"), Level.FAIL: N_("Có sự cố")}
DEEDS: Mapping[Deed, str] = {
    Deed.OPENED: N_("Bắt đầu"),
    Deed.WORSENED: N_("Nặng hơn"),
    Deed.REOPENED: N_("Xảy ra lại"),
    Deed.CLOSED: N_("Đã hết"),
    Deed.ACKNOWLEDGED: N_("Đã nhận xử lý"),
}

_CALL_TECHNICIAN = N_("Xin báo kỹ thuật.")
# What happened, and what to do. Of a part its reason says both.
KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.BLIND: (
        N_("Trung tâm không nghe được các cơ sở"),
        N_("Xin xem máy chủ MQTT và chương trình moiso-fleet ở trung tâm. Tại cơ sở vẫn làm việc được."),
    ),
    Kind.INGEST: (
        N_("Trung tâm không nhận số liệu"),
        N_("Xin xem chương trình moiso-ingest ở trung tâm. Số liệu vẫn giữ ở cơ sở và sẽ tự lên đủ."),
    ),
    Kind.SITE_SILENT: (
        N_("Không có tín hiệu từ cơ sở"),
        N_("Xin gọi cơ sở xem máy chủ có điện và mạng ra ngoài không. Chỉ mất mạng thì tại chỗ vẫn gọi số được."),
    ),
    Kind.NOT_UNDERSTOOD: (
        N_("Không đọc được báo cáo thiết bị của cơ sở"),
        N_("Xin cài cùng một phiên bản phần mềm ở trung tâm và ở cơ sở."),
    ),
    Kind.REFUSED: (
        N_("Số liệu của cơ sở bị từ chối"),
        N_("Xin xem lý do ở trang Dữ liệu bị từ chối."),
    ),
    Kind.DEVICE_SILENT: (N_("Mất liên lạc"), N_("Xin xem thiết bị có điện và mạng không.")),
    Kind.PART: (N_("Có sự cố"), _CALL_TECHNICIAN),
    Kind.OUTBOX: (
        N_("Số liệu chờ lâu chưa lên trung tâm"),
        N_("Xin xem mạng của máy chủ tại cơ sở và chương trình moiso-ingest ở trung tâm. Số liệu không mất."),
    ),
    Kind.CERTIFICATE: (
        N_("Chứng thư của cơ sở sắp hết hạn"),
        N_("Xin cấp chứng thư mới cho máy chủ của cơ sở; quá hạn thì số liệu không lên được."),
    ),
    Kind.CLOCK: (
        N_("Đồng hồ máy chủ của cơ sở chạy sai"),
        N_("Xin xem máy chủ của cơ sở có đồng bộ giờ qua mạng không."),
    ),
    Kind.VERSION: (
        N_("Phiên bản phần mềm khác các cơ sở khác"),
        N_("Xin cài cùng một phiên bản như các cơ sở khác."),
    ),
}
NEVER = "never"  # why a site is silent of which nothing was ever heard
_NEVER = (
    N_("Cơ sở chưa báo lần nào"),
    N_("Xin xem cơ sở đã nối với trung tâm chưa, và phần mềm có mới như ở đây không."),
)
UNKNOWN_PART, UNKNOWN_REASON = N_("Bộ phận khác"), N_("có sự cố")
GOOD = N_("tốt")
EXPIRED = N_("Chứng thư của cơ sở đã hết hạn")
_SECONDS, _MINUTES = N_("{n} giây"), N_("{n} phút")
_HOURS, _DAYS = N_("{n} giờ"), N_("{n} ngày")
_SCREENS, _FILES = N_("{count} màn hình"), N_("{count} tệp")
_CONNECTION, _VERSION = N_("Kết nối"), N_("Phiên bản")
_LINKS: Mapping[str, str] = {"here": N_("có lại"), "lost": N_("mất")}
_REMOVED = N_("không còn trong cấu hình")
_COUNTER, _RATING = N_("Quầy"), N_("Đánh giá {score}")


def subject_words(subject: str, say: Say) -> str:
    """What a part is called. A part that only a newer hub has is some other part.

    >>> subject_words("printer", str), subject_words("teleporter", str)
    ('Máy in', 'Bộ phận khác')
    """
    try:
        return say(SUBJECT_WORDS[Subject(subject)])
    except ValueError:
        return say(UNKNOWN_PART)


def reason_words(reason: str, state: PartState, say: Say) -> str:
    """How a part is: what is wrong with it, or that it is well."""
    if not reason:
        return say(GOOD if state is PartState.OK else UNKNOWN_REASON)
    try:
        return say(REASON_WORDS[Reason(reason)])
    except ValueError:
        return say(UNKNOWN_REASON)


def advice(reason: str, say: Say) -> str:
    """What to do where a part is not well."""
    try:
        return say(ADVICE_WORDS[Reason(reason)])
    except (ValueError, KeyError):
        return say(_CALL_TECHNICIAN)


def which(subject: str, detail: str, say: Say) -> str:
    """Which part of several it is, or how many; empty where there is but one.

    >>> which("buttons", "q1/next", str), which("led-board", "q1,q2", str), which("tv", "3", str)
    ('Quầy q1, Mời số', 'Quầy q1, q2', '3 màn hình')
    """
    if not detail:
        return ""
    match subject:
        case Subject.BUTTONS.value if "/" in detail:
            counter, _, button = detail.partition("/")
            return f"{say(_COUNTER)} {counter}, {_button(button, say)}"
        case Subject.LED_BOARD.value:
            return f"{say(_COUNTER)} {', '.join(detail.split(','))}"
        case Subject.TV.value:
            return say(_SCREENS).format(count=detail)
        case Subject.MEDIA.value:
            return say(_FILES).format(count=detail)
    return detail


def part_words(part: FleetPart, say: Say) -> tuple[str, str, str]:
    """What a part is called, which of several it is, and how it is."""
    return (
        subject_words(part.subject, say),
        which(part.subject, part.detail, say),
        reason_words(part.reason, part.state, say),
    )


def change_words(change: Change, say: Say) -> tuple[str, str]:
    """What a line of the history is about, empty where that is the device itself, and how it became."""
    match change.what:
        case What.LINK.value:
            return say(_CONNECTION), say(_LINKS.get(change.state, UNKNOWN_REASON))
        case What.VERSION.value:
            return say(_VERSION), change.detail
        case What.PRESENCE.value:
            named = {presence.value: words for presence, words in PRESENCE_WORDS.items()}
            return "", say(named.get(change.state, _REMOVED))
    about = which(change.subject, change.detail, say)
    part = f"{subject_words(change.subject, say)}{f' ({about})' if about else ''}"
    if change.state not in {state.value for state in PartState}:
        return part, say(_REMOVED)
    return part, reason_words(change.reason, PartState(change.state), say)


def place(alarm: Alarm, say: Say) -> str:
    """Which machine of its site an alarm is about; empty where it is about the site itself."""
    if alarm.cause.device:
        return alarm.cause.device
    return say(ROLE_WORDS["hub"]) if alarm.cause.kind is Kind.PART else ""


def what(alarm: Alarm, say: Say) -> str:
    """What is wrong, as a sentence without its place."""
    cause = alarm.cause
    words = say(KINDS[cause.kind][0])
    match cause.kind:
        case Kind.PART:
            subject = cause.subject.partition("/")[0]
            about = which(subject, alarm.detail, say)
            named = f"{subject_words(subject, say)}{f' ({about})' if about else ''}"
            return f"{named}: {reason_words(alarm.reason, PartState.FAIL, say)}"
        case Kind.SITE_SILENT if alarm.reason == NEVER:
            return say(_NEVER[0])
        case Kind.CERTIFICATE if (days := _whole(alarm.detail)) is not None:
            return say(EXPIRED) if days < 0 else f"{words}: {say(_DAYS).format(n=days)}"
        case Kind.CLOCK if (seconds := _whole(alarm.detail)) is not None:
            return f"{words}: {lasting(abs(seconds), say)}"
        case Kind.VERSION if alarm.detail:
            return f"{words}: {alarm.detail}"
        case Kind.OUTBOX if (seconds := _whole(alarm.detail)) is not None:
            return f"{words}: {lasting(seconds, say)}"
    return words


def todo(alarm: Alarm, role: str, say: Say) -> str:
    """What to do about it; ``role`` is the device's, "" where nobody knows it."""
    match alarm.cause.kind:
        case Kind.PART:
            return advice(alarm.reason, say)
        case Kind.DEVICE_SILENT if role in SILENT_WORDS:
            return say(SILENT_WORDS[role])
        case Kind.SITE_SILENT if alarm.reason == NEVER:
            return say(_NEVER[1])
    return say(KINDS[alarm.cause.kind][1])


def lasting(seconds: int, say: Say) -> str:
    """A span of time in its two largest units, of which the second is left out where it is none.

    >>> lasting(45, str), lasting(754, str), lasting(7500, str), lasting(86_400, str)
    ('45 giây', '12 phút', '2 giờ 5 phút', '1 ngày')
    """
    if seconds < MINUTE_S:
        return say(_SECONDS).format(n=max(0, seconds))
    if seconds < HOUR_S:
        return say(_MINUTES).format(n=seconds // MINUTE_S)
    large_s, small_s, large, small = (
        (HOUR_S, MINUTE_S, _HOURS, _MINUTES) if seconds < DAY_S else (DAY_S, HOUR_S, _DAYS, _HOURS)
    )
    first = say(large).format(n=seconds // large_s)
    rest = seconds % large_s // small_s
    return f"{first} {say(small).format(n=rest)}" if rest else first


def _whole(detail: str) -> int | None:
    return int(detail) if re.fullmatch(r"-?[0-9]{1,12}", detail) else None


def _button(name: str, say: Say) -> str:
    kind, _, score = name.partition("-")
    if kind == "rate":
        return say(_RATING).format(score=score)
    return say(BUTTON_WORDS[name]) if name in BUTTON_WORDS else name
