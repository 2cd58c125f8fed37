"""The processes below this one, as /proc shows them. Source: proc(5), prctl(2)."""

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path

from msgspec import Struct

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
STEP_S = 0.05


class Process(Struct, frozen=True):
    """One process: its state (``R``, ``S``, ``T`` stopped, ``Z`` ended and not yet waited for …) and its parent."""

    pid: int
    parent: int
    state: str


def adopt_orphans() -> None:
    """From now on a process below this one whose parent ends becomes this one's child, so that none is lost."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def below(ancestor: int) -> list[Process]:
    """Every process that descends from this one, itself not among them."""
    children: dict[int, list[Process]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            process = _read(entry)
            if process is not None:
                children.setdefault(process.parent, []).append(process)
    found, waiting = [], [ancestor]
    while waiting:
        for process in children.get(waiting.pop(), ()):
            found.append(process)
            waiting.append(process.pid)
    return found


def arguments(pid: int) -> list[str]:
    """The command line; empty where the process has ended."""
    try:
        text = (PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.replace("\0", " ").split()  # Chromium's children write theirs with spaces


def memory_mb(pid: int) -> float:
    """Memory that only exists because of this process, in MB: private pages, and shared ones that lie in no file.

    A page that two processes share is counted for both. 0 where the process has ended.
    """
    try:
        status = (PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    wanted = (line.split() for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))
    return sum(int(kib) for _, kib, *_ in wanted) / 1024


def end_all(ancestor: int, within_s: float) -> bool:
    """Kill everything below this process, and wait for it; whether all of it is gone within ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while left := [process for process in below(ancestor) if not _waited_for(process)]:
        for process in left:
            if process.state != "Z":
                _kill(process.pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP_S)
    return True


def wait_for_ended(ancestor: int) -> None:
    """Wait for the children that have ended, so that they leave no entry behind."""
    for process in below(ancestor):
        _waited_for(process)


def _waited_for(process: Process) -> bool:
    if process.state != "Z" or process.parent != os.getpid():
        return False
    with contextlib.suppress(ChildProcessError):  # somebody else waited for it
        os.waitpid(process.pid, os.WNOHANG)
    return True


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
        os.kill(pid, signal.SIGKILL)


def _read(entry: Path) -> Process | None:
    try:
        text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # it has ended meanwhile
    state, parent, *_ = text.rpartition(")")[2].split()
    return Process(int(entry.name), int(parent), state)
