"""The disk is full, whoever filled it: numbers go on from the room that was set aside, and nothing is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from edge.contracts.commands import IssueTicket
from edge.daemon.hub_client import new_command_id
from edge.hub.room import NAME
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.hub_http import Device
from tests.waiting import until

MEGABYTES = 128

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own needs root")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose hub keeps its data on a small disk of its own, in memory."""
    site = provision(tmp_path / "site", Ports.free())
    place = site.folder / "data/hub"
    shutil.rmtree(place)
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700", "tmpfs", str(place)]
    subprocess.run(mount, check=True)
    yield site
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.req("X4", "K8")
def test_numbers_go_on_when_the_disk_is_full_and_the_room_is_kept_again_later(site: Site) -> None:
    data = site.folder / "data/hub"
    filler = data / "somebody-elses"
    with Supervisor(site.programs("hub")):
        kiosk = Device(site, "kiosk-1")
        until((data / NAME).exists, what="the room to be set aside")
        before = kiosk.do(IssueTicket(new_command_id(), "general")).ticket
        fill(filler)
        until(lambda: not (data / NAME).exists(), what="the room to be given up")
        first = IssueTicket(new_command_id(), "general")
        until(partial(is_done, kiosk, first), what="numbers to go on")  # a kiosk sends it again, too
        fresh = [kiosk.do(IssueTicket(new_command_id(), "general")).ticket for _ in range(200)]
        filler.unlink()
        until((data / NAME).exists, what="the room to be set aside again")
    with Supervisor(site.programs("hub")):
        kept = Device(site, "kiosk-1").snapshot().tickets
        assert {ticket.id for ticket in (before, *fresh)} <= set(kept)


def is_done(kiosk: Device, command: IssueTicket) -> bool:
    """Whether the hub does it now."""
    try:
        return bool(kiosk.do(command).ticket)
    except httpx.HTTPStatusError:
        return False


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
