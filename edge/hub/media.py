"""The files that administrators uploaded: checked, made playable where that is needed, and kept under their SHA-256.

A file is written beside the others under a name of its own, and renamed when it is whole, checked and on the disk; so
every file that has a hash for a name is what it says. What no catalogue names goes after a week, or when room is
needed.
"""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from edge.contracts.hall import MediumKind
from edge.hub import mp4, pictures, wav
from edge.hub.media_faults import MediumFault, Unfit
from edge.queueing.hall_checks import MOST_BYTES

MEGABYTE = 1_000_000
LEAST_FREE_BYTES = 200 * MEGABYTE  # the journal needs its room
KEEP_S = 7 * 86_400
FRESH_S = 3_600  # what was uploaded within the hour stays: its form may still be open
_PART = ".part-"
_BLOCK = 1 << 20
_HASH = re.compile(r"[0-9a-f]{64}")
CONTENT_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "audio/wav"}

T = TypeVar("T")


class Stored(NamedTuple):
    """A file that the store holds: ``size`` in bytes, ``seconds`` 0 for a picture."""

    kind: MediumKind
    sha256: str
    size: int
    seconds: float


class MediaStore:
    """One folder. Files are written and checked in a thread of the store's own, one piece of work at a time, so that
    two large pictures never lie in memory together and the hub's loop never waits for the card.

    ``free_bytes`` tells how much room the folder's disk has left.
    """

    def __init__(
        self,
        folder: Path,
        most_bytes: int,
        clock_s: Callable[[], float],
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._most = most_bytes
        self._clock_s = clock_s
        self._free = free_bytes
        self._work = ThreadPoolExecutor(1, thread_name_prefix="media")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in folder.glob(f"{_PART}*"):  # the power went while it came
            part.unlink()

    def close(self) -> None:
        """Let the work that has begun end."""
        self._work.shutdown()

    def path(self, sha256: str) -> Path | None:
        """Where the file with this hash lies; None where the store has none."""
        if not _HASH.fullmatch(sha256):
            return None
        path = self._folder / sha256
        return path if path.is_file() else None

    async def take(self, chunks: AsyncIterator[bytes], declared: int | None, named: Collection[str]) -> Stored:
        """Take a file in as it comes. ``declared`` is the length that its sender states, None where they state none;
        ``named`` are the hashes that must stay when room is made.

        Raises Unfit where it is not taken: as soon as that is known, without reading on, and without leaving a file.
        """
        if declared is not None and declared > MOST_BYTES[MediumKind.CLIP]:
            raise _too_large(MediumKind.CLIP)
        part = self._folder / f"{_PART}{secrets.token_hex(8)}"
        try:
            kind, size = await self._written(part, chunks, declared)
            if declared is not None and size < declared:
                raise Unfit(MediumFault.BROKEN_OFF)
            return await self._run(self._kept, part, kind, size, frozenset(named))
        except OSError:
            raise Unfit(MediumFault.DISK if self._is_full(0) else MediumFault.NOT_WRITTEN) from None
        finally:
            await asyncio.shield(self._run(part.unlink, True))

    async def _written(self, part: Path, chunks: AsyncIterator[bytes], declared: int | None) -> tuple[MediumKind, int]:
        kind, size, waiting = None, 0, b""
        with await self._run(part.open, "xb") as file:
            async for chunk in chunks:
                waiting += chunk
                if kind is None and len(waiting) >= 12:
                    kind = _kind(waiting)
                    if max(declared or 0, len(waiting)) > MOST_BYTES[kind]:
                        raise _too_large(kind)
                    self._make_sure_of_room(declared or 0)
                if kind is not None and len(waiting) >= _BLOCK:
                    size += len(waiting)
                    if size > MOST_BYTES[kind]:
                        raise _too_large(kind)
                    self._make_sure_of_room(len(waiting))
                    await self._run(file.write, waiting)
                    waiting = b""
            if kind is None:
                raise Unfit(MediumFault.UNKNOWN)
            size += len(waiting)
            if size > MOST_BYTES[kind]:
                raise _too_large(kind)
            await self._run(file.write, waiting)
        return kind, size

    def _kept(self, part: Path, kind: MediumKind, size: int, named: frozenset[str]) -> Stored:
        """Check and convert what was written, and give it its name. Runs in the store's thread."""
        seconds = 0.0
        if kind is MediumKind.CLIP:
            with part.open("rb") as file:
                seconds = mp4.examine(size, lambda at, length: os.pread(file.fileno(), length, at)).seconds
        elif kind is MediumKind.SOUND:
            converted, seconds = wav.convert(part.read_bytes())
            part.write_bytes(converted)
        else:
            part.write_bytes(pictures.redraw(part.read_bytes(), MOST_BYTES[kind]))
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            os.fsync(file.fileno())
        if not (self._folder / digest).exists():
            self._make_room(size, named)
        part.rename(self._folder / digest)
        os.utime(self._folder / digest, (self._clock_s(), self._clock_s()))
        self._sync_folder()
        return Stored(kind, digest, size, round(seconds, 3))

    async def sweep(self, named: Collection[str]) -> None:
        """Remove what none of these hashes names and none has named for a week."""
        await self._run(self._swept, frozenset(named))

    async def give_way(self, named: Collection[str]) -> None:
        """Remove what none of these hashes names, but what was uploaded within the hour: the disk is nearly full."""
        await self._run(self._swept, frozenset(named), FRESH_S)

    def _swept(self, named: frozenset[str], keep_s: float = KEEP_S) -> None:
        now = self._clock_s()
        for path in self._files():
            if path.name in named:
                os.utime(path, (now, now))
            elif now - path.stat().st_mtime > keep_s:
                path.unlink()

    def _make_room(self, size: int, named: frozenset[str]) -> None:
        files = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self._files())
        held = sum(length for _, length, _ in files)
        for at, length, path in files:
            if held + size <= self._most:
                return
            if path.name not in named and self._clock_s() - at > FRESH_S:
                path.unlink()
                held -= length
        if held + size > self._most:
            raise Unfit(MediumFault.STORE_FULL, most=self._most // MEGABYTE)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if _HASH.fullmatch(path.name)]

    def _make_sure_of_room(self, coming: int) -> None:
        if self._is_full(coming):
            raise Unfit(MediumFault.DISK)

    def _is_full(self, coming: int) -> bool:
        return self._free(self._folder) - coming < LEAST_FREE_BYTES

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._work, work, *args)


def content_type(path: Path) -> str:
    """What a file of the store is, from its first bytes: a store holds nothing that it has not checked."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((kind for letters, kind in CONTENT_TYPES.items() if head.startswith(letters)), "video/mp4")


def _kind(head: bytes) -> MediumKind:
    """What a file seems to be. Raises Unfit where it is nothing that the hall shows or plays."""
    if head[4:8] == b"ftyp":
        return MediumKind.CLIP
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return MediumKind.SOUND
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return MediumKind.PICTURE
    raise Unfit(MediumFault.UNKNOWN)


def _too_large(kind: MediumKind) -> Unfit:
    return Unfit(MediumFault.LARGE, kind=kind.value, most=MOST_BYTES[kind] // MEGABYTE)
