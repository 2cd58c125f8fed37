"""Room for tomorrow's numbers: what the hub does when its disk is nearly full, so that tickets go on.

A spare file holds room that nothing else on the disk can take. When the disk runs short, pictures and sounds that
nothing names go first, then the spare file itself: thousands of tickets. It is made again when there is room.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000
SPARE_BYTES = 32 * MEGABYTE  # a ticket takes about a kilobyte, and the journal's own log up to four megabytes
SHORT_BYTES = 64 * MEGABYTE  # with less than this the media give way
LEAST_BYTES = 8 * MEGABYTE  # with less than this the spare file does
LOOK_S = 2.0
NAME = "spare"


class Room:
    """Watches the disk that ``folder`` lies on. ``give_way`` removes what may go; ``free_bytes`` tells the room left.

    The spare file is not made on a disk that is small or nearly full already: it would be the trouble itself.
    """

    def __init__(
        self,
        folder: Path,
        give_way: Callable[[], Awaitable[None]],
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._spare = folder / NAME
        self._give_way = give_way
        self._free_bytes = free_bytes
        self._short = False

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Do what the room that is left calls for."""
        try:
            free = await asyncio.to_thread(self._free_bytes, self._folder)
            if free < SHORT_BYTES:
                await self._run_short(free)
            elif free >= SHORT_BYTES + SPARE_BYTES or self._spare.exists():
                await asyncio.to_thread(self._set_aside)
                self._short = False
        except OSError as error:
            log.error("the room on the disk cannot be seen to: %s", error.strerror)

    async def _run_short(self, free: int) -> None:
        if not self._short:
            self._short = True
            log.error("the disk is nearly full: %d MB are left; media that nothing names are removed", free // MEGABYTE)
            await self._give_way()
        if free < LEAST_BYTES and self._spare.exists():
            await asyncio.to_thread(self._spare.unlink)
            log.error("the disk is full: numbers are given from the spare room, about 30,000 more")

    def _set_aside(self) -> None:
        if self._spare.exists() and self._spare.stat().st_size == SPARE_BYTES:
            return
        part = self._spare.with_suffix(".part")
        with part.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, SPARE_BYTES)
            os.fsync(file.fileno())
        part.replace(self._spare)
        log.info("%d MB of the disk are set aside for numbers", SPARE_BYTES // MEGABYTE)
