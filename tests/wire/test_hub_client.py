"""The way to the hub, as kiosks and boards go it: a real hub, over TLS, that is killed and comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from edge.contracts.commands import Done, IssueTicket
from edge.contracts.events import TicketIssued
from edge.contracts.face import Consent, FaceCapture, Purpose
from edge.contracts.outlook import Outlook
from edge.daemon.config import ConfigError, Hub
from edge.daemon.hub_client import Change, HubClient, HubRejected, HubUnreachable, new_command_id
from provisioning.demo.site import Site
from provisioning.demo.supervisor import Supervisor


def hub_of(site: Site, file: str = "kiosk-1.token") -> Hub:
    folder = site.folder
    return Hub(f"https://127.0.0.1:{site.ports.hub}", folder / "tls/site-ca.crt", folder / "secrets" / file)


def told(story: Callable[[HubClient], Awaitable[None]], hub: Hub) -> None:
    async def tell() -> None:
        client = HubClient(hub)
        try:
            async with asyncio.timeout(30):
                await story(client)
        finally:
            await client.close()

    asyncio.run(tell())


def issue() -> IssueTicket:
    return IssueTicket(new_command_id(), "general")


def test_a_client_hears_what_happens_after_its_snapshot(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        changes = client.changes()
        first: Change = await anext(changes)
        assert isinstance(first, tuple)
        reply = await client.send(issue())
        assert isinstance(reply, Done)
        async for then in changes:
            assert then is not None
            if isinstance(then, Outlook):
                continue
            snapshot, entry = then
            if entry is not None and isinstance(entry.event, TicketIssued):
                break
        assert snapshot.tickets[reply.ticket.id].label == reply.ticket.label

    told(story, hub_of(hub_site))


@pytest.mark.req("T1", "K10")
def test_a_client_hears_what_the_hub_expects_beside_what_happens(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        await client.send(IssueTicket(new_command_id(), "pharmacy"))
        async for change in client.changes():
            if isinstance(change, Outlook) and change.services["pharmacy"].waiting:
                break
        assert isinstance(change, Outlook)
        assert change.counters["q4"].next

    told(story, hub_of(hub_site))


@pytest.mark.req("K6", "T12")
def test_a_client_goes_by_the_hubs_time_and_not_by_its_own(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        client.clock.heard(0)  # a Pi without a battery
        assert client.clock.now_ms() < 1000
        await anext(client.changes())
        assert abs(client.clock.now_ms() - time.time() * 1000) < 5000

    told(story, hub_of(hub_site))


@pytest.mark.req("X4")
def test_a_hub_that_was_killed_is_noticed_and_nothing_is_missed(fresh_site: Site) -> None:
    async def story(client: HubClient) -> None:
        changes = client.changes()
        assert await anext(changes) is not None
        await asyncio.to_thread(supervisor.unplug, "hub")
        while await anext(changes) is not None:
            pass
        with pytest.raises(HubUnreachable):
            await client.send(issue())
        supervisor.plug_in("hub")
        command = issue()
        reply = await client.send_until_answered(command, within_s=20)
        assert isinstance(reply, Done)
        assert await client.send_until_answered(command, within_s=20) == reply
        async for change in changes:
            if isinstance(change, tuple) and change[0].tickets.get(reply.ticket.id):
                break

    with Supervisor(fresh_site.programs("hub")) as supervisor:
        told(story, hub_of(fresh_site))


@pytest.mark.req("X1", "X6")
def test_a_device_that_the_hub_does_not_know_is_told_so(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        with pytest.raises(HubRejected, match="401"):
            await client.send(issue())
        assert await anext(client.changes()) is None

    told(story, hub_of(hub_site, "site.key"))


def test_a_ca_that_is_none_is_named_at_the_start(hub_site: Site) -> None:
    hub = hub_of(hub_site)
    with pytest.raises(ConfigError, match=r"hub\.ca"):
        HubClient(Hub(hub.url, hub.token_file, hub.token_file))


PORTRAIT = b"\xff\xd8\xff portrait"


def capture(portrait: bytes = PORTRAIT) -> FaceCapture:
    return FaceCapture(new_command_id(), Consent((Purpose.PORTRAIT,)), portrait)


@pytest.mark.req("K8")
def test_a_capture_is_handed_over_and_a_number_is_given_with_it(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        taken = capture()
        for _ in range(2):  # as after an answer that was lost
            await client.post_face(taken, within_s=10)
        reply = await client.send(replace(issue(), face=taken.id))
        assert isinstance(reply, Done)

    told(story, hub_of(hub_site))


@pytest.mark.req("K8")
def test_a_capture_that_the_hub_does_not_take_is_told_at_once(hub_site: Site) -> None:
    async def story(client: HubClient) -> None:
        with pytest.raises(HubRejected):
            await client.post_face(capture(b"no JPEG"), within_s=10)

    told(story, hub_of(hub_site))
