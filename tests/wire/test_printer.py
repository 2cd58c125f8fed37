"""The printer driver against a printer at the other end of a TCP connection or a line, when all is well."""

import fcntl
import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from edge.contracts.ticket import PrintFault
from edge.devices.links import DeviceUnavailable, Flow, open_link
from edge.devices.printer import EscposPrinter, PaperLevel, PrintError, PrinterStatus
from edge.devices.sim.escpos import ErrorState, PaperState
from edge.devices.sim.printer import PrintedSlip, SimLinePrinter, SimPrinter
from tests.printers import QUICK, drawing, driver, shows
from tests.waiting import until


@pytest.fixture
def sim() -> Iterator[SimPrinter]:
    sim = SimPrinter()
    sim.start()
    yield sim
    sim.stop()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SimLinePrinter]:
    line = SimLinePrinter(tmp_path / "printer", width_dots=384)
    line.start()
    yield line
    line.stop()


def narrow() -> Image.Image:
    return drawing(900).crop((0, 0, 384, 900))


@pytest.mark.req("K9")
def test_what_is_printed_is_the_picture_dot_for_dot_on_a_slip_of_its_own(sim: SimPrinter) -> None:
    seen: list[PrintedSlip] = []
    sim.on_slip = seen.append
    printer = driver(sim)
    for height in (700, 256, 1):
        printer.print_slip(drawing(height))
        assert shows(sim.slips[-1], drawing(height))
    assert [slip.number for slip in seen] == [1, 2, 3]
    assert sim.errors == []


def test_it_returns_only_when_the_slip_has_been_cut(sim: SimPrinter) -> None:
    driver(sim).print_slip(drawing())
    assert len(sim.slips) == 1


def test_a_picture_that_holds_the_bytes_of_a_status_request_is_printed_and_confirmed(sim: SimPrinter) -> None:
    black = bytes.fromhex("100401 100402 100403 100404") * 6
    sim.paper = "low"  # then the stray answers look like an open cover where they are taken for another's
    picture = ImageChops.invert(Image.frombytes("1", (576, 300), black * 300))
    printer = driver(sim)
    printer.print_slip(picture)
    assert shows(sim.slips[0], picture)
    assert printer.status().paper is PaperLevel.LOW


def test_a_picture_that_holds_the_bytes_of_a_command_to_forget_everything_is_printed(sim: SimPrinter) -> None:
    black = (bytes.fromhex("10 14 08 01 03 14 01 06 02 08") * 7)[:-2] + bytes(4)
    picture = ImageChops.invert(Image.frombytes("1", (576, 300), black * 300))
    driver(sim).print_slip(picture)
    moved = Image.new("1", picture.size, 1)
    moved.paste(picture, (1, 0))
    assert shows(sim.slips[0], moved)


@pytest.mark.parametrize(
    ("paper", "cover_open", "offline", "error", "status"),
    [
        ("ok", False, False, "none", PrinterStatus(present=True, online=True, paper=PaperLevel.OK)),
        ("low", False, False, "none", PrinterStatus(present=True, online=True, paper=PaperLevel.LOW)),
        ("out", False, False, "none", PrinterStatus(present=True, paper=PaperLevel.OUT)),
        ("ok", True, False, "none", PrinterStatus(present=True, cover_open=True, paper=PaperLevel.OK)),
        ("ok", False, True, "none", PrinterStatus(present=True, paper=PaperLevel.OK)),
        ("ok", False, False, "broken", PrinterStatus(present=True, paper=PaperLevel.OK, error=PrintFault.BROKEN)),
        (
            "low",
            False,
            False,
            "overheated",
            PrinterStatus(present=True, paper=PaperLevel.LOW, error=PrintFault.OVERHEATED),
        ),
    ],
)
@pytest.mark.req("K9")
def test_the_status_says_what_a_hand_or_a_fault_did_to_it(
    sim: SimPrinter, paper: PaperState, cover_open: bool, offline: bool, error: ErrorState, status: PrinterStatus
) -> None:
    sim.paper, sim.cover_open, sim.offline, sim.error = paper, cover_open, offline, error
    assert driver(sim).status() == status


def test_a_printer_low_on_paper_still_prints(sim: SimPrinter) -> None:
    sim.paper = "low"
    driver(sim).print_slip(drawing())
    assert len(sim.slips) == 1


def test_a_picture_wider_than_the_paper_is_our_own_mistake(sim: SimPrinter) -> None:
    with pytest.raises(ValueError, match="584 dots"):
        driver(sim).print_slip(Image.new("1", (584, 10), 1))


