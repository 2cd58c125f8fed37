"""Carrying a reading out: commands, pieces of answers, progress, and what is closed when something fails."""

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import exchange, is_contactless, pump
from edge.devices.card_words import ADVICE
from edge.emrtd.errors import CardError

READ = bytes.fromhex("00B0000000")


class Chip:
    """A card that gives these answers in turn."""

    def __init__(self, *answers: str) -> None:
        self.commands: list[str] = []
        self._answers = iter(answers)

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command.hex())
        return bytes.fromhex(next(self._answers))


def test_a_reading_is_sent_the_answers_and_its_progress_is_told() -> None:
    chip = Chip("aa9000", "6a82")
    told: list[str] = []

    def reading() -> Generator[bytes | str, bytes, list[bytes]]:
        yield "begun"
        first = yield READ
        yield "half"
        return [first, (yield b"\x00\xa4\x00\x0c")]

    assert pump(reading(), chip.transmit, told.append) == [b"\xaa\x90\x00", b"\x6a\x82"]
    assert chip.commands == ["00b0000000", "00a4000c"]
    assert told == ["begun", "half"]


def test_a_reading_that_asks_nothing_has_its_result_at_once() -> None:
    def reading() -> Generator[bytes | str, bytes, int]:
        return 7
        yield b""

    assert pump(reading(), Chip().transmit, lambda _step: None) == 7


@pytest.mark.parametrize("fails", ["card", "reading"])
def test_whatever_fails_the_reading_is_closed(fails: str) -> None:
    closed = []

    def reading() -> Generator[bytes | str, bytes, None]:
        try:
            yield READ
            raise CardError(ReadingFault.MALFORMED, "test")
        finally:
            closed.append(True)

    def transmit(_command: bytes) -> bytes:
        if fails == "card":
            raise CardError(ReadingFault.CARD_REMOVED, "test")
        return b"\x90\x00"

    with pytest.raises(CardError) as caught:
        pump(reading(), transmit, lambda _step: None)
    assert caught.value.fault is (ReadingFault.CARD_REMOVED if fails == "card" else ReadingFault.MALFORMED)
    assert closed == [True]


def test_an_answer_in_pieces_is_put_together() -> None:
    """ISO/IEC 7816-4: SW2 of 61xx says how much more there is, 00 is 256 bytes or more."""
    chip = Chip("01026100", "036102", "04059000")
    assert exchange(chip.transmit, bytes.fromhex("0CB0810000")).hex() == "01020304059000"
    assert chip.commands == ["0cb0810000", "00c0000000", "00c0000002"]


def test_get_response_goes_to_the_logical_channel_of_the_command() -> None:
    chip = Chip("6101", "aa9000")
    exchange(chip.transmit, bytes.fromhex("02B0000000"))
    assert chip.commands[1] == "02c0000001"


@pytest.mark.parametrize(
    ("command", "corrected"), [("00B0000000", "00b0000005"), ("00A4040C02AABB00", "00a4040c02aabb05")]
)
def test_a_wrong_le_is_corrected_as_the_card_says(command: str, corrected: str) -> None:
    chip = Chip("6C05", "01020304059000")
    assert exchange(chip.transmit, bytes.fromhex(command)).hex() == "01020304059000"
    assert chip.commands[1:] == [corrected]


@pytest.mark.parametrize("command", ["00A4040C02AABB", "00B0000000000800", "00A4000C", "00B00000000800"])
def test_a_command_without_a_short_le_is_not_changed(command: str) -> None:
    chip = Chip("6C05")
    assert exchange(chip.transmit, bytes.fromhex(command)).hex() == "6c05"
    assert chip.commands == [command.lower()]


def test_data_that_looks_like_6c_is_data() -> None:
    chip = Chip("6C059000")
    assert exchange(chip.transmit, READ).hex() == "6c059000"


def test_a_card_that_corrects_le_for_ever_is_asked_once_more_only() -> None:
    chip = Chip("6C05", "6C06")
    assert exchange(chip.transmit, READ).hex() == "6c06"


def test_pieces_that_never_end_are_malformed() -> None:
    with pytest.raises(CardError) as caught:
        exchange(lambda _command: b"\x00\x61\x00", READ)
    assert caught.value.fault is ReadingFault.MALFORMED


@given(st.binary(min_size=1, max_size=20), st.lists(st.binary(max_size=6), max_size=8))
def test_whatever_the_card_sends_the_answer_ends_where_the_card_says(command: bytes, answers: list[bytes]) -> None:
    left = iter(answers)
    answer = exchange(lambda _command: next(left, b"\x90\x00"), command)
    assert answer[-2:-1] != b"\x61"
    assert set(answer) <= set(b"".join(answers)) | {0x90, 0x00}


@pytest.mark.parametrize("atr", ["3B8F8001804F0CA000000306030001000000006A", "3B80800101"])
def test_a_card_without_contacts_is_told_by_the_answer_to_reset_that_its_reader_makes_up(atr: str) -> None:
    """PC/SC part 3, 3.1.3.2.3: 3B 8n 80 01, n historical bytes, TCK."""
    assert is_contactless(bytes.fromhex(atr))


@pytest.mark.parametrize("atr", ["", "3B808001", "3F80800101", "3B70800101", "3B80400101", "3B80800201"])
def test_any_other_answer_to_reset_is_of_a_card_with_contacts(atr: str) -> None:
    assert not is_contactless(bytes.fromhex(atr))


def test_each_fault_has_words_of_its_own_for_the_technician_in_both_languages() -> None:
    assert set(ADVICE) == set(ReadingFault)
    sentences = [sentence for pair in ADVICE.values() for sentence in pair]
    assert len(set(sentences)) == 2 * len(ReadingFault)
    assert all(sentence.endswith(".") for sentence in sentences)
