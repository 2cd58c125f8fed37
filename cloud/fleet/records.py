"""What is known of the sites' devices, as it is kept and handed about. Pure."""

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from cloud.fleet.rules import Alarm, Cause, Deed, Level
from edge.contracts.fleet import FleetReport


class SiteState(Struct, frozen=True):
    """What is known of a site now.

    ``heard_ms`` is when its last report came, by the cloud's clock (0: never). ``linked`` is what its last birth or
    last will said at ``link_ms`` (None: there was none). ``clock_off_ms`` is the hub's clock minus ours at that report.
    """

    site: str
    heard_ms: int
    linked: bool | None
    link_ms: int
    clock_off_ms: int
    report: FleetReport | None


class What(Enum):
    """What a line of the history is about."""

    LINK = "link"  # state: here, lost
    PRESENCE = "presence"  # state: a ``edge.contracts.fleet.Presence``, or removed
    VERSION = "version"  # detail: the version
    PART = "part"  # state: a ``edge.contracts.health.PartState``, or removed


class Change(Struct, frozen=True):
    """One line of a device's history; ``what`` is a :class:`What`'s value, and only what changed is written."""

    at_ms: int
    site: str
    device: str
    what: str
    subject: str = ""
    state: str = ""
    reason: str = ""
    detail: str = ""


class Misread(Struct, frozen=True):
    """A site whose reports are not understood since ``since_ms``; the last one came at ``last_ms``."""

    since_ms: int
    last_ms: int
    reason: str


class Kept(Struct, frozen=True):
    """An alarm as it is kept (``alarm.id`` is set), and who has taken it on with what remark (0: nobody)."""

    alarm: Alarm
    acknowledged_ms: int = 0
    acknowledged_by: str = ""
    note: str = ""

    def __repr__(self) -> str:
        return f"Kept({self.alarm.id})"


class Event(Struct, frozen=True):
    """One deed of one alarm; ``seq`` rises. ``who`` and ``note`` are of a person who acknowledged it."""

    seq: int
    at_ms: int
    alarm: int
    site: str
    deed: Deed
    level: Level
    who: str = ""
    note: str = ""

    def __repr__(self) -> str:
        return f"Event({self.seq})"


class Step(Struct, frozen=True):
    """What one look made of one cause's alarm."""

    cause: Cause
    before: Alarm | None
    after: Alarm | None
    deed: Deed | None


class Look(Struct, frozen=True):
    """Everything that one look writes: of ``states`` and ``misread`` those that are new (None: understood again)."""

    at_ms: int
    states: Sequence[SiteState] = ()
    changes: Sequence[Change] = ()
    misread: Mapping[str, Misread | None] = {}
    steps: Sequence[Step] = ()
