"""The simulated printer's own understanding of ESC/POS, against bytes that others made."""

from pathlib import Path
from random import Random

import pytest
from escpos.printer import Dummy
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from edge.devices.sim.escpos import CUTTER_DOTS, ErrorState, PaperState, Printer

CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")
GOLDEN = Path(__file__).parents[1] / "golden"


def printer(width_dots: int = 576) -> tuple[Printer, list[Image.Image]]:
    slips: list[Image.Image] = []
    return Printer(width_dots, slips.append), slips


def same(left: Image.Image, right: Image.Image) -> bool:
    return left.size == right.size and ImageChops.difference(left.convert("L"), right.convert("L")).getbbox() is None


def raster(rows: bytes, row_bytes: int) -> bytes:
    return b"\x1dv0\x00" + row_bytes.to_bytes(2, "little") + (len(rows) // row_bytes).to_bytes(2, "little") + rows


def test_a_slip_of_receiptio_comes_out_as_the_picture_it_was_made_from() -> None:
    sim, slips = printer()
    assert sim.receive((GOLDEN / "receiptio-generic.bin").read_bytes()) == b"\x00"  # its GS r 1 at the end
    assert sim.errors == []
    (slip,) = slips
    left = (576 - 48) // 2  # it asks for the middle
    with Image.open(GOLDEN / "receiptio-picture.png") as picture:
        assert same(slip.crop((left, CUTTER_DOTS, left + 48, CUTTER_DOTS + 20)), picture)
    slip.paste(255, (left, CUTTER_DOTS, left + 48, CUTTER_DOTS + 20))
    assert slip.convert("L").getextrema() == (255, 255)


@settings(max_examples=30)
@given(st.integers(1, 72), st.integers(1, 40), st.integers(0, 2**32))
def test_a_picture_of_python_escpos_comes_out_dot_for_dot(row_bytes: int, rows: int, seed: int) -> None:
    data = Random(seed).randbytes(row_bytes * rows - 1) + b"\x01"
    picture = ImageChops.invert(Image.frombytes("1", (row_bytes * 8, rows), data))
    escpos = Dummy()
    escpos.image(picture, impl="bitImageRaster", fragment_height=16)
    escpos.cut(feed=False)
    sim, slips = printer()
    sim.receive(escpos.output)
    assert sim.errors == []
    assert same(slips[0].crop((0, CUTTER_DOTS, picture.width, CUTTER_DOTS + rows)), picture)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=400))
def test_the_pieces_in_which_bytes_arrive_do_not_matter(pieces: list[int]) -> None:
    job = b"\x10\x04\x01" + (GOLDEN / "receiptio-generic.bin").read_bytes()
    whole, whole_slips = printer()
    expected = whole.receive(job)
    sim, slips = printer()
    answers = b""
    for size in pieces:
        answers += sim.receive(job[:size])
        job = job[size:]
    answers += sim.receive(job)
    assert answers == expected == b"\x12\x00"
    assert same(slips[0], whole_slips[0])


def test_real_time_status_is_answered_inside_a_picture_too_and_the_picture_stays_whole() -> None:
    sim, slips = printer(64)
    rows = bytes.fromhex("ff 10 04 01 10 04 04 ff")
    assert sim.receive(raster(rows, 8) + b"\x1dVB\x00") == b"\x12\x12"
    assert slips[0].crop((0, CUTTER_DOTS, 64, CUTTER_DOTS + 1)).tobytes() == bytes(byte ^ 0xFF for byte in rows)


@pytest.mark.parametrize(
    ("paper", "cover_open", "offline", "answers"),
    [  # Epson, ESC/POS Command Reference, DLE EOT n, n = 1 to 4
        ("ok", False, False, "12 12 12 12"),
        ("low", False, False, "12 12 12 1e"),
        ("out", False, False, "1a 32 12 7e"),
        ("ok", True, False, "1a 16 12 12"),
        ("ok", False, True, "1a 12 12 12"),
    ],
)
def test_the_status_bytes_are_those_of_the_reference(
    paper: PaperState, cover_open: bool, offline: bool, answers: str
) -> None:
    sim, _ = printer()
    sim.paper = paper
    sim.cover_open, sim.offline = cover_open, offline
    assert sim.receive(bytes.fromhex("100401 100402 100403 100404")) == bytes.fromhex(answers)


def test_out_of_paper_midway_it_stops_and_goes_on_when_there_is_a_new_roll() -> None:
    sim, slips = printer(64)
    sim.paper_left_dots = 10
    assert sim.receive(raster(b"\xaa" * 8 * 30, 8) + b"\x1dVB\x00\x1dr\x01") == b""
    assert (sim.paper, slips) == ("out", [])
    sim.paper = "ok"
    assert sim.work() == b"\x00"
    assert same(slips[0].crop((0, CUTTER_DOTS, 64, CUTTER_DOTS + 30)), Image.frombytes("1", (64, 30), b"\x55" * 240))


