"""Passive authentication: hashes, signature and chain of an SOD, each told separately."""

from collections.abc import Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from msgspec.structs import replace

from edge.contracts.reading import ReadingFault
from edge.emrtd.lds import File
from edge.emrtd.passive_auth import Chain, Verdict, read_sod, verify
from tests.emrtd_files import (
    CA,
    CERTIFICATE_SIGNATURE,
    DIGITAL_SIGNATURE,
    FILES,
    HASHES,
    NO_CA,
    SIGNER,
    TODAY,
    Certified,
    Key,
    Sod,
    authority,
    authority_key_identifier,
    damaged,
    der,
    digest,
    ec_key,
    explicit_key,
    extension,
    fault_of,
    hash_identifier,
    integer,
    key_identifier,
    key_usage,
    name,
    oid,
    rebuilt,
    rsa_key,
    signer,
    sod,
)
from tests.emrtd_openssl import OPENSSL_CSCA, OPENSSL_SOD

KEYS = {
    "RSA": rsa_key(),
    "RSA with a bare OID": replace(rsa_key(), bare=True),
    "RSA-PSS": rsa_key("pss"),
    "RSA-PSS, SHA-512, 64 bytes of salt": replace(rsa_key("pss", "sha512"), salt=64),
    "RSA-PSS by default": replace(rsa_key("pss", "sha1"), salt=-1),
    "P-256": ec_key(ec.SECP256R1()),
    "P-521, SHA-512": ec_key(ec.SECP521R1(), "sha512"),
    "brainpoolP384r1": ec_key(ec.BrainpoolP384R1(), "sha384"),
    "brainpoolP256r1 by its numbers": explicit_key(),
    "brainpoolP256r1 by its numbers, no cofactor": explicit_key(cofactor=False),
}
SIGNED = {title: sod(key).made() for title, key in KEYS.items()}
CSCA = authority().by_itself()
USUAL = sod(KEYS["P-256"])
GOOD = Verdict(dict.fromkeys((1, 2, 13), True), True, Chain.TRUSTED)


def judged(made: bytes, files: Mapping[File, bytes] = FILES, trusted: tuple[bytes, ...] = (CSCA,)) -> Verdict:
    return verify(made, files, trusted, TODAY)


@pytest.mark.req("K7")
@pytest.mark.parametrize("title", KEYS)
def test_what_a_trusted_signer_signed_is_believed(title: str) -> None:
    verdict = judged(SIGNED[title])
    assert verdict == GOOD
    assert verdict.fault is None


def test_an_sod_that_openssl_made_with_curves_by_their_numbers_is_believed() -> None:
    files = {file: FILES[file] for file in (File.DG1, File.DG13)}
    assert verify(OPENSSL_SOD, files, [OPENSSL_CSCA], TODAY) == Verdict({1: True, 13: True}, True, Chain.TRUSTED)
    assert verify(OPENSSL_SOD, files, [CSCA], TODAY).chain is Chain.UNKNOWN


@pytest.mark.parametrize("hash_", HASHES)
@pytest.mark.parametrize("version", [0, 1])
def test_hashes_may_be_of_any_kind_and_the_list_of_either_version(hash_: str, version: int) -> None:
    made = replace(USUAL, hash=hash_, version=version)
    security_object = read_sod(made.made())
    assert security_object.hashes == {file.number: digest(hash_, data) for file, data in FILES.items()}
    assert judged(made.made()) == GOOD


@pytest.mark.parametrize("hash_", HASHES)
@pytest.mark.parametrize("scheme", ["rsa", "ecdsa"])
def test_signatures_may_be_made_with_any_of_the_hashes(scheme: str, hash_: str) -> None:
    key = rsa_key("rsa", hash_) if scheme == "rsa" else ec_key(ec.SECP256R1(), hash_)
    assert judged(sod(key).made()) == GOOD


@pytest.mark.parametrize("changed", FILES)
def test_a_changed_file_is_told_and_no_other(changed: File) -> None:
    files = {file: data[:-1] + bytes([data[-1] ^ 1]) if file is changed else data for file, data in FILES.items()}
    verdict = judged(SIGNED["RSA"], files)
    assert verdict.mismatched == (changed.number,)
    assert (verdict.signature, verdict.chain) == (True, Chain.TRUSTED)
    assert verdict.fault is ReadingFault.HASH_MISMATCH


