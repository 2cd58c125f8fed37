"""Active Authentication: signatures made in the test, over a challenge and digests that are published."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contracts.reading import ReadingFault
from edge.emrtd.active_auth import authenticate_actively
from edge.emrtd.apdu import Command, Response
from edge.emrtd.curves import CURVES, Curve
from edge.emrtd.errors import CardError
from edge.emrtd.tlv import write

CHALLENGE = bytes.fromhex("0102030405060708")
EC_KEY = 0x1234567890ABCDEF
RSA_KEYS = {bits: rsa.generate_private_key(65537, bits) for bits in (1024, 1280, 2048)}

# Trailer, hash, and the digest of M1 with the challenge, of gmrtd's TestDecodeF.
M1 = bytes.fromhex("1234567890ABCDEF1234567890ABCDEF11223344")
SUITES = {
    "sha1": ("BC", hashlib.sha1, "e9b287952a913cc5b60ff74ecfc87e40e81563b1"),
    "sha1 by number": ("33CC", hashlib.sha1, "e9b287952a913cc5b60ff74ecfc87e40e81563b1"),
    "sha224": ("38CC", hashlib.sha224, "aefc05e88f48eb88d367ba3dacb7d6a8543ec02bd315e47ddbe2045d"),
    "sha256": ("34CC", hashlib.sha256, "783980d44fd3a80f0e4210eb9c73ea399932062d465438f8e1ff13377de83089"),
    "sha384": (
        "36CC",
        hashlib.sha384,
        "8e0873b0baf595a777b497779981bd94dda3a81fd61cf2d526ab490f2d6cbcecc6eab5804df4e0a70169d4d0d6c07e75",
    ),
    "sha512": (
        "35CC",
        hashlib.sha512,
        "968304e09f0c0ec86be4ade4b82d97d04283e3652b61193856c9ede1dac8962b"
        "3da9580fd77e9f9ef18a24c517d8d3b05f4eeb177e990ae1e80895c8bb28f516",
    ),
}


def spki(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def message(key: rsa.RSAPrivateKey, hash_: Callable[..., Any], trailer: str, challenge: bytes = CHALLENGE) -> bytes:
    """The representative of scheme 1 with as much of the chip's own part as fits."""
    size = key.key_size // 8
    own = bytes(at % 249 + 1 for at in range(size - 1 - hash_().digest_size - len(trailer) // 2))
    digest: bytes = hash_(own + challenge).digest()
    return b"\x6a" + own + digest + bytes.fromhex(trailer)


def signed(key: rsa.RSAPrivateKey, representative: bytes, smaller: bool = False) -> bytes:
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    signature = pow(int.from_bytes(representative), numbers.d, n)
    return (min(signature, n - signature) if smaller else signature).to_bytes(key.key_size // 8)


def verify(
    public_key: bytes, answer: bytes, algorithm: str = "", challenge: bytes = CHALLENGE, sw: int = 0x9000
) -> Command:
    """The exchange with this answer: the command that was sent."""
    steps = authenticate_actively(public_key, algorithm, challenge)
    command = next(steps)
    try:
        steps.send(Response(answer, sw))
    except StopIteration:
        return command
    raise AssertionError("more than one command")


def fault(public_key: bytes, answer: bytes, algorithm: str = "", sw: int = 0x9000) -> ReadingFault:
    with pytest.raises(CardError) as caught:
        verify(public_key, answer, algorithm, sw=sw)
    return caught.value.fault


@pytest.mark.parametrize("smaller", [False, True], ids=["s", "min(s, n - s)"])
@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("bits", RSA_KEYS)
def test_rsa_with_every_hash(bits: int, suite: str, smaller: bool) -> None:
    key, (trailer, hash_, _) = RSA_KEYS[bits], SUITES[suite]
    verify(spki(key), signed(key, message(key, hash_, trailer), smaller))


@pytest.mark.parametrize("suite", SUITES)
def test_rsa_over_published_digests(suite: str) -> None:
    key, (trailer, _, digest) = RSA_KEYS[1280], SUITES[suite]
    end = M1 + bytes.fromhex(digest) + bytes.fromhex(trailer)
    padding = b"\x6b" + b"\xbb" * (160 - 2 - len(end)) + b"\xba"
    verify(spki(key), signed(key, padding + end))


def test_a_long_signature_is_asked_for_with_an_extended_command() -> None:
    for bits, le in ((1024, "00"), (1280, "00"), (2048, "0000")):
        key = RSA_KEYS[bits]
        command = verify(spki(key), signed(key, message(key, hashlib.sha256, "34CC")))
        lc = "08" if bits < 2048 else "000008"
        assert command.encode().hex() == f"00880000{lc}0102030405060708{le}"


def test_rsa_with_any_byte_changed_is_a_copy() -> None:
    key = RSA_KEYS[1024]
    good = signed(key, message(key, hashlib.sha256, "34CC"))
    for at in range(len(good)):
        assert fault(spki(key), good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]) is ReadingFault.CLONED


def test_rsa_over_another_challenge_is_a_copy() -> None:
    key = RSA_KEYS[1024]
    answer = signed(key, message(key, hashlib.sha1, "BC", challenge=bytes(8)))
    assert fault(spki(key), answer) is ReadingFault.CLONED
    verify(spki(key), answer, challenge=bytes(8))


def test_rsa_of_another_key_is_a_copy() -> None:
    signer = rsa.generate_private_key(65537, 2048)
    answer = signed(signer, message(signer, hashlib.sha256, "34CC"))
    assert fault(spki(RSA_KEYS[2048]), answer) is ReadingFault.CLONED


def test_rsa_of_another_length_is_a_copy() -> None:
    key = RSA_KEYS[1024]
    good = signed(key, message(key, hashlib.sha256, "34CC"))
    n = key.public_key().public_numbers().n
    for answer in (b"", good[:-1], b"\0" + good, good + b"\0", n.to_bytes(128), b"\xff" * 128):
        assert fault(spki(key), answer) is ReadingFault.CLONED


def test_rsa_that_is_not_reduced_is_a_copy() -> None:
    """The signature and n more is the same to the arithmetic."""
    key = RSA_KEYS[1024]
    n = key.public_key().public_numbers().n
    for number in range(100):
        challenge = number.to_bytes(8)
        good = signed(key, message(key, hashlib.sha256, "34CC", challenge))
        verify(spki(key), good, challenge=challenge)
        if int.from_bytes(good) + n < 1 << 1024:
            break
    with pytest.raises(CardError, match="cloned"):
        verify(spki(key), (int.from_bytes(good) + n).to_bytes(128), challenge=challenge)


def test_rsa_of_another_form_is_a_copy() -> None:
    key = RSA_KEYS[1024]
    whole = message(key, hashlib.sha256, "34CC")
    for changed in (
        b"\x4a" + whole[1:],  # total recovery: then nothing of ours would be signed
        b"\x00" + whole[1:],
        b"\x6b" + whole[1:],
        b"\x6c" + whole[1:],
        b"\x01\xff" + whole[2:],
        whole[:-2] + b"\x31\xcc",  # RIPEMD-160
        whole[:-2] + b"\x34\xbc",
        whole[:-2] + b"\x35\xcc",  # says SHA-512
        b"\x6b" + b"\xbb" * 124 + b"\xba\x34\xcc",  # no room for a hash
        bytes(127) + b"\xbc",
    ):
        assert fault(spki(key), signed(key, changed)) is ReadingFault.CLONED


def test_a_challenge_inside_the_recovered_part_is_not_enough() -> None:
    """A recorded signature whose hash is over its own part alone."""
    key = RSA_KEYS[1024]
    own = bytes(128 - 1 - 32 - 2 - 8) + CHALLENGE
    answer = signed(key, b"\x6a" + own + hashlib.sha256(own).digest() + b"\x34\xcc")
    assert fault(spki(key), answer) is ReadingFault.CLONED


def ecdsa(curve: Curve, hash_: hashes.HashAlgorithm, challenge: bytes = CHALLENGE) -> tuple[bytes, int, int]:
    key = ec.derive_private_key(EC_KEY, curve.openssl())
    return spki(key), *utils.decode_dss_signature(key.sign(challenge, ec.ECDSA(hash_)))


def plain(curve: Curve, r: int, s: int) -> bytes:
    size = (curve.n.bit_length() + 7) // 8
    return r.to_bytes(size) + s.to_bytes(size)


@pytest.mark.parametrize(
    ("algorithm", "hash_"),
    [
        ("0.4.0.127.0.7.1.1.4.1.2", hashes.SHA224()),
        ("0.4.0.127.0.7.1.1.4.1.3", hashes.SHA256()),
        ("0.4.0.127.0.7.1.1.4.1.4", hashes.SHA384()),
        ("0.4.0.127.0.7.1.1.4.1.5", hashes.SHA512()),
    ],
)
@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_ecdsa_with_every_hash(curve: Curve, algorithm: str, hash_: hashes.HashAlgorithm) -> None:
    public_key, r, s = ecdsa(curve, hash_)
    command = verify(public_key, plain(curve, r, s), algorithm)
    assert command.encode().hex() == "0088000008010203040506070800"
    other = "0.4.0.127.0.7.1.1.4.1.2" if not algorithm.endswith("2") else "0.4.0.127.0.7.1.1.4.1.3"
    assert fault(public_key, plain(curve, r, s), other) is ReadingFault.CLONED


@pytest.mark.parametrize(
    ("parameter_id", "hash_"),
    [
        (10, hashes.SHA224()),
        (12, hashes.SHA256()),
        (13, hashes.SHA256()),
        (15, hashes.SHA384()),
        (16, hashes.SHA384()),
        (17, hashes.SHA512()),
        (18, hashes.SHA512()),
    ],
)
@pytest.mark.parametrize("algorithm", ["", "1.2.840.113549.1.1.11"])
def test_ecdsa_without_its_algorithm_takes_the_hash_of_its_size(
    parameter_id: int, hash_: hashes.HashAlgorithm, algorithm: str
) -> None:
    curve = CURVES[parameter_id]
    public_key, r, s = ecdsa(curve, hash_)
    verify(public_key, plain(curve, r, s), algorithm)


def test_ecdsa_with_any_byte_changed_is_a_copy() -> None:
    curve = CURVES[13]
    public_key, r, s = ecdsa(curve, hashes.SHA256())
    good = plain(curve, r, s)
    for at in range(len(good)):
        assert fault(public_key, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]) is ReadingFault.CLONED


def test_ecdsa_over_another_challenge_or_by_another_key_is_a_copy() -> None:
    curve = CURVES[12]
    public_key, r, s = ecdsa(curve, hashes.SHA256(), challenge=bytes(8))
    assert fault(public_key, plain(curve, r, s)) is ReadingFault.CLONED
    _, r, s = ecdsa(curve, hashes.SHA256())
    other = spki(ec.derive_private_key(5, ec.SECP256R1()))
    assert fault(other, plain(curve, r, s)) is ReadingFault.CLONED


def test_ecdsa_of_another_form_is_a_copy() -> None:
    curve = CURVES[12]
    public_key, r, s = ecdsa(curve, hashes.SHA256())
    good = plain(curve, r, s)
    for answer in (
        b"",
        good[:-1],
        good + b"\0",
        good[:32] + b"\0" + good[32:],
        bytes(64),
        b"\xff" * 64,
        good[:32] + bytes(32),
        bytes(32) + good[32:],
        utils.encode_dss_signature(r, s),
        curve.n.to_bytes(32) + good[32:],
    ):
        assert fault(public_key, answer) is ReadingFault.CLONED


@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6D00, 0x6A88])
def test_a_chip_that_refuses_what_it_is_signed_to_do_is_a_copy(sw: int) -> None:
    key = RSA_KEYS[1024]
    for answer in (b"", signed(key, message(key, hashlib.sha256, "34CC"))):
        assert fault(spki(key), answer, sw=sw) is ReadingFault.CLONED


