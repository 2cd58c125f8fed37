"""Passive authentication: whether what was read is what the state signed, and who vouches for the signer."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.certificate import Certificate, parse_certificate, read_name
from edge.emrtd.errors import CardError
from edge.emrtd.lds import File
from edge.emrtd.signature import HashAlgorithm, SignatureAlgorithm, read_algorithm, read_hash, verifies
from edge.emrtd.tlv import Tlv, read_all, read_only, value_of, write

_MAX_CERTIFICATES = 4

_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x30, 0x31
_CONTEXT_0, _KEY_IDENTIFIER = 0xA0, 0x80

_SIGNED_DATA = bytes.fromhex("2A864886F70D010702")
_SECURITY_OBJECT = bytes.fromhex("678108010101")  # id-icao-mrtd-security-ldsSecurityObject
_CONTENT_TYPE = bytes.fromhex("2A864886F70D010903")
_MESSAGE_DIGEST = bytes.fromhex("2A864886F70D010904")


class Chain(Enum):
    """Whether one of the operator's CSCA certificates vouches for the signer."""

    NOT_CHECKED = "not-checked"  # the operator has none
    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    EXPIRED = "expired"  # one does, but it or the signer's certificate is not valid today, or not yet


class Verdict(Struct, frozen=True):
    """What came of it, each told separately.

    ``hashes`` has an entry for each data group that was read: whether it is the one that the SOD lists. ``signature``:
    whether the signer signed the SOD's list. ``chain``: whether the signer is anybody whom the operator trusts.
    """

    hashes: Mapping[int, bool]
    signature: bool
    chain: Chain

    @property
    def mismatched(self) -> tuple[int, ...]:
        """The numbers of the data groups that are not those that were signed."""
        return tuple(number for number, same in sorted(self.hashes.items()) if not same)

    @property
    def fault(self) -> ReadingFault | None:
        """The worst of it; None where nothing speaks against what was read. A chain that is not checked does not."""
        if self.mismatched:
            return ReadingFault.HASH_MISMATCH
        if not self.signature:
            return ReadingFault.SIGNATURE_INVALID
        return {Chain.UNKNOWN: ReadingFault.SIGNER_UNKNOWN, Chain.EXPIRED: ReadingFault.SIGNER_EXPIRED}.get(self.chain)


class SecurityObject(Struct, frozen=True):
    """An SOD: the hashes of the data groups by number, and who signed them how.

    ``content`` is the encoded list, ``attributes`` the SET that was signed, ``content_type`` and ``message_digest`` two
    of these attributes, the latter made with ``digest``.
    """

    hash: HashAlgorithm
    hashes: Mapping[int, bytes]
    content: bytes
    attributes: bytes
    content_type: bytes
    message_digest: bytes
    digest: HashAlgorithm
    algorithm: SignatureAlgorithm
    signature: bytes
    signer: Certificate

    @property
    def signed(self) -> bool:
        """Whether the signer's signature holds, and is one of this list. Source: RFC 5652, 5.4 to 5.6 and 11."""
        return (
            self.content_type == _SECURITY_OBJECT
            and self.message_digest == self.digest.digest(self.content)
            and verifies(self.signer.key, self.algorithm, self.attributes, self.signature)
        )

    def __repr__(self) -> str:
        return f"SecurityObject({self.hash.name}, {sorted(self.hashes)}, {self.algorithm.scheme.value})"


class _Signer(Struct, frozen=True):
    """One SignerInfo, before its certificate is found: by issuer and serial number, or by key identifier."""

    issuer: str
    serial: int
    key_identifier: bytes
    digest: HashAlgorithm
    attributes: bytes
    algorithm: SignatureAlgorithm
    signature: bytes

    def owns(self, certificate: Certificate) -> bool:
        if self.key_identifier:
            return self.key_identifier == certificate.key_identifier
        return (self.issuer, self.serial) == (certificate.issuer, certificate.serial)


def read_sod(sod: bytes) -> SecurityObject:
    """The SOD's content. Nothing in it is verified yet.

    Raises CardError (MALFORMED) where it is no EF.SOD in DER with an LDS security object of version 0 or 1 in it, the
    signer's certificate, and the signed attributes contentType and messageDigest. The first signer counts where there
    are several. Source: ICAO Doc 9303-10, 4.6.2; RFC 5652, 5.
    """
    info = read_all(read_only(read_only(sod, File.SOD.tag), _SEQUENCE))
    if value_of(info, _OID) != _SIGNED_DATA:
        raise CardError(ReadingFault.MALFORMED, "SOD: no signed data")
    parts = read_all(read_only(value_of(info, _CONTEXT_0), _SEQUENCE))
    tags = _tags(parts)
    if tags[:4] != [_INTEGER, _SET, _SEQUENCE, _CONTEXT_0] or tags[4:][-1:] != [_SET]:
        raise CardError(ReadingFault.MALFORMED, "SOD: no content, certificates and signers")
    encapsulated = read_all(parts[2].value)
    if value_of(encapsulated, _OID) != _SECURITY_OBJECT:
        raise CardError(ReadingFault.MALFORMED, "SOD: content of another type")
    content = read_only(value_of(encapsulated, _CONTEXT_0), _OCTETS)
    hash_, hashes = _read_hashes(content)
    signer = _read_signer(value_of(read_all(parts[-1].value), _SEQUENCE))
    attributes = _read_attributes(signer.attributes)
    return SecurityObject(
        hash=hash_,
        hashes=MappingProxyType(hashes),
        content=content,
        attributes=signer.attributes,
        content_type=_attribute(attributes, _CONTENT_TYPE, _OID),
        message_digest=_attribute(attributes, _MESSAGE_DIGEST, _OCTETS),
        digest=signer.digest,
        algorithm=signer.algorithm,
        signature=signer.signature,
        signer=_find_certificate(parts[3].value, signer),
    )


