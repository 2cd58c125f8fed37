"""Traces: what is kept of a card's files and what is blanked, byte for byte, and that whatever comes can be blanked."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.devices.sim.card.applet import Chip
from edge.devices.sim.card.der import read_all
from edge.devices.sim.card.issuer import Issuer
from edge.devices.sim.card.personalise import Person, personalise
from edge.devices.trace import Header, Recorder, Replay, blanked
from edge.emrtd.apdu import Command, Response, read_binary, read_binary_sfi, select_application, select_file
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File, parse_dg1
from edge.emrtd.passive_auth import read_sod

TODAY = date(2026, 11, 25)
PERSON = Person(
    id_number="079187654321",
    full_name="Đặng Thị Ngọc Ánh",
    birth=date(1987, 6, 5),
    sex="Nữ",
    issued=date(2022, 8, 9),
    expiry=date(2047, 6, 5),
)
HEADER = Header("Reader 00 00", contactless=True)


@pytest.fixture(scope="module")
def chip() -> Chip:
    return personalise(PERSON, Issuer.create(TODAY), TODAY)


def leaves(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of everything that has no parts, in order."""
    for tag, value in read_all(data):
        first = tag >> 8 if tag > 0xFF else tag
        if first & 0x20:
            yield (tag, b"")
            yield from leaves(value)
        else:
            yield (tag, value)


@pytest.mark.parametrize("file", [File.DG1, File.DG2, File.DG13, File.DG14, File.DG15])
def test_every_value_of_a_data_group_is_zeros_but_object_identifiers_and_numbers_of_fields(
    chip: Chip, file: File
) -> None:
    original = chip.contents.files[file.fid]
    blank = blanked(file, original)
    pairs = list(zip(leaves(original), leaves(blank), strict=True))
    assert len(blank) == len(original)
    assert [was[0] for was, _ in pairs] == [now[0] for _, now in pairs]
    assert [len(was[1]) for was, _ in pairs] == [len(now[1]) for _, now in pairs]
    for (tag, was), (_, now) in pairs:
        if tag == 0x5F1F:
            assert now.decode() != PERSON.mrz
        elif tag == 0x06:
            assert now == was
        elif tag == 0x02 and len(now) == 1:
            assert now in (was, b"\0")
        else:
            assert not any(now), hex(tag)


def test_the_numbers_of_dg13s_fields_are_kept(chip: Chip) -> None:
    numbers = [value[0] for tag, value in leaves(blanked(File.DG13, chip.contents.files[0x010D])) if tag == 0x02]
    assert numbers == [1, *range(1, 15), 16]


def test_the_mrz_is_a_specimens_that_can_be_parsed(chip: Chip) -> None:
    mrz = parse_dg1(blanked(File.DG1, chip.contents.files[0x0101]))
    assert (mrz.id_number, mrz.primary) == ("001099000017", "NGUYEN")


def test_the_sod_keeps_its_signer_and_loses_hashes_and_signature(chip: Chip) -> None:
    original = chip.contents.files[0x011D]
    was, now = read_sod(original), read_sod(blanked(File.SOD, original))
    assert now.signer == was.signer
    assert (now.hash, now.algorithm.scheme) == (was.hash, was.algorithm.scheme)
    assert set(now.hashes) == set(was.hashes)
    assert not any(any(value) for value in now.hashes.values())
    assert not any(now.signature)
    assert not any(now.message_digest)
    for file in chip.contents.files.values():
        assert hashlib.sha256(file).digest() not in blanked(File.SOD, original)


def test_com_and_card_access_are_kept(chip: Chip) -> None:
    for file in (File.COM, File.CARD_ACCESS):
        assert blanked(file, chip.contents.files[file.fid]) == chip.contents.files[file.fid]


def test_a_file_of_which_a_part_was_read_keeps_its_first_tag_and_length_only(chip: Chip) -> None:
    original = chip.contents.files[0x010D]
    for size in range(5, len(original)):
        assert blanked(File.DG13, original[:size]) == original[:4] + bytes(size - 4)


def test_what_is_no_tlv_inside_is_zeros(chip: Chip) -> None:
    text = PERSON.full_name.encode()
    assert blanked(File.DG13, b"\x6d" + bytes([len(text)]) + text) == b"\x6d" + bytes([len(text)]) + bytes(len(text))


@given(st.sampled_from([*(file for file in File if file is not File.CARD_ACCESS), None]), st.binary(max_size=200))
def test_any_bytes_can_be_blanked_and_keep_their_length(file: File | None, data: bytes) -> None:
    assert len(blanked(file, data)) == len(data)


