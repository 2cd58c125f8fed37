"""Basic Access Control, with the worked example of ICAO Doc 9303-11, D.3."""

from collections.abc import Iterable

import pytest

from edge.contracts.reading import ReadingFault
from edge.emrtd.access_keys import MrzKey
from edge.emrtd.apdu import Command, Response, Steps, read_binary, select_file
from edge.emrtd.bac import basic_access
from edge.emrtd.cipher import Cipher
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel

KEY = MrzKey("L898902C", "690806", "940623")
RANDOM = ("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B")
CHALLENGE = ("0084000008", "4608F919887022129000")
AUTHENTICATE = (
    "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
    "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000",
)


def basic_access_with(answers: Iterable[str], key: MrzKey = KEY) -> tuple[list[str], SecureChannel]:
    """Commands that were sent, and the channel, where the chip gives these answers."""
    drawn = iter(RANDOM)

    def random(size: int) -> bytes:
        drawn_bytes = bytes.fromhex(next(drawn))
        assert len(drawn_bytes) == size
        return drawn_bytes

    return drive(basic_access(key, random), answers)


def drive(steps: Steps[SecureChannel], answers: Iterable[str]) -> tuple[list[str], SecureChannel]:
    sent: list[str] = []
    command: Command = next(steps)
    try:
        for answer in answers:
            sent.append(command.encode().hex().upper())
            command = steps.send(Response.decode(bytes.fromhex(answer)))
    except StopIteration as end:
        channel: SecureChannel = end.value
        return sent, channel
    raise AssertionError(f"unanswered: {command}")


def fault_with(*answers: str, key: MrzKey = KEY) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        basic_access_with(answers, key)
    return caught.value.fault


def test_the_worked_example_of_appendix_d3_and_the_channel_of_d4() -> None:
    sent, channel = basic_access_with([CHALLENGE[1], AUTHENTICATE[1]])
    assert sent == [CHALLENGE[0], AUTHENTICATE[0]]
    for command, wire, answer, plain in (
        (
            select_file(0x011E),
            "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
            "990290008E08FA855A5D4C50A8ED9000",
            "",
        ),
        (
            read_binary(0, 4),
            "0CB000000D9701048E08ED6705417E96BA5500",
            "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
            "60145F01",
        ),
        (
            read_binary(4, 0x12),
            "0CB000040D9701128E082EA28A70F3C7B53500",
            "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
            "04303130365F36063034303030305C026175",
        ),
    ):
        assert channel.protect(command).encode().hex().upper() == wire
        response = channel.unprotect(Response.decode(bytes.fromhex(answer)))
        assert (response.data.hex().upper(), response.sw) == (plain, 0x9000)


@pytest.mark.parametrize("sw", ["6300", "63C0", "6982", "6988"])
def test_a_chip_that_does_not_know_this_mrz(sw: str) -> None:
    assert fault_with(CHALLENGE[1], sw) is ReadingFault.WRONG_ACCESS_KEY


def test_a_chip_without_basic_access_control() -> None:
    assert fault_with("6D00") is ReadingFault.ACCESS_REFUSED
    assert fault_with(CHALLENGE[1], "6700") is ReadingFault.ACCESS_REFUSED


@pytest.mark.parametrize("challenge", ["9000", "4608F9198870229000", "4608F91988702212009000"])
def test_a_challenge_of_another_length_is_malformed(challenge: str) -> None:
    assert fault_with(challenge) is ReadingFault.MALFORMED


def test_an_answer_with_any_bit_changed_is_lost() -> None:
    answer = bytes.fromhex(AUTHENTICATE[1])
    for bit in range(8 * 40):
        changed = bytearray(answer)
        changed[bit // 8] ^= 1 << bit % 8
        assert fault_with(CHALLENGE[1], changed.hex()) is ReadingFault.INTEGRITY_LOST


def test_an_answer_with_its_mac_cut_off_is_refused() -> None:
    answer = bytes.fromhex(AUTHENTICATE[1])[:40]
    for size in range(40):
        assert fault_with(CHALLENGE[1], (answer[:size] + b"\x90\x00").hex()) is ReadingFault.MALFORMED
    assert fault_with(CHALLENGE[1], (answer + b"\0\x90\x00").hex()) is ReadingFault.MALFORMED


def test_an_answer_to_another_challenge_is_lost() -> None:
    """A chip with the right key whose answer is recorded from another session, or mixes up the two challenges."""
    k_enc, k_mac = bytes.fromhex("AB94FDECF2674FDFB9B391F85D7F76F2"), bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
    theirs, ours, key = (
        bytes.fromhex(part) for part in (CHALLENGE[1][:16], RANDOM[0], "0B4F80323EB3191CB04970CB4052790B")
    )
    for plain, fault in (
        (theirs + bytes(8) + key, ReadingFault.INTEGRITY_LOST),
        (bytes(8) + ours + key, ReadingFault.INTEGRITY_LOST),
        (ours + theirs + key, ReadingFault.INTEGRITY_LOST),
    ):
        encrypted = Cipher.DES3.encrypt(k_enc, plain)
        answer = encrypted + Cipher.DES3.mac(k_mac, encrypted) + b"\x90\x00"
        assert fault_with(CHALLENGE[1], answer.hex()) is fault


def test_an_answer_under_another_key_is_lost() -> None:
    assert fault_with(CHALLENGE[1], AUTHENTICATE[1], key=MrzKey("L898902C", "690806", "940624")) is (
        ReadingFault.INTEGRITY_LOST
    )


def test_no_error_shows_the_key() -> None:
    with pytest.raises(CardError) as caught:
        basic_access_with([CHALLENGE[1], "6300"])
    assert str(caught.value) == "wrong-access-key: BAC: EXTERNAL AUTHENTICATE answered 6300"
