"""The machine under a program: room on its disk, memory, heat, power and clock. ``read`` looks, the rules judge.

Sources: sysfs ``thermal_zone*/temp`` is in thousandths of a degree Celsius, proc(5) gives ``MemAvailable`` in kB; the
kernel's driver raspberrypi-hwmon shows undervoltage as ``in0_lcrit_alarm`` of the hwmon named ``rpi_volt``, to programs
that may not open the firmware's device too; Raspberry Pi documentation, vcgencmd, ``get_throttled`` (bits). None of it
was tried on a Pi yet.
"""

import contextlib
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

from edge.contracts.health import Figures, Part, Reason, Subject, part

NEARLY_FULL_MB, FULL_MB = 500, 100  # the hub and the boards stop taking files at 200 and 100
LITTLE_MEMORY_MB, NO_MEMORY_MB = 80, 30
HOT_C = 80  # a Pi slows down from here
CLOCK_OFF_MS = 120_000  # certificates are judged by this machine's own clock
ANSWER_S = 2.0
MEGABYTE = 1_000_000

# Of get_throttled: bit, what it says now; the same bit 16 higher: it has happened since the start.
UNDER_VOLTAGE, CAPPED, THROTTLED, SOFT_LIMIT, SINCE_START = 1, 2, 4, 8, 16


class Reading(Struct, frozen=True):
    """What was read of the machine; None where it cannot tell."""

    disk_free_bytes: int | None = None
    memory_free_bytes: int | None = None
    temperature_mc: int | None = None
    throttled: int | None = None
    under_voltage: bool | None = None


def figures(reading: Reading) -> Figures:
    """The figures of a report, in whole megabytes and degrees."""
    return Figures(
        disk_free_mb=None if reading.disk_free_bytes is None else min(reading.disk_free_bytes // MEGABYTE, 10**9),
        memory_free_mb=None if reading.memory_free_bytes is None else min(reading.memory_free_bytes // MEGABYTE, 10**9),
        temperature_c=None if reading.temperature_mc is None else _between(-60, reading.temperature_mc // 1000, 200),
    )


def machine_parts(reading: Reading, clock_ahead_ms: int = 0) -> tuple[Part, ...]:
    """The parts of the machine that it can tell of; ``clock_ahead_ms`` is how far its own clock is from the hub's."""
    told = figures(reading)
    clock = Reason.CLOCK_OFF if abs(clock_ahead_ms) > CLOCK_OFF_MS else None
    parts = [part(Subject.CLOCK, clock)]
    if told.disk_free_mb is not None:
        parts.append(part(Subject.DISK, _short(told.disk_free_mb, NEARLY_FULL_MB, FULL_MB)))
    if told.memory_free_mb is not None:
        parts.append(part(Subject.MEMORY, _short(told.memory_free_mb, LITTLE_MEMORY_MB, NO_MEMORY_MB)))
    if told.temperature_c is not None:
        parts.append(part(Subject.TEMPERATURE, Reason.HOT if told.temperature_c >= HOT_C else None))
    if reading.throttled is not None or reading.under_voltage is not None:
        parts.append(part(Subject.POWER, _power(reading.throttled or 0, now=bool(reading.under_voltage))))
    return tuple(parts)


def _short(left: int, little: int, none: int) -> Reason | None:
    if left < none:
        return Reason.FULL
    return Reason.NEARLY_FULL if left < little else None


def _power(throttled: int, *, now: bool) -> Reason | None:
    if now or throttled & UNDER_VOLTAGE:
        return Reason.UNDER_VOLTAGE
    if throttled & (CAPPED | THROTTLED | SOFT_LIMIT):
        return Reason.THROTTLED
    return Reason.WAS_UNDER_VOLTAGE if throttled >> SINCE_START & UNDER_VOLTAGE else None


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def read(folder: Path, root: Path = Path("/"), vcgencmd: str = "vcgencmd") -> Reading:
    """What this machine tells of itself; ``folder`` lies on the disk that matters. Blocks for a moment.

    ``root`` is where ``sys`` and ``proc`` lie. Whatever is not there, or is forbidden to this program, is left out.
    """
    disk = memory = None
    with contextlib.suppress(OSError):
        disk = shutil.disk_usage(_existing(folder)).free
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            memory = int(line.split()[1]) * 1024
    alarms = [
        _text(chip / "in0_lcrit_alarm").strip()
        for chip in sorted(root.glob("sys/class/hwmon/hwmon*"))
        if _text(chip / "name").strip() == "rpi_volt"
    ]
    zones = (_text(zone).strip() for zone in root.glob("sys/class/thermal/thermal_zone*/temp"))
    heats = [int(heat) for heat in zones if heat.lstrip("-").isdecimal()]
    return Reading(
        disk_free_bytes=disk,
        memory_free_bytes=memory,
        temperature_mc=max(heats, default=None),
        throttled=_throttled(vcgencmd),
        under_voltage="1" in alarms if alarms else None,
    )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _throttled(vcgencmd: str) -> int | None:
    try:
        done = subprocess.run([vcgencmd, "get_throttled"], capture_output=True, timeout=ANSWER_S, check=True)
        return int(done.stdout.strip().partition(b"=")[2], 16)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None  # no Pi, or a unit that may not open /dev/vcio
