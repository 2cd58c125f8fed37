"""BER-TLV as chips use it: tags of one or two bytes, definite lengths of at most 65535 bytes."""

from collections.abc import Iterator

from msgspec import Struct

from edge.emrtd.errors import TlvError

MAX_LENGTH = 0xFFFF
MAX_ELEMENTS = 256  # no file of a chip has more side by side


class Tlv(Struct, frozen=True):
    """One data object. ``size`` is the number of bytes that it took, tag and length included."""

    tag: int
    value: bytes
    size: int

    def __repr__(self) -> str:
        return f"Tlv({self.tag:02X}, {len(self.value)} bytes)"


def read_header(data: bytes, start: int = 0) -> tuple[int, int, int]:
    """Tag, length of the value, and where the value starts, from bytes of which the value may be missing.

    Raises TlvError on a cut or over-long header, an indefinite length, or a tag of more than two bytes.
    Source: ISO/IEC 7816-4, 5.2.2; ISO/IEC 8825-1, 8.1.

    >>> read_header(bytes.fromhex("7F4982010000"))
    (32585, 256, 5)
    """
    at = start
    if at >= len(data):
        raise TlvError("no tag")
    tag = data[at]
    at += 1
    if tag & 0x1F == 0x1F:
        if at >= len(data) or data[at] & 0x80:
            raise TlvError("a tag of more than two bytes, or a cut one")
        tag = tag << 8 | data[at]
        at += 1
    if at >= len(data):
        raise TlvError("no length")
    first = data[at]
    at += 1
    if first < 0x80:
        return tag, first, at
    if first not in (0x81, 0x82):
        raise TlvError("an indefinite or over-long length")
    octets = first - 0x80
    if at + octets > len(data):
        raise TlvError("a cut length")
    return tag, int.from_bytes(data[at : at + octets]), at + octets


def read_one(data: bytes, start: int = 0) -> Tlv:
    """The data object that begins at ``start``; what follows it is left alone. Raises TlvError where it is cut off."""
    tag, length, at = read_header(data, start)
    if at + length > len(data):
        raise TlvError(f"{tag:02X}: cut off")
    return Tlv(tag, data[at : at + length], at + length - start)


def read_all(data: bytes) -> tuple[Tlv, ...]:
    """The data objects side by side that fill these bytes wholly. Raises TlvError on a rest, or on too many."""
    return tuple(_each(data))


def read_only(data: bytes, tag: int) -> bytes:
    """The value of the one data object that these bytes are, which must have this tag. Raises TlvError otherwise."""
    found = read_one(data)
    if found.tag != tag:
        raise TlvError(f"{found.tag:02X} instead of {tag:02X}")
    if found.size != len(data):
        raise TlvError(f"{tag:02X}: a rest of {len(data) - found.size} bytes")
    return found.value


def value_of(objects: tuple[Tlv, ...], tag: int) -> bytes:
    """The value of the first object with this tag. Raises TlvError where there is none."""
    for found in objects:
        if found.tag == tag:
            return found.value
    raise TlvError(f"no {tag:02X}")


def write(tag: int, value: bytes) -> bytes:
    """The data object with the shortest length field.

    >>> write(0x7F49, b"\\x01").hex(), write(0x04, bytes(200)).hex()[:6]
    ('7f490101', '0481c8')
    """
    length = len(value)
    if length > MAX_LENGTH:
        raise ValueError(f"{length} bytes are more than a data object of a chip holds")
    header = (
        bytes([length]) if length < 0x80 else bytes([0x81, length]) if length < 0x100 else b"\x82" + length.to_bytes(2)
    )
    return tag.to_bytes(2 if tag > 0xFF else 1) + header + value


def _each(data: bytes) -> Iterator[Tlv]:
    at = 0
    for _ in range(MAX_ELEMENTS):
        if at == len(data):
            return
        found = read_one(data, at)
        yield found
        at += found.size
    if at != len(data):
        raise TlvError("too many data objects")
