"""What a TV is told: the signage in the words and the order of the page. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from board_controller.signage import Banner, CounterSign, Move, Signage
from edge.contracts.counter import PAUSE_WORDS, STATE_WORDS, CounterState
from edge.contracts.hall import MediumKind, Screen
from edge.contracts.notice import meant_for
from edge.contracts.outlook import Window
from edge.contracts.tv import (
    DEFAULT_SCREEN,
    TvCall,
    TvClock,
    TvCounter,
    TvHours,
    TvMedium,
    TvMove,
    TvNotice,
    TvState,
    TvWait,
    ground,
    layout,
    named,
    playlist,
    running,
)

LAST_CALLS = 6
MOVES_A_LINE = 5  # labels that stand in one line of a TV
ONLINE = "Hồ\u00a0sơ trực\u00a0tuyến"  # STATE_WORDS' own are too long for the place of a number

MINUTE_MS = 60_000
STEP_MIN = 5  # nobody can say it finer
SHORT_MIN = 10  # up to here it is told by the minute
LONG_MIN = 100  # from here on a time of day says more than minutes

NO_HUB = ("Đang chờ máy chủ của cơ sở…", "Waiting for the facility's server…")
NO_COUNTER = ("Khu này chưa có quầy nào", "There is no counter in this zone yet")
NO_SCREEN = (
    "Chưa có màn hình “{}”. Quản trị viên thêm màn hình này thì số sẽ tự hiện ở đây.",
    "There is no screen “{}” yet. It comes to life as soon as an administrator adds it.",
)


def screen_of(signage: Signage, screen_id: str) -> Screen | None:
    """The screen with this id; "1" is there always, by its defaults where the catalogue has none of that name."""
    for screen in signage.screens:
        if screen.id == screen_id:
            return screen
    return DEFAULT_SCREEN if screen_id == DEFAULT_SCREEN.id else None


def media_there(signage: Signage, held: Mapping[str, str]) -> dict[str, TvMedium]:
    """The pictures and clips that can play, by id; ``held`` is the path at which each SHA-256 is served."""
    return {
        medium.id: TvMedium(held[medium.sha256], medium.kind)
        for medium in signage.media
        if medium.kind is not MediumKind.SOUND and medium.sha256 in held
    }


def tv_state(
    signage: Signage, now_ms: int, screen: Screen = DEFAULT_SCREEN, media: Mapping[str, TvMedium] | None = None
) -> TvState:
    """The screen's content at this time (milliseconds since 1970 UTC); ``media`` are those that are there, by id.

    A move is told on every screen: nobody knows in which zone its person waits.
    """
    there = media or {}
    counters = tuple(counter for counter in signage.counters if _seen(screen, counter.zone))
    calls = [call for call in signage.calls if _seen(screen, call.zone)]
    waits = [s for s in signage.services if not screen.zones or not s.zones.isdisjoint(screen.zones)]
    blank = "" if counters else NO_COUNTER if signage.facility.name else NO_HUB
    state = TvState(
        facility="",
        layout=layout(screen, there, signage.facility.logo),
        hours=_hours(signage, now_ms),
        counters=tuple(_counter(counter, signage, screen) for counter in counters),
        calls=tuple(TvCall(c.label, c.number, c.room, c.at_ms, c.stage) for c in calls[: 1 + LAST_CALLS]),
        waits=tuple(TvWait(s.name, _long(s.wait, signage)) for s in waits) if screen.waits else (),
        moves=tuple(_moves(signage.moves)),
        notice=tuple(running(screen)),
        announcements=tuple(_announcements(signage.notices, screen)),
        media=playlist(screen, there),
        lost_since_ms=signage.lost_since_ms,
        blank=blank[0] if blank else "",
        blank_en=blank[1] if blank else "",
    )
    return named(state, signage.facility)


def no_screen(signage: Signage, now_ms: int, screen_id: str) -> TvState:
    """What is said where the catalogue has no screen of this id."""
    blank, blank_en = NO_SCREEN if signage.facility.name else NO_HUB
    state = TvState(
        facility="",
        hours=_hours(signage, now_ms),
        announcements=tuple(_announcements(signage.notices, DEFAULT_SCREEN)),
        lost_since_ms=signage.lost_since_ms,
        blank=blank.format(screen_id),
        blank_en=blank_en.format(screen_id),
    )
    return named(state, signage.facility)


def tv_clock(signage: Signage, now_ms: int) -> TvClock:
    """The time in the facility's zone."""
    offset = _local(signage, now_ms).utcoffset() or timedelta()
    return TvClock(now_ms, offset // timedelta(minutes=1))


def _seen(screen: Screen, zone: str) -> bool:
    return not screen.zones or zone in screen.zones


def _announcements(notices: Sequence[Banner], screen: Screen) -> list[TvNotice]:
    meant = [notice for notice in notices if meant_for(notice.zones, screen.zones)]
    return [TvNotice(n.text_vi or n.text_en, n.text_en if n.text_vi else "", n.urgent) for n in meant]


def _counter(counter: CounterSign, signage: Signage, screen: Screen) -> TvCounter:
    is_open = counter.state is CounterState.OPEN
    following = _next(counter, signage, screen) if is_open else _why(counter, signage)
    return TvCounter(
        number=counter.number,
        room=counter.room,
        services=" · ".join(counter.services),
        label=counter.label,
        state="" if counter.label or is_open else _state(counter),
        next=following,
        stage=counter.stage,
        colour=ground(counter.colour, screen.theme) if screen.colours == "services" and counter.colour else "",
    )


def _state(counter: CounterSign) -> str:
    return ONLINE if counter.state is CounterState.ONLINE_DOSSIERS else STATE_WORDS[counter.state]


def _next(counter: CounterSign, signage: Signage, screen: Screen) -> str:
    if not counter.next_label:
        return "Chưa có người chờ" if screen.next else ""
    parts = [f"Tiếp theo\u00a0{counter.next_label}"] if screen.next else []
    if counter.wait is not None and screen.waits:
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
    return f"{low}–\u2060{high}’" if low < high else f"{high}’"  # with a word joiner: no line breaks in a range


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
