"""A disk that loses its power: what was flushed stays, of the rest each sector has reached the medium or has not.

``python -m tests.power.disk IMAGE FOLDER WRITES SEED`` shows IMAGE as the one file ``FOLDER/disk`` (FUSE), for a loop
device. The power goes so many writes after SIGUSR2, or at SIGUSR1: from then on nothing is read or written any more,
and SIGUSR1 has IMAGE written anew: what a disk would hold. This is the model of ALICE (Pillai et al., OSDI 2014) with
sectors of 512 bytes.
"""

import errno
import logging
import os
import random
import signal
import sys
from pathlib import Path
from stat import S_IFDIR, S_IFREG
from typing import Any

import mfusepy as fuse

SECTOR = 512
NAME = "disk"


class Disk:
    """The medium and its cache, without any file system."""

    def __init__(self, image: bytes, chance: random.Random) -> None:
        self._medium = bytearray(image)
        self._cache = bytearray(image)
        self._unflushed: list[tuple[int, bytes]] = []
        self._chance = chance
        self._left = 0
        self.dead = False

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self._cache)

    def read(self, offset: int, size: int) -> bytes:
        """What was written there last. Raises OSError without power."""
        self._need_power()
        return bytes(self._cache[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        """Take this into the cache; it may reach the medium now, later, in parts, or never. Raises OSError."""
        self._need_power()
        self._cache[offset : offset + len(data)] = data
        self._unflushed.append((offset, data))
        if self._left:
            self._left -= 1
            if not self._left:
                self.cut()
                self._need_power()

    def fail_after(self, writes: int) -> None:
        """The power goes with the so many-th write from now, which may have reached the medium or not."""
        self._left = writes

    def flush(self) -> None:
        """Everything that was written is on the medium from here on. Raises OSError."""
        self._need_power()
        for offset, data in self._unflushed:
            self._medium[offset : offset + len(data)] = data
        self._unflushed.clear()

    def cut(self) -> bytes:
        """The power goes: what the medium holds then."""
        if not self.dead:
            self.dead = True
            share = self._chance.choice((0.0, 0.2, 0.5, 0.9, 1.0))  # none, some, or all of it had gone through
            for offset, data in self._unflushed:
                for at in range(0, len(data), SECTOR):
                    if self._chance.random() < share:
                        part = data[at : at + SECTOR]
                        self._medium[offset + at : offset + at + len(part)] = part
        return bytes(self._medium)

    def _need_power(self) -> None:
        if self.dead:
            raise OSError(errno.EIO, "no power")


class OneFile(fuse.Operations):  # type: ignore[misc]  # the library has no types
    """The disk as a file."""

    use_ns = True

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def getattr(self, path: str, fh: Any = None) -> dict[str, int]:
        """A folder with one file."""
        if path == "/":
            return {"st_mode": S_IFDIR | 0o700, "st_nlink": 2}
        if path != f"/{NAME}":
            raise fuse.FuseOSError(errno.ENOENT)
        return {"st_mode": S_IFREG | 0o600, "st_nlink": 1, "st_size": self._disk.size}

    def readdir(self, path: str, fh: Any) -> list[str]:
        """Its name."""
        return [".", "..", NAME]

    def read(self, path: str, size: int, offset: int, fh: Any) -> bytes:
        """From the cache."""
        return self._disk.read(offset, size)

    def write(self, path: str, data: bytes, offset: int, fh: Any) -> int:
        """Into the cache."""
        self._disk.write(offset, data)
        return len(data)

    def fsync(self, path: str, datasync: int, fh: Any) -> int:
        """A loop device asks for this when the file system flushes the disk."""
        self._disk.flush()
        return 0


def main() -> None:
    """Show the disk until this program is killed."""
    image, folder, writes, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    logging.getLogger("fuse").setLevel(logging.CRITICAL)  # each EIO after the cut would be told
    disk = Disk(image.read_bytes(), random.Random(seed))

    def cut(*_: object) -> None:
        new = image.with_suffix(".new")
        new.write_bytes(disk.cut())
        os.replace(new, image)

    signal.signal(signal.SIGUSR1, cut)
    signal.signal(signal.SIGUSR2, lambda *_: disk.fail_after(writes))
    fuse.FUSE(OneFile(disk), folder, foreground=True, nothreads=True, fsname="moiso-cut-disk")


if __name__ == "__main__":
    main()
