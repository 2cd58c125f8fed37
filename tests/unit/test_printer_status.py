"""The bytes that a printer sends back, against those that Epson's reference and a clone's manual print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.ticket import PrintFault
from edge.devices.printer_status import (
    Answer,
    AnswerReader,
    Automatic,
    Cleared,
    PaperLevel,
    PrinterStatus,
    Processed,
    ProcessedId,
    RealTime,
    automatic_status,
    status_of,
)

WELL = PrinterStatus(present=True, online=True, paper=PaperLevel.OK)


def answers(data: str) -> list[Answer]:
    return list(AnswerReader().read(bytes.fromhex(data)))


@pytest.mark.parametrize(
    ("printer", "sensors", "cause", "errors", "fault"),
    [  # Epson, ESC/POS Command Reference, DLE EOT n = 1, 4, 2, 3
        (0x12, 0x12, 0x12, 0x12, None),
        (0x16, 0x12, 0x12, 0x12, None),  # drawer pin 3 is high
        (0x1A, 0x12, 0x12, 0x12, PrintFault.OFFLINE),
        (0x1A, 0x12, 0x16, 0x12, PrintFault.COVER_OPEN),
        (0x1A, 0x7E, 0x32, 0x12, PrintFault.PAPER_OUT),
        (0x1A, None, 0x32, None, PrintFault.PAPER_OUT),
        (0x1A, 0x12, 0x52, 0x1A, PrintFault.CUTTER),
        (0x1A, 0x12, 0x52, 0x16, PrintFault.CUTTER),  # a mechanical error: it can be recovered from in the same way
        (0x1A, 0x12, 0x52, 0x32, PrintFault.BROKEN),
        (0x1A, 0x12, 0x52, 0x52, PrintFault.OVERHEATED),
        (0x1A, 0x12, 0x52, None, PrintFault.OFFLINE),
        (0x12, None, None, None, None),
    ],
)
def test_the_answers_to_dle_eot_say_what_is_wrong(
    printer: int, sensors: int | None, cause: int | None, errors: int | None, fault: PrintFault | None
) -> None:
    assert status_of(printer, sensors, cause, errors).fault is fault


def test_what_is_not_answered_stays_unknown() -> None:
    assert status_of(0x12, None, None, None).paper is PaperLevel.UNKNOWN
    assert status_of(0x12, 0x1E, None, None).paper is PaperLevel.LOW


@pytest.mark.parametrize(
    ("block", "status"),
    [  # Epson, TM-T88III and TM-U220 specifications, GS a: the four bytes
        ("10 00 00 00", WELL),
        ("14 00 00 0f", WELL),  # drawer pin 3 is high, and what is reserved
        ("10 00 03 00", PrinterStatus(present=True, online=True, paper=PaperLevel.LOW)),
        ("18 00 0f 00", PrinterStatus(present=True, paper=PaperLevel.OUT)),
        ("38 00 00 00", PrinterStatus(present=True, cover_open=True, paper=PaperLevel.OK)),
        ("18 08 00 00", PrinterStatus(present=True, paper=PaperLevel.OK, error=PrintFault.CUTTER)),
        ("18 20 00 00", PrinterStatus(present=True, paper=PaperLevel.OK, error=PrintFault.BROKEN)),
        ("18 40 00 00", PrinterStatus(present=True, paper=PaperLevel.OK, error=PrintFault.OVERHEATED)),
        ("58 00 00 00", PrinterStatus(present=True, paper=PaperLevel.OK)),  # paper is fed by the button
    ],
)
def test_an_automatic_status_is_read_whole(block: str, status: PrinterStatus) -> None:
    assert automatic_status(bytes.fromhex(block)) == status
    assert answers(block) == [Automatic(status)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("12", [RealTime(0x12)]),
        ("00 03 0f", [Processed(paper_out=False), Processed(paper_out=False), Processed(paper_out=True)]),
        ("37 22 41 62 33 34 00", [ProcessedId(b"Ab34")]),
        ("37 25 00", [Cleared()]),
        ("37 70 40 00 12", [RealTime(0x12)]),  # a response to something that is never asked
        ("37 22 41 13 62 11 33 34 00", [ProcessedId(b"Ab34")]),  # XOFF may stand in it
        ("10 00 12", [RealTime(0x12)]),  # an automatic status that broke off
        ("10 13 00 00 11 00", [Automatic(WELL)]),
        ("90 ff 80", []),
    ],
)
def test_each_answer_is_told_by_its_bits(data: str, expected: list[Answer]) -> None:
    assert answers(data) == expected


@given(st.lists(st.sampled_from(["12", "00", "10 00 00 00", "37 22 41 42 43 44 00", "37 25 00", "13", "11"])))
def test_the_pieces_in_which_answers_arrive_do_not_matter(parts: list[str]) -> None:
    data = bytes.fromhex("".join(parts))
    reader = AnswerReader()
    assert [answer for byte in data for answer in reader.read(bytes((byte,)))] == list(AnswerReader().read(data))
    assert len(list(AnswerReader().read(data))) == sum(part not in ("11", "13") for part in parts)


@given(st.binary(max_size=300))
def test_noise_is_never_a_clear_answer_by_halves_and_never_an_error(noise: bytes) -> None:
    reader = AnswerReader()
    assert all(isinstance(answer, Answer) for answer in reader.read(noise))
    assert Cleared() in list(reader.read(b"\x00\x37\x25\x00\x37\x25\x00"))
