"""How the site's kiosks, board controllers and the hub itself are: what each told last, and whether it is still heard.

In memory only: after a start of the hub every device that lives is heard within 20 seconds.
"""

import asyncio
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from edge.contracts.fleet import Presence
from edge.contracts.health import EVERY_S, SILENT_AFTER_S, DeviceHealth, Part, PartState, Reason, Subject
from edge.daemon.machine_health import Reading, figures, machine_parts, read
from edge.hub.config import Device

LOOK_S = 1.0  # how late it may be noticed that one fell silent
SEEN_BY_S = SILENT_AFTER_S  # whoever was not heard by then after the start is missed
FOR_TECHNICIANS = (Reason.WAS_UNDER_VOLTAGE,)  # it stays so till the machine is started anew: not on the floor's page


class DeviceLine(Struct, frozen=True):
    """One device of ``devices.toml``: its last report and when it came, on the site's clock (None and 0: never).

    The hub itself has the role "hub" and no name.
    """

    name: str
    label: str
    role: str
    presence: Presence
    health: DeviceHealth | None = None
    heard_ms: int = 0

    @property
    def called(self) -> str:
        """What staff call it."""
        return self.label or self.name


class DeviceAlarm(Struct, frozen=True):
    """What staff should see to: ``part`` of this device, or that it fell silent at ``since_ms`` (``part`` is None)."""

    device: str
    role: str
    part: Part | None = None
    since_ms: int = 0

    @property
    def urgent(self) -> bool:
        """Whether something does not work, as against what will soon not."""
        return self.part is None or self.part.state is PartState.FAIL


class Watchfulness(Struct, frozen=True):
    """What the floor's page shows of the devices, without anything that changes while all stays as it is.

    ``missed`` are the devices that were never heard since the hub began.
    """

    alarms: tuple[DeviceAlarm, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.alarms or self.missed)


class _Heard(Struct, frozen=True):
    health: DeviceHealth
    heard_ms: int
    steady_ms: int


class DeviceRoll:
    """The devices that may talk to this hub.

    ``steady_ms`` is a clock that never runs backwards; ``changed`` is called when what staff should see to changed.
    """

    def __init__(
        self, devices: Sequence[Device], steady_ms: Callable[[], int], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._devices = tuple(devices)
        self._steady_ms = steady_ms
        self._changed = changed
        self._heard: dict[str, _Heard] = {}
        self._own: _Heard | None = None
        self._began_ms = steady_ms()
        self._shown = self.watchfulness

    def expect(self, devices: Sequence[Device]) -> None:
        """From now on these are the devices."""
        self._devices = tuple(devices)
        names = {device.name for device in devices}
        self._heard = {name: heard for name, heard in self._heard.items() if name in names}
        self.look()

    def hear(self, name: str, health: DeviceHealth, now_ms: int) -> None:
        """This device says how it is; ``now_ms`` is the site's time."""
        self._heard[name] = _Heard(health, now_ms, self._steady_ms())
        self.look()

    def look(self) -> None:
        """Tell where what staff should see to has changed."""
        watchfulness = self.watchfulness
        if watchfulness != self._shown:
            self._shown = watchfulness
            self._changed()

    async def run(self, folder: Path, now_ms: Callable[[], int], reading: Callable[[Path], Reading] = read) -> None:
        """Notice who falls silent, and how the hub's own machine is, for ever; ``folder`` lies on the disk that
        matters, and ``now_ms`` tells the site's time."""
        due_ms = self._began_ms
        while True:
            if self._steady_ms() >= due_ms:
                due_ms = self._steady_ms() + EVERY_S * 1000
                self._hear_own(await asyncio.to_thread(reading, folder), now_ms())
            self.look()
            await asyncio.sleep(LOOK_S)

    def _hear_own(self, read: Reading, now_ms: int) -> None:
        uptime_s = (self._steady_ms() - self._began_ms) // 1000
        own = DeviceHealth("hub", version("moiso"), now_ms, uptime_s, machine_parts(read), figures(read))
        self._own = _Heard(own, now_ms, self._steady_ms())

    @property
    def lines(self) -> tuple[DeviceLine, ...]:
        """The hub, then every device in the order of ``devices.toml``."""
        hub = () if self._own is None else (self._own_line(self._own),)
        return (*hub, *(self._line(device) for device in self._devices))

    @property
    def watchfulness(self) -> Watchfulness:
        """What staff should see to."""
        return watchfulness(self.lines)

    @property
    def out_of_paper(self) -> tuple[str, ...]:
        """The kiosks that are heard and have no paper, or soon none, as staff call them."""
        about = (Reason.PAPER_OUT, Reason.PAPER_LOW)
        alarms = self._shown.alarms
        return tuple(alarm.device for alarm in alarms if alarm.part is not None and alarm.part.reason in about)

    def _own_line(self, own: _Heard) -> DeviceLine:
        return DeviceLine("", "", "hub", Presence.HEARD, own.health, own.heard_ms)

    def _line(self, device: Device) -> DeviceLine:
        heard = self._heard.get(device.name)
        if heard is None:
            late = self._steady_ms() - self._began_ms > SEEN_BY_S * 1000
            presence = Presence.NOT_SEEN if late else Presence.EXPECTED
            if device.spare:
                presence = Presence.OFF
            return DeviceLine(device.name, device.label, device.role, presence)
        silent = self._steady_ms() - heard.steady_ms > SILENT_AFTER_S * 1000
        presence = (Presence.OFF if device.spare else Presence.SILENT) if silent else Presence.HEARD
        return DeviceLine(device.name, device.label, device.role, presence, heard.health, heard.heard_ms)


def watchfulness(lines: Sequence[DeviceLine]) -> Watchfulness:
    """What staff should see to: what does not work first, and kiosks before board controllers.

    Of a device that fell silent that alone is told: what it said before may not be so any more.
    """
    alarms = [alarm for line in lines for alarm in _alarms(line)]
    alarms.sort(key=lambda alarm: (not alarm.urgent, alarm.role != "kiosk"))
    missed = tuple(line.called for line in lines if line.presence is Presence.NOT_SEEN)
    return Watchfulness(tuple(alarms), missed)


def _alarms(line: DeviceLine) -> list[DeviceAlarm]:
    if line.presence is Presence.SILENT:
        return [DeviceAlarm(line.called, line.role, since_ms=line.heard_ms)]
    if line.health is None or line.presence is not Presence.HEARD:
        return []
    return [
        DeviceAlarm(line.called, line.role, part)
        for part in line.health.parts
        if part.state is not PartState.OK
        and part.subject is not Subject.HUB_LINK  # it is heard: the link stands
        and part.reason not in FOR_TECHNICIANS
    ]
