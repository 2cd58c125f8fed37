"""PACE with generic mapping over elliptic curves: six digits, or the MRZ, open the chip by a strong key."""

from collections.abc import Callable, Iterable

from edge.contracts.reading import ReadingFault
from edge.emrtd.access_keys import Can, MrzKey
from edge.emrtd.apdu import SHORT, Command, Response, Steps
from edge.emrtd.cipher import AUTHENTICATION, PASSWORD, Cipher
from edge.emrtd.curves import CURVES, Curve, Point
from edge.emrtd.errors import CardError
from edge.emrtd.secure_messaging import SecureChannel
from edge.emrtd.security_infos import PaceInfo
from edge.emrtd.tlv import read_all, read_only, value_of, write

_DYNAMIC = 0x7C
_NONCE, _MAP_OURS, _MAP_THEIRS, _KEY_OURS, _KEY_THEIRS, _TOKEN_OURS, _TOKEN_THEIRS = range(0x80, 0x87)
_MAX_NONCE = 64  # bytes


def choose(infos: Iterable[PaceInfo]) -> PaceInfo:
    """Of what the chip offers, the strongest that can be done: by the cipher first, then the curve's size.

    Raises CardError (ACCESS_REFUSED) where none can.
    """
    supported = [info for info in infos if info.supported]
    if not supported:
        raise CardError(ReadingFault.ACCESS_REFUSED, "PACE: nothing offered that is known")
    return max(supported, key=lambda info: (info.cipher.value, CURVES[info.parameter_id].n))


def pace(info: PaceInfo, password: Can | MrzKey, random: Callable[[int], bytes]) -> Steps[SecureChannel]:
    """Open the chip with the password, by an ``info`` that ``choose`` gave.

    ``random(n)`` gives n random bytes, of which the private keys of the mapping and of the agreement are made.

    Raises CardError: WRONG_ACCESS_KEY where the chip does not know this password, ACCESS_REFUSED where it refuses
    before it was tried, INTEGRITY_LOST where the chip does not show that it knows the password too or sends our own key
    back, MALFORMED on anything that is not as the standard says, such as a point that is not on the curve.
    Source: ICAO Doc 9303-11, 4.4.
    """
    curve, cipher = CURVES[info.parameter_id], info.cipher
    template = write(0x80, info.protocol) + write(0x83, bytes([password.pace_reference]))
    if info.ambiguous:
        template += write(0x84, bytes([info.parameter_id]))
    response = yield Command(0x00, 0x22, 0xC1, 0xA4, template)
    if not response.ok and response.sw & 0xFFF0 != 0x63C0:  # 63Cx: so many tries are left
        raise _refused(response, "MSE:Set AT")
    nonce = yield from _nonce(cipher, password)

    key = curve.draw_key(random)
    ours = curve.public(key)
    theirs = yield from _exchange(curve, _MAP_OURS, ours, _MAP_THEIRS)
    generator = curve.add(curve.multiply(nonce, curve.g), curve.multiply(key, theirs))

    key = curve.draw_key(random)
    ours = curve.multiply(key, generator)
    theirs = yield from _exchange(curve, _KEY_OURS, ours, _KEY_THEIRS)
    secret = curve.agree(key, theirs)

    k_mac = cipher.derive_key(secret, AUTHENTICATION)
    token = cipher.mac(k_mac, _token_data(info, curve, theirs))
    response = yield _general_authenticate(write(_TOKEN_OURS, token), last=True)
    if response.sw >> 8 in (0x63, 0x69):
        raise CardError(ReadingFault.WRONG_ACCESS_KEY, f"PACE: the last step answered {response.sw:04X}")
    if not cipher.confirms(k_mac, _token_data(info, curve, ours), _answer(response, _TOKEN_THEIRS)):
        raise CardError(ReadingFault.INTEGRITY_LOST, "PACE: the chip's token is wrong")
    return SecureChannel.of_secret(cipher, secret)


def _nonce(cipher: Cipher, password: Can | MrzKey) -> Steps[int]:
    """The chip's nonce, decrypted: another number wherever the password is another."""
    response = yield _general_authenticate(b"")
    encrypted = _answer(response, _NONCE)
    if not encrypted or len(encrypted) > _MAX_NONCE or len(encrypted) % cipher.block_size:
        raise CardError(ReadingFault.MALFORMED, f"PACE: a nonce of {len(encrypted)} bytes")
    return int.from_bytes(cipher.decrypt(cipher.derive_key(password.pace_secret(), PASSWORD), encrypted))


def _exchange(curve: Curve, our_tag: int, ours: Point, their_tag: int) -> Steps[Point]:
    response = yield _general_authenticate(write(our_tag, curve.encode(ours)))
    theirs = curve.decode(_answer(response, their_tag))
    if theirs == ours:
        raise CardError(ReadingFault.INTEGRITY_LOST, "PACE: our own key came back")
    return theirs


def _general_authenticate(data: bytes, last: bool = False) -> Command:
    return Command(0x00 if last else 0x10, 0x86, 0x00, 0x00, write(_DYNAMIC, data), ne=SHORT)


def _answer(response: Response, tag: int) -> bytes:
    if not response.ok:
        raise _refused(response, f"before {tag:02X}")
    return value_of(read_all(read_only(response.data, _DYNAMIC)), tag)


def _token_data(info: PaceInfo, curve: Curve, key: Point) -> bytes:
    """The public key as the authentication token is over it. Source: ICAO Doc 9303-11, 4.4.3.4 and 9.4.4."""
    return write(0x7F49, write(0x06, info.protocol) + write(0x86, curve.encode(key)))


def _refused(response: Response, where: str) -> CardError:
    return CardError(ReadingFault.ACCESS_REFUSED, f"PACE: {where} answered {response.sw:04X}")
