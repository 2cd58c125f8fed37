"""The kiosk in Chromium: the real programs, with scanner and printer in the test's hands."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.contracts.commands import CallNext
from edge.contracts.events import PrintFailed, TicketIssued
from edge.contracts.ticket import Priority
from provisioning.demo.site import Ports, provision
from tests import slips
from tests.hub_http import Device
from tests.kiosk_page import (
    CARD_2021,
    CARD_2024,
    CARD_OLD,
    FLAWS,
    ID_NUMBER,
    LANDSCAPE,
    NAME,
    PORTRAIT,
    SMALL,
    begin_anew,
    choose,
    label,
    press,
    said,
    settle,
    tab_to,
)
from tests.sites import command_id
from tests.waiting import until
from tests.whole_site import WholeSite


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub", "kiosk") as running:
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    faults: list[str] = []
    context = browser.new_context(viewport=PORTRAIT)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(running.site.addresses["kiosk"])
    begin_anew(page)
    yield page
    begin_anew(page)
    assert faults == []
    context.close()


@pytest.mark.req("K1", "K7", "K9")
@pytest.mark.parametrize(("card", "name"), [(CARD_2021, NAME), (CARD_2024, "Trần Thị Giả")], ids=["2021", "2024"])
def test_a_card_a_touch_and_the_paper_has_the_number_of_the_screen(
    running: WholeSite, page: Page, card: str, name: str, tmp_path: Path
) -> None:
    papers = len(running.printer.slips)
    running.scanner.scan(card)
    expect(said(page, name)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hãy chọn dịch vụ")
    choose(page, "general")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=10_000)
    (slip,) = running.printer.slips[papers:]
    issued = running.happened(TicketIssued)[-1]
    assert slips.ticket_id(slip.png, tmp_path) == issued.ticket
    assert label(page) == issued.label
    expect(page.locator(".places")).to_have_text("Quầy 1, 2 · Phòng 101, 102")


def test_nothing_of_a_person_stays_in_the_browser(running: WholeSite, page: Page) -> None:
    running.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()
    assert ID_NUMBER not in page.content()
    entries = page.evaluate("history.length")
    choose(page, "children")
    expect(page.locator(".label")).to_be_visible()
    for _ in range(2):
        for text in (NAME, ID_NUMBER, ID_NUMBER[-6:]):
            assert text not in page.content()
        begin_anew(page)
    assert page.evaluate("history.length") == entries
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


@pytest.mark.req("K12")
def test_a_person_with_a_keyboard_and_no_document_takes_a_number(running: WholeSite, page: Page) -> None:
    papers = len(running.printer.slips)
    until(lambda: page.evaluate("performance.now()") > 1000, what="the screen to settle")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.service") == "cashier":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".label")).to_have_text("V001")
    until(lambda: len(running.printer.slips) == papers + 1, what="the slip")


@pytest.mark.req("K8")
def test_a_trembling_finger_takes_one_number(running: WholeSite, page: Page) -> None:
    issued = len(running.happened(TicketIssued))
    until(lambda: page.evaluate("performance.now()") > 1000, what="the screen to settle")
    page.locator("[data-service=pharmacy]").dblclick()
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=10_000)
    assert len(running.happened(TicketIssued)) == issued + 1


def test_a_touch_is_not_lost_when_the_figures_change_under_the_finger(running: WholeSite, page: Page) -> None:
    until(lambda: page.evaluate("performance.now()") > 1000, what="the screen to settle")
    box = page.locator("[data-service=maternity]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    waiting = page.locator("[data-service=general] .waiting")
    before = waiting.inner_text()
    Device(running.site, "board-1").do(CallNext(command_id(), "q1"))
    until(lambda: waiting.inner_text() != before, what="the figure to change")
    page.mouse.up()
    expect(page.locator(".label")).to_have_text("C001")


def test_without_paper_the_screen_has_a_qr_that_a_phone_reads_and_prints_again_later(
    running: WholeSite, page: Page, tmp_path: Path
) -> None:
    papers = len(running.printer.slips)
    running.printer.paper = "out"
    choose(page, "children")
    expect(said(page, "Chưa in được phiếu. Xin nhớ số này hoặc chụp ảnh mã QR")).to_be_visible(timeout=10_000)
    expect(said(page, "Máy in: hết giấy. Nhân viên đã được báo.")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    page.screenshot(path=tmp_path / "screen.png")
    read = subprocess.run(["zbarimg", "--raw", "-q", tmp_path / "screen.png"], capture_output=True, text=True)
    failed = until(lambda: running.happened(PrintFailed), what="word to the staff")[-1]
    assert set(read.stdout.split()) == {f"{running.site.addresses['dashboard']}t/{failed.ticket}"}  # also on the slip
    shown = label(page)
    running.printer.paper = "ok"

    def reprinted() -> bool:
        press(page, "[data-touch=reprint]")
        return said(page, "Xin chờ lấy phiếu").or_(said(page, "Xin lấy phiếu")).count() == 1

    until(reprinted, what="the touch to be taken")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=10_000)
    assert label(page) == shown
    assert len(running.printer.slips) == papers + 1


def test_the_first_screen_tells_of_a_printer_without_paper_before_anyone_needs_it(
    running: WholeSite, page: Page
) -> None:
    running.printer.paper = "out"
    choose(page, "children")
    expect(page.locator("[data-touch=reprint]")).to_be_visible(timeout=10_000)
    begin_anew(page)
    expect(said(page, "Báo nhân viên – máy in: hết giấy.")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    running.printer.paper = "ok"
    choose(page, "children")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=10_000)
    begin_anew(page)
    expect(said(page, "Báo nhân viên")).not_to_be_visible()


@pytest.mark.parametrize(
    ("scanned", "words"),
    [
        ("https://example.invalid/x", "Mã vừa quét là một đường dẫn, không phải giấy tờ."),
        ("8934567890123", "Mã vừa quét không phải mã của giấy tờ nào trong đó."),
        (CARD_2021[:30], "Mã vừa đọc bị thiếu."),
    ],
    ids=["link", "barcode", "half a card"],
)
def test_a_code_that_is_no_card_says_what_to_do(running: WholeSite, page: Page, scanned: str, words: str) -> None:
    running.scanner.scan(scanned)
    expect(said(page, words)).to_be_visible()
    assert page.evaluate(FLAWS) == []
    running.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()


def test_a_scanner_that_is_pulled_out_is_not_asked_for_until_it_is_back(running: WholeSite, page: Page) -> None:
    invitation = page.get_by_role("heading", level=1)
    running.scanner.unplug()
    expect(invitation).to_have_text("Máy quét đang hỏng, xin chọn dịch vụ trên màn hình", timeout=10_000)
    running.scanner.plug()
    expect(invitation).to_have_text("Đưa mã QR trên thẻ căn cước vào khe quét", timeout=10_000)


def test_a_kiosk_whose_program_dies_says_so_forgets_the_person_and_comes_back(running: WholeSite, page: Page) -> None:
    running.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()
    running.supervisor.unplug("kiosk")
    expect(said(page, "Kiosk tạm thời không lấy được số. Xin gặp nhân viên.")).to_be_visible(timeout=10_000)
    assert NAME not in page.content()
    running.supervisor.plug_in("kiosk")
    expect(page.locator("[data-service=general]")).to_be_visible(timeout=20_000)
    choose(page, "cashier")
    expect(page.locator(".label")).to_be_visible()


def test_a_lost_hub_is_said_and_found_again(running: WholeSite, page: Page) -> None:
    banner = said(page, "Kiosk phát số dự phòng.")
    running.supervisor.unplug("hub")
    try:
        expect(banner).to_be_visible(timeout=20_000)
        expect(page.locator("[data-touch=look-up]")).to_have_count(0)
        assert page.evaluate(FLAWS) == []
        choose(page, "general")
        expect(said(page, "Số dự phòng: máy chủ tạm mất kết nối.")).to_be_visible(timeout=10_000)
        assert page.evaluate(FLAWS) == []
    finally:
        running.supervisor.plug_in("hub")
    begin_anew(page)
    expect(banner).to_have_count(0, timeout=20_000)
    expect(page.locator("[data-touch=look-up]")).to_be_visible()


@pytest.mark.req("K12")
def test_a_person_without_a_document_names_a_legal_ground_by_keyboard(running: WholeSite, page: Page) -> None:
    settle(page)
    tab_to(page, "touch", "priority")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bạn thuộc diện ưu tiên nào?")
    expect(said(page, "Luật 15/2023/QH15, Điều 3")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    settle(page)
    tab_to(page, "ground", "pregnant")
    page.keyboard.press("Enter")
    expect(said(page, "phụ nữ mang thai")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    settle(page)
    tab_to(page, "service", "general")
    page.keyboard.press("Enter")
    expect(said(page, "Bạn chọn ưu tiên: phụ nữ mang thai")).to_be_visible(timeout=10_000)
    assert page.evaluate(FLAWS) == []
    issued = running.happened(TicketIssued)[-1]
    assert (issued.claim, issued.priority) == (Priority.PREGNANT, Priority.NONE)


@pytest.mark.req("K7")
def test_the_birth_date_on_the_card_gives_the_priority_and_the_screen_says_which(
    running: WholeSite, page: Page
) -> None:
    running.scanner.scan(CARD_OLD)
    expect(said(page, "Lê Thị Cụ")).to_be_visible()
    choose(page, "insurance")
    expect(said(page, "Ưu tiên: từ đủ 75 tuổi")).to_be_visible(timeout=10_000)
    assert running.happened(TicketIssued)[-1].priority is Priority.FROM_75
    assert "1941" not in page.content()


@pytest.mark.req("P6")
def test_a_number_is_looked_up_by_touch_and_by_keyboard(running: WholeSite, page: Page) -> None:
    choose(page, "maternity")
    expect(page.locator(".label")).to_be_visible(timeout=10_000)
    number = label(page)
    begin_anew(page)
    settle(page)
    page.get_by_role("button", name="Xem số của tôi").click()
    for letter in number:
        page.locator(f"[data-key='{letter}']").click()
    expect(page.locator("#typed")).to_have_value(number)
    page.locator("[data-key='']").click()
    expect(page.locator("#typed")).to_have_value(number[:-1])
    page.locator(f"[data-key='{number[-1]}']").click()
    assert page.evaluate(FLAWS) == []
    settle(page)
    page.get_by_role("button", name="Xem", exact=True).click()
    expect(page.locator(".label")).to_have_text(number)
    expect(said(page, "Quầy 1 · Phòng 101")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    settle(page)
    page.get_by_role("button", name="Xem số khác").click()
    expect(page.locator("#typed")).to_be_focused()
    settle(page)
    page.keyboard.type("z99")
    page.keyboard.press("Enter")
    expect(said(page, "Không tìm thấy số Z99 trong số người đang chờ.")).to_be_visible()
    settle(page)
    page.keyboard.press("Escape")
    expect(page.locator("[data-service=general]")).to_be_visible()


def test_what_was_typed_stays_when_the_colours_change(page: Page) -> None:
    settle(page)
    page.get_by_role("button", name="Xem số của tôi").click()
    expect(page.locator("#typed")).to_be_focused()
    page.keyboard.type("A04")
    settle(page)
    page.get_by_role("button", name="Tương phản cao").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    expect(page.locator("#typed")).to_have_value("A04")
    page.get_by_role("button", name="Màu thường").click()


def test_english_and_high_contrast_at_a_touch(page: Page) -> None:
    until(lambda: page.evaluate("performance.now()") > 1000, what="the screen to settle")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hold the QR code of your ID card to the scanner")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="High contrast").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
    expect(page.get_by_role("button", name="Usual colours")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.querySelector('main')).color") == "rgb(0, 0, 0)"
    page.get_by_role("button", name="Usual colours").click()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đưa mã QR trên thẻ căn cước vào khe quét")


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE, SMALL], ids=["portrait", "landscape", "small"])
def test_every_step_is_readable_touchable_and_whole(running: WholeSite, page: Page, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    for english in (False, True):
        if english:
            page.locator("[data-touch=language]").click()
            expect(page.locator("main")).to_have_attribute("lang", "en")
        assert page.evaluate(FLAWS) == []
        running.scanner.scan(CARD_2024)
        expect(said(page, "Trần Thị Giả")).to_be_visible()
        assert page.evaluate(FLAWS) == []
        choose(page, "insurance")
        expect(page.locator("[data-touch=dismiss]")).to_be_visible(timeout=10_000)
        assert page.evaluate(FLAWS) == []
        begin_anew(page)
