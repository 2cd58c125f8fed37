"""moiso-fleet behind a real broker, with real hubs: who is silent, who is ill, and what its own death changes."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cloud.fleet.admission import admit
from cloud.fleet.rules import Deed, Kind
from cloud.fleet.store import Fleet
from edge.contracts import topics
from edge.contracts.fleet import HERE, LOST, MOST_BYTES, FleetPart, FleetReport, Presence
from edge.contracts.health import PartState, Reason, Subject, part
from provisioning.certificates import issue
from provisioning.demo.configuration import SITE_NAME
from provisioning.demo.layout import Site
from provisioning.demo.supervisor import Supervisor
from tests import device_reports
from tests.fleet import device, report
from tests.hasty_fleet import FASTER
from tests.waiting import until
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import Broker, Client, running_broker

SITES = ("mau-01", "mau-02", "mau-03", "mau-04")
OUT = FleetPart("printer", PartState.FAIL, "paper-out")
CLOUD = """
data = "cloud"
[web]
listen = "127.0.0.1:1"
session_key_file = "session.key"
[broker]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/fleet.crt"
key = "{folder}/fleet.key"
"""
HUB = """
site = "{site}"
[uplink]
address = "127.0.0.1:{port}"
ca = "{folder}/ca.crt"
certificate = "{folder}/{site}.crt"
key = "{folder}/{site}.key"
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with running_broker(folder) as broker:
        for name in ("fleet", *SITES):
            broker.issue(name)
        yield broker


