"""How devices are, and what the hub makes of it: rules without a wire."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from board_controller.health import Health, LedBoardHealth, SpeakerHealth, board_parts
from edge.contracts.device_words import ADVICE_WORDS
from edge.contracts.fleet import Presence
from edge.contracts.health import (
    MAX_PARTS,
    DeviceHealth,
    Part,
    PartState,
    Reason,
    Subject,
    part,
    state_of,
)
from edge.contracts.ticket import PrintFault
from edge.daemon.health_report import bounded
from edge.daemon.machine_health import Reading, figures, machine_parts, read
from edge.daemon.media import NO_ROOM
from edge.hub.config import Device
from edge.hub.device_words import which
from edge.hub.devices import DeviceRoll
from edge.kiosk.health import kiosk_parts
from edge.kiosk.screens import Card
from edge.kiosk.sightings import Eyes
from edge.kiosk.state import Session
from tests.device_reports import report

NOON_MS = 1_795_410_000_000
QUIET = Health(0, [], [], [], [], 0, [], "", [])
LOW, OUT = part(Subject.PRINTER, Reason.PAPER_LOW), part(Subject.PRINTER, Reason.PAPER_OUT)
DEVICES = (
    Device("kiosk-1", "kiosk", "0" * 64, label="Kiosk sảnh"),
    Device("kiosk-2", "kiosk", "1" * 64),
    Device("board-1", "board", "2" * 64),
)


def reasons(parts: tuple[Part, ...]) -> dict[Subject, Reason | None]:
    return {one.subject: one.reason for one in parts}


# --- the contract


@given(st.text(max_size=200), st.sampled_from(Reason) | st.none(), st.sampled_from(Subject))
def test_whatever_a_part_is_called_it_can_be_sent(detail: str, reason: Reason | None, subject: Subject) -> None:
    made = part(subject, reason, "".join(letter for letter in detail if not 0xD800 <= ord(letter) < 0xE000))
    assert msgspec.json.decode(msgspec.json.encode(made), type=Part) == made
    assert made.state is state_of(reason)


@given(st.lists(st.sampled_from([LOW, OUT, part(Subject.TV)]), max_size=200))
def test_a_device_with_too_many_parts_tells_the_bad_ones(parts: list[Part]) -> None:
    told = bounded(tuple(parts))
    assert len(told) == min(len(parts), MAX_PARTS)
    assert told.count(OUT) == min(parts.count(OUT), MAX_PARTS)
    msgspec.json.decode(msgspec.json.encode(report("board", *told)), type=DeviceHealth)


def test_a_state_that_contradicts_its_reason_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="follows from the reason"):
        msgspec.json.decode(b'{"subject":"printer","state":"ok","reason":"paper-out"}', type=Part)


def test_there_is_advice_for_every_reason() -> None:
    assert set(ADVICE_WORDS) == set(Reason)


# --- a kiosk


@pytest.mark.req("K9", "D4")
@pytest.mark.parametrize("fault", PrintFault)
def test_every_fault_of_a_printer_is_told(fault: PrintFault) -> None:
    session = Session("kiosk-1", printer_fault=fault, paper_low=True, scanner_up=True)
    assert reasons(kiosk_parts(session, 1.0, 10.0))[Subject.PRINTER] is Reason(fault.value)


@pytest.mark.req("D4")
def test_a_kiosk_tells_of_a_roll_that_ends_while_it_still_prints() -> None:
    (printer,) = [one for one in kiosk_parts(Session("k", paper_low=True), 1.0, 10.0) if one.subject is Subject.PRINTER]
    assert (printer.state, printer.reason) == (PartState.WARN, Reason.PAPER_LOW)


@pytest.mark.req("D4")
def test_a_kiosk_tells_of_what_it_has_and_of_nothing_else() -> None:
    bare = reasons(kiosk_parts(Session("k", scanner_up=True), 1.0, 10.0))
    assert set(bare) == {Subject.NUMBERS, Subject.PRINTER, Subject.SCANNER, Subject.SCREEN, Subject.HUB_LINK}
    assert not any(bare.values())
    session = Session("k", card=Card.NO_READER, eyes=Eyes("stuck", sees=True), hub_up=False, hub_away=True)
    session = replace(session, spare=frozenset(("general",)))
    assert reasons(kiosk_parts(session, 1.0, 10.0)) == {
        Subject.NUMBERS: Reason.RESERVE,
        Subject.PRINTER: None,
        Subject.SCANNER: Reason.ABSENT,
        Subject.CARD_READER: Reason.ABSENT,
        Subject.CAMERA: Reason.STUCK,
        Subject.SCREEN: None,
        Subject.HUB_LINK: Reason.HUB_AWAY,
    }


@pytest.mark.req("D4")
def test_a_kiosk_out_of_service_says_whether_staff_meant_it() -> None:
    assert reasons(kiosk_parts(Session("k", withdrawn=True), 1.0, 9.0))[Subject.NUMBERS] is Reason.WITHDRAWN
    assert reasons(kiosk_parts(Session("k", hub_up=False), 1.0, 9.0))[Subject.NUMBERS] is Reason.NO_NUMBERS


@pytest.mark.parametrize(
    ("seen_s", "up_s", "reason"),
    [(None, 60.0, None), (None, 100.0, Reason.NOT_SEEN), (5.0, 100.0, None), (40.0, 100.0, Reason.NOT_SEEN)],
)
def test_a_page_that_is_not_shown_is_told_once_the_browser_had_time(
    seen_s: float | None, up_s: float, reason: Reason | None
) -> None:
    assert reasons(kiosk_parts(Session("k"), seen_s, up_s))[Subject.SCREEN] is reason


# --- a board controller


@pytest.mark.req("D4", "B1")
def test_a_board_names_each_thing_that_is_not_well() -> None:
    health = replace(
        QUIET,
        led_boards=[LedBoardHealth("/dev/ttyUSB0", 1, "silent", ("q1", "q2")), LedBoardHealth("x", 2, "showing")],
        speakers=[SpeakerHealth(("Khu A",), "the player failed"), SpeakerHealth((), "")],
        stuck_buttons=["q1/next"],
        bouncing_buttons=["q2/finish"],
        buttons=8,
    )
    wrong = [(one.subject, one.reason, one.detail) for one in board_parts(health) if one.reason]
    assert wrong == [
        (Subject.LED_BOARD, Reason.NO_ANSWER, "q1,q2"),
        (Subject.SPEAKER, Reason.SILENT, "Khu A"),
        (Subject.BUTTONS, Reason.HELD, "q1/next"),
        (Subject.BUTTONS, Reason.BOUNCING, "q2/finish"),
    ]


def test_a_board_at_rest_is_well() -> None:
    assert {one.state for one in board_parts(replace(QUIET, buttons=4))} == {PartState.OK}


def test_media_on_their_way_are_no_fault_and_media_without_room_are() -> None:
    assert reasons(board_parts(replace(QUIET, media_missing=["a.mp4"])))[Subject.MEDIA] is None
    full = replace(QUIET, media_missing=["a.mp4"], media_fault=NO_ROOM, unplayable=["b.mp4"])
    assert reasons(board_parts(full))[Subject.MEDIA] is Reason.NO_ROOM
    assert reasons(board_parts(full))[Subject.TV] is Reason.UNPLAYABLE
    other = replace(full, media_fault="what the hub sends is damaged")
    assert reasons(board_parts(other))[Subject.MEDIA] is Reason.MISSING


# --- the machine


@pytest.mark.req("D4")
@pytest.mark.parametrize(
    ("reading", "subject", "reason"),
    [
        (Reading(disk_free_bytes=500_000_000), Subject.DISK, None),
        (Reading(disk_free_bytes=499_000_000), Subject.DISK, Reason.NEARLY_FULL),
        (Reading(disk_free_bytes=99_000_000), Subject.DISK, Reason.FULL),
        (Reading(memory_free_bytes=79_000_000), Subject.MEMORY, Reason.NEARLY_FULL),
        (Reading(temperature_mc=79_900), Subject.TEMPERATURE, None),
        (Reading(temperature_mc=80_000), Subject.TEMPERATURE, Reason.HOT),
        (Reading(throttled=0), Subject.POWER, None),
        (Reading(throttled=0x50005), Subject.POWER, Reason.UNDER_VOLTAGE),
        (Reading(throttled=0x80008), Subject.POWER, Reason.THROTTLED),
        (Reading(throttled=0x50000), Subject.POWER, Reason.WAS_UNDER_VOLTAGE),
        (Reading(under_voltage=True), Subject.POWER, Reason.UNDER_VOLTAGE),
        (Reading(throttled=0, under_voltage=False), Subject.POWER, None),
    ],
)
def test_the_machine_is_judged_by_its_figures(reading: Reading, subject: Subject, reason: Reason | None) -> None:
    assert reasons(machine_parts(reading))[subject] is reason


def test_what_a_machine_cannot_tell_is_left_out() -> None:
    assert reasons(machine_parts(Reading())) == {Subject.CLOCK: None}
    assert reasons(machine_parts(Reading(), clock_ahead_ms=-121_000)) == {Subject.CLOCK: Reason.CLOCK_OFF}


@given(
    st.builds(
        Reading,
        st.none() | st.integers(0, 2**62),
        st.none() | st.integers(0, 2**62),
        st.none() | st.integers(-(2**31), 2**31),
        st.none() | st.integers(0, 2**32),
        st.none() | st.booleans(),
    )
)
def test_whatever_a_machine_reads_can_be_sent(reading: Reading) -> None:
    told = replace(report("kiosk", *machine_parts(reading)), figures=figures(reading))
    assert msgspec.json.decode(msgspec.json.encode(told), type=DeviceHealth) == told


def test_a_pi_is_read_where_its_kernel_tells(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": "MemTotal:  3884368 kB\nMemAvailable:    2048 kB\n",
        "sys/class/thermal/thermal_zone0/temp": "61335\n",
        "sys/class/thermal/thermal_zone1/temp": "nothing\n",
        "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
        "sys/class/hwmon/hwmon0/in0_lcrit_alarm": "0\n",
        "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    vcgencmd = tmp_path / "vcgencmd"
    vcgencmd.write_text("#!/bin/sh\necho throttled=0x50000\n")
    vcgencmd.chmod(0o700)
    told = read(tmp_path / "not-there-yet", tmp_path, str(vcgencmd))
    assert (told.memory_free_bytes, told.temperature_mc, told.throttled) == (2048 * 1024, 61_335, 0x50000)
    assert told.under_voltage is True
    assert told.disk_free_bytes is not None


def test_a_machine_that_is_no_pi_tells_its_disk_and_memory(tmp_path: Path) -> None:
    told = read(tmp_path, vcgencmd=os.devnull)
    assert told.throttled is None
    assert (told.disk_free_bytes or 0) > 0
    assert (told.memory_free_bytes or 0) > 0


# --- the hub


class Steady:
    """A clock that the test sets, and who was told of a change."""

    def __init__(self) -> None:
        self.now_ms = 5_000
        self.changes = 0

    def __call__(self) -> int:
        return self.now_ms

    def told(self) -> None:
        self.changes += 1


@pytest.fixture
def clock() -> Steady:
    return Steady()


@pytest.fixture
def roll(clock: Steady) -> DeviceRoll:
    return DeviceRoll(DEVICES, clock, clock.told)


def presences(roll: DeviceRoll) -> list[Presence]:
    return [line.presence for line in roll.lines]


@pytest.mark.req("D4", "X5")
def test_a_device_that_says_nothing_for_a_minute_is_silent_until_it_is_heard_again(
    roll: DeviceRoll, clock: Steady
) -> None:
    roll.hear("kiosk-1", report("kiosk", LOW), NOON_MS)
    clock.now_ms += 60_000
    assert presences(roll)[0] is Presence.HEARD
    clock.now_ms += 1
    assert presences(roll)[0] is Presence.SILENT
    (alarm,) = roll.watchfulness.alarms
    assert (alarm.device, alarm.part, alarm.since_ms, alarm.urgent) == ("Kiosk sảnh", None, NOON_MS, True)
    roll.hear("kiosk-1", report("kiosk"), NOON_MS + 70_000)
    assert roll.watchfulness.alarms == ()


def test_a_device_that_was_never_heard_is_missed_after_a_minute(roll: DeviceRoll, clock: Steady) -> None:
    roll.hear("kiosk-1", report("kiosk"), NOON_MS)
    assert presences(roll) == [Presence.HEARD, Presence.EXPECTED, Presence.EXPECTED]
    assert not roll.watchfulness.any
    clock.now_ms += 60_001
    roll.hear("kiosk-1", report("kiosk"), NOON_MS)
    assert presences(roll)[1:] == [Presence.NOT_SEEN, Presence.NOT_SEEN]
    assert roll.watchfulness.missed == ("kiosk-2", "board-1")
    assert roll.watchfulness.alarms == ()


def test_a_spare_is_missed_by_nobody(clock: Steady) -> None:
    roll = DeviceRoll([Device("kiosk-9", "kiosk", "0" * 64, spare=True)], clock)
    clock.now_ms += 60_001
    assert presences(roll) == [Presence.OFF]
    roll.hear("kiosk-9", report("kiosk", OUT), NOON_MS)
    assert [alarm.part for alarm in roll.watchfulness.alarms] == [OUT]
    clock.now_ms += 60_001
    assert presences(roll) == [Presence.OFF]
    assert not roll.watchfulness.any


def test_what_only_a_technician_can_mend_is_not_on_the_floors_page(roll: DeviceRoll) -> None:
    roll.hear("kiosk-1", report("kiosk", part(Subject.POWER, Reason.WAS_UNDER_VOLTAGE)), NOON_MS)
    assert not roll.watchfulness.any


def test_what_does_not_work_comes_before_what_soon_will_not_and_kiosks_before_boards(roll: DeviceRoll) -> None:
    roll.hear("board-1", report("board", part(Subject.SPEAKER, Reason.SILENT, "Khu A")), NOON_MS)
    roll.hear("kiosk-1", report("kiosk", LOW, part(Subject.SCANNER)), NOON_MS)
    roll.hear("kiosk-2", report("kiosk", OUT), NOON_MS)
    alarms = [(alarm.device, alarm.part.reason if alarm.part else None) for alarm in roll.watchfulness.alarms]
    assert alarms == [
        ("kiosk-2", Reason.PAPER_OUT),
        ("board-1", Reason.SILENT),
        ("Kiosk sảnh", Reason.PAPER_LOW),
    ]


def test_staff_are_told_once_of_each_change_and_never_of_the_same(roll: DeviceRoll, clock: Steady) -> None:
    for uptime_s in range(3):
        roll.hear("kiosk-1", replace(report("kiosk", LOW), uptime_s=uptime_s), NOON_MS + uptime_s)
    assert clock.changes == 1
    roll.hear("kiosk-1", report("kiosk"), NOON_MS)
    assert clock.changes == 2
    clock.now_ms += 60_001
    roll.look()
    roll.look()
    assert clock.changes == 3


def test_a_kiosk_without_paper_is_told_to_the_counters(roll: DeviceRoll) -> None:
    roll.hear("kiosk-2", report("kiosk", OUT), NOON_MS)
    roll.hear("kiosk-1", report("kiosk", part(Subject.PRINTER, Reason.COVER_OPEN)), NOON_MS)
    assert roll.out_of_paper == ("kiosk-2",)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (part(Subject.BUTTONS, Reason.HELD, "q1/no-show"), "Quầy 1, Vắng mặt"),
        (part(Subject.BUTTONS, Reason.BOUNCING, "q9/rate-5"), "Quầy q9, Đánh giá 5"),
        (part(Subject.BUTTONS, None, "16"), "16"),
        (part(Subject.LED_BOARD, Reason.NO_ANSWER, "q1,q2"), "Quầy 1, 2"),
        (part(Subject.TV, None, "3"), "3 màn hình"),
        (part(Subject.SPEAKER, Reason.SILENT, "Khu A"), "Khu A"),
        (LOW, ""),
    ],
)
def test_staff_read_which_part_it_is(told: Part, words: str) -> None:
    said: Callable[[str], str] = str
    assert which(told, {"q1": 1, "q2": 2}, said) == words
