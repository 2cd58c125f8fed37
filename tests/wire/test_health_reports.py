"""Devices tell a real hub over TLS how they are."""

import msgspec
import pytest

from edge.contracts.health import MAX_DETAIL, MAX_PARTS, Reason, Subject, part
from edge.hub.server import MAX_HEALTH_BYTES
from provisioning.demo.site import Site
from tests.device_reports import report
from tests.hub_http import Device
from tests.waiting import until

PATH = "/api/v1/health"
LOW = part(Subject.PRINTER, Reason.PAPER_LOW)


@pytest.fixture
def kiosk(hub_site: Site) -> Device:
    device = Device(hub_site, "kiosk-1")
    until(lambda: device.snapshot().day, what="the hub to open its day")
    return device


@pytest.mark.req("D4", "P1")
def test_a_kiosk_is_heard_and_nothing_of_it_is_journalled(kiosk: Device) -> None:
    before = kiosk.snapshot().seq
    response = kiosk.http.post(PATH, content=msgspec.json.encode(report("kiosk", LOW)))
    assert (response.status_code, response.content) == (204, b"")
    assert kiosk.snapshot().seq == before


@pytest.mark.req("X1", "X6")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_without_its_token_nobody_is_heard(kiosk: Device, headers: dict[str, str]) -> None:
    kiosk.http.headers.pop("Authorization")
    assert kiosk.http.post(PATH, content=msgspec.json.encode(report("kiosk")), headers=headers).status_code == 401


@pytest.mark.req("X1")
@pytest.mark.parametrize(("name", "program"), [("board-1", "kiosk"), ("kiosk-1", "board"), ("kiosk-1", "hub")])
def test_a_device_speaks_for_its_own_kind_only(hub_site: Site, name: str, program: str) -> None:
    body = msgspec.json.encode(report(program, LOW))
    assert Device(hub_site, name).http.post(PATH, content=body).status_code == 403


def test_the_largest_report_is_taken_and_a_larger_one_is_not(kiosk: Device) -> None:
    longest = part(Subject.TEMPERATURE, Reason.WAS_UNDER_VOLTAGE, "Ộ" * MAX_DETAIL)
    body = msgspec.json.encode(report("kiosk", *[longest] * MAX_PARTS))
    assert kiosk.http.post(PATH, content=body).status_code == 204
    assert kiosk.http.post(PATH, content=body.ljust(MAX_HEALTH_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        msgspec.json.encode(report("kiosk", LOW)).replace(b"paper-low", b"paper-gone"),
        msgspec.json.encode(report("kiosk", LOW)).replace(b'"warn"', b'"ok"'),
        msgspec.json.encode(report("kiosk", LOW)).replace(b'"detail":""', b'"detail":"a\\nb"'),
        msgspec.json.encode(report("kiosk")).replace(b'"program"', b'"who":"Nguyen Van A","program"'),
        msgspec.json.encode(report("kiosk")).replace(b'"0.1.0"', b'"<script>"'),
    ],
    ids=["empty", "nothing", "no-text", "reason", "state", "line-break", "other-field", "version"],
)
def test_what_is_no_report_is_refused_without_being_repeated(kiosk: Device, body: bytes) -> None:
    response = kiosk.http.post(PATH, content=body)
    assert response.status_code == 422
    assert "Nguyen" not in response.text


def test_whether_the_hub_is_ready_is_still_told_to_anybody(kiosk: Device) -> None:
    kiosk.http.headers.pop("Authorization")
    assert kiosk.http.get(PATH).json()["program"] == "hub"
