"""Chip Authentication, against keys agreed by OpenSSL and published agreements."""

from collections.abc import Callable
from hashlib import sha1, sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import Command, Response, read_binary_sfi
from edge.emrtd.chip_auth import authenticate_chip
from edge.emrtd.cipher import Cipher
from edge.emrtd.curves import CURVES, EcPublicKey
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.security_infos import ChipAuthentication, SecurityInfos
from edge.emrtd.tlv import write

# RFC 7027, A.1, on brainpoolP256r1: the chip has B, we have A.
OURS = 0x81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D
OUR_POINT = (
    "0444106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5"
    "8AB4846F11CACCB73CE49CBDD120F5A900A69FD32C272223F789EF10EB089BDC"
)
CHIP = 0x55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3
SHARED = bytes.fromhex("89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B")
READ = read_binary_sfi(1, 95)

Answers = Callable[[Command], Response]


def offer(cipher: Cipher, parameter_id: int = 13, key_id: bytes = b"") -> SecurityInfos:
    curve = CURVES[parameter_id]
    protocol = bytes.fromhex("04007F000702020302") + bytes([cipher.value])
    return SecurityInfos(
        (), (ChipAuthentication(protocol, cipher, EcPublicKey(curve, curve.public(CHIP)), key_id),), ""
    )


def run(infos: SecurityInfos, answers: Answers) -> tuple[list[str], SecureChannel]:
    steps = authenticate_chip(infos, lambda size: OURS.to_bytes(size))
    sent: list[str] = []
    command = next(steps)
    while True:
        sent.append(command.encode().hex().upper())
        try:
            command = steps.send(answers(command))
        except StopIteration as end:
            channel: SecureChannel = end.value
            return sent, channel


def agreeing(command: Command) -> Response:
    return Response(write(0x7C, b"") if command.ins == 0x86 else b"", 0x9000)


def derived(cipher: Cipher, shared: bytes, counter: int) -> bytes:
    hashed = shared + bytes([0, 0, 0, counter])
    if cipher in (Cipher.AES192, Cipher.AES256):
        return sha256(hashed).digest()[: 24 if cipher is Cipher.AES192 else 32]
    key = sha1(hashed, usedforsecurity=False).digest()[:16]
    return bytes(byte & 0xFE | (1 - (byte >> 1).bit_count() % 2) for byte in key) if cipher is Cipher.DES3 else key


@pytest.mark.parametrize("cipher", [Cipher.AES128, Cipher.AES192, Cipher.AES256])
def test_with_aes_the_protocol_is_chosen_and_the_key_sent(cipher: Cipher) -> None:
    sent, channel = run(offer(cipher), agreeing)
    assert sent == [
        f"002241A40C800A04007F0007020203020{cipher.value}",
        f"00860000457C438041{OUR_POINT}00",
    ]
    expected = SecureChannel(cipher, derived(cipher, SHARED, 1), derived(cipher, SHARED, 2))
    assert channel.protect(READ) == expected.protect(READ)


def test_with_triple_des_the_key_is_sent_at_once() -> None:
    sent, channel = run(offer(Cipher.DES3), agreeing)
    assert sent == [f"002241A6439141{OUR_POINT}"]
    expected = SecureChannel(Cipher.DES3, derived(Cipher.DES3, SHARED, 1), derived(Cipher.DES3, SHARED, 2))
    assert channel.protect(READ) == expected.protect(READ)


def test_a_key_with_a_number_is_named() -> None:
    sent, _ = run(offer(Cipher.AES128, key_id=b"\xc3"), agreeing)
    assert sent[0] == "002241A40F800A04007F000702020302028401C3"
    sent, _ = run(offer(Cipher.DES3, key_id=b"\x01"), agreeing)
    assert sent[0].endswith("840101")


@pytest.mark.parametrize("parameter_id", CURVES, ids=lambda number: CURVES[number].name)
def test_on_every_curve_the_secret_is_the_chip_s_too(parameter_id: int) -> None:
    curve = CURVES[parameter_id]
    chip = CHIP % curve.n
    infos = offer(Cipher.AES128, 13)
    found = ChipAuthentication(b"\x01\x02", Cipher.AES128, EcPublicKey(curve, curve.public(chip)), b"")
    seen: list[bytes] = []

    def answers(command: Command) -> Response:
        seen.append(command.data)
        return agreeing(command)

    steps = authenticate_chip(
        SecurityInfos(infos.pace, (found,), ""), lambda size: (OURS >> 64).to_bytes(32)[-size:].rjust(size, b"\0")
    )
    command = next(steps)
    try:
        while True:
            command = steps.send(answers(command))
    except StopIteration as end:
        channel = end.value
    ours = ec.EllipticCurvePublicKey.from_encoded_point(curve.openssl(), seen[1][-1 - 2 * curve.size :])
    shared = ec.derive_private_key(chip, curve.openssl()).exchange(ec.ECDH(), ours)
    expected = SecureChannel(Cipher.AES128, *(derived(Cipher.AES128, shared, counter) for counter in (1, 2)))
    assert channel.protect(READ) == expected.protect(READ)


def test_the_first_offer_is_taken() -> None:
    infos = SecurityInfos((), offer(Cipher.AES256).chip_authentication + offer(Cipher.DES3).chip_authentication, "")
    sent, channel = run(infos, agreeing)
    assert sent[0].endswith("04")
    assert repr(channel) == "SecureChannel(AES256)"


@pytest.mark.parametrize("cipher", Cipher)
@pytest.mark.parametrize("ins", [0x22, 0x86])
@pytest.mark.parametrize("sw", [0x6300, 0x6A80, 0x6A88, 0x6982])
def test_a_chip_that_refuses_what_it_is_signed_to_do_is_a_copy(cipher: Cipher, ins: int, sw: int) -> None:
    if cipher is Cipher.DES3 and ins == 0x86:
        return
    with pytest.raises(CardError) as caught:
        run(offer(cipher), lambda command: Response(b"", sw) if command.ins == ins else agreeing(command))
    assert caught.value.fault is ReadingFault.CLONED


@pytest.mark.parametrize("answer", [b"", b"\x7c", b"\x7c\x00\x00", b"\x7d\x00", b"\x7c\x05"])
def test_an_answer_of_another_form_is_malformed(answer: bytes) -> None:
    with pytest.raises(CardError) as caught:
        run(offer(Cipher.AES128), lambda command: Response(answer if command.ins == 0x86 else b"", 0x9000))
    assert caught.value.fault is ReadingFault.MALFORMED


def test_what_is_not_offered_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no Chip Authentication"):
        next(authenticate_chip(SecurityInfos((), (), ""), bytes))