def test_a_file_that_the_sod_does_not_list_counts_as_changed() -> None:
    verdict = judged(SIGNED["RSA"], {**FILES, File.DG14: b"n\x00"})
    assert verdict.hashes == {1: True, 2: True, 13: True, 14: False}
    assert verdict.fault is ReadingFault.HASH_MISMATCH


def test_only_what_was_read_is_compared_and_only_data_groups_are() -> None:
    assert judged(SIGNED["RSA"], {File.DG1: FILES[File.DG1], File.SOD: b"", File.COM: b""}).hashes == {1: True}
    assert judged(SIGNED["RSA"], {}).hashes == {}


def flipped(made: bytes, part: bytes, at: int = -1) -> bytes:
    """The SOD with one bit of this part of it changed."""
    assert made.count(part) == 1
    changed = bytearray(part)
    changed[at] ^= 1
    return made.replace(part, bytes(changed))


@pytest.mark.parametrize("title", KEYS)
def test_a_changed_signature_is_invalid_and_nothing_else_is(title: str) -> None:
    made = SIGNED[title]
    verdict = judged(flipped(made, read_sod(made).signature))
    assert verdict == Verdict(GOOD.hashes, False, Chain.TRUSTED)
    assert verdict.fault is ReadingFault.SIGNATURE_INVALID


@pytest.mark.parametrize("title", KEYS)
def test_a_changed_attribute_makes_the_signature_invalid(title: str) -> None:
    made = SIGNED[title]
    assert judged(made.replace(b"210510080000Z", b"210510080001Z")) == Verdict(GOOD.hashes, False, Chain.TRUSTED)


def test_a_changed_list_makes_the_signature_invalid() -> None:
    other = {**FILES, File.DG1: b"a\x00"}
    content = replace(USUAL, files=other).content()
    verdict = judged(replace(USUAL, unsigned_content=content).made(), other)
    assert verdict == Verdict(GOOD.hashes, False, Chain.TRUSTED)


def attribute(dotted: str, *values: bytes) -> bytes:
    return der(0x30, oid(dotted), der(0x31, *values))


CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
TYPE = attribute(CONTENT_TYPE, oid("2.23.136.1.1.1"))
DIGEST = attribute(MESSAGE_DIGEST, der(0x04, digest("sha256", USUAL.content())))


@pytest.mark.parametrize(
    "attributes",
    [
        (TYPE, attribute(MESSAGE_DIGEST, der(0x04, digest("sha256", b"another")))),
        (TYPE, attribute(MESSAGE_DIGEST, der(0x04, digest("sha1", USUAL.content())))),
        (TYPE, attribute(MESSAGE_DIGEST, der(0x04))),
        (attribute(CONTENT_TYPE, oid("1.2.840.113549.1.7.1")), DIGEST),
    ],
    ids=["another digest", "of another hash", "no digest", "another type"],
)
def test_a_signature_over_attributes_that_speak_of_something_else_is_invalid(attributes: tuple[bytes, ...]) -> None:
    assert judged(replace(USUAL, attributes=attributes).made()).signature is False


def test_a_signature_of_another_key_under_the_signers_certificate_is_invalid() -> None:
    forged = replace(USUAL, signer=signer(ec_key(ec.SECP256R1())), certificate=USUAL.signer.by(USUAL.authority))
    assert judged(forged.made()) == Verdict(GOOD.hashes, False, Chain.TRUSTED)


def claiming(made: bytes, identifier: bytes) -> bytes:
    """The SOD with this algorithm named beside its signature, which stays as it is."""
    return rebuilt(made, (*SIGNER, 4), lambda _: identifier)


@pytest.mark.parametrize(("key", "other"), [("P-256", "RSA"), ("RSA", "P-256"), ("RSA", "RSA-PSS"), ("RSA-PSS", "RSA")])
def test_a_signature_by_another_scheme_than_it_says_is_invalid(key: str, other: str) -> None:
    assert judged(claiming(SIGNED[key], KEYS[other].identifier())).signature is False


def pss(mask: str) -> bytes:
    parameters = (
        der(0xA0, hash_identifier("sha256")),
        der(0xA1, der(0x30, oid(mask), hash_identifier("sha256"))),
        der(0xA2, integer(32)),
    )
    return der(0x30, oid("1.2.840.113549.1.1.10"), der(0x30, *parameters))


