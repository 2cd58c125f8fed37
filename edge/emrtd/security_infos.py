"""SecurityInfos: what a chip offers to be opened and to prove itself with (EF.CardAccess, and the content of DG14)."""

from enum import Enum

from msgspec import Struct

from edge.emrtd.cipher import Cipher
from edge.emrtd.curves import CURVES, EcPublicKey, UnknownCurve, parse_ec_public_key
from edge.emrtd.errors import TlvError
from edge.emrtd.tlv import Tlv, read_all, read_only, write

_INTEGER, _OID, _SEQUENCE, _SET = 0x02, 0x06, 0x30, 0x31
_BSI = bytes.fromhex("04007F00070202")  # 0.4.0.127.0.7.2.2
_CHIP_KEY, _CHIP_AUTHENTICATION, _PACE = _BSI + b"\x01", _BSI + b"\x03", _BSI + b"\x04"
_ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")  # 2.23.136.1.1.5
_ECDH = 2


class Mapping(Enum):
    """How PACE turns the nonce into a generator, and over which kind of group; the byte that says so."""

    DH_GM = 1
    ECDH_GM = 2
    DH_IM = 3
    ECDH_IM = 4
    ECDH_CAM = 6


class PaceInfo(Struct, frozen=True):
    """One way to open the chip with PACE.

    ``protocol`` are the bytes of its object identifier; ``parameter_id`` is the number of standardized domain
    parameters, -1 where the chip brings its own. ``ambiguous`` says that the same protocol is offered with several.
    """

    protocol: bytes
    mapping: Mapping
    cipher: Cipher
    parameter_id: int
    ambiguous: bool = False

    @property
    def supported(self) -> bool:
        return self.mapping is Mapping.ECDH_GM and self.parameter_id in CURVES


class ChipAuthentication(Struct, frozen=True):
    """One way for the chip to prove that it holds the private key to ``key``.

    ``protocol`` are the bytes of the object identifier; ``key_id`` names the key, empty where it is the only one.
    """

    protocol: bytes
    cipher: Cipher
    key: EcPublicKey
    key_id: bytes


class SecurityInfos(Struct, frozen=True):
    """What is offered, in the chip's order; Chip Authentication only what can be done, the strongest first.

    ``active_authentication`` is the signature algorithm, dotted; empty where none is named.
    """

    pace: tuple[PaceInfo, ...]
    chip_authentication: tuple[ChipAuthentication, ...]
    active_authentication: str


def parse_security_infos(data: bytes) -> SecurityInfos:
    """What this SET of SecurityInfo offers; protocols that are not known are passed over.

    A chip authentication key without its information means Triple DES, as on the first chips; one on a curve that is
    not known is passed over. Raises CardError (MALFORMED). Source: ICAO Doc 9303-11, 9.2; BSI TR-03110-3, A.1.1.
    """
    infos = tuple(_info(each) for each in read_all(read_only(data, _SET)))
    return SecurityInfos(_pace(infos), _chip_authentication(infos), _active_authentication(infos))


class _Info(Struct, frozen=True):
    """One SecurityInfo: the bytes of its protocol's object identifier, and what follows."""

    protocol: bytes
    fields: tuple[Tlv, ...]

    def number(self, at: int) -> int:
        """The INTEGER there, -1 where nothing is. Raises TlvError on anything else, or more than eight bytes."""
        if at >= len(self.fields):
            return -1
        field = self.fields[at]
        if field.tag != _INTEGER or not 1 <= len(field.value) <= 8 or field.value[0] & 0x80:
            raise TlvError("SecurityInfo: no number where one belongs")
        return int.from_bytes(field.value)

    def is_of(self, protocols: bytes) -> bool:
        """Whether it is of this family: two bytes follow, the second for one of our ciphers."""
        return self.protocol[:-2] == protocols and self.protocol[-1] in _CIPHERS


_CIPHERS = {cipher.value for cipher in Cipher}
_MAPPINGS = {mapping.value for mapping in Mapping}


def _info(info: Tlv) -> _Info:
    if info.tag != _SEQUENCE:
        raise TlvError("SecurityInfo: no SEQUENCE")
    fields = read_all(info.value)
    if not fields or fields[0].tag != _OID:
        raise TlvError("SecurityInfo: no protocol")
    return _Info(fields[0].value, fields[1:])


def _pace(infos: tuple[_Info, ...]) -> tuple[PaceInfo, ...]:
    # Version 1 was never ICAO's.
    known = [each for each in infos if each.is_of(_PACE) and each.protocol[-2] in _MAPPINGS and each.number(0) == 2]
    protocols = [each.protocol for each in known]
    return tuple(
        PaceInfo(
            protocol=each.protocol,
            mapping=Mapping(each.protocol[-2]),
            cipher=Cipher(each.protocol[-1]),
            parameter_id=each.number(1),
            ambiguous=protocols.count(each.protocol) > 1,
        )
        for each in known
    )


def _chip_authentication(infos: tuple[_Info, ...]) -> tuple[ChipAuthentication, ...]:
    keys = _chip_keys(infos)
    offers = [each for each in infos if each.is_of(_CHIP_AUTHENTICATION)]
    if not offers:
        protocol = _CHIP_AUTHENTICATION + bytes([_ECDH, Cipher.DES3.value])
        return tuple(ChipAuthentication(protocol, Cipher.DES3, key, _key_id(number)) for number, key in keys)
    found = []
    for each in offers:
        number = each.number(1)
        fitting = [key for key_number, key in keys if number in (-1, key_number)]
        if each.protocol[-2] == _ECDH and each.number(0) == 1 and fitting:
            cipher = Cipher(each.protocol[-1])
            found.append(ChipAuthentication(each.protocol, cipher, fitting[0], _key_id(number)))
    return tuple(sorted(found, key=lambda one: one.cipher.value, reverse=True))


def _chip_keys(infos: tuple[_Info, ...]) -> list[tuple[int, EcPublicKey]]:
    """The chip's keys on known curves, with their numbers (-1: none)."""
    keys = []
    for each in infos:
        if each.protocol != _CHIP_KEY + bytes([_ECDH]):
            continue
        if not each.fields or each.fields[0].tag != _SEQUENCE:
            raise TlvError("SecurityInfo: no public key")
        try:
            key = parse_ec_public_key(write(_SEQUENCE, each.fields[0].value))
        except UnknownCurve:
            continue
        keys.append((each.number(1), key))
    return keys


def _key_id(number: int) -> bytes:
    return b"" if number == -1 else number.to_bytes((number.bit_length() + 7) // 8 or 1)


def _active_authentication(infos: tuple[_Info, ...]) -> str:
    for each in infos:
        if each.protocol == _ACTIVE_AUTHENTICATION and [field.tag for field in each.fields[1:2]] == [_OID]:
            return _dotted(each.fields[1].value)
    return ""


def _dotted(oid: bytes) -> str:
    """The object identifier as it is written. Source: ISO/IEC 8825-1, 8.19."""
    if not 1 <= len(oid) <= 32 or oid[-1] & 0x80:
        raise TlvError("SecurityInfo: a cut or over-long object identifier")
    numbers, number = [], 0
    for byte in oid:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
