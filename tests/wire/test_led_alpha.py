"""The Alpha driver against a sign at the other end of a pseudo-terminal."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from board_controller.boards import open_line
from board_controller.boards.alpha_sign import AlphaLine
from board_controller.boards.rows import Health, Row
from tests.led_ends import AlphaSign
from tests.led_lines import FAULTS, Cable, boards
from tests.waiting import until


@pytest.fixture
def sign(tmp_path: Path) -> Iterator[AlphaSign]:
    made = AlphaSign(tmp_path / "sign")
    yield made
    made.close()


@pytest.fixture
def line(tmp_path: Path, sign: AlphaSign, monkeypatch: pytest.MonkeyPatch) -> Iterator[AlphaLine]:
    # half a minute between two questions is for real signs, which blink when they are asked
    monkeypatch.setattr("board_controller.boards.alpha_sign.ASK_S", 0.5)
    made = AlphaLine(boards("alpha", tmp_path / "sign"))
    made.start()
    yield made
    made.close()


@pytest.mark.req("B1", "B5", "B6")
def test_a_text_appears_flashes_while_it_is_new_and_is_read_back(sign: AlphaSign, line: AlphaLine) -> None:
    line.show(1, (Row("1 A047", blink=True),))
    until(lambda: sign.text == "1 A047")
    assert sign.flashes
    until(lambda: line.health() == {1: Health.SHOWING})
    line.show(1, (Row("1 A047"),))
    until(lambda: not sign.flashes)
    assert sign.text == "1 A047"


def test_of_several_rows_only_the_new_one_flashes(sign: AlphaSign, line: AlphaLine) -> None:
    line.show(1, (Row("1 A047"), Row("2 B112", blink=True)))
    until(lambda: sign.priority == b"\x1b0b1 A047\r\x0712 B112\x070")


def test_a_sign_with_nothing_to_show_is_dark_and_does_not_show_its_own_messages(
    sign: AlphaSign, line: AlphaLine
) -> None:
    line.show(1, (Row(""),))
    until(lambda: line.health() == {1: Health.SHOWING})
    assert sign.priority == b"\x1b b "


def test_a_sign_that_lost_its_power_gets_its_text_again_by_itself(sign: AlphaSign, line: AlphaLine) -> None:
    line.show(1, (Row("1 A047"),))
    until(lambda: line.health() == {1: Health.SHOWING})
    sign.power_off()
    sign.power_on()
    until(lambda: sign.text == "1 A047")
    until(lambda: line.health() == {1: Health.SHOWING})


def test_a_silent_sign_is_reported_once_and_its_return_once(
    sign: AlphaSign, line: AlphaLine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    line.show(1, (Row("1 A047"),))
    until(lambda: line.health() == {1: Health.SHOWING})
    sign.dumb = True
    until(lambda: line.health() == {1: Health.SILENT}, within_s=20)
    sign.dumb = False
    until(lambda: line.health() == {1: Health.SHOWING}, within_s=20)
    assert [record.message.split(" on ")[0] for record in caplog.records] == ["LED board 1"] * 2


def test_a_sign_that_cannot_answer_is_sent_to_and_never_asked(tmp_path: Path, sign: AlphaSign) -> None:
    sign.dumb = True
    made = open_line(boards("alpha", tmp_path / "sign", answers=False))
    made.start()
    try:
        made.show(1, (Row("1 A047"),))
        until(lambda: sign.text == "1 A047")
        until(lambda: made.health() == {1: Health.SENT})
    finally:
        made.close()
    assert all(packet[4:6] == b"A0" for packet in sign.packets)


def test_a_sign_that_answers_with_another_text_is_reported_as_refusing(
    sign: AlphaSign, line: AlphaLine, caplog: pytest.LogCaptureFixture
) -> None:
    until(lambda: line.health() == {1: Health.SHOWING})
    sign.adds = b"\x1c1"
    line.show(1, (Row("1 A047"),))
    until(lambda: line.health() == {1: Health.REFUSING})
    assert caplog.text.count("does not take its picture") == 1
    assert sign.text == "1 A047"


def test_signs_on_one_line_are_told_apart_by_type_and_address(tmp_path: Path) -> None:
    sign = AlphaSign(tmp_path / "sign", address=0x1F, kind=b"^")
    made = open_line(boards("alpha", tmp_path / "sign", 0x1F, 2, sign_type="^"))
    made.start()
    try:
        made.show(2, (Row("9 Z999"),))
        made.show(0x1F, (Row("1 A047"),))
        until(lambda: made.health()[0x1F] is Health.SHOWING, within_s=20)
        assert sign.text == "1 A047"
    finally:
        made.close()
        sign.close()


@settings(max_examples=4)
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from(FAULTS)), max_size=4))
def test_a_bad_cable_delays_a_text_and_what_the_checksum_did_not_see_is_put_right(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("cable")
    sign = AlphaSign(folder / "far")
    cable = Cable(folder / "near", folder / "far", faults)
    line = open_line(boards("alpha", folder / "near"))
    try:
        line.show(1, (Row("1 A047"),))
        line.start()
        until(lambda: line.health() == {1: Health.SHOWING}, within_s=20)
        assert sign.text == "1 A047"
    finally:
        line.close()
        cable.close()
        sign.close()


@pytest.mark.parametrize("after", [4, 20])
def test_a_cable_that_is_pulled_in_the_middle_of_a_packet_delays_the_text(tmp_path: Path, after: int) -> None:
    sign = AlphaSign(tmp_path / "far")
    cable = Cable(tmp_path / "near", tmp_path / "far")
    line = open_line(boards("alpha", tmp_path / "near"))
    try:
        cable.pull(after)
        line.show(1, (Row("1 A047"),))
        line.start()
        until(lambda: line.health() == {1: Health.SILENT}, within_s=20)
        cable.plug_in()
        until(lambda: line.health() == {1: Health.SHOWING}, within_s=20)
        assert sign.text == "1 A047"
    finally:
        line.close()
        cable.close()
        sign.close()
