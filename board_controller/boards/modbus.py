"""Modbus, as far as a seven-segment display needs it: writing registers over RTU and TCP, as bytes. Pure.

Sources: MODBUS Application Protocol Specification V1.1b3, 6.12 and 7; MODBUS over Serial Line V1.02, 2.5.1; MODBUS
Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3. The register map of the DM36 and DM56 modules (one ASCII code a
register, from register 0) is a maker's, not the standard's.
"""

from typing import Literal

from msgspec import Struct

from board_controller.boards.rows import Row, plain

WRITE_REGISTERS = 0x10
EXCEPTION = 0x80
MAX_REGISTERS = 123
MAX_RTU_BYTES = 256
MBAP_BYTES = 7
TOO_LONG = "-"  # where a text has no room: a part of a number would be another number

Packing = Literal["low", "high", "both"]


class Written(Struct, frozen=True):
    """The unit's answer: 0 where it took the registers, else its exception code."""

    exception: int


def crc(data: bytes) -> int:
    """CRC-16/MODBUS, whose low byte goes over the wire first.

    Source: MODBUS over Serial Line V1.02, 6.2.2; check value from the catalogue of parametrised CRC algorithms.

    >>> hex(crc(b"123456789"))
    '0x4b37'
    """
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def registers(rows: tuple[Row, ...], digits: int, packing: Packing = "low", *, lit: bool = True) -> bytes:
    """The registers of a display, two bytes each: every row right-aligned in so many digits, one row after the other.

    ``packing`` says where in a register the ASCII code of a digit stands; ``both``: two digits share one, the left one
    in its high byte. A text that is too long becomes dashes; without ``lit`` the rows that blink are dark.

    >>> registers((Row("A7"),), 4).hex(" ", 2)
    '0020 0020 0041 0037'
    """
    text = ""
    for row in rows:
        shown = plain(row.text) if lit or not row.blink else ""
        text += shown.rjust(digits) if len(shown) <= digits else TOO_LONG * digits
    codes = text.encode("ascii")
    match packing:
        case "low":
            return b"".join(bytes((0, code)) for code in codes)
        case "high":
            return b"".join(bytes((code, 0)) for code in codes)
        case "both":
            return codes + b" " * (len(codes) % 2)


def write_registers(first: int, values: bytes) -> bytes:
    """The request (PDU) that writes these registers from ``first`` on.

    Raises ValueError where there are none, more than one request can hold, or more than there are.

    >>> write_registers(1, bytes.fromhex("000A 0102")).hex(" ")
    '10 00 01 00 02 04 00 0a 01 02'
    """
    count, odd = divmod(len(values), 2)
    if odd or not 1 <= count <= MAX_REGISTERS or not 0 <= first <= 0x10000 - count:
        raise ValueError(f"{len(values)} bytes from register {first} on")
    return bytes((WRITE_REGISTERS, *first.to_bytes(2, "big"), *count.to_bytes(2, "big"), len(values))) + values


def rtu(unit: int, pdu: bytes) -> bytes:
    """The request as a frame of the serial line.

    >>> rtu(17, write_registers(1, bytes.fromhex("000A 0102"))).hex(" ")
    '11 10 00 01 00 02 04 00 0a 01 02 c6 f0'
    """
    body = bytes((unit,)) + pdu
    return body + crc(body).to_bytes(2, "little")


def rtu_answer(received: bytes, unit: int, pdu: bytes) -> Written | None:
    """The unit's answer to this request, wherever it stands in what was received; None while there is none.

    Noise, other units' frames and the echo of the request itself are passed over.

    >>> rtu_answer(bytes.fromhex("ff 11 10 00 01 00 02 12 98"), 17, write_registers(1, bytes(4)))
    Written(exception=0)
    """
    good = rtu(unit, pdu[:5])
    refused = bytes((unit, pdu[0] | EXCEPTION))
    if good in received:
        return Written(0)
    at = received.find(refused)
    while at >= 0:
        frame = received[at : at + 5]
        if len(frame) == 5 and crc(frame[:3]) == int.from_bytes(frame[3:], "little"):
            return Written(frame[2])
        at = received.find(refused, at + 1)
    return None


def tcp(transaction: int, unit: int, pdu: bytes) -> bytes:
    """The request as a frame of Modbus/TCP; ``transaction`` is 0–65535.

    >>> tcp(1, 17, write_registers(1, bytes.fromhex("000A 0102"))).hex(" ")
    '00 01 00 00 00 0b 11 10 00 01 00 02 04 00 0a 01 02'
    """
    return transaction.to_bytes(2, "big") + bytes((0, 0)) + (len(pdu) + 1).to_bytes(2, "big") + bytes((unit,)) + pdu


def tcp_answer(received: bytes, transaction: int, unit: int, pdu: bytes) -> Written | None:
    """The unit's answer to this request of this transaction, wherever it stands; None while there is none.

    >>> tcp_answer(bytes.fromhex("0001 0000 0003 11 90 02"), 1, 17, write_registers(1, bytes(4)))
    Written(exception=2)
    """
    if tcp(transaction, unit, pdu[:5]) in received:
        return Written(0)
    refused = tcp(transaction, unit, bytes((pdu[0] | EXCEPTION, 0)))[:-1]
    at = received.find(refused)
    if at >= 0 and at + len(refused) < len(received):
        return Written(received[at + len(refused)])
    return None
