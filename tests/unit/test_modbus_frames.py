"""Modbus as bytes: known vectors, pymodbus as the judge, and a line that damages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest

from board_controller.boards.modbus import (
    Written,
    crc,
    registers,
    rtu,
    rtu_answer,
    tcp,
    tcp_answer,
    write_registers,
)
from board_controller.boards.rows import Row

REQUEST = write_registers(1, bytes.fromhex("000A 0102"))
units = st.integers(1, 247)
values = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=96)


def test_the_crc_is_the_one_published_as_crc_16_modbus() -> None:
    assert crc(b"123456789") == 0x4B37


def test_the_standards_example_of_writing_two_registers_has_these_bytes() -> None:
    assert rtu(0x11, REQUEST).hex(" ") == "11 10 00 01 00 02 04 00 0a 01 02 c6 f0"
    assert rtu_answer(bytes.fromhex("11 10 00 01 00 02 12 98"), 0x11, REQUEST) == Written(0)


@given(units, st.integers(0, 65_000), values, st.integers(1, 0xFFFF))
def test_pymodbus_reads_what_is_written(unit: int, first: int, words: list[int], transaction: int) -> None:
    pdu = write_registers(first, b"".join(word.to_bytes(2, "big") for word in words))
    for framer, wire in (
        (FramerRTU(DecodePDU(True)), rtu(unit, pdu)),
        (FramerSocket(DecodePDU(True)), tcp(transaction, unit, pdu)),
    ):
        used, request = framer.handleFrame(wire, 0, 0)
        assert used == len(wire)
        assert isinstance(request, WriteMultipleRegistersRequest)
        assert (request.dev_id, request.address, request.registers) == (unit, first, words)


@given(units, st.binary(max_size=40), st.binary(max_size=10), st.integers(0, 255))
def test_an_answer_is_found_in_noise_and_behind_the_echo_of_the_question(
    unit: int, before: bytes, after: bytes, code: int
) -> None:
    question = rtu(unit, REQUEST)
    assert rtu_answer(question, unit, REQUEST) is None
    assert rtu_answer(before + question + rtu(unit, REQUEST[:5]) + after, unit, REQUEST) == Written(0)
    refusal = rtu(unit, bytes((0x90, code)))
    assert rtu_answer(question + refusal + after, unit, REQUEST) == Written(code)


@given(units, st.data())
def test_a_damaged_answer_of_a_unit_is_none(unit: int, data: st.DataObject) -> None:
    wire = bytearray(rtu(unit, REQUEST[:5]))
    at = data.draw(st.integers(0, len(wire) - 1))
    match data.draw(st.sampled_from(["lost", "flipped"])):
        case "lost":
            del wire[at]
        case "flipped":
            wire[at] ^= 1 << data.draw(st.integers(0, 7))
    assert rtu_answer(bytes(wire), unit, REQUEST) is None


@given(st.binary(max_size=300), units, st.integers(0, 0xFFFF))
def test_whatever_comes_in_is_an_answer_or_none(received: bytes, unit: int, transaction: int) -> None:
    assert isinstance(rtu_answer(received, unit, REQUEST), Written | None)
    assert isinstance(tcp_answer(received, transaction, unit, REQUEST), Written | None)


def test_the_answer_to_an_earlier_question_over_tcp_counts_for_nothing() -> None:
    assert tcp_answer(tcp(7, 1, REQUEST[:5]), 8, 1, REQUEST) is None
    assert tcp_answer(tcp(7, 2, REQUEST[:5]), 7, 1, REQUEST) is None
    assert tcp_answer(tcp(7, 1, REQUEST[:5]) + tcp(8, 1, REQUEST[:5]), 8, 1, REQUEST) == Written(0)
    refused = tcp(8, 1, b"\x90\x02")
    assert tcp_answer(refused, 8, 1, REQUEST) == Written(2)
    assert tcp_answer(refused[:-1], 8, 1, REQUEST) is None


@pytest.mark.req("B5")
def test_a_digit_stands_in_the_byte_of_its_register_that_the_module_wants() -> None:
    rows = (Row("A7"),)
    assert registers(rows, 4).hex() == "0020002000410037"
    assert registers(rows, 4, "high").hex() == "2000200041003700"
    assert registers(rows, 4, "both").hex() == "20204137"
    assert registers(rows, 3, "both").hex() == "20413720"


def test_a_blinking_row_is_dark_while_it_is_not_lit_and_others_stand() -> None:
    rows = (Row("A7", blink=True), Row("B8"))
    assert registers(rows, 2, "both") == b"A7B8"
    assert registers(rows, 2, "both", lit=False) == b"  B8"


def test_a_letter_that_no_display_has_becomes_its_plain_one() -> None:
    assert registers((Row("Đ7"),), 2, "both") == b"D7"


@pytest.mark.parametrize(("first", "size"), [(0, 0), (0, 3), (0, 248), (65_535, 4), (-1, 2)])
def test_registers_that_no_request_can_name_are_refused(first: int, size: int) -> None:
    with pytest.raises(ValueError, match="from register"):
        write_registers(first, bytes(size))
