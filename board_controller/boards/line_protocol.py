"""The LED line protocol "moiso-line", version 1: frames, pictures and answers as bytes (docs/protocols-led.md)."""

import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from board_controller.boards.rows import Row as Row

FLAG = 0x7E
ESCAPE = 0x7D
ESCAPE_BIT = 0x20

SHOW = 0x01
POLL = 0x02
ANSWER = 0x80  # an answer's type is the request's with this bit set

HEAD_BYTES = 4  # address, type, sequence, length
CHECK_BYTES = 2
MAX_PAYLOAD = 240
MAX_ROWS = 8
MAX_ROW_BYTES = 24
MIN_ADDRESS, MAX_ADDRESS = 1, 247
BLINK = 0x01

OK = 0x00
STATUS_WORDS = {OK: "shown", 0x01: "unknown type", 0x02: "malformed picture", 0x03: "more rows than the board has"}


class FrameError(Exception):
    """The bytes are no frame, picture or answer of this protocol; the text says which rule they break."""


class Frame(Struct, frozen=True):
    """One request or answer on the line. ``sequence`` is 0–255; an answer repeats its request's."""

    address: int
    type: int
    sequence: int
    payload: bytes


class Answer(Struct, frozen=True):
    """What a board says: a status of ``STATUS_WORDS``, and the check value of the picture it shows now."""

    status: int
    shown: int


def check_value(data: bytes) -> int:
    """CRC-16/IBM-SDLC (also CRC-16/X-25): the 16-bit FCS of PPP.

    Source: RFC 1662, appendix C.2; check value from the catalogue of parametrised CRC algorithms, CRC-16/IBM-SDLC.

    >>> hex(check_value(b"123456789"))
    '0x906e'
    """
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the wire, with a flag before and after.

    Raises ValueError where a field does not fit.
    Source: octet stuffing as in RFC 1662, 4.2.

    >>> encode(Frame(address=1, type=POLL, sequence=0x7E, payload=b"")).hex(" ")
    '7e 01 02 7d 5e 00 09 3f 7e'
    """
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"payload of {len(frame.payload)} bytes, more than {MAX_PAYLOAD}")
    body = bytes((frame.address, frame.type, frame.sequence, len(frame.payload))) + frame.payload
    body += check_value(body).to_bytes(CHECK_BYTES, "little")
    stuffed = bytearray((FLAG,))
    for byte in body:
        if byte in (FLAG, ESCAPE):
            stuffed += bytes((ESCAPE, byte ^ ESCAPE_BIT))
        else:
            stuffed.append(byte)
    stuffed.append(FLAG)
    return bytes(stuffed)


class Decoder:
    """Finds the frames in a stream of bytes that may be cut, doubled or damaged anywhere.

    Damage costs the frame it hits; the next flag starts anew. ``damaged`` counts what was thrown away.
    """

    def __init__(self) -> None:
        self._body = bytearray()
        self._escaped = False
        self._skipping = True  # until the first flag
        self.damaged = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete, in order."""
        for byte in data:
            if byte == FLAG:
                body = bytes(self._body)
                broken = self._escaped or (self._skipping and bool(body))
                self._body.clear()
                self._escaped = self._skipping = False
                if not body and not broken:
                    continue  # two flags between frames, or the first one
                try:
                    yield _frame(body, broken=broken)
                except FrameError:
                    self.damaged += 1
            elif self._skipping:
                continue
            elif byte == ESCAPE and not self._escaped:
                self._escaped = True
            else:
                self._body.append(byte ^ ESCAPE_BIT if self._escaped else byte)
                self._escaped = False
                self._skipping = len(self._body) > HEAD_BYTES + MAX_PAYLOAD + CHECK_BYTES


def _frame(body: bytes, *, broken: bool) -> Frame:
    if broken or len(body) < HEAD_BYTES + CHECK_BYTES:
        raise FrameError("cut off")
    content, check = body[:-CHECK_BYTES], int.from_bytes(body[-CHECK_BYTES:], "little")
    if check_value(content) != check:
        raise FrameError("check value does not match")
    address, kind, sequence, length = content[:HEAD_BYTES]
    payload = content[HEAD_BYTES:]
    if length != len(payload):
        raise FrameError("length does not match")
    return Frame(address, kind, sequence, payload)


def encode_picture(rows: tuple[Row, ...]) -> bytes:
    """The payload of SHOW: every row of the board at once, so that no mixture of two pictures is ever shown.

    Raises ValueError where there are too many rows or one is longer than ``MAX_ROW_BYTES`` bytes of UTF-8.

    >>> encode_picture((Row("1 A047", blink=True), Row("2"))).hex(" ")
    '02 01 06 31 20 41 30 34 37 00 01 32'
    """
    if len(rows) > MAX_ROWS:
        raise ValueError(f"{len(rows)} rows, more than {MAX_ROWS}")
    payload = bytearray((len(rows),))
    for row in rows:
        text = unicodedata.normalize("NFC", row.text).encode()
        if len(text) > MAX_ROW_BYTES:
            raise ValueError(f"a row of {len(text)} bytes, more than {MAX_ROW_BYTES}")
        payload += bytes((BLINK if row.blink else 0, len(text))) + text
    return bytes(payload)


EMPTY_PICTURE = encode_picture(())  # what a board shows when it comes up


def decode_picture(payload: bytes) -> tuple[Row, ...]:
    """The rows of a SHOW payload. Raises FrameError where it is not exactly one well-formed picture."""
    if not payload or payload[0] > MAX_ROWS:
        raise FrameError("no picture")
    rows, at = [], 1
    for _ in range(payload[0]):
        if len(payload) < at + 2:
            raise FrameError("a row is cut off")
        flags, length = payload[at], payload[at + 1]
        text = payload[at + 2 : at + 2 + length]
        if flags & ~BLINK or length > MAX_ROW_BYTES or len(text) != length:
            raise FrameError("a row does not fit")
        try:
            rows.append(Row(text.decode(), bool(flags & BLINK)))
        except UnicodeDecodeError as error:
            raise FrameError("a row is not UTF-8") from error
        at += 2 + length
    if at != len(payload):
        raise FrameError("bytes after the last row")
    return tuple(rows)


def encode_answer(answer: Answer) -> bytes:
    """The payload of an answer."""
    return bytes((answer.status,)) + answer.shown.to_bytes(CHECK_BYTES, "little")


def decode_answer(payload: bytes) -> Answer:
    """The answer in this payload. Raises FrameError where it is none."""
    if len(payload) != 1 + CHECK_BYTES or payload[0] not in STATUS_WORDS:
        raise FrameError("no answer")
    return Answer(payload[0], int.from_bytes(payload[1:], "little"))
