"""Adaptive's Alpha protocol as bytes: golden ones from others, and answers from a bad line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.boards.alpha import MAX_PRIORITY_BYTES, answer, checksum, read_text, text, write_text
from board_controller.boards.rows import Row

ascii_ = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10)
rows = st.lists(st.builds(Row, ascii_, st.booleans()), max_size=8)

# What alphasignpy 0.1.1 (MIT, https://github.com/lancereinsmith/alphasignpy) makes of
#   Packet(type_code=kind, address=address).add(WriteText(message, label="0", position=…, mode=…)).to_bytes()
# without the byte FF behind STX, which stands for a pause and is not sent. Its names of the positions differ from the
# manual's; the positions were chosen by their bytes.
GOLDEN = [
    ("Z", 0, [Row("1 A047")], "0000000000015a30300241301b2062312041303437033032343004"),
    ("Z", 1, [Row("1 A047", blink=True)], "0000000000015a30310241301b2063312041303437033032343104"),
    ("^", 31, [Row("1 A047"), Row("2 B112")], "0000000000015e31460241301b30623120413034370d322042313132033033383504"),
    (
        "Z",
        1,
        [Row("1 A047", blink=True), Row("2 B112")],
        "0000000000015a30310241301b3062073131204130343707300d322042313132033033463404",
    ),
]


@pytest.mark.parametrize(("kind", "address", "shown", "golden"), GOLDEN)
def test_a_packet_has_the_bytes_that_another_implementation_makes(
    kind: str, address: int, shown: list[Row], golden: str
) -> None:
    assert write_text(kind, address, text(shown)).hex() == golden


def test_the_checksum_is_the_one_that_a_real_sign_sent() -> None:
    # a BetaBrite's answer to reading STRING file a, published in the notes of a project that drives one
    assert checksum(b"\x02GaREAD ME\x03") == b"027B"


def test_a_question_names_the_priority_file() -> None:
    assert read_text("Z", 1) == b"\0\0\0\0\0\x01Z01\x02B0\x030077\x04"


def _said(content: bytes) -> bytes:
    block = b"\x02A0" + content + b"\x03"
    return b"\0" * 20 + b"\x01000" + block + b"%04X" % sum(block) + b"\x04"


@given(rows)
def test_eight_rows_of_ten_letters_fit_and_are_understood_when_they_come_back(shown: list[Row]) -> None:
    content = text(shown)
    assert len(content) <= MAX_PRIORITY_BYTES
    assert answer(_said(content)) == content


@given(st.binary(max_size=500))
def test_whatever_comes_in_is_an_answer_or_none(received: bytes) -> None:
    assert isinstance(answer(received), bytes | None)


@given(st.binary(max_size=30).filter(lambda noise: b"\x01" not in noise), st.integers(0, 40), st.integers(0, 7))
def test_a_damaged_answer_never_says_another_text_and_the_whole_one_after_it_counts(
    noise: bytes, at: int, bit: int
) -> None:
    content = text([Row("1 A047")])
    good = _said(content)
    bad = bytearray(good)
    bad[20 + at % (len(good) - 20)] ^= 1 << bit
    assert answer(bytes(bad)) in (None, content)  # type and address are not under the checksum
    assert answer(noise + bytes(bad) + good) == content


def test_an_answer_without_its_checksum_is_none() -> None:
    assert answer(b"\x01000\x02A0\x1b b1 A047\x04") is None


def test_the_answer_to_another_question_is_none() -> None:
    assert answer(b"\x01000\x02E$AAU0100FFFFBAU00\x04") is None


def test_nothing_to_show_is_a_blank_and_never_the_empty_text_that_frees_the_sign() -> None:
    assert text([]) == b"\x1b0b "
    assert text([Row("")]) == b"\x1b b "


def test_a_text_that_the_file_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="125"):
        text([Row("x" * 20)] * 8)
