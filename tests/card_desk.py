"""A card reader that a test watches, with cards that answer as they are told."""

import threading
from collections.abc import Callable, Generator

from edge.contracts.reading import ReadingFault
from edge.devices.card_reader import ReaderState, Slot
from edge.devices.registry import CardReaderConfig, open_card_reader
from edge.emrtd.errors import CardError
from tests.waiting import until
from tests.wire.pcsc import TcpCard

SELECT = bytes.fromhex("00A4040C07A0000002471001")
READ = bytes.fromhex("00B0000000")
LONG_READ = bytes.fromhex("00B00000000800")
T0_ATR = bytes.fromhex("3B6500002063CB6800")
OK = b"\x90\x00"
LAID = ReaderState(Slot.CARD, "vpcd", contactless=True)

Script = Generator[bytes | str, bytes, list[bytes]]


def good(command: bytes) -> bytes:
    """A card that answers every command with itself."""
    return command + OK


def script(*commands: bytes) -> Callable[[], Script]:
    """A reading that sends these commands, reports each, and comes to their answers."""

    def reading() -> Script:
        answers = []
        for number, command in enumerate(commands):
            yield f"step {number}"
            answers.append((yield command))
        return answers

    return reading


class Desk:
    """A started reader, and what it told."""

    def __init__(
        self, driver: str, link: str, ports: tuple[int, ...], await_empty: Callable[[int], None] = lambda _at: None
    ) -> None:
        self.ports = ports
        self._await_empty = await_empty
        self.states: list[ReaderState] = []
        self.progress: list[str] = []
        self.done: list[list[bytes]] = []
        self.failed: list[CardError] = []
        self.cards: list[TcpCard] = []
        self.reader = open_card_reader(CardReaderConfig(driver=driver, link=link), self.states.append)
        self.reader.start()

    def lay(self, answer: Callable[[bytes], bytes | None] = good, at: int = 0, atr: bytes | None = None) -> TcpCard:
        """Lay a card on a reader, once the one before it is known to be gone, and wait until it is noticed."""
        self._await_empty(at)
        known = len(self.states)
        card = TcpCard(self.ports[at], answer, *([] if atr is None else [atr]))
        self.cards.append(card)
        until(lambda: any(state.slot is Slot.CARD for state in self.states[known:]), what="the card")
        return card

    def take(self, card: TcpCard) -> None:
        """Take it away, and wait until that is noticed."""
        card.pull()
        until(lambda: self.reader.state.slot is Slot.EMPTY, what="the empty reader")

    def read(self, *commands: bytes) -> None:
        """Begin to read."""
        self.reader.read(script(*commands), self.progress.append, self.done.append, self.failed.append)

    def outcome(self, *commands: bytes) -> list[bytes] | ReadingFault:
        """What reading the card comes to."""
        self.done.clear()
        self.failed.clear()
        self.read(*commands)
        until(lambda: self.done or self.failed, what="the end of the reading")
        return self.done[0] if self.done else self.failed[0].fault

    def close(self) -> None:
        """Stop it, and take every card away."""
        self.reader.stop()
        for card in self.cards:
            card.pull()


def readings() -> list[threading.Thread]:
    """The threads of readings that have not ended."""
    return [thread for thread in threading.enumerate() if thread.name == "card-reading"]


def place(state: ReaderState) -> tuple[Slot, bool]:
    return state.slot, state.contactless
