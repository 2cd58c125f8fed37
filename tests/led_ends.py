"""The far ends of LED lines: pymodbus's own server, and a sign that speaks Adaptive's Alpha protocol."""

import asyncio
import os
import select
import threading
import time
import tty
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymodbus import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

REGISTERS = 100


class ModbusUnits:
    """pymodbus's server of displays on a serial line (``link``, a pty) or on a TCP port; others do not answer.

    ``registers`` is what each unit was told last, ``written`` every picture in its order. Switched off, none answers;
    switched on again, the registers are what they were at first.
    """

    def __init__(self, link: Path | None = None, units: Sequence[int] = (1,), port: int = 0) -> None:
        self.written: list[tuple[int, str]] = []
        self.registers: dict[int, dict[int, int]] = {unit: {} for unit in units}
        self.port = port
        self._link = link
        self._units = units
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: Any = None
        self.power_on()

    def shown(self, unit: int = 1, first: int = 0, digits: int = 6) -> str:
        """The digits as a module with one ASCII code in the low byte of each register would show them."""
        known = self.registers[unit]
        return "".join(chr(known.get(first + at, 0x2E)) for at in range(digits))

    def power_on(self) -> None:
        """Begin to answer."""
        for known in self.registers.values():
            known.clear()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    def power_off(self) -> None:
        """Answer nothing."""
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._server.shutdown(), self._loop).result(5)
            self._server = None

    def close(self) -> None:
        """Take the units away."""
        self.power_off()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        units = [
            SimDevice(unit, SimData(0, count=REGISTERS, values=0, datatype=DataType.REGISTERS)) for unit in self._units
        ]
        if self._link is None:
            server: Any = ModbusTcpServer(
                units, address=("127.0.0.1", self.port), trace_pdu=self._note, trace_packet=self._keep_silent
            )
        else:
            server = ModbusSerialServer(
                units,
                framer=FramerType.RTU,
                port=str(self._link),
                baudrate=115_200,
                trace_pdu=self._note,
                trace_packet=self._keep_silent,
            )
        await server.serve_forever(background=True)
        if self._link is None:
            self.port = server.transport.sockets[0].getsockname()[1]
        self._server = server

    def _keep_silent(self, sending: bool, data: bytes) -> bytes:
        """pymodbus 3.16.1 answers for units that are not there, whatever ``ignore_missing_devices`` says."""
        unit = data[0] if self._link is not None else data[6]
        return b"" if sending and unit not in self._units else data

    def _note(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending and isinstance(pdu, WriteMultipleRegistersRequest) and pdu.dev_id in self.registers:
            self.registers[pdu.dev_id].update(enumerate(pdu.registers, start=pdu.address))
            self.written.append((pdu.dev_id, "".join(chr(code) for code in pdu.registers)))
        return pdu


class AlphaSign:
    """A message board on a pty at ``link``, which shows its priority text as the protocol's manual says.

    Like the real ones it is deaf for a while after a packet. ``dumb``: it shows, and answers nothing. ``adds``: what it
    puts behind its text when it is asked for it.
    """

    DEAF_S = 0.1

    def __init__(self, link: Path, address: int = 1, kind: bytes = b"Z") -> None:
        self.packets: list[bytes] = []
        self.dumb = False
        self.priority = self.adds = b""
        self._address = f"{address:02X}".encode()
        self._kind = kind
        self._on = True
        self._pending = b""
        self._deaf_until_s = 0.0
        self._sign, self._line = os.openpty()
        tty.setraw(self._line)
        link.symlink_to(os.ttyname(self._line))
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """The text that it shows, without position, mode and flashing."""
        return self.priority[3:].replace(b"\x071", b"").replace(b"\x070", b"").decode("ascii")

    @property
    def flashes(self) -> bool:
        """Whether anything of it flashes."""
        return self.priority[2:3] == b"c" or b"\x071" in self.priority[3:]

    def power_off(self) -> None:
        """Dark, and it forgets."""
        self._on = False
        self.priority = self._pending = b""

    def power_on(self) -> None:
        """It comes up without a priority text."""
        self._on = True

    def close(self) -> None:
        """Take the sign away."""
        os.write(self._stopper, b"x")
        self._thread.join()
        for descriptor in (self._sign, self._line, self._stop, self._stopper):
            os.close(descriptor)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._sign, self._stop], [], [])
            if self._stop in ready:
                return
            data = os.read(self._sign, 4096)
            if self._on:
                self._hear(data)

    def _hear(self, data: bytes) -> None:
        *packets, self._pending = (self._pending + data).split(b"\x04")
        for packet in packets:
            nulls, _, rest = packet.rpartition(b"\x01")
            deaf = time.monotonic() < self._deaf_until_s
            if deaf or not nulls.endswith(b"\0" * 5) or rest[:1] not in (b"Z", self._kind):
                continue
            if rest[1:3] not in (b"00", self._address) or rest[3:4] != b"\x02":
                continue
            block, etx, check = rest[3:].partition(b"\x03")
            if not etx or _number(check) != (sum(block) + 3) % 65536:
                continue
            self._deaf_until_s = time.monotonic() + self.DEAF_S
            self.packets.append(rest)
            if block[1:3] == b"A0":
                self.priority = block[3:]
            elif block[1:3] == b"B0" and not self.dumb:
                answer = b"\x02A0" + self.priority + self.adds + b"\x03"
                os.write(self._sign, b"\0" * 20 + b"\x01000" + answer + b"%04X\x04" % (sum(answer) % 65536))


def _number(check: bytes) -> int:
    """A checksum in hexadecimal digits; -1 where the way made something else of them."""
    try:
        return int(check or b"0", 16)
    except ValueError:
        return -1
