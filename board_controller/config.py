"""``board.toml``: what this board controller drives."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from board_controller.boards import DRIVERS
from board_controller.boards.line_protocol import MAX_ADDRESS, MAX_ROWS, MIN_ADDRESS
from edge.daemon.config import ConfigError, Hub, Listen, Section, load

MOCK = "mock:"

Pin = Annotated[int, Meta(ge=0, le=27)]  # BCM numbers on the 40-pin header
CounterId = Annotated[str, Meta(min_length=1)]


class Buttons(Section, frozen=True):
    """Where the buttons' wires end: ``gpio`` is this Pi's header, ``mock:<socket>`` a socket that stands for it."""

    pins: Annotated[str, Meta(pattern="^(gpio|mock:.+)$")]


class CounterPins(Section, frozen=True):
    """The BCM pins of one counter's four buttons and of its LED."""

    id: CounterId
    next: Pin
    recall: Pin
    no_show: Pin
    finish: Pin
    led: Pin

    def pins(self) -> tuple[int, ...]:
        """All pins of this counter."""
        return (self.next, self.recall, self.no_show, self.finish, self.led)


class LedBoard(Section, frozen=True):
    """One LED board: its line as a pyserial URL, its address on that line, and the counter that each row shows."""

    driver: str
    link: Annotated[str, Meta(min_length=1)]
    counters: Annotated[tuple[CounterId, ...], Meta(min_length=1, max_length=MAX_ROWS)]
    baud: Annotated[int, Meta(ge=300, le=921_600)] = 9600
    address: Annotated[int, Meta(ge=MIN_ADDRESS, le=MAX_ADDRESS)] = 1


class Voice(Section, frozen=True):
    """The languages of a call in their order, the espeak-ng voice for Vietnamese, and the program that plays."""

    cache: Path
    player: Annotated[tuple[str, ...], Meta(min_length=1)]
    languages: Annotated[tuple[Literal["vi", "en"], ...], Meta(min_length=1)] = ("vi", "en")
    voice: str = "vi"


class BoardConfig(Section, frozen=True):
    """Everything that a board controller can be told; what is left out is not driven."""

    listen: Annotated[tuple[Listen, ...], Meta(min_length=1)]
    hub: Hub
    buttons: Buttons | None = None
    counter: tuple[CounterPins, ...] = ()
    led_board: tuple[LedBoard, ...] = ()
    voice: Voice | None = None


def read(path: Path) -> BoardConfig:
    """Read and check ``board.toml``. Raises ConfigError naming the file, the key and what is expected."""
    config = load(path, BoardConfig)
    if config.counter and config.buttons is None:
        raise ConfigError(f'{path}: [[counter]] needs [buttons] with pins = "gpio"')
    used: set[int] = set()
    for counter in config.counter:
        for pin in counter.pins():
            if pin in used:
                raise ConfigError(f"{path}: counter {counter.id}: pin {pin} is used twice; each wire has its own pin")
            used.add(pin)
    lines: dict[str, int] = {}
    boards: set[tuple[str, int]] = set()
    for board in config.led_board:
        if board.driver not in DRIVERS:
            raise ConfigError(f"{path}: led_board.driver: {board.driver!r} is none of {', '.join(DRIVERS)}")
        if (board.link, board.address) in boards:
            raise ConfigError(f"{path}: led_board: address {board.address} is used twice on {board.link}")
        boards.add((board.link, board.address))
        if lines.setdefault(board.link, board.baud) != board.baud:
            raise ConfigError(f"{path}: led_board: {board.link} is one line and has one baud rate")
    if config.buttons is not None and config.buttons.pins.startswith(MOCK):
        socket = path.parent / config.buttons.pins.removeprefix(MOCK)
        return replace(config, buttons=Buttons(f"{MOCK}{socket}"))
    return config
