"""Signatures in certificates and in the SOD: RSA, RSA-PSS, and ECDSA on curves given by name or by numbers."""

import hashlib
from enum import Enum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.curves import EC_PUBLIC_KEY, parse_ec_public_key
from edge.emrtd.errors import CardError
from edge.emrtd.tlv import Tlv, read_all, read_only, value_of

_INTEGER, _BITS, _OID, _SEQUENCE = 0x02, 0x03, 0x06, 0x30
_HASH, _MASK, _SALT = 0xA0, 0xA1, 0xA2  # fields of RSASSA-PSS-params
_RSA_BITS = range(1024, 8193)
_MAX_EXPONENT = 1 << 32  # a larger one only costs time
_MAX_SALT = 512

_RSA_ENCRYPTION = bytes.fromhex("2A864886F70D010101")
_RSA_PSS = bytes.fromhex("2A864886F70D01010A")
_MGF1 = bytes.fromhex("2A864886F70D010108")

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class HashAlgorithm(Enum):
    """A hash function that ICAO Doc 9303-12, 4.1.6 names, or once did, and the bytes of its object identifier."""

    SHA1 = "2B0E03021A"
    SHA224 = "608648016503040204"
    SHA256 = "608648016503040201"
    SHA384 = "608648016503040202"
    SHA512 = "608648016503040203"

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(self.name, data, usedforsecurity=False).digest()

    @property
    def primitive(self) -> hashes.HashAlgorithm:
        algorithm: hashes.HashAlgorithm = getattr(hashes, self.name)()
        return algorithm


class Scheme(Enum):
    """How a signature is made from a hash; UNKNOWN is one that nobody here can check, so that none of it holds."""

    RSA = "rsa"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"
    UNKNOWN = "unknown"


class SignatureAlgorithm(Struct, frozen=True):
    """A scheme with its hash; ``mask_hash`` and ``salt`` (bytes) are of RSA-PSS only."""

    scheme: Scheme
    hash: HashAlgorithm = HashAlgorithm.SHA256
    mask_hash: HashAlgorithm = HashAlgorithm.SHA256
    salt: int = 0


_NAMED = {
    bytes.fromhex(oid): SignatureAlgorithm(scheme, hash_)
    for oid, scheme, hash_ in (
        ("2A864886F70D010105", Scheme.RSA, HashAlgorithm.SHA1),
        ("2A864886F70D01010E", Scheme.RSA, HashAlgorithm.SHA224),
        ("2A864886F70D01010B", Scheme.RSA, HashAlgorithm.SHA256),
        ("2A864886F70D01010C", Scheme.RSA, HashAlgorithm.SHA384),
        ("2A864886F70D01010D", Scheme.RSA, HashAlgorithm.SHA512),
        ("2A8648CE3D0401", Scheme.ECDSA, HashAlgorithm.SHA1),
        ("2A8648CE3D040301", Scheme.ECDSA, HashAlgorithm.SHA224),
        ("2A8648CE3D040302", Scheme.ECDSA, HashAlgorithm.SHA256),
        ("2A8648CE3D040303", Scheme.ECDSA, HashAlgorithm.SHA384),
        ("2A8648CE3D040304", Scheme.ECDSA, HashAlgorithm.SHA512),
    )
}


def read_hash(identifier: bytes) -> HashAlgorithm:
    """The hash function in the content of an AlgorithmIdentifier. Raises CardError (MALFORMED) where it is unknown."""
    oid, _ = _parts(identifier)
    try:
        return HashAlgorithm(oid.hex().upper())
    except ValueError:
        raise CardError(ReadingFault.MALFORMED, "hash algorithm: unknown") from None


def read_algorithm(identifier: bytes, digest: HashAlgorithm | None = None) -> SignatureAlgorithm:
    """The signature algorithm in the content of an AlgorithmIdentifier.

    ``digest`` is the hash function where the identifier names none ("rsaEncryption" in a CMS). Raises CardError
    (MALFORMED) on bytes that are no identifier. Source: RFC 5754, 3; RFC 4055, 3.1; ICAO Doc 9303-12, 4.1.6.
    """
    oid, parameters = _parts(identifier)
    if oid == _RSA_PSS:
        return _pss(parameters)
    if oid == _RSA_ENCRYPTION and digest is not None:
        return SignatureAlgorithm(Scheme.RSA, digest)
    return _NAMED.get(oid, SignatureAlgorithm(Scheme.UNKNOWN))