@pytest.mark.parametrize(
    ("error", "answers"),
    [("cutter", "1a 52 1a 12"), ("overheated", "1a 52 52 12"), ("broken", "1a 52 32 12")],
)
def test_an_error_is_in_the_status_bytes_of_the_reference(error: ErrorState, answers: str) -> None:
    sim, _ = printer()
    sim.error = error
    assert sim.receive(bytes.fromhex("100401 100402 100403 100404")) == bytes.fromhex(answers)


def test_automatic_status_comes_when_it_is_switched_on_and_at_each_change_until_esc_at() -> None:
    sim, _ = printer(64)
    assert sim.receive(b"\x1da\x0e") == bytes.fromhex("10 00 00 00")
    sim.paper_left_dots = 10
    assert sim.receive(raster(b"\xaa" * 8 * 30, 8)) == bytes.fromhex("18 00 0f 00")
    assert sim.work() == b""
    sim.paper = "low"
    assert sim.work() == bytes.fromhex("10 00 03 00")
    sim.receive(b"\x1b@")
    sim.cover_open = True
    assert sim.work() == b""


@pytest.mark.parametrize("cut_off", [0, 100, 239])
def test_the_clear_command_empties_it_at_once_and_says_so(cut_off: int) -> None:
    sim, slips = printer(64)
    sim.paper = "out"
    job = raster(b"\xff" * 8 * 30, 8) + b"\x1dVB\x00\x1dr\x01"
    assert sim.receive(job[: len(job) - cut_off] + CLEAR) == bytes.fromhex("37 25 00")
    sim.paper = "ok"
    assert sim.work() == b""
    assert (slips, sim.waiting_bytes) == ([], 0)


def test_a_printer_that_does_not_know_the_clear_command_prints_on_and_says_nothing() -> None:
    sim, slips = printer(64)
    sim.knows_clear, sim.paper = False, "out"
    assert sim.receive(raster(b"\xff" * 8 * 30, 8) + CLEAR + b"\x1dVB\x00") == b""
    sim.paper = "ok"
    sim.work()
    assert (len(slips), sim.errors) == (1, [])


def test_the_real_time_request_recovers_from_a_jam_only() -> None:
    sim, slips = printer(64)
    sim.cutter_jams = True
    sim.receive(raster(b"\xff" * 8 * 30, 8) + b"\x10\x05\x02" + b"\x1dVB\x00")
    assert (sim.error, slips) == ("cutter", [])
    sim.receive(b"\x10\x05\x01")
    assert (sim.error, len(slips)) == ("none", 1)
    sim.error = "overheated"
    sim.receive(b"\x10\x05\x02")
    assert sim.error == "overheated"


def test_a_process_id_is_answered_when_what_stands_before_it_is_on_paper() -> None:
    sim, slips = printer(64)
    sim.paper_left_dots = 10
    job = raster(b"\xff" * 8 * 30, 8) + b"\x1dVB\x00" + bytes.fromhex("1d 28 48 06 00 30 30 41 62 33 34")
    assert sim.receive(job) == b""
    sim.paper = "ok"
    assert (sim.work(), len(slips)) == (bytes.fromhex("37 22 41 62 33 34 00"), 1)


def test_without_power_it_forgets_what_it_received_and_keeps_its_paper() -> None:
    sim, slips = printer(64)
    sim.paper_left_dots = 10
    sim.receive(b"\x1da\x0e" + raster(b"\xff" * 8 * 30, 8) + b"\x1dVB\x00\x1dr\x01")
    sim.power_cycle()
    sim.paper = "ok"
    assert sim.work() == b""
    sim.tear_off()
    assert slips[0].height == CUTTER_DOTS + 10


def test_a_cut_without_a_feed_leaves_the_last_lines_for_the_next_slip() -> None:
    sim, slips = printer(64)
    sim.receive(raster(b"\xff" * 8 * (CUTTER_DOTS + 5), 8) + b"\x1dV\x01")
    assert slips[0].height == CUTTER_DOTS + 5
    assert slips[0].crop((0, CUTTER_DOTS, 64, CUTTER_DOTS + 5)).convert("L").getextrema() == (0, 0)
    sim.receive(b"\x1dVB\x00")
    assert slips[1].height == CUTTER_DOTS


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [(b"\x1bp\x00\x19\xfa", "1b 70"), (b"Kh\xc3\xa1m", "no letters"), (raster(b"\xff" * 100, 100), "the rest is lost")],
)
def test_what_it_cannot_do_is_told(sent: bytes, complaint: str) -> None:
    sim, _ = printer()
    sim.receive(sent)
    assert complaint in sim.errors[0]
