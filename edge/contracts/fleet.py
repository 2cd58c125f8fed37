"""What a hub tells the cloud of its site's devices, at least every minute and when something changes: the last counts.

This is an allow-list of codes and figures. What staff typed stays in the building: a device goes by its name of
``devices.toml``, and what a part is called only where it looks like an id. Whoever reads it passes over fields that are
not here, and takes a code that it does not know for :data:`UNKNOWN`: a hub may be newer than the cloud.
"""

import re
from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge.contracts.health import PartState

VERSION = 1
AT_LEAST_EVERY_S = 60.0
MOST_DEVICES, MOST_PARTS = 200, 64
MOST_BYTES = 256 * 1024
UNKNOWN = "unknown"
HERE, LOST = b"here", b"lost"  # what stands in ``up/link``; the broker itself says that a site was lost

_NUMBER = "(?!.*[0-9]{9})"  # a telephone's and a citizen's number are longer
_NAME = _NUMBER + r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
_DETAIL = _NUMBER + r"[A-Za-z0-9_.,/-]{0,60}"

Moment = Annotated[int, Meta(ge=0, lt=4_102_444_800_000)]  # milliseconds since 1970 UTC, before the year 2100
DeviceName = Annotated[str, Meta(pattern=rf"^({_NAME})?\Z")]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,29}\Z")]
Detail = Annotated[str, Meta(pattern=rf"^{_DETAIL}\Z")]
Version = Annotated[str, Meta(pattern=rf"^{_NUMBER}[0-9A-Za-z.+!_-]{{0,40}}\Z")]
Megabytes = Annotated[int, Meta(ge=0, le=10**9)]


Role = Literal["kiosk", "board", "hub", "standby"]


class Presence(Enum):
    """Whether the hub hears a device. EXPECTED: not heard yet, and the hub has just begun. NOT_SEEN: not heard since it
    began. OFF: a spare, and not heard."""

    HEARD = "heard"
    SILENT = "silent"
    EXPECTED = "expected"
    NOT_SEEN = "not-seen"
    OFF = "off"


class FleetPart(Struct, frozen=True, omit_defaults=True):
    """One part of a device, in the codes of ``edge.contracts.health``; ``reason`` is empty where it works."""

    subject: Code
    state: PartState = PartState.OK
    reason: Code | Literal[""] = ""
    detail: Detail = ""


class FleetDevice(Struct, frozen=True, omit_defaults=True):
    """One device as the hub knows it: ``name`` is empty for the hub itself, ``heard_ms`` 0 where it was never heard."""

    name: DeviceName
    role: Role
    presence: Presence = Presence.HEARD
    version: Version = ""
    heard_ms: Moment = 0
    uptime_s: Annotated[int, Meta(ge=0, le=10**10)] = 0
    disk_free_mb: Megabytes | None = None
    memory_free_mb: Megabytes | None = None
    temperature_c: Annotated[int, Meta(ge=-60, le=200)] | None = None
    parts: Annotated[tuple[FleetPart, ...], Meta(max_length=MOST_PARTS)] = ()


class Working(Struct, frozen=True, omit_defaults=True):
    """Whether the facility works now, since when (0: nobody can say) and until when it stays so (0: for ever).

    ``opens_ms`` is when it opens next, where it works now and closes (0: nobody can say).
    """

    now: bool = True
    since_ms: Moment = 0
    until_ms: Moment = 0
    opens_ms: Moment = 0


class FleetReport(Struct, frozen=True, omit_defaults=True):
    """All of one site. ``clock_ms`` is what the hub's own clock shows.

    ``outbox`` entries of the journal are not acknowledged yet, the first of which is ``outbox_age_s`` old.
    ``certificate_days`` are left of the hub's certificate for the broker, None where it cannot be read.
    """

    version: int
    clock_ms: Moment
    working: Working = Working()
    outbox: Annotated[int, Meta(ge=0, lt=2**62)] = 0
    outbox_age_s: Annotated[int, Meta(ge=0, le=10**10)] = 0
    certificate_days: Annotated[int, Meta(ge=-100_000, le=100_000)] | None = None
    devices: Annotated[tuple[FleetDevice, ...], Meta(max_length=MOST_DEVICES)] = ()


def sayable_name(name: str, place: int) -> str:
    """The device's name, or where it may not be told its place in ``devices.toml``, counted from 1.

    >>> sayable_name("kiosk-1", 1), sayable_name("Kiosk cô Lan", 2), sayable_name("k-0912345678", 3)
    ('kiosk-1', 'device-2', 'device-3')
    """
    return name if re.fullmatch(_NAME, name) else f"device-{place}"


def sayable_detail(detail: str) -> str:
    """Which part it is where that looks like ids and counts; empty where somebody may have typed it.

    >>> sayable_detail("q1/next"), sayable_detail("Sảnh chờ"), sayable_detail("0912345678")
    ('q1/next', '', '')
    """
    return detail if re.fullmatch(_DETAIL, detail) else ""
