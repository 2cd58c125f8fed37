"""Where simulated mornings are played, one at a time."""

import asyncio

from provisioning.demo.layout import Site
from provisioning.demo.morning_view import MorningView, Phase, StartMorning, SteerMorning
from provisioning.demo.player import Performance


class Stage:
    """What the workbench asks for is played by ``run``."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._ordered: asyncio.Queue[Performance] = asyncio.Queue()
        self._now: Performance | None = None

    @property
    def view(self) -> MorningView:
        """What is to be seen of the morning that is played, or was last."""
        return self._now.view() if self._now else MorningView()

    @property
    def is_playing(self) -> bool:
        """Whether a morning has begun and is not yet over."""
        return self.view.phase in (Phase.STARTING, Phase.PLAYING, Phase.STOPPING)

    def start(self, order: StartMorning) -> None:
        """Begin a morning; nothing happens while another is played."""
        if not self.is_playing:
            self._now = Performance(self._site, order)
            self._ordered.put_nowait(self._now)

    def steer(self, steering: SteerMorning) -> None:
        """Change the speed, pause or go on."""
        if self._now is not None:
            self._now.steer(steering)

    def stop(self) -> None:
        """End the morning that is played."""
        if self._now is not None:
            self._now.stop()

    async def run(self) -> None:
        """Play what is ordered, for ever."""
        while True:
            performance = await self._ordered.get()
            await performance.play()
