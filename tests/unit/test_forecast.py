"""The hub tells its outlook to every stream, on a real inbox and journal."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge.contracts.commands import IssueTicket
from edge.contracts.outlook import AlarmKind, Outlook
from edge.daemon.streams import Broadcast, Listener
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.forecast import Forecast
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.vault import Vault
from tests.sites import CATALOGUE, NOON_MS, command_id

LIMIT_S = 20


class Hub:
    """An inbox and a forecast at work, one stream that listens, and a clock that the test sets."""

    def __init__(self, folder: Path, listener: Listener, stream: Broadcast) -> None:
        self.now_ms = NOON_MS
        self._frames = listener.frames()
        vault = Vault(folder / "keys", "secret")
        self.inbox = Inbox(
            Journal(folder / "hub.db"),
            vault,
            CATALOGUE,
            FaceKeeper.at(folder, vault, lambda: self.now_ms),
            clock_ms=lambda: self.now_ms,
            told=lambda _: self.forecast.wake(),
        )
        self.forecast = Forecast(self.inbox, stream, lambda: self.now_ms)

    async def told(self, wanted: Callable[[Outlook], bool]) -> Outlook:
        """The first outlook of the stream that is as wanted."""
        async for data in self._frames:
            outlook = read(data)
            if wanted(outlook):
                return outlook
        raise AssertionError("the stream ended")


def read(data: bytes) -> Outlook:
    """The outlook of a frame, which has a name and no id."""
    name, text, *rest = data.decode().split("\n")
    assert name == "event: outlook"
    assert rest == ["", ""]
    return msgspec.json.decode(text.removeprefix("data: "), type=Outlook)


def told(tell: Callable[[Hub], Awaitable[None]], folder: Path) -> None:
    async def story() -> None:
        stream = Broadcast()
        with stream.joined() as listener:
            hub = Hub(folder, listener, stream)
            tasks = [asyncio.create_task(hub.inbox.run()), asyncio.create_task(hub.forecast.run())]
            try:
                async with asyncio.timeout(LIMIT_S):
                    await tell(hub)
            finally:
                for task in tasks:
                    task.cancel()
                hub.inbox.close()

    asyncio.run(story())


@pytest.mark.req("T1", "K6")
def test_what_was_committed_is_soon_in_an_outlook_that_every_stream_gets(tmp_path: Path) -> None:
    async def story(hub: Hub) -> None:
        for _ in range(5):
            await hub.inbox.handle("kiosk-1", IssueTicket(command_id(), "general"))
        outlook = await hub.told(lambda outlook: outlook.services["general"].waiting == 5)
        assert outlook.counters["q2"].next == ("A001", "A002", "A003")
        assert hub.forecast.current == outlook
        assert read(hub.forecast.frame) == outlook

    told(story, tmp_path)


def test_there_is_an_outlook_before_anything_has_happened(tmp_path: Path) -> None:
    async def story(hub: Hub) -> None:
        assert hub.forecast.current.services["general"].waiting == 0

    told(story, tmp_path)


def test_a_clock_that_was_set_back_an_hour_is_told_to_the_staff(tmp_path: Path) -> None:
    async def story(hub: Hub) -> None:
        await hub.inbox.handle("kiosk-1", IssueTicket(command_id(), "general"))
        hub.now_ms -= 3_600_000
        await hub.inbox.handle("kiosk-1", IssueTicket(command_id(), "general"))
        outlook = await hub.told(lambda outlook: any(alarm.kind is AlarmKind.CLOCK for alarm in outlook.alarms))
        assert outlook.at_ms >= NOON_MS

    told(story, tmp_path)
