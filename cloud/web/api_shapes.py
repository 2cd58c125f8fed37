"""What the API answers, as it is written in JSON; ``cloud.web.api_schema`` describes it from these.

A field is only ever added. Times are UTC, days and hours each facility's own.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from cloud.counts import Counts
from cloud.fleet.records import Kept, SiteState
from cloud.fleet.rules import Kind, Level
from cloud.indicators import Better, Indicator, Key, Unit
from cloud.periods import Period
from cloud.rollups import MEASURES
from cloud.today import Facility, SiteToday
from edge.contracts.fleet import FleetDevice, Presence, Role
from edge.contracts.health import PartState

Measures = Annotated[
    dict[str, int],
    Meta(
        description="Counts by measure; all measures are there, waits and times of serving by the bins of a histogram",
        extra_json_schema={"propertyNames": {"enum": list(MEASURES)}},
    ),
]
Next = Annotated[str | None, Meta(description="Ask again with after = this; null: that was the last page")]
AlarmLevel = Literal["warn", "fail"]
LEVELS: dict[Level, AlarmLevel] = {Level.WARN: "warn", Level.FAIL: "fail"}


class Span(Struct, frozen=True):
    """A period under its name; ``counted_to`` is its last day that has begun."""

    name: str
    first: date
    last: date
    counted_to: date


class FacilityAnswer(Struct, frozen=True):
    """A facility; ``heard_at`` is when its last data came in."""

    site: str
    name: str
    name_en: str
    heard_at: datetime | None


class Facilities(Struct, frozen=True):
    """The facilities that the token may see."""

    facilities: tuple[FacilityAnswer, ...]
    next: Next


class IndicatorAnswer(Struct, frozen=True):
    """One indicator; ``part`` out of ``whole``, ``value`` null where nothing was counted that it is made from.

    Of a wait or a score ``part`` is 0 and ``whole`` is what it was made from; of a count both are the count.
    """

    key: Key
    unit: Unit
    better: Better
    value: float | None
    part: int
    whole: int
    target: float | None
    before: float | None


class FacilityIndicators(Struct, frozen=True):
    """The ten of one facility."""

    site: str
    indicators: tuple[IndicatorAnswer, ...]


class Indicators(Struct, frozen=True):
    """The ten indicators of all facilities together, and of each; ``before`` in them is about ``compared_with``."""

    period: Span
    compared_with: Span
    total: tuple[IndicatorAnswer, ...]
    facilities: tuple[FacilityIndicators, ...]
    next: Next


class CountsLine(Struct, frozen=True):
    """The counts of a facility, or of one of its services, hours of the day or days, as was asked for.

    The service "" is what belongs to none, such as the reading of a document.
    """

    site: str
    counts: Measures
    service: str | UnsetType = UNSET
    service_name: str | UnsetType = UNSET
    service_name_en: str | UnsetType = UNSET
    hour: Annotated[int, Meta(ge=0, le=23)] | UnsetType = UNSET
    day: date | UnsetType = UNSET


class CountsAnswer(Struct, frozen=True):
    """The raw counts that all figures are made from."""

    period: Span
    lines: tuple[CountsLine, ...]
    next: Next


class FacilityDays(Struct, frozen=True):
    """The days on which anything was counted at a facility: on the others it was closed, or silent."""

    site: str
    days: tuple[date, ...]


class DaysHeard(Struct, frozen=True):
    """How complete a period's data are."""

    period: Span
    facilities: tuple[FacilityDays, ...]
    next: Next


class ServiceWaiting(Struct, frozen=True):
    """How many wait at a service."""

    service: str
    waiting: int


class FacilityToday(Struct, frozen=True):
    """A facility's business day so far; ``day`` is null where it has not opened today, or not told so."""

    site: str
    day: date | None
    waiting: int
    services: tuple[ServiceWaiting, ...]
    counts: Measures
    heard_at: datetime | None


class TodayAnswer(Struct, frozen=True):
    """What goes on now."""

    at: datetime
    facilities: tuple[FacilityToday, ...]
    next: Next


class PartAnswer(Struct, frozen=True):
    """One part of a device; ``reason`` is empty where it works."""

    subject: str
    state: PartState
    reason: str
    detail: str


class DeviceAnswer(Struct, frozen=True):
    """One device as its hub knows it; ``name`` is empty for the hub itself."""

    name: str
    role: Role
    presence: Presence
    version: str
    heard_at: datetime | None
    uptime_s: int
    disk_free_mb: int | None
    memory_free_mb: int | None
    temperature_c: int | None
    parts: tuple[PartAnswer, ...]


