"""Commands as the chip receives them, and why it refuses one. Source: ISO/IEC 7816-3, 12.1; 7816-4, 5."""

from enum import IntEnum

from msgspec import Struct


class Sw(IntEnum):
    """The status words that this chip answers with."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    NOT_AUTHENTICATED = 0x6300
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    SECURITY_STATUS = 0x6982
    CONDITIONS = 0x6985
    NO_FILE_SELECTED = 0x6986
    SM_OBJECT_MISSING = 0x6987
    SM_OBJECT_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    NO_SUCH_REFERENCE = 0x6A88
    OFFSET_OUTSIDE = 0x6B00
    NO_SUCH_INSTRUCTION = 0x6D00
    NO_SUCH_CLASS = 0x6E00


class Refusal(Exception):
    """The chip says no: ``sw`` is its answer."""

    def __init__(self, sw: Sw) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class LostSession(Refusal):
    """The chip says no in the clear, and has forgotten the session."""


class Command(Struct, frozen=True):
    """One command; ``ne`` is how much is expected at most, 0 without Le; ``extended`` tells the length fields' form."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0
    extended: bool = False

    def __repr__(self) -> str:
        return f"Command({self.ins:02X} {self.p1:02X} {self.p2:02X}, {len(self.data)} bytes)"


def read_command(raw: bytes) -> Command:
    """The command of these bytes, short or extended. Raises LostSession 6700 where lengths do not add up."""
    if len(raw) < 4:
        raise LostSession(Sw.WRONG_LENGTH)
    cla, ins, p1, p2 = raw[:4]
    body = raw[4:]
    if len(body) <= 1:
        return Command(cla, ins, p1, p2, ne=(body[0] or 256) if body else 0)
    if body[0]:
        data, ne = _split(body[1:], body[0], le_bytes=1)
        return Command(cla, ins, p1, p2, data, ne)
    if len(body) < 3:
        raise LostSession(Sw.WRONG_LENGTH)
    number = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return Command(cla, ins, p1, p2, ne=number or 65536, extended=True)
    if not number:
        raise LostSession(Sw.WRONG_LENGTH)
    data, ne = _split(body[3:], number, le_bytes=2)
    return Command(cla, ins, p1, p2, data, ne, extended=True)


def _split(rest: bytes, size: int, le_bytes: int) -> tuple[bytes, int]:
    data, le = rest[:size], rest[size:]
    if len(data) < size or len(le) not in (0, le_bytes):
        raise LostSession(Sw.WRONG_LENGTH)
    return data, (int.from_bytes(le, "big") or 1 << 8 * le_bytes) if le else 0
