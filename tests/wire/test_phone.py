"""From the hub's queue through a real broker and moiso-phone to the page of a telephone, each as it really is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from cloud import quarantine
from cloud.ledger import connect, transaction
from cloud.phone.store import Phones
from cloud.web.phone import Now, register
from edge.contracts import topics
from edge.contracts.commands import CallNext, Command, Done, Finish, Recall
from edge.contracts.events import Entry
from edge.contracts.phone import key_of
from edge.contracts.ticket import State, Ticket
from edge.daemon.config import Broker as BrokerAddress
from edge.hub.phone_report import PhoneReports
from edge.hub.uplink import Uplink
from edge.queueing.rules import DOUBLE_PRESS_MS
from tests.hub_at_work import Hub, working
from tests.phones import report_of, ticket_like, token_of, wall_ms
from tests.sites import command_id
from tests.waiting import until
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, Client, free_port

SITE = "mau-01"
PHONE = "\nuser phone\ntopic read moiso/v1/+/up/phone\n"
CONFIG = """
data = "cloud"
[broker]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/phone.crt"
key = "{folder}/phone.key"
"""


class Cloud:
    """A broker, moiso-phone, and the pages made of what it kept."""

    def __init__(self, folder: Path) -> None:
        (folder / "broker").mkdir()
        self.broker = Broker(folder / "broker", free_port())
        access = self.broker.folder / "acl"
        if PHONE not in access.read_text(encoding="utf-8"):
            access.write_text(access.read_text(encoding="utf-8") + PHONE, encoding="utf-8")
        for name in ("phone", SITE, "mau-02"):
            self.broker.issue(name)
        self.broker.start()
        config = folder / "phone.toml"
        config.write_text(CONFIG.format(port=self.broker.port, folder=self.broker.folder), encoding="utf-8")
        self.daemon = Daemon("cloud.phone.app", config, folder / "phone.log")
        self.daemon.start()
        self.data = folder / "cloud"
        app = Flask("cloud")
        register(app, self.data)
        self.client = app.test_client()
        self.phones = Phones(self.data)

    def state(self, ticket: str) -> State | None:
        standing = self.phones.look(key_of(ticket), wall_ms())
        return standing.ticket.state if standing else None

    def ahead(self, ticket: str) -> int:
        standing = self.phones.look(key_of(ticket), wall_ms())
        return standing.ticket.ahead if standing else -1

    def called_s(self, ticket: str) -> int:
        standing = self.phones.look(key_of(ticket), wall_ms())
        return standing.ticket.called_ms // 1000 if standing else 0

    def close(self) -> None:
        self.daemon.kill()
        self.broker.kill()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("phones"))
    yield cloud
    cloud.close()


class ReportingHub(Hub):
    """A hub on today's clock whose tickets are told of to this cloud."""

    def __init__(self, folder: Path, cloud: Cloud, whole_s: float) -> None:
        super().__init__(folder, now_ms=wall_ms())
        broker = cloud.broker.folder
        address = f"127.0.0.1:{cloud.broker.port}"
        config = BrokerAddress(address, broker / "ca.crt", broker / f"{SITE}.crt", broker / f"{SITE}.key")
        self.uplink = Uplink(config, SITE, self.inbox, self.journal)
        self.reports = PhoneReports(self.inbox, self.uplink, SITE, every_s=0.05, whole_s=whole_s)

    def _tell(self, entries: Sequence[Entry]) -> None:
        super()._tell(entries)
        self.uplink.wake()
        self.reports.wake(entries)

    async def press(self, command: Command) -> Ticket:
        """What an officer does, a while after what was done before; the ticket that it was about."""
        self.now_ms += DOUBLE_PRESS_MS
        reply = await self.send(command, "board-1")
        assert isinstance(reply, Done), reply
        return reply.ticket


@asynccontextmanager
async def reporting(folder: Path, cloud: Cloud, whole_s: float = 60.0) -> AsyncIterator[ReportingHub]:
    """The hub at work, with its uplink and its reports."""
    hub = ReportingHub(folder, cloud, whole_s)
    async with working(hub):
        tasks = [asyncio.create_task(hub.uplink.run()), asyncio.create_task(hub.reports.run())]
        try:
            yield hub
        finally:
            for task in tasks:
                task.cancel()


