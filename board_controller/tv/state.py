"""What a TV is told: the signage in the words and the order of the page. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from board_controller.signage import Signage, Stage

LAST_CALLS = 6
NOTICE = (
    "Xin giữ phiếu và chú ý màn hình, loa gọi số",
    "Vui lòng chuẩn bị thẻ căn cước và thẻ bảo hiểm y tế trước khi vào quầy",
    "Cần giúp đỡ, xin hỏi nhân viên ở quầy gần nhất",
)


class TvCounter(Struct, frozen=True):
    """One tile. ``services`` are the names in one line; an empty ``label`` means that nobody was called."""

    number: int
    room: str
    services: str
    label: str
    next: str
    stage: Stage


class TvCall(Struct, frozen=True):
    """The current call, or one of the last ones."""

    label: str
    number: int
    room: str
    at_ms: int
    stage: Stage


class TvState(Struct, frozen=True):
    """Everything on the screen but the clock. ``hours`` is today's, such as ``7:00–11:30, 13:30–17:00``.

    ``calls`` begins with the current one; ``lost_since_ms`` is 0 while the board hears the hub.
    """

    facility: str
    place: str
    hours: str
    counters: tuple[TvCounter, ...]
    calls: tuple[TvCall, ...]
    notice: tuple[str, ...]
    lost_since_ms: int


class TvClock(Struct, frozen=True):
    """The time to show: a TV's own clock is never trusted."""

    now_ms: int
    offset_min: int


def tv_state(signage: Signage, now_ms: int) -> TvState:
    """The page's content at this time (milliseconds since 1970 UTC)."""
    return TvState(
        facility=signage.facility.name,
        place=" · ".join(part for part in (signage.facility.department, signage.facility.ward) if part),
        hours=_hours(signage, now_ms),
        counters=tuple(
            TvCounter(c.number, c.room, " · ".join(c.services), c.label, c.next_label, c.stage)
            for c in signage.counters
        ),
        calls=tuple(TvCall(c.label, c.number, c.room, c.at_ms, c.stage) for c in signage.calls[: 1 + LAST_CALLS]),
        notice=NOTICE,
        lost_since_ms=signage.lost_since_ms,
    )


def tv_clock(signage: Signage, now_ms: int) -> TvClock:
    """The time in the facility's zone."""
    offset = _local(signage, now_ms).utcoffset() or timedelta()
    return TvClock(now_ms, offset // timedelta(minutes=1))


def _hours(signage: Signage, now_ms: int) -> str:
    weekday = _local(signage, now_ms).weekday()
    today = [period for period in signage.hours if weekday in period.weekdays]
    return ", ".join(f"{period.opens.lstrip('0')}–{period.closes.lstrip('0')}" for period in today)


def _local(signage: Signage, now_ms: int) -> datetime:
    utc = datetime.fromtimestamp(now_ms / 1000, UTC)
    return utc.astimezone(ZoneInfo(signage.facility.time_zone))
