"""``board.toml``: what this board controller drives."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import fields, replace

from board_controller.boards import DRIVERS, OPTIONS
from board_controller.boards.line_protocol import MAX_ADDRESS, MAX_ROW_BYTES, MAX_ROWS, MIN_ADDRESS
from board_controller.boards.modbus import Packing
from board_controller.boards.rows import Row
from board_controller.boards.template import TemplateError, frame
from board_controller.press import Action
from edge.contracts.commands import Score
from edge.daemon.config import ConfigError, Hub, Listen, Section, load

MOCK = "mock:"
# What so many rating buttons mean, from the most satisfied: 5 is very, 1 not at all.
SCORES: dict[int, tuple[int, ...]] = {0: (), 1: (5,), 2: (5, 1), 3: (5, 3, 1), 4: (5, 4, 2, 1), 5: (5, 4, 3, 2, 1)}

MAX_REGISTER = 65_535
Pin = Annotated[int, Meta(ge=0, le=27)]  # BCM numbers on the 40-pin header
CounterId = Annotated[str, Meta(min_length=1)]


class Buttons(Section, frozen=True):
    """Where the buttons' wires end: ``gpio`` is this Pi's header, ``mock:<socket>`` a socket that stands for it."""

    pins: Annotated[str, Meta(pattern="^(gpio|mock:.+)$")]


class CounterPins(Section, frozen=True):
    """The BCM pins of one counter's four buttons and of its LED, and of the patients' rating buttons (P3).

    ``…_long`` is what a button means that is held for a second and a half; it means its own action only when it is let
    go earlier. ``rate`` has one pin a button; ``scores`` says what each means, ``SCORES`` where it is empty.
    ``rate_led`` is the lamp that thanks for a rating.
    """

    id: CounterId
    next: Pin
    recall: Pin
    no_show: Pin
    finish: Pin
    led: Pin
    next_long: Action | None = None
    recall_long: Action | None = None
    no_show_long: Action | None = None
    finish_long: Action | None = None
    rate: Annotated[tuple[Pin, ...], Meta(max_length=5)] = ()
    scores: Annotated[tuple[Score, ...], Meta(max_length=5)] = ()
    rate_led: Pin | None = None

    def pins(self) -> tuple[int, ...]:
        """All pins of this counter."""
        lamps = (self.led,) if self.rate_led is None else (self.led, self.rate_led)
        return (self.next, self.recall, self.no_show, self.finish, *self.rate, *lamps)

    def actions(self) -> tuple[tuple[int, Action, Action | None], ...]:
        """Each officer's button: its pin, what it means, and what it means when it is held."""
        return (
            (self.next, Action.NEXT, self.next_long),
            (self.recall, Action.RECALL, self.recall_long),
            (self.no_show, Action.NO_SHOW, self.no_show_long),
            (self.finish, Action.FINISH, self.finish_long),
        )

    def ratings(self) -> tuple[tuple[int, int], ...]:
        """Each rating button's pin and its score."""
        return tuple(zip(self.rate, self.scores or SCORES[len(self.rate)], strict=True))


class LedBoard(Section, frozen=True):
    """One LED board: its line as a pyserial URL, its address on that line, and the counter that each row shows.

    ``shows`` is what a row says: the counter's number and the ticket, the ticket, or the digits of the ticket alone;
    None: what suits the driver. What ``OPTIONS`` gives to another driver must keep its default.
    """

    driver: str
    link: Annotated[str, Meta(min_length=1)]
    counters: Annotated[tuple[CounterId, ...], Meta(min_length=1, max_length=MAX_ROWS)]
    baud: Annotated[int, Meta(ge=300, le=921_600)] = 9600
    bits: Literal["8N1", "8N2", "8E1", "8O1", "7E1", "7O1"] = "8N1"
    address: Annotated[int, Meta(ge=MIN_ADDRESS, le=MAX_ADDRESS)] = 1
    shows: Literal["counter-and-ticket", "ticket", "digits"] | None = None
    blinks: bool = True
    register: Annotated[int, Meta(ge=0, le=MAX_REGISTER)] = 0
    digits: Annotated[int, Meta(ge=1, le=12)] = 6
    packing: Packing = "low"
    sign_type: Annotated[str, Meta(pattern="^[!-~]$")] = "Z"
    answers: bool = True
    template: Annotated[str, Meta(max_length=200)] = ""
    check_from: Annotated[int, Meta(ge=0, le=255)] = 0


