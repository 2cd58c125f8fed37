"""The officers' buttons and the lamps beside them, over gpiozero."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from gpiozero import DigitalInputDevice, DigitalOutputDevice
from gpiozero.exc import GPIOZeroError

from board_controller.config import MOCK, CounterPins
from board_controller.config import Buttons as ButtonsConfig
from board_controller.debounce import Contact, Debounce, Signal, begin, edge, settle
from board_controller.press import LAMP, Action, Answer, Rating
from edge.daemon.config import ConfigError

log = logging.getLogger(__name__)

Press = Callable[[str, Action | Rating], Awaitable[Answer]]


class Pins(Protocol):
    """Where the wires end: gpiozero's pin factory (None: its own choice), and what must run beside it."""

    factory: Any

    async def run(self) -> None:
        """Run until cancelled."""


def open_pins(config: ButtonsConfig | None) -> Pins:
    """The pins that the configuration names; imported when used."""
    if config is not None and config.pins.startswith(MOCK):
        from board_controller.sim.pins import SocketWire

        return SocketWire(Path(config.pins.removeprefix(MOCK)))
    return _Header()


class _Header:
    factory = None  # gpiozero chooses by the board: LGPIO on a Pi 5

    async def run(self) -> None:
        return


class Buttons:
    """Every button of this board controller: one press, one question to the hub, one answer by the lamp.

    A button closes its pin to ground. While a counter's press is on its way, further presses there count for nothing;
    a patient's rating and an officer's press do not hold each other up.
    ``factory`` is gpiozero's pin factory, None for gpiozero's own choice.
    Raises ConfigError where this machine has no such pins.
    """

    def __init__(self, counters: Sequence[CounterPins], factory: Any, press: Press) -> None:
        self._press = press
        self._edges: asyncio.Queue[_Button] = asyncio.Queue()
        self._desks: list[_Desk] = []
        self._buttons: list[_Button] = []
        try:
            for counter in counters:
                officers = (
                    (Action.NEXT, counter.next),
                    (Action.RECALL, counter.recall),
                    (Action.NO_SHOW, counter.no_show),
                    (Action.FINISH, counter.finish),
                )
                self._add(counter.id, officers, counter.led, factory)
                ratings = [(Rating(score), pin) for pin, score in counter.ratings()]
                self._add(counter.id, ratings, counter.rate_led, factory)
        except GPIOZeroError as error:
            self.close()
            raise ConfigError(f"buttons.pins: the pins cannot be used ({error}); is this a Raspberry Pi?") from error

    def _add(self, counter: str, wires: Sequence[tuple[Action | Rating, int]], led: int | None, factory: Any) -> None:
        desk = _Desk(counter, None if led is None else DigitalOutputDevice(led, pin_factory=factory))
        self._desks.append(desk)
        for action, pin in wires:
            self._buttons.append(_Button(desk, action, DigitalInputDevice(pin, pull_up=True, pin_factory=factory)))

    def stuck(self) -> list[str]:
        """The buttons that have been pressed since the program began."""
        return [button.name for button in self._buttons if button.state.contact is Contact.STUCK]

    def close(self) -> None:
        """Give the pins back, lamps dark."""
        for desk in self._desks:
            if desk.lamp is not None:
                desk.lamp.close()
        for button in self._buttons:
            button.device.close()

    async def run(self) -> None:
        """Answer presses for ever."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            for button in self._buttons:
                if button.state.contact is Contact.STUCK:
                    log.warning("button %s is stuck: it was pressed when the program began", button.name)
                button.listen(loop, tasks, self._press)
            await loop.create_future()


class _Desk:
    def __init__(self, counter: str, lamp: Any) -> None:
        self.counter = counter
        self.lamp = lamp
        self.asking = False
        self.answering: asyncio.Task[None] | None = None

    def on_press(self, action: Action | Rating, press: Press, tasks: asyncio.TaskGroup) -> None:
        if not self.asking:
            self.asking = True
            tasks.create_task(self._ask(action, press, tasks))

    async def _ask(self, action: Action | Rating, press: Press, tasks: asyncio.TaskGroup) -> None:
        answer = await press(self.counter, action)
        self.asking = False
        if self.answering is not None:
            self.answering.cancel()
        if self.lamp is not None:
            self.answering = tasks.create_task(_light(self.lamp, answer))


async def _light(lamp: Any, answer: Answer) -> None:
    for level, seconds in LAMP[answer]:
        lamp.value = level
        await asyncio.sleep(seconds)
    lamp.off()


class _Button:
    def __init__(self, desk: _Desk, action: Action | Rating, device: Any) -> None:
        self.name = f"{desk.counter}/{action.value}"
        self.device = device
        self.state: Debounce = begin(bool(device.is_active), time.monotonic())
        self._desk = desk
        self._action = action

    def listen(self, loop: asyncio.AbstractEventLoop, tasks: asyncio.TaskGroup, press: Press) -> None:
        """Take the edges, which gpiozero tells from a thread of its own, into the loop."""

        def on_edge(closed: bool, at_s: float) -> None:
            # The loop may come late to it: a level that had stood long enough before this edge still counts.
            on_signal(settle(self.state, at_s))
            self.state = edge(self.state, closed, at_s)
            loop.call_at(self.state.settles_s, on_settled)

        def on_settled() -> None:
            now_s = time.monotonic()
            if now_s < self.state.settles_s:
                loop.call_at(self.state.settles_s, on_settled)
                return
            on_signal(settle(self.state, now_s))
            if bool(self.device.is_active) != self.state.level:  # an edge was missed
                on_edge(not self.state.level, now_s)

        def on_signal(settled: tuple[Debounce, Signal]) -> None:
            self.state, signal = settled
            match signal:
                case Signal.PRESSED:
                    self._desk.on_press(self._action, press, tasks)
                case Signal.FREED:
                    log.info("button %s is free again", self.name)

        # gpiozero tells edges from a thread of its own: the time of an edge is taken there
        self.device.when_activated = lambda: loop.call_soon_threadsafe(on_edge, True, time.monotonic())
        self.device.when_deactivated = lambda: loop.call_soon_threadsafe(on_edge, False, time.monotonic())
