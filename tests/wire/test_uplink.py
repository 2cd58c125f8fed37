"""The hub's uplink against a real broker, with the ingest's side in the test's hands."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge.contracts import topics
from edge.contracts.commands import IssueTicket
from edge.contracts.events import Acknowledgement, Batch
from edge.daemon.config import Broker as BrokerAddress
from edge.hub.faces.keeper import FaceKeeper
from edge.hub.inbox import Inbox
from edge.hub.journal import Journal
from edge.hub.uplink import VERSION, Uplink
from edge.hub.vault import Vault
from tests.sites import CATALOGUE, NOON_MS, command_id
from tests.wire.mosquitto import Client, running_broker

SITE = "mau-01"


class Ingest:
    """What the ingest hears, and what it answers."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def batches(self, count: int) -> list[Batch]:
        """The batches so far, once there are so many."""
        while len(self._client.messages) < count:
            await asyncio.sleep(0.01)
        return [msgspec.json.decode(payload, type=Batch) for _, payload in self._client.messages]

    def answer(self, epoch: str, seq: int, *, version: int = VERSION) -> None:
        answer = Acknowledgement(version, epoch, seq)
        self._client.mqtt.publish(topics.acknowledgements(SITE), msgspec.json.encode(answer), qos=1)


Story = Callable[[Ingest, Inbox, Journal], Awaitable[None]]


def told(story: Story, folder: Path) -> None:
    with running_broker(folder) as broker:
        for name in ("ingest", SITE):
            broker.issue(name)
        client = Client(broker, "ingest", certificate="ingest")
        client.connect()
        client.subscribe(topics.UP_FILTER)
        address = BrokerAddress(
            f"127.0.0.1:{broker.port}", folder / "ca.crt", folder / f"{SITE}.crt", folder / f"{SITE}.key"
        )
        journal = Journal(folder / "hub.db")

        async def tell() -> None:
            vault = Vault(folder / "keys", "secret")
            faces = FaceKeeper.at(folder, vault, lambda: NOON_MS)
            inbox = Inbox(journal, vault, CATALOGUE, faces, clock_ms=lambda: NOON_MS, told=lambda _: uplink.wake())
            uplink = Uplink(address, SITE, inbox, journal)
            work = [asyncio.create_task(inbox.run()), asyncio.create_task(uplink.run())]
            try:
                async with asyncio.timeout(60):
                    await inbox.handle("kiosk-1", IssueTicket(command_id(), "general"))
                    await story(Ingest(client), inbox, journal)
            finally:
                for task in work:
                    task.cancel()
                inbox.close()

        asyncio.run(tell())
        journal.close()
        client.close()


async def acknowledged(inbox: Inbox, journal: Journal, seq: int) -> None:
    while await inbox.on_disk(journal.acknowledged) != seq:
        await asyncio.sleep(0.01)


@pytest.mark.req("X4")
def test_the_outbox_forgets_only_what_the_ingest_has_acknowledged_for_this_journal(tmp_path: Path) -> None:
    async def story(ingest: Ingest, inbox: Inbox, journal: Journal) -> None:
        seen = len(await ingest.batches(1))
        last = inbox.queue.seq
        ingest.answer("f" * 32, last)  # another journal's
        ingest.answer(inbox.epoch, last, version=VERSION + 1)
        ingest.answer(inbox.epoch, last + 100)  # more than there is
        batches = await ingest.batches(seen + 1)
        assert batches[-1].entries[0].seq == 1, "sent again from the beginning"
        ingest.answer(inbox.epoch, last)
        await acknowledged(inbox, journal, last)

    told(story, tmp_path)


@pytest.mark.req("X4")
def test_a_cloud_that_was_restored_from_a_backup_gets_what_it_lost(tmp_path: Path) -> None:
    async def story(ingest: Ingest, inbox: Inbox, journal: Journal) -> None:
        await ingest.batches(1)
        last = inbox.queue.seq
        ingest.answer(inbox.epoch, last)
        await acknowledged(inbox, journal, last)
        await inbox.handle("kiosk-1", IssueTicket(command_id(), "general"))
        seen = len(await ingest.batches(2))
        ingest.answer(inbox.epoch, 1)  # all that it has
        batches = await ingest.batches(seen + 1)
        assert [entry.seq for entry in batches[-1].entries] == list(range(2, inbox.queue.seq + 1))

    told(story, tmp_path)
