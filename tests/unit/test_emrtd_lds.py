"""The files of a chip: EF.COM, DG1, DG2, DG11, DG14 and DG15."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.lds import (
    Com,
    Dg11,
    File,
    ImageFormat,
    Portrait,
    parse_com,
    parse_dg1,
    parse_dg2,
    parse_dg11,
    parse_dg14,
    parse_dg15,
    read_text,
)
from tests.emrtd_files import FILES, JP2, JPEG, MRZ_TD1, damaged, der, dg1, dg2, facial_record, fault_of

# ICAO Doc 9303-10, appendix A: EF.COM, and EF.DG11 with the lengths put right that are misprinted there.
ICAO_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")
ICAO_DG11 = bytes.fromhex(
    "6B605C0A5F0E5F115F425F125F135F0E0D534D4954483C3C4A4F484E3C4A5F110A414E59544F574E3C4D4E5F4217313233204D41504C4520"
    "52443C414E59544F574E3C4D4E5F120B31363132353535313231325F130C54524156454C3C4147454E54"
)
# The specimen of ICAO Doc 9303-4.
ICAO_MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"

PARSERS: dict[File, Callable[[bytes], Any]] = {
    File.COM: parse_com,
    File.DG1: parse_dg1,
    File.DG2: parse_dg2,
    File.DG11: parse_dg11,
    File.DG14: parse_dg14,
    File.DG15: parse_dg15,
}
WHOLE = {
    File.COM: ICAO_COM,
    File.DG1: dg1(),
    File.DG2: dg2(facial_record(JPEG, points=2)),
    File.DG11: ICAO_DG11,
    File.DG14: der(0x6E, der(0x31, der(0x30, der(0x06, b"\x04\x00")))),
    File.DG15: der(0x6F, der(0x30, der(0x30, der(0x06, b"\x2a")), der(0x03, b"\0key"))),
}


def malformed(parse: Callable[[bytes], object], data: bytes) -> str:
    with pytest.raises(CardError) as caught:
        parse(data)
    assert caught.value.fault is ReadingFault.MALFORMED
    return caught.value.where


@pytest.mark.parametrize(
    ("file", "fid", "sfi", "tag", "number"),
    [
        (File.COM, 0x011E, 0x1E, 0x60, 0),
        (File.SOD, 0x011D, 0x1D, 0x77, 0),
        (File.DG1, 0x0101, 0x01, 0x61, 1),
        (File.DG2, 0x0102, 0x02, 0x75, 2),
        (File.DG3, 0x0103, 0x03, 0x63, 3),
        (File.DG11, 0x010B, 0x0B, 0x6B, 11),
        (File.DG13, 0x010D, 0x0D, 0x6D, 13),
        (File.DG14, 0x010E, 0x0E, 0x6E, 14),
        (File.DG15, 0x010F, 0x0F, 0x6F, 15),
        (File.CARD_ACCESS, 0x011C, 0x1C, 0x31, 0),
    ],
)
def test_each_file_has_the_identifiers_of_the_standard(file: File, fid: int, sfi: int, tag: int, number: int) -> None:
    assert (file.fid, file.sfi, file.tag, file.number) == (fid, sfi, tag, number)


def test_ef_com_tells_versions_and_data_groups() -> None:
    assert parse_com(ICAO_COM) == Com("0106", "040000", (0x61, 0x75))


@pytest.mark.parametrize(
    "data",
    [
        ICAO_COM.replace(b"0106", b"01x6"),
        ICAO_COM.replace(b"040000", b"04000\xff"),
        der(0x60, der(0x5F01, b"0106"), der(0x5C, b"\x61")),
        der(0x60, der(0x5F01, b"01060"), der(0x5F36, b"040000"), der(0x5C, b"\x61")),
    ],
)
def test_ef_com_without_its_versions_is_malformed(data: bytes) -> None:
    malformed(parse_com, data)


def test_dg1_holds_the_mrz_of_a_passport_or_a_card() -> None:
    passport = parse_dg1(dg1(ICAO_MRZ))
    assert (passport.document_number, passport.primary, passport.secondary) == ("L898902C3", "ERIKSSON", "ANNA MARIA")
    assert parse_dg1(dg1(MRZ_TD1)).id_number == "001099000017"


def test_dg1_that_is_no_ascii_is_malformed() -> None:
    malformed(parse_dg1, dg1()[:-1] + b"\xe1")


@pytest.mark.parametrize("tag", [0x5F2E, 0x7F2E])
@pytest.mark.parametrize("points", [0, 1, 40])
@pytest.mark.parametrize(("image", "format_"), [(JPEG, ImageFormat.JPEG), (JP2, ImageFormat.JPEG2000)])
def test_dg2_gives_the_image_behind_its_headers(tag: int, points: int, image: bytes, format_: ImageFormat) -> None:
    assert parse_dg2(dg2(facial_record(image, points), tag=tag)) == Portrait(format_, image)


def test_the_first_of_several_faces_is_taken_and_what_follows_it_in_its_record_left_alone() -> None:
    other = JP2 + b"other"
    assert parse_dg2(dg2(facial_record(JPEG), facial_record(other))).image == JPEG
    assert parse_dg2(dg2(facial_record(JPEG) + other)).image == JPEG


def test_a_bare_jpeg2000_codestream_is_known_and_the_type_in_the_header_is_not_believed() -> None:
    bare = b"\xff\x4f\xff\x51" + bytes(20)
    # The image block's second byte says 0: JPEG.
    assert parse_dg2(dg2(facial_record(bare))) == Portrait(ImageFormat.JPEG2000, bare)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"FAC\0",
        JPEG,
        b"FIR\x00" + facial_record(JPEG)[4:],
        facial_record(b""),
        facial_record(b"GIF89a"),
        facial_record(JPEG)[:-1],
        facial_record(JPEG)[:14] + (0).to_bytes(4) + facial_record(JPEG)[18:],
        facial_record(JPEG)[:14] + (32).to_bytes(4) + facial_record(JPEG)[18:],
        facial_record(JPEG)[:14] + (0xFFFFFFFF).to_bytes(4) + facial_record(JPEG)[18:],
        facial_record(JPEG)[:18] + (0xFFFF).to_bytes(2) + facial_record(JPEG)[20:],
    ],
    ids=[
        "empty",
        "cut",
        "no header",
        "a finger",
        "no image",
        "gif",
        "short",
        "length 0",
        "length of its headers",
        "length 2^32-1",
        "65535 points",
    ],
)
def test_a_facial_record_that_does_not_add_up_is_malformed(record: bytes) -> None:
    malformed(parse_dg2, dg2(record))


def test_dg2_without_a_face_is_malformed() -> None:
    malformed(parse_dg2, dg2())
    malformed(parse_dg2, der(0x75, der(0x7F61, der(0x02, b"\x01"), der(0x7F60, der(0xA1)))))


def test_dg11_of_the_standard_is_read() -> None:
    assert parse_dg11(ICAO_DG11) == Dg11(
        primary="SMITH", secondary="JOHN J", place_of_birth="ANYTOWN, MN", address="123 MAPLE RD, ANYTOWN, MN"
    )


def test_the_first_of_several_fields_counts() -> None:
    assert parse_dg11(der(0x6B, der(0x5C), der(0x5F10, b"1"), der(0x5F10, b"2"))).personal_number == "1"


def test_dg11_may_be_of_any_language_and_every_field_may_be_missing() -> None:
    assert parse_dg11(der(0x6B, der(0x5C))) == Dg11()
    name, number = der(0x5F0E, "Nguyễn<<Văn<Mẫu".encode()), der(0x5F10, b"001099000017")
    details = parse_dg11(der(0x6B, der(0x5C, bytes.fromhex("5F0E5F10")), name, number))
    assert details == Dg11(primary="Nguyễn", secondary="Văn Mẫu", personal_number="001099000017")


@pytest.mark.parametrize(
    ("written", "birth"),
    [
        (b"19990201", "1999-02-01"),
        (bytes.fromhex("19990201"), "1999-02-01"),
        (b"19990200", "1999-02"),
        (b"19990000", "1999"),
        (b"00000000", ""),
    ],
)
def test_the_date_of_birth_in_dg11_may_be_packed_or_incomplete(written: bytes, birth: str) -> None:
    assert parse_dg11(der(0x6B, der(0x5C), der(0x5F2B, written))).birth == birth


@pytest.mark.parametrize("written", [b"1999021", b"19991301", b"19990232", bytes.fromhex("1999020A"), b"1999-2-1"])
def test_a_date_of_birth_in_dg11_that_is_none_is_malformed(written: bytes) -> None:
    malformed(parse_dg11, der(0x6B, der(0x5C), der(0x5F2B, written)))


def test_dg14_and_dg15_give_their_content_encoded() -> None:
    assert parse_dg14(WHOLE[File.DG14]) == WHOLE[File.DG14][2:]
    assert parse_dg15(WHOLE[File.DG15]) == WHOLE[File.DG15][2:]
    malformed(parse_dg14, der(0x6E, der(0x30)))
    malformed(parse_dg15, der(0x6F, der(0x30), b"\0"))


def test_text_is_composed_and_bounded() -> None:
    assert read_text("Nguye\u0302\u0303n".encode(), 6, "DG11") == "Nguyễn"
    with pytest.raises(CardError, match="too long"):
        read_text(b"seven..", 6, "DG11")
    with pytest.raises(CardError, match="too long"):
        read_text(b" " * 49, 6, "DG11")


@pytest.mark.parametrize("value", [b"a\nb", b"a\x00", "a\x85".encode(), "a\ufffd".encode(), b"\xe1", b"\xed\xa0\x80"])
def test_text_with_control_characters_or_in_another_encoding_is_malformed(value: bytes) -> None:
    assert malformed(lambda data: read_text(data, 6, "DG11"), value).startswith("DG11")


@pytest.mark.parametrize("file", PARSERS)
def test_a_file_with_another_tag_a_rest_or_cut_anywhere_is_malformed(file: File) -> None:
    whole = WHOLE[file]
    PARSERS[file](whole)
    malformed(PARSERS[file], bytes([whole[0] ^ 1]) + whole[1:])
    malformed(PARSERS[file], whole + b"\0")
    for end in range(len(whole)):
        malformed(PARSERS[file], whole[:end])


def test_a_file_of_more_than_64_kib_is_malformed() -> None:
    for file, parse in PARSERS.items():
        malformed(parse, bytes([file.tag]) + b"\x83\x01\x00\x00" + bytes(65_536))


@given(st.sampled_from(list(PARSERS)), st.binary(max_size=300))
def test_any_bytes_are_a_file_or_malformed(file: File, value: bytes) -> None:
    assert fault_of(PARSERS[file], der(file.tag, value)) in (None, ReadingFault.MALFORMED)


@given(st.sampled_from(list(PARSERS)).flatmap(lambda file: st.tuples(st.just(file), damaged(WHOLE[file]))))
def test_a_file_damaged_anywhere_is_a_file_or_malformed(case: tuple[File, bytes]) -> None:
    file, data = case
    assert fault_of(PARSERS[file], data) in (None, ReadingFault.MALFORMED)


def test_neither_a_repr_nor_an_error_shows_what_was_read() -> None:
    shown = repr(parse_dg11(ICAO_DG11)) + repr(parse_dg2(FILES[File.DG2]))
    for bad in (b"SMITH\xe1", b"SMITH\n"):
        with pytest.raises(CardError) as caught:
            parse_dg11(der(0x6B, der(0x5C), der(0x5F0E, bad)))
        shown += "".join(traceback.format_exception(caught.value))
    wrong = dg1(MRZ_TD1.replace("9902015", "9902016"))
    with pytest.raises(CardError) as caught:
        parse_dg1(wrong)
    shown += "".join(traceback.format_exception(caught.value))
    for private in ("SMITH", "MAPLE", "ANYTOWN", "001099000017", "NGUYEN", "990201", r"\xff\xd8"):
        assert private not in shown
