"""Everything that this hub has for its standby and its predecessor, put together."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct
from starlette.routing import BaseRoute

from edge.contracts.commands import RetireHub
from edge.contracts.events import HubRetired
from edge.daemon.config import Hub, read_secret
from edge.daemon.copy_client import CopyClient
from edge.daemon.hub_client import new_command_id
from edge.daemon.terms import Terms
from edge.hub.config import HubConfig
from edge.hub.enrolment.register import Register
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.succession.belongings import Belongings
from edge.hub.succession.copying import Copying, standby_of
from edge.hub.succession.fence import KEY_FILE, Fence, fence_key
from edge.hub.succession.handover import Predecessor, set_aside
from edge.hub.succession.lineage import Lineage, read_epochs
from edge.hub.succession.tail import Tail
from edge.hub.web.base import Office
from edge.hub.web.succession import SuccessionPages


class Inheritance(Struct, frozen=True):
    """What a hub that took over knows beside its journal: ``url`` is its own address for devices and officers,
    ``predecessor`` the hub that it was the standby of."""

    url: str = ""
    predecessor: Hub | None = None


NO_INHERITANCE = Inheritance()


class Succession:
    """``fed``: there is something new for the cloud."""

    def __init__(
        self,
        config: HubConfig,
        inheritance: Inheritance,
        inbox: Inbox,
        journal: Journal,
        register: Register,
        fed: Callable[[], object],
    ) -> None:
        key = fence_key(config.data, read_secret(config.site_secret_file))
        self._inbox = inbox
        self._term = inbox.queue.term
        self.fence = Fence(config.data, key, self._term.generation, journal.epoch, inheritance.url)
        self._lineage = Lineage(read_epochs(journal.epochs(), journal.epoch))
        self.tail = Tail.beside(journal)
        belongings = Belongings(config, {KEY_FILE: key.hex().encode()})
        self.copying = Copying(config.data, config.site, standby_of(register), belongings.read, lambda: inbox.queue.seq)
        self._predecessor = inheritance.predecessor
        self._terms = Terms(None)
        self._terms.latest = self.fence.claim
        self._fed = fed
        self._clients: list[CopyClient] = []

    def routes(self, office: Office) -> Sequence[BaseRoute]:
        """What the standby asks for, and the officers' page."""
        return [*self.copying.routes(), *SuccessionPages(office, self.copying, self.tail).routes()]

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on beside the hub's own work."""
        return [
            self.fence.run(),
            set_aside(self._inbox, lambda: self.copying.expected),
            *([self._settle(self._predecessor)] if self._predecessor is not None else []),
        ]

    def wake(self) -> None:
        """There is something new in the journal."""
        self.copying.wake()

    async def copied(self, seq: int) -> None:
        """Wait a moment for the standby to have everything up to here."""
        await self.copying.copied(seq)

    def state(self) -> dict[str, object]:
        """What ``/api/v1/health`` tells of it: figures only."""
        copy = self.copying.state()
        told: dict[str, object] = {"generation": self._inbox.queue.term.generation}
        if copy is not None:
            told["copy"] = {"seq": copy.seq, "behind_s": copy.behind_s, "silent_s": copy.silent_s}
        return told

    def close(self) -> None:
        """Let what is being read come to its end."""
        self.copying.close()

    async def _settle(self, hub: Hub) -> None:
        client = CopyClient(hub, self._terms)
        try:
            await Predecessor(
                client, self._lineage, self.tail, self._term.generation, self._retire, lambda: self._fed()
            ).run()
        finally:
            await client.close()

    async def _retire(self, retired: HubRetired) -> None:
        await self._inbox.handle("hub", RetireHub(new_command_id(), retired.generation))
