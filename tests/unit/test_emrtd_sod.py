"""The SOD's structure: what is none is malformed, and nothing else leaves."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError
from edge.emrtd.passive_auth import Chain, Verdict, read_sod, verify
from edge.emrtd.tlv import write
from tests.emrtd_files import (
    CONTENT,
    FILES,
    SIGNED_DATA,
    SIGNER,
    TODAY,
    Sod,
    authority,
    der,
    digest,
    ec_key,
    fault_of,
    hash_identifier,
    integer,
    name,
    oid,
    rebuilt,
    signer,
    sod,
)

KEY = ec_key(ec.SECP256R1())
USUAL = sod(KEY)
MADE = USUAL.made()
CSCA = authority().by_itself()
OTHER = replace(authority(), key=ec_key(ec.SECP384R1(), "sha384"), subject=name("CSCA Elsewhere"), serial=7)
GOOD = Verdict(dict.fromkeys((1, 2, 13), True), True, Chain.TRUSTED)


def judged(made: bytes) -> Verdict:
    return verify(made, FILES, [CSCA], TODAY)


def malformed(made: bytes) -> None:
    assert fault_of(read_sod, made) is ReadingFault.MALFORMED
    with pytest.raises(CardError):
        judged(made)


def test_the_signer_may_be_named_by_key_identifier_and_stand_among_other_certificates() -> None:
    key_id = b"signer 7"
    own = USUAL.signer.by(USUAL.authority)
    # One of another authority with the same serial number, one of the same with another, and one that is no X.509.
    others = OTHER.by_itself(), CSCA, der(0xA1)
    assert judged(replace(USUAL, by_key_identifier=key_id).made()) == GOOD
    assert judged(replace(USUAL, certificate=b"".join(others) + own).made()) == GOOD
    malformed(replace(USUAL, by_key_identifier=b"signer 8").made())


@pytest.mark.parametrize(
    "certificate", [OTHER.by_itself(), b"\x30\x00", der(0xA1), CSCA * 4 + USUAL.signer.by(USUAL.authority)]
)
def test_an_sod_without_its_signers_certificate_is_malformed(certificate: bytes) -> None:
    malformed(replace(USUAL, certificate=certificate).made())


PARTS = [
    *((0, 0, at) for at in range(2)),
    SIGNED_DATA,
    *((*SIGNED_DATA, at) for at in range(5)),
    *((*CONTENT, at) for at in range(2)),
    (*CONTENT, 1, 0),
    SIGNER,
    *((*SIGNER, at) for at in range(6)),
    *((*SIGNER, 1, at) for at in range(2)),
]


@pytest.mark.parametrize("path", PARTS)
def test_an_sod_of_which_a_part_is_missing_empty_or_of_another_type_is_malformed(path: tuple[int, ...]) -> None:
    made = MADE
    assert rebuilt(made, path, lambda part: write(part.tag, part.value)) == made
    malformed(rebuilt(made, path, lambda _: b""))
    malformed(rebuilt(made, path, lambda part: write(0x05, part.value)))
    if path not in ((*SIGNED_DATA, 0), (*SIGNED_DATA, 1), (*SIGNER, 0), (*SIGNER, 5)):  # nobody looks into these
        malformed(rebuilt(made, path, lambda part: write(part.tag, b"")))


def test_an_empty_key_identifier_is_nobodys() -> None:
    silent = Sod(replace(signer(KEY), extensions=()), authority())
    assert judged(silent.made()) == GOOD
    malformed(rebuilt(silent.made(), (*SIGNER, 1), lambda _: write(0x80, b"")))


@pytest.mark.parametrize(
    "made",
    [
        b"",
        der(0x77),
        der(0x77, der(0x30, oid("1.2.840.113549.1.7.2"))),
        MADE[4:],
        MADE + b"\0",
        b"\x77\x80" + MADE[4:] + b"\0\0",
        MADE.replace(oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.7.1")),
        replace(USUAL, content_type="1.2.840.113549.1.7.1").made(),
        replace(USUAL, no_attributes=True).made(),
        replace(USUAL, version=2).made(),
        replace(USUAL, unsigned_content=b"\x30\x00").made(),
        replace(USUAL, unsigned_content=b"list").made(),
        b"\x77\x83\x01\x00\x00" + bytes(65_536),
    ],
)
def test_what_is_no_sod_is_malformed(made: bytes) -> None:
    malformed(made)


ONE, TWO = (der(0x30, integer(number), der(0x04, bytes(32))) for number in (1, 2))


@pytest.mark.parametrize(
    "entries",
    [
        (ONE, ONE),
        (der(0x30, integer(0), der(0x04, bytes(32))),),
        (der(0x30, integer(17), der(0x04, bytes(32))),),
        (der(0x30, integer(1)),),
        (der(0x30),),
        (integer(1),),
        (der(0x30, integer(1), der(0x03, bytes(32))),),
    ],
)
def test_a_list_with_odd_entries_is_malformed(entries: tuple[bytes, ...]) -> None:
    def listing(*given: bytes) -> bytes:
        content = der(0x30, integer(0), hash_identifier("sha256"), der(0x30, *given))
        return replace(USUAL, unsigned_content=content).made()

    assert sorted(read_sod(listing(ONE, TWO)).hashes) == [1, 2]
    malformed(listing(TWO, *entries))


def test_a_hash_algorithm_that_is_not_known_is_malformed() -> None:
    md5 = der(0x30, oid("1.2.840.113549.2.5"), b"\x05\x00")
    malformed(replace(USUAL, unsigned_content=der(0x30, integer(0), md5, der(0x30, ONE, TWO))).made())


def test_an_sod_cut_anywhere_is_malformed() -> None:
    made = MADE
    for end in range(len(made)):
        assert fault_of(read_sod, made[:end]) is ReadingFault.MALFORMED


def attribute(dotted: str, *values: bytes) -> bytes:
    return der(0x30, oid(dotted), der(0x31, *values))


CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
TYPE = attribute(CONTENT_TYPE, oid("2.23.136.1.1.1"))
DIGEST = attribute(MESSAGE_DIGEST, der(0x04, digest("sha256", USUAL.content())))


@pytest.mark.parametrize(
    "attributes",
    [
        (TYPE,),
        (DIGEST,),
        (TYPE, DIGEST, DIGEST),
        (TYPE, attribute(MESSAGE_DIGEST)),
        (TYPE, attribute(MESSAGE_DIGEST, der(0x04, b"1"), der(0x04, b"2"))),
        (TYPE, attribute(MESSAGE_DIGEST, integer(1))),
        (TYPE, DIGEST, der(0x30)),
        (TYPE, DIGEST, der(0x30, oid("1.2.3"))),
        (TYPE, DIGEST, integer(1)),
    ],
)
def test_attributes_that_are_missing_double_or_of_another_form_are_malformed(attributes: tuple[bytes, ...]) -> None:
    malformed(replace(USUAL, attributes=attributes).made())


@given(st.binary(max_size=200))
def test_any_bytes_are_an_sod_or_malformed(content: bytes) -> None:
    assert fault_of(read_sod, content) in (None, ReadingFault.MALFORMED)
    assert fault_of(read_sod, der(0x77, content)) in (None, ReadingFault.MALFORMED)
    assert fault_of(read_sod, replace(USUAL, unsigned_content=content or b"\0").made()) in (
        None,
        ReadingFault.MALFORMED,
    )


def test_a_repr_shows_no_hash_of_the_holders_files() -> None:
    security_object = read_sod(MADE)
    shown = repr(security_object) + repr(security_object.signer)
    assert "SHA256" in shown
    for hash_ in security_object.hashes.values():
        assert hash_.hex()[:8] not in shown
        assert repr(hash_)[2:10] not in shown