@pytest.mark.parametrize("kind", ["", "usb:"])
def test_the_same_goes_over_a_serial_line_and_over_usb(line: SimLinePrinter, tmp_path: Path, kind: str) -> None:
    printer = EscposPrinter(f"{kind}{tmp_path / 'printer'}", 115_200, 384, patience=QUICK)
    for _ in range(2):
        printer.print_slip(narrow())
        assert shows(line.slips[-1], narrow())
    line.paper = "low"
    assert printer.status() == PrinterStatus(present=True, online=True, paper=PaperLevel.LOW)
    assert (len(line.slips), line.errors) == (2, [])


def test_a_usb_printer_that_is_pulled_out_is_unreachable_and_prints_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "printer"
    printer = EscposPrinter(f"usb:{path}", 115_200, 384, patience=QUICK)
    assert printer.status() == PrinterStatus(present=False, reachable=False)
    for _ in range(2):
        line = SimLinePrinter(path, width_dots=384)
        line.start()
        printer.print_slip(narrow())
        assert shows(line.slips[0], narrow())
        line.stop()
        with pytest.raises(PrintError, match="unreachable"):
            printer.print_slip(narrow())


@pytest.mark.parametrize("after_bytes", [3_000, 20_000])
def test_a_usb_printer_that_is_pulled_out_midway_is_an_interrupted_slip(
    line: SimLinePrinter, tmp_path: Path, after_bytes: int
) -> None:
    printer = EscposPrinter(f"usb:{tmp_path / 'printer'}", 115_200, 384, patience=QUICK)
    printer.status()
    dense = Image.effect_noise((384, 900), 255)
    line.cut_after_bytes = after_bytes
    with pytest.raises(PrintError, match="interrupted"):
        printer.print_slip(dense)
    until(lambda: printer.status().present, what="the printer to be plugged in again")
    printer.print_slip(narrow())
    assert shows(line.slips[-1], narrow())


@pytest.mark.parametrize("kind", ["", "usb:"])
def test_a_printer_that_another_program_holds_is_unreachable(line: SimLinePrinter, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "printer"
    held = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)
    printer = EscposPrinter(f"{kind}{path}", 115_200, 384, patience=QUICK)
    assert printer.status() == PrinterStatus(present=False, reachable=False)
    os.close(held)
    assert printer.status().present


def test_a_usb_printer_that_takes_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.devices.links.WRITE_S", 0.2)
    far, near = os.openpty()
    link = open_link(f"usb:{os.ttyname(near)}", 9600)
    with pytest.raises(DeviceUnavailable, match="takes no more bytes"):
        link.write(bytes(1_000_000))
    link.close()
    os.close(near)
    os.close(far)


@pytest.mark.parametrize(("flow", "expected"), [("none", (0, 0)), ("rtscts", (0, 1)), ("xonxoff", (1, 0))])
def test_the_flow_of_a_serial_line_is_set_as_configured(flow: Flow, expected: tuple[int, int], tmp_path: Path) -> None:
    far, near = os.openpty()
    link = open_link(os.ttyname(near), 19_200, flow)
    settings = termios.tcgetattr(near)
    assert (bool(settings[0] & termios.IXON), bool(settings[2] & termios.CRTSCTS)) == expected
    assert not settings[0] & termios.IXANY  # any byte would set the line going again: a status, too
    link.close()
    os.close(near)
    os.close(far)


@pytest.mark.parametrize(("flow", "held"), [("xonxoff", True), ("none", False)])
def test_a_printer_that_holds_the_line_by_xoff_gets_nothing_where_that_is_configured(
    line: SimLinePrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: Flow, held: bool
) -> None:
    monkeypatch.setattr("edge.devices.links.WRITE_S", 0.2)
    printer = EscposPrinter(str(tmp_path / "printer"), 115_200, 384, flow, QUICK)
    assert printer.status().present
    before = line.received_bytes
    near = os.open(tmp_path / "printer", os.O_RDWR | os.O_NOCTTY)
    line.hold_line(True)
    if held:
        until(lambda: not select.select([], [near], [], 0)[1], what="the line to be held")
    assert printer.status().present is not held
    assert (line.received_bytes == before) is held
    line.hold_line(False)
    until(lambda: select.select([], [near], [], 0)[1], what="the line to be free")
    os.close(near)
    printer.print_slip(narrow())
    assert shows(line.slips[0], narrow())
