"""The rows of the ledger's rollups as points of a time series, in InfluxDB's line protocol: pure.

A point holds the absolute counts of a row, never an increment: the same tags and time overwrite it, so it may be pushed
any number of times. Its fields are the measures that are not 0, and three that are always there: ``rows`` (how many
rows of the ledger it stands for; 0 withdraws it, as no version of InfluxDB has the same way to delete), ``tickets``
(all numbers given) and ``called``. A measure that was pushed and fell back to 0 must be written as 0: see ``whole``.

What a facility counted from the first of January to the end of a day stands in one text, ``counts``, and its load by
the hours of the week in another, ``loads``: the figures of any stretch of days are those at its end less those before
it. InfluxDB 1.x finds a hundred fields of 130 facilities in a third of a second, and one in a few ms where the texts
that it unpacks on the way are those of a month: hence their tag ``month`` (01 to 12).

Times are no moments but names of days and hours, written as UTC whatever zone the facility is in: a business day is the
midnight that begins it, a month that of its first day. The hours of the day, summed up over a month, are told apart by
their time too, so that no tag is spent on them: hour 7 stands at 07:00 of the month's first day.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import quote, unquote
from zlib import crc32

from cloud.rollups import ISSUED, MEASURES

HOUR_S = 3600
SLOTS = 7 * 24
ALWAYS = ("rows", "tickets", "called")
FIELDS = (*ALWAYS, *(measure for measure in MEASURES if measure != "called"))
SHAPE = crc32(",".join(MEASURES).encode())  # the measures that ``counts`` has, and their order

_ISSUED = [MEASURES.index(measure) for measure in ISSUED.values()]
_CALLED = MEASURES.index("called")
_OTHERS = [(place, measure) for place, measure in enumerate(MEASURES) if measure != "called"]


class Kind(Enum):
    """The measurements; the tag ``site`` is on all of them, ``service`` on those that are named by it.

    The days of the year so far are told apart by the month they lie in, too.
    """

    DAY = "day"
    DAY_SERVICE = "day_service"
    HOUR = "hour"
    MONTH = "month"
    MONTH_SERVICE = "month_service"
    MONTH_HOUR = "month_hour"
    SO_FAR = "so_far"  # of the year: ``rows``, ``counts`` and ``loads``

    @property
    def numbers(self) -> tuple[str, ...]:
        """The fields of its points that are numbers."""
        return ALWAYS[:1] if self is Kind.SO_FAR else FIELDS


def tag(name: str) -> str:
    """A site or service as the value of its tag: letters, digits and ``._~-`` as they are, all else percent-encoded.

    So no name, however hostile, means anything in line protocol, InfluxQL or a regular expression.

    >>> tag("mau-01"), tag("a' OR 1=1")
    ('mau-01', 'a%27%20OR%201%3D1')
    """
    return quote(name, safe="")


def named(value: str) -> str:
    """The site or service of a tag's value."""
    return unquote(value)


def time_of(day: str, hour: int = 0) -> int:
    """The Unix time in seconds under which a day (``YYYY-MM-DD``) or month (``YYYY-MM``) stands, or an hour of it.

    >>> time_of("1970-01-02", 1), time_of("1970-02")
    (90000, 2678400)
    """
    year, month, *rest = map(int, day.split("-"))
    return int(datetime(year, month, rest[0] if rest else 1, tzinfo=UTC).timestamp()) + hour * HOUR_S


def day_of(time: int) -> str:
    """The day (``YYYY-MM-DD``) of such a time."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()


def point(kind: Kind, site: str, time: int, rows: int, values: Sequence[int], *, service: str = "", whole: bool) -> str:
    """One line for these ``values``, which stand in the order of MEASURES.

    ``whole`` writes the zeros too: where a measure may have been pushed that has fallen back to 0 since.
    """
    fields = [f"rows={rows}i,tickets={sum(values[place] for place in _ISSUED)}i,called={values[_CALLED]}i"]
    fields += [f"{name}={values[place]}i" for place, name in _OTHERS if whole or values[place]]
    return f"{_head(kind, site, service, time)} {','.join(fields)} {time}"


def so_far(site: str, time: int, counts: Sequence[int], issued: Sequence[int], called: Sequence[int]) -> str:
    """One line for what was counted from the first of January on: MEASURES, and the load by the hours of the week."""
    loads = ",".join(f"{i} {c}" if i or c else "" for i, c in zip(issued, called, strict=True))
    return f'{_head(Kind.SO_FAR, site, "", time)} rows=1i,counts="{SHAPE:x}:{_text(counts)}",loads="{loads}" {time}'


def _text(numbers: Iterable[int]) -> str:
    return ",".join(str(n) if n else "" for n in numbers)


def counts_in(text: str) -> list[int]:
    """What such a text counts, in the order of MEASURES. Raises ValueError where a program with others wrote it."""
    shape, _, counts = text.partition(":")
    if shape != f"{SHAPE:x}":
        raise ValueError("the counts of another version of this program")
    return [int(n) if n else 0 for n in counts.split(",")]


def loads_in(text: str) -> dict[int, tuple[int, int]]:
    """Numbers given and called by the hour of the week, Monday's first is 0: those with any.

    Raises ValueError where it is no such text.
    """
    slots = text.split(",")
    if len(slots) != SLOTS:
        raise ValueError("not the hours of a week")
    loads = {}
    for slot, load in enumerate(slots):
        if load:
            issued, called = load.split(" ")
            loads[slot] = int(issued), int(called)
    return loads


def withdrawn(kind: Kind, site: str, time: int, service: str = "") -> str:
    """The line that leaves nothing of a point which the ledger does not have."""
    fields = ",".join(f"{name}=0i" for name in kind.numbers)
    return f"{_head(kind, site, service, time)} {fields} {time}"


def _head(kind: Kind, site: str, service: str, time: int) -> str:
    month = f",month={day_of(time)[5:7]}" if kind is Kind.SO_FAR else ""
    return f"{kind.value}{month},site={tag(site)}{f',service={tag(service)}' if service else ''}"


def one_of(names: Iterable[str]) -> str:
    """A regular expression, in InfluxQL's slashes, that exactly the tags of these names fit."""
    return f"/^(?:{'|'.join(tag(name).replace('.', '[.]') for name in names)})$/"
