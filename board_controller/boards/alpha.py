"""Adaptive's Alpha sign protocol (M-Protocol), as far as a message board needs it: a priority text, as bytes. Pure.

The priority TEXT file "0" is 125 bytes that every sign has; while it is there nothing else is shown, and an empty text
with a mode keeps the sign dark (a bare ``A0`` would let the sign's own messages come back).
Source: Alpha Sign Communications Protocol, Adaptive Micro Systems 9708-8061, sections 5.1 and 6.1, appendix G.
"""

import re
from collections.abc import Sequence

from board_controller.boards.rows import Row, plain

SYNC = b"\0" * 5  # the sign finds the baud rate by them
SOH, STX, ETX, EOT, ESC = b"\x01", b"\x02", b"\x03", b"\x04", b"\x1b"
WRITE_TEXT, READ_TEXT = b"A", b"B"
PRIORITY = b"0"
HOLD, FLASH = b"b", b"c"
MIDDLE, FILL = b" ", b"0"
NEW_LINE = b"\r"
FLASH_ON, FLASH_OFF = b"\x071", b"\x070"
MAX_PRIORITY_BYTES = 125
MAX_ANSWER_BYTES = 400
_ANSWER = re.compile(rb"\x01[0-9A-Za-z][0-9A-F]{2}\x02(A0[^\x01-\x04]*\x03)([0-9A-F]{4})\x04", re.DOTALL)


def checksum(block: bytes) -> bytes:
    """Four hexadecimal digits: the 16-bit sum of everything from STX to ETX, both counted.

    The example is what a BetaBrite answered, as a user of one has published it.

    >>> checksum(b"\\x02GaREAD ME\\x03")
    b'027B'
    """
    return f"{sum(block) % 0x10000:04X}".encode()


def text(rows: Sequence[Row]) -> bytes:
    """What the priority file holds to show these rows: position, mode and the rows, one below the other.

    One row alone flashes by the mode, of several each one by itself.
    Raises ValueError where they are longer than the file.

    >>> text([Row("1 A047", blink=True)])
    b'\\x1b c1 A047'
    >>> text([Row("1 A047", blink=True), Row("2 B112")])
    b'\\x1b0b\\x0711 A047\\x070\\r2 B112'
    """
    if len(rows) == 1:
        position, mode = MIDDLE, FLASH if rows[0].blink else HOLD
        lines = [plain(rows[0].text).encode()]
    else:
        position, mode = FILL, HOLD
        lines = [
            FLASH_ON + plain(row.text).encode() + FLASH_OFF if row.blink else plain(row.text).encode() for row in rows
        ]
    content = ESC + position + mode + (NEW_LINE.join(lines) or b" ")
    if len(content) > MAX_PRIORITY_BYTES:
        raise ValueError(f"a text of {len(content)} bytes, more than {MAX_PRIORITY_BYTES}")
    return content


def write_text(sign_type: str, address: int, content: bytes) -> bytes:
    """The packet that shows this content on the signs of this type (``Z``: all) with this address (0: all)."""
    return _packet(sign_type, address, WRITE_TEXT + PRIORITY + content)


def read_text(sign_type: str, address: int) -> bytes:
    """The packet that asks the sign what its priority file holds."""
    return _packet(sign_type, address, READ_TEXT + PRIORITY)


def _packet(sign_type: str, address: int, command: bytes) -> bytes:
    block = STX + command + ETX
    return SYNC + SOH + sign_type.encode("ascii") + f"{address:02X}".encode() + block + checksum(block) + EOT


def answer(received: bytes) -> bytes | None:
    """The content of the last whole answer to ``read_text`` in what was received; None while there is none.

    One without a checksum, or with one that does not fit, counts for nothing: signs put one behind every answer.

    >>> answer(b"\\0\\0\\x01000\\x02A0\\x1b b1 A047\\x030240\\x04")
    b'\\x1b b1 A047'
    """
    found = None
    for match in _ANSWER.finditer(received):
        block, check = match.groups()
        if check == checksum(STX + block):
            found = block.removeprefix(WRITE_TEXT + PRIORITY).removesuffix(ETX)
    return found
