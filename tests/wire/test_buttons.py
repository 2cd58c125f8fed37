"""Buttons and lamps: gpiozero's own code over pins that another end of a socket drives."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from board_controller.buttons import Buttons, open_pins
from board_controller.config import Buttons as ButtonsConfig
from board_controller.config import CounterPins
from board_controller.press import Action, Answer, Rating
from board_controller.sim.button_panel import ButtonPanel
from board_controller.sim.pins import SocketPins, SocketWire
from edge.daemon.config import ConfigError
from tests.waiting import until

Q1 = CounterPins(id="q1", next=5, recall=6, no_show=13, finish=19, led=26)
Q2 = CounterPins(id="q2", next=12, recall=16, no_show=20, finish=21, led=25, rate=(7, 8, 15), rate_led=14)
Q3 = CounterPins(id="q3", next=17, recall=27, no_show=22, finish=23, led=24, rate=(2, 3), recall_long=Action.NO_SHOW)


class Desk:
    """A board process in miniature: buttons, pins and a hub that answers as it is told."""

    def __init__(self, socket: Path) -> None:
        self.pressed: list[tuple[str, Action | Rating]] = []
        self.answer = Answer.ACCEPTED
        self.hub_answers = threading.Event()
        self.hub_answers.set()
        self.wire: Any = open_pins(ButtonsConfig(f"mock:{socket}"))
        self.buttons = Buttons([Q1, Q2, Q3], self.wire.factory, self._press)
        self._loop = asyncio.new_event_loop()
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        until(socket.exists)

    def was_pressed(self) -> bool:
        return bool(self.pressed)

    def close(self) -> None:
        work = self._work
        assert work is not None
        self._loop.call_soon_threadsafe(work.cancel)
        self._thread.join()
        self.buttons.close()

    async def _press(self, counter: str, action: Action | Rating) -> Answer:
        self.pressed.append((counter, action))
        while not self.hub_answers.is_set():
            await asyncio.sleep(0.01)
        return self.answer

    def _run(self) -> None:
        async def both() -> None:
            await asyncio.gather(self.buttons.run(), self.wire.run())

        async def work() -> None:
            self._work = asyncio.create_task(both())
            await asyncio.wait([self._work])

        self._loop.run_until_complete(work())
        self._loop.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "pins.sock")
    yield made
    made.close()


@pytest.fixture
def panel(tmp_path: Path, desk: Desk) -> Iterator[ButtonPanel]:
    made = ButtonPanel(tmp_path / "pins.sock")
    until(lambda: made.drive(4, high=True), what="the wire")  # the socket has a name before it listens; pin 4 is free
    yield made
    made.close()


@pytest.mark.req("B1")
def test_each_button_of_each_counter_means_one_thing(desk: Desk, panel: ButtonPanel) -> None:
    expected: list[tuple[str, Action | Rating]] = []
    for counter in (Q1, Q2):
        for pin, action, _ in counter.actions():
            assert panel.drive(pin, high=False)  # held until it is seen, however busy the machine is
            expected.append((counter.id, action))
            until(lambda: desk.pressed == expected)
            panel.drive(pin, high=True)


@pytest.mark.req("P3")
def test_each_rating_button_says_its_score_and_its_own_lamp_thanks(desk: Desk, panel: ButtonPanel) -> None:
    expected: list[tuple[str, Action | Rating]] = []
    for counter in (Q2, Q3):
        for pin, score in counter.ratings():
            assert panel.press(pin)
            expected.append((counter.id, Rating(score)))
            until(lambda: desk.pressed == expected)
    assert [action.value for _, action in expected] == ["rate-5", "rate-3", "rate-1", "rate-5", "rate-1"]
    until(lambda: panel.levels.get(14), what="the lamp beside the rating buttons")
    assert not panel.levels.get(Q2.led)
    until(lambda: panel.levels.get(14) is False)


@pytest.mark.req("P3")
def test_a_rating_of_nothing_lights_no_lamp(desk: Desk, panel: ButtonPanel) -> None:
    desk.answer = Answer.QUIET
    panel.press(7)
    until(desk.was_pressed)
    desk.answer = Answer.ACCEPTED
    panel.press(12)
    until(lambda: panel.levels.get(Q2.led))
    assert [state.state for state in desk.wire.factory.pin(14).states] == [False]


def test_a_patients_rating_does_not_hold_the_officer_up(desk: Desk, panel: ButtonPanel) -> None:
    desk.hub_answers.clear()
    panel.press(7)
    until(lambda: desk.pressed == [("q2", Rating(5))])
    panel.press(8)
    panel.press(12)
    until(lambda: desk.pressed[1:] == [("q2", Action.NEXT)])
    desk.hub_answers.set()


def test_a_bouncing_press_is_one_press(desk: Desk, panel: ButtonPanel) -> None:
    assert panel.bounce(5)
    assert panel.press(6)
    until(lambda: (("q1", Action.RECALL)) in desk.pressed)
    assert desk.pressed == [("q1", Action.NEXT), ("q1", Action.RECALL)]


@pytest.mark.parametrize(
    ("answer", "lamp"),
    [
        (Answer.ACCEPTED, [False, True, False]),
        (Answer.NOBODY, [False, True, False, True, False]),
        (Answer.REFUSED, [False, True, False, True, False, True, False]),
        (Answer.AWAY, [False, True] * 10 + [False]),
    ],
)
def test_the_lamp_answers_what_the_hub_answered(
    desk: Desk, panel: ButtonPanel, answer: Answer, lamp: list[bool]
) -> None:
    desk.answer = answer
    panel.press(5)
    history = desk.wire.factory.pin(Q1.led)
    until(lambda: len(history.states) >= len(lamp))
    assert [state.state for state in history.states] == lamp
    until(lambda: panel.levels.get(Q1.led) is False)


def test_presses_while_one_is_on_its_way_count_for_nothing(desk: Desk, panel: ButtonPanel) -> None:
    desk.hub_answers.clear()
    panel.press(5)
    until(lambda: desk.pressed == [("q1", Action.NEXT)])
    panel.press(5)
    panel.press(6)
    panel.press(12)  # another counter is not held up
    until(lambda: desk.pressed[1:] == [("q2", Action.NEXT)])
    desk.hub_answers.set()
    until(lambda: panel.levels.get(26))
    panel.press(6)
    until(lambda: desk.pressed[2:] == [("q1", Action.RECALL)])


def test_a_button_with_a_second_meaning_has_it_as_soon_as_it_was_held_and_acts_once(
    desk: Desk, panel: ButtonPanel
) -> None:
    panel.drive(Q3.recall, high=False)
    until(lambda: desk.pressed == [("q3", Action.NO_SHOW)], what="the action of the long press, the button being held")
    panel.drive(Q3.recall, high=True)
    until(lambda: panel.levels.get(Q3.led) is False)
    panel.press(Q3.recall)
    until(lambda: desk.pressed[1:] == [("q3", Action.RECALL)])
    panel.press(Q3.next, hold_s=1.6)  # without a second meaning it is one press, however long
    panel.press(Q3.finish)
    until(lambda: ("q3", Action.FINISH) in desk.pressed)
    assert desk.pressed[2:] == [("q3", Action.NEXT), ("q3", Action.FINISH)]


def test_a_button_that_is_held_for_ever_is_reported_once_and_the_others_work(
    desk: Desk, panel: ButtonPanel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("board_controller.debounce.STUCK_S", 1.8)
    caplog.set_level(logging.INFO)
    panel.drive(Q1.next, high=False)
    until(lambda: desk.buttons.stuck() == ["q1/next"])
    panel.press(Q1.recall)
    until(lambda: desk.pressed == [("q1", Action.NEXT), ("q1", Action.RECALL)])
    panel.drive(Q1.next, high=True)
    until(lambda: not desk.buttons.stuck())
    until(lambda: "q1/next is free again" in caplog.text)
    assert caplog.text.count("q1/next is stuck") == 1


def test_a_bouncing_button_is_reported_once_counts_for_nothing_and_does_not_hold_others_up(
    desk: Desk, panel: ButtonPanel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("board_controller.debounce.CALM_S", 0.5)
    caplog.set_level(logging.INFO)
    for _ in range(300):
        panel.drive(Q1.next, high=False)
        panel.drive(Q1.next, high=True)
    until(lambda: desk.buttons.bouncing() == ["q1/next"])
    before = len(desk.pressed)
    panel.press(Q2.next)
    until(lambda: desk.pressed[before:] == [("q2", Action.NEXT)])
    until(lambda: "q1/next is free again" in caplog.text)
    panel.press(Q1.next)
    until(lambda: desk.pressed[before + 1 :] == [("q1", Action.NEXT)])
    assert caplog.text.count("q1/next bounces") == 1


def test_a_button_that_is_stuck_at_start_is_reported_and_calls_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factory = SocketPins()
    factory.drive(5, high=False)

    async def press(_counter: str, _action: Action | Rating) -> Answer:
        raise AssertionError("nobody pressed")

    async def scenario() -> None:
        buttons = Buttons([Q1], factory, press)
        work = asyncio.create_task(buttons.run())
        async with asyncio.timeout(5):
            while "is stuck" not in caplog.text:
                await asyncio.sleep(0.01)
        assert buttons.stuck() == ["q1/next"]
        factory.drive(5, high=True)
        async with asyncio.timeout(5):
            while buttons.stuck():
                await asyncio.sleep(0.01)
        work.cancel()
        buttons.close()

    asyncio.run(scenario())
    assert caplog.text.count("q1/next is stuck") == 1


def test_a_panel_finds_a_board_that_was_started_again(tmp_path: Path) -> None:
    socket = tmp_path / "pins.sock"
    panel = ButtonPanel(socket)
    try:
        assert not panel.press(5)
        for _ in range(2):
            desk = Desk(socket)
            until(lambda: panel.press(5))
            until(desk.was_pressed, what="a press")
            desk.close()
            socket.unlink()
    finally:
        panel.close()


def test_only_its_owner_may_open_the_socket(tmp_path: Path, desk: Desk) -> None:
    assert (tmp_path / "pins.sock").stat().st_mode & 0o777 == 0o600


def test_a_socket_that_cannot_be_made_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"buttons\.pins"):
        asyncio.run(SocketWire(tmp_path / "file" / "pins.sock").run())


@pytest.mark.filterwarnings("ignore::gpiozero.exc.PinFactoryFallback")
def test_a_machine_without_pins_is_told_so_at_start() -> None:
    async def press(_counter: str, _action: Action | Rating) -> Answer:
        return Answer.AWAY

    with pytest.raises(ConfigError, match=r"buttons\.pins: .* Raspberry Pi"):
        Buttons([Q1], open_pins(ButtonsConfig("gpio")).factory, press)
