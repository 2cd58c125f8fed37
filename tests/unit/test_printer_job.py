"""The bytes of a slip: as written out by hand from Epson's reference, and as a printer makes paper of them."""

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from edge.devices.printer_job import BAND_DOTS, CLEAR, Encoder, ask_id, bands
from edge.devices.sim.escpos import CUTTER_DOTS, Printer


def picture(*rows: str) -> Image.Image:
    """Of rows in hexadecimal, 1 black."""
    black = b"".join(map(bytes.fromhex, rows))
    return ImageChops.invert(Image.frombytes("1", (len(black) // len(rows) * 8, len(rows)), black))


def test_a_small_slip_byte_for_byte() -> None:
    """ESC @; GS a 14; GS ( H 48 48; GS v 0, 2 bytes by 3 rows; GS V 66 0; GS ( H. Epson, ESC/POS Command Reference."""
    job = Encoder(384).job(picture("80 00", "00 00", "12 34"), ask_id(b"Ab34"), ask_id(b"Cd56"))
    assert job.first == bytes.fromhex("1b40 1d610e 1d284806003030 41623334")
    assert job.last == bytes.fromhex("1d763000 0200 0300 8000 0000 1234 1d564200 1d284806003030 43643536")
    assert job.longest == 8 + 6


def test_white_rows_are_one_byte_wide_and_the_last_rows_with_ink_stand_alone() -> None:
    rows = ["ff" * 40] * 30 + ["00" * 40] * 100 + ["00" * 40] * 70
    job = Encoder(384).job(picture(*rows), b"?", b"!")
    band, white = "1d763000 2800", "1d763000 0100"
    assert job.first == bytes.fromhex(f"1b40 1d610e {band} 0e00") + b"\xff" * 40 * 14 + b"?"
    assert job.last.startswith(bytes.fromhex(f"{band} 1000") + b"\xff" * 40 * 16 + bytes.fromhex(white))
    assert job.size < 30 * 40 + 170 + 80


def test_what_takes_a_slip_back_is_epsons_real_time_commands() -> None:
    """DLE ENQ 2, then DLE DC4 with fn = 8 and its seven parameters (Epson, TM-T90 specification, page 80)."""
    assert bytes.fromhex("10 05 02  10 14 08 01 03 14 01 06 02 08") == CLEAR


@given(st.lists(st.integers(1, 72), min_size=1, max_size=600))
def test_every_row_is_in_one_band_that_is_wide_enough(widths: list[int]) -> None:
    found = bands(widths)
    assert [band.top for band in found] == [0] + [band.bottom for band in found[:-1]]
    assert found[-1].bottom == len(widths)
    for band in found:
        assert 0 < band.bottom - band.top <= BAND_DOTS
        assert max(widths[band.top : band.bottom]) == band.row_bytes


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 384), st.integers(1, 300), st.integers(0, 9), st.integers(0, 2**32))
def test_any_picture_comes_out_dot_for_dot(width: int, height: int, white: int, seed: int) -> None:
    random = Random(seed)
    image = Image.new("1", (width, height), 1)
    for row in range(height):
        if random.randrange(10) >= white:
            for _ in range(3):
                image.putpixel((random.randrange(width), row), 0)
    image.putpixel((width - 1, 0), 0)
    slips: list[Image.Image] = []
    printer = Printer(384, slips.append)
    job = Encoder(384).job(image, ask_id(b"1111"), ask_id(b"2222"))
    answers = printer.receive(job.first + job.last)  # among them statuses: dots may look like DLE EOT to a printer
    assert re.findall(rb"\x37\x22(....)\x00", answers) == [b"1111", b"2222"]
    assert printer.errors == []
    printed = slips[0].crop((0, CUTTER_DOTS, width, CUTTER_DOTS + height))
    assert ImageChops.difference(printed.convert("L"), image.convert("L")).getbbox() is None


@given(st.integers(0, 40), st.integers(0, 900))
def test_what_fills_a_command_that_was_cut_off_never_prints_more_of_it(rows: int, sent: int) -> None:
    slips: list[Image.Image] = []
    printer = Printer(384, slips.append)
    encoder = Encoder(384)
    black = Image.new("1", (192, rows or 1), 0)
    job = encoder.job(black, b"", b"")
    printer.receive((job.first + job.last)[:sent])
    printer.receive(encoder.fill(encoder.longest_command) + encoder.cut() + job.first + job.last)
    assert slips[-1].size == (384, CUTTER_DOTS + black.height)
    assert slips[-1].crop((0, CUTTER_DOTS, 192, slips[-1].height)).convert("L").getextrema() == (0, 0)


@pytest.mark.parametrize("command", ["10 05 00", "10 05 01", "10 05 02", "10 14 02 01 08", CLEAR.hex(" ")])
def test_no_picture_with_a_white_edge_holds_what_a_printer_obeys(command: str) -> None:
    image = picture(*["00 00" + command + "00 00"] * 40)
    job = Encoder(384).job(image, b"", b"")
    assert bytes.fromhex(command) not in job.first + job.last
