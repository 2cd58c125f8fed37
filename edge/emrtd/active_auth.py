"""Active Authentication: the chip signs a challenge with the private key to the key of DG15."""

import hashlib
import hmac
import re
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import EXTENDED, SHORT, Command, Steps
from edge.emrtd.curves import EcPublicKey, parse_ec_public_key
from edge.emrtd.errors import CardError, TlvError
from edge.emrtd.tlv import read_all, read_only, write

CHALLENGE_SIZE = 8
MOST_IN_SHORT_ANSWER = 223  # bytes, under secure messaging with AES

_RSA = bytes.fromhex("2A864886F70D010101")
_INTEGER, _BITS, _OID, _SEQUENCE = 0x02, 0x03, 0x06, 0x30
_MODULUS_BITS = range(1024, 4097)

# Bits 01, 1 for a part that is not recovered (without it the challenge would not be signed), then padding up to an A.
_PARTIAL_RECOVERY = re.compile(rb"\x6a|\x6b\xbb*\xba")
# The hash by its number of ISO/IEC 10118-3, or SHA-1 where none is named.
_TRAILERS: dict[bytes, Callable[..., "hashlib._Hash"]] = {
    b"\xbc": hashlib.sha1,
    b"\x33\xcc": hashlib.sha1,
    b"\x38\xcc": hashlib.sha224,
    b"\x34\xcc": hashlib.sha256,
    b"\x36\xcc": hashlib.sha384,
    b"\x35\xcc": hashlib.sha512,
}
# ecdsa-plain-signatures of BSI TR-03111, 5.2.1.1; ICAO Doc 9303-11, 6.1.2.3 forbids the one with SHA-1.
_PLAIN_ECDSA: dict[str, hashes.HashAlgorithm] = {
    "0.4.0.127.0.7.1.1.4.1.2": hashes.SHA224(),
    "0.4.0.127.0.7.1.1.4.1.3": hashes.SHA256(),
    "0.4.0.127.0.7.1.1.4.1.4": hashes.SHA384(),
    "0.4.0.127.0.7.1.1.4.1.5": hashes.SHA512(),
}


class _RsaKey(Struct, frozen=True):
    n: int
    e: int

    @property
    def size(self) -> int:
        return (self.n.bit_length() + 7) // 8


def authenticate_actively(public_key: bytes, algorithm: str, challenge: bytes) -> Steps[None]:
    """Have the chip sign these eight random bytes with the key of DG15, a SubjectPublicKeyInfo.

    ``algorithm`` is what DG14 names for elliptic curves, dotted; where it is empty, the hash that fits the curve is
    taken. A signature that is too long for a short answer is asked for with an extended command.

    Raises CardError: CLONED where the signature is wrong, or the chip refuses; MALFORMED where the key cannot be used.
    Source: ICAO Doc 9303-11, 6.1; ISO/IEC 9796-2, digital signature scheme 1; BSI TR-03111, 5.2 (plain ECDSA).
    """
    if len(challenge) != CHALLENGE_SIZE:
        raise ValueError(f"a challenge of {len(challenge)} bytes")
    key = _parse_key(public_key)
    size = key.size if isinstance(key, _RsaKey) else 2 * key.curve.order_size
    response = yield Command(0x00, 0x88, 0x00, 0x00, challenge, ne=SHORT if size <= MOST_IN_SHORT_ANSWER else EXTENDED)
    if not response.ok:
        raise _cloned(f"INTERNAL AUTHENTICATE answered {response.sw:04X}")
    if isinstance(key, _RsaKey):
        _verify_rsa(key, challenge, response.data)
    else:
        _verify_ecdsa(key, algorithm, challenge, response.data)


def _parse_key(spki: bytes) -> _RsaKey | EcPublicKey:
    parts = read_all(read_only(spki, _SEQUENCE))
    if [part.tag for part in parts] != [_SEQUENCE, _BITS]:
        raise TlvError("active authentication: no SubjectPublicKeyInfo")
    if not parts[0].value.startswith(write(_OID, _RSA)):
        return parse_ec_public_key(spki)
    numbers = read_all(read_only(parts[1].value[1:], _SEQUENCE))
    if parts[1].value[:1] != b"\0" or [number.tag for number in numbers] != [_INTEGER, _INTEGER]:
        raise TlvError("active authentication: no RSA key")
    n, e = (int.from_bytes(number.value) for number in numbers)
    if n.bit_length() not in _MODULUS_BITS or not n & 1 or e.bit_length() > 64 or e < 3 or not e & 1:
        raise CardError(ReadingFault.MALFORMED, "active authentication: an RSA key of unusual size")
    return _RsaKey(n, e)


def _verify_rsa(key: _RsaKey, challenge: bytes, signature: bytes) -> None:
    """Scheme 1: header, a random part that is recovered, the hash over it and the challenge, and the trailer."""
    number = int.from_bytes(signature)
    if len(signature) != key.size or number >= key.n:
        raise _cloned("a signature of another size")
    recovered = pow(number, key.e, key.n)
    if recovered & 0xF != 0xC:  # the signer may give n - s instead of s
        recovered = key.n - recovered
    message = recovered.to_bytes(key.size)
    header = _PARTIAL_RECOVERY.match(message)
    if header is None:
        raise _cloned("a signature without its header")
    trailer = next((trailer for trailer in _TRAILERS if message.endswith(trailer)), None)
    if trailer is None:
        raise _cloned("a signature without its trailer")
    digest_of = _TRAILERS[trailer]
    body = message[header.end() : -len(trailer)]
    size = digest_of().digest_size
    if not hmac.compare_digest(digest_of(body[:-size] + challenge).digest(), body[-size:]):
        raise _cloned("a signature over something else")


def _verify_ecdsa(key: EcPublicKey, algorithm: str, challenge: bytes, signature: bytes) -> None:
    half = key.curve.order_size
    if len(signature) != 2 * half:
        raise _cloned("a signature of another size")
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    hash_algorithm = _PLAIN_ECDSA.get(algorithm) or _fitting(key)
    numbers = ec.EllipticCurvePublicNumbers(key.point.x, key.point.y, key.curve.openssl())
    try:
        numbers.public_key().verify(utils.encode_dss_signature(r, s), challenge, ec.ECDSA(hash_algorithm))
    except InvalidSignature as error:
        raise _cloned("a signature over something else") from error


def _fitting(key: EcPublicKey) -> hashes.HashAlgorithm:
    """The longest hash that is not longer than the key."""
    bits = key.curve.n.bit_length()
    fitting = [each for each in _PLAIN_ECDSA.values() if each.digest_size * 8 <= bits]
    return max(fitting, key=lambda each: each.digest_size)


def _cloned(what: str) -> CardError:
    return CardError(ReadingFault.CLONED, f"active authentication: {what}")
