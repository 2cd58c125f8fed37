"""The LED line protocol: what goes over the wire, and what survives the wire."""

import binascii
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board_controller.boards.line_protocol import (
    ANSWER,
    EMPTY_PICTURE,
    MAX_PAYLOAD,
    MAX_ROW_BYTES,
    MAX_ROWS,
    OK,
    POLL,
    SHOW,
    Answer,
    Decoder,
    Frame,
    FrameError,
    Row,
    check_value,
    decode_answer,
    decode_picture,
    encode,
    encode_answer,
    encode_picture,
)

bytes_ = st.integers(0, 255)
frames = st.builds(Frame, st.integers(1, 247), bytes_, bytes_, st.binary(max_size=MAX_PAYLOAD))
texts = st.text(st.characters(exclude_categories=("Cs", "Mn")), max_size=12).filter(
    lambda text: len(text.encode()) <= MAX_ROW_BYTES
)
pictures = st.lists(st.builds(Row, texts, st.booleans()), max_size=MAX_ROWS).map(tuple)


def _reversed_bits(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def test_the_checksum_is_the_one_published_as_crc_16_ibm_sdlc() -> None:
    assert check_value(b"123456789") == 0x906E


@given(st.binary(max_size=300))
def test_the_checksum_agrees_with_cpythons_ccitt_register_fed_bit_reversed(data: bytes) -> None:
    register = binascii.crc_hqx(bytes(_reversed_bits(byte, 8) for byte in data), 0xFFFF)
    assert check_value(data) == _reversed_bits(register, 16) ^ 0xFFFF


def test_the_frame_of_the_documents_example_has_these_bytes() -> None:
    picture = encode_picture((Row("1 A047", blink=True), Row("2 B112")))
    assert picture.hex(" ") == "02 01 06 31 20 41 30 34 37 00 06 32 20 42 31 31 32"
    frame = encode(Frame(address=1, type=SHOW, sequence=7, payload=picture))
    assert frame.hex(" ") == "7e 01 01 07 11 02 01 06 31 20 41 30 34 37 00 06 32 20 42 31 31 32 00 1b 7e"


def test_every_example_of_the_document_is_a_frame_of_this_protocol() -> None:
    text = (Path(__file__).parents[2] / "docs/protocols-led.md").read_text(encoding="utf-8")
    examples = re.findall(r"^(7E(?: [0-9A-F]{2})+ 7E)", text, re.MULTILINE)
    show, answer, poll = (frame for line in examples for frame in Decoder().feed(bytes.fromhex(line)))
    assert decode_picture(show.payload) == (Row("1 A047", blink=True), Row("2 B112"))
    assert (answer.type, answer.sequence) == (SHOW | ANSWER, show.sequence)
    assert decode_answer(answer.payload) == Answer(OK, check_value(show.payload))
    assert poll == Frame(1, POLL, 8, b"")


def test_flag_and_escape_never_stand_inside_a_frame() -> None:
    frame = encode(Frame(1, SHOW, 0x7D, b"\x7e\x7d\x7e"))
    assert frame[0] == frame[-1] == 0x7E
    assert 0x7E not in frame[1:-1]
    assert [*Decoder().feed(frame)] == [Frame(1, SHOW, 0x7D, b"\x7e\x7d\x7e")]


@given(st.lists(frames, max_size=4), st.binary(max_size=40), st.integers(1, 7))
def test_every_frame_arrives_whatever_noise_came_before_and_however_it_is_cut(
    sent: list[Frame], noise: bytes, step: int
) -> None:
    noise = noise.replace(b"\x7e", b"")
    wire = noise + b"".join(encode(frame) for frame in sent)
    decoder = Decoder()
    arrived = [frame for at in range(0, len(wire), step) for frame in decoder.feed(wire[at : at + step])]
    assert arrived == sent
    assert decoder.damaged == 0


@given(frames, frames, st.data())
def test_a_lost_doubled_or_flipped_byte_never_makes_another_frame_and_the_next_one_arrives(
    hurt: Frame, next_: Frame, data: st.DataObject
) -> None:
    wire = bytearray(encode(hurt))
    at = data.draw(st.integers(0, len(wire) - 1))
    match data.draw(st.sampled_from(["lost", "doubled", "flipped"])):
        case "lost":
            del wire[at]
        case "doubled":
            wire.insert(at, wire[at])
        case "flipped":
            wire[at] ^= 1 << data.draw(st.integers(0, 7))
    arrived = [*Decoder().feed(bytes(wire) + encode(next_))]
    assert arrived[-1] == next_
    assert arrived[:-1] in ([], [hurt])


def test_a_line_that_never_frames_costs_no_memory() -> None:
    decoder = Decoder()
    assert [*decoder.feed(b"\x7e" + b"A" * 100_000)] == []
    assert len(decoder._body) <= MAX_PAYLOAD + 10
    assert [*decoder.feed(encode(Frame(1, POLL, 0, b"")))] == [Frame(1, POLL, 0, b"")]
    assert decoder.damaged == 1


@given(pictures)
def test_a_picture_comes_back_as_it_was(rows: tuple[Row, ...]) -> None:
    normal = tuple(Row(unicodedata.normalize("NFC", row.text), row.blink) for row in rows)
    assert decode_picture(encode_picture(rows)) == normal


@given(st.binary(max_size=60))
def test_any_bytes_are_a_picture_or_a_frame_error(payload: bytes) -> None:
    try:
        rows = decode_picture(payload)
    except FrameError:
        return
    assert encode_picture(rows) == payload or any(not row.text.isascii() for row in rows)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x09" + b"\x00\x00" * 9, id="too-many-rows"),
        pytest.param(b"\x01", id="cut-off"),
        pytest.param(b"\x01\x02\x00", id="unknown-flags"),
        pytest.param(b"\x01\x00\x02A", id="too-short"),
        pytest.param(b"\x01\x00\x01AB", id="too-long"),
        pytest.param(b"\x01\x00\x01\xff", id="no-utf-8"),
        pytest.param(b"\x01\x00\x19" + b"A" * 25, id="row-too-long"),
    ],
)
def test_a_malformed_picture_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        decode_picture(payload)


def test_what_does_not_fit_is_not_sent() -> None:
    with pytest.raises(ValueError, match="rows"):
        encode_picture((Row(""),) * (MAX_ROWS + 1))
    with pytest.raises(ValueError, match="row"):
        encode_picture((Row("Đ" * 13),))
    with pytest.raises(ValueError, match="payload"):
        encode(Frame(1, SHOW, 0, bytes(MAX_PAYLOAD + 1)))


def test_an_answer_comes_back_as_it_was_and_nothing_else_is_one() -> None:
    answer = Answer(OK, check_value(EMPTY_PICTURE))
    assert decode_answer(encode_answer(answer)) == answer
    for wrong in (b"", b"\x00\x01", b"\x00\x01\x02\x03", b"\x63\x00\x00"):
        with pytest.raises(FrameError):
            decode_answer(wrong)
