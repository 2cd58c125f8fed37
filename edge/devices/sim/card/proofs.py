"""How the chip shows that it is no copy: Chip Authentication and Active Authentication.

Source: ICAO Doc 9303-11, 6.1 and 6.2; BSI TR-03110-3, A.4 and B.2; ISO/IEC 9796-2, scheme 1; BSI TR-03111, 5.2.1.
"""

import hashlib
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from msgspec import Struct

from edge.devices.sim.card.apdu import Refusal, Sw
from edge.devices.sim.card.crypto import Suite
from edge.devices.sim.card.der import oid_value
from edge.devices.sim.card.messaging import Channel
from edge.devices.sim.card.points import Curve

CA_ECDH = "0.4.0.127.0.7.2.2.3.2"
RSA_BITS = 1536  # its signature fits into a short answer under secure messaging
CHALLENGE_BYTES = 8


class Active(Enum):
    """Which key the chip signs challenges with."""

    NONE = "none"  # no DG15
    ECDSA = "ecdsa"  # on the curve of PACE, SHA-256, plain
    RSA_SHA1 = "rsa-sha1"  # trailer BC
    RSA_SHA256 = "rsa-sha256"  # trailer 34 CC


class ChipKey(Struct, frozen=True):
    """The chip's key pair of Chip Authentication; ``private`` need not belong to the public key in DG14."""

    suite: Suite
    curve: Curve
    private: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"ChipKey({self.suite.name}, {self.curve.name})"

    @property
    def protocol(self) -> bytes:
        """The value of its object identifier."""
        return oid_value(f"{CA_ECDH}.{self.suite.value}")

    def agree(self, terminal_point: bytes) -> Channel:
        """The session that this ephemeral key of the terminal leads to. Raises Refusal 6A80 on a wrong point."""
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(self.curve.library(), terminal_point)
        except ValueError:
            raise Refusal(Sw.WRONG_DATA) from None
        return Channel(self.suite, self.private.exchange(ec.ECDH(), public))


ActiveKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def sign_challenge(key: ActiveKey, sha1: bool, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
    """The answer to INTERNAL AUTHENTICATE: r ‖ s of ECDSA, or a signature of RSA with message recovery."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _sign_with_recovery(key, sha1, challenge, random)
    r, s = decode_dss_signature(key.sign(challenge, ec.ECDSA(hashes.SHA256())))
    size = (key.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _sign_with_recovery(key: rsa.RSAPrivateKey, sha1: bool, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
    """6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer, where M1 is the chip's own random part, to the private exponent."""
    trailer = b"\xbc" if sha1 else b"\x34\xcc"
    digest = hashlib.sha1 if sha1 else hashlib.sha256
    size = key.key_size // 8
    own = random(size - 1 - digest().digest_size - len(trailer))
    message = b"\x6a" + own + digest(own + challenge).digest() + trailer
    numbers = key.private_numbers()
    signed = pow(int.from_bytes(message, "big"), numbers.d, numbers.public_numbers.n)
    return signed.to_bytes(size, "big")
