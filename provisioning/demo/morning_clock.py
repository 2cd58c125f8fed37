"""A clock that runs faster than the real one, and can be stopped."""

import asyncio


class MorningClock:
    """Seconds of the morning; it stands still until it is set running."""

    def __init__(self, speed: int) -> None:
        self.speed = speed
        self.running = False
        self._counted_s = 0.0
        self._since = _now()
        self._changed = asyncio.Event()

    @property
    def at_s(self) -> float:
        """Seconds after the morning's beginning."""
        return self._counted_s + ((_now() - self._since) * self.speed if self.running else 0.0)

    def set(self, *, speed: int | None = None, running: bool | None = None) -> None:
        """Run so many times faster than the real time, stop or go on; None leaves it as it is."""
        self._counted_s, self._since = self.at_s, _now()
        self.speed = self.speed if speed is None else speed
        self.running = self.running if running is None else running
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, at_s: float) -> None:
        """Return at this time, or at once where it is over; but never while the clock stands still."""
        while not self.running or self.at_s < at_s:
            left_s = (at_s - self.at_s) / self.speed if self.running else None
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def take(self, seconds: float, *, least_real_s: float = 0.0) -> None:
        """Let this much of the morning go by, and at least so many real seconds."""
        await self.until(self.at_s + max(seconds, least_real_s * self.speed))


def _now() -> float:
    return asyncio.get_running_loop().time()
