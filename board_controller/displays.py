"""What each LED board shows of the signage: one row a counter."""

from collections.abc import Sequence

from board_controller import boards
from board_controller.boards.led_board import LedLine
from board_controller.boards.line_protocol import MAX_ROW_BYTES, Row
from board_controller.config import LedBoard
from board_controller.health import LedBoardHealth
from board_controller.signage import CounterSign, Signage, Stage
from edge.contracts.counter import CounterState


def row(counter: CounterSign) -> Row:
    """One counter's row, such as ``1 A047``; it blinks while the call is new (B6).

    Without a ticket an open counter shows its number alone, one that takes nobody now ``1 --`` (T2): closed, paused,
    or at work on online dossiers.

    >>> row(CounterSign("q1", 1, "101", (), label="A047", stage=Stage.NEW))
    Row(text='1 A047', blink=True)
    >>> row(CounterSign("q1", 1, "101", (), state=CounterState.PAUSED))
    Row(text='1 --', blink=False)
    """
    label = counter.label or ("" if counter.state is CounterState.OPEN else "--")
    text = f"{counter.number} {label}".rstrip().encode()[:MAX_ROW_BYTES].decode(errors="ignore")
    return Row(text, blink=counter.stage is Stage.NEW)


class LedBoards:
    """Every LED board of this controller, on however many lines."""

    def __init__(self, configured: Sequence[LedBoard]) -> None:
        self._configured = tuple(configured)
        self._lines: dict[str, LedLine] = {}
        for board in configured:
            if board.link not in self._lines:
                addresses = [other.address for other in configured if other.link == board.link]
                self._lines[board.link] = boards.driver(board.driver)(board.link, board.baud, addresses)

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
            rows = tuple(row(signs[name]) if name in signs else Row("") for name in board.counters)
            self._lines[board.link].show(board.address, rows)

    def health(self) -> list[LedBoardHealth]:
        """What is known of each board."""
        known = {link: line.health() for link, line in self._lines.items()}
        return [LedBoardHealth(b.link, b.address, known[b.link][b.address].value) for b in self._configured]
