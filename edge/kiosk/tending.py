"""What the kiosk does for its staff: looks at their PIN, goes out of service, starts anew."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from edge.kiosk import upkeep as u
from edge.kiosk.pin import Pin

log = logging.getLogger("kiosk")


class Tending:
    """Used from the event loop's thread. ``hashed`` is the PIN's hash, empty where there are no staff's screens.

    That the kiosk is out of service stands in ``mark``, a file: a power cut does not bring it back. Beside it stands
    one for the Department's word: a kiosk that starts without its hub keeps to it.
    """

    def __init__(self, hashed: str, mark: Path, give: Callable[[u.Upkeep], None]) -> None:
        self._pin = Pin(hashed, time.monotonic) if hashed else None
        self._mark = mark
        self._shut = mark.with_name("shut")
        self._give = give

    @property
    def staffed(self) -> bool:
        """Whether there is a PIN."""
        return self._pin is not None

    def begin(self) -> None:
        """Tell whether the kiosk was out of service when it last ran."""
        if self._mark.exists():
            self._give(u.Withdrawn(True))
        if self._shut.exists():
            self._give(u.WasShut())

    async def check_pin(self, pin: str) -> None:
        """Tell whether this is the PIN."""
        if self._pin is None:
            return
        right, wait_s = await asyncio.to_thread(self._pin.check, pin)
        if right:
            log.info("staff's screens opened")
        else:
            log.warning("a wrong PIN for the staff's screens")
        self._give(u.PinChecked(right, wait_s))

    async def withdraw(self, withdrawn: bool) -> None:
        """Keep on the disk whether the kiosk is out of service, and tell so; it is done even where the disk is full."""
        try:
            await asyncio.to_thread(_write, self._mark, withdrawn)
        except OSError as error:
            log.error("that the kiosk is out of service cannot be kept on this disk: %s", error.strerror)
        if withdrawn:
            log.warning("out of service by staff")
        else:
            log.info("back in service by staff")
        self._give(u.Withdrawn(withdrawn))

    async def keep_shut(self, shut: bool) -> None:
        """Keep on the disk whether the Department has the kiosk out of service."""
        log.warning("the Department took this kiosk %s", "out of service" if shut else "back into service")
        try:
            await asyncio.to_thread(_write, self._shut, shut)
        except OSError as error:
            log.error("that the kiosk is out of service cannot be kept on this disk: %s", error.strerror)

    def restart(self) -> None:
        """End the program as a stop of the service does; its supervisor starts it anew."""
        log.warning("restarted by staff")
        os.kill(os.getpid(), signal.SIGTERM)


def _write(mark: Path, there: bool) -> None:
    if not there:
        mark.unlink(missing_ok=True)
        return
    with mark.open("w") as file:
        os.fsync(file.fileno())
    folder = os.open(mark.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
