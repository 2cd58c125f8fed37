"""Secure messaging, with published exchanges: ICAO Doc 9303-11, D.4, and those that another's reference computed."""

import pytest

from edge.emrtd.apdu import EXTENDED, SHORT, Command, Response, read_binary, select_application, select_file
from edge.emrtd.cipher import Cipher
from edge.emrtd.secure_messaging import SecureChannel

# Session keys of ICAO Doc 9303-11, D.3 and G.1.
D3 = bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"), bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8")
G1 = bytes.fromhex("F5F0E35C0D7161EE6724EE513A0D9A7F"), bytes.fromhex("FE251C7858B356B24514B3BD5F4297D1")


@pytest.mark.parametrize(
    ("ssc", "command", "wire", "answer", "data"),
    [
        # 9303-11, D.4.
        (
            "887022120C06C226",
            select_file(0x011E),
            "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
            "990290008E08FA855A5D4C50A8ED9000",
            "",
        ),
        (
            "887022120C06C228",
            read_binary(0, 4),
            "0CB000000D9701048E08ED6705417E96BA5500",
            "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
            "60145F01",
        ),
        (
            "887022120C06C22A",
            read_binary(4, 0x12),
            "0CB000040D9701128E082EA28A70F3C7B53500",
            "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
            "04303130365F36063034303030305C026175",
        ),
        # Computed by the reference of g0ddest/javacard-express: a warning, and an error.
        (
            "887022120C06C22C",
            read_binary(0x10, 0x20),
            "0CB000100D9701208E08F94D1C8FE7DAD89400",
            "870901C93DF6043B89DA49990262828E08DFB7B76456C3F2D66282",
            "3030305C026175",
        ),
        (
            "887022120C06C22E",
            select_file(0x0107),
            "0CA4020C15870901BFED5A8FA40582D38E08985106F8579D0CBE00",
            "99026A828E0864B1322B4472D8B56A82",
            "",
        ),
    ],
)
def test_published_exchanges_with_triple_des(ssc: str, command: Command, wire: str, answer: str, data: str) -> None:
    session = SecureChannel(Cipher.DES3, *D3, bytes.fromhex(ssc))
    assert session.protect(command).encode().hex().upper() == wire
    response = session.unprotect(Response.decode(bytes.fromhex(answer)))
    assert (response.data.hex().upper(), f"{response.sw:04X}") == (data, answer[-4:])


def test_a_published_session_with_aes() -> None:
    """After G.1, computed by the reference of g0ddest/javacard-express."""
    session = SecureChannel(Cipher.AES128, *G1)
    for command, wire, answer, data in (
        (
            select_application(),
            "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00",
            "990290008E08BEA7B381C494A0799000",
            "",
        ),
        (
            select_file(0x011E),
            "0CA4020C1D8711016EC84E1358184515AB2D827D30A5C92A8E08403D53BA7533FA7800",
            "990290008E08E00BFFE5473D41409000",
            "",
        ),
        (
            read_binary(0, 4),
            "0CB000000D9701048E085F466809FF5A7CFA00",
            "871101589BBC0A6D42160A410E922BF9B053C0990290008E08D740B23B68972F959000",
            "60145F01",
        ),
        (
            read_binary(4, 0x12),
            "0CB000040D9701128E08BBBF5ED5E05496B900",
            "872101BEF82DED9B5D74478CBF57D8D9A97CA0A734BF04FDFFB15F3E9B17C4CF0C7FAD990290008E08FEF6E216BE55241B9000",
            "04303130365F36063034303030305C026175",
        ),
        (
            read_binary(0x10, 0x20),
            "0CB000100D9701208E082127CFCA305C7BAF00",
            "8711019F6C6CD4EEEED01F44034EE58C971D79990262828E083A777C1FAA7E7B456282",
            "3030305C026175",
        ),
        (
            select_file(0x0107),
            "0CA4020C1D8711015B2F29C050148915B65E27AA5CD2485C8E08FDB5983F8AB5662700",
            "99026A828E0874C75E16C36B7EA56A82",
            "",
        ),
    ):
        assert session.protect(command).encode().hex().upper() == wire
        response = session.unprotect(Response.decode(bytes.fromhex(answer)))
        assert (response.data.hex().upper(), f"{response.sw:04X}") == (data, answer[-4:])


def test_an_odd_instruction_has_its_data_in_another_object() -> None:
    session = SecureChannel(Cipher.AES128, *G1)
    protected = session.protect(Command(0x00, 0xB1, 0x00, 0x00, bytes.fromhex("54028000"), SHORT))
    assert protected.encode().hex().upper() == (
        "0CB100001F8510A887C3CD8067D24C34F0BADD764F420F9701008E081DC1B0DEA80C8F6200"
    )
    answer = "852082CD7FD51306D6A7BA6B5FB0E6C951C579885C1EF2071DBDF7E24793BBC275FE990290008E08F549DAD266010B869000"
    response = session.unprotect(Response.decode(bytes.fromhex(answer)))
    assert response.data == bytes.fromhex("5310") + bytes(range(16))


@pytest.mark.parametrize(
    ("command", "wire"),
    [
        (read_binary(0, 1000), "0CB0000000000E970203E88E08C81CF7B5DA3B24EA0000"),
        (read_binary(0, EXTENDED), "0CB0000000000E970200008E08898A5192544AE27F0000"),
        (read_binary(0, 4), "0CB000000D9701048E089F7A0431D2D7981100"),
    ],
)
def test_a_long_answer_is_asked_for_with_an_extended_command(command: Command, wire: str) -> None:
    assert SecureChannel(Cipher.AES128, *G1).protect(command).encode().hex().upper() == wire


def test_data_that_becomes_too_long_for_a_short_command_makes_it_extended() -> None:
    """240 bytes, by the same reference; the MAC at the end stands for all that is between."""
    data = bytes(at * 3 & 0xFF for at in range(240))
    wire = SecureChannel(Cipher.AES128, *G1).protect(Command(0x00, 0xD6, 0x00, 0x00, data)).encode()
    assert wire[:15].hex().upper() == "0CD6000000010F878201010154564E"
    assert wire[-12:].hex().upper() == "8E08C89AEF9F252014D10000"
    assert len(wire) == 7 + 0x010F + 2
