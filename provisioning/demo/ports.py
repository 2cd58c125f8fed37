"""Loopback ports for sites that come and go while others do (tests, benches), in several processes at once."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

FIRST, LAST = 10_240, 32_000  # below those that the kernel gives to connections
BLOCK = 10
_held: list[IO[str]] = []  # a block is this process's until it ends: no port is given twice
_left: list[int] = []  # of the block that single ports are taken from


def reserve_block() -> int:
    """The first of ``BLOCK`` ports in a row that nobody listens at and no other process has reserved.

    Raises RuntimeError where there are no more.
    """
    folder = Path(tempfile.gettempdir(), f"moiso-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for base in range(FIRST, LAST, BLOCK):
        lock = (folder / str(base)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        if all(_is_free(port) for port in range(base, base + BLOCK)):
            _held.append(lock)
            return base
        lock.close()
    raise RuntimeError(f"no {BLOCK} ports in a row are free from {FIRST} to {LAST}")


def reserve_port() -> int:
    """One such port."""
    if not _left:
        base = reserve_block()
        _left.extend(range(base, base + BLOCK))
    return _left.pop()


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
