"""One line with its LED boards, whatever they speak: opens it again and again, and keeps every board in step."""

import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import serial

from board_controller.boards.rows import Health, Row
from board_controller.config import LedBoard

log = logging.getLogger(__name__)

TRIES = 3  # so often without an answer, and a board is silent
POLL_S = 2.0
REFUSED_S = 30.0  # a board that refuses its picture will most likely refuse it again
BLINK_S = 0.5  # a board that cannot blink by itself is made to: once a second
REOPEN_S = 1.0


class BoardSilent(Exception):
    """The board did not answer in time."""


class _Board:
    def __init__(self, configured: LedBoard, blank: tuple[bytes, ...]) -> None:
        self.address = configured.address
        self.phases = blank  # the pictures that it shows in turn; one alone stands
        self.phase = 0
        self.sent: bytes | None = None  # what went out to it last since the line was opened
        self.result = Health.UNKNOWN  # and what came of that
        self.misses = 0
        self.health = Health.UNKNOWN
        self.due_s = 0.0  # 0: at once

    @property
    def picture(self) -> bytes:
        return self.phases[self.phase % len(self.phases)]

    def begin(self) -> None:
        """Nothing is known of the board any more."""
        self.sent, self.misses, self.health, self.due_s = None, 0, Health.UNKNOWN, 0.0


