"""Tell systemd, or whoever stands in its place, how the program is (sd_notify(3))."""

import asyncio
import os
import socket
import time


def notify(state: str) -> None:
    """Send one state line such as ``READY=1`` or ``STATUS=…``; does nothing where nobody asked for it.

    Source: sd_notify(3): a datagram to the socket named by NOTIFY_SOCKET; a leading ``@`` means an abstract one.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(address)
        sock.sendall(state.encode())


def watchdog_s() -> float | None:
    """How long systemd waits for a sign of life before it ends this program; None where it does not wait.

    Source: sd_watchdog_enabled(3): WATCHDOG_USEC in microseconds, meant for the process WATCHDOG_PID where that is set.
    """
    asked, meant = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not asked.isdecimal() or not int(asked) or (meant and meant != str(os.getpid())):
        return None
    return int(asked) / 1_000_000


async def keep_alive() -> None:
    """Say for ever that this event loop turns. Whatever blocks it silences this too, and systemd starts it again."""
    limit_s = watchdog_s()
    while limit_s is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(limit_s / 3)


class Alive:
    """The same for a program whose loop is a thread's own: it calls ``tell`` at every turn, however often."""

    def __init__(self) -> None:
        limit_s = watchdog_s()
        self._every_s = None if limit_s is None else limit_s / 3
        self._due_s = 0.0

    def tell(self) -> None:
        """Say that the loop turns, where it is time."""
        now_s = time.monotonic()
        if self._every_s is not None and now_s >= self._due_s:
            self._due_s = now_s + self._every_s
            notify("WATCHDOG=1")
