"""Room that is set aside for numbers, and given up when the disk is full."""

import asyncio
import logging
from pathlib import Path

import pytest

from edge.hub.room import LEAST_BYTES, MEGABYTE, NAME, SHORT_BYTES, SPARE_BYTES, Room

AMPLE = SHORT_BYTES + SPARE_BYTES


class Disk:
    """A folder whose disk has the room that the test says, and how often its media had to give way."""

    def __init__(self, folder: Path) -> None:
        self.free = AMPLE
        self.gave_way = 0
        self.spare = folder / NAME
        self._room = Room(folder, self._give_way, lambda _: self.free)

    async def _give_way(self) -> None:
        self.gave_way += 1

    def look(self, free: int) -> None:
        self.free = free
        asyncio.run(self._room.look())


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.mark.req("X4")
def test_room_is_set_aside_where_there_is_plenty(disk: Disk) -> None:
    disk.look(AMPLE)
    assert disk.spare.stat().st_blocks * 512 >= SPARE_BYTES, "really taken, not a hole"
    disk.look(SHORT_BYTES)
    assert disk.spare.exists()
    assert disk.gave_way == 0


def test_nothing_is_set_aside_on_a_disk_that_would_be_short_then(disk: Disk) -> None:
    disk.look(AMPLE - 1)
    assert not disk.spare.exists()


@pytest.mark.req("X4")
def test_media_give_way_first_and_the_spare_room_last(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    disk.look(AMPLE)
    caplog.clear()
    for _ in range(3):
        disk.look(SHORT_BYTES - MEGABYTE)
    assert (disk.gave_way, disk.spare.exists()) == (1, True)
    disk.look(LEAST_BYTES - 1)
    assert (disk.gave_way, disk.spare.exists()) == (1, False)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2, "each is said once"


def test_the_room_is_set_aside_again_once_there_is_plenty(disk: Disk) -> None:
    for free in (AMPLE, 0, SHORT_BYTES, AMPLE):
        disk.look(free)
    assert disk.spare.exists()
    disk.look(0)
    assert disk.gave_way == 2


def test_a_disk_that_cannot_be_asked_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Path) -> int:
        raise OSError(5, "Input/output error")

    async def give_way() -> None:
        raise AssertionError

    asyncio.run(Room(tmp_path, give_way, broken).look())
    assert "Input/output error" in caplog.text
