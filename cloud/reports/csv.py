"""The raw counts as CSV: one line for each facility, day or month, and service; one column for each measure.

They come from the ledger, which has them whole whatever store the figures are read from. A facility's lines are read
at once and given out one by one, so that neither the memory nor a slow reader's open transaction grows.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from cloud.periods import Period
from cloud.rollups import MEASURES
from cloud.today import Facility, reading

MARK = "\ufeff"  # a spreadsheet takes UTF-8 only with it


class Step(Enum):
    """What a line is about: a business day, or a whole month."""

    DAY = "day"
    MONTH = "month"


COLUMNS = ("site", "name", "when", "service", "service_name", *MEASURES)


def lines(data: Path, facilities: Sequence[Facility], period: Period, step: Step) -> Iterator[bytes]:
    """The file in pieces, the mark and the head first. By month only the whole months of ``period`` are in it."""
    yield (MARK + _written([COLUMNS])).encode()
    for facility in facilities:
        rows = _rows(data, facility, period, step)
        if rows:
            yield _written(rows).encode()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula. Source: OWASP, CSV Injection.

    >>> safe("=1+1"), safe("Khám BHYT")
    ("'=1+1", 'Khám BHYT')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _rows(data: Path, facility: Facility, period: Period, step: Step) -> list[tuple[str | int, ...]]:
    with reading(data) as db:
        named = dict(db.execute("SELECT service, name FROM services WHERE site = ?", (facility.site,)).fetchall())
        if step is Step.DAY:
            span = (facility.site, period.first.isoformat(), period.last.isoformat())
            found = db.execute(_BY_DAY, span).fetchall()
        else:
            months = period.months or ("", "")  # of no whole month: none
            found = db.execute(_BY_MONTH, (facility.site, months[0], months[-1])).fetchall()
    about = (safe(facility.site), safe(facility.name))
    return [(*about, when, safe(service), safe(named.get(service, "")), *counts) for when, service, *counts in found]


def _written(rows: Sequence[Sequence[str | int]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


# The names are literals of this program: the schema's, and MEASURES.
_NAMED = ", ".join(MEASURES)
_BY_DAY = f"SELECT day, service, {_NAMED} FROM days WHERE site = ? AND day BETWEEN ? AND ? ORDER BY day, service"  # noqa: S608
_BY_MONTH = f"SELECT month, service, {_NAMED} FROM months WHERE site = ? AND month BETWEEN ? AND ? ORDER BY 1, 2"  # noqa: S608
