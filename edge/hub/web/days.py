"""A day that somebody asks for in a page's address."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Day(NamedTuple):
    """``name`` is ``YYYY-MM-DD``; from midnight (inclusive) to midnight (exclusive) of the site's own time zone."""

    name: str
    from_ms: int
    until_ms: int


def day_named(text: str, zone: str) -> Day | None:
    """The day that is written as ``YYYY-MM-DD``, None where that is none."""
    try:
        begins = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))
        from_ms, until_ms = (int(at.timestamp() * 1000) for at in (begins, begins + timedelta(days=1)))
    except (ValueError, OverflowError):
        return None
    return Day(f"{begins:%Y-%m-%d}", from_ms, until_ms)