class BoardLine(ABC):
    """The boards on one line, for ever in step with what they should show.

    ``boards`` share their ``link`` (any pyserial URL), baud rate and bits. A board that was off, or a line that was
    cut, gets its picture again by itself. A picture that has just changed goes first; a board that does not answer
    comes after all others, and of all such boards one is asked every ``POLL_S`` seconds.
    A driver says how rows become bytes (``_phases``) and how one board is brought in step (``_bring_in_step``).
    """

    def __init__(self, boards: Sequence[LedBoard]) -> None:
        self._link = boards[0].link
        self._baud = boards[0].baud
        self._bits = boards[0].bits
        self._configured = {board.address: board for board in boards}
        self._boards = {board.address: _Board(board, self._phases(board, ())) for board in boards}
        self._work = threading.Condition()
        self._stopping = False
        self._line_lost = False
        self._asked: _Board | None = None
        self._silent_due_s = 0.0
        self._thread = threading.Thread(target=self._serve, name=f"led {self._link}", daemon=True)

    @abstractmethod
    def _phases(self, board: LedBoard, rows: tuple[Row, ...]) -> tuple[bytes, ...]:
        """The bytes that make this board show the rows; several take turns every ``BLINK_S`` seconds, lit first.

        Raises ValueError where the rows do not fit the protocol.
        """

    @abstractmethod
    def _bring_in_step(
        self, port: serial.Serial, board: LedBoard, picture: bytes, known: Health | None
    ) -> tuple[Health, float]:
        """Make the board show the picture. What is known of it now, and for how many seconds that is good.

        ``known`` is what came of sending this very picture last, None where another one was sent, or none. With SENT,
        which is no answer, nobody takes a silent board for found again.
        Raises BoardSilent where it should have answered, and OSError where the line is gone.
        """

    def _opened(self) -> None:  # noqa: B027  # most drivers remember nothing of a line
        """The line was opened anew."""

    def start(self) -> None:
        """Begin to serve the line, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop and give the line back; a picture that blinks stays lit."""
        with self._work:
            self._stopping = True
            self._work.notify()
        self._thread.join()

    def show(self, address: int, rows: tuple[Row, ...]) -> None:
        """Make this the picture of a board; returns at once.

        Raises ValueError where the picture does not fit the protocol and KeyError on an address not on this line.
        """
        phases = self._phases(self._configured[address], rows)
        with self._work:
            board = self._boards[address]
            if phases != board.phases:
                board.phases, board.phase = phases, 0
                board.due_s = 0.0
                self._work.notify()

    def health(self) -> dict[int, Health]:
        """What is known of each board, by address; all are silent while the line itself is lost."""
        with self._work:
            lost = self._line_lost
            return {board.address: Health.SILENT if lost else board.health for board in self._boards.values()}

    def _serve(self) -> None:
        while not self._stopping:
            try:
                with serial.serial_for_url(
                    self._link,
                    baudrate=self._baud,
                    bytesize=int(self._bits[0]),
                    parity=self._bits[1],
                    stopbits=int(self._bits[2]),
                    timeout=0.02,
                    write_timeout=1.0,
                    exclusive=True,
                ) as port:
                    self._opened()
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
                        board.begin()
                    self._work.wait_for(lambda: self._stopping, timeout=REOPEN_S)

    def _serve_open(self, port: serial.Serial) -> None:
        while True:
            with self._work:
                self._work.wait_for(self._anything_due, timeout=self._pause_s())
                if self._stopping:
                    break
                board = self._asked = self._next_board()
                phases, phase, picture = board.phases, board.phase, board.picture
                known = board.result if board.sent == picture else None
                board.sent, board.result = picture, Health.UNKNOWN
            try:
                health, good_s = self._bring_in_step(port, self._configured[board.address], picture, known)
            except BoardSilent:
                with self._work:
                    if not self._stopping:
                        self._missed(board, changed=board.phases != phases)
                continue
            with self._work:
                board.result = health
                if health is not Health.SENT:
                    board.misses = 0
                if health is not Health.SENT or board.health not in (Health.SILENT, Health.REFUSING):
                    self._note(board, health)
                if board.phases == phases:
                    blinks = len(phases) > 1
                    board.phase = phase + 1 if blinks else 0
                    board.due_s = time.monotonic() + (BLINK_S if blinks else good_s)
        self._leave_lit(port)

    def _missed(self, board: _Board, *, changed: bool) -> None:
        board.misses += 1
        board.sent = None
        if board.health is Health.SILENT or board.misses >= TRIES:
            board.phase = 0  # whoever comes back comes back lit
            self._note(board, Health.SILENT)
            self._silent_due_s = time.monotonic() + POLL_S
            if not changed:
                board.due_s = self._silent_due_s

    def _leave_lit(self, port: serial.Serial) -> None:
        for board in self._boards.values():
            if board.sent is not None and board.sent != board.phases[0]:
                with contextlib.suppress(BoardSilent):
                    self._bring_in_step(port, self._configured[board.address], board.phases[0], None)

    def _anything_due(self) -> bool:
        return self._stopping or self._pause_s() <= 0

    def _due_s(self, board: _Board) -> float:
        """When it is this board's turn. All silent ones share one turn: each question to one costs a whole timeout.

        A new picture goes out to them too, after all others: perhaps only the way back is broken.
        """
        silent = board.health is Health.SILENT and board.due_s > 0
        return max(board.due_s, self._silent_due_s) if silent else board.due_s

    def _pause_s(self) -> float:
        return max(0.0, min(self._due_s(board) for board in self._boards.values()) - time.monotonic())

    def _next_board(self) -> _Board:
        """The board that is due longest; one that failed to answer after the others."""
        now_s = time.monotonic()
        due = [board for board in self._boards.values() if self._due_s(board) <= now_s] or list(self._boards.values())
        return min(due, key=lambda board: (board.health is Health.SILENT, board.misses, board.due_s))

    def _others_wait(self) -> bool:
        """Whether a silent board is being asked while a picture has changed on one that answers."""
        asked = self._asked
        return (
            asked is not None
            and asked.health is Health.SILENT
            and any(board.due_s == 0 and board.health is not Health.SILENT for board in self._boards.values())
        )

    def _listen(self, port: serial.Serial, within_s: float) -> Iterator[bytes]:
        """What comes in, as it comes. Raises BoardSilent when the time is over, or is needed for somebody else."""
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s and not self._stopping and not self._others_wait():
            yield port.read(max(1, port.in_waiting))
        raise BoardSilent

    def _note(self, board: _Board, health: Health) -> None:
        if health is not board.health:
            known = board.health
            board.health = health
            match health:
                case Health.SILENT:
                    log.warning("LED board %d on %s does not answer", board.address, self._link)
                case Health.REFUSING:
                    log.warning("LED board %d on %s does not take its picture", board.address, self._link)
                case _ if known in (Health.SILENT, Health.REFUSING):
                    log.info("LED board %d on %s is back", board.address, self._link)
