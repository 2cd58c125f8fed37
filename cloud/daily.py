"""One facility's counts day by day. They come from the ledger, whatever store the figures are read from: an outside
system that keeps its own copy is to have all measures of each day, which no page asks for."""

from collections.abc import Mapping
from pathlib import Path

from cloud.counts import Counts
from cloud.periods import Period
from cloud.rollups import MEASURES
from cloud.today import reading


def counts_by_day(data: Path, site: str, period: Period, *, after: str = "", limit: int) -> Mapping[str, Counts]:
    """The counts of up to ``limit`` days (``YYYY-MM-DD``) later than ``after``, in their order; days on which nothing
    was counted are left out."""
    with reading(data) as db:
        rows = db.execute(_BY_DAY, (site, period.first.isoformat(), period.last.isoformat(), after, limit))
        return {day: Counts(tuple(values)) for day, *values in rows}


# The names are literals of this program: MEASURES.
_BY_DAY = (
    f"SELECT day, {', '.join(f'SUM({measure})' for measure in MEASURES)} FROM days"  # noqa: S608
    " WHERE site = ? AND day BETWEEN ? AND ? AND day > ? GROUP BY day ORDER BY day LIMIT ?"
)
