"""The pictures, clips and sounds that the catalogue names: fetched from the hub, kept here, and used without it.

A file is written under ``.part`` beside the others and gets its name, the SHA-256 of its content, when that is right
and on the disk; so every file with such a name is what it says.
"""

import asyncio
import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from edge.contracts.hall import Medium, MediumKind
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable

log = logging.getLogger(__name__)

RETRY_FIRST_S, RETRY_MOST_S = 2.0, 60.0
LEAST_FREE_BYTES = 100_000_000  # logs and the voice's cache need room on the same disk
MEGABYTE = 1_000_000
NO_ROOM = "there is no room for it"  # the fault where the disk, or the folder's bound, is too small
HEAD_BYTES = 12  # enough to tell one kind of picture from another
PART = ".part"
_NAME = re.compile(r"[0-9a-f]{64}")
_TYPES = {MediumKind.CLIP: "video/mp4", MediumKind.SOUND: "audio/wav"}


class Damaged(Exception):
    """What the hub sent has not the size or the hash that the catalogue names."""


class NoRoom(Exception):
    """The folder may hold no more, or its disk cannot."""


class MediaHealth(Struct, frozen=True):
    """The names of the media that are not here yet, and why they cannot come; empty where nothing is known."""

    missing: list[str] = []
    fault: str = ""


def picture_type(head: bytes) -> str:
    """The content type of a picture that begins so: JPEG, PNG or WebP.

    >>> picture_type(b"\\x89PNG\\r\\n"), picture_type(b"RIFF....WEBP"), picture_type(b"\\xff\\xd8\\xff\\xe0")
    ('image/png', 'image/webp', 'image/jpeg')
    """
    if head.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else "image/jpeg"


def free_on_disk(folder: Path) -> int:
    """How many bytes the folder's disk has left."""
    return shutil.disk_usage(folder).free


class KeptMedia:
    """One folder of media, of so many bytes at most; ``want`` says which, ``run`` brings them.

    All of the disk's work is done in threads: an SD card that stalls for seconds delays no screen. ``free_bytes`` tells
    how much room the folder's disk has left.
    """

    def __init__(
        self,
        folder: Path,
        most_bytes: int,
        client: HubClient,
        free_bytes: Callable[[Path], int] = free_on_disk,
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._client = client
        self._free_bytes = free_bytes
        self._wanted: dict[str, Medium] = {}
        self._held: dict[str, tuple[Path, str]] = {}
        self._changed = asyncio.Event()
        self._fault = ""
        self._reported: set[str] = set()

    def held(self) -> Mapping[str, tuple[Path, str]]:
        """SHA-256 → the file and its content type, of those that the catalogue names and that are here, whole."""
        return self._held

    def want(self, media: Iterable[Medium]) -> None:
        """Want these media, and no others any more."""
        wanted = {medium.sha256: medium for medium in media}
        if wanted != self._wanted:
            self._wanted = wanted
            self._held = {sha256: kept for sha256, kept in self._held.items() if sha256 in wanted}
            self._changed.set()

    def health(self) -> MediaHealth:
        """What is missing, and why."""
        missing = [medium.name for sha256, medium in self._wanted.items() if sha256 not in self._held]
        return MediaHealth(missing, self._fault if missing else "")

    async def run(self, arrived: Callable[[], None]) -> None:
        """Bring what is wanted, for ever; ``arrived`` is called after each medium that is here.

        What cannot be had is tried again, ever more seldom up to ``RETRY_MOST_S``; at once when the catalogue changes.
        """
        pause_s = RETRY_FIRST_S
        while True:
            self._changed.clear()
            came, failed = 0, 0
            for medium in list(self._wanted.values()):
                if medium.sha256 in self._held or self._changed.is_set():
                    continue
                if await self._bring(medium):
                    came += 1
                    arrived()
                else:
                    failed += 1
            if not failed:
                self._fault = ""
                self._reported.clear()
            pause_s = RETRY_FIRST_S if came or not failed else min(2 * pause_s, RETRY_MOST_S)
            try:
                async with asyncio.timeout(pause_s if failed else None):
                    await self._changed.wait()
                pause_s = RETRY_FIRST_S
            except TimeoutError:
                pass

    async def _bring(self, medium: Medium) -> bool:
        """Whether the medium is here now; a reason why one cannot be had is logged once, till all are here again."""
        try:
            found = await asyncio.to_thread(self._find, medium)
            if found is None:
                await asyncio.to_thread(self._make_room, medium.size)
                await self._fetch(medium)
                found = await asyncio.to_thread(self._find, medium)
        except HubUnreachable:
            return False  # that the hub is away is said by its link
        except HubRejected as error:
            self._report(f"the hub does not give it ({error})", medium)
            return False
        except Damaged:
            self._report("what the hub sends is damaged", medium)
            return False
        except NoRoom:
            self._report(NO_ROOM, medium)
            return False
        except OSError as error:
            self._report(f"the disk does not take it ({error.strerror})", medium)
            return False
        if found is None or medium.sha256 not in self._wanted:
            return False
        self._held = {**self._held, medium.sha256: found}
        return True

    def _report(self, why: str, medium: Medium) -> None:
        self._fault = why
        if why not in self._reported:
            self._reported.add(why)
            log.warning("the medium %s cannot be kept here: %s", medium.name, why)

    def _find(self, medium: Medium) -> tuple[Path, str] | None:
        path = self._folder / medium.sha256
        try:
            if path.stat().st_size != medium.size:
                return None
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
        except FileNotFoundError:
            return None
        return path, _TYPES.get(medium.kind) or picture_type(head)

    def _make_room(self, size: int) -> None:
        """Drop what the catalogue does not name, the eldest first, till ``size`` bytes more fit. Raises NoRoom."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for part in self._folder.glob(f"*{PART}"):
            part.unlink()
        files = {path: path.stat() for path in self._folder.iterdir() if _NAME.fullmatch(path.name)}
        used = sum(stat.st_size for stat in files.values())
        unnamed = sorted(
            (path for path in files if path.name not in self._wanted), key=lambda path: files[path].st_mtime
        )
        while used + size > self._most_bytes or self._free_bytes(self._folder) < size + LEAST_FREE_BYTES:
            if not unnamed:
                raise NoRoom(f"{size} bytes more do not fit")
            gone = unnamed.pop(0)
            gone.unlink()
            used -= files[gone].st_size

    async def _fetch(self, medium: Medium) -> None:
        """Write the medium's file. Raises HubUnreachable, HubRejected, Damaged, OSError; a half file never stays."""
        part = self._folder / f"{medium.sha256}{PART}"
        digest = hashlib.sha256()
        length = 0

        def write(file: BinaryIO, block: bytes) -> None:
            file.write(block)
            digest.update(block)

        def finish(file: BinaryIO) -> None:
            file.flush()
            os.fsync(file.fileno())

        try:
            with await asyncio.to_thread(part.open, "wb") as file:
                async with aclosing(self._client.medium(medium.sha256)) as blocks:
                    async for block in blocks:
                        length += len(block)
                        if length > medium.size:
                            raise Damaged(medium.sha256)
                        await asyncio.to_thread(write, file, block)
                if length != medium.size or digest.hexdigest() != medium.sha256:
                    raise Damaged(medium.sha256)
                await asyncio.to_thread(finish, file)
            await asyncio.to_thread(part.rename, self._folder / medium.sha256)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