@pytest.mark.parametrize(
    "identifier",
    [
        der(0x30, oid("1.2.3.4")),
        der(0x30, oid("1.3.101.112")),
        der(0x30, oid("1.2.840.113549.1.1.10"), der(0x30, der(0xA2, integer(1 << 100)))),
        pss(mask="1.2.840.113549.1.1.9"),
    ],
    ids=["nobody's", "Ed25519", "salt", "mask"],
)
def test_a_signature_by_an_algorithm_that_is_not_known_is_invalid(identifier: bytes) -> None:
    assert judged(claiming(SIGNED["RSA-PSS"], identifier)).signature is False
    assert judged(claiming(SIGNED["RSA-PSS"], pss(mask="1.2.840.113549.1.1.8"))) == GOOD


@pytest.mark.req("K7")
def test_without_a_csca_the_chain_is_not_checked_which_is_no_fault() -> None:
    verdict = judged(SIGNED["P-256"], trusted=())
    assert verdict == Verdict(GOOD.hashes, True, Chain.NOT_CHECKED)
    assert verdict.fault is None


CSCA_KEY_USAGE = key_usage(CERTIFICATE_SIGNATURE)
IMPOSTOR = replace(authority(), key=ec_key(ec.SECP384R1(), "sha384"))


@pytest.mark.parametrize(
    "other",
    [
        replace(IMPOSTOR, subject=name("CSCA Elsewhere")),
        IMPOSTOR,
        replace(IMPOSTOR, extensions=(CA, CSCA_KEY_USAGE)),
        replace(IMPOSTOR, extensions=()),
        replace(authority(), subject=name("CSCA Elsewhere")),
        replace(authority(), extensions=(CA, CSCA_KEY_USAGE, key_identifier(b"csca 2"))),
        replace(authority(), extensions=(NO_CA, CSCA_KEY_USAGE, key_identifier(b"csca 1"))),
        replace(authority(), extensions=(CA, key_usage(DIGITAL_SIGNATURE), key_identifier(b"csca 1"))),
    ],
    ids=[
        "another state's",
        "same name and key identifier, another key",
        "same name, another key",
        "same name, another key, no extensions",
        "same key, another name",
        "same key, another key identifier",
        "no authority",
        "may not sign certificates",
    ],
)
def test_a_signer_for_whom_no_csca_vouches_is_unknown(other: Certified) -> None:
    verdict = judged(SIGNED["P-256"], trusted=(other.by_itself(),))
    assert verdict == Verdict(GOOD.hashes, True, Chain.UNKNOWN)
    assert verdict.fault is ReadingFault.SIGNER_UNKNOWN


def test_the_signers_certificate_must_be_as_it_was_signed() -> None:
    made = SIGNED["P-256"]
    assert made.count(b"400101000000Z") == 1
    assert judged(made.replace(b"400101000000Z", b"410101000000Z")) == Verdict(GOOD.hashes, True, Chain.UNKNOWN)


def test_one_csca_among_many_is_enough() -> None:
    others = tuple(replace(IMPOSTOR, serial=serial).by_itself() for serial in range(3))
    assert judged(SIGNED["P-256"], trusted=(*others, CSCA)).chain is Chain.TRUSTED
    assert judged(SIGNED["P-256"], trusted=(CSCA, *others)).chain is Chain.TRUSTED


@pytest.mark.parametrize(
    "key", [rsa_key(owner="csca"), rsa_key("pss", owner="csca"), ec_key(ec.BrainpoolP512R1(), "sha512"), explicit_key()]
)
def test_a_csca_may_have_any_kind_of_key(key: Key) -> None:
    csca = replace(authority(), key=key)
    assert judged(Sod(signer(KEYS["P-256"]), csca).made(), trusted=(csca.by_itself(),)) == GOOD


@pytest.mark.parametrize(
    "extensions",
    [(), (CA,), (CSCA_KEY_USAGE,), (CA, CSCA_KEY_USAGE), (extension("1.2.3.4", b"anything"), CA)],
)
def test_a_csca_may_say_less_of_itself_than_the_standard_wants(extensions: tuple[bytes, ...]) -> None:
    csca = replace(authority(), extensions=extensions)
    assert judged(SIGNED["P-256"], trusted=(csca.by_itself(),)).chain is Chain.TRUSTED


