"""How a device becomes one of the site's: what it and the hub send each other, and the code that binds them.

The code is a short authentication string: both ends derive it from the device's key, the digest of its token, the
hub's authority and a random number of each. The device has committed to its number before it hears the hub's, so
whoever stands between cannot look for numbers that make two codes alike: one guess in 2**32 a try. ADR 40.
Source: S. Vaudenay, "Secure Communications over Insecure Channels Based on Short Authenticated Strings", CRYPTO 2005.
"""

import hashlib
from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

NONCE_BYTES = 16
CODE_BYTES = 4  # four words
REPLY_BYTES = 2  # two words
CODE_S = 600  # how long a code holds
REVEAL_S = 30  # how long after the hub's number the device may tell its own
POLL_S = 2.0
MAX_REQUEST_BYTES = 8 * 1024
PATH = "/api/v1/enrolment"

Hex128 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Pem = Annotated[str, Meta(max_length=4096)]
DeviceRole = Annotated[str, Meta(pattern=r"^[a-z]{1,20}\Z")]
DeviceName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """A device asks to be let in: a signing request over its key, the digest of the token that it made itself, what
    it wants to be, and its commitment."""

    csr: Pem
    token_sha256: Hex256
    role: DeviceRole
    commitment: Hex256


class Asked(Struct, frozen=True):
    """The hub's answer: its random number, its authority, and its time in milliseconds since 1970 UTC."""

    id: Hex128
    nonce: Hex128
    ca: Pem
    now_ms: int


class Reveal(Struct, frozen=True, forbid_unknown_fields=True):
    """The device's random number, to which it had committed."""

    id: Hex128
    nonce: Hex128


class Standing(Enum):
    """How an enrolment stands. Whoever was refused, or was too late, is no device: the answer is 401."""

    WAITING = "waiting"
    ENROLLED = "enrolled"


class Answer(Struct, frozen=True):
    """What the hub says to whoever holds the token: ``certificate`` is empty where the device serves nobody.

    ``renew``: it is time for a new token and, where there is one, a new certificate.
    """

    standing: Standing
    now_ms: int
    name: str = ""
    role: str = ""
    certificate: Pem = ""
    renew: bool = False


class Renew(Struct, frozen=True, forbid_unknown_fields=True):
    """A device wants another token, another key and, where it has one, another certificate. ``signature`` is of the
    key in use, in hex, over :func:`renewal`."""

    csr: Pem
    token_sha256: Hex256
    signature: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){8,100}\Z")]


def commitment(key: bytes, token_sha256: str, role: str, nonce: str) -> str:
    """What binds a device to its key, token, role and random number before it hears the hub's, in hex.

    ``key`` is the SubjectPublicKeyInfo in DER.
    """
    return _digest(b"moiso enrolment commitment 1", key, token_sha256.encode(), role.encode(), nonce.encode()).hex()


def code(key: bytes, token_sha256: str, role: str, ca: bytes, device_nonce: str, hub_nonce: str) -> bytes:
    """The code that the device shows and an officer types at the hub; ``ca`` is the authority's certificate in DER."""
    return _transcript(b"code", key, token_sha256, role, ca, device_nonce, hub_nonce)[:CODE_BYTES]


def reply(key: bytes, token_sha256: str, role: str, ca: bytes, device_nonce: str, hub_nonce: str) -> bytes:
    """The words that the hub shows whoever approved, for the device: whoever only pretends to be the hub has none."""
    return _transcript(b"reply", key, token_sha256, role, ca, device_nonce, hub_nonce)[:REPLY_BYTES]


def renewal(csr: bytes, token_sha256: str) -> bytes:
    """What the key in use signs so that the next one, whose request is ``csr`` (DER), and the next token are good."""
    return _digest(b"moiso enrolment renewal 1", csr, token_sha256.encode())


def _transcript(what: bytes, key: bytes, token_sha256: str, role: str, ca: bytes, *nonces: str) -> bytes:
    parts = (key, token_sha256.encode(), role.encode(), ca, *(nonce.encode() for nonce in nonces))
    return _digest(b"moiso enrolment 1 " + what, *parts)


def _digest(domain: bytes, *parts: bytes) -> bytes:
    made = hashlib.sha256(domain)
    for part in parts:  # each with its length: no two lists of parts are the same bytes
        made.update(len(part).to_bytes(4, "big") + part)
    return made.digest()
