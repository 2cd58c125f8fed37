"""The driver of boards that speak moiso-line (docs/protocols-led.md)."""

import logging
from collections.abc import Sequence

import serial

from board_controller.boards.line import POLL_S, REFUSED_S, BoardLine
from board_controller.boards.line_protocol import (
    ANSWER,
    OK,
    POLL,
    SHOW,
    STATUS_WORDS,
    Answer,
    Decoder,
    Frame,
    FrameError,
    check_value,
    decode_answer,
    encode,
    encode_picture,
)
from board_controller.boards.rows import Health, Row
from board_controller.config import LedBoard

log = logging.getLogger(__name__)

ANSWER_S = 0.2  # a board answers within 100 ms; the rest is the adapter's and the scheduler's
BITS_PER_BYTE = 10  # 8N1


class LedLine(BoardLine):
    """A line of moiso-line: each board says by a check value what it shows now."""

    def __init__(self, boards: Sequence[LedBoard]) -> None:
        super().__init__(boards)
        self._decoder = Decoder()
        self._sequence = 0

    def _opened(self) -> None:
        self._decoder = Decoder()

    def _phases(self, board: LedBoard, rows: tuple[Row, ...]) -> tuple[bytes, ...]:
        del board  # all take the same picture
        return (encode_picture(rows),)

    def _bring_in_step(
        self, port: serial.Serial, board: LedBoard, picture: bytes, known: Health | None
    ) -> tuple[Health, float]:
        wanted = check_value(picture)
        if known is Health.SHOWING:
            answer = self._ask(port, board.address, POLL, b"")
            if answer.status == OK and answer.shown == wanted:
                return Health.SHOWING, POLL_S
        answer = self._ask(port, board.address, SHOW, picture)  # it is new, or the board was off in between
        if answer.status == OK and answer.shown == wanted:
            return Health.SHOWING, POLL_S
        log.debug("LED board %d says: %s", board.address, STATUS_WORDS[answer.status])
        return Health.REFUSING, REFUSED_S

    def _ask(self, port: serial.Serial, address: int, kind: int, payload: bytes) -> Answer:
        self._sequence = (self._sequence + 1) % 256
        request = encode(Frame(address, kind, self._sequence, payload))
        port.write(request)
        for data in self._listen(port, ANSWER_S + len(request) * BITS_PER_BYTE / self._baud):
            for frame in self._decoder.feed(data):
                if (frame.address, frame.type, frame.sequence) != (address, kind | ANSWER, self._sequence):
                    continue  # late, or somebody else's
                try:
                    return decode_answer(frame.payload)
                except FrameError:
                    continue
        raise AssertionError  # listening ends with BoardSilent
