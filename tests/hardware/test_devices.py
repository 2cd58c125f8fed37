"""The drivers on real devices, with a technician beside them (``make hardware-test``; docs/hardware-checklist.md).

Each test names its device by an environment variable and is skipped without it.
"""

import os
from datetime import datetime
from pathlib import Path

import pytest

from board_controller.boards import open_line
from board_controller.boards.rows import Health, Row
from board_controller.config import LedBoard
from board_controller.signage import Announcement
from board_controller.voice.calls import Called
from board_controller.voice.chime import chime
from board_controller.voice.sentence import lines
from board_controller.voice.voices import DEFAULT_VOICE
from edge.devices.printer import EscposPrinter, PaperLevel
from edge.devices.scanner import Line, LineScanner, Scan
from edge.identity.qr import read_qr
from edge.slip.facts import Slip
from edge.slip.render import render_slip
from edge.speech.player import Playing
from edge.speech.synthesis import Speech
from tests.waiting import until


def device(variable: str, example: str) -> str:
    """The device that the technician named, or a skip that says how to name it."""
    value = os.environ.get(variable, "")
    if not value:
        pytest.skip(f"no device: set {variable}, such as {variable}={example}")
    return value


@pytest.mark.req("K9")
def test_the_printer_answers_and_prints_a_slip() -> None:
    printer = EscposPrinter(device("MOISO_PRINTER", "tcp:10.0.0.9:9100"), 115_200, 576)
    status = printer.status()
    assert status.present
    assert status.paper in (PaperLevel.OK, PaperLevel.LOW)
    slip = Slip(
        facility="Trung tâm Y tế huyện Mẫu",
        department="Khoa Khám bệnh",
        service="Khám tổng quát",
        label="A047",
        counters="Quầy 1, 2 · Phòng 101, 102",
        ahead=14,
        taken_at=datetime(2026, 11, 23, 7, 12),
        lookup_url=f"http://127.0.0.1:8080/t/{'0' * 32}",
    )
    printer.print_slip(render_slip(slip, 576))


@pytest.mark.req("K7")
def test_the_scanner_reads_an_id_card_within_a_minute() -> None:
    scans: list[Scan] = []
    scanner = LineScanner(device("MOISO_SCANNER", "/dev/ttyACM0"), 9600, scans.append)
    scanner.start()
    try:
        until(lambda: scans, within_s=60, what="a card under the scanner")
    finally:
        scanner.stop()
    assert isinstance(scans[0], Line)
    read_qr(scans[0].text)


@pytest.mark.req("B1", "B5")
@pytest.mark.parametrize(
    ("driver", "variable", "example"),
    [
        ("moiso-line", "MOISO_LED_BOARD", "/dev/ttyUSB0"),
        ("modbus-rtu", "MOISO_MODBUS_RTU_BOARD", "/dev/ttyUSB0"),
        ("modbus-tcp", "MOISO_MODBUS_TCP_BOARD", "socket://10.0.0.7:502"),
        ("alpha", "MOISO_ALPHA_BOARD", "/dev/ttyUSB0"),
    ],
)
def test_the_led_board_shows_and_acknowledges_a_row(driver: str, variable: str, example: str) -> None:
    line = open_line([LedBoard(driver=driver, link=device(variable, example), counters=("q1",))])
    line.start()
    try:
        line.show(1, (Row("1 A047", blink=True),))
        until(lambda: line.health()[1] is Health.SHOWING, within_s=10, what="the board's acknowledgement")
    finally:
        line.close()


@pytest.mark.req("S1", "S4")
def test_the_loudspeaker_plays_a_call(tmp_path: Path) -> None:
    card = device("MOISO_SOUND", "default")
    speech, playing = Speech(tmp_path), Playing(["aplay", "-q", "-D", card, "-"])
    playing.hand(chime("two-tones"))
    for line in lines(Called((Announcement("a" * 32, "A047", 1, "101", ""),)), DEFAULT_VOICE, ()):
        playing.hand(speech.spoken(line.text, line.language, line.region))
    playing.end()
