"""Certificates and the public keys in them."""

from datetime import date
from functools import reduce

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.emrtd.certificate import MAX_CERTIFICATE, parse_certificate, read_name
from edge.emrtd.errors import CardError
from edge.emrtd.passive_auth import Chain, Verdict, verify
from edge.emrtd.signature import load_public_key
from edge.emrtd.tlv import read_all, read_only
from tests.emrtd_files import (
    BRAINPOOL_P256R1,
    CA,
    FILES,
    TODAY,
    authority,
    damaged,
    der,
    ec_key,
    explicit_key,
    explicit_spki,
    extension,
    fault_of,
    integer,
    name,
    oid,
    rsa_key,
    signer,
    sod,
    spki_of,
)

KEYS = {
    "RSA": rsa_key(),
    "P-256": ec_key(ec.SECP256R1()),
    "P-521": ec_key(ec.SECP521R1()),
    "brainpoolP384r1": ec_key(ec.BrainpoolP384R1()),
    "brainpoolP256r1 by its numbers": explicit_key(),
    "brainpoolP256r1 by its numbers, no cofactor": explicit_key(cofactor=False),
}
CSCA = authority().by_itself()
DEEP, LESS_DEEP = (reduce(lambda inner, _: der(0x30, inner), range(levels), b"") for levels in (1500, 200))
GOOD_HASHES = dict.fromkeys((1, 2, 13), True)


def test_a_certificate_tells_its_days_and_serial_number() -> None:
    certificate = parse_certificate(replace(signer(KEYS["P-256"]), serial=-5).by(authority()))
    assert (certificate.first_day, certificate.last_day, certificate.serial) == (date(2020, 1, 1), date(2040, 1, 1), -5)
    assert (certificate.key_identifier, certificate.authority_key_identifier) == (b"signer 7", b"csca 1")


def odd_bits(certificate: bytes) -> bytes:
    """The certificate with a signature that is no whole number of bytes."""
    body, algorithm, signature = read_all(read_only(certificate, 0x30))
    return der(0x30, der(0x30, body.value), der(0x30, algorithm.value), der(0x03, b"\x01" + signature.value[1:]))


@pytest.mark.parametrize(
    "encoded",
    [
        replace(authority(), extensions=(CA, CA)).by_itself(),
        replace(authority(), extensions=(extension("2.5.29.19", b"\x04\x00"),)).by_itself(),
        replace(authority(), extensions=(extension("1.2.3", b""),) * 65).by_itself(),
        replace(authority(), extensions=(extension("1.2.3", bytes(MAX_CERTIFICATE)),)).by_itself(),
        replace(authority(), first_day="201301").by_itself(),
        replace(authority(), subject=name("x" * 1100)).by_itself(),
        replace(authority(), subject=der(0x31)).by_itself(),
        replace(authority(), extensions=(extension("2.5.29.19", DEEP),)).by_itself(),
        replace(authority(), subject=LESS_DEEP).by_itself(),
        replace(authority(), key=replace(authority().key, spki=DEEP)).by_itself(),
        CSCA + b"\0",
        odd_bits(CSCA),
        der(0x30),
    ],
)
def test_a_certificate_that_is_none_is_malformed(encoded: bytes) -> None:
    assert fault_of(parse_certificate, CSCA) is None
    assert fault_of(parse_certificate, encoded) is ReadingFault.MALFORMED


@pytest.mark.parametrize("title", KEYS)
def test_a_public_key_is_loaded_however_its_curve_is_given(title: str) -> None:
    assert load_public_key(KEYS[title].spki) == KEYS[title].private.public_key()


def rsa_spki(modulus: int, exponent: int) -> bytes:
    key = der(0x30, integer(modulus), integer(exponent))
    return der(0x30, der(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00"), der(0x03, b"\0", key))


PRIVATE = ec.generate_private_key(ec.BrainpoolP256R1())
SMALL = rsa_key().private
assert isinstance(SMALL, rsa.RSAPrivateKey)
MODULUS = SMALL.public_key().public_numbers().n


@pytest.mark.parametrize(
    "spki",
    [
        explicit_spki(PRIVATE, BRAINPOOL_P256R1.replace("7D5A0975", "7D5A0976")),
        explicit_spki(PRIVATE, BRAINPOOL_P256R1.replace("8BD2AEB9", "8BD2AEB8")),
        explicit_spki(PRIVATE, BRAINPOOL_P256R1.replace("974856A7", "974856A6")),
        spki_of(PRIVATE)[:-1] + bytes([spki_of(PRIVATE)[-1] ^ 1]),
        rsa_spki(MODULUS >> 1100, 65537),
        rsa_spki(1 << 9000 | 1, 65537),
        rsa_spki(MODULUS, 1),
        rsa_spki(MODULUS, 4),
        rsa_spki(MODULUS, (1 << 64) + 1),
        der(0x30, der(0x30, oid("1.3.101.112")), der(0x03, b"\0", bytes(32))),
        der(0x30, der(0x30, oid("1.2.840.113549.1.1.1")), der(0x03, b"\1", der(0x30, integer(MODULUS), integer(3)))),
        der(0x30),
    ],
    ids=[
        "curve",
        "generator",
        "order",
        "not on the curve",
        "short",
        "long",
        "e 1",
        "even e",
        "large e",
        "Ed25519",
        "odd bits",
        "none",
    ],
)
def test_a_key_of_its_own_making_is_malformed_and_signs_nothing(spki: bytes) -> None:
    assert fault_of(load_public_key, spki) is ReadingFault.MALFORMED
    made = sod(replace(KEYS["P-256"], spki=spki)).made()
    assert verify(made, FILES, [CSCA], TODAY) == Verdict(GOOD_HASHES, False, Chain.TRUSTED)


def test_a_csca_whose_key_cannot_be_used_vouches_for_nobody() -> None:
    csca = replace(authority(), key=replace(authority().key, spki=rsa_spki(MODULUS, 1)))
    made = sod(KEYS["P-256"]).made()
    assert verify(made, FILES, [csca.by_itself()], TODAY).chain is Chain.UNKNOWN


@given(damaged(CSCA))
def test_any_damage_leaves_a_certificate_or_is_malformed(encoded: bytes) -> None:
    assert fault_of(parse_certificate, encoded) in (None, ReadingFault.MALFORMED)


def test_equal_names_are_equal_however_they_are_encoded() -> None:
    assert read_name(name("CSCA Utopia")) == read_name(name("csca  UTOPIA", "ut", tag=0x13))
    assert read_name(name("CSCA Utopia")) != read_name(name("CSCA Utopia 2"))
    assert read_name(name("CSCA Utopia")) != read_name(name("CSCA Utopia", "UX"))


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        name("CSCA") + b"\0",
        name("x" * 1100),
        der(0x30, der(0x31, der(0x30, oid("2.5.4.3"), der(0x0C, b"\xe1")))),
    ],
)
def test_a_name_that_is_none_is_malformed(encoded: bytes) -> None:
    assert fault_of(read_name, encoded) is ReadingFault.MALFORMED


def test_what_is_deep_is_refused_before_anything_calls_itself_that_often() -> None:
    for parse, encoded in (
        (parse_certificate, replace(authority(), subject=LESS_DEEP).by_itself()),
        (read_name, der(0x30, der(0x31, der(0x30, oid("1.2.3.4"), LESS_DEEP)))),
    ):
        with pytest.raises(CardError, match="too deep"):
            parse(encoded)
