"""What one recipient has been told of each alarm, and what there is to tell: pure, a fold over the alarm's deeds.

A recipient is told how an alarm is, not every deed of it: what came and went between two messages is one piece of news
or none. What is told counts only once it has arrived; until then it stays news.
"""

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from cloud.fleet.rules import Deed, Level

NOT_OPEN = 0  # of a level that was told: the recipient knows of no open alarm
MOST_REPEATS = 3  # of what may have arrived: a server that always breaks off must not fill a mailbox


class News(Enum):
    """What there is to tell of one alarm; the value stands in a webhook's body."""

    OPENED = "opened"
    REOPENED = "reopened"
    WORSENED = "worsened"
    CLOSED = "closed"
    PASSED = "passed"  # opened and closed again before anybody was told
    ACKNOWLEDGED = "acknowledged"
    REMINDER = "reminder"


class Standing(Struct, frozen=True):
    """One alarm as it is for one recipient, and as that recipient knows it. Times are milliseconds since 1970 UTC.

    ``level`` is its level, NOT_OPEN where it is closed or below what the recipient asked for; ``told`` the level that
    was told. ``again``: it was opened again. ``unsure``: so often it was told, and may not have arrived.
    """

    alarm: int
    level: int = NOT_OPEN
    again: bool = False
    acknowledged: bool = False
    changed_ms: int = 0
    told: int = NOT_OPEN
    told_acknowledged: bool = False
    told_ms: int = 0
    unsure: int = 0


class Told(Struct, frozen=True):
    """One piece of news as a message has it."""

    alarm: int
    news: News
    level: int
    acknowledged: bool


def heard(before: Standing | None, alarm: int, deed: Deed, level: Level, least: Level, at_ms: int) -> Standing | None:
    """How an alarm stands after a deed of it, for somebody who asked for ``least`` and worse; None: nothing to say.

    >>> heard(None, 7, Deed.OPENED, Level.WARN, Level.FAIL, 0)
    >>> heard(None, 7, Deed.WORSENED, Level.FAIL, Level.FAIL, 0).level
    2
    """
    counts = level >= least
    if before is None:
        if not counts or deed in (Deed.CLOSED, Deed.ACKNOWLEDGED):
            return None
        before = Standing(alarm)
    match deed:
        case Deed.OPENED | Deed.REOPENED | Deed.WORSENED:
            again = deed is Deed.REOPENED or (deed is Deed.WORSENED and before.again)
            now = int(level) if counts else NOT_OPEN
            after = replace(before, level=now, again=again, acknowledged=False, told_acknowledged=False)
        case Deed.CLOSED:
            after = replace(before, level=NOT_OPEN, acknowledged=False)
        case Deed.ACKNOWLEDGED:
            after = replace(before, acknowledged=True)
    return replace(after, changed_ms=at_ms)


def to_tell(standing: Standing) -> News | None:
    """What there is to tell of it now, but for a reminder.

    >>> to_tell(Standing(7, level=2)), to_tell(Standing(7, level=2, told=2)), to_tell(Standing(7, told=2))
    (<News.OPENED: 'opened'>, None, <News.CLOSED: 'closed'>)
    """
    if standing.level == NOT_OPEN:
        return News.CLOSED if standing.told or standing.unsure else News.PASSED
    if not standing.told:
        return News.REOPENED if standing.again else News.OPENED
    if standing.level > standing.told:
        return News.WORSENED
    return News.ACKNOWLEDGED if standing.acknowledged and not standing.told_acknowledged else None


def to_remind(standing: Standing, now_ms: int, reminder_ms: int) -> bool:
    """Whether an alarm that was told so long ago fails still, and nobody has taken it on."""
    open_as_told = standing.told == standing.level == Level.FAIL
    return open_as_told and not standing.acknowledged and now_ms - standing.told_ms >= reminder_ms


def arrived(standing: Standing, told: Told, now_ms: int) -> Standing | None:
    """How it stands once this was told; None: there is nothing more to say of it."""
    standing = replace(standing, told_ms=now_ms, unsure=0)
    if told.news in (News.CLOSED, News.PASSED):
        return replace(standing, told=NOT_OPEN, told_acknowledged=False) if standing.level else None
    return replace(standing, told=told.level, told_acknowledged=told.acknowledged)


def perhaps_arrived(standing: Standing, told: Told, now_ms: int) -> Standing | None:
    """How it stands once this was sent and nobody knows whether it arrived: it is told MOST_REPEATS times more."""
    if standing.unsure >= MOST_REPEATS or told.news is News.PASSED:
        return arrived(standing, told, now_ms)
    return replace(standing, unsure=standing.unsure + 1)
