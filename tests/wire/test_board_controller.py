"""The board controller's own process against a real hub: buttons up, boards and voice down."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from board_controller.sim.button_panel import ButtonPanel
from board_controller.sim.led_board import Row, SimLedBoard
from board_controller.sim.speaker import duration_s
from edge.contracts.commands import Command, IssueTicket, SetCounter
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import RoomChanged, TicketRated
from edge.daemon.hub_client import new_command_id
from provisioning.demo.configuration import PINS, RATING_PINS
from provisioning.demo.site import Site
from provisioning.demo.supervisor import Supervisor
from tests.hub_http import Device
from tests.waiting import until

NEXT, RECALL, NO_SHOW, FINISH, LED = PINS["q1"]
RATE_5, RATE_3, *_ = RATING_PINS["q1"][0]
RATE_LED = 14
CLOSED = [Row("1 --", False), Row("2 --", False), Row("3 --", False), Row("4 --", False)]


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

    def issue(self, service: str = "general") -> str:
        kiosk = Device(self.site, "kiosk-1")
        label = kiosk.do(IssueTicket(new_command_id(), service)).ticket.label
        kiosk.http.close()
        return label

    def send(self, command: Command) -> None:
        officer = Device(self.site, "board-1")
        officer.send(command)
        officer.http.close()

    def set(self, counter: str, state: CounterState, pause: Pause = Pause.NONE) -> None:
        self.send(SetCounter(new_command_id(), counter, state, pause))

    def happened(self, kind: type) -> list[object]:
        device = Device(self.site, "kiosk-1")
        entries = device.entries(0, device.snapshot().seq)
        device.http.close()
        return [entry.event for entry in entries if isinstance(entry.event, kind)]

    def on_tv(self) -> dict[str, object]:
        """What a TV that is switched on now is told."""
        with httpx.stream("GET", f"http://127.0.0.1:{self.site.ports.board}/tv/1/events") as stream:
            named = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    named = line[7:]
                elif line.startswith("data: ") and named == "state":
                    state: dict[str, object] = json.loads(line[6:])
                    return state
        raise AssertionError("the stream ended")

    def tv_counter(self, number: int) -> dict[str, str]:
        counters = self.on_tv()["counters"]
        assert isinstance(counters, list)
        return dict(counters[number - 1])

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
        until(lambda: board.led.rows == CLOSED)
        board.panel.press(RECALL)
        until(lambda: board.panel.rises[LED], what="the lamp says that there is nobody")
        label = board.issue()
        board.panel.press(NEXT)
        until(lambda: board.led.rows and board.led.rows[0] == Row(f"1 {label}", True))
        board.panel.press(FINISH)
        until(lambda: board.led.rows == [Row("1", False), *CLOSED[1:]], what="the press opened its counter")
        until(lambda: _sounds(board.site), within_s=30)
        assert board.health()["speaker_faults"] == []


def test_a_press_while_the_hub_is_away_is_lost_and_seen_to_be_lost(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")) as programs:
        until(board.linked, within_s=10)
        label = board.issue()
        programs.unplug("hub")
        until(lambda: not board.linked(), within_s=10)
        board.panel.press(NEXT)
        until(lambda: board.panel.rises[LED])
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


@pytest.mark.req("T2", "T9", "B5")
def test_what_an_officer_sets_is_on_the_boards_and_the_tv_and_a_press_opens_the_counter(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")):
        until(board.linked, within_s=10)
        board.set("q1", CounterState.OPEN)
        until(lambda: board.first_row() == "1")
        assert board.tv_counter(1)["next"] == "Chưa có người chờ"
        board.set("q1", CounterState.PAUSED, Pause.MEETING)
        until(lambda: board.first_row() == "1 --")
        assert board.tv_counter(1)["state"] == "Tạm nghỉ"
        assert board.tv_counter(1)["next"].startswith("Họp, hội chẩn")
        board.set("q1", CounterState.ONLINE_DOSSIERS)
        until(lambda: "trực" in board.tv_counter(1)["state"])
        label = board.issue()
        board.panel.press(NEXT)
        until(lambda: board.first_row() == f"1 {label}")
        assert board.tv_counter(1)["state"] == ""


@pytest.mark.req("T1", "T13")
def test_the_tv_tells_the_hubs_waiting_times_order_and_hours(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")):
        until(board.linked, within_s=10)
        board.set("q4", CounterState.OPEN)
        labels = [board.issue("pharmacy") for _ in range(3)]
        until(lambda: board.on_tv()["waits"], what="the waiting times")
        until(lambda: board.tv_counter(4)["next"].startswith(f"Tiếp theo\u00a0{labels[0]}"))
        hours = board.on_tv()["hours"]
        assert isinstance(hours, dict)
        assert hours["known"]


@pytest.mark.req("P3", "B1")
def test_a_patient_rates_who_was_just_served_once(board: Board) -> None:
    with Supervisor(board.site.programs("hub", "board")):
        until(board.linked, within_s=10)
        board.panel.press(RATE_5)  # nobody was served
        board.issue()
        board.panel.press(NEXT)
        until(lambda: board.first_row() == "1 A001")
        board.panel.press(FINISH)
        until(lambda: board.first_row() == "1")
        board.panel.press(RATE_3)
        until(lambda: board.panel.rises[RATE_LED], what="thanks")
        (rated,) = board.happened(TicketRated)
        assert isinstance(rated, TicketRated)
        assert (rated.counter, rated.service, rated.score) == ("q1", "general", 3)


@pytest.mark.req("K11", "T1", "S1")
def test_who_is_sent_to_another_room_is_told_on_the_tv_and_by_voice(fresh_site: Site) -> None:
    catalogue = fresh_site.folder / "catalogue.toml"
    text = catalogue.read_text(encoding="utf-8")
    assert text.count('id = "insurance"\n') == 1
    catalogue.write_text(
        text.replace('id = "insurance"\n', 'id = "insurance"\nassigns_room = true\n'), encoding="utf-8"
    )
    board = Board(fresh_site)
    try:
        with Supervisor(fresh_site.programs("hub", "board")):
            until(board.linked, within_s=10)
            board.set("q2", CounterState.OPEN)
            labels = [board.issue("insurance") for _ in range(2)]
            board.set("q3", CounterState.OPEN)
            board.set("q2", CounterState.PAUSED, Pause.EMERGENCY)
            assert len(board.happened(RoomChanged)) == 2
            until(lambda: board.on_tv()["moves"])
            expected = {
                "text": f"Số {labels[0]}, {labels[1]} mời sang Phòng\u00a0103",
                "text_en": f"{labels[0]}, {labels[1]}: please go to room\u00a0103",
            }
            assert board.on_tv()["moves"] == [expected]
            (sound,) = until(lambda: _sounds(fresh_site), within_s=40, what="one list for both")
            assert 10 < duration_s(sound.read_bytes()) < 25
    finally:
        board.close()


@pytest.mark.req("S6")
def test_an_announcement_is_spoken_at_its_time_by_the_sites_clock(fresh_site: Site) -> None:
    now_s = time.time()
    zone = ZoneInfo(fresh_site.catalogue.facility.time_zone)
    minutes = [datetime.fromtimestamp(now_s + ahead_s, zone).strftime("%H:%M") for ahead_s in (0, 60)]
    catalogue = fresh_site.folder / "catalogue.toml"
    own = catalogue.read_text(encoding="utf-8").partition("[[announcements]]")[0]
    said = f'[[announcements]]\nid = "x"\nname = "x"\ntext_vi = "Xin giữ phiếu"\nat = {json.dumps(minutes)}\n'
    catalogue.write_text(own + said, encoding="utf-8")
    board = Board(fresh_site)
    try:
        with Supervisor(fresh_site.programs("hub", "board")):
            sound = until(lambda: _sounds(fresh_site), within_s=40)[0]
            assert 2 < duration_s(sound.read_bytes()) < 8
    finally:
        board.close()
