"""The drivers of seven-segment displays that speak Modbus, on a serial line and over TCP."""

import logging
import time
from abc import abstractmethod
from collections.abc import Sequence

import serial

from board_controller.boards.line import POLL_S, REFUSED_S, BoardLine
from board_controller.boards.modbus import (
    MAX_RTU_BYTES,
    MBAP_BYTES,
    Written,
    registers,
    rtu,
    rtu_answer,
    tcp,
    tcp_answer,
    write_registers,
)
from board_controller.boards.rows import Health, Row
from board_controller.config import LedBoard

log = logging.getLogger(__name__)

ANSWER_S = 0.3  # beside the frames' own time on the line
BITS_PER_BYTE = 11
SILENCE_BYTES = 3.5  # between two frames; from 19,200 baud on a fixed time (MODBUS over Serial Line V1.02, 2.5.1.1)
SILENCE_S = 0.00175
FAST_BAUD = 19_200


class _ModbusLine(BoardLine):
    """Displays whose registers are written again every ``POLL_S`` seconds: so one that was off shows the right number.

    Nothing is read back: writing the same registers twice is the same as once, every module can do it, and the
    answer says that the unit is there and took them.
    """

    def _phases(self, board: LedBoard, rows: tuple[Row, ...]) -> tuple[bytes, ...]:
        shown = rows + (Row(""),) * (len(board.counters) - len(rows))
        lit = registers(shown, board.digits, board.packing)
        dark = registers(shown, board.digits, board.packing, lit=False)
        return (lit, dark) if board.blinks and dark != lit else (lit,)

    def _bring_in_step(
        self, port: serial.Serial, board: LedBoard, picture: bytes, known: Health | None
    ) -> tuple[Health, float]:
        del known
        written = self._write(port, board.address, write_registers(board.register, picture))
        if not written.exception:
            return Health.SHOWING, POLL_S
        log.debug("LED board %d answers with exception %d", board.address, written.exception)
        return Health.REFUSING, REFUSED_S

    @abstractmethod
    def _write(self, port: serial.Serial, unit: int, pdu: bytes) -> Written:
        """What the unit answers to this request. Raises BoardSilent where it does not."""


class ModbusRtuLine(_ModbusLine):
    """Modbus RTU on RS-485, or through a serial gateway that passes bytes on (``socket://…``)."""

    def __init__(self, boards: Sequence[LedBoard]) -> None:
        super().__init__(boards)
        self._quiet_s = SILENCE_S if self._baud > FAST_BAUD else SILENCE_BYTES * BITS_PER_BYTE / self._baud
        self._free_s = 0.0

    def _write(self, port: serial.Serial, unit: int, pdu: bytes) -> Written:
        time.sleep(max(0.0, self._free_s - time.monotonic()))
        port.reset_input_buffer()  # an answer that came too late is nobody's
        request = rtu(unit, pdu)
        port.write(request)
        sent_s = len(request) * BITS_PER_BYTE / self._baud
        self._free_s = time.monotonic() + sent_s + self._quiet_s
        received = b""
        for data in self._listen(port, ANSWER_S + 2 * sent_s):
            received = (received + data)[-MAX_RTU_BYTES:]
            answer = rtu_answer(received, unit, pdu)
            if answer is not None:
                self._free_s = time.monotonic() + self._quiet_s
                return answer
        raise AssertionError  # listening ends with BoardSilent


class ModbusTcpLine(_ModbusLine):
    """Modbus/TCP: one connection, any number of units behind it."""

    def __init__(self, boards: Sequence[LedBoard]) -> None:
        super().__init__(boards)
        self._transaction = 0

    def _write(self, port: serial.Serial, unit: int, pdu: bytes) -> Written:
        self._transaction = (self._transaction + 1) % 0x10000
        port.write(tcp(self._transaction, unit, pdu))
        received = b""
        for data in self._listen(port, ANSWER_S):
            received = (received + data)[-MAX_RTU_BYTES - MBAP_BYTES :]
            answer = tcp_answer(received, self._transaction, unit, pdu)
            if answer is not None:
                return answer
        raise AssertionError  # listening ends with BoardSilent
