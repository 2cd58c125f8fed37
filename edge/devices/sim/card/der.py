"""BER-TLV as the chip writes and reads it: X.690 for the files, ISO/IEC 7816-4 for commands and answers."""

_MOST_DEPTH_OF_LENGTH = 3  # 16 MB, more than any file of a chip


class DerError(Exception):
    """What was received is no TLV."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """One data object with these parts, one after the other, as its value."""
    value = b"".join(parts)
    size = len(value)
    if size < 0x80:
        length = bytes((size,))
    else:
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes((0x80 | len(digits),)) + digits
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + length + value


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, its elements in the order that DER asks for."""
    return tlv(0x31, *sorted(parts))


def integer(number: int) -> bytes:
    """INTEGER; not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER of its dotted form."""
    return tlv(0x06, oid_value(dotted))


def oid_value(dotted: str) -> bytes:
    """The value of an object identifier, without its tag and length."""
    first, second, *rest = map(int, dotted.split("."))
    encoded = bytearray()
    for arc in (40 * first + second, *rest):
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(0x80 | arc & 0x7F)
        encoded += bytes(reversed(group))
    return bytes(encoded)


def octets(*parts: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(0x04, *parts)


def bits(value: bytes, unused: int = 0) -> bytes:
    """BIT STRING; so many of the last bits are ``unused``."""
    return tlv(0x03, bytes((unused,)), value)


def utf8(text: str) -> bytes:
    """UTF8String."""
    return tlv(0x0C, text.encode())


def printable(text: str) -> bytes:
    """PrintableString."""
    return tlv(0x13, text.encode("ascii"))


def read_all(data: bytes) -> list[tuple[int, bytes]]:
    """The data objects that these bytes are made of, as pairs of tag and value.

    Tags of one and two bytes, definite lengths of up to three. Raises DerError on anything else, or a byte too many.
    """
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag, at = _read_tag(data, at)
        size, at = _read_length(data, at)
        if at + size > len(data):
            raise DerError("a value that is cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found


def _read_tag(data: bytes, at: int) -> tuple[int, int]:
    if data[at] & 0x1F != 0x1F:
        return data[at], at + 1
    if at + 1 >= len(data) or data[at + 1] & 0x80:
        raise DerError("a tag of more than two bytes")
    return data[at] << 8 | data[at + 1], at + 2


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise DerError("no length")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= _MOST_DEPTH_OF_LENGTH or at + 1 + count > len(data):
        raise DerError("a length that a chip does not take")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count
