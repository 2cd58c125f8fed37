"""Follow the hub: its journal at once, its files and media soon after, and compare what is here with what is there."""

import asyncio
import contextlib
import hashlib
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from edge.contracts.copy import MOST_DIGESTED, MOST_TOGETHER, CopiedMedium, Inventory, Piece
from edge.contracts.health import Part, Reason, Subject, part
from edge.daemon.copy_client import CopyClient
from edge.daemon.durable import write_durably
from edge.daemon.hub_client import HubRejected, HubUnreachable
from edge.follower.copy import Copy, CopyError, Diverged, set_aside
from edge.hub.succession.belongings import DATABASES

log = logging.getLogger(__name__)

RETRY_S = 1.0
FILES_S = 30.0
VERIFY_S = 60.0
LATE_S = 15  # from here on the copy counts as late
LEAST_FREE_BYTES = 500_000_000  # the journal's copy needs its room
BACKUP_STATUS = "backup-status.json"
BACKUP_LATE_S = 3 * 3600

P = ParamSpec("P")
T = TypeVar("T")


class Following:
    """``folder`` holds ``hub/`` (what a hub keeps in its data) and ``config/`` (what its configuration names)."""

    def __init__(self, client: CopyClient, folder: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._folder = folder
        self._clock_s = clock_s
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="copy")
        self.hub_folder, self.config_folder = folder / "hub", folder / "config"
        for one in (folder, self.hub_folder, self.config_folder, self.hub_folder / "media"):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._copy = Copy(self.hub_folder)
        self._copy.note_verified(0)  # after a start everything is compared again
        self.site = ""
        self.hub_seq = self._copy.seq
        self._heard_s = float("-inf")
        self._whole_s = clock_s()
        self._lost = False
        self._complaint = ""
        self._broken = False
        self._over = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def seq(self) -> int:
        """The last entry that is here."""
        return self._copy.seq

    @property
    def behind_s(self) -> int:
        """For how many seconds this copy may have lacked something: since the hub was last known to have no more."""
        return max(0, int(self._clock_s() - self._whole_s))

    @property
    def hub_answers(self) -> bool:
        """Whether the hub was heard within the last seconds."""
        return self._clock_s() - self._heard_s < LATE_S and not self._lost

    @property
    def has_configuration(self) -> bool:
        """Whether everything is here that a hub needs to begin."""
        return (self.config_folder / "hub.toml").exists()

    def parts(self) -> tuple[Part, ...]:
        """How the copy is, for the hub's page of devices."""
        copy = part(Subject.COPY, None, str(self._copy.seq))
        if self._broken:
            copy = part(Subject.COPY, Reason.COPY_BROKEN)
        elif self._complaint or self.behind_s > LATE_S:
            copy = part(Subject.COPY, Reason.COPY_LATE, f"{self.behind_s} s")
        return (copy, *_backup_part(self._folder / BACKUP_STATUS))

    async def run(self) -> None:
        """Follow for ever, until :meth:`stop`."""
        async with asyncio.TaskGroup() as group:
            work = (self._follow(), self._every(FILES_S, self.fetch_files), self._every(VERIFY_S, self._verify))
            self._tasks = [group.create_task(one) for one in work]

    async def stop(self) -> None:
        """Take nothing more, and let what is being written come to its end."""
        self._over = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.on_disk(self._copy.close)
        self._disk.shutdown()

    async def on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in the copy's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*args, **kwargs))

    async def fetch_all(self) -> None:
        """Bring the copy up to what the hub has now, with every file; for a machine that is set up anew.

        Raises HubUnreachable, HubRejected, Diverged, CopyError, OSError and ValueError.
        """
        while True:
            piece = await self._client.piece(self._copy.seq, self._copy.audit, self._copy.editions)
            await self.on_disk(self._copy.take, piece)
            if self._copy.seq >= piece.seq and len(piece.audit) < MOST_TOGETHER and not piece.editions:
                break
        await self.fetch_files()

    async def _follow(self) -> None:
        while not self._over:
            try:
                piece = await self._client.piece(self._copy.seq, self._copy.audit, self._copy.editions)
                await self._take(piece)
            except (HubUnreachable, HubRejected, ValueError) as error:
                if not self._lost:
                    log.warning("the hub cannot be followed: %s", type(error).__name__)
                self._lost = True
                await asyncio.sleep(RETRY_S)
            except CopyError as error:
                self._complain(f"the disk does not take the copy: {error}")
                await asyncio.sleep(RETRY_S)

    async def _take(self, piece: Piece) -> None:
        try:
            await self.on_disk(self._copy.take, piece)
        except Diverged as error:
            await self._begin_anew(str(error))
            return
        if self._lost:
            log.info("the hub is followed again")
        self._lost, self._complaint = False, ""
        self._heard_s = self._clock_s()
        self.hub_seq = piece.seq
        if self._copy.seq >= piece.seq:
            self._whole_s = self._heard_s
            self._broken = False

    async def _begin_anew(self, why: str) -> None:
        def begin() -> None:
            self._copy.close()
            set_aside(self.hub_folder)
            self._copy = Copy(self.hub_folder)

        self._broken = True
        log.error("the copy is set aside and begun anew: %s", why)
        await self.on_disk(begin)

    async def _every(self, pause_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._over:
            wait_s = pause_s
            try:
                await work()
            except (HubUnreachable, HubRejected, ValueError):
                wait_s = RETRY_S  # said by whoever follows the journal
            except OSError as error:
                self._complain(f"a file of the hub cannot be kept here: {error.strerror}")
            except sqlite3.Error as error:
                self._complain(f"the disk does not take the copy: {error}")
            await asyncio.sleep(wait_s)

    def _complain(self, why: str) -> None:
        if why != self._complaint:
            log.error("the copy is not complete: %s", why)
        self._complaint = why

    async def _verify(self) -> None:
        """Compare what was not compared yet; all of it again from the beginning after a start."""
        while self._copy.verified < self._copy.seq and not self._over:
            after = self._copy.verified
            upto = min(self._copy.seq, after + MOST_DIGESTED)
            theirs = await self._client.digest(after, upto)
            if theirs != await self.on_disk(self._copy.digest, after, upto):
                await self._begin_anew("an entry is not as the hub has it")
                return
            await self.on_disk(self._copy.note_verified, upto)

    async def fetch_files(self) -> None:
        """Bring configuration, databases and media up to what the hub has."""
        inventory = await self._client.inventory()
        self.site = inventory.site
        for wanted in inventory.files:
            path = self._place(wanted.name)
            if await self.on_disk(_sha256, path) != wanted.sha256:
                content = await self._client.file(wanted)
                await self.on_disk(_keep, path, content)
        await self.on_disk(self._forget, inventory)
        for medium in inventory.media:
            await self._fetch_medium(medium)

    def _place(self, name: str) -> Path:
        return (self.hub_folder if name in DATABASES else self.config_folder) / name

    def _forget(self, inventory: Inventory) -> None:
        """Delete what the hub no longer has."""
        wanted = {self._place(one.name) for one in inventory.files}
        for path in self.config_folder.rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
        media = {medium.sha256 for medium in inventory.media}
        for path in (self.hub_folder / "media").iterdir():
            if path.name not in media:
                path.unlink()

    async def _fetch_medium(self, medium: CopiedMedium) -> None:
        folder = self.hub_folder / "media"
        path, part_path = folder / medium.sha256, folder / f".part-{medium.sha256}"
        if path.exists() and path.stat().st_size == medium.size:
            return
        if shutil.disk_usage(folder).free < medium.size + LEAST_FREE_BYTES:
            self._complain("there is no room for a picture, clip or sound")
            return
        digest = hashlib.sha256()
        with part_path.open("wb") as file:
            async with contextlib.aclosing(self._client.medium(medium.sha256)) as blocks:
                async for block in blocks:
                    digest.update(block)
                    await self.on_disk(file.write, block)
            file.flush()
            await self.on_disk(os.fsync, file.fileno())
        if digest.hexdigest() == medium.sha256:
            part_path.replace(path)
        else:
            part_path.unlink()


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, content)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _backup_part(status: Path) -> tuple[Part, ...]:
    """How the backups of this machine are; nothing where none was ever made."""
    try:
        age_s = time.time() - status.stat().st_mtime
    except OSError:
        return ()
    return (part(Subject.BACKUP, Reason.BACKUP_LATE if age_s > BACKUP_LATE_S else None),)
