"""The kiosk's program and a simulated card on its reader: what the page says, and what the hub hears of it."""

from collections.abc import Iterator

import httpx
import pytest

from edge.contracts.events import DocumentRead, TicketIssued
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.devices.sim.card.faults import Flaw
from edge.kiosk.identifying import HARMLESS
from edge.kiosk.words import READING_WORDS
from provisioning.demo.cards import CARDS, FLAW_WORDS, Card
from provisioning.demo.site import Ports, provision
from tests.card_flaws import FAULT_OF
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite

MAU, _, THU, BHYT, _ = CARDS
GREETING, INVITATION, HELD = "Đã xác thực bằng chip", "Đặt thẻ lên đầu đọc", "Bạn đã lấy số này trước đó"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    """Where Nguyễn Văn Mẫu holds a number by his card's QR."""
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub", "kiosk") as running:
        page = KioskPage(running.site)
        until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
        scan(running, page, MAU)
        assert not take_number(page)
        yield running


@pytest.fixture
def kiosk(running: WholeSite) -> Iterator[KioskPage]:
    """The first screen, and nothing on the reader."""
    page = KioskPage(running.site)
    running.card_reader.take()
    until(lambda: reader_state(running) == "empty", what="the empty reader")
    begin_anew(page)
    yield page
    running.card_reader.take()


def begin_anew(page: KioskPage) -> None:
    def back() -> bool:
        if not page.shows('data-touch="dismiss"'):
            return page.shows('data-touch="service"')
        page.touch("dismiss")
        return False

    until(back, within_s=20, what="the first screen")


def reader_state(running: WholeSite) -> str:
    state: str = httpx.get(running.site.addresses["kiosk"] + "health", trust_env=False).json()["card_reader"]
    return state


def lay(running: WholeSite, card: Card, flaw: Flaw | None = None) -> None:
    assert card.holder is not None
    running.card_reader.lay(card.id, card.holder, flaw)


def scan(running: WholeSite, page: KioskPage, card: Card) -> None:
    running.scanner.scan(card.line)
    until(lambda: page.shows(card.name), what="the greeting")


def take_number(page: KioskPage) -> bool:
    """Choose a service, as soon as the screen takes touches, and leave; whether the number was held already."""

    def given() -> bool:
        if page.shows('data-service="general"'):
            page.touch("service", service="general")
        return page.shows("Xin lấy phiếu")

    until(given, what="the number")
    again = page.shows(HELD)
    begin_anew(page)
    return again


def readings(running: WholeSite, after: int, *, how_many: int) -> list[tuple[Document, ReadingFault | None]]:
    """What the hub heard of attempts since the first ``after`` of them."""
    until(lambda: len(running.happened(DocumentRead)) >= after + how_many, what="the hub to hear of the reading")
    return [(event.document, event.fault) for event in running.happened(DocumentRead)[after:]]


@pytest.mark.req("K7", "D1")
def test_scan_lay_greeting_number(running: WholeSite, kiosk: KioskPage) -> None:
    heard = len(running.happened(DocumentRead))
    scan(running, kiosk, THU)
    assert kiosk.shows(INVITATION)
    lay(running, THU)
    until(lambda: kiosk.shows(GREETING), what="the chip to be read")
    assert kiosk.shows(THU.name)
    assert not take_number(kiosk)
    assert running.happened(TicketIssued)[-1].document is Document.CCCD_CHIP
    assert readings(running, heard, how_many=2) == [(Document.CCCD_QR, None), (Document.CCCD_CHIP, None)]


@pytest.mark.req("K7")
def test_a_card_that_lies_there_already_is_read_at_once(running: WholeSite, kiosk: KioskPage) -> None:
    lay(running, THU)
    until(lambda: kiosk.shows("Xin quét mã QR trên thẻ trước"), what="the request to scan first")
    running.scanner.scan(THU.line)
    until(lambda: kiosk.shows(GREETING), what="the chip to be read")
    assert kiosk.shows(THU.name)
    running.card_reader.take()
    until(lambda: reader_state(running) == "empty", what="the card to be missed")
    assert kiosk.shows(GREETING)


