"""The far end of the LED line: a board that decodes what it is sent and answers, written from docs/protocols-led.md."""

import contextlib
import os
import select
import threading
import tty
from pathlib import Path

from msgspec import Struct


class Row(Struct, frozen=True):
    """What one row of lamps shows."""

    text: str
    blink: bool


# FCS-16 as in the table of RFC 1662, C.2, computed by its own generator (reversed x^16 + x^12 + x^5 + 1).
def _table() -> list[int]:
    table = []
    for index in range(256):
        value = index
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
        table.append(value)
    return table


_FCS = _table()
_GOOD = 0xF0B8  # what the register holds after a whole undamaged frame with its check value


def _register(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _FCS[(value ^ byte) & 0xFF]
    return value


def _check_bytes(data: bytes) -> bytes:
    return (_register(data) ^ 0xFFFF).to_bytes(2, "little")


class SimLedBoard:
    """A board on a pseudo-terminal, reachable at the path ``link``.

    ``silent``: it shows what it gets and answers nothing. ``corrupt_next``: the next answer leaves damaged.
    """

    def __init__(self, link: Path, address: int = 1, rows: int = 4) -> None:
        self.silent = False
        self.corrupt_next = False
        self.frames_seen = 0
        self._address = address
        self._capacity = rows
        self._rows: list[Row] = []
        self._shown = b"\x00"
        self._on = True
        self._pending = b""
        self._board, self._line = os.openpty()
        tty.setraw(self._line)
        self._wake_read, self._wake_write = os.pipe()
        self._link = link
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._line))
        fresh.replace(link)
        self._thread = threading.Thread(target=self._run, name=f"sim {link.name}", daemon=True)
        self._thread.start()

    @property
    def rows(self) -> list[Row]:
        """What the lamps show now."""
        return list(self._rows)

    def power_off(self) -> None:
        """The lamps go dark and nothing is answered."""
        self._on = False
        self._rows, self._shown, self._pending = [], b"\x00", b""

    def power_on(self) -> None:
        """The board comes up empty."""
        self._on = True

    def close(self) -> None:
        """Unplug the board."""
        os.write(self._wake_write, b"x")
        self._thread.join()
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(self._link) == os.ttyname(self._line):
                self._link.unlink()
        for descriptor in (self._board, self._line, self._wake_read, self._wake_write):
            os.close(descriptor)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._board, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            data = os.read(self._board, 4096)
            if self._on:
                self._receive(data)

    def _receive(self, data: bytes) -> None:
        *whole, self._pending = (self._pending + data).split(b"\x7e")
        self._pending = self._pending[-1000:]
        for stuffed in whole:
            frame, escaped, spoilt = bytearray(), False, False
            for byte in stuffed:
                if byte == 0x7D:
                    spoilt = spoilt or escaped
                    escaped = True
                else:
                    frame.append(byte ^ (0x20 if escaped else 0))
                    escaped = False
            if not spoilt and not escaped and len(frame) >= 6 and _register(bytes(frame)) == _GOOD:
                self._obey(bytes(frame[:-2]))

    def _obey(self, frame: bytes) -> None:
        address, kind, sequence, length = frame[:4]
        payload = frame[4:]
        if address != self._address or length != len(payload) or kind >= 0x80:
            return
        self.frames_seen += 1
        match kind:
            case 0x01:
                status = self._show(payload)
            case 0x02:
                status = 0x00
            case _:
                status = 0x01
        if self.silent:
            return
        body = bytes((address, kind | 0x80, sequence, 3, status)) + _check_bytes(self._shown)
        body += _check_bytes(body)
        if self.corrupt_next:
            self.corrupt_next = False
            body = bytes((body[0], body[1], body[2] ^ 0x10)) + body[3:]
        stuffed = body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
        os.write(self._board, b"\x7e" + stuffed + b"\x7e")

    def _show(self, payload: bytes) -> int:
        rows, rest = [], payload[1:]
        for _ in range(payload[0] if payload else 0):
            if len(rest) < 2 or rest[0] > 1 or rest[1] > 24 or len(rest) < 2 + rest[1]:
                return 0x02
            try:
                rows.append(Row(rest[2 : 2 + rest[1]].decode(), rest[0] == 1))
            except UnicodeDecodeError:
                return 0x02
            rest = rest[2 + rest[1] :]
        if rest or not payload:
            return 0x02
        if len(rows) > self._capacity:
            return 0x03
        self._rows, self._shown = rows, payload
        return 0x00
