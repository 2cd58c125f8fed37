"""Tell the hub how this device is: when that changes, and every 20 seconds."""

import asyncio
import logging
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from edge.contracts.health import EVERY_S, MAX_PARTS, DeviceHealth, Part, PartState
from edge.daemon.hub_client import HubClient, HubRejected, HubUnreachable
from edge.daemon.machine_health import Reading, figures, machine_parts, read

log = logging.getLogger(__name__)

LOOK_S = 0.5  # how late a change may be told
AGAIN_S = 5.0  # after the hub gave no answer


class HealthReport:
    """``parts`` says how the program's own parts are, and is asked often; ``folder`` lies on the disk that matters.

    That the hub is away is said by whoever follows it: this says nothing of it, and goes on trying.
    """

    def __init__(
        self,
        program: Literal["kiosk", "board", "standby"],
        client: HubClient,
        folder: Path,
        parts: Callable[[], tuple[Part, ...]],
        reading: Callable[[Path], Reading] = read,
    ) -> None:
        self._program: Literal["kiosk", "board", "standby"] = program
        self._version = version("moiso")
        self._client = client
        self._folder = folder
        self._parts = parts
        self._reading = reading
        self._read = Reading()
        self._read_at_s = float("-inf")
        self._began_s = time.monotonic()

    def current(self) -> DeviceHealth:
        """How the device is now."""
        now_ms = self._client.clock.now_ms()
        ahead_ms = time.time_ns() // 1_000_000 - now_ms
        return DeviceHealth(
            program=self._program,
            version=self._version,
            at_ms=max(0, now_ms),
            uptime_s=int(time.monotonic() - self._began_s),
            parts=bounded((*self._parts(), *machine_parts(self._read, ahead_ms))),
            figures=figures(self._read),
        )

    async def run(self) -> None:
        """Tell the hub, for ever."""
        told: tuple[Part, ...] | None = None
        due_s = 0.0
        complained = False
        while True:
            await self._look()
            health = self.current()
            now_s = time.monotonic()
            if now_s >= due_s or (told is not None and health.parts != told):
                told, due_s = None, now_s + AGAIN_S
                try:
                    await self._client.post_health(health)
                except HubUnreachable:
                    pass
                except HubRejected as error:
                    due_s = now_s + EVERY_S
                    if not complained:
                        log.error("the hub takes no word of how this device is: %s", error)
                    complained = True
                else:
                    told, due_s, complained = health.parts, now_s + EVERY_S, False
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._read_at_s >= EVERY_S:
            self._read_at_s = now_s
            self._read = await asyncio.to_thread(self._reading, self._folder)


def bounded(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """At most ``MAX_PARTS`` of them, those that do not work before those that do."""
    if len(parts) <= MAX_PARTS:
        return parts
    order = (PartState.FAIL, PartState.WARN, PartState.OK)
    return tuple(sorted(parts, key=lambda part: order.index(part.state))[:MAX_PARTS])
