"""Chip Authentication: the chip shows that it holds the private key to a key of DG14, and the session gets new keys."""

from collections.abc import Callable

from edge.contracts.reading import ReadingFault
from edge.emrtd.apdu import SHORT, Command, Steps
from edge.emrtd.cipher import Cipher
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.security_infos import SecurityInfos
from edge.emrtd.tlv import read_only, write

_DYNAMIC = 0x7C


def authenticate_chip(infos: SecurityInfos, random: Callable[[int], bytes]) -> Steps[SecureChannel]:
    """Agree on a new channel with the chip's key of DG14, by the strongest cipher that it offers.

    ``random(n)`` gives n random bytes for our own key. The commands go over the channel that is open; all that follow
    go over the new one, and the first answer that comes on it is the proof: only the chip with the private key can
    make one. (Whether DG14 is the one that was signed is for passive authentication.)

    Raises CardError: CLONED where the chip refuses what its signed DG14 promises, MALFORMED on an answer that is not as
    the standard says; ValueError where ``infos`` offers no Chip Authentication.
    Source: ICAO Doc 9303-11, 6.2; BSI TR-03110-1, 3.4 (version 1).
    """
    if not infos.chip_authentication:
        raise ValueError("no Chip Authentication is offered")
    offer = infos.chip_authentication[0]
    curve, theirs = offer.key.curve, offer.key.point
    key = curve.draw_key(random)
    ours = curve.encode(curve.public(key))
    key_id = write(0x84, offer.key_id) if offer.key_id else b""
    if offer.cipher is Cipher.DES3:
        yield from _told(Command(0x00, 0x22, 0x41, 0xA6, write(0x91, ours) + key_id), "MSE:Set KAT")
    else:
        yield from _told(Command(0x00, 0x22, 0x41, 0xA4, write(0x80, offer.protocol) + key_id), "MSE:Set AT")
        answer = yield from _told(
            Command(0x00, 0x86, 0x00, 0x00, write(_DYNAMIC, write(0x80, ours)), ne=SHORT), "GENERAL AUTHENTICATE"
        )
        read_only(answer, _DYNAMIC)
    return SecureChannel.of_secret(offer.cipher, curve.agree(key, theirs))


def _told(command: Command, name: str) -> Steps[bytes]:
    response = yield command
    if not response.ok:
        raise CardError(ReadingFault.CLONED, f"chip authentication: {name} answered {response.sw:04X}")
    return response.data
