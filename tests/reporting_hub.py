"""A hub's journal, uplink and reports of its devices as a process of its own, which says every half second how it is.

What stands in ``health.json`` beside the configuration is what its kiosk says of itself.
"""

import asyncio
import time
from pathlib import Path

import msgspec

from edge.contracts.health import DeviceHealth
from edge.daemon.config import Broker, Section, config_path, load
from edge.daemon.notify import notify
from edge.hub.config import Device, HubConfig
from edge.hub.devices import DeviceRoll
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.fleet_report import FleetReports
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.uplink import Uplink
from edge.hub.vault import Vault
from tests.sites import CATALOGUE

EVERY_S = 0.5


class Configuration(Section, frozen=True):
    """What the process is told."""

    site: str
    uplink: Broker


def now_ms() -> int:
    """This machine's clock."""
    return time.time_ns() // 1_000_000


async def work(folder: Path, told: Configuration) -> None:
    """Report for ever."""
    journal, vault = Journal(folder / "hub.db"), Vault(folder / "keys", "secret")
    faces = FaceKeeper.at(folder, vault, now_ms)
    inbox = Inbox(journal, vault, CATALOGUE, faces, clock_ms=now_ms, told=lambda _: uplink.wake())
    uplink = Uplink(told.uplink, told.site, inbox, journal)
    none = Path("/nonexistent")
    config = HubConfig(told.site, folder, none, none, none, none, (), told.uplink)
    roll = DeviceRoll(
        (Device("kiosk-1", "kiosk", "0" * 64, label="Kiosk cô Lan"),), lambda: time.monotonic_ns() // 10**6
    )
    reports = FleetReports(inbox, roll, uplink, config, now_ms, every_s=EVERY_S)
    asyncio.get_running_loop().call_soon(notify, "READY=1")
    await asyncio.gather(
        inbox.run(), uplink.run(), roll.run(folder, now_ms), reports.run(), _hear(folder / "health.json", roll)
    )


async def _hear(path: Path, roll: DeviceRoll) -> None:
    while True:
        if path.exists():
            roll.hear("kiosk-1", msgspec.json.decode(path.read_bytes(), type=DeviceHealth), now_ms())
        await asyncio.sleep(0.1)


def main() -> None:
    """Run until it is killed."""
    path = config_path("hub")
    asyncio.run(work(path.parent, load(path, Configuration)))


if __name__ == "__main__":
    main()
