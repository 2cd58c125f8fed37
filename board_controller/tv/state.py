"""What a TV is told: the signage in the words and the order of the page. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from board_controller.signage import CounterSign, Move, Signage, Stage
from edge.contracts.counter import PAUSE_WORDS, STATE_WORDS, CounterState
from edge.contracts.outlook import Window

LAST_CALLS = 6
MOVES_A_LINE = 5  # labels that stand in one line of a TV
NOTICE = (
    "Xin giữ phiếu và chú ý màn hình, loa gọi số",
    "Vui lòng chuẩn bị thẻ căn cước và thẻ bảo hiểm y tế trước khi vào quầy",
    "Cần giúp đỡ, xin hỏi nhân viên ở quầy gần nhất",
)
ONLINE = "Hồ\u00a0sơ trực\u00a0tuyến"  # STATE_WORDS' own are too long for the place of a number

MINUTE_MS = 60_000
STEP_MIN = 5  # nobody can say it finer
SHORT_MIN = 10  # up to here it is told by the minute
LONG_MIN = 100  # from here on a time of day says more than minutes


class TvCounter(Struct, frozen=True):
    """One tile. ``services`` are the names in one line; an empty ``label`` means that nobody was called.

    ``state`` stands in the number's place where the counter takes nobody (T2, T9), ``next`` below the services: who
    is next and how long it takes, or why nobody is.
    """

    number: int
    room: str
    services: str
    label: str
    state: str
    next: str
    stage: Stage


class TvCall(Struct, frozen=True):
    """The current call, or one of the last ones."""

    label: str
    number: int
    room: str
    at_ms: int
    stage: Stage


class TvWait(Struct, frozen=True):
    """How long somebody who takes a number now waits for a service, about."""

    service: str
    wait: str


class TvMove(Struct, frozen=True):
    """Tickets that go to another room (K11)."""

    text: str
    text_en: str


class TvHours(Struct, frozen=True):
    """Working hours as moments: the page tells by its clock that they are over, with or without a link (T13).

    ``text`` is today's, such as ``7:00–11:30, 13:30–17:00``; ``known`` where the hub has told the moments.
    """

    text: str
    known: bool = False
    always: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    next_opens_ms: int = 0
    holiday: str = ""
    holiday_en: str = ""


class TvState(Struct, frozen=True):
    """Everything on the screen but the clock.

    ``calls`` begins with the current one; ``lost_since_ms`` is 0 while the board hears the hub.
    """

    facility: str
    place: str
    hours: TvHours
    counters: tuple[TvCounter, ...]
    calls: tuple[TvCall, ...]
    waits: tuple[TvWait, ...]
    moves: tuple[TvMove, ...]
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
        counters=tuple(_counter(counter, signage) for counter in signage.counters),
        calls=tuple(TvCall(c.label, c.number, c.room, c.at_ms, c.stage) for c in signage.calls[: 1 + LAST_CALLS]),
        waits=tuple(TvWait(s.name, _long(s.wait, signage)) for s in signage.services),
        moves=tuple(_moves(signage.moves)),
        notice=NOTICE,
        lost_since_ms=signage.lost_since_ms,
    )


def tv_clock(signage: Signage, now_ms: int) -> TvClock:
    """The time in the facility's zone."""
    offset = _local(signage, now_ms).utcoffset() or timedelta()
    return TvClock(now_ms, offset // timedelta(minutes=1))


def _counter(counter: CounterSign, signage: Signage) -> TvCounter:
    is_open = counter.state is CounterState.OPEN
    return TvCounter(
        number=counter.number,
        room=counter.room,
        services=" · ".join(counter.services),
        label=counter.label,
        state="" if counter.label or is_open else _state(counter),
        next=_next(counter, signage) if is_open else _why(counter, signage),
        stage=counter.stage,
    )


def _state(counter: CounterSign) -> str:
    return ONLINE if counter.state is CounterState.ONLINE_DOSSIERS else STATE_WORDS[counter.state]


def _next(counter: CounterSign, signage: Signage) -> str:
    if not counter.next_label:
        return "Chưa có người chờ"
    parts = [f"Tiếp theo\u00a0{counter.next_label}"]
    if counter.wait is not None:
        parts.append(f"chờ\u00a0{_short(counter.wait, signage)}")
    return " · ".join(parts)


def _why(counter: CounterSign, signage: Signage) -> str:
    """Why a counter takes nobody, and since when; for one that serves its last person, that it will not go on."""
    match counter.state:
        case CounterState.ONLINE_DOSSIERS:
            words = STATE_WORDS[counter.state] if counter.label else "Đang xử lý"
        case CounterState.PAUSED:
            words = PAUSE_WORDS[counter.pause] or (STATE_WORDS[counter.state] if counter.label else "")
        case _:
            return STATE_WORDS[counter.state] if counter.label else ""
    since = f"từ\u00a0{_clock(signage, counter.since_ms)}" if counter.since_ms else ""
    return " · ".join(part for part in (words, since) if part)


def _minutes(wait: Window, signage: Signage) -> tuple[int, int]:
    """The wait in whole minutes from when it was estimated, the range rounded outward."""
    low = max(0, wait.low_ms - signage.expected_at_ms) // MINUTE_MS
    high = -(-max(0, wait.high_ms - signage.expected_at_ms) // MINUTE_MS)
    if high > SHORT_MIN:
        low, high = low // STEP_MIN * STEP_MIN, -(-high // STEP_MIN) * STEP_MIN
    return low, max(high, 1)


def _short(wait: Window, signage: Signage) -> str:
    low, high = _minutes(wait, signage)
    if low >= LONG_MIN:
        return f"đến {_clock(signage, wait.low_ms)}–{_clock(signage, wait.high_ms)}"
    if low == 0:
        return f"dưới\u00a0{high}’"
    return f"{low}–{high}’" if low < high else f"{high}’"


def _long(wait: Window, signage: Signage) -> str:
    low, high = _minutes(wait, signage)
    if low >= LONG_MIN:
        return f"đến {_clock(signage, wait.low_ms)}–{_clock(signage, wait.high_ms)}"
    if low == 0:
        return f"dưới {high} phút"
    return f"{low}–{high} phút" if low < high else f"{high} phút"


def _moves(moves: Sequence[Move]) -> list[TvMove]:
    places: dict[tuple[int, str], list[str]] = {}
    for move in moves:
        places.setdefault((move.number, move.room), []).append(move.label)
    lines = []
    for (number, room), labels in places.items():
        for at in range(0, len(labels), MOVES_A_LINE):
            some = ", ".join(labels[at : at + MOVES_A_LINE])
            lines.append(TvMove(f"Số {some} {_where(number, room)}", f"{some}: {_where_en(number, room)}"))
    return lines


def _where(number: int, room: str) -> str:
    if not number:
        return "xin chờ, quầy nào trống trước sẽ gọi"
    return f"mời sang Phòng\u00a0{room}" if room else f"mời sang Quầy\u00a0{number}"


def _where_en(number: int, room: str) -> str:
    if not number:
        return "the first free counter will call you"
    return f"please go to room\u00a0{room}" if room else f"please go to counter\u00a0{number}"


def _hours(signage: Signage, now_ms: int) -> TvHours:
    today = _local(signage, now_ms)
    hours = signage.hours
    if hours is None:
        return TvHours(_weekly(signage, today.weekday()))
    if not hours.spans or _local(signage, hours.spans[0][0]).date() != today.date():
        text = ""  # closed today, or told yesterday: the link is lost
    else:
        spans = [(_clock(signage, opens), _clock(signage, closes)) for opens, closes in hours.spans]
        text = ", ".join(f"{opens}–{'24:00' if closes == '0:00' else closes}" for opens, closes in spans)
    return TvHours(text, True, hours.always, hours.spans, hours.next_opens_ms, hours.holiday, hours.holiday_en)


def _weekly(signage: Signage, weekday: int) -> str:
    today = [period for period in signage.weekly if weekday in period.weekdays]
    return ", ".join(f"{period.opens.removeprefix('0')}–{period.closes.removeprefix('0')}" for period in today)


def _clock(signage: Signage, at_ms: int) -> str:
    at = _local(signage, at_ms)
    return f"{at.hour}:{at.minute:02d}"


def _local(signage: Signage, now_ms: int) -> datetime:
    utc = datetime.fromtimestamp(now_ms / 1000, UTC)
    return utc.astimezone(ZoneInfo(signage.facility.time_zone))
