"""Documents that a key of the vendor's or the Department's vouches for: Ed25519 over the kind and the bytes.

A document is ``moiso-signed-1 KIND``, a line ``KEY SIGNATURE`` for each of at most four keys, an empty line, and the
bytes that are signed. One known key is enough: while keys change, a document bears the old one's signature and the new
one's. What is signed begins with the kind, so that nothing signed as one kind passes for another.
Source: RFC 8032 (Ed25519).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

MAGIC = b"moiso-signed-1"
MAX_KEYS = 4
MAX_HEADER = 512
_LINE = re.compile(rb"([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)\Z")
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class NotSigned(Exception):
    """It is no signed document of this kind, or no key that this machine knows vouches for it."""


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign(kind: str, payload: bytes, keys: Sequence[Ed25519PrivateKey]) -> bytes:
    """The document with a signature of each key."""
    if not 1 <= len(keys) <= MAX_KEYS:
        raise ValueError(f"one to {MAX_KEYS} keys sign a document")
    lines = [MAGIC + b" " + kind.encode()]
    for key in keys:
        signature = base64.b64encode(key.sign(_signed_bytes(kind, payload)))
        lines.append(key_id(key.public_key()).encode() + b" " + signature)
    return b"\n".join(lines) + b"\n\n" + payload


def verified(kind: str, document: bytes, keys: Sequence[Ed25519PublicKey]) -> bytes:
    """The bytes that one of ``keys`` signed as this kind. Raises NotSigned."""
    end = document.find(b"\n\n", 0, MAX_HEADER)
    if end < 0:
        raise NotSigned("it does not begin as a signed document does")
    first, *lines = document[:end].split(b"\n")
    if first != MAGIC + b" " + kind.encode():
        raise NotSigned(f"it is not signed as {kind}")
    if not 1 <= len(lines) <= MAX_KEYS:
        raise NotSigned(f"one to {MAX_KEYS} signatures are expected")
    payload = document[end + 2 :]
    known = {key_id(key).encode(): key for key in keys}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            raise NotSigned("a signature is not written as one")
        key = known.get(found[1])
        if key is not None and _vouches(key, found[2], _signed_bytes(kind, payload)):
            return payload
    raise NotSigned("no key that this machine knows vouches for it")


def read_keys(pem: bytes) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of a PEM file, one after the other. Raises ValueError where one is no Ed25519 key, or none is."""
    keys = []
    for block in _PEM.findall(pem):
        key = load_pem_public_key(block)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("an Ed25519 key is expected")
        keys.append(key)
    if not 1 <= len(keys) <= MAX_KEYS:
        raise ValueError(f"one to {MAX_KEYS} public keys are expected")
    return tuple(keys)


def _signed_bytes(kind: str, payload: bytes) -> bytes:
    return MAGIC + b" " + kind.encode() + b"\0" + payload


def _vouches(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error):
        return False
    return True
