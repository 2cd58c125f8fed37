"""From a button's edge to what the hall sees and hears: the LED board's last byte, the first sample of the chime."""

import time
from collections.abc import Iterator

from edge.contracts.commands import Finish, IssueTicket
from edge.daemon.hub_client import new_command_id
from provisioning.demo.configuration import PINS
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite

CALLS = 8
LED_SHOWS_S = 10.0


def measure(running: WholeSite) -> Iterator[tuple[str, list[float]]]:
    """Seconds of each call, to the LED board and to the speaker; the speaker has ended before each."""
    kiosk, board = Device(running.site, "kiosk-1"), Device(running.site, "board-1")
    begun = running.site.recordings / "begun"
    to_board, to_speaker = [], []
    for _ in range(CALLS):
        label = kiosk.do(IssueTicket(new_command_id(), "cashier")).ticket.label
        there = kiosk.snapshot().at_counter.get("q4")
        if there:
            board.do(Finish(new_command_id(), "q4", there))
        heard, sounds = _moment_ns(running), len(list(running.site.recordings.glob("*.wav")))
        time.sleep(0.3)
        pressed_s, pressed_ns = time.monotonic(), time.time_ns()
        running.panel.press(PINS["q4"][0], hold_s=0.05)
        until(lambda: any(label in row.text for row in running.led_board.rows), within_s=LED_SHOWS_S)  # noqa: B023
        to_board.append(time.monotonic() - pressed_s)
        until(lambda: _moment_ns(running) != heard, within_s=60)  # noqa: B023
        to_speaker.append((int(begun.read_text(encoding="ascii")) - pressed_ns) / 1e9)
        until(lambda: len(list(running.site.recordings.glob("*.wav"))) > sounds, within_s=60)  # noqa: B023
    yield "button's edge to the LED board's picture (polled every 10 ms)", to_board
    yield "button's edge to the first sample of the chime", to_speaker


def _moment_ns(running: WholeSite) -> int:
    path = running.site.recordings / "begun"
    return int(path.read_text(encoding="ascii") or 0) if path.exists() else 0
