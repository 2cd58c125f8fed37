"""moiso-doctor looks at devices that no program holds: printer over TCP, scanner and LED boards on serial lines."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from board_controller.config import BoardConfig, LedBoard
from board_controller.sim.led_board import SimLedBoard
from edge.daemon.config import Hub, Listen
from edge.devices.registry import CameraConfig, CardReaderConfig, PrinterConfig, ScannerConfig
from edge.devices.sim.printer import SimPrinter
from edge.devices.sim.scanner import SimScanner
from edge.kiosk.config import FaceConfig, KioskConfig
from provisioning.doctor import board, databases, hub, kiosk, sound
from provisioning.doctor.findings import Finding, Verdict
from provisioning.doctor.report import Words
from tests.wire.pcsc import VirtualReaders

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
NOBODY = Hub("https://127.0.0.1:9", Path("/none"), Path("/none"))


def told(findings: Iterable[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in findings}


def english(findings: Iterable[Finding]) -> str:
    words = Words("en")
    return "\n".join(line for found in findings for line in words.lines(found))


class Kiosk:
    """A kiosk's devices, and the configuration that names them; no kiosk runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printer = SimPrinter()
        self.printer.start()
        self.scanner = SimScanner(folder / "scanner")
        (folder / "camera").mkdir()

    def config(self, **more: object) -> KioskConfig:
        fields: dict[str, object] = {
            "name": "kiosk-1",
            "listen": "127.0.0.1:8081",
            "data": self.folder,
            "lookup_url": "http://127.0.0.1/t/",
            "hub": NOBODY,
            "scanner": ScannerConfig("serial-line", str(self.folder / "scanner")),
            "printer": PrinterConfig("escpos", f"tcp:127.0.0.1:{self.printer.port}"),
        }
        return KioskConfig(**(fields | more))  # type: ignore[arg-type]

    def look(self) -> list[Finding]:
        return list(kiosk.devices(self.config()))


@pytest.fixture
def kiosk_1(tmp_path: Path) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path)
    yield made
    made.scanner.close()
    made.printer.stop()


@pytest.mark.req("D4")
def test_scanner_and_printer_are_green_and_nothing_is_printed(kiosk_1: Kiosk) -> None:
    assert told(kiosk_1.look()) == {"kiosk.scanner": OK, "kiosk.printer": OK}
    assert (kiosk_1.printer.slips, kiosk_1.printer.errors) == ([], [])


def test_a_driver_that_does_not_exist_is_red_before_any_device_is_touched(kiosk_1: Kiosk) -> None:
    assert told(kiosk.drivers(kiosk_1.config())) == {}
    for wrong in (
        {"printer": PrinterConfig("escpoz", "tcp:127.0.0.1:9100")},
        {"printer": PrinterConfig("escpos", "tcp:127.0.0.1")},
        {"camera": CameraConfig("v4l2", "first")},
        {"card_reader": CardReaderConfig("vpcd", "tcp:192.0.2.1:9101")},
    ):
        assert told(kiosk.drivers(kiosk_1.config(**wrong))) == {"kiosk.drivers": FAIL}


@pytest.mark.req("D4")
def test_each_fault_of_the_printer_is_told_with_what_to_do(kiosk_1: Kiosk) -> None:
    printer = kiosk_1.printer
    printer.paper = "low"
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "new roll" in english(lines)) == (WARN, True)
    printer.paper = "out"
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "out of paper" in english(lines)) == (FAIL, True)
    printer.paper = "ok"
    printer.cover_open = True
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "Close the printer's cover" in english(lines)) == (FAIL, True)
    printer.cover_open = False
    printer.offline = True
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "is offline" in english(lines)) == (FAIL, True)
    printer.offline = False
    printer.silent = True
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "does not answer" in english(lines)) == (FAIL, True)
    printer.silent = False
    assert told(kiosk_1.look())["kiosk.printer"] is OK


def test_a_printer_that_is_away_is_red(kiosk_1: Kiosk) -> None:
    kiosk_1.printer.stop()
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.printer"], "cannot be reached" in english(lines)) == (FAIL, True)


def test_a_scanner_that_is_pulled_out_is_red_and_green_again_when_it_is_back(kiosk_1: Kiosk) -> None:
    kiosk_1.scanner.unplug()
    lines = kiosk_1.look()
    assert (told(lines)["kiosk.scanner"], "USB-COM" in english(lines)) == (FAIL, True)
    kiosk_1.scanner.plug()
    assert told(kiosk_1.look())["kiosk.scanner"] is OK


