"""The driver of the boards on one serial line: keeps the wanted pictures and makes the boards show them."""

import logging
import threading
import time
from collections.abc import Iterable
from enum import Enum

import serial

from board_controller.boards.line_protocol import (
    ANSWER,
    EMPTY_PICTURE,
    OK,
    POLL,
    SHOW,
    STATUS_WORDS,
    Answer,
    Decoder,
    Frame,
    FrameError,
    Row,
    check_value,
    decode_answer,
    encode,
    encode_picture,
)

log = logging.getLogger(__name__)

ANSWER_S = 0.2  # a board answers within 100 ms; the rest is the adapter's and the scheduler's
TRIES = 3
POLL_S = 2.0
REOPEN_S = 1.0
BITS_PER_BYTE = 10  # 8N1


class Health(Enum):
    """What is known of a board."""

    UNKNOWN = "unknown"
    SHOWING = "showing"
    SILENT = "silent"
    REFUSING = "refusing"


class BoardSilent(Exception):
    """The board did not answer, however often it was asked."""


class _Board:
    def __init__(self, address: int) -> None:
        self.address = address
        self.wanted = EMPTY_PICTURE
        self.health = Health.UNKNOWN
        self.due_s = 0.0


class LedLine:
    """The boards on one line, for ever in step with what they should show.

    ``link`` is any pyserial URL. A board that was off, or a line that was cut, gets its picture again by itself.
    """

    def __init__(self, link: str, baud: int, addresses: Iterable[int]) -> None:
        self._link = link
        self._baud = baud
        self._boards = {address: _Board(address) for address in addresses}
        self._decoder = Decoder()
        self._sequence = 0
        self._work = threading.Condition()
        self._stopping = False
        self._line_lost = False
        self._thread = threading.Thread(target=self._serve, name=f"led {link}", daemon=True)

    def start(self) -> None:
        """Begin to serve the line, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop and give the line back."""
        with self._work:
            self._stopping = True
            self._work.notify()
        self._thread.join()

    def show(self, address: int, rows: tuple[Row, ...]) -> None:
        """Make this the picture of a board; returns at once.

        Raises ValueError where the picture does not fit the protocol and KeyError on an address not on this line.
        """
        picture = encode_picture(rows)
        with self._work:
            board = self._boards[address]
            if picture != board.wanted:
                board.wanted = picture
                board.due_s = 0.0
                self._work.notify()

    def health(self) -> dict[int, Health]:
        """What is known of each board, by address."""
        with self._work:
            return {board.address: board.health for board in self._boards.values()}

    def _serve(self) -> None:
        while not self._stopping:
            try:
                with serial.serial_for_url(
                    self._link, baudrate=self._baud, timeout=0.02, write_timeout=1.0, exclusive=True
                ) as port:
                    self._decoder = Decoder()
                    if self._line_lost:
                        log.info("LED line %s is back", self._link)
                        self._line_lost = False
                    self._serve_open(port)
            except OSError as error:  # serial.SerialException is one
                if not self._line_lost:
                    log.warning("LED line %s is lost: %s", self._link, type(error).__name__)
                    self._line_lost = True
                with self._work:
                    for board in self._boards.values():
                        board.health, board.due_s = Health.UNKNOWN, 0.0
                    self._work.wait_for(lambda: self._stopping, timeout=REOPEN_S)

    def _serve_open(self, port: serial.Serial) -> None:
        while True:
            with self._work:
                self._work.wait_for(self._anything_due, timeout=self._pause_s())
                if self._stopping:
                    return
                board = self._next_board()
                wanted = board.wanted
            health = self._bring_in_step(port, board, wanted)
            with self._work:
                if self._stopping:
                    return
                self._note(board, health)
                if board.wanted == wanted:
                    board.due_s = time.monotonic() + POLL_S

    def _anything_due(self) -> bool:
        return self._stopping or self._pause_s() <= 0

    def _pause_s(self) -> float:
        return max(0.0, min(board.due_s for board in self._boards.values()) - time.monotonic())

    def _next_board(self) -> _Board:
        """The board that is due longest, a silent one last: each question to it costs whole timeouts."""
        now_s = time.monotonic()
        due = [board for board in self._boards.values() if board.due_s <= now_s] or list(self._boards.values())
        return min(due, key=lambda board: (board.health is Health.SILENT, board.due_s))

    def _bring_in_step(self, port: serial.Serial, board: _Board, wanted: bytes) -> Health:
        showing = board.health is Health.SHOWING and board.due_s > 0
        try:
            answer = self._ask(port, board, POLL if showing else SHOW, b"" if showing else wanted)
            if showing and answer.shown != check_value(wanted):  # the board was off in between
                answer = self._ask(port, board, SHOW, wanted)
        except BoardSilent:
            return Health.SILENT
        if answer.status == OK and answer.shown == check_value(wanted):
            return Health.SHOWING
        log.debug("LED board %d says: %s", board.address, STATUS_WORDS[answer.status])
        return Health.REFUSING

    def _ask(self, port: serial.Serial, board: _Board, kind: int, payload: bytes) -> Answer:
        tries = 1 if board.health is Health.SILENT else TRIES
        for _ in range(tries):
            self._sequence = (self._sequence + 1) % 256
            request = encode(Frame(board.address, kind, self._sequence, payload))
            port.write(request)
            deadline = time.monotonic() + ANSWER_S + len(request) * BITS_PER_BYTE / self._baud
            while time.monotonic() < deadline and not self._stopping:
                for frame in self._decoder.feed(port.read(max(1, port.in_waiting))):
                    if (frame.address, frame.type, frame.sequence) != (board.address, kind | ANSWER, self._sequence):
                        continue  # late, or somebody else's
                    try:
                        return decode_answer(frame.payload)
                    except FrameError:
                        continue
        raise BoardSilent

    def _note(self, board: _Board, health: Health) -> None:
        if health is not board.health:
            known = board.health
            board.health = health
            match health:
                case Health.SHOWING if known is not Health.UNKNOWN:
                    log.info("LED board %d on %s is back", board.address, self._link)
                case Health.SILENT:
                    log.warning("LED board %d on %s does not answer", board.address, self._link)
                case Health.REFUSING:
                    log.warning("LED board %d on %s does not take its picture", board.address, self._link)
