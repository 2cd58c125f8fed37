"""What a counter is doing, apart from whom it serves."""

from enum import Enum

from msgspec import Struct


class CounterState(Enum):
    """Whether a counter takes people (T2), or works on dossiers that came over the network (T9)."""

    CLOSED = "closed"
    OPEN = "open"
    PAUSED = "paused"
    ONLINE_DOSSIERS = "online-dossiers"


class Pause(Enum):
    """Why a counter is paused."""

    NONE = ""
    BREAK = "break"
    MEETING = "meeting"
    EMERGENCY = "emergency"
    EQUIPMENT = "equipment"


# Vietnamese source words; the English ones are in each program's gettext catalogue under these.
STATE_WORDS: dict[CounterState, str] = {
    CounterState.CLOSED: "Đóng",
    CounterState.OPEN: "Đang mở",
    CounterState.PAUSED: "Tạm nghỉ",
    CounterState.ONLINE_DOSSIERS: "Đang xử lý hồ sơ trực tuyến",
}
PAUSE_WORDS: dict[Pause, str] = {
    Pause.NONE: "",
    Pause.BREAK: "Nghỉ giải lao",
    Pause.MEETING: "Họp, hội chẩn",
    Pause.EMERGENCY: "Đi cấp cứu",
    Pause.EQUIPMENT: "Sự cố thiết bị",
}


class Standing(Struct, frozen=True):
    """How it stands with a counter: since when it is so, and when it last called anybody today (0: not yet)."""

    state: CounterState = CounterState.CLOSED
    pause: Pause = Pause.NONE
    since_ms: int = 0
    last_call_ms: int = 0


CLOSED = Standing()
