"""The Modbus drivers against pymodbus's own server, on a serial line and over TCP."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board_controller.boards import open_line
from board_controller.boards.line import BoardLine
from board_controller.boards.rows import Health, Row
from tests.led_ends import ModbusUnits
from tests.led_lines import FAULTS, Cable, boards
from tests.waiting import until


class Site:
    """Displays behind a driver, on one of the two transports."""

    def __init__(
        self, driver: str, folder: Path, units: tuple[int, ...], asked: tuple[int, ...], **options: Any
    ) -> None:
        self.cable: Cable | None = None
        if driver == "modbus-rtu":
            self.cable = Cable(folder / "near", folder / "far")
            self.units = ModbusUnits(folder / "far", units)
            link = str(folder / "near")
        else:
            self.units = ModbusUnits(None, units)
            link = f"socket://127.0.0.1:{self.units.port}"
        self.line: BoardLine = open_line(boards(driver, link, *asked, **options))
        self.line.start()

    def close(self) -> None:
        self.line.close()
        self.units.close()
        if self.cable is not None:
            self.cable.close()


Make = Callable[..., Site]


@pytest.fixture(params=["modbus-rtu", "modbus-tcp"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    made: list[Site] = []

    def one(units: tuple[int, ...] = (1,), asked: tuple[int, ...] = (1,), **options: Any) -> Site:
        made.append(Site(request.param, tmp_path, units, asked, **options))
        return made[-1]

    yield one
    for site in made:
        site.close()


@pytest.mark.req("B1", "B5")
def test_a_number_stands_right_aligned_in_the_registers_of_a_display(make: Make) -> None:
    site = make()
    site.line.show(1, (Row("A047"),))
    until(lambda: site.units.shown() == "  A047")
    until(lambda: site.line.health() == {1: Health.SHOWING})
    site.line.show(1, (Row(""),))
    until(lambda: site.units.shown() == "      ")


@pytest.mark.req("B6")
def test_a_new_number_blinks_once_a_second_and_stands_when_it_is_new_no_more(make: Make) -> None:
    site = make()
    site.line.show(1, (Row("A047", blink=True),))
    blinks = [(1, "  A047"), (1, " " * 6)] * 2
    until(lambda: site.units.written[-4:] == blinks, what="two blinks")
    site.line.show(1, (Row("A047"),))
    until(lambda: site.units.written[-2:] == [(1, "  A047")] * 2)


def test_a_display_that_shall_not_blink_does_not(make: Make) -> None:
    site = make(blinks=False)
    site.line.show(1, (Row("A047", blink=True),))
    until(lambda: site.units.written[-2:] == [(1, "  A047")] * 2)
    assert (1, " " * 6) not in site.units.written[1:]


def test_a_line_that_is_given_up_in_the_dark_half_of_a_blink_is_left_lit(make: Make) -> None:
    site = make()
    site.line.show(1, (Row("A047", blink=True),))
    until(lambda: site.units.written[-2:] == [(1, "  A047"), (1, " " * 6)])
    site.line.close()
    until(lambda: site.units.shown() == "  A047")
    site.line = open_line(boards("modbus-tcp", "socket://127.0.0.1:1"))  # for the fixture to close
    site.line.start()


def test_two_rows_take_the_registers_after_each_other_from_the_first_one_configured(make: Make) -> None:
    site = make(counters=("q1", "q2"), register=10, digits=4)
    site.line.show(1, (Row("A047"), Row("--")))
    until(lambda: site.units.shown(first=10, digits=8) == "A047  --")


def test_a_number_that_has_no_room_is_dashes_and_never_a_part_of_it(make: Make) -> None:
    site = make(digits=4)
    site.line.show(1, (Row("A1047"),))
    until(lambda: site.units.shown(digits=4) == "----")


def test_a_display_that_lost_its_power_gets_its_number_again_by_itself(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site = make()
    site.line.show(1, (Row("A047"),))
    until(lambda: site.units.shown() == "  A047")
    site.units.power_off()
    until(lambda: site.line.health()[1] is not Health.SHOWING)
    site.units.power_on()
    until(lambda: site.units.shown() == "  A047")
    until(lambda: site.line.health() == {1: Health.SHOWING})


def test_an_absent_unit_is_reported_once_and_does_not_hold_the_other_one_up(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    site = make(units=(3,), asked=(2, 3))
    until(lambda: site.line.health() == {2: Health.SILENT, 3: Health.SHOWING})
    for number in range(5):
        site.line.show(3, (Row(f"A{number:03d}"),))
        until(lambda: site.units.shown(3) == f"  A{number:03d}", within_s=2)  # noqa: B023  # until returns first
    assert caplog.text.count("LED board 2 on") == 1


def test_a_unit_that_has_no_such_registers_is_reported_as_refusing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    site = make(register=98)
    site.line.show(1, (Row("A047"),))
    until(lambda: site.line.health() == {1: Health.REFUSING})
    assert "does not take its picture" in caplog.text


@pytest.mark.parametrize("after", [3, 12, 25])
def test_a_cable_that_is_pulled_in_the_middle_of_a_frame_delays_the_number(tmp_path: Path, after: int) -> None:
    site = Site("modbus-rtu", tmp_path, (1,), (1,))
    try:
        until(lambda: site.line.health() == {1: Health.SHOWING})
        assert site.cable is not None
        site.cable.pull(after)
        site.line.show(1, (Row("A047"),))
        until(lambda: site.line.health() == {1: Health.SILENT})
        site.cable.plug_in()
        until(lambda: site.units.shown() == "  A047")
        until(lambda: site.line.health() == {1: Health.SHOWING})
    finally:
        site.close()


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from(FAULTS)), max_size=5))
def test_a_bad_cable_delays_a_number_but_never_changes_it(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("cable")
    cable = Cable(folder / "near", folder / "far", faults)
    units = ModbusUnits(folder / "far")
    line = open_line(boards("modbus-rtu", folder / "near"))
    try:
        line.show(1, (Row("A047"),))
        line.start()
        until(lambda: line.health() == {1: Health.SHOWING})
        assert units.shown() == "  A047"
        assert set(units.written) == {(1, "  A047")}
    finally:
        line.close()
        units.close()
        cable.close()
