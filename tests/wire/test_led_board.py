"""The LED driver against a board at the other end of a pseudo-terminal."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from board_controller.boards.led_board import LedLine
from board_controller.boards.line_protocol import Frame, encode, encode_picture
from board_controller.boards.rows import Health
from board_controller.boards.rows import Row as Wanted
from board_controller.sim.led_board import Row, SimLedBoard
from tests.led_lines import FAULTS, Cable, boards
from tests.waiting import until

A047 = (Wanted("1 A047", blink=True), Wanted("2 B112"))
SHOWN = [Row("1 A047", True), Row("2 B112", False)]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimLedBoard]:
    simulated = SimLedBoard(tmp_path / "led")
    yield simulated
    simulated.close()


@pytest.fixture
def line(tmp_path: Path, board: SimLedBoard) -> Iterator[LedLine]:
    driver = LedLine(boards("moiso-line", tmp_path / "led", 1))
    driver.start()
    yield driver
    driver.close()


@pytest.mark.req("B1", "B5", "B6")
def test_a_picture_appears_with_the_new_number_blinking(board: SimLedBoard, line: LedLine) -> None:
    line.show(1, A047)
    until(lambda: board.rows == SHOWN)
    until(lambda: line.health() == {1: Health.SHOWING})


def test_vietnamese_letters_arrive_in_one_piece(board: SimLedBoard, line: LedLine) -> None:
    line.show(1, (Wanted("1 Đ007"),))
    until(lambda: board.rows == [Row("1 Đ007", False)])


def test_only_the_last_of_many_quick_pictures_has_to_arrive(board: SimLedBoard, line: LedLine) -> None:
    for number in range(200):
        line.show(1, (Wanted(f"1 A{number:03d}"),))
    until(lambda: board.rows == [Row("1 A199", False)])


def test_a_board_that_lost_its_power_gets_its_picture_again_by_itself(board: SimLedBoard, line: LedLine) -> None:
    line.show(1, A047)
    until(lambda: board.rows == SHOWN)
    board.power_off()
    assert board.rows == []
    board.power_on()
    until(lambda: board.rows == SHOWN)


def test_a_silent_board_is_reported_once_and_its_return_once(
    board: SimLedBoard, line: LedLine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    line.show(1, A047)
    until(lambda: line.health() == {1: Health.SHOWING})
    board.silent = True
    until(lambda: line.health() == {1: Health.SILENT})
    seen = board.frames_seen
    until(lambda: board.frames_seen > seen, within_s=8)
    board.silent = False
    until(lambda: line.health() == {1: Health.SHOWING})
    said = [record.message.split(" on ")[0] for record in caplog.records]
    assert said.count("LED board 1") == len(said) == 2


def test_a_damaged_answer_is_asked_for_again(board: SimLedBoard, line: LedLine) -> None:
    until(lambda: line.health() == {1: Health.SHOWING})
    board.corrupt_next = True
    line.show(1, A047)
    until(lambda: board.rows == SHOWN)
    until(lambda: not board.corrupt_next and line.health() == {1: Health.SHOWING})


def test_a_picture_that_is_too_large_for_the_board_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = SimLedBoard(tmp_path / "small", rows=1)
    driver = LedLine(boards("moiso-line", tmp_path / "small", 1))
    driver.start()
    try:
        driver.show(1, A047)
        until(lambda: driver.health() == {1: Health.REFUSING})
        assert small.rows == []
        assert "does not take its picture" in caplog.text
    finally:
        driver.close()
        small.close()


def test_a_line_that_is_pulled_and_plugged_in_again_is_found_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = SimLedBoard(tmp_path / "led")
    driver = LedLine(boards("moiso-line", tmp_path / "led", 1))
    driver.start()
    try:
        driver.show(1, A047)
        until(lambda: first.rows == SHOWN)
        first.close()
        until(lambda: "is lost" in caplog.text)
        second = SimLedBoard(tmp_path / "led")
        try:
            until(lambda: second.rows == SHOWN)
            assert caplog.text.count("is lost") == caplog.text.count("is back") == 1
        finally:
            second.close()
    finally:
        driver.close()


def test_a_line_that_is_not_there_at_start_is_reported_and_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    driver = LedLine(boards("moiso-line", tmp_path / "led", 1))
    driver.show(1, A047)
    driver.start()
    try:
        until(lambda: "is lost" in caplog.text)
        late = SimLedBoard(tmp_path / "led")
        try:
            until(lambda: late.rows == SHOWN)
        finally:
            late.close()
    finally:
        driver.close()


def test_boards_on_one_line_are_told_apart_and_a_silent_one_does_not_stop_the_other(tmp_path: Path) -> None:
    third = SimLedBoard(tmp_path / "bus", address=3)
    driver = LedLine(boards("moiso-line", tmp_path / "bus", 2, 3))
    driver.start()
    try:
        driver.show(2, (Wanted("2 B001"),))
        driver.show(3, (Wanted("3 C001"),))
        until(lambda: third.rows == [Row("3 C001", False)])
        until(lambda: driver.health() == {2: Health.SILENT, 3: Health.SHOWING})
    finally:
        driver.close()
        third.close()


def test_a_question_to_a_silent_board_is_given_up_when_the_picture_of_another_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = SimLedBoard(tmp_path / "bus", address=3)
    cable = Cable(tmp_path / "near", tmp_path / "bus")
    driver = LedLine(boards("moiso-line", tmp_path / "near", 2, 3))
    driver.start()
    try:
        until(lambda: driver.health() == {2: Health.SILENT, 3: Health.SHOWING})
        monkeypatch.setattr("board_controller.boards.led_board.ANSWER_S", 60.0)
        asked = cable.carried.count(b"\x7e\x02\x01")
        until(lambda: cable.carried.count(b"\x7e\x02\x01") > asked, what="a question to board 2")
        driver.show(3, (Wanted("3 C001"),))
        until(lambda: third.rows == [Row("3 C001", False)], within_s=5)
    finally:
        driver.close()
        cable.close()
        third.close()


def test_a_board_that_only_cannot_answer_shows_a_new_picture_at_once(board: SimLedBoard, line: LedLine) -> None:
    board.silent = True
    until(lambda: line.health() == {1: Health.SILENT})
    for number in range(10):
        line.show(1, (Wanted(f"1 A{number:03d}"),))
        # less than the pace of the questions to silent boards
        until(lambda: board.rows == [Row(f"1 A{number:03d}", False)], within_s=1.5)  # noqa: B023  # until returns first
    assert line.health() == {1: Health.SILENT}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from(FAULTS)), max_size=5))
def test_a_bad_cable_delays_a_picture_but_never_changes_it(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("cable")
    board = SimLedBoard(folder / "board")
    cable = Cable(folder / "driver", folder / "board", faults)
    driver = LedLine(boards("moiso-line", folder / "driver"))
    pictures: list[list[Row]] = []

    def shown() -> bool:
        rows = board.rows
        if rows and rows not in pictures:
            pictures.append(rows)
        return rows == SHOWN

    try:
        driver.show(1, A047)
        driver.start()
        until(shown, within_s=10)
        assert pictures == [SHOWN]
    finally:
        driver.close()
        cable.close()
        board.close()


def test_the_board_ignores_what_is_addressed_to_another_and_what_is_damaged(tmp_path: Path) -> None:
    board = SimLedBoard(tmp_path / "led", address=1)
    wire = os.open(tmp_path / "led", os.O_RDWR | os.O_NOCTTY)
    try:
        good = encode(Frame(1, 0x01, 9, encode_picture((Wanted("1 A001"),))))
        bad = bytearray(good)
        bad[8] ^= 0x01
        os.write(wire, encode(Frame(2, 0x01, 8, encode_picture((Wanted("9 Z999"),)))) + bytes(bad))
        os.write(wire, good)
        until(lambda: board.rows == [Row("1 A001", False)])
        assert board.frames_seen == 1
    finally:
        os.close(wire)
        board.close()