def rsa_spki(n: int, e: int) -> bytes:
    numbers = b"".join(write(0x02, number.to_bytes(number.bit_length() // 8 + 1)) for number in (n, e))
    algorithm = write(0x30, write(0x06, bytes.fromhex("2A864886F70D010101")) + write(0x05, b""))
    return write(0x30, algorithm + write(0x03, b"\0" + write(0x30, numbers)))


N = RSA_KEYS[1024].public_key().public_numbers().n


@pytest.mark.parametrize(
    "public_key",
    [
        b"",
        b"\x30\x00",
        rsa_spki(N >> 1 | 1, 65537),  # 1023 bits
        rsa_spki((1 << 4096) | 1, 65537),
        rsa_spki(N + 1, 65537),
        rsa_spki(N, 1),
        rsa_spki(N, 0),
        rsa_spki(N, 65536),
        rsa_spki(N, (1 << 64) + 1),
        rsa_spki(N, 65537)[:-1],
        rsa_spki(N, 65537) + b"\0",
        rsa_spki(N, 65537).replace(b"\x03\x81\x8d\x00", b"\x03\x81\x8d\x01"),
        spki(RSA_KEYS[1024]).replace(bytes.fromhex("2A864886F70D010101"), bytes.fromhex("2A864886F70D010102")),
        rsa_spki(1 << 20_000, 65537),
    ],
)
def test_a_key_that_cannot_be_used_is_malformed(public_key: bytes) -> None:
    assert fault(public_key, bytes(128)) is ReadingFault.MALFORMED


def test_keys_written_by_hand_are_those_of_openssl() -> None:
    assert rsa_spki(N, 65537) == spki(RSA_KEYS[1024])


@settings(max_examples=200)
@given(st.integers(0, 161), st.integers(0, 3), st.binary(max_size=3), st.binary(max_size=140))
def test_any_key_and_answer_are_verified_or_refused(at: int, gone: int, put: bytes, answer: bytes) -> None:
    good = spki(RSA_KEYS[1024])
    assert fault(good[:at] + put + good[at + gone :], answer) in (ReadingFault.MALFORMED, ReadingFault.CLONED)


def test_a_challenge_of_another_size_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="a challenge of 7 bytes"):
        next(authenticate_actively(spki(RSA_KEYS[1024]), "", bytes(7)))