class Loudspeaker(Section, frozen=True):
    """The program that plays, where what was said is kept, and the zones in which it is heard (none: everywhere)."""

    player: Annotated[tuple[str, ...], Meta(min_length=1)]
    cache: Path
    zones: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=32)] = ()


class Media(Section, frozen=True):
    """Where pictures, clips and recordings are kept, and how much of them at most, in megabytes."""

    folder: Path
    most_mb: Annotated[int, Meta(ge=10, le=1_000_000)] = 4096


class BoardConfig(Section, frozen=True):
    """Everything that a board controller can be told; what is left out is not driven."""

    listen: Annotated[tuple[Listen, ...], Meta(min_length=1)]
    hub: Hub
    buttons: Buttons | None = None
    counter: tuple[CounterPins, ...] = ()
    led_board: tuple[LedBoard, ...] = ()
    speaker: Annotated[tuple[Loudspeaker, ...], Meta(max_length=8)] = ()
    media: Media | None = None


def read(path: Path) -> BoardConfig:
    """Read and check ``board.toml``. Raises ConfigError naming the file, the key and what is expected."""
    config = load(path, BoardConfig)
    if config.counter and config.buttons is None:
        raise ConfigError(f'{path}: [[counter]] needs [buttons] with pins = "gpio"')
    players = [speaker.player for speaker in config.speaker]
    if len(set(players)) < len(players):
        raise ConfigError(f"{path}: speaker.player: two speakers have the same; a sound card plays one thing at a time")
    used: set[int] = set()
    for counter in config.counter:
        if counter.scores and len(counter.scores) != len(counter.rate):
            raise ConfigError(f"{path}: counter {counter.id}: scores needs one score for each pin of rate")
        for pin in counter.pins():
            if pin in used:
                raise ConfigError(f"{path}: counter {counter.id}: pin {pin} is used twice; each wire has its own pin")
            used.add(pin)
        for _, action, held in counter.actions():
            if held is action:
                raise ConfigError(f"{path}: counter {counter.id}: {action.value} means the same when it is held")
    _check_led_boards(path, config)
    if config.buttons is not None and config.buttons.pins.startswith(MOCK):
        socket = path.parent / config.buttons.pins.removeprefix(MOCK)
        return replace(config, buttons=Buttons(f"{MOCK}{socket}"))
    return config


def _check_led_boards(path: Path, config: BoardConfig) -> None:
    defaults = {field.name: field.default for field in fields(LedBoard)}
    lines: dict[str, LedBoard] = {}
    boards: set[tuple[str, int]] = set()
    for board in config.led_board:
        where = f"{path}: led_board"
        if board.driver not in DRIVERS:
            raise ConfigError(f"{where}.driver: {board.driver!r} is none of {', '.join(DRIVERS)}")
        for option in sorted(frozenset().union(*OPTIONS.values()) - OPTIONS[board.driver]):
            if getattr(board, option) != defaults[option]:
                raise ConfigError(f"{where}.{option}: {board.driver} has no such option")
        if (board.link, board.address) in boards:
            raise ConfigError(f"{where}: address {board.address} is used twice on {board.link}")
        boards.add((board.link, board.address))
        line = lines.setdefault(board.link, board)
        if (line.baud, line.bits) != (board.baud, board.bits):
            raise ConfigError(f"{where}: {board.link} is one line and has one baud rate, and one value of bits")
        if line.driver != board.driver:
            raise ConfigError(f"{where}: {board.link} is one line and has one driver")
        last = board.register + board.digits * len(board.counters) - 1
        if last > MAX_REGISTER:
            raise ConfigError(f"{where}.register: the last of these digits would be in register {last}")
        if board.driver == "ascii-template":
            try:
                frame(board.template, board.address, 1, Row("0" * MAX_ROW_BYTES), board.check_from)
            except TemplateError as error:
                raise ConfigError(f"{where}.template: {error}") from error
