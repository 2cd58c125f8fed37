"""The driver of boards with a protocol of their own: frames from a template, and no answer."""

import serial

from board_controller.boards.line import BoardLine
from board_controller.boards.rows import Health, Row
from board_controller.boards.template import frames, shows_blinking
from board_controller.config import LedBoard

REPEAT_S = 5.0  # nobody says that a board was off: so each gets its picture again


class TemplateLine(BoardLine):
    """Boards that never answer: what is known of them is that their picture was sent."""

    def _phases(self, board: LedBoard, rows: tuple[Row, ...]) -> tuple[bytes, ...]:
        shown = rows + (Row(""),) * (len(board.counters) - len(rows))
        lit = frames(board.template, board.address, shown, board.check_from)
        if not board.blinks or shows_blinking(board.template) or not any(row.blink for row in shown):
            return (lit,)
        dark = tuple(Row("") if row.blink else row for row in shown)
        return (lit, frames(board.template, board.address, dark, board.check_from))

    def _bring_in_step(
        self, port: serial.Serial, board: LedBoard, picture: bytes, known: Health | None
    ) -> tuple[Health, float]:
        del board, known
        port.reset_input_buffer()  # nothing that a board says is understood, and it must not pile up
        port.write(picture)
        return Health.SENT, REPEAT_S