def test_names_are_compared_as_names_not_as_bytes() -> None:
    # PrintableString instead of UTF8String, other capitals, and a blank more.
    csca = replace(authority(), subject=name("csca  UTOPIA", "ut", tag=0x13))
    assert judged(SIGNED["P-256"], trusted=(csca.by_itself(),)).chain is Chain.TRUSTED


def test_a_certificate_that_is_not_for_signing_documents_makes_no_trusted_signer() -> None:
    other = replace(signer(KEYS["P-256"]), extensions=(key_usage(CERTIFICATE_SIGNATURE),))
    assert judged(Sod(other, authority()).made()) == Verdict(GOOD.hashes, True, Chain.UNKNOWN)
    silent = replace(signer(KEYS["P-256"]), extensions=())
    assert judged(Sod(silent, authority()).made()) == GOOD


@pytest.mark.parametrize(
    ("first_day", "last_day", "chain"),
    [
        ("200101", "291231", Chain.EXPIRED),
        ("300102", "400101", Chain.EXPIRED),
        ("200101", "300101", Chain.TRUSTED),
        ("300101", "400101", Chain.TRUSTED),
    ],
    ids=["expired yesterday", "from tomorrow", "until today", "from today"],
)
def test_signer_and_csca_must_both_be_valid_today(first_day: str, last_day: str, chain: Chain) -> None:
    document_signer = replace(signer(KEYS["P-256"]), first_day=first_day, last_day=last_day)
    csca = replace(authority(), first_day=first_day, last_day=last_day)
    for verdict in (
        judged(Sod(document_signer, authority()).made()),
        judged(SIGNED["P-256"], trusted=(csca.by_itself(),)),
    ):
        assert verdict == Verdict(GOOD.hashes, True, chain)
        assert verdict.fault is (ReadingFault.SIGNER_EXPIRED if chain is Chain.EXPIRED else None)


def test_a_csca_that_was_renewed_counts_beside_the_expired_one() -> None:
    expired = replace(authority(), last_day="291231").by_itself()
    assert judged(SIGNED["P-256"], trusted=(expired, CSCA)).chain is Chain.TRUSTED


def test_the_worst_fault_is_named() -> None:
    mismatch = {1: True, 2: False}
    for hashes, signature, chain, fault in (
        (mismatch, False, Chain.UNKNOWN, ReadingFault.HASH_MISMATCH),
        (mismatch, True, Chain.TRUSTED, ReadingFault.HASH_MISMATCH),
        ({}, False, Chain.EXPIRED, ReadingFault.SIGNATURE_INVALID),
        ({}, True, Chain.UNKNOWN, ReadingFault.SIGNER_UNKNOWN),
        ({}, True, Chain.EXPIRED, ReadingFault.SIGNER_EXPIRED),
        ({}, True, Chain.NOT_CHECKED, None),
    ):
        assert Verdict(hashes, signature, chain).fault is fault


def test_no_signed_byte_of_an_sod_can_change_and_leave_it_wholly_believed() -> None:
    made = SIGNED["P-256"]
    read = read_sod(made)
    attributes = USUAL.signed_attributes()
    for part in (read.content, read.signer.body, read.signer.signature, attributes, read.signature):
        start = made.index(part)
        for at in range(start, start + len(part)):
            changed = made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]
            believed = fault_of(judged, changed) is None and judged(changed) == GOOD
            assert not believed, f"byte {at}"


@pytest.mark.parametrize("title", KEYS)
def test_any_damage_gives_a_verdict_or_is_malformed(title: str) -> None:
    @given(damaged(SIGNED[title]))
    def check(made: bytes) -> None:
        assert fault_of(judged, made) in (None, ReadingFault.MALFORMED)

    check()


def test_a_trusted_certificate_that_is_none_is_the_operators_mistake_not_the_cards() -> None:
    with pytest.raises(ValueError, match="trusted"):
        judged(SIGNED["P-256"], trusted=(b"-----BEGIN CERTIFICATE-----",))


def test_authority_key_identifiers_without_a_key_identifier_say_nothing() -> None:
    empty = extension("2.5.29.35", der(0x30))
    other = replace(signer(KEYS["P-256"]), extensions=(empty,))
    assert judged(Sod(other, authority()).made()) == GOOD
    wrong = replace(signer(KEYS["P-256"]), extensions=(authority_key_identifier(b"csca 9"),))
    assert judged(Sod(wrong, authority()).made()).chain is Chain.UNKNOWN