@pytest.fixture
def watcher(broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    config = tmp_path / "cloud.toml"
    config.write_text(CLOUD.format(port=broker.port, folder=broker.folder), encoding="utf-8")
    daemon = Daemon("tests.hasty_fleet", config, tmp_path / "fleet.log")
    daemon.start()
    yield daemon
    daemon.kill()


@pytest.fixture
def hub(broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    """The hub of mau-01, not started, whose kiosk is well."""
    folder = tmp_path / "hub"
    folder.mkdir()
    config = folder / "hub.toml"
    config.write_text(HUB.format(site="mau-01", port=broker.port, folder=broker.folder), encoding="utf-8")
    say(folder)
    daemon = Daemon("tests.reporting_hub", config, tmp_path / "hub.log")
    yield daemon
    daemon.kill()


@pytest.fixture
def province(broker: Broker) -> Iterator["Province"]:
    province = Province(broker)
    yield province
    province.close()


class Province:
    """Sites that report what they are told to, as often as :meth:`until` turns."""

    def __init__(self, broker: Broker) -> None:
        self._clients = {site: Client(broker, site, certificate=site) for site in SITES[1:]}
        self._told_at = 0.0
        self.alive = set(self._clients)
        self.parts: dict[str, tuple[FleetPart, ...]] = {}
        for client in self._clients.values():
            client.mqtt.reconnect_delay_set(1, 1)
            client.connect()
        until(lambda: all(client.connections for client in self._clients.values()))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def tell(self, site: str, payload: bytes) -> None:
        self._clients[site].mqtt.publish(topics.fleet(site), payload, qos=0)

    def until(self, condition: Callable[[], object], what: str, within_s: float = 40) -> None:
        """Report on until this is so."""

        def turn() -> object:
            self._report()
            return condition()

        until(turn, within_s=within_s, what=what)

    def for_looks(self, fleet: Fleet, seconds: float) -> None:
        """Report on until the watcher has looked for so long."""
        begun_ms = fleet.looked_ms()
        self.until(lambda: fleet.looked_ms() > begun_ms + seconds * 1000, "looks")

    def _report(self) -> None:
        if time.monotonic() - self._told_at < 0.4:
            return
        self._told_at = time.monotonic()
        for site in self.alive:
            self.tell(site, written(*self.parts.get(site, ())))


def written(*parts: FleetPart) -> bytes:
    now_ms = time.time_ns() // 1_000_000
    return msgspec.json.encode(report(now_ms, device("", "hub", now_ms), device("kiosk-1", "kiosk", now_ms, *parts)))


def say(folder: Path, reason: Reason | None = None) -> None:
    """Let the kiosk of the hub in this folder say how its printer is."""
    new = folder / "health.json.new"
    new.write_bytes(msgspec.json.encode(device_reports.report("kiosk", part(Subject.PRINTER, reason))))
    os.replace(new, folder / "health.json")


def alarms(fleet: Fleet) -> set[tuple[str, Kind, str]]:
    opened = fleet.open_alarms(SITES, centre=True)
    return {(kept.alarm.cause.site, kept.alarm.cause.kind, kept.alarm.reason) for kept in opened}


def deeds(fleet: Fleet) -> list[tuple[str, Deed]]:
    return [(event.site, event.deed) for event in fleet.events_after(0)]


def heard(fleet: Fleet, *sites: str) -> bool:
    return {state.site for state in fleet.states(sites) if state.report} == set(sites)


@pytest.mark.req("D4", "X5")
def test_a_hub_that_is_killed_is_an_alarm_by_its_last_will_and_ends_it_when_it_is_back(
    watcher: Daemon, hub: Daemon, province: Province, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path / "cloud")
    hub.start()
    province.until(lambda: heard(fleet, *SITES), "four sites")
    province.for_looks(fleet, 180 / FASTER)
    assert alarms(fleet) == set()
    hub.kill()
    province.until(lambda: alarms(fleet) == {("mau-01", Kind.SITE_SILENT, "lost")}, "the alarm")
    assert fleet.states(["mau-01"])[0].linked is False
    hub.start()
    province.until(lambda: alarms(fleet) == set(), "the end of the alarm")
    assert deeds(fleet) == [("mau-01", Deed.OPENED), ("mau-01", Deed.CLOSED)]
    told = [change.state for change in fleet.changes("mau-01") if change.what == "link"]
    assert told == ["here", "lost", "here"]


@pytest.mark.req("D4", "X5")
def test_a_kiosk_without_paper_is_an_alarm_and_its_paper_ends_it(
    watcher: Daemon, hub: Daemon, province: Province, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path / "cloud")
    hub.start()
    province.until(lambda: heard(fleet, *SITES), "four sites")
    say(tmp_path / "hub", Reason.PAPER_OUT)
    province.until(lambda: alarms(fleet) == {("mau-01", Kind.PART, "paper-out")}, "the alarm")
    (kept,) = fleet.open_alarms(["mau-01"])
    assert fleet.acknowledge(kept.alarm.id, "lan", "", time.time_ns() // 1_000_000)
    say(tmp_path / "hub")
    province.until(lambda: alarms(fleet) == set(), "the end of the alarm")
    assert [event.deed for event in fleet.events(kept.alarm.id)] == [Deed.OPENED, Deed.ACKNOWLEDGED, Deed.CLOSED]


@pytest.mark.req("X4", "X5")
def test_kill_9_of_the_watcher_alarms_nothing_twice_and_forgets_nothing(
    watcher: Daemon, province: Province, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path / "cloud")
    province.parts["mau-02"] = (OUT,)
    province.until(lambda: heard(fleet, *SITES[1:]), "three sites")
    province.alive.discard("mau-03")
    both = {("mau-02", Kind.PART, "paper-out"), ("mau-03", Kind.SITE_SILENT, "silent")}
    province.until(lambda: alarms(fleet) == both, "two alarms")
    for _ in range(4):
        watcher.kill()
        with closing(sqlite3.connect(tmp_path / "cloud" / "fleet.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        watcher.start()
        province.for_looks(fleet, 1)
        assert alarms(fleet) == both
    province.for_looks(fleet, 180 / FASTER)
    assert alarms(fleet) == both
    assert len(deeds(fleet)) == 2
    province.parts.clear()
    province.alive.add("mau-03")
    province.until(lambda: alarms(fleet) == set(), "the end of both")
    assert sorted(deed.value for _, deed in deeds(fleet)) == ["closed", "closed", "opened", "opened"]


@pytest.mark.req("X5")
def test_a_broker_that_is_away_is_one_alarm_and_not_one_of_every_site(
    watcher: Daemon, broker: Broker, province: Province, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path / "cloud")
    province.until(lambda: heard(fleet, *SITES[1:]), "three sites")
    province.for_looks(fleet, 180 / FASTER)
    broker.kill()
    until(lambda: alarms(fleet) == {("", Kind.BLIND, "broker")}, within_s=40, what="the centre's alarm")
    begun_ms = fleet.looked_ms()
    until(lambda: fleet.looked_ms() > begun_ms + 8000, within_s=30)
    assert alarms(fleet) == {("", Kind.BLIND, "broker")}
    broker.start()
    province.until(lambda: alarms(fleet) == set(), "the end of it")
    assert deeds(fleet) == [("", Deed.OPENED), ("", Deed.CLOSED)]
    assert (tmp_path / "fleet.log").read_text().count("broker is lost") == 1


@pytest.mark.req("X3", "X6")
def test_a_site_cannot_report_for_another_nor_hear_another(
    watcher: Daemon, broker: Broker, province: Province, tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path / "cloud")
    broker.issue("liar-1")
    liar = Client(broker, "liar-1", certificate="liar-1")
    liar.connect()
    until(lambda: liar.connections)
    for topic in (topics.fleet("mau-01"), topics.link("mau-01"), topics.link("mau-02")):
        assert liar.publish(topic, LOST) == "Not authorized"
    liar.subscribe(topics.FLEET_FILTER)
    assert liar.publish(topics.link("liar-1"), HERE) == "Success"
    province.until(lambda: heard(fleet, *SITES[1:]) and "liar-1" in fleet.sites(), "three sites and the liar")
    assert "mau-01" not in fleet.sites()
    assert fleet.states(["mau-02"])[0].linked is None
    assert liar.messages == []
    liar.close()
    watcher.stop()
    watch = Client(broker, "fleet", certificate="fleet")
    watch.connect()
    until(lambda: watch.connections)
    assert watch.publish(topics.fleet("mau-02"), written()) == "Not authorized", "the watcher itself only reads"
    watch.close()


@pytest.mark.req("X3", "X4", "X5")
def test_whatever_a_site_sends_the_others_are_watched(watcher: Daemon, province: Province, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "cloud")
    province.until(lambda: heard(fleet, *SITES[1:]), "three sites")
    province.alive.discard("mau-04")
    flood = FleetReport(1, 1, devices=tuple(device(f"k{n}", "kiosk", 0, OUT, OUT) for n in range(200)))
    hostile = (
        b"",
        b"\xff" * 900_000,
        b"[" * MOST_BYTES,
        b'{"version":1,"clock_ms":1,"devices":[{"name":"Nguyen Van Mau"}]}',
        msgspec.json.encode(flood),
        msgspec.json.encode(replace(flood, devices=())),
        written()[:-1],
    )
    for payload in hostile:
        province.tell("mau-04", payload)
        province.for_looks(fleet, 0.6)
    province.parts["mau-02"] = (OUT,)

    def told() -> bool:
        province.tell("mau-04", hostile[1])
        return alarms(fleet) >= {
            ("mau-02", Kind.PART, "paper-out"),
            ("mau-04", Kind.NOT_UNDERSTOOD, "too-large"),
        }

    province.until(told, "both alarms")
    log = (tmp_path / "fleet.log").read_text()
    assert "Nguyen" not in log
    assert "cannot look" not in log
    assert watcher.stop() == 0


@pytest.mark.req("D4", "X2")
def test_a_real_hub_tells_within_seconds_what_changed_and_nothing_that_staff_typed(fresh_site: Site) -> None:
    tls, devices = fresh_site.folder / "tls", fresh_site.folder / "secrets" / "devices.toml"
    if not (tls / "fleet.crt").exists():
        issue(
            tls / "broker-ca.crt",
            tls / "broker-ca.key",
            crt=tls / "fleet.crt",
            key=tls / "fleet.key",
            common_name="fleet",
            hosts=(),
            client=True,
        )
    text = devices.read_text(encoding="utf-8")
    devices.write_text(text.replace('role = "kiosk"', 'label = "Kiosk cô Lan 0912345678"\nrole = "kiosk"'), "utf-8")
    got: list[tuple[str, bytes]] = []
    with Supervisor(fresh_site.programs("broker", "hub")):
        listener = Ear(fresh_site, got)
        until(lambda: reports(got), within_s=30, what="the first report")
        begun = time.monotonic()
        device_reports.tell(fresh_site, "kiosk-1", part(Subject.PRINTER, Reason.PAPER_OUT, "cô Lan"))
        until(lambda: any(_is_out(told) for told in reports(got)), what="the report of the change")
        assert time.monotonic() - begun < 10
        listener.close()
    assert {topic for topic, _ in got} <= {topics.fleet(SITE_NAME), topics.link(SITE_NAME)}
    assert not any("Lan" in payload.decode() or "0912345678" in payload.decode() for _, payload in got)
    newest = reports(got)[-1]
    assert newest.certificate_days is not None
    assert abs(newest.clock_ms - time.time_ns() // 1_000_000) < 60_000
    assert {one.name for one in newest.devices} >= {"", "kiosk-1", "board-1"}


class Ear:
    """Whoever hears a demo site's reports as "fleet"."""

    def __init__(self, site: Site, got: list[tuple[str, bytes]]) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        tls = site.folder / "tls"
        self._mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fleet", protocol=mqtt.MQTTv5)
        self._mqtt.tls_set(str(tls / "broker-ca.crt"), str(tls / "fleet.crt"), str(tls / "fleet.key"))
        self._mqtt.on_connect = lambda client, *_: client.subscribe([(topics.FLEET_FILTER, 0), (topics.LINK_FILTER, 1)])
        self._mqtt.on_message = lambda _client, _data, message: got.append((message.topic, bytes(message.payload)))
        self._mqtt.connect("127.0.0.1", site.ports.broker)
        self._mqtt.loop_start()

    def close(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


def reports(got: list[tuple[str, bytes]]) -> list[FleetReport]:
    return [admit(payload) for topic, payload in list(got) if topic == topics.fleet(SITE_NAME)]


def _is_out(told: FleetReport) -> bool:
    return any(
        one.name == "kiosk-1" and one.presence is Presence.HEARD and one.parts and one.parts[0].reason == "paper-out"
        for one in told.devices
    )
