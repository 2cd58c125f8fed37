"""The hub's API over TLS, as devices meet it."""

import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from edge.contracts.commands import Agreed, CallNext, Finish, IssueTicket, Refused, ReportReading
from edge.contracts.events import DocumentRead, TicketIssued
from edge.contracts.outlook import Outlook
from edge.contracts.reading import ReadingFault
from edge.contracts.refusals import Refusal
from edge.contracts.snapshot import follow
from edge.contracts.ticket import Document
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import Site
from provisioning.demo.supervisor import ProgramFailed, Supervisor
from tests.hub_http import Device
from tests.waiting import until


@pytest.fixture
def kiosk(hub_site: Site) -> Device:
    return Device(hub_site, "kiosk-1")


@pytest.fixture
def board(hub_site: Site) -> Device:
    return Device(hub_site, "board-1")


@pytest.mark.req("K1", "P2", "B7")
def test_a_number_is_given_called_and_finished(kiosk: Device, board: Device) -> None:
    issued = kiosk.do(IssueTicket(new_command_id(), "cashier")).ticket
    called = board.do(CallNext(new_command_id(), "q4")).ticket
    assert (called.id, called.counter) == (issued.id, "q4")
    assert board.do(Finish(new_command_id(), "q4", issued.id)).ticket.ended_at_ms > 0


@pytest.mark.req("X1", "X6")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic a2lvc2s6"}])
@pytest.mark.parametrize("path", ["snapshot", "outlook", "events", "commands"])
def test_a_device_without_its_token_gets_nothing(kiosk: Device, path: str, headers: dict[str, str]) -> None:
    kiosk.http.headers.pop("Authorization")
    method = "POST" if path == "commands" else "GET"
    response = kiosk.http.request(method, f"/api/v1/{path}", headers=headers, content=b"{}")
    assert response.status_code == 401
    assert "token" in response.json()["detail"]


@pytest.mark.req("X1")
def test_a_device_may_do_its_own_work_only(kiosk: Device, board: Device) -> None:
    for reply in (
        kiosk.send(CallNext(new_command_id(), "q1")),
        board.send(IssueTicket(new_command_id(), "general")),
        board.send(ReportReading(new_command_id(), Document.CCCD_CHIP)),
        board.send(CallNext(new_command_id(), "q9")),
    ):
        assert isinstance(reply, Refused)
        assert reply.reason is Refusal.NOT_YOURS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"type":"IssueTicket/2","id":"00000000000000000000000000000000","service":"general"}',
        b'{"type":"IssueTicket/1","id":"short","service":"general"}',
        b'{"type":"IssueTicket/1","id":"00000000000000000000000000000000","service":"general","vip":true}',
        b'{"type":"IssueTicket/1","id":"00000000000000000000000000000000","service":"general","id_number":"12"}',
        b'{"type":"IssueTicket/1","id":"00000000000000000000000000000000","service":"general","insurance_number":"A1"}',
        b'{"type":"ReportReading/1","id":"00000000000000000000000000000000","document":"cccd-chip","fault":"tired"}',
        b'{"type":"ReportReading/1","id":"\xff\xfe","document":"cccd-chip"}',
    ],
)
def test_what_is_no_command_is_turned_away_with_a_reason(kiosk: Device, body: bytes) -> None:
    response = kiosk.http.post("/api/v1/commands", content=body)
    assert response.status_code == 422
    assert "openapi.json" in response.json()["detail"]


@pytest.mark.req("X3")
def test_an_answer_never_repeats_a_wrong_number(kiosk: Device) -> None:
    for wrong in ({"id_number": "00109900001X"}, {"insurance_number": "HC401009900001"}):
        body = {"type": "IssueTicket/1", "id": new_command_id(), "service": "general", **wrong}
        assert "09900001" not in kiosk.http.post("/api/v1/commands", content=json.dumps(body)).text


def test_a_command_of_unbounded_size_is_cut_off(kiosk: Device) -> None:
    assert kiosk.http.post("/api/v1/commands", content=b" " * 100_000).status_code == 413


def test_a_client_that_was_cut_off_misses_nothing(kiosk: Device) -> None:
    before = kiosk.snapshot()
    tickets = [kiosk.do(IssueTicket(new_command_id(), "pharmacy")).ticket.id for _ in range(5)]
    snapshot = before
    for entry in kiosk.entries(before.seq, 2) + kiosk.entries(before.seq + 2, 3):
        assert isinstance(entry.event, TicketIssued)
        snapshot = follow(snapshot, entry)
    assert list(snapshot.waiting["pharmacy"])[-5:] == tickets
    assert snapshot == kiosk.snapshot()


@pytest.mark.req("T1", "K6", "K10")
def test_a_stream_begins_with_the_hubs_time_and_what_it_expects(kiosk: Device) -> None:
    with kiosk.http.stream("GET", "/api/v1/events", params={"after": kiosk.snapshot().seq}) as response:
        lines = response.iter_lines()
        assert next(lines).startswith(": now ")
        assert next(lines) == ""
        assert next(lines) == "event: outlook"  # and no id: Last-Event-ID stays the journal's
        outlook = msgspec.json.decode(next(lines).removeprefix("data: "), type=Outlook)
    assert set(outlook.services) == {service.id for service in kiosk.snapshot().catalogue.services}


