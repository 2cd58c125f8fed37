"""Basic Access Control: the MRZ opens the chip, by Triple DES."""

from collections.abc import Callable

from edge.contracts.reading import ReadingFault
from edge.emrtd.access_keys import MrzKey
from edge.emrtd.apdu import Command, Steps
from edge.emrtd.cipher import AUTHENTICATION, ENCRYPTION, MAC_SIZE, Cipher
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel

_CIPHER = Cipher.DES3


def basic_access(key: MrzKey, random: Callable[[int], bytes]) -> Steps[SecureChannel]:
    """Open the chip with fields of its MRZ; its application must be selected.

    ``random(n)`` gives n random bytes: 8 for the challenge, then 16 for the key. Raises CardError: ACCESS_REFUSED where
    the chip does no BAC, WRONG_ACCESS_KEY where it does not know this MRZ, INTEGRITY_LOST where its answer is not made
    with the same keys, MALFORMED. Source: ICAO Doc 9303-11, 4.3.
    """
    k_enc, k_mac = (_CIPHER.derive_key(key.seed(), counter) for counter in (ENCRYPTION, AUTHENTICATION))
    response = yield Command(0x00, 0x84, 0x00, 0x00, ne=8)
    if not response.ok:
        raise CardError(ReadingFault.ACCESS_REFUSED, f"BAC: GET CHALLENGE answered {response.sw:04X}")
    if len(response.data) != 8:
        raise CardError(ReadingFault.MALFORMED, f"BAC: a challenge of {len(response.data)} bytes")
    theirs = response.data
    ours, our_key = random(8), random(16)
    encrypted = _CIPHER.encrypt(k_enc, ours + theirs + our_key)
    response = yield Command(0x00, 0x82, 0x00, 0x00, encrypted + _CIPHER.mac(k_mac, encrypted), ne=40)
    if response.sw >> 8 in (0x63, 0x69):
        raise CardError(ReadingFault.WRONG_ACCESS_KEY, f"BAC: EXTERNAL AUTHENTICATE answered {response.sw:04X}")
    if not response.ok:
        raise CardError(ReadingFault.ACCESS_REFUSED, f"BAC: EXTERNAL AUTHENTICATE answered {response.sw:04X}")
    encrypted, mac = response.data[:-MAC_SIZE], response.data[-MAC_SIZE:]
    if len(encrypted) != 32:
        raise CardError(ReadingFault.MALFORMED, f"BAC: an answer of {len(response.data)} bytes")
    if not _CIPHER.confirms(k_mac, encrypted, mac):
        raise CardError(ReadingFault.INTEGRITY_LOST, "BAC: a wrong MAC")
    plain = _CIPHER.decrypt(k_enc, encrypted)
    if plain[:16] != theirs + ours:
        raise CardError(ReadingFault.INTEGRITY_LOST, "BAC: an answer to another challenge")
    secret = bytes(one ^ other for one, other in zip(our_key, plain[16:], strict=True))
    return SecureChannel.of_secret(_CIPHER, secret, ssc=theirs[4:] + ours[4:])
