"""The printer driver against a printer at the other end of a TCP connection or a serial line, when all is well."""

import io
import os
import pty
import threading
import tty
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageDraw

from edge.devices.printer import EscposPrinter, PaperLevel, PrinterStatus
from edge.devices.sim.escpos import CUTTER_DOTS, PaperState, Printer
from edge.devices.sim.printer import PrintedSlip, SimPrinter


@pytest.fixture
def sim() -> Iterator[SimPrinter]:
    sim = SimPrinter()
    sim.start()
    yield sim
    sim.stop()


def driver(sim: SimPrinter) -> EscposPrinter:
    return EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576)


def drawing(height: int = 700) -> Image.Image:
    picture = Image.new("1", (576, height), 1)
    draw = ImageDraw.Draw(picture)
    draw.line((0, 0, 575, height - 1), fill=0, width=3)
    draw.rectangle((400, 40, 560, 200), fill=0)
    return picture


def shows(slip: PrintedSlip, picture: Image.Image) -> bool:
    """Whether the slip is this picture under the blank stretch between cutter and print head."""
    with Image.open(io.BytesIO(slip.png)) as printed:
        paper = Image.new("L", (576, CUTTER_DOTS + picture.height), 255)
        paper.paste(picture.convert("L"), (0, CUTTER_DOTS))
        return printed.size == paper.size and ImageChops.difference(printed.convert("L"), paper).getbbox() is None


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


@pytest.mark.parametrize(
    ("paper", "cover_open", "offline", "status"),
    [
        ("ok", False, False, PrinterStatus(present=True, online=True, paper=PaperLevel.OK)),
        ("low", False, False, PrinterStatus(present=True, online=True, paper=PaperLevel.LOW)),
        ("out", False, False, PrinterStatus(present=True, online=False, paper=PaperLevel.OUT)),
        ("ok", True, False, PrinterStatus(present=True, online=False, cover_open=True, paper=PaperLevel.OK)),
        ("ok", False, True, PrinterStatus(present=True, online=False, paper=PaperLevel.OK)),
    ],
)
def test_the_status_says_what_a_hand_did_to_it(
    sim: SimPrinter, paper: PaperState, cover_open: bool, offline: bool, status: PrinterStatus
) -> None:
    sim.paper, sim.cover_open, sim.offline = paper, cover_open, offline
    assert driver(sim).status() == status


def test_a_printer_low_on_paper_still_prints(sim: SimPrinter) -> None:
    sim.paper = "low"
    driver(sim).print_slip(drawing())
    assert len(sim.slips) == 1


def test_a_picture_wider_than_the_paper_is_our_own_mistake(sim: SimPrinter) -> None:
    with pytest.raises(ValueError, match="584 dots"):
        driver(sim).print_slip(Image.new("1", (584, 10), 1))


def test_the_same_bytes_go_over_a_serial_line() -> None:
    slips: list[Image.Image] = []
    paper = Printer(384, slips.append)
    printer_end, cable_end = pty.openpty()
    tty.setraw(cable_end)

    def serve() -> None:
        while True:
            try:
                data = os.read(printer_end, 512)
            except OSError:
                return
            os.write(printer_end, paper.receive(data))

    threading.Thread(target=serve, daemon=True).start()
    picture = drawing(900).crop((0, 0, 384, 900))
    try:
        EscposPrinter(os.ttyname(cable_end), 115_200, 384).print_slip(picture)
    finally:
        os.close(cable_end)
    printed = slips[0].crop((0, CUTTER_DOTS, 384, CUTTER_DOTS + 900))
    assert ImageChops.difference(printed.convert("L"), picture.convert("L")).getbbox() is None
