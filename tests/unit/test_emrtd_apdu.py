"""Commands and answers as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import Command, Response, read_binary, read_binary_sfi, select_application, select_file
from edge.emrtd.errors import CardError


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (Command(0x00, 0xB0, 0x01, 0x02), "00b00102"),
        (Command(0x00, 0xB0, 0x00, 0x00, ne=4), "00b0000004"),
        (Command(0x00, 0xB0, 0x00, 0x00, ne=256), "00b0000000"),
        (Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e"), "00a4020c02011e"),
        (Command(0x00, 0x88, 0x00, 0x00, bytes(8), ne=256), "0088000008000000000000000000"),
        (Command(0x00, 0xB0, 0x00, 0x00, ne=257), "00b00000000101"),
        (Command(0x00, 0xB0, 0x00, 0x00, ne=65536), "00b00000000000"),
        (Command(0x00, 0x88, 0x00, 0x00, bytes(2), ne=65536), "0088000000000200000000"),
        (Command(0x00, 0xD6, 0x00, 0x00, bytes(256)), "00d60000000100" + "00" * 256),
        (Command(0x00, 0xD6, 0x00, 0x00, bytes(256), ne=1), "00d60000000100" + "00" * 256 + "0001"),
        (Command(0x00, 0xD6, 0x00, 0x00, bytes(255), ne=1), "00d60000ff" + "00" * 255 + "01"),
    ],
)
def test_a_command_is_short_where_it_can_be(command: Command, encoded: str) -> None:
    assert command.encode().hex() == encoded


def test_a_command_of_a_length_that_no_apdu_has_is_refused() -> None:
    for command in (Command(0, 0, 0, 0, bytes(0x10000)), Command(0, 0, 0, 0, ne=65537)):
        with pytest.raises(ValueError, match="longer"):
            command.encode()


def test_the_commands_of_an_emrtd() -> None:
    assert select_application().encode().hex() == "00a4040c07a0000002471001"
    assert select_file(0x011C).encode().hex() == "00a4020c02011c"
    assert read_binary_sfi(0x1D, 256).encode().hex() == "00b09d0000"
    assert read_binary(0x7FFF, 0x12).encode().hex() == "00b07fff12"


@pytest.mark.parametrize("sfi", [0, 31])
def test_a_short_identifier_that_is_none_is_refused(sfi: int) -> None:
    with pytest.raises(ValueError, match="short file identifier"):
        read_binary_sfi(sfi, 256)


@pytest.mark.parametrize("offset", [-1, 0x8000])
def test_an_offset_that_would_be_a_short_identifier_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="offset"):
        read_binary(offset, 256)


def test_an_answer_ends_with_its_status() -> None:
    assert Response.decode(bytes.fromhex("60145f019000")) == Response(bytes.fromhex("60145f01"), 0x9000)
    assert Response.decode(bytes.fromhex("9000")).ok
    assert not Response.decode(bytes.fromhex("6282")).ok


@pytest.mark.parametrize("raw", [b"", b"\x90", bytes(65539)])
def test_an_answer_without_a_status_is_malformed(raw: bytes) -> None:
    with pytest.raises(CardError) as caught:
        Response.decode(raw)
    assert caught.value.fault is ReadingFault.MALFORMED


@given(st.binary(min_size=2, max_size=300))
def test_any_bytes_of_a_status_or_more_are_an_answer(raw: bytes) -> None:
    response = Response.decode(raw)
    assert response.data + response.sw.to_bytes(2) == raw


def test_a_repr_shows_no_data() -> None:
    assert repr(Response(b"secret", 0x9000)) == "Response(9000, 6 bytes)"
    assert repr(Command(0x00, 0x82, 0x00, 0x00, b"secret", 40)) == "Command(00820000, 6 bytes, ne 40)"
