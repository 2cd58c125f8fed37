"""What a hub tells the cloud of its devices: codes and figures, and nothing that somebody typed."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.fleet.admission import admit
from edge.contracts.fleet import (
    MOST_BYTES,
    MOST_DEVICES,
    VERSION,
    FleetReport,
    Presence,
    Working,
    sayable_detail,
    sayable_name,
)
from edge.contracts.health import MAX_DETAIL, MAX_PARTS, DeviceHealth, Figures, Reason, Subject, part
from edge.contracts.outlook import Hours
from edge.hub.devices import DeviceLine
from edge.hub.fleet_report import days_left, told_of, working
from provisioning.certificates import create_authority, issue

NOW_MS = 1_795_410_000_000
DAY_MS = 86_400_000
TYPED = ("Kiosk cô Lan", "0912345678", "Nguyễn Văn Mẫu", "sảnh chính, cô Hoa", "001099000017")


def line(name: str, *parts: object, label: str = "", presence: str = "heard") -> DeviceLine:
    health = DeviceHealth("kiosk", "1.8.0", NOW_MS, 90, parts, Figures(21_300, 2_900, 58))  # type: ignore[arg-type]
    return DeviceLine(name, label, "kiosk" if name else "hub", Presence(presence), health, NOW_MS)


def sent(*lines: DeviceLine) -> bytes:
    return msgspec.json.encode(FleetReport(VERSION, NOW_MS, devices=told_of(lines)))


@pytest.mark.req("X2", "D4")
@pytest.mark.parametrize("typed", TYPED)
def test_nothing_that_staff_typed_leaves_the_building(typed: str) -> None:
    told = sent(line("kiosk-1", part(Subject.SPEAKER, Reason.SILENT, typed), label=typed), line(typed, label=typed))
    assert typed.encode() not in told
    assert admit(told).devices[0].name == "kiosk-1"
    assert admit(told).devices[1].name == "device-2", "its place in devices.toml"


@pytest.mark.req("D4")
@given(st.lists(st.text(max_size=50), max_size=6, unique=True), st.text(max_size=MAX_DETAIL))
def test_whatever_devices_are_called_the_cloud_understands_the_report(names: list[str], detail: str) -> None:
    lines = [line(name, part(Subject.TV, Reason.UNPLAYABLE, detail)) for name in names if name]
    told = told_of(tuple(lines))
    again = admit(msgspec.json.encode(FleetReport(VERSION, NOW_MS, devices=told)))
    assert again.devices == told
    for device in told:
        assert sayable_name(device.name, 0) == device.name
        assert not re.search("[0-9]{9}", device.name)
        assert all(sayable_detail(one.detail) == one.detail for one in device.parts)


@pytest.mark.req("D4")
def test_of_more_devices_than_fit_those_that_are_not_well_are_told() -> None:
    well = [line(f"k{n}") for n in range(MOST_DEVICES)]
    ill = [line("silent", presence="silent"), line("out", part(Subject.PRINTER, Reason.PAPER_OUT))]
    told = told_of((line(""), *well, *ill))
    assert len(told) == MOST_DEVICES
    assert {"", "silent", "out"} <= {device.name for device in told}


@pytest.mark.req("D4")
def test_the_largest_site_fits_into_one_message() -> None:
    parts = [part(Subject.LED_BOARD, Reason.NO_ANSWER, f"q{n:02},q{n + 1:02}") for n in range(12)]
    told = sent(line(""), *(line(f"board-controller-{n:03}", *parts) for n in range(MOST_DEVICES - 1)))
    assert len(told) <= MOST_BYTES
    admit(told)


@pytest.mark.req("D4")
def test_every_reason_of_a_hub_is_one_that_the_cloud_admits() -> None:
    for subject in Subject:
        reasons = list(Reason)
        for start in range(0, len(reasons), MAX_PARTS):
            parts = [part(subject, reason) for reason in reasons[start : start + MAX_PARTS]]
            (device,) = admit(sent(line("kiosk-1", *parts))).devices
            assert [one.reason for one in device.parts] == [one.reason.value for one in parts if one.reason]


@pytest.mark.req("D4")
def test_the_cloud_is_told_when_the_facility_opens_next() -> None:
    hours = Hours(spans=((10, 20), (30, 40)), next_opens_ms=100)
    assert working(hours, 5) == Working(now=False, until_ms=10)
    assert working(hours, 15) == Working(now=True, since_ms=10, until_ms=20, opens_ms=30)
    assert working(hours, 25) == Working(now=False, since_ms=20, until_ms=30)
    assert working(hours, 35) == Working(now=True, since_ms=30, until_ms=40, opens_ms=100)
    assert working(hours, 45) == Working(now=False, since_ms=40, until_ms=100)
    assert working(Hours(always=True), 45) == Working()
    assert working(Hours(), 45) == Working(now=False)


@pytest.mark.req("D4", "X6")
def test_the_days_of_the_certificate_are_counted_and_none_where_it_cannot_be_read(tmp_path: Path) -> None:
    ca, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    create_authority(ca, key, "Fictitious authority")
    issue(ca, key, crt=tmp_path / "x.crt", key=tmp_path / "x.key", common_name="mau-01", hosts=(), client=True)
    from_now_ms = Path(tmp_path / "x.crt").stat().st_mtime_ns // 1_000_000
    days = days_left(tmp_path / "x.crt", from_now_ms)
    assert days is not None
    assert days > 300
    assert days_left(tmp_path / "x.crt", from_now_ms + 1000 * DAY_MS) == days - 1000
    (tmp_path / "bad.crt").write_text("no certificate")
    assert days_left(tmp_path / "bad.crt", from_now_ms) is days_left(tmp_path / "none.crt", from_now_ms) is None
