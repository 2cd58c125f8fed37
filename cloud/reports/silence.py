"""Which facilities were silent on which working days: the stamp of a report's completeness. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from cloud.periods import Period

SATURDAY = 5
_DAY = timedelta(days=1)


class Silence(Struct, frozen=True):
    """A stretch of working days on which nothing came: ``first`` to ``last``, ``days`` of them."""

    first: date
    last: date
    days: int


class Heard(Struct, frozen=True):
    """One facility: ``working`` working days, of which ``heard`` brought figures; ``first`` is the first day of the
    period with figures, None where there is none."""

    site: str
    working: int
    heard: int
    first: date | None
    silences: tuple[Silence, ...]

    @property
    def silent(self) -> int:
        """The working days on which nothing came."""
        return self.working - self.heard


def working_days(
    period: Period, heard: Mapping[str, frozenset[str]], today: date, *, alone: bool = False
) -> tuple[date, ...]:
    """Mondays to Fridays of the period on which any of these facilities had figures: so no holiday counts.

    Where only one facility is known (``alone``) nothing tells its holidays from its silence; then every Monday to
    Friday counts. The day that is going on never does: a facility may still open.
    """
    last = min(period.last, today - _DAY)
    weekdays = [period.first + n * _DAY for n in range((last - period.first).days + 1)]
    weekdays = [day for day in weekdays if day.weekday() < SATURDAY]
    if alone:
        return tuple(weekdays)
    any_of_them = frozenset().union(*heard.values())
    return tuple(day for day in weekdays if day.isoformat() in any_of_them)


def heard_of(site: str, days: frozenset[str], working: Sequence[date]) -> Heard:
    """What one facility with figures on ``days`` (``YYYY-MM-DD``) left out of the working days."""
    stretches: list[list[date]] = []
    spoke = True
    for day in working:
        if day.isoformat() in days:
            spoke = True
            continue
        if spoke:
            stretches.append([])
        stretches[-1].append(day)
        spoke = False
    silences = tuple(Silence(stretch[0], stretch[-1], len(stretch)) for stretch in stretches)
    silent = sum(silence.days for silence in silences)
    first = date.fromisoformat(min(days)) if days else None
    return Heard(site, len(working), len(working) - silent, first, silences)
