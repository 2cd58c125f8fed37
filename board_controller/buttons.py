"""The officers' buttons and the lamps beside them, over gpiozero."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from gpiozero import DigitalInputDevice, DigitalOutputDevice
from gpiozero.exc import GPIOZeroError

from board_controller.config import MOCK, CounterPins
from board_controller.config import Buttons as ButtonsConfig
from board_controller.debounce import CALM_S, SETTLE_S, STUCK_S, Contact, Debounce, Signal, begin, edge, settle
from board_controller.press import LAMP, Action, Answer, Rating, meaning
from edge.daemon.config import ConfigError

log = logging.getLogger(__name__)

MAX_EDGES = 64  # of one button, between two looks of the loop: a contact that makes more of them flutters anyway
LOOK_S = 1.0  # so often a button is looked at even if nothing is told of it

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
        self._desks: list[_Desk] = []
        self._buttons: list[_Button] = []
        try:
            for counter in counters:
                self._add(counter.id, counter.actions(), counter.led, factory)
                ratings = [(pin, Rating(score), None) for pin, score in counter.ratings()]
                self._add(counter.id, ratings, counter.rate_led, factory)
        except GPIOZeroError as error:
            self.close()
            raise ConfigError(f"buttons.pins: the pins cannot be used ({error}); is this a Raspberry Pi?") from error

    def _add(
        self,
        counter: str,
        wires: Sequence[tuple[int, Action | Rating, Action | None]],
        led: int | None,
        factory: Any,
    ) -> None:
        desk = _Desk(counter, None if led is None else DigitalOutputDevice(led, pin_factory=factory))
        self._desks.append(desk)
        for pin, action, held in wires:
            device = DigitalInputDevice(pin, pull_up=True, pin_factory=factory)
            self._buttons.append(_Button(desk, action, held, device))

    def __len__(self) -> int:
        return len(self._buttons)

    def stuck(self) -> list[str]:
        """The buttons that have been pressed since the program began, or for longer than anybody presses."""
        return [button.name for button in self._buttons if button.state.contact is Contact.STUCK]

    def bouncing(self) -> list[str]:
        """The buttons whose contact flutters."""
        return [button.name for button in self._buttons if button.state.contact is Contact.BOUNCING]

    def close(self) -> None:
        """Give the pins back, lamps dark."""
        for desk in self._desks:
            if desk.lamp is not None:
                desk.lamp.close()
        for button in self._buttons:
            button.close()

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
    def __init__(self, desk: _Desk, action: Action | Rating, held: Action | None, device: Any) -> None:
        self.name = f"{desk.counter}/{action.value}"
        self.device = device
        self.state: Debounce = begin(bool(device.is_active), time.monotonic())
        self._desk = desk
        self._action = action
        self._held = held
        self._edges: deque[tuple[bool, float]] = deque(maxlen=MAX_EDGES)
        self._told = False  # the loop knows that there are edges
        self._timer: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Give the pin back."""
        if self._timer is not None:
            self._timer.cancel()
        self.device.close()

    def listen(self, loop: asyncio.AbstractEventLoop, tasks: asyncio.TaskGroup, press: Press) -> None:
        """Take the edges, which gpiozero tells from a thread of its own, into the loop."""

        def on_edges() -> None:
            if self.device.closed:
                return
            self._told = False  # before they are taken: one that comes now is told again
            while self._edges:
                closed, at_s = self._edges.popleft()
                settle_until(at_s)  # the loop may be late: a level that stood long enough before this edge counts
                on_edge(closed, at_s)
            now_s = time.monotonic()
            if not self._edges:  # one that came since then is told anew
                settle_until(now_s)
                level = bool(self.device.is_active)
                if level != self.state.level and self.state.since_s < now_s - SETTLE_S:  # an edge was missed
                    on_edge(level, now_s)
            wait(now_s)

        def on_edge(closed: bool, at_s: float) -> None:
            self.state, signal = edge(self.state, closed, at_s)
            on_signal(signal)

        def settle_until(at_s: float) -> None:
            while True:
                self.state, signal = settle(self.state, at_s)
                if signal is Signal.NOTHING:
                    return
                on_signal(signal)

        def wait(now_s: float) -> None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_at(min(self.state.due_s, now_s + LOOK_S), on_edges)

        def on_signal(signal: Signal) -> None:
            asked = meaning(signal, self._action, self._held)
            if asked is not None:
                self._desk.on_press(asked, press, tasks)
            match signal:
                case Signal.STUCK:
                    log.warning("button %s is stuck: it has been held for %d s", self.name, STUCK_S)
                case Signal.BOUNCING:
                    log.warning("button %s bounces: it counts for nothing until it rests for %d s", self.name, CALM_S)
                case Signal.FREED:
                    log.info("button %s is free again", self.name)

        def tell(closed: bool) -> None:
            # gpiozero tells edges from a thread of its own: the time of an edge is taken there
            self._edges.append((closed, time.monotonic()))
            if not self._told:
                self._told = True
                loop.call_soon_threadsafe(on_edges)

        self.device.when_activated = lambda: tell(True)
        self.device.when_deactivated = lambda: tell(False)
        wait(time.monotonic())