async def soon(condition: Callable[[], bool]) -> None:
    """Wait until it is so, beside what else runs."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.req("P6", "T1", "T6")
def test_a_telephone_follows_a_ticket_from_the_kiosk_to_its_end(cloud: Cloud, tmp_path: Path) -> None:
    async def story() -> None:
        async with reporting(tmp_path, cloud) as hub:
            first = (await hub.issue()).ticket
            second = (await hub.issue()).ticket
            await soon(lambda: cloud.ahead(second.id) == 1)
            page = cloud.client.get(f"/t/{second.id}")
            assert second.label in page.text
            assert "Khám tổng quát" in page.text
            called = await hub.press(CallNext(command_id(), "q2"))
            assert called.id == first.id
            await soon(lambda: cloud.state(first.id) is State.CALLED and cloud.ahead(second.id) == 0)
            now = msgspec.json.decode(cloud.client.get(f"/t/{first.id}/now").data, type=Now)
            assert (now.state, now.counter, now.room) == ("called", "2", "102")
            await hub.press(Recall(command_id(), "q2", first.id))
            await soon(lambda: cloud.called_s(first.id) > now.called)
            await hub.press(Finish(command_id(), "q2", first.id))
            await soon(lambda: cloud.state(first.id) is State.FINISHED)

    asyncio.run(story())


@pytest.mark.req("P6", "X4")
def test_whatever_dies_on_the_way_the_page_is_right_again(cloud: Cloud, tmp_path: Path) -> None:
    async def story() -> None:
        async with reporting(tmp_path, cloud, whole_s=0.5) as hub:
            ticket = (await hub.issue()).ticket
            await soon(lambda: cloud.state(ticket.id) is State.WAITING)
            cloud.broker.kill()
            await soon(lambda: not hub.uplink.ready)
            await hub.press(CallNext(command_id(), "q2"))
            cloud.broker.start()
            await soon(lambda: cloud.state(ticket.id) is State.CALLED)
            cloud.daemon.kill()
            await hub.press(Finish(command_id(), "q2", ticket.id))
            cloud.daemon.start()
            await soon(lambda: cloud.state(ticket.id) is State.FINISHED)

    asyncio.run(story())


@pytest.mark.req("X1", "X6")
def test_what_a_hostile_site_sends_changes_nothing_and_ends_nothing(cloud: Cloud) -> None:
    site, other = (Client(cloud.broker, name, certificate=name) for name in (SITE, "mau-02"))
    for client in (site, other):
        client.connect()
    good = report_of(ticket_like(900, ahead=3))
    assert site.publish(topics.phone(SITE), msgspec.json.encode(good)) == "Success"
    until(lambda: cloud.ahead(token_of(900)) == 3)
    assert other.publish(topics.phone(SITE), b"{}") == "Not authorized"
    for payload in (b"", b"\xff" * 1000, b"[" * 200_000, b"{}", msgspec.json.encode({"name": "Nguyễn Văn Mẫu"})):
        other.publish(topics.phone("mau-02"), payload)
    other.publish(topics.phone("mau-02"), msgspec.json.encode(report_of(ticket_like(900, State.CALLED), whole=True)))
    other.publish(topics.phone("mau-02"), msgspec.json.encode(report_of(ticket_like(901, ahead=1))))
    until(lambda: cloud.ahead(token_of(901)) == 1)
    assert cloud.ahead(token_of(900)) == 3
    log = cloud.daemon.log.read_text(encoding="utf-8")
    assert "mau-02" in log
    assert "Nguyễn" not in log
    for client in (site, other):
        client.close()


@pytest.mark.req("P6", "X6")
def test_a_revoked_site_tells_nothing_while_it_is_connected_and_goes_on_when_it_is_readmitted(cloud: Cloud) -> None:
    site, other = (Client(cloud.broker, name, certificate=name) for name in (SITE, "mau-02"))

    def tell(client: Client, name: str, number: int, ahead: int) -> None:
        report = msgspec.json.encode(report_of(ticket_like(number, ahead=ahead)))
        assert client.publish(topics.phone(name), report) == "Success"

    for client in (site, other):
        client.connect()
    tell(site, SITE, 910, 5)
    until(lambda: cloud.ahead(token_of(910)) == 5)
    with contextlib.closing(connect(cloud.data)) as db, transaction(db):
        quarantine.revoke(db, SITE, at_ms=wall_ms())
    tell(site, SITE, 910, 4)
    tell(other, "mau-02", 911, 1)
    until(lambda: cloud.ahead(token_of(911)) == 1)
    assert cloud.ahead(token_of(910)) == 5
    with contextlib.closing(connect(cloud.data)) as db, transaction(db):
        quarantine.readmit(db, SITE)
    tell(site, SITE, 910, 3)
    until(lambda: cloud.ahead(token_of(910)) == 3)
    assert f"what site {SITE} says of its tickets is refused: revoked" in cloud.daemon.log.read_text(encoding="utf-8")
    for client in (site, other):
        client.close()


@pytest.mark.req("X1")
def test_the_certificate_of_moiso_phone_hears_reports_and_nothing_else(cloud: Cloud) -> None:
    cloud.daemon.kill()  # the broker knows one client of this certificate at a time
    listener, site = (Client(cloud.broker, name, certificate=name) for name in ("phone", SITE))
    for client in (listener, site):
        client.connect()
    listener.subscribe("moiso/v1/#")
    for topic in (topics.events(SITE), topics.phone(SITE)):
        assert site.publish(topic, b"1") == "Success"
    until(lambda: listener.messages)
    assert listener.messages == [(topics.phone(SITE), b"1")]
    assert listener.publish(topics.acknowledgements(SITE), b"1") == "Not authorized"
    for client in (listener, site):
        client.close()
    cloud.daemon.start()


def test_a_wrong_configuration_is_said_and_not_tried_again(tmp_path: Path) -> None:
    config = tmp_path / "phone.toml"
    config.write_text(CONFIG.format(port=1, folder=tmp_path), encoding="utf-8")
    daemon = Daemon("cloud.phone.app", config, tmp_path / "phone.log")
    daemon.launch()
    assert daemon.exit_status() == 78
    assert "broker.ca" in daemon.log.read_text(encoding="utf-8")
