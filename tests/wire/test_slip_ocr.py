"""From words through driver, wire and printer back to words: by eye (tesseract) and by telephone (zbarimg)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.devices.printer import EscposPrinter
from edge.devices.sim.printer import SimPrinter
from edge.kiosk.slip import Slip, render_slip
from tests.slips import readings, ticket_id

SLIP = Slip(
    facility="Trung tâm Y tế huyện Mẫu",
    department="Khoa Khám bệnh",
    service="Khám tổng quát",
    service_en="General examination",
    label="A047",
    counters="Quầy 1, 2 · Phòng 101, 102",
    ahead=14,
    taken_at=datetime(2026, 11, 23, 7, 12),
    lookup_url="http://127.0.0.1:8080/t/0123456789abcdef0123456789abcdef",
)
WORDS = (
    "Trung tâm Y tế huyện Mẫu",
    "Khoa Khám bệnh",
    "Khám tổng quát",
    "General examination",
    "Số của bạn",
    "Your number",
    "A047",
    "Quầy 1, 2",
    "Phòng 101, 102",
    "Người chờ trước bạn",
    "14",
    "Waiting before you",
    "Lấy số lúc",
    "23/11/2026",
    "07:12",
    "Mời bạn ngồi chờ. Khi số này được gọi trên màn hình và loa, hãy đến quầy.",
    "Please take a seat. When this number is called, go to the counter.",
    "Quét mã để xem lượt",
    "của bạn trên điện thoại.",
    "Scan to follow your",
    "turn on your phone.",
)


@pytest.fixture
def sim() -> Iterator[SimPrinter]:
    sim = SimPrinter()
    sim.start()
    yield sim
    sim.stop()


def printed(sim: SimPrinter, slip: Slip) -> bytes:
    EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576).print_slip(render_slip(slip, 576))
    return sim.slips[-1].png


@pytest.mark.req("K9")
def test_every_word_on_the_paper_can_be_read(sim: SimPrinter) -> None:
    texts = readings(printed(sim, SLIP))
    assert [words for words in WORDS if not any(words in text for text in texts)] == []
    assert not any("Reprint" in text for text in texts)


@pytest.mark.req("K9")
def test_a_slip_printed_again_says_so(sim: SimPrinter) -> None:
    texts = readings(printed(sim, replace(SLIP, reprint=True)))
    assert any("In lại" in text and "Reprint" in text for text in texts)


@pytest.mark.req("K9", "P6")
@pytest.mark.parametrize("width_dots", [384, 576])
def test_a_telephone_reads_the_way_to_the_ticket(sim: SimPrinter, tmp_path: Path, width_dots: int) -> None:
    printer = EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, 576)
    printer.print_slip(render_slip(SLIP, width_dots))
    assert ticket_id(sim.slips[-1].png, tmp_path) == SLIP.lookup_url.rpartition("/")[2]
