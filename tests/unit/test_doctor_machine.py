"""The rules by which moiso-doctor judges the machine: figures in, a green, yellow or red line out."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.doctor import machine
from provisioning.doctor.findings import Finding, Verdict

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
ROOT_ONLY = 100  # blocks that only root may use


def verdicts(findings: Iterable[Finding]) -> list[tuple[str, Verdict]]:
    return [(finding.check, finding.verdict) for finding in findings]


def file_system(free_percent: float, inodes_percent: float = 90, files: int = 1000) -> os.statvfs_result:
    """A file system of 10,000 usable blocks of 1 MB, with so much left to a user that is not root."""
    available = round(100 * free_percent)
    favail = round(files * inodes_percent / 100)
    return os.statvfs_result(
        (4096, 10**6, 10_000 + ROOT_ONLY, available + ROOT_ONLY, available, files, favail, favail, 0, 255)
    )


@pytest.mark.req("D4")
@pytest.mark.parametrize(("percent", "verdict"), [(40, OK), (15, OK), (14.9, WARN), (5, WARN), (4.9, FAIL), (0, FAIL)])
def test_a_disk_is_yellow_below_15_percent_and_red_below_5(percent: float, verdict: Verdict) -> None:
    assert verdicts(machine.disk(Path("/data"), file_system(percent))) == [("machine.disk", verdict)]


def test_what_only_root_may_use_is_not_counted_as_free() -> None:
    (line,) = machine.disk(Path("/data"), file_system(10))
    assert (line.values["percent"], line.values["free"]) == ("10", "1.0")


@pytest.mark.parametrize(("percent", "verdict"), [(14, WARN), (4, FAIL)])
def test_a_disk_with_room_and_no_more_files_is_told(percent: float, verdict: Verdict) -> None:
    lines = verdicts(machine.disk(Path("/data"), file_system(50, percent)))
    assert lines == [("machine.disk", OK), ("machine.inodes", verdict)]


def test_a_file_system_that_counts_no_files_is_not_blamed_for_it() -> None:
    assert verdicts(machine.disk(Path("/boot"), file_system(50, 0, files=0))) == [("machine.disk", OK)]


@pytest.mark.parametrize(
    ("life_time", "pre_eol", "expected"),
    [
        ("0x01 0x01\n", "0x01\n", [OK]),
        ("0x02 0x09\n", "0x01\n", [WARN]),
        ("0x01 0x01\n", "0x02\n", [WARN]),
        ("0x0b 0x01\n", "0x01\n", [FAIL]),
        ("0x01 0x01\n", "0x03\n", [FAIL]),
        ("0x00 0x00\n", "0x00\n", []),  # it does not say
        ("", "", []),  # an SD card: no such files
    ],
)
def test_the_card_says_how_much_of_its_life_is_used(life_time: str, pre_eol: str, expected: list[Verdict]) -> None:
    assert [line.verdict for line in machine.card_life({"mmcblk0": (life_time, pre_eol)})] == expected


def test_errors_that_the_file_system_has_counted_are_red() -> None:
    assert verdicts(machine.file_system_errors({"mmcblk0p2": 3, "sda1": 0})) == [("machine.file-system", FAIL)]


@pytest.mark.parametrize(("available", "verdict"), [(500_000, OK), (99_000, WARN), (39_000, FAIL)])
def test_memory_is_judged_by_what_is_available_not_by_what_is_free(available: int, verdict: Verdict) -> None:
    meminfo = f"MemTotal: 1000000 kB\nMemFree: 1000 kB\nMemAvailable: {available} kB\nHugePages_Total: 0\n"
    assert verdicts(machine.memory(meminfo, "pgfault 12\noom_kill 0\n")) == [("machine.memory", verdict)]


def test_programs_that_the_kernel_killed_are_told() -> None:
    assert verdicts(machine.memory("", "oom_kill 2\n")) == [("machine.oom", WARN)]


@pytest.mark.parametrize(("degrees", "verdict"), [(48.3, OK), (75.0, WARN), (82.5, FAIL)])
def test_the_hottest_sensor_counts(degrees: float, verdict: Verdict) -> None:
    assert verdicts(machine.heat({"cpu-thermal": degrees, "rp1_adc": 31.0})) == [("machine.heat", verdict)]
    assert list(machine.heat({})) == []


@pytest.mark.parametrize(
    ("throttled", "expected"),
    [
        (0x0, [("machine.power", OK)]),
        (0x50000, [("machine.power", WARN), ("machine.throttled", WARN)]),  # it happened: under-voltage and throttled
        (0x50005, [("machine.power", FAIL), ("machine.throttled", WARN)]),  # it happens now
        (0x80008, [("machine.power", OK), ("machine.throttled", WARN)]),  # the soft limit of heat only
        (None, []),  # no Raspberry Pi
    ],
)
def test_a_weak_supply_and_a_slow_processor_are_told(
    throttled: int | None, expected: list[tuple[str, Verdict]]
) -> None:
    assert verdicts(machine.power(throttled)) == expected


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ({"NTP": "yes", "NTPSynchronized": "yes"}, OK),
        ({"NTP": "no", "NTPSynchronized": "yes"}, OK),  # chrony, say
        ({"NTP": "yes", "NTPSynchronized": "no"}, WARN),
        ({"NTP": "no", "NTPSynchronized": "no"}, WARN),
        (None, WARN),
    ],
)
def test_a_clock_that_nobody_sets_is_yellow(shown: dict[str, str] | None, verdict: Verdict) -> None:
    assert machine.synchronised(shown).verdict is verdict


def test_another_time_zone_is_yellow_and_another_name_of_the_same_time_is_not() -> None:
    assert machine.time_zone(timedelta(hours=7), "Asia/Ho_Chi_Minh", NOW).verdict is OK
    assert machine.time_zone(timedelta(0), "Asia/Ho_Chi_Minh", NOW).verdict is WARN


HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
OUT = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
OUT6 = f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00000003 wlan0\n"
NO_OUT6 = f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200 lo\n"


def test_a_way_out_is_found_in_either_routing_table() -> None:
    assert machine.default_route(HEAD + OUT + LAN, NO_OUT6).values == {"interface": "eth0"}
    assert machine.default_route(HEAD + LAN, NO_OUT6 + OUT6).values == {"interface": "wlan0"}
    assert machine.default_route(HEAD + LAN, NO_OUT6).verdict is WARN
    assert machine.default_route("", "").verdict is WARN


def test_a_name_that_cannot_be_resolved_is_yellow_since_the_site_works_without() -> None:
    assert machine.resolved({"broker.example.org": False, "hub.local": True}).verdict is WARN
    assert machine.resolved({"hub.local": True}).verdict is OK
    assert machine.resolved({}).verdict is OK


def test_this_very_machine_can_be_looked_at(tmp_path: Path) -> None:
    lines = list(machine.look([tmp_path, tmp_path / "not/made/yet"], [], NOW))
    assert {"machine.about", "machine.disk", "machine.memory", "machine.ntp", "machine.route"} <= {
        line.check for line in lines
    }
