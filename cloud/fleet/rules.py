"""An alarm's life: it begins, opens when it has lasted, is acknowledged, closes when it has stayed away, comes again.

Pure. Of one cause there is one alarm, however often it is reported. A cause that comes and goes opens one alarm, which
stays open until the cause has stayed away. What nobody can judge now, such as the paper in a kiosk that fell silent,
leaves its alarm as it was.
"""

from enum import Enum, IntEnum

from msgspec import Struct
from msgspec.structs import replace

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
REOPEN_MS = 30 * MINUTE_MS  # a cause that comes again so soon opens the same alarm again


class Kind(Enum):
    """What an alarm is about; BLIND and INGEST are about the centre itself, and of no site."""

    BLIND = "blind"
    INGEST = "ingest"
    SITE_SILENT = "site-silent"
    NOT_UNDERSTOOD = "not-understood"
    REFUSED = "refused"
    DEVICE_SILENT = "device-silent"
    PART = "part"
    OUTBOX = "outbox"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    VERSION = "version"


class Level(IntEnum):
    """WARN: it works, and somebody should see to it. FAIL: something does not work."""

    WARN = 1
    FAIL = 2


class Cause(Struct, frozen=True, order=True):
    """What is wrong, and where: ``device`` is empty for the site itself and for its hub, ``subject`` names a part."""

    site: str
    device: str
    kind: Kind
    subject: str = ""


class Condition(Struct, frozen=True):
    """How it is with a cause that is there; ``since_ms`` is when that began, where somebody knows (0: now)."""

    level: Level
    reason: str = ""
    detail: str = ""
    since_ms: int = 0


class Unjudged(Enum):
    """ABSENT: the cause is not there. UNKNOWN: nobody can say."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


class Deed(Enum):
    """What happened to an alarm. ACKNOWLEDGED is a person's."""

    OPENED = "opened"
    WORSENED = "worsened"
    REOPENED = "reopened"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"


class Alarm(Struct, frozen=True):
    """One alarm. Times are milliseconds since 1970 UTC, 0: not.

    ``since_ms`` is when the cause began, ``opened_ms`` when that was an alarm, ``gone_ms`` since when the cause has
    been away, ``closed_ms`` when it had been away long enough, ``again_ms`` since when it is there again after that.
    ``worst`` is the highest level since it was opened, ``times`` how often it was. ``id`` is the store's.
    """

    cause: Cause
    level: Level
    since_ms: int
    reason: str = ""
    detail: str = ""
    opened_ms: int = 0
    gone_ms: int = 0
    closed_ms: int = 0
    again_ms: int = 0
    worst: Level = Level.WARN
    times: int = 0
    id: int = 0

    @property
    def open(self) -> bool:
        """Whether somebody should see to it."""
        return bool(self.opened_ms) and not self.closed_ms


def hold_ms(kind: Kind, level: Level) -> int:
    """How long a cause must have lasted before it is an alarm."""
    match kind:
        case Kind.PART:
            return MINUTE_MS if level is Level.FAIL else 5 * MINUTE_MS
        case Kind.DEVICE_SILENT:
            return MINUTE_MS
        case Kind.BLIND | Kind.INGEST | Kind.REFUSED | Kind.NOT_UNDERSTOOD:
            return 3 * MINUTE_MS
        case Kind.CLOCK:
            return 5 * MINUTE_MS
        case Kind.VERSION:
            return 60 * MINUTE_MS
        case _:  # these waited already before they became a condition
            return 0


def clear_ms(kind: Kind) -> int:
    """How long a cause must have stayed away before its alarm is closed."""
    return 2 * MINUTE_MS if kind in (Kind.PART, Kind.DEVICE_SILENT, Kind.CLOCK) else MINUTE_MS


def step(
    alarm: Alarm | None, cause: Cause, found: Condition | Unjudged, now_ms: int, *, faster: int = 1
) -> tuple[Alarm | None, Deed | None]:
    """The alarm of this cause after one look (None: there is none any more), and what happened to it.

    Every wait is ``faster`` times as short, for trials.
    """
    if found is Unjudged.UNKNOWN:
        return alarm, None
    if alarm is not None and alarm.closed_ms and not alarm.again_ms and now_ms - alarm.closed_ms > REOPEN_MS // faster:
        return None, None  # it is history: what is there now makes a new one at the next look
    if isinstance(found, Condition):
        if alarm is None:
            began_ms = min(found.since_ms or now_ms, now_ms)
            alarm = Alarm(cause, found.level, began_ms, worst=found.level)
            lasted_ms = 0 if hold_ms(cause.kind, found.level) else now_ms - began_ms
            return _there(alarm, found, now_ms, lasted_ms, faster)
        lasted_ms = now_ms - (alarm.again_ms if alarm.closed_ms else alarm.since_ms)
        return _there(alarm, found, now_ms, lasted_ms, faster)
    return (None, None) if alarm is None else _away(alarm, now_ms, clear_ms(cause.kind) // faster)


def _there(alarm: Alarm, found: Condition, now_ms: int, lasted_ms: int, faster: int) -> tuple[Alarm, Deed | None]:
    if alarm.closed_ms and not alarm.again_ms:
        alarm, lasted_ms = replace(alarm, again_ms=now_ms), 0
    alarm = replace(alarm, level=found.level, reason=found.reason, detail=found.detail, gone_ms=0)
    if alarm.open:
        if found.level > alarm.worst:
            return replace(alarm, worst=found.level), Deed.WORSENED
        return alarm, None
    if lasted_ms < hold_ms(alarm.cause.kind, found.level) // faster:
        return alarm, None
    if alarm.closed_ms:
        return _opened(replace(alarm, since_ms=alarm.again_ms), found.level, alarm.opened_ms), Deed.REOPENED
    return _opened(alarm, found.level, now_ms), Deed.OPENED


def _opened(alarm: Alarm, level: Level, opened_ms: int) -> Alarm:
    return replace(alarm, opened_ms=opened_ms, closed_ms=0, again_ms=0, worst=level, times=alarm.times + 1)


def _away(alarm: Alarm, now_ms: int, clear_after_ms: int) -> tuple[Alarm | None, Deed | None]:
    if alarm.closed_ms and not alarm.again_ms:
        return alarm, None
    if not alarm.gone_ms:
        alarm = replace(alarm, gone_ms=now_ms)
    if now_ms - alarm.gone_ms < clear_after_ms:
        return alarm, None
    if alarm.open:
        return replace(alarm, closed_ms=now_ms), Deed.CLOSED
    return (replace(alarm, again_ms=0, gone_ms=0), None) if alarm.closed_ms else (None, None)