@given(st.text(min_size=4, max_size=60), st.integers(0, 60))
def test_a_text_is_never_kept_wherever_a_malformed_file_has_it(text: str, junk: int) -> None:
    encoded = text.encode()
    field = b"\x30" + bytes([len(encoded) + 5]) + b"\x02\x01\x02\x0c" + bytes([len(encoded)]) + encoded
    inside = b"\x31" + bytes([len(field) + junk]) + field
    file = b"\x6d\x81" + bytes([len(inside)]) + inside
    if any(encoded):
        assert encoded not in blanked(File.DG13, file)


def exchanges(recorder: Recorder) -> list[tuple[bytes, bytes, str]]:
    _, *lines = map(json.loads, recorder.lines(HEADER).splitlines())
    return [(bytes.fromhex(line["command"]), bytes.fromhex(line["data"]), line["sw"]) for line in lines]


def test_reads_by_file_and_by_offset_are_blanked_as_one_file(chip: Chip) -> None:
    original = chip.contents.files[0x010D]
    recorder = Recorder()
    recorder.tap(select_application(), Response(b"", 0x9000))
    recorder.tap(read_binary_sfi(0x0D, 100), Response(original[:100], 0x9000))
    recorder.tap(read_binary(100, 100), Response(original[100:200], 0x9000))
    recorder.tap(select_file(0x010D), Response(b"", 0x9000))
    recorder.tap(read_binary(200, 256), Response(original[200:] + PERSON.full_name.encode(), 0x6282))
    said = exchanges(recorder)
    assert b"".join(data for _, data, _ in said) == blanked(File.DG13, original) + bytes(len(PERSON.full_name.encode()))
    assert said[0][0] == select_application().encode()
    assert said[-1][2] == "6282"


def test_a_file_that_nobody_knows_and_reads_of_no_file_are_blanked(chip: Chip) -> None:
    recorder = Recorder()
    recorder.tap(read_binary(0, 100), Response(PERSON.full_name.encode(), 0x9000))
    recorder.tap(read_binary_sfi(0x10, 100), Response(b"\x70\x05\x5f\x0e\x02AB", 0x9000))
    assert [data for _, data, _ in exchanges(recorder)] == [
        bytes(len(PERSON.full_name.encode())),
        b"\x70\x05\x5f\x0e\x02\0\0",
    ]


@pytest.mark.parametrize("data", ["7c0480020102", "0102030405"])
def test_what_opens_the_chip_is_blanked_in_commands_and_answers(data: str) -> None:
    recorder = Recorder()
    sent = bytes.fromhex(data)
    recorder.tap(Command(0x10, 0x86, 0, 0, sent, 256), Response(sent, 0x9000))
    ((command, answer, _),) = exchanges(recorder)
    assert b"\x01\x02" not in command[5:] + answer
    assert len(command) == 6 + len(sent)
    assert answer[:2] == (b"\x7c\x04" if sent[0] == 0x7C else b"\0\0")


def test_what_names_the_protocol_is_kept() -> None:
    recorder = Recorder()
    set_at = Command(0x00, 0x22, 0xC1, 0xA4, bytes.fromhex("800A04007F00070202040202830102"))
    recorder.tap(set_at, Response(b"", 0x9000))
    assert exchanges(recorder)[0][0] == set_at.encode()


def test_no_repr_shows_what_was_said() -> None:
    recorder = Recorder()
    recorder.tap(read_binary(0, 100), Response(PERSON.full_name.encode(), 0x9000))
    assert repr(recorder) == "Recorder(1 commands)"


def test_a_replay_gives_each_answer_as_often_as_it_was_given() -> None:
    recorder = Recorder()
    recorder.tap(select_application(), Response(b"", 0x9000))
    recorder.tap(select_application(), Response(b"", 0x6A82))
    replay = Replay(recorder.lines(HEADER))
    sent = select_application().encode()
    assert [replay.transmit(sent), replay.transmit(sent)] == [b"\x90\x00", b"\x6a\x82"]
    for command in (sent, b"\x00\xb0\x9d\x00\x00"):
        with pytest.raises(CardError) as caught:
            replay.transmit(command)
        assert caught.value.fault is ReadingFault.NO_ANSWER


@given(st.binary(max_size=120))
def test_any_bytes_are_a_trace_or_a_value_error(data: bytes) -> None:
    for lines in (data, json.dumps({"type": "moiso-card-trace-1", "reader": "", "contactless": True}).encode() + data):
        try:
            Replay(lines)
        except ValueError:
            continue
