"""The scanner driver against a scanner at the other end of a pseudo-terminal."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.daemon.config import ConfigError
from edge.devices.registry import ScannerConfig, open_scanner
from edge.devices.scanner import Line, LineScanner, Scan, Unreadable
from edge.devices.sim.scanner import SimScanner
from tests.waiting import until

CARD = "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"


class Desk:
    """A scanner, its driver, and what the driver told."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.sim = SimScanner(link)
        self.scans: list[Scan] = []
        self.presence: list[bool] = []
        self.scanner = LineScanner(str(link), 9600, self.scans.append, self.presence.append)

    def next_scans(self, scan: Callable[[], None], count: int = 1) -> list[Scan]:
        """The scans that this brings."""
        self.scans.clear()
        scan()
        until(lambda: len(self.scans) >= count, what="the scan")
        return list(self.scans)


def opened(path: Path) -> list[str]:
    """A list that grows by one whenever this process tries to open the path."""
    attempts: list[str] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and arguments[0] == str(path):
            attempts.append(event)

    sys.addaudithook(hook)
    return attempts


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "ttySCAN")
    desk.scanner.start()
    until(lambda: desk.scanner.present)
    yield desk
    desk.scanner.stop()
    desk.sim.close()


@pytest.mark.req("K7")
@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n", ""])
def test_a_card_is_one_line_whatever_ends_it(desk: Desk, ending: str) -> None:
    assert desk.next_scans(lambda: desk.sim.scan(CARD, ending)) == [Line(CARD)]
    assert desk.next_scans(lambda: desk.sim.scan("hai", ending)) == [Line("hai")]


def test_two_cards_at_once_are_two_lines(desk: Desk) -> None:
    assert desk.next_scans(lambda: desk.sim.scan_bytes(b"mot\r\n\r\nhai\r\n"), 2) == [Line("mot"), Line("hai")]


def test_a_letter_split_between_two_reads_stays_whole(desk: Desk) -> None:
    def scan() -> None:
        for byte in "Mẫu ễ\r\n".encode():
            desk.sim.scan_bytes(bytes((byte,)))

    assert desk.next_scans(scan) == [Line("Mẫu ễ")]


@pytest.mark.parametrize("sent", [b"\xff\xfe\x00\r\n", b"M\xe2\x28u\r\n", b"x" * 2049 + b"\r\n"])
def test_what_is_no_line_of_text_is_unreadable_and_the_next_one_is_read(desk: Desk, sent: bytes) -> None:
    assert desk.next_scans(lambda: desk.sim.scan_bytes(sent)) == [Unreadable()]
    assert desk.next_scans(lambda: desk.sim.scan(CARD)) == [Line(CARD)]


def test_a_line_of_exactly_the_longest_length_is_read(desk: Desk) -> None:
    assert desk.next_scans(lambda: desk.sim.scan("x" * 2048)) == [Line("x" * 2048)]


def test_a_flood_without_an_end_is_one_unreadable_scan(desk: Desk) -> None:
    assert desk.next_scans(lambda: desk.sim.scan_bytes(b"x" * 50_000)) == [Unreadable()]
    assert desk.next_scans(lambda: desk.sim.scan(CARD)) == [Line(CARD)]


@pytest.mark.req("D4")
def test_pulled_out_and_plugged_in_again_it_reads_on_and_is_logged_once_each_time(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "scanner")
    for _ in range(2):
        desk.sim.unplug()
        until(lambda: not desk.scanner.present)
        assert not desk.link.exists()
        desk.sim.plug()
        until(lambda: desk.scanner.present)
        assert desk.next_scans(lambda: desk.sim.scan(CARD)) == [Line(CARD)]
    assert desk.presence == [True, False, True, False, True]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING", "INFO"]


def test_a_line_cut_off_by_the_plug_is_not_joined_to_the_next(desk: Desk) -> None:
    desk.sim.scan(CARD[:20], "")
    desk.sim.unplug()
    until(lambda: not desk.scanner.present)
    desk.sim.plug()
    until(lambda: desk.scanner.present)
    desk.scans.clear()
    desk.sim.scan(CARD)
    assert until(lambda: desk.scans) == [Line(CARD)]


@pytest.mark.req("D4")
def test_missing_at_the_start_it_is_told_once_and_found_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    link = tmp_path / "ttySCAN"
    attempts = opened(link)
    scans: list[Scan] = []
    presence: list[bool] = []
    scanner = open_scanner(ScannerConfig(driver="serial-line", link=str(link)), scans.append, presence.append)
    scanner.start()
    try:
        until(lambda: len(attempts) >= 3, what="the third attempt")
        assert presence == [False]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert str(link) in caplog.messages[0]
        sim = SimScanner(link)
        until(lambda: scanner.present)
        sim.scan(CARD)
        assert until(lambda: scans) == [Line(CARD)]
        scanner.stop()
        sim.close()
    finally:
        scanner.stop()


def test_stopped_it_lets_the_device_go(tmp_path: Path) -> None:
    sim = SimScanner(tmp_path / "ttySCAN")
    for _ in range(2):  # the second one could not lock a device that is still held
        scans: list[Scan] = []
        scanner = LineScanner(str(tmp_path / "ttySCAN"), 9600, scans.append)
        scanner.start()
        until(partial(getattr, scanner, "present"))
        sim.scan("xong")
        until(scans.copy)
        scanner.stop()
    sim.close()


def test_a_scanner_behind_a_network_serial_server_is_the_same_driver() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    scans: list[Scan] = []
    scanner = LineScanner(f"tcp:127.0.0.1:{server.getsockname()[1]}", 9600, scans.append)
    scanner.start()
    try:
        for _ in range(2):
            client, _ = server.accept()
            client.sendall(f"{CARD}\r\n".encode())
            assert until(lambda: scans) == [Line(CARD)]
            scans.clear()
            client.close()
            until(lambda: not scanner.present)
    finally:
        scanner.stop()
        server.close()


def test_no_repr_shows_what_was_scanned() -> None:
    assert "Nguyễn" not in repr(Line(CARD))
    assert "001099000017" not in repr([Line(CARD)])


def test_an_unknown_driver_is_named_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"\[scanner\] driver.*'keyboard'.*serial-line"):
        open_scanner(ScannerConfig(driver="keyboard", link="/dev/ttyACM0"), lambda _scan: None, lambda _present: None)


def test_the_simulator_replaces_a_stale_link_but_nothing_else(tmp_path: Path) -> None:
    link = tmp_path / "ttySCAN"
    link.symlink_to("/dev/pts/not-there")
    sim = SimScanner(link)
    assert link.exists()
    sim.close()
    assert not link.is_symlink()
    link.write_text("a file of somebody's")
    with pytest.raises(FileExistsError):
        SimScanner(link)
