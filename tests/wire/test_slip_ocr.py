"""From words through driver, wire and printer back to words: by eye (tesseract) and by telephone (zbarimg)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.contracts.slip import BlockKind, SlipBlock, SlipTemplate
from edge.devices.printer import EscposPrinter
from edge.devices.sim.printer import SimPrinter
from edge.slip.facts import Language, Slip
from edge.slip.render import render_slip
from tests import slips
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


# As hospitals call them, with as many counters as print on one slip: the longest that a kiosk has to put on paper.
LONGEST = replace(
    SLIP,
    facility="Bệnh viện Đa khoa khu vực và Phục hồi chức năng Mẫu Đơn",
    facility_en="Mau Don Regional General and Rehabilitation Hospital",
    service="Y học cổ truyền và phục hồi chức năng",
    service_en="Traditional medicine, rehabilitation",
    label="KA047",
    counters="Quầy 11, 12, 13 · Phòng 203, 204, 315",
    counters_en="Counter 11, 12, 13 · Room 203, 204, 315",
    expected="10:40–11:05",
)
FIRST = {
    "vi": ("Y học cổ truyền", "phục hồi chức năng", "Quầy 11, 12, 13", "Phòng 203, 204, 315"),
    "en": ("Traditional", "rehabilitation", "Counter 11, 12, 13", "Room 203, 204, 315", "Y học cổ truyền"),
}
# Another slip than the usual one: everything in the middle, the number first, a text of the facility's own.
OWN = SlipTemplate(
    (
        SlipBlock(BlockKind.NUMBER, align="centre"),
        SlipBlock(BlockKind.SERVICE, align="centre"),
        SlipBlock(BlockKind.PLACE, "large", "centre"),
        SlipBlock(BlockKind.TEXT, text="Số {number} lấy ngày {date}", text_en="Number {number} taken on {date}"),
        SlipBlock(BlockKind.AHEAD, align="centre"),
        SlipBlock(BlockKind.TAKEN, align="centre"),
        SlipBlock(BlockKind.HEAD, "small", "centre"),
        SlipBlock(BlockKind.QR, "small", "centre"),
    )
)


@pytest.mark.req("K9")
@pytest.mark.parametrize("template", [SlipTemplate(), OWN], ids=["usual", "own"])
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width_dots", [384, 576])
def test_what_k9_asks_for_is_read_on_every_paper_in_both_languages(
    sim: SimPrinter, tmp_path: Path, width_dots: int, language: Language, template: SlipTemplate
) -> None:
    slip = replace(LONGEST, language=language)
    EscposPrinter(f"tcp:127.0.0.1:{sim.port}", 115_200, width_dots).print_slip(render_slip(slip, width_dots, template))
    png = sim.slips[-1].png
    assert slips.missing(png, (*FIRST[language], "KA047", "14", "23/11/2026", "07:12")) == []
    assert ticket_id(png, tmp_path) == SLIP.lookup_url.rpartition("/")[2]
