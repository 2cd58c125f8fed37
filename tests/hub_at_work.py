"""An inbox at work on a real journal, with a clock that the test sets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from edge.contracts.catalogue import Catalogue
from edge.contracts.commands import Command, Done, IssueTicket, Reply
from edge.contracts.events import Entry
from edge.contracts.ticket import Document
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.vault import Vault
from tests.sites import CATALOGUE, NOON_MS, command_id

_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class Hub:
    """An inbox at work, with a clock that the test sets."""

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue = CATALOGUE,
        now_ms: int = NOON_MS,
        *,
        believe_clock: bool = False,
        keep_days: int = 0,
    ) -> None:
        self.now_ms = now_ms
        self.told: list[Entry] = []
        self.journal = Journal(folder / "hub.db")
        vault = Vault(folder / "keys", "secret", keep_days)
        self.faces = FaceKeeper.at(folder, vault, lambda: self.now_ms)
        self.inbox = Inbox(
            self.journal,
            vault,
            catalogue,
            self.faces,
            clock_ms=lambda: self.now_ms,
            told=self._tell,
            believe_clock=believe_clock,
        )

    def _tell(self, entries: Sequence[Entry]) -> None:
        assert list(self.journal.entries(entries[0].seq - 1)) == list(entries), "told before it was on the disk"
        self.told += entries

    async def send(self, command: Command, sender: str = "kiosk-1") -> Reply:
        """The reply to a command."""
        return _reply.decode(await self.inbox.handle(sender, command))

    async def issue(self, id_number: str = "", service: str = "general") -> Done:
        """A number for somebody."""
        document = Document.CCCD_QR if id_number else Document.NONE
        reply = await self.send(IssueTicket(command_id(), service, document, id_number))
        assert isinstance(reply, Done)
        return reply


@asynccontextmanager
async def working(hub: Hub) -> AsyncIterator[Hub]:
    """The hub takes commands for as long as the block lasts."""
    task = asyncio.create_task(hub.inbox.run())
    try:
        yield hub
    finally:
        task.cancel()
        hub.inbox.close()
        hub.journal.close()


def story(tell: Callable[[Path], Awaitable[None]]) -> Callable[[Path], None]:
    """A test told as a coroutine that is given a folder of its own."""

    def test(tmp_path: Path) -> None:
        async def limited() -> None:
            async with asyncio.timeout(20):
                await tell(tmp_path)

        asyncio.run(limited())

    test.__name__, test.__doc__ = getattr(tell, "__name__", "test"), tell.__doc__
    return test
