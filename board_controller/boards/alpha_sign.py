"""The driver of message boards that speak Adaptive's Alpha sign protocol."""

import time
from collections.abc import Sequence

import serial

from board_controller.boards.alpha import MAX_ANSWER_BYTES, answer, read_text, text, write_text
from board_controller.boards.line import REFUSED_S, TRIES, BoardLine
from board_controller.boards.rows import Health, Row
from board_controller.config import LedBoard

ANSWER_S = 1.0
# A BetaBrite loses one of two packets that follow each other within 0.1 s, and none at 0.25 s (measured by a user of
# one, who has published it).
GAP_S = 0.25
ASK_S = 30.0  # asking makes some signs blink, so it is done rarely
BITS_PER_BYTE = 10


class AlphaLine(BoardLine):
    """Signs that are written to, and asked afterwards what their text is, unless they cannot answer."""

    def __init__(self, boards: Sequence[LedBoard]) -> None:
        super().__init__(boards)
        self._free_s = 0.0
        self._differed = dict.fromkeys((board.address for board in boards), 0)

    def _phases(self, board: LedBoard, rows: tuple[Row, ...]) -> tuple[bytes, ...]:
        del board
        return (text(rows),)

    def _bring_in_step(
        self, port: serial.Serial, board: LedBoard, picture: bytes, known: Health | None
    ) -> tuple[Health, float]:
        if not board.answers:
            self._send(port, write_text(board.sign_type, board.address, picture))
            return Health.SENT, ASK_S
        if known in (Health.SENT, Health.SHOWING):
            if self._ask(port, board) == picture:
                self._differed[board.address] = 0
                return Health.SHOWING, ASK_S
            if known is Health.SENT:  # it was written a moment ago, and damaged on the line, or the sign is another
                self._differed[board.address] += 1
                if self._differed[board.address] % TRIES == 0:
                    return Health.REFUSING, REFUSED_S
        self._send(port, write_text(board.sign_type, board.address, picture))
        return Health.SENT, GAP_S

    def _ask(self, port: serial.Serial, board: LedBoard) -> bytes:
        port.reset_input_buffer()
        self._send(port, read_text(board.sign_type, board.address))
        received = b""
        for data in self._listen(port, ANSWER_S + MAX_ANSWER_BYTES * BITS_PER_BYTE / self._baud):
            received = (received + data)[-MAX_ANSWER_BYTES:]
            content = answer(received)
            if content is not None:
                return content
        raise AssertionError  # listening ends with BoardSilent

    def _send(self, port: serial.Serial, packet: bytes) -> None:
        time.sleep(max(0.0, self._free_s - time.monotonic()))
        port.write(packet)
        self._free_s = time.monotonic() + len(packet) * BITS_PER_BYTE / self._baud + GAP_S
