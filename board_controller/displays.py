"""What each LED board shows of the signage: one row a counter."""

from collections.abc import Sequence
from string import digits

from board_controller.boards import open_line
from board_controller.boards.line import BoardLine
from board_controller.boards.line_protocol import MAX_ROW_BYTES
from board_controller.boards.rows import Row
from board_controller.config import LedBoard
from board_controller.health import LedBoardHealth
from board_controller.signage import CounterSign, Signage, Stage
from edge.contracts.counter import CounterState

SEVEN_SEGMENTS = ("modbus-rtu", "modbus-tcp")  # one above each counter, which need not say its number


def row(counter: CounterSign, shows: str = "counter-and-ticket") -> Row:
    """One counter's row, such as ``1 A047``; it blinks while the call is new (B6).

    Without a ticket an open counter shows its number alone, one that takes nobody now ``1 --`` (T2): closed, paused,
    or at work on online dossiers. With ``ticket`` and ``digits`` the counter's number is left out, and with
    ``digits`` the letters of the ticket too.

    >>> row(CounterSign("q1", 1, "101", (), label="A047", stage=Stage.NEW))
    Row(text='1 A047', blink=True)
    >>> row(CounterSign("q1", 1, "101", (), state=CounterState.PAUSED))
    Row(text='1 --', blink=False)
    >>> row(CounterSign("q1", 1, "101", (), label="A047", state=CounterState.OPEN), "digits")
    Row(text='047', blink=False)
    """
    text = counter.label or ("" if counter.state is CounterState.OPEN else "--")
    if shows == "digits" and counter.label:
        text = "".join(letter for letter in text if letter in digits)
    if shows == "counter-and-ticket":
        text = f"{counter.number} {text}".rstrip()
    return Row(text.encode()[:MAX_ROW_BYTES].decode(errors="ignore"), blink=counter.stage is Stage.NEW)


class LedBoards:
    """Every LED board of this controller, on however many lines."""

    def __init__(self, configured: Sequence[LedBoard]) -> None:
        self._configured = tuple(configured)
        self._lines: dict[str, BoardLine] = {}
        for board in configured:
            if board.link not in self._lines:
                self._lines[board.link] = open_line([other for other in configured if other.link == board.link])

    def start(self) -> None:
        """Begin to serve the lines."""
        for line in self._lines.values():
            line.start()

    def close(self) -> None:
        """Stop; the boards keep their last picture."""
        for line in self._lines.values():
            line.close()

    def show(self, signage: Signage) -> None:
        """Give every board its rows; a counter that the catalogue does not have stays dark."""
        signs = {counter.id: counter for counter in signage.counters}
        for board in self._configured:
            shows = board.shows or ("ticket" if board.driver in SEVEN_SEGMENTS else "counter-and-ticket")
            rows = tuple(row(signs[name], shows) if name in signs else Row("") for name in board.counters)
            self._lines[board.link].show(board.address, rows)

    def health(self) -> list[LedBoardHealth]:
        """What is known of each board."""
        known = {link: line.health() for link, line in self._lines.items()}
        return [
            LedBoardHealth(board.link, board.address, known[board.link][board.address].value, board.counters)
            for board in self._configured
        ]
