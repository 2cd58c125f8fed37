"""What the cloud is told of this site's devices: codes and figures, every minute and soon after something changed.

Only the newest counts, so nothing is kept for a broker that is away. QoS 0: a report that is lost is followed by the
next, where QoS 1 would send an old one, with an old clock in it, after every loss of the broker.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from pathlib import Path

import msgspec
from cryptography import x509
from msgspec.structs import replace

from edge.contracts import fleet, topics
from edge.contracts.fleet import (
    FleetDevice,
    FleetPart,
    FleetReport,
    Presence,
    Role,
    Working,
    sayable_detail,
    sayable_name,
)
from edge.contracts.outlook import Hours
from edge.hub.config import HubConfig
from edge.hub.devices import DeviceLine, DeviceRoll
from edge.hub.inbox import Inbox
from edge.hub.uplink import Uplink

LOOK_S = 1.0  # how late a change may be noticed
AT_MOST_EVERY_S = 3.0

_encode = msgspec.json.Encoder().encode


class FleetReports:
    """Sends reports of a site's devices by its uplink, at least ``every_s``; ``wall_ms`` is what this machine's clock
    shows."""

    def __init__(
        self,
        inbox: Inbox,
        roll: DeviceRoll,
        uplink: Uplink,
        config: HubConfig,
        wall_ms: Callable[[], int],
        *,
        every_s: float = fleet.AT_LEAST_EVERY_S,
    ) -> None:
        self._inbox = inbox
        self._roll = roll
        self._uplink = uplink
        self._topic = topics.fleet(config.site)
        self._certificate = config.uplink.certificate if config.uplink else Path()
        self._wall_ms = wall_ms
        self._every_s = every_s
        self._told: tuple[FleetDevice, ...] | None = None
        self._told_at = -inf

    async def run(self) -> None:
        """Report for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._uplink.ready:
                self._told = None  # whoever comes back says at once how it is
                continue
            devices = told_of(self._roll.lines)
            lasting = tuple(_lasting(device) for device in devices)
            silent_s = time.monotonic() - self._told_at
            if silent_s < self._every_s and (lasting == self._told or silent_s < AT_MOST_EVERY_S):
                continue
            if self._uplink.tell(self._topic, _encode(await self._report(devices))):
                self._told, self._told_at = lasting, time.monotonic()

    async def _report(self, devices: tuple[FleetDevice, ...]) -> FleetReport:
        wall_ms, now_ms = self._wall_ms(), self._inbox.now_ms
        acknowledged, last = self._uplink.acknowledged, self._inbox.queue.seq
        waiting = await self._inbox.entries(acknowledged, acknowledged + 1) if acknowledged < last else []
        return FleetReport(
            version=fleet.VERSION,
            clock_ms=max(0, min(wall_ms, 4_102_444_799_999)),
            working=working(self._inbox.queue.plan.calendar.hours(now_ms), now_ms),
            outbox=last - acknowledged,
            outbox_age_s=max(0, now_ms - waiting[0].at_ms) // 1000 if waiting else 0,
            certificate_days=await asyncio.to_thread(days_left, self._certificate, wall_ms),
            devices=devices,
        )


def told_of(lines: tuple[DeviceLine, ...]) -> tuple[FleetDevice, ...]:
    """The devices as the cloud is told of them: what staff typed is left out, and of more than the contract takes
    those that are well."""
    devices = []
    for place, line in enumerate(line for line in lines if line.name):
        devices.append(_device(line, sayable_name(line.name, place + 1)))
    hub = [_device(line, "") for line in lines if not line.name]
    return (*hub, *sorted(devices, key=_is_well)[: fleet.MOST_DEVICES - len(hub)])


def working(hours: Hours, now_ms: int) -> Working:
    """Whether the facility works at this moment of the site's time, and how long that stays so.

    >>> working(Hours(spans=((10, 20),), next_opens_ms=50), 30)
    Working(now=False, since_ms=20, until_ms=50, opens_ms=0)
    """
    if hours.always:
        return Working()
    for opens_ms, closes_ms in hours.spans:
        if opens_ms <= now_ms < closes_ms:
            return Working(now=True, since_ms=opens_ms, until_ms=closes_ms, opens_ms=hours.opens_after(now_ms))
    closed_ms = max((closes_ms for _, closes_ms in hours.spans if closes_ms <= now_ms), default=0)
    return Working(now=False, since_ms=closed_ms, until_ms=hours.opens_after(now_ms))


def days_left(certificate: Path, now_ms: int) -> int | None:
    """Whole days that the certificate is still valid, below 0 where it was; None where it cannot be read."""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        until = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
        return (until - datetime.fromtimestamp(now_ms / 1000, UTC)).days
    return None


def _device(line: DeviceLine, name: str) -> FleetDevice:
    health = line.health
    role = msgspec.convert(line.role, Role)
    if health is None:
        return FleetDevice(name, role, line.presence, heard_ms=line.heard_ms)
    return FleetDevice(
        name=name,
        role=role,
        presence=line.presence,
        version=health.version,
        heard_ms=line.heard_ms,
        uptime_s=health.uptime_s,
        disk_free_mb=health.figures.disk_free_mb,
        memory_free_mb=health.figures.memory_free_mb,
        temperature_c=health.figures.temperature_c,
        parts=tuple(
            FleetPart(
                part.subject.value, part.state, part.reason.value if part.reason else "", sayable_detail(part.detail)
            )
            for part in health.parts
        ),
    )


def _is_well(device: FleetDevice) -> bool:
    unheard = device.presence in (Presence.SILENT, Presence.NOT_SEEN)
    return not unheard and not any(part.reason for part in device.parts)


def _lasting(device: FleetDevice) -> FleetDevice:
    """The device without what is another at every report."""
    return replace(device, heard_ms=0, uptime_s=0, disk_free_mb=None, memory_free_mb=None, temperature_c=None)