def verify(sod: bytes, files: Mapping[File, bytes], trusted: Sequence[bytes], today: date) -> Verdict:
    """What the SOD proves of the files that were read; those that are no data group are passed over.

    ``trusted`` are the operator's CSCA certificates in DER, each of which ``parse_certificate`` must accept: ValueError
    otherwise. Raises CardError (MALFORMED) only where the SOD is malformed: a file, signature or chain that is wrong
    is told in the verdict. Source: ICAO Doc 9303-11, 5.1.
    """
    security_object = read_sod(sod)
    return Verdict(
        hashes=MappingProxyType(
            {
                file.number: security_object.hashes.get(file.number) == security_object.hash.digest(data)
                for file, data in files.items()
                if file.number
            }
        ),
        signature=security_object.signed,
        chain=_chain(security_object.signer, trusted, today),
    )


def _chain(signer: Certificate, trusted: Sequence[bytes], today: date) -> Chain:
    if not trusted:
        return Chain.NOT_CHECKED
    authorities = [csca for csca in map(_authority, trusted) if csca.issued(signer)]
    if not authorities or not signer.may_sign_documents:
        return Chain.UNKNOWN
    if signer.valid_on(today) and any(csca.valid_on(today) for csca in authorities):
        return Chain.TRUSTED
    return Chain.EXPIRED


@lru_cache(maxsize=1024)
def _authority(encoded: bytes) -> Certificate:
    """A certificate of the operator's; they are the same at each reading."""
    try:
        return parse_certificate(encoded)
    except CardError as error:
        raise ValueError("a trusted certificate that is none") from error


def _read_hashes(content: bytes) -> tuple[HashAlgorithm, dict[int, bytes]]:
    """Of an LDSSecurityObject. Source: ICAO Doc 9303-10, 4.6.2.3."""
    parts = read_all(read_only(content, _SEQUENCE))
    if _tags(parts[:3]) != [_INTEGER, _SEQUENCE, _SEQUENCE] or parts[0].value not in (b"\0", b"\1"):
        raise CardError(ReadingFault.MALFORMED, "SOD: no LDS security object of a known version")
    hashes: dict[int, bytes] = {}
    for entry in read_all(parts[2].value):
        pair = read_all(entry.value)
        if [entry.tag, *_tags(pair)] != [_SEQUENCE, _INTEGER, _OCTETS]:
            raise CardError(ReadingFault.MALFORMED, "SOD: no number and hash of a data group")
        number = int.from_bytes(pair[0].value)
        if not 1 <= number <= 16 or number in hashes:
            raise CardError(ReadingFault.MALFORMED, "SOD: a data group of no such number, or twice")
        hashes[number] = pair[1].value
    return read_hash(parts[1].value), hashes


def _read_signer(content: bytes) -> _Signer:
    parts = read_all(content)
    tags = _tags(parts)
    if tags[:1] != [_INTEGER] or tags[2:6] != [_SEQUENCE, _CONTEXT_0, _SEQUENCE, _OCTETS]:
        raise CardError(ReadingFault.MALFORMED, "SOD: a signer without its algorithms, attributes or signature")
    _, name, digest, attributes, algorithm, signature = parts[:6]
    issuer, serial, key_identifier = "", 0, b""
    if name.tag == _KEY_IDENTIFIER and name.value:
        key_identifier = name.value
    elif name.tag == _SEQUENCE:
        issuer, serial = _read_issuer_and_serial(name.value)
    else:
        raise CardError(ReadingFault.MALFORMED, "SOD: a signer without a name")
    hash_ = read_hash(digest.value)
    return _Signer(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest=hash_,
        attributes=write(_SET, attributes.value),
        algorithm=read_algorithm(algorithm.value, hash_),
        signature=signature.value,
    )


def _read_issuer_and_serial(content: bytes) -> tuple[str, int]:
    pair = read_all(content)
    if _tags(pair) != [_SEQUENCE, _INTEGER]:
        raise CardError(ReadingFault.MALFORMED, "SOD: a signer without issuer and serial number")
    return read_name(write(_SEQUENCE, pair[0].value)), int.from_bytes(pair[1].value, signed=True)


def _read_attributes(encoded: bytes) -> dict[bytes, tuple[Tlv, ...]]:
    """The values of each signed attribute by its object identifier."""
    attributes: dict[bytes, tuple[Tlv, ...]] = {}
    for attribute in read_all(read_only(encoded, _SET)):
        pair = read_all(attribute.value)
        if [attribute.tag, *_tags(pair)] != [_SEQUENCE, _OID, _SET] or pair[0].value in attributes:
            raise CardError(ReadingFault.MALFORMED, "SOD: a signed attribute without name and values, or twice")
        attributes[pair[0].value] = read_all(pair[1].value)
    return attributes


def _attribute(attributes: Mapping[bytes, tuple[Tlv, ...]], name: bytes, tag: int) -> bytes:
    values = attributes.get(name, ())
    if _tags(values) != [tag]:
        raise CardError(ReadingFault.MALFORMED, "SOD: a signed attribute is missing")
    return values[0].value


def _find_certificate(certificates: bytes, signer: _Signer) -> Certificate:
    choices = read_all(certificates)
    if len(choices) > _MAX_CERTIFICATES:
        raise CardError(ReadingFault.MALFORMED, "SOD: too many certificates")
    for choice in choices:
        if choice.tag == _SEQUENCE and signer.owns(certificate := parse_certificate(write(_SEQUENCE, choice.value))):
            return certificate
    raise CardError(ReadingFault.MALFORMED, "SOD: no certificate of its signer")


def _tags(objects: Sequence[Tlv]) -> list[int]:
    return [each.tag for each in objects]
