"""May this machine take this release, and may it take it now? Pure: what is known comes in, a reason comes out."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import NamedTuple

from provisioning.update.index import Offer, Ring
from provisioning.update.manifest import Manifest, numbers

SPARE_BYTES = 200 << 20  # that stay free for numbers and logs, whatever an update needs
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
# Either of these is the browser: Raspberry Pi OS Bookworm calls its own otherwise.
_EITHER = {"chromium": ("chromium", "chromium-browser")}


class Reason(Enum):
    """Why a release is not taken."""

    SAME = "same"
    OLDER = "older"
    TOO_FAR = "too-far"
    PYTHON = "python"
    PROCESSOR = "processor"
    ROLE = "role"
    PACKAGES = "packages"
    ROOM = "room"
    FAILED = "failed"
    RING = "ring"
    TOO_EARLY = "too-early"
    WINDOW = "window"


class Refusal(NamedTuple):
    """A reason, and what fills the places of its sentence."""

    reason: Reason
    values: Mapping[str, str] = {}


class Here(NamedTuple):
    """What of this machine counts. ``highest`` is the newest version that was ever confirmed on it."""

    version: str
    highest: str
    failed: Collection[str]
    roles: Collection[str]
    packages: Collection[str]
    python: str
    machine: str
    free_bytes: int


class Window(NamedTuple):
    """From when until when, by the machine's own time, it may be done; over midnight where it ends before it begins."""

    begin: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether this time of the day lies in it."""
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


def read_window(text: str) -> Window:
    """A window as it is configured. Raises ValueError.

    >>> read_window("21:00-04:30").holds(time(3, 0))
    True
    """
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError("a window such as 21:00-04:30 is expected")
    return Window(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))


def why_not(manifest: Manifest, here: Here, *, again: bool = False) -> Refusal | None:
    """Why this machine cannot take this release at all; None where it can.

    Never an older one than the newest that was ever confirmed here, whoever signed it: whoever wants to go back signs
    the older programs under a higher number. ``again``: a person asks for one that was taken back before.
    """
    said = {"version": manifest.version, "here": here.version}
    floor = max(here.version, here.highest or here.version, key=numbers)
    if manifest.version == here.version:
        return Refusal(Reason.SAME, said)
    if numbers(manifest.version) <= numbers(floor):
        return Refusal(Reason.OLDER, said | {"here": floor})
    if numbers(here.version) < numbers(manifest.least):
        return Refusal(Reason.TOO_FAR, said | {"least": manifest.least})
    if manifest.python != here.python:
        return Refusal(Reason.PYTHON, {"wants": manifest.python, "has": here.python})
    if manifest.machine != here.machine:
        return Refusal(Reason.PROCESSOR, {"wants": manifest.machine, "has": here.machine})
    lacking = [role for role in here.roles if role not in manifest.packages]
    if lacking:
        return Refusal(Reason.ROLE, {"what": " ".join(sorted(lacking))})
    packages = {name for role in here.roles for name in manifest.packages.get(role, ())}  # type: ignore[call-overload]
    absent = sorted(name for name in packages if not set(_EITHER.get(name, (name,))) & set(here.packages))
    if absent:
        return Refusal(Reason.PACKAGES, {"what": " ".join(absent)})
    if manifest.version in here.failed and not again:
        return Refusal(Reason.FAILED, said)
    needed = manifest.size + manifest.room + SPARE_BYTES
    if here.free_bytes < needed:
        return Refusal(Reason.ROOM, {"needed": _megabytes(needed), "free": _megabytes(here.free_bytes)})
    return None


def packages_of(manifest: Manifest) -> set[str]:
    """Every Debian package that it may ask for, under every name."""
    names = {name for role in manifest.packages.values() for name in role}
    return names | {other for name in names for other in _EITHER.get(name, ())}


def why_not_now(
    offer: Offer, ring: Ring, not_before_hours: int, window: Window | None, first_seen: datetime, now: datetime
) -> Refusal | None:
    """Why an offer of the Department's is not taken yet; None where it is time. ``now`` is in the machine's own zone;
    no ``window`` is any hour."""
    opens = offer.first if ring == "first" else offer.rest
    if opens is None or now < opens:
        return Refusal(Reason.RING, {"ring": ring, "when": _local(opens, now) if opens else "—"})
    ripe = first_seen + timedelta(hours=not_before_hours)
    if now < ripe:
        return Refusal(Reason.TOO_EARLY, {"when": _local(ripe, now)})
    if window and not window.holds(now.time()):
        begin, end = (at.isoformat("minutes") for at in window)
        return Refusal(Reason.WINDOW, {"begin": begin, "end": end})
    return None


def _local(at: datetime, now: datetime) -> str:
    return at.astimezone(now.tzinfo).strftime("%d/%m/%Y %H:%M")


def _megabytes(count: int) -> str:
    return str(count >> 20)
