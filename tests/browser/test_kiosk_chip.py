"""The kiosk in Chromium, and beside it the workbench's page, from which cards are scanned and laid on the reader."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.devices.sim.card.faults import Flaw
from edge.kiosk.identifying import HARMLESS
from edge.kiosk.words import READING_WORDS
from provisioning.demo.cards import CARDS
from provisioning.demo.control import Control
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.card_flaws import FAULT_OF
from tests.hub_http import Device
from tests.kiosk_page import FLAWS, LANDSCAPE, PORTRAIT, SMALL, begin_anew, choose, label, said, settle

MAU, _, THU, BHYT, _ = CARDS
BY_CHIP, INVITATION = "Đã xác thực bằng chip", "Đặt thẻ lên đầu đọc để xác thực bằng chip"
TAKE = """() => fetch("/act", {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ type: "TakeCard" }),
})"""
WATCH = """() => {
  window.shares = [];
  new MutationObserver(() => {
    const bar = document.querySelector("progress");
    if (bar && !document.querySelector("[data-service]")) window.shares.push(bar.value);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


class Table:
    """The workbench's page under a technician's hand."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def scan(self, card: str) -> None:
        self.page.locator(f"[data-card={card}]").click()

    def lay(self, card: str, flaw: str = "") -> None:
        """Lay this card on, in the place of any other, with ``flaw`` as the page's list names it."""
        self.page.locator("#flaw").select_option(flaw)
        with self.page.expect_response("**/act"):
            self.page.locator(f"[data-lay={card}]").click()

    def take(self) -> None:
        """Take away what lies on the reader, if anything does."""
        self.page.evaluate(TAKE)
        expect(self.page.locator("[data-lay][aria-pressed=true]")).to_have_count(0)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    supervisor = Supervisor(site.programs("workbench", "hub", "kiosk"))
    control = Control(supervisor, site.control_socket)
    try:
        supervisor.start()
        yield site
    finally:
        supervisor.stop()
        control.close()


@pytest.fixture(scope="module")
def hand(site: Site, browser: Browser) -> Iterator[Table]:
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(site.addresses["workbench"])
    expect(page.get_by_text("Máy quét sẵn sàng")).to_be_visible()
    yield Table(page)
    page.close()


@pytest.fixture
def page(site: Site, hand: Table, browser: Browser) -> Iterator[Page]:
    """The kiosk's first screen, and nothing on its reader."""
    faults: list[str] = []
    page = browser.new_page(viewport=PORTRAIT)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(site.addresses["kiosk"])
    hand.take()
    begin_anew(page)
    yield page
    hand.take()
    begin_anew(page)
    assert faults == []
    page.close()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


@pytest.mark.req("K1", "K7", "K9")
def test_scan_lay_progress_greeting_and_a_number_from_the_chip(site: Site, hand: Table, page: Page) -> None:
    hand.scan("cccd-2024")
    expect(said(page, INVITATION)).to_be_visible()
    page.evaluate(WATCH)
    hand.lay("cccd-2024")
    expect(said(page, BY_CHIP)).to_be_visible()
    shares = page.evaluate("window.shares")
    assert shares == sorted(shares)
    assert any(0 < share < 100 for share in shares), "the bar stood still"
    expect(said(page, THU.name)).to_be_visible()
    hand.take()
    choose(page, "general")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible()
    (ticket,) = (t for t in Device(site, "board-1").snapshot().tickets.values() if t.label == label(page))
    assert ticket.document is Document.CCCD_CHIP


@pytest.mark.req("K7")
def test_a_card_that_is_laid_on_first_is_read_once_it_was_scanned(hand: Table, page: Page) -> None:
    hand.lay("cccd-2021")
    expect(heading(page)).to_have_text("Xin quét mã QR trên thẻ trước")
    hand.scan("cccd-2021")
    expect(said(page, BY_CHIP)).to_be_visible()
    expect(said(page, MAU.name)).to_be_visible()


def test_the_bar_moves_its_steps_are_told_and_whoever_does_not_wait_goes_on_by_the_qr(hand: Table, page: Page) -> None:
    hand.scan("cccd-2021")
    expect(said(page, INVITATION)).to_be_visible()
    hand.lay("cccd-2021", "slow")
    bar = page.get_by_role("progressbar", name="Đang đọc chip, xin đừng nhấc thẻ")
    expect(bar).to_be_visible()
    expect(page.locator("[data-touch=service]")).to_have_count(0)
    expect(page.locator("#say")).to_have_text("Đang đọc chip, xin đừng nhấc thẻ")
    expect(page.locator("#say")).to_have_text("Đang mở chip bằng mã vừa quét")
    hand.take()
    expect(heading(page)).to_have_text(READING_WORDS[ReadingFault.CARD_REMOVED][0])
    hand.lay("cccd-2021", "slow")
    expect(page.locator("progress")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Bỏ qua, dùng mã QR").click()
    expect(heading(page)).to_have_text("Hãy chọn dịch vụ")
    expect(said(page, "Nhấc thẻ ra rồi đặt lại để xác thực bằng chip")).to_be_visible()
    step = page.locator("main").get_attribute("data-step")
    hand.take()
    expect(said(page, INVITATION)).to_be_visible()
    assert page.locator("main").get_attribute("data-step") == step, "a finger on a tile is not disturbed"


@pytest.mark.req("K7", "K12")
@pytest.mark.parametrize(("flaw", "fault"), FAULT_OF.items(), ids=lambda value: value.value)
def test_every_failure_has_its_words_its_next_step_and_a_number_all_the_same(
    hand: Table, page: Page, flaw: Flaw, fault: ReadingFault
) -> None:
    hand.scan("cccd-2021")
    expect(said(page, MAU.name)).to_be_visible()
    hand.lay("cccd-2021", flaw.value)
    what, next_step = READING_WORDS[fault]
    expect(heading(page)).to_have_text(what)
    expect(said(page, next_step).first).to_be_visible()
    assert page.evaluate(FLAWS) == []
    assert MAU.name not in page.content()
    how = "bằng mã QR" if fault in HARMLESS else "không cần giấy tờ"
    expect(said(page, f"Bạn vẫn lấy số được {how}")).to_be_visible()
    expect(page.locator("[data-service=general]")).to_be_enabled()
    hand.take()
    hand.lay("cccd-2021")
    expect(said(page, BY_CHIP) if fault in HARMLESS else said(page, "Xin quét mã QR trên thẻ trước")).to_be_visible()


@pytest.mark.req("K7")
def test_a_health_insurance_card_is_greeted_and_takes_a_number(site: Site, hand: Table, page: Page) -> None:
    hand.scan("bhyt")
    expect(said(page, BHYT.name)).to_be_visible()
    expect(said(page, "Thẻ BHYT")).to_be_visible()
    assert "0123456789" not in page.content()
    choose(page, "insurance")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    (ticket,) = (t for t in Device(site, "board-1").snapshot().tickets.values() if t.label == label(page))
    assert ticket.document is Document.BHYT_QR


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE, SMALL], ids=["portrait", "landscape", "small"])
def test_every_step_of_reading_is_readable_touchable_and_whole(hand: Table, page: Page, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    for language in ("vi", "en"):
        if language == "en":
            page.locator("[data-touch=language]").click()
        expect(page.locator("main")).to_have_attribute("lang", language)
        hand.lay("cccd-2024", "slow")
        expect(page.locator(".ask.trouble")).to_be_visible()
        assert page.evaluate(FLAWS) == []
        hand.scan("cccd-2024")
        expect(page.locator("progress")).to_be_visible()
        assert page.evaluate(FLAWS) == []
        hand.take()
        expect(page.locator(".ask.trouble")).to_be_visible()
        assert page.evaluate(FLAWS) == []
        hand.lay("cccd-2024")
        expect(page.locator(".tick")).to_be_visible()
        assert page.evaluate(FLAWS) == []
        hand.take()
        begin_anew(page)
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "vi")
