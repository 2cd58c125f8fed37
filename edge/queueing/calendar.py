"""The business day, and whether the clock that tells it can be believed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# A Pi has no clock battery. Nothing of this product existed before, and nobody looks after a site for longer than this.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
LATEST = datetime(2046, 1, 1, tzinfo=UTC)
MOST_BACK = timedelta(hours=2)
MOST_FORWARD = timedelta(days=120)


def business_day(at_ms: int, time_zone: str) -> str:
    """The site's own date at this moment, ``YYYY-MM-DD``; numbers restart with it.

    >>> business_day(1_795_388_400_000, "Asia/Ho_Chi_Minh"), business_day(1_795_388_400_000, "UTC")
    ('2026-11-23', '2026-11-22')
    """
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(time_zone)).date().isoformat()


def clock_is_plausible(at_ms: int, last_ms: int) -> bool:
    """Whether a clock that reads ``at_ms`` can be believed after a journal that ends at ``last_ms`` (0: empty).

    A small step back is a clock being set: the journal's time then stands still until it is caught up. A large one
    either way is a clock that was never set, and a day opened by it could not be closed again.
    """
    if not EARLIEST.timestamp() * 1000 <= at_ms < LATEST.timestamp() * 1000:
        return False
    if not last_ms:
        return True
    step = timedelta(milliseconds=at_ms - last_ms)
    return -MOST_BACK <= step <= MOST_FORWARD
