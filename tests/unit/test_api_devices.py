"""What the API tells of devices and alarms: codes and figures, and nothing that staff wrote."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask

from cloud.fleet.records import Look, Step
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.store import Fleet
from tests.api_caller import Caller, Json, api_app, new_token
from tests.bench.province_year import fill
from tests.cloud_people import add_people, add_sites
from tests.dashboard import today
from tests.fleet import fill as fill_fleet

SITES = [f"mau-{n:03d}" for n in range(1, 7)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=len(SITES), days=1, until=today())
    add_people(folder)
    add_sites(folder)
    fill_fleet(folder, [*SITES, "khac-01"], time.time_ns() // 1_000_000)
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Flask:
    return api_app(data)


@pytest.fixture
def caller(app: Flask, data: Path) -> Caller:
    return Caller(app, new_token(data))


def alarms(caller: Caller, state: str, limit: int) -> list[Json]:
    """All alarms through all pages."""
    found: list[Json] = []
    after = ""
    while True:
        page = caller.json(f"alarms?state={state}&limit={limit}{after}")
        found += page["alarms"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def add(data: Path, causes: Sequence[Cause], opened_ms: int, *, closed_ms: int = 0) -> None:
    """Alarms that were opened at once, and perhaps closed at once."""
    fleet = Fleet(data)
    opened = [Alarm(cause, Level.FAIL, opened_ms, opened_ms=opened_ms, times=1) for cause in causes]
    kept = fleet.record(Look(opened_ms, steps=[Step(one.cause, None, one, Deed.OPENED) for one in opened]))
    if closed_ms:
        over = [
            (one, Alarm(one.cause, one.level, one.since_ms, opened_ms=opened_ms, closed_ms=closed_ms, id=one.id))
            for one in kept.values()
        ]
        fleet.record(Look(closed_ms, steps=[Step(one.cause, one, gone, Deed.CLOSED) for one, gone in over]))


@pytest.mark.req("D4", "X5")
def test_devices_are_told_with_their_parts_by_facility(caller: Caller, data: Path) -> None:
    answer = caller.json("devices")
    assert answer["looked_at"].endswith("Z")
    by_site = {one["site"]: one for one in answer["facilities"]}
    assert [*by_site] == [*SITES, "mau-01", "mau-02"]
    assert [device["name"] for device in by_site["mau-001"]["devices"]] == ["", "kiosk-1", "kiosk-2", "board-1"]
    for state in Fleet(data).states(SITES):
        assert state.report
        told = by_site[state.site]
        assert told["certificate_days"] == state.report.certificate_days
        assert [part["state"] for device in told["devices"] for part in device["parts"]] == [
            part.state.value for device in state.report.devices for part in device.parts
        ]


@pytest.mark.req("D4")
def test_a_facility_whose_devices_were_never_heard_of_has_none(caller: Caller) -> None:
    (facility,) = caller.json("devices?site=mau-01")["facilities"]
    assert (facility["heard_at"], facility["linked"], facility["outbox"], facility["devices"]) == (None, None, None, [])


@pytest.mark.req("D4")
def test_a_site_that_has_sent_no_figures_yet_is_told_with_its_devices_and_alarms(tmp_path: Path) -> None:
    add_people(tmp_path)
    fill_fleet(tmp_path, ["khac-01", "mau-new"], time.time_ns() // 1_000_000)
    caller = Caller(api_app(tmp_path), new_token(tmp_path))
    (facility,) = caller.json("devices")["facilities"]
    assert facility["site"] == "mau-new"
    assert len(facility["devices"]) > 1
    assert caller.json("devices?site=mau-new")["facilities"] == [facility]
    assert {one["site"] for one in caller.json("alarms?site=mau-new")["alarms"]} == {"mau-new"}
    assert caller.get("devices?site=khac-01").status_code == 404


@pytest.mark.req("D4")
@pytest.mark.parametrize("limit", [1, 2, 200])
def test_open_alarms_are_each_told_once_the_newest_first(caller: Caller, data: Path, limit: int) -> None:
    told = alarms(caller, "open", limit)
    ids = [one["id"] for one in told]
    assert ids == sorted((kept.alarm.id for kept in Fleet(data).open_alarms(SITES)), reverse=True)
    assert ids
    assert {one["level"] for one in told} <= {"warn", "fail"}
    assert {one["closed_at"] for one in told} == {None}


@pytest.mark.req("D4")
@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_closed_alarms_are_each_told_once_also_those_of_one_moment(app: Flask, tmp_path: Path, limit: int) -> None:
    add_people(tmp_path)
    add_sites(tmp_path)
    causes = [Cause("mau-01", f"kiosk-{n}", Kind.DEVICE_SILENT) for n in range(9)]
    add(tmp_path, causes[:2], 1_795_000_000_000, closed_ms=1_795_000_100_000)
    add(tmp_path, causes[2:7], 1_795_000_000_001, closed_ms=1_795_000_200_000)  # more than a page of one moment
    add(tmp_path, causes[7:], 1_795_000_000_002, closed_ms=1_795_000_300_000)
    told = alarms(Caller(api_app(tmp_path), new_token(tmp_path)), "closed", limit)
    assert sorted(one["device"] for one in told) == sorted(cause.device for cause in causes)
    assert [one["closed_at"] for one in told] == sorted((one["closed_at"] for one in told), reverse=True)


@pytest.mark.req("X1", "X3")
def test_who_took_an_alarm_on_and_what_they_wrote_is_not_told(caller: Caller, data: Path) -> None:
    worst = Fleet(data).open_alarms(SITES)[0].alarm.id
    Fleet(data).acknowledge(worst, "lan", "gọi cô Hoa 0912345678", time.time_ns() // 1_000_000)
    answer = caller.get("alarms")
    assert "0912345678" not in answer.text
    assert "lan" not in {value for one in caller.json("alarms")["alarms"] for value in one.values()}
    assert [one["id"] for one in caller.json("alarms")["alarms"] if one["acknowledged_at"]] == [worst]


@pytest.mark.req("X1", "D4")
def test_the_centres_own_alarms_are_told_to_tokens_of_the_whole_province(app: Flask, data: Path) -> None:
    add(data, [Cause("", "", Kind.BLIND)], 1_795_000_000_000)
    whole, one = Caller(app, new_token(data)), Caller(app, new_token(data, site="mau-001"))
    kinds = {alarm["kind"] for alarm in whole.json("alarms")["alarms"]}
    assert "blind" in kinds
    assert "blind" not in {alarm["kind"] for alarm in whole.json("alarms?site=mau-003")["alarms"]}
    assert {alarm["site"] for alarm in one.json("alarms")["alarms"]} <= {"mau-001"}
    Fleet(data)  # the file stays as it is for the other tests


@pytest.mark.req("X1")
def test_alarms_of_another_province_are_not_told(caller: Caller) -> None:
    told = [*alarms(caller, "open", 200), *alarms(caller, "closed", 200)]
    assert {one["site"] for one in told} <= {*SITES, ""}
    for hostile in ("after=9999999999999999", "after=-1", "after=x", "state=any"):
        assert caller.get(f"alarms?{hostile}").status_code == 400
    assert caller.json("alarms?after=0")["alarms"] == []
    assert caller.json("alarms?state=closed&after=999999999999999")["next"] is None
