"""A facility's report for telephones, and ids of tickets, for tests."""

import time
from datetime import UTC, datetime
from pathlib import Path

from cloud.phone.store import PhoneStore
from edge.contracts.phone import VERSION, PhoneReport, PhoneTicket, key_of
from edge.contracts.ticket import State

MINUTE_MS = 60_000
SERVICES = (("Khám tổng quát", "General examination"), ("Khám bảo hiểm y tế", "Insurance examination"))
COUNTERS = ((1, "101"), (2, "102"), (3, "Siêu âm 3"))


def token_of(number: int) -> str:
    """A ticket's id."""
    return f"{number:032x}"


def wall_ms() -> int:
    """Now, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def ticket_like(
    number: int = 1,
    state: State = State.WAITING,
    *,
    ahead: int = 0,
    counters: tuple[int, ...] = (0, 1),
    window_min: tuple[int, int] | None = None,
    back_min: int = 0,
    into: str = "",
) -> PhoneTicket:
    """Ticket ``A001`` of this number; the window and ``back_min`` are minutes from now."""
    now_ms = wall_ms()
    low, high = (now_ms + minutes * MINUTE_MS for minutes in window_min) if window_min else (0, 0)
    return PhoneTicket(
        key=key_of(token_of(number)),
        label=f"A{number:03}",
        into=into,
        state=state,
        service=0,
        counters=counters,
        ahead=ahead,
        low_ms=low,
        high_ms=high,
        called_ms=now_ms if state is State.CALLED else 0,
        back_until_ms=now_ms + back_min * MINUTE_MS if back_min else 0,
    )


def report_of(*tickets: PhoneTicket, whole: bool = False, until_min: int = 600, at_ms: int = 0) -> PhoneReport:
    """A report whose day ends in so many minutes."""
    at_ms = at_ms or wall_ms()
    return PhoneReport(
        version=VERSION,
        whole=whole,
        at_ms=at_ms,
        until_ms=at_ms + until_min * MINUTE_MS,
        facility="Trung tâm Y tế huyện Mẫu",
        facility_en="Mau District Health Centre",
        time_zone="Asia/Ho_Chi_Minh",
        services=SERVICES,
        counters=COUNTERS,
        tickets=tickets,
    )


def tell(data: Path, *tickets: PhoneTicket, site: str = "mau-01", whole: bool = False, ago_min: int = 0) -> None:
    """The site says this, so many minutes ago."""
    store = PhoneStore(data)
    store.take([(site, report_of(*tickets, whole=whole))], wall_ms() - ago_min * MINUTE_MS)
    store.close()


def vietnam_time(at_ms: int) -> str:
    """A moment as a clock in Vietnam shows it."""
    return f"{datetime.fromtimestamp(at_ms / 1000 + 7 * 3600, UTC):%H:%M}"