@pytest.mark.req("T1", "K9")
def test_what_the_hub_expects_follows_what_happens(kiosk: Device) -> None:
    before = kiosk.outlook().services["maternity"].waiting
    kiosk.do(IssueTicket(new_command_id(), "maternity"))
    until(lambda: kiosk.outlook().services["maternity"].waiting == before + 1)


def test_a_client_from_another_journal_is_told_to_begin_anew(kiosk: Device) -> None:
    assert kiosk.http.get("/api/v1/events", params={"after": 10**9}).status_code == 409
    assert kiosk.http.get("/api/v1/events", params={"after": "x"}).status_code == 422


@pytest.mark.req("K8")
def test_the_same_person_gets_the_number_they_hold(kiosk: Device) -> None:
    command = IssueTicket(new_command_id(), "maternity", Document.CCCD_QR, "001099000017")
    first = kiosk.do(command)
    again = kiosk.do(IssueTicket(new_command_id(), "maternity", Document.CCCD_QR, "001099000017"))
    assert (first.again, again.again) == (False, True)
    assert first.ticket.id == again.ticket.id


@pytest.mark.req("K11", "K12")
def test_an_insurance_card_gets_a_number_like_any_document(kiosk: Device) -> None:
    old, new = (
        IssueTicket(new_command_id(), "maternity", Document.BHYT_QR, insurance_number=code)
        for code in ("GD4010099000017", "0099000017")
    )
    first, again = kiosk.do(old), kiosk.do(new)
    assert (first.again, first.ticket.document) == (False, Document.BHYT_QR)
    assert (again.ticket.id, again.again) == (first.ticket.id, True)


@pytest.mark.req("D1")
def test_what_came_of_a_reading_is_told_to_everybody_without_saying_whose(kiosk: Device) -> None:
    before = kiosk.snapshot()
    command = ReportReading(new_command_id(), Document.CCCD_CHIP, ReadingFault.WRONG_ACCESS_KEY)
    assert kiosk.send(command) == Agreed(command.id)
    assert kiosk.send(command) == Agreed(command.id)
    (entry,) = kiosk.entries(before.seq, 1)
    assert entry.event == DocumentRead("kiosk-1", Document.CCCD_CHIP, ReadingFault.WRONG_ACCESS_KEY)
    assert follow(before, entry) == kiosk.snapshot()


def test_the_hub_describes_itself_and_says_how_it_is(kiosk: Device) -> None:
    assert kiosk.http.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    health = kiosk.http.get("/api/v1/health")
    assert health.status_code == 200
    assert health.json()["clock_trusted"] is True


@pytest.mark.req("X3")
def test_a_client_that_does_not_know_the_sites_authority_is_not_talked_to(hub_site: Site) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://127.0.0.1:{hub_site.ports.hub}/api/v1/health", verify=ssl.create_default_context())


def failed_start(site: Site, toml: str = "") -> str:
    if toml:
        (site.folder / "hub.toml").write_text(toml, encoding="utf-8")
    supervisor = Supervisor(site.programs("hub"))
    with pytest.raises(ProgramFailed) as failed:
        supervisor.start()
    return str(failed.value)


def hub_toml(site: Site) -> str:
    return (site.folder / "hub.toml").read_text(encoding="utf-8")


@pytest.fixture
def taken_port(fresh_site: Site) -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", fresh_site.ports.hub_pages))
        sock.listen()
        yield fresh_site.ports.hub_pages


def test_a_port_in_use_is_named_with_what_to_do(fresh_site: Site, taken_port: int) -> None:
    text = failed_start(fresh_site)
    assert f"127.0.0.1:{taken_port}" in text
    assert "choose another port" in text


def test_an_unknown_key_is_named_with_its_file(fresh_site: Site) -> None:
    text = failed_start(fresh_site, "colour = 'red'\n" + hub_toml(fresh_site))
    assert "hub.toml" in text
    assert "unknown field `colour`" in text


@pytest.mark.req("X3")
def test_nothing_but_loopback_is_served_without_a_certificate(fresh_site: Site) -> None:
    open_to_all = hub_toml(fresh_site).replace(f"127.0.0.1:{fresh_site.ports.hub_pages}", "0.0.0.0:8080")
    assert "only a loopback address" in failed_start(fresh_site, open_to_all)


def test_a_missing_secret_is_named(fresh_site: Site) -> None:
    (fresh_site.folder / "secrets/site.key").unlink()
    assert "secrets/site.key" in failed_start(fresh_site)


def test_a_catalogue_that_contradicts_itself_is_named(fresh_site: Site) -> None:
    catalogue: Path = fresh_site.folder / "catalogue.toml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8").replace('prefix = "B"', 'prefix = "A"'), "utf-8")
    assert "services: prefix: 'A' stands twice" in failed_start(fresh_site)
