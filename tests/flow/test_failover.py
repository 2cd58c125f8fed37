"""What devices do when another machine becomes the hub, whatever is killed when, and with the network split in two."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from edge.contracts.commands import CallNext, Done, Finish, IssueTicket, Refused
from edge.contracts.events import HubRetired, TicketIssued
from edge.contracts.outlook import Outlook
from edge.contracts.refusals import Refusal
from edge.daemon.config import Hub
from edge.daemon.hub_client import HubClient, HubUnreachable, new_command_id
from edge.daemon.terms import Terms
from provisioning.certificates import issue
from provisioning.demo.site import Ports, provision
from tests.hub_http import Device
from tests.netns import Cables, inside
from tests.standby_site import Pair, journal
from tests.waiting import until
from tests.whole_site import assert_truthful

CUTS = 20


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(provision(tmp_path / "site", Ports.free()))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


def client_of(pair: Pair, tmp_path: Path, name: str = "kiosk-1") -> HubClient:
    folder = pair.site.folder
    hub = Hub(pair.hub_url, folder / "tls/site-ca.crt", folder / f"secrets/{name}.token", standby_url=pair.standby_url)
    return HubClient(hub, Terms(tmp_path / f"{name}-term.json"))


async def epoch_after(client: HubClient, before: str, promote: Callable[[], object]) -> str:
    """The epoch that a client which follows comes to, once it was ``before`` and the standby is promoted."""
    promoting: asyncio.Future[object] | None = None
    async for change in client.changes():
        if change is None or isinstance(change, Outlook):
            continue
        epoch = change[0].epoch
        if epoch != before:
            break
        promoting = promoting or asyncio.ensure_future(asyncio.to_thread(promote))
    if promoting is not None:
        await promoting
    return epoch


@pytest.mark.req("X4", "T1")
@pytest.mark.parametrize("alive", [False, True], ids=["old hub dead", "both alive"])
def test_a_device_goes_over_by_itself_and_an_old_hub_learns_of_it(pair: Pair, tmp_path: Path, alive: bool) -> None:
    before = pair.device("kiosk-1").snapshot().epoch

    def promote() -> None:
        if not alive:
            pair.hub.kill()
        pair.promote()

    async def story() -> None:
        client = client_of(pair, tmp_path)
        try:
            async with asyncio.timeout(60):
                epoch = await epoch_after(client, before, promote)
                reply = await client.send(IssueTicket(new_command_id(), "general"))
            assert isinstance(reply, Done)
            issued = [e.event.ticket for e in journal(pair.data / "hub") if isinstance(e.event, TicketIssued)]
            assert reply.ticket.id in issued
            assert epoch != before
        finally:
            await client.close()

    asyncio.run(story())
    if alive:
        assert pair.hub.exit_status() == 0
        pair.hub.start()
        assert pair.device("kiosk-1").http.get("/api/v1/snapshot").status_code == 503

    async def after_a_restart() -> None:
        client = client_of(pair, tmp_path)  # begins at the old hub's address, and remembers
        try:
            async with asyncio.timeout(30):
                async for change in client.changes():
                    if change is not None and not isinstance(change, Outlook):
                        assert change[0].epoch != before
                        return
        finally:
            await client.close()

    asyncio.run(after_a_restart())


@pytest.mark.req("X4")
def test_a_device_that_knows_of_the_successor_takes_nothing_from_an_old_hub_and_ends_it(
    pair: Pair, tmp_path: Path
) -> None:
    pair.hub.kill()
    pair.promote()
    claim = pair.page().get("/api/v1/health").headers["Moiso-Term"]
    pair.standby.kill()
    pair.hub.start()
    terms = Terms(tmp_path / "term.json")
    assert terms.is_current(claim)
    before = len(journal(pair.site.folder / "data/hub"))

    async def story() -> None:
        folder = pair.site.folder
        hub = Hub(pair.hub_url, folder / "tls/site-ca.crt", folder / "secrets/kiosk-1.token")
        client = HubClient(hub, terms)
        try:
            with pytest.raises(HubUnreachable):
                await client.send(IssueTicket(new_command_id(), "general"))
        finally:
            await client.close()

    asyncio.run(story())
    assert pair.hub.exit_status() == 0
    after = journal(pair.site.folder / "data/hub")[before:]
    assert not [entry for entry in after if isinstance(entry.event, TicketIssued)]


@pytest.mark.timeout(600)
@pytest.mark.req("X4", "P2", "K8")
def test_whatever_is_killed_when_the_promoted_hub_has_every_number_and_repeats_none(pair: Pair) -> None:
    chance = random.Random(20261127)
    promised: dict[str, str] = {}
    pending: list[IssueTicket | CallNext | Finish] = []
    kiosk, board = pair.device("kiosk-1"), pair.device("board-1")

    def work(kiosk: Device, board: Device, times: int) -> None:
        for _ in range(times):
            command = pending.pop() if pending else IssueTicket(new_command_id(), chance.choice(("general", "cashier")))
            device = kiosk if isinstance(command, IssueTicket) else board
            try:
                reply = device.send(command)
            except httpx.HTTPError:
                pending.append(command)  # sent again under its id, as devices do
                continue
            if isinstance(reply, Refused):
                assert reply.reason in (Refusal.NOBODY_WAITING, Refusal.JUST_CALLED, Refusal.CLOCK), reply
            elif isinstance(command, IssueTicket):
                assert isinstance(reply, Done)
                promised[reply.ticket.id] = reply.ticket.label
            if chance.random() < 0.2:
                pending.append(CallNext(new_command_id(), "q1"))

    for _ in range(CUTS):
        victim = chance.choice((pair.hub, pair.standby))
        work(kiosk, board, chance.randrange(6))
        victim.kill()
        work(kiosk, board, chance.randrange(3))
        victim.start()
    pair.wait_whole(within_s=60)
    until(lambda: pair.health(pair.hub_url).get("clock_trusted"), what="the hub")
    work(kiosk, board, 10)  # what is answered now is on both disks
    pair.hub.kill()
    pair.promote()
    copied = journal(pair.site.folder / "data/hub")
    mine = journal(pair.data / "hub")
    assert mine[: len(copied)] == copied
    kiosk, board = pair.device("kiosk-1", standby=True), pair.device("board-1", standby=True)
    before = set(promised.values())
    work(kiosk, board, 20)
    mine = journal(pair.data / "hub")
    assert_truthful(mine)
    issued = {e.event.ticket: e.event.label for e in mine if isinstance(e.event, TicketIssued)}
    assert promised.items() <= issued.items()
    assert len(promised) > len(before) > 15


@pytest.mark.timeout(300)
@pytest.mark.req("X4", "X6")
def test_with_the_network_split_in_two_both_halves_work_and_when_it_heals_the_old_hub_steps_down(
    tmp_path: Path,
) -> None:
    site = provision(tmp_path / "site", Ports.free())
    pair = Pair(site)
    cables = Cables()
    try:
        tls = site.folder / "tls"
        for name, host in (("hub", cables.HUB), ("standby", cables.STANDBY)):
            for old in (tls / f"{name}.crt", tls / f"{name}.key"):
                old.unlink(missing_ok=True)
            issue(
                tls / "site-ca.crt",
                tls / "site-ca.key",
                crt=tls / f"{name}.crt",
                key=tls / f"{name}.key",
                common_name=name,
                hosts=(host,),
                client=False,
            )
        hub_url, standby_url = f"https://{cables.HUB}:8443", f"https://{cables.STANDBY}:8443"
        move(site.folder / "hub.toml", f"127.0.0.1:{site.ports.hub}", f"{cables.HUB}:8443")
        pair.write_follower(hub_url)
        move(pair.config, f"127.0.0.1:{pair.port}", f"{cables.STANDBY}:8443")
        move(pair.config, "tls/hub.", "tls/standby.")
        logs = site.folder / "logs"
        cables.run(cables.hub, "edge.hub.app", site.folder / "hub.toml", logs / "hub.log")
        standby = cables.run(cables.standby, "edge.follower.app", pair.config, logs / "standby.log")
        pair.wait_whole(within_s=40)
        until(pair.has_set_aside, what="numbers to be set aside")
        pair.wait_whole()

        def give(url: str) -> str:
            device = Device(site, "kiosk-1")
            device.http.base_url = httpx.URL(url)
            return device.do(IssueTicket(new_command_id(), "general")).ticket.label

        labels = [inside(cables.hub, lambda: give(hub_url)) for _ in range(3)]
        cables.cut()
        pair.standby_url = standby_url
        inside(cables.standby, pair.promote)
        for _ in range(10):
            labels.append(inside(cables.hub, lambda: give(hub_url)))
            labels.append(inside(cables.standby, lambda: give(standby_url)))
        assert len(set(labels)) == 23
        cables.join()

        def retired() -> bool:
            return any(isinstance(entry.event, HubRetired) for entry in journal(pair.data / "hub"))

        def start_again() -> bool:  # as systemd does
            if programs[-1].poll() is not None:
                programs.append(cables.run(cables.hub, "edge.hub.app", site.folder / "hub.toml", logs / "hub.log"))
            return retired()

        programs = [cables.programs[0]]
        until(start_again, within_s=60, what="the old hub to step down")
        assert standby.poll() is None
        with pytest.raises(httpx.HTTPStatusError):
            inside(cables.hub, lambda: give(hub_url))
        assert inside(cables.standby, lambda: give(standby_url)) not in labels
    finally:
        cables.close()


def move(path: Path, before: str, after: str) -> None:
    """Put an address in the place of another in a configuration file."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
