"""Commands to a chip and its answers: what a chip understands when no channel protects them."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from msgspec import Struct

from edge.contracts.reading import ReadingFault
from edge.emrtd.errors import CardError

SHORT = 256  # the longest answer to a short command, in bytes
EXTENDED = 65536
APPLICATION = bytes.fromhex("A0000002471001")

MAX_OFFSET = 0x7FFF

_SW_OK = 0x9000


class Command(Struct, frozen=True):
    """One command APDU. ``ne`` is the most bytes that the answer may hold: 0 none, 256 Le 00, 65536 Le 0000."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    def encode(self) -> bytes:
        """The bytes for the reader: short where data has at most 255 bytes and ne is at most 256, else extended.

        Source: ISO/IEC 7816-4, 5.1 (cases 1 to 4).

        >>> Command(0x00, 0xB0, 0x9E, 0x00, ne=SHORT).encode().hex()
        '00b09e0000'
        >>> Command(0x00, 0xB0, 0x9E, 0x00, ne=2048).encode().hex()
        '00b09e00000800'
        """
        encoded = self.header
        if len(self.data) <= 0xFF and self.ne <= SHORT:
            if self.data:
                encoded += bytes([len(self.data)]) + self.data
            return encoded + (bytes([self.ne % SHORT]) if self.ne else b"")
        if len(self.data) > 0xFFFF or self.ne > EXTENDED:
            raise ValueError("longer than an extended command can say")
        encoded += b"\0"
        if self.data:
            encoded += len(self.data).to_bytes(2) + self.data
        return encoded + ((self.ne % EXTENDED).to_bytes(2) if self.ne else b"")

    def __repr__(self) -> str:
        return f"Command({self.header.hex()}, {len(self.data)} bytes, ne {self.ne})"


class Response(Struct, frozen=True):
    """One answer: its data, and the status word (0x9000 where the chip did as it was told)."""

    data: bytes
    sw: int

    @property
    def ok(self) -> bool:
        return self.sw == _SW_OK

    @classmethod
    def decode(cls, raw: bytes) -> "Response":
        """The answer in these bytes. Raises CardError (MALFORMED) on less than a status word, or more than fits."""
        if not 2 <= len(raw) <= EXTENDED + 2:
            raise CardError(ReadingFault.MALFORMED, f"an answer of {len(raw)} bytes")
        return cls(raw[:-2], int.from_bytes(raw[-2:]))

    def __repr__(self) -> str:
        return f"Response({self.sw:04X}, {len(self.data)} bytes)"


T = TypeVar("T")
Steps: TypeAlias = Generator[Command, Response, T]


def select_application() -> Command:
    """SELECT of the eMRTD application, by its name. Source: ICAO Doc 9303-10, 3.2 and 3.6.1."""
    return Command(0x00, 0xA4, 0x04, 0x0C, APPLICATION)


def select_file(fid: int) -> Command:
    """SELECT of an elementary file by its identifier, without an answer. Source: ICAO Doc 9303-10, 3.6.2."""
    return Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2))


def read_binary_sfi(sfi: int, ne: int) -> Command:
    """READ BINARY from the beginning of the file with this short identifier (1 to 30), which selects it too."""
    if not 1 <= sfi <= 30:
        raise ValueError(f"{sfi} is no short file identifier")
    return Command(0x00, 0xB0, 0x80 | sfi, 0x00, ne=ne)


def read_binary(offset: int, ne: int) -> Command:
    """READ BINARY of the selected file from ``offset`` bytes, at most 0x7FFF. Source: ICAO Doc 9303-10, 3.6.3."""
    if not 0 <= offset <= MAX_OFFSET:
        raise ValueError(f"READ BINARY reaches no offset {offset}")
    return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, ne=ne)


def read_binary_far(offset: int, ne: int) -> Command:
    """READ BINARY of the selected file from any offset; the answer holds the bytes, at most ``ne``, in a DO'53'.

    Source: ICAO Doc 9303-10, 3.6.3.2; ISO/IEC 7816-4, 7.2.3.

    >>> read_binary_far(0x8000, 100).encode().hex()
    '00b10000045402800066'
    """
    where = offset.to_bytes(2)
    header = 2 if ne < 0x80 else 3 if ne <= 0xFF else 4
    return Command(0x00, 0xB1, 0x00, 0x00, bytes((0x54, len(where))) + where, ne=ne + header)