def test_a_scanner_that_another_program_holds_is_left_to_it(kiosk_1: Kiosk) -> None:
    holder = os.open(kiosk_1.folder / "scanner", os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        lines = kiosk_1.look()
    finally:
        os.close(holder)
    assert (told(lines)["kiosk.scanner"], "another program holds" in english(lines)) == (FAIL, True)


def test_the_camera_gives_pictures_or_is_red(kiosk_1: Kiosk) -> None:
    there = kiosk_1.config(camera=CameraConfig("pictures", str(kiosk_1.folder / "camera")))
    assert told(kiosk.devices(there))["kiosk.camera"] is OK
    away = kiosk_1.config(camera=CameraConfig("v4l2", "63"))
    assert told(kiosk.devices(away))["kiosk.camera"] is FAIL


def test_the_card_reader_is_named_by_pcscd(kiosk_1: Kiosk, virtual_readers: VirtualReaders) -> None:
    lines = list(kiosk.devices(kiosk_1.config(card_reader=CardReaderConfig("pcsc", "any"))))
    assert told(lines)["kiosk.card-reader"] is OK
    assert virtual_readers.names[0] in english(lines)
    other = list(kiosk.devices(kiosk_1.config(card_reader=CardReaderConfig("pcsc", "ACS ACR39U"))))
    assert (told(other)["kiosk.card-reader"], "ACS ACR39U" in english(other)) == (FAIL, True)


def test_files_that_the_kiosk_cannot_use_are_red(kiosk_1: Kiosk) -> None:
    csca = kiosk_1.folder / "csca"
    csca.mkdir()
    config = kiosk_1.config(card_reader=CardReaderConfig("pcsc", "any", csca), face=FaceConfig(kiosk_1.folder))
    assert told(kiosk.packs(config)) == {"kiosk.csca": WARN, "kiosk.faces": FAIL}
    (csca / "x.pem").write_text("none", encoding="utf-8")
    assert told(kiosk.packs(config))["kiosk.csca"] is FAIL


def led(link: Path, address: int = 1) -> LedBoard:
    return LedBoard("moiso-line", str(link), ("q1",), address=address)


def board_config(*boards: LedBoard) -> BoardConfig:
    return BoardConfig((Listen("127.0.0.1:8082"),), NOBODY, led_board=boards)


@pytest.mark.req("D4")
def test_each_led_board_is_asked_by_its_own_driver(tmp_path: Path) -> None:
    lit, mute = SimLedBoard(tmp_path / "led1"), SimLedBoard(tmp_path / "led2")
    mute.silent = True
    try:
        lines = list(
            board.led_boards(board_config(led(tmp_path / "led1"), led(tmp_path / "led2"), led(tmp_path / "x")))
        )
    finally:
        lit.close()
        mute.close()
    by_link = {Path(line.values["link"]).name: line.verdict for line in lines}
    assert by_link == {"led1": OK, "led2": FAIL, "x": FAIL}
    assert "led2 address 1: does not answer" in english(lines)
    assert "x address 1: its line cannot be opened" in english(lines)


def test_a_wrong_address_on_a_line_is_told_and_the_right_one_is_green(tmp_path: Path) -> None:
    far = SimLedBoard(tmp_path / "led1", address=2)
    try:
        lines = list(board.led_boards(board_config(led(tmp_path / "led1", 1), led(tmp_path / "led1", 2))))
    finally:
        far.close()
    assert {line.values["address"]: line.verdict for line in lines} == {"1": FAIL, "2": OK}


def test_a_player_that_is_not_installed_is_red() -> None:
    assert sound.player("board.player", ["no-such-player"]).verdict is FAIL
    assert sound.player("board.player", ["/bin/cat"]).verdict is OK


def test_the_voices_of_espeak_are_there() -> None:
    assert sound.voices("board.voices").verdict is OK


def journal(path: Path, rows: int) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, event BLOB)")
        db.executemany("INSERT INTO entries VALUES (?, ?)", ((n, os.urandom(400)) for n in range(rows)))
    db.close()


def test_a_whole_database_is_green_and_a_damaged_one_red(tmp_path: Path) -> None:
    journal(tmp_path / "hub.db", 2000)
    journal(tmp_path / "drafts.db", 10)
    assert told(databases.all_whole("hub.database", tmp_path)) == {"hub.database": OK}
    with (tmp_path / "hub.db").open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * 4096 * 20)
    (line,) = databases.all_whole("hub.database", tmp_path)
    assert (line.verdict, "hub.db is damaged" in english([line])) == (FAIL, True)


def test_a_file_that_is_no_database_is_red(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"nothing of the kind" * 500)
    assert told(databases.all_whole("hub.database", tmp_path)) == {"hub.database": FAIL}


def test_a_large_database_does_not_hold_the_technician_up(tmp_path: Path) -> None:
    journal(tmp_path / "hub.db", 20_000)
    assert databases.quick_check("hub.database", tmp_path / "hub.db", most_s=0).verdict is WARN


def test_a_database_in_use_is_looked_at_while_its_writer_goes_on(tmp_path: Path) -> None:
    journal(tmp_path / "hub.db", 100)
    writer = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO entries VALUES (1000, x'00')")
    assert databases.quick_check("hub.database", tmp_path / "hub.db").verdict is OK
    writer.execute("COMMIT")
    writer.close()


def test_a_data_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    assert told(hub.data_folder("hub.data", tmp_path)) == {"hub.data": OK}
    assert list(tmp_path.iterdir()) == []
    assert told(hub.data_folder("hub.data", tmp_path / "none")) == {"hub.data": FAIL}


def test_a_device_is_free_again_after_it_was_looked_at(kiosk_1: Kiosk) -> None:
    kiosk_1.look()
    holder = os.open(kiosk_1.folder / "scanner", os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where somebody still has it
    finally:
        os.close(holder)