class FacilityDevices(Struct, frozen=True):
    """A facility's devices by its last report; ``linked`` is null where it was never heard of.

    ``outbox`` entries have not reached the centre yet, the first of which is ``outbox_age_s`` old.
    """

    site: str
    heard_at: datetime | None
    linked: bool | None
    clock_off_ms: int
    outbox: int | None
    outbox_age_s: int | None
    certificate_days: int | None
    devices: tuple[DeviceAnswer, ...]


class Devices(Struct, frozen=True):
    """How devices are; ``looked_at`` is when the watcher looked last, null: it never did."""

    looked_at: datetime | None
    facilities: tuple[FacilityDevices, ...]
    next: Next


class AlarmAnswer(Struct, frozen=True):
    """One alarm; ``site`` is empty for the centre's own, ``device`` for the facility itself and its hub."""

    id: int
    site: str
    device: str
    kind: Kind
    subject: str
    level: AlarmLevel
    reason: str
    detail: str
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None


class Alarms(Struct, frozen=True):
    """Open alarms, or those that were closed, the newest first."""

    looked_at: datetime | None
    alarms: tuple[AlarmAnswer, ...]
    next: Next


def moment(at_ms: int) -> datetime | None:
    """Milliseconds since 1970 as a time in UTC; 0 is none.

    >>> moment(0), moment(1_795_000_000_000)
    (None, datetime.datetime(2026, 11, 18, 11, 6, 40, tzinfo=datetime.timezone.utc))
    """
    return datetime.fromtimestamp(at_ms / 1000, UTC) if at_ms else None


def span(period: Period, today: date) -> Span:
    """A period as it is told."""
    return Span(str(period), period.first, period.last, period.elapsed(today).last)


def measures(counts: Counts) -> dict[str, int]:
    """All measures by name."""
    return dict(zip(MEASURES, counts.values, strict=True))


def facility(one: Facility) -> FacilityAnswer:
    """A facility as it is told."""
    return FacilityAnswer(one.site, one.name, one.name_en, moment(one.heard_ms))


def indicator(one: Indicator) -> IndicatorAnswer:
    """An indicator as it is told."""
    meaning = one.meaning
    return IndicatorAnswer(
        one.key, meaning.unit, meaning.better, one.value, one.part, one.whole, one.target, one.before
    )


def facility_today(one: SiteToday) -> FacilityToday:
    """A facility's day as it is told."""
    return FacilityToday(
        one.site,
        date.fromisoformat(one.day) if one.day else None,
        one.waiting,
        tuple(ServiceWaiting(service, waiting) for service, waiting in one.waiting_by_service),
        measures(one.counts),
        moment(one.heard_ms),
    )


def facility_devices(site: str, state: SiteState | None) -> FacilityDevices:
    """A facility's devices as they are told; without a state nothing was ever heard of them."""
    if state is None or state.report is None:
        heard_ms, linked, off_ms = (state.heard_ms, state.linked, state.clock_off_ms) if state else (0, None, 0)
        return FacilityDevices(site, moment(heard_ms), linked, off_ms, None, None, None, ())
    report = state.report
    return FacilityDevices(
        site,
        moment(state.heard_ms),
        state.linked,
        state.clock_off_ms,
        report.outbox,
        report.outbox_age_s,
        report.certificate_days,
        tuple(_device(device) for device in report.devices),
    )


def alarm(kept: Kept) -> AlarmAnswer:
    """An alarm as it is told: who took it on, and what they wrote, stays in the dashboard."""
    one = kept.alarm
    return AlarmAnswer(
        one.id,
        one.cause.site,
        one.cause.device,
        one.cause.kind,
        one.cause.subject,
        LEVELS[one.level],
        one.reason,
        one.detail,
        datetime.fromtimestamp(one.since_ms / 1000, UTC),
        datetime.fromtimestamp(one.opened_ms / 1000, UTC),
        moment(one.closed_ms),
        moment(kept.acknowledged_ms),
    )


def _device(device: FleetDevice) -> DeviceAnswer:
    return DeviceAnswer(
        device.name,
        device.role,
        device.presence,
        device.version,
        moment(device.heard_ms),
        device.uptime_s,
        device.disk_free_mb,
        device.memory_free_mb,
        device.temperature_c,
        tuple(PartAnswer(part.subject, part.state, part.reason, part.detail) for part in device.parts),
    )