def load_public_key(spki: bytes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo: RSA of 1024 to 8192 bits, or EC with its curve by name or by numbers.

    Raises CardError (MALFORMED) on any other, a point that is not on its curve, or numbers of no known curve.
    Source: RFC 5280, 4.1.2.7; RFC 3279, 2.3; ICAO Doc 9303-12, 4.1.6.3 (explicit parameters).
    """
    parts = read_all(read_only(spki, _SEQUENCE))
    if [part.tag for part in parts] != [_SEQUENCE, _BITS]:
        raise CardError(ReadingFault.MALFORMED, "public key: no SubjectPublicKeyInfo")
    oid, _ = _parts(parts[0].value)
    try:
        if oid == EC_PUBLIC_KEY:
            key = parse_ec_public_key(spki)
            return ec.EllipticCurvePublicNumbers(key.point.x, key.point.y, key.curve.openssl()).public_key()
        if oid in (_RSA_ENCRYPTION, _RSA_PSS) and parts[1].value[:1] == b"\0":
            return _rsa(parts[1].value[1:])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CardError(ReadingFault.MALFORMED, "public key: unusable") from error
    raise CardError(ReadingFault.MALFORMED, "public key: of another kind")


def verifies(spki: bytes, algorithm: SignatureAlgorithm, data: bytes, signature: bytes) -> bool:
    """Whether the owner of this key (a SubjectPublicKeyInfo) signed the data.

    False also where the key or the algorithm cannot be used, or they do not go together: then nobody knows.
    """
    try:
        key = load_public_key(spki)
    except CardError:
        return False
    try:
        match algorithm.scheme, key:
            case Scheme.RSA, rsa.RSAPublicKey():
                key.verify(signature, data, padding.PKCS1v15(), algorithm.hash.primitive)
            case Scheme.RSA_PSS, rsa.RSAPublicKey():
                mask = padding.MGF1(algorithm.mask_hash.primitive)
                key.verify(signature, data, padding.PSS(mask, algorithm.salt), algorithm.hash.primitive)
            case Scheme.ECDSA, ec.EllipticCurvePublicKey():
                key.verify(signature, data, ec.ECDSA(algorithm.hash.primitive))
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):  # unsupported: a hash that this OpenSSL forbids
        return False
    return True


def _parts(identifier: bytes) -> tuple[bytes, tuple[Tlv, ...]]:
    """Object identifier and parameters of an AlgorithmIdentifier."""
    parts = read_all(identifier)
    if not parts or parts[0].tag != _OID:
        raise CardError(ReadingFault.MALFORMED, "algorithm: no identifier")
    return parts[0].value, parts[1:]


def _pss(parameters: tuple[Tlv, ...]) -> SignatureAlgorithm:
    """Of RSASSA-PSS; what its parameters leave out is SHA-1, MGF1 with SHA-1, and 20 bytes of salt."""
    fields = read_all(parameters[0].value) if parameters and parameters[0].tag == _SEQUENCE else ()
    given = {field.tag: field.value for field in fields}
    hash_ = mask_hash = HashAlgorithm.SHA1
    if _HASH in given:
        hash_ = read_hash(read_only(given[_HASH], _SEQUENCE))
    if _MASK in given:
        mask = read_all(read_only(given[_MASK], _SEQUENCE))
        if value_of(mask, _OID) != _MGF1:
            return SignatureAlgorithm(Scheme.UNKNOWN)
        mask_hash = read_hash(value_of(mask, _SEQUENCE))
    salt = int.from_bytes(read_only(given[_SALT], _INTEGER)) if _SALT in given else 20
    if salt > _MAX_SALT:
        return SignatureAlgorithm(Scheme.UNKNOWN)
    return SignatureAlgorithm(Scheme.RSA_PSS, hash_, mask_hash, salt)


def _rsa(encoded: bytes) -> rsa.RSAPublicKey:
    numbers = read_all(read_only(encoded, _SEQUENCE))
    if [number.tag for number in numbers] != [_INTEGER, _INTEGER]:
        raise CardError(ReadingFault.MALFORMED, "public key: no RSA key")
    modulus, exponent = (int.from_bytes(number.value) for number in numbers)
    if modulus.bit_length() not in _RSA_BITS or exponent >= _MAX_EXPONENT:
        raise CardError(ReadingFault.MALFORMED, "public key: an RSA key of that size")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()
