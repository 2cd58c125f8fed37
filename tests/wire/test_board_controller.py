"""The board controller's own process against a real hub: buttons up, boards and voice down."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from board_controller.sim.button_panel import ButtonPanel
from board_controller.sim.led_board import Row, SimLedBoard
from edge.contracts.commands import IssueTicket
from edge.daemon.hub_client import new_command_id
from provisioning.demo.configuration import PINS
from provisioning.demo.site import Site
from provisioning.demo.supervisor import Supervisor
from tests.hub_http import Device
from tests.waiting import until

NEXT, RECALL, NO_SHOW, FINISH, LED = PINS["q1"]
DARK = [Row("1", False), Row("2", False), Row("3", False), Row("4", False)]


class Board:
    """A running site's hub and board controller, with a LED board and buttons at the wires' other ends."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.led = SimLedBoard(site.led_link)
        self.panel = ButtonPanel(site.pins_socket)

    def health(self) -> dict[str, object]:
        found: dict[str, object] = httpx.get(f"http://127.0.0.1:{self.site.ports.board}/health").json()
        return found

    def linked(self) -> bool:
        return self.health()["hub_lost_since_ms"] == 0

    def issue(self) -> str:
        kiosk = Device(self.site, "kiosk-1")
        label = kiosk.do(IssueTicket(new_command_id(), "general")).ticket.label
        kiosk.http.close()
        return label

    def first_row(self) -> str:
        rows = self.led.rows
        return rows[0].text if rows else ""

    def close(self) -> None:
        self.panel.close()
        self.led.close()


@pytest.fixture
def board(fresh_site: Site) -> Iterator[Board]:
    made = Board(fresh_site)
    yield made
    made.close()


def _sounds(site: Site) -> list[Path]:
    return sorted(site.recordings.glob("*.wav"))


@pytest.mark.req("B1", "B5", "B6", "B7", "P2", "S1")
def test_a_press_calls_the_next_number_to_the_boards_and_the_loudspeaker(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")):
        until(board.linked, within_s=10)
        until(lambda: board.led.rows == DARK)
        board.panel.press(RECALL)
        until(lambda: board.panel.levels.get(LED), what="the lamp says that there is nobody")
        label = board.issue()
        board.panel.press(NEXT)
        until(lambda: board.led.rows and board.led.rows[0] == Row(f"1 {label}", True))
        board.panel.press(FINISH)
        until(lambda: board.led.rows == DARK)
        until(lambda: _sounds(board.site), within_s=30)
        assert board.health()["speaker_faults"] == []


def test_a_press_while_the_hub_is_away_is_lost_and_seen_to_be_lost(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")) as programs:
        until(board.linked, within_s=10)
        label = board.issue()
        programs.unplug("hub")
        until(lambda: not board.linked(), within_s=10)
        board.panel.press(NEXT)
        until(lambda: board.panel.levels.get(LED))
        until(lambda: board.panel.levels.get(LED) is False)
        programs.plug_in("hub")
        until(board.linked, within_s=20)
        kiosk = Device(board.site, "kiosk-1")
        assert kiosk.snapshot().at_counter == {}
        kiosk.http.close()
        board.panel.press(NEXT)
        until(lambda: board.first_row() == f"1 {label}")


def test_a_board_controller_that_was_killed_shows_the_truth_again(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")) as programs:
        until(board.linked, within_s=10)
        label = board.issue()
        board.panel.press(NEXT)
        until(lambda: board.first_row() == f"1 {label}")
        programs.kill("board")
        programs.wait_ready("board")
        until(board.linked, within_s=20)
        until(lambda: board.led.rows[:1] == [Row(f"1 {label}", False)], within_s=10)
