"""A disk of its own for a site's data, whose power can be cut: a real ext4 on a loop device over tests.power.disk."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.power.disk import NAME
from tests.waiting import until

MEGABYTES = 48
WHY_NOT = (
    "needs root" if os.geteuid() else "needs /dev/fuse and loop devices" if not Path("/dev/fuse").exists() else ""
) or ("" if shutil.which("losetup") and shutil.which("mkfs.ext4") else "needs losetup and mkfs.ext4")


def make_disk(image: Path) -> None:
    """An empty ext4, as the data partition of a Pi is made."""
    with image.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))


@contextlib.contextmanager
def powered(image: Path, place: Path, *, writes: int, seed: int) -> Iterator[Callable[[], None]]:
    """Mount the disk at ``place``; its power goes so many writes after what this yields is called, and at the end in
    any case. Whoever writes there must be dead by the end."""
    folder = image.with_suffix(".fuse")
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.power.disk", str(image), str(folder), str(writes), str(seed)]
    process = subprocess.Popen(command)
    loop = ""
    try:
        until(lambda: (folder / NAME).exists(), what="the disk")
        loop = _run("losetup", "--find", "--show", str(folder / NAME)).strip()
        _run("mount", "-t", "ext4", "-o", "noatime", loop, str(place))
        place.chmod(0o700)
        yield partial(process.send_signal, signal.SIGUSR2)
    finally:
        before = image.stat().st_ino
        process.send_signal(signal.SIGUSR1)  # no last word of the file system's reaches the medium
        until(lambda: image.stat().st_ino != before, what="what the disk holds")
        # Lazily: on a busy machine the kernel holds a dead disk a while, and another round has another loop device.
        for command in (["umount", "-l", str(place)], ["losetup", "--detach", loop], ["umount", "-l", str(folder)]):
            until(partial(_done, command), what=" ".join(command))
        process.kill()
        process.wait(timeout=60)


def check_file_system(image: Path) -> None:
    """Recover the file system's journal as a mount does, and find nothing else wrong. Raises CalledProcessError."""
    _run("e2fsck", "-p", "-f", str(image), good=(0, 1))
    _run("e2fsck", "-n", "-f", str(image))


def _done(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def _run(*command: str, good: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in good:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done.stdout