@pytest.mark.req("K7", "K12", "D1")
@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_is_told_in_its_own_words_and_the_next_card_works(
    running: WholeSite, kiosk: KioskPage, flaw: Flaw
) -> None:
    heard, fault = len(running.happened(DocumentRead)), FAULT_OF[flaw]
    scan(running, kiosk, MAU)
    lay(running, MAU, flaw)
    until(lambda: kiosk.shows(READING_WORDS[fault][0]), what="the words")
    assert kiosk.shows(READING_WORDS[fault][1])
    assert take_number(kiosk) is (fault in HARMLESS), "whether the person is known still"
    assert readings(running, heard, how_many=2) == [(Document.CCCD_QR, None), (Document.CCCD_CHIP, fault)]
    running.card_reader.take()
    until(lambda: reader_state(running) == "empty", what="the card to be missed")
    scan(running, kiosk, THU)
    lay(running, THU)
    until(lambda: kiosk.shows(GREETING), what="the next card to be read")


def test_another_card_than_the_scanned_one_names_nobody(running: WholeSite, kiosk: KioskPage) -> None:
    scan(running, kiosk, MAU)
    lay(running, THU)
    until(lambda: kiosk.shows("Thẻ trên đầu đọc không phải thẻ vừa quét"), what="the words")
    assert not kiosk.shows(MAU.name)
    assert not kiosk.shows(THU.name)


def test_a_card_that_is_laid_there_again_is_read_again(running: WholeSite, kiosk: KioskPage) -> None:
    scan(running, kiosk, MAU)
    lay(running, MAU, Flaw.PULLED)
    until(lambda: kiosk.shows("Xin đặt lại thẻ và giữ yên"), what="the words")
    lay(running, MAU)
    until(lambda: kiosk.shows(GREETING), what="the chip to be read")


@pytest.mark.req("K7", "D1")
def test_a_health_insurance_card_gives_a_number_and_is_counted(running: WholeSite, kiosk: KioskPage) -> None:
    heard = len(running.happened(DocumentRead))
    scan(running, kiosk, BHYT)
    assert not take_number(kiosk)
    assert running.happened(TicketIssued)[-1].document is Document.BHYT_QR
    assert readings(running, heard, how_many=1) == [(Document.BHYT_QR, None)]


@pytest.mark.req("D1", "K8")
def test_readings_made_while_the_hub_is_away_are_told_when_it_is_back(running: WholeSite, kiosk: KioskPage) -> None:
    heard = len(running.happened(DocumentRead))
    running.supervisor.unplug("hub")
    try:
        until(lambda: kiosk.shows("Kiosk phát số dự phòng"), within_s=20, what="the reserve")
        scan(running, kiosk, THU)
        lay(running, THU)
        until(lambda: kiosk.shows(GREETING), what="the chip to be read")
        begin_anew(kiosk)
        for again in (False, True):
            scan(running, kiosk, BHYT)
            assert take_number(kiosk) is again, "one person, one number, also by the insurance card"
    finally:
        running.supervisor.plug_in("hub")
    expected = [Document.CCCD_QR, Document.CCCD_CHIP, Document.BHYT_QR, Document.BHYT_QR]
    assert readings(running, heard, how_many=4) == [(document, None) for document in expected]
    until(lambda: not kiosk.shows("Kiosk phát số dự phòng"), within_s=20, what="the hub to be found again")


def test_nothing_of_any_person_is_written_anywhere(running: WholeSite) -> None:
    """Comes last: after every failure, and after every success."""
    written = b"".join(path.read_bytes() for path in running.files_written())
    assert b"kiosk" in written
    for card in (MAU, THU, BHYT):
        number = card.text.split()[0]
        for text in (card.name, card.name.upper(), number, number[-6:]):
            assert text.encode() not in written


def test_every_flaw_can_be_chosen_on_the_workbench() -> None:
    assert set(FLAW_WORDS) == set(FAULT_OF) == set(Flaw)
