"""The kiosk in Chromium: the real programs, with scanner and printer in the test's hands."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from edge.contracts.commands import CallNext
from edge.contracts.events import PrintFailed, TicketIssued
from provisioning.demo.site import Ports, provision
from tests import slips
from tests.hub_http import Device
from tests.sites import command_id
from tests.waiting import until
from tests.whole_site import WholeSite

NAME, ID_NUMBER = "Nguyễn Văn Mẫu", "001099000017"
CARD_2021 = f"{ID_NUMBER}|012345678|{NAME}|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"
CARD_2024 = "001199000018||Trần Thị Giả|02031999|Nữ|Số 2 phố Giả, Hà Nội|01072024||||"
PORTRAIT, LANDSCAPE = ViewportSize(width=1080, height=1920), ViewportSize(width=1920, height=1080)

LONG_NAMES = (
    ("Khám tổng quát", "General examination"),
    ("Khám sức khỏe định kỳ, lái xe", "Health certificate, driving"),
    ("Y học cổ truyền và phục hồi chức năng", "Traditional medicine, rehabilitation"),
    ("Nội tiết – Đái tháo đường", "Diabetes and endocrinology"),
    ("Tai Mũi Họng", "Ear, nose, throat"),
    ("Mắt", "Eyes"),
    ("Trả kết quả xét nghiệm", "Laboratory results"),
    ("Kế hoạch hóa gia đình", "Family planning"),
)

# What a person would notice: text off the screen or cut off, too small to read, or a button too small to touch.
FLAWS = """() => {
  const flaws = [];
  const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1; };
  for (const e of document.querySelectorAll("main *")) {
    if (!seen(e) || e.closest(".visually-hidden")) continue;
    const r = e.getBoundingClientRect();
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (r.right > innerWidth + 1 || r.bottom > innerHeight + 1 || r.left < -1 || r.top < -1)
      flaws.push(`off the screen: ${e.className || e.tagName}`);
    if (own && parseFloat(getComputedStyle(e).fontSize) < 28) flaws.push(`small: ${e.textContent}`);
    if (e.tagName === "BUTTON" && r.height < 96) flaws.push(`low: ${e.textContent}`);
    const box = e.closest(".tile, .ask, .ticket, .button");
    if (box && own) {
      const b = box.getBoundingClientRect();
      if (r.bottom > b.bottom + 1 || r.top < b.top - 1 || r.right > b.right + 1)
        flaws.push(`cut off: ${e.textContent}`);
    }
  }
  const parts = [...document.querySelectorAll("main > *")].map((e) => [e, e.getBoundingClientRect()]);
  for (const [a, p] of parts) for (const [b, q] of parts)
    if (a !== b && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      flaws.push(`${a.className} over ${b.className}`);
  return flaws;
}"""


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


def press(page: Page, selector: str) -> None:
    """Click what is there now; Playwright's own click would wait for a button of the next person's screen."""
    page.evaluate("selector => document.querySelector(selector)?.click()", selector)


def begin_anew(page: Page) -> None:
    """Wait for, or touch the way to, the first screen."""
    first = page.locator("main.choose:not(:has([data-touch=dismiss]))")

    def back() -> bool:
        press(page, "[data-touch=dismiss]")
        return first.count() == 1

    until(back, within_s=20, what="the first screen")


def choose(page: Page, service: str) -> None:
    """Touch a tile as a person would: again, if nothing happened."""

    def touched() -> bool:
        press(page, f"[data-service={service}]")
        return page.locator(f"[data-service={service}]").count() == 0

    until(touched, what="the touch to be taken")


def said(page: Page, words: str) -> Locator:
    """Words on the screen itself, not those for a screen reader alone."""
    return page.locator("main").get_by_text(words)


def label(page: Page) -> str:
    return page.locator(".label").inner_text()


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
    assert read.stdout.strip() == f"{running.site.addresses['counter']}t/{failed.ticket}"
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
        ("https://example.invalid/x", "Mã vừa quét là một đường dẫn, không phải căn cước."),
        ("8934567890123", "Mã vừa quét không phải mã của căn cước."),
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
    running.supervisor.unplug("hub")
    expect(said(page, "Kiosk tạm thời không lấy được số. Xin gặp nhân viên.")).to_be_visible(timeout=10_000)
    assert page.evaluate(FLAWS) == []
    running.supervisor.plug_in("hub")
    expect(page.locator("[data-service=general]")).to_be_visible(timeout=20_000)


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


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
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


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    folder = tmp_path_factory.mktemp("forty")
    lines = ['[facility]\nname = "Bệnh viện Đa khoa khu vực và Phục hồi chức năng Mẫu Đơn"\n']
    lines += ['name_en = "Mau Don Regional General and Rehabilitation Hospital"\ndepartment = "Khoa Khám bệnh"\n']
    lines += ['ward = "Phường Mẫu"\nprovince = "Tỉnh Mẫu"\n']
    for opens, closes, days in (("07:00", "11:30", [0, 1, 2, 3, 4, 5]), ("13:30", "17:00", [0, 1, 2, 3, 4])):
        lines += [f'[[hours]]\nweekdays = {days}\nopens = "{opens}"\ncloses = "{closes}"\n']
    for group in range(6):
        lines += [f'[[groups]]\nid = "g{group}"\nname = "Nhóm dịch vụ {group + 1}"\nname_en = "Services {group + 1}"\n']
    for number in range(40):
        name, name_en = LONG_NAMES[number % len(LONG_NAMES)]
        prefix = chr(65 + number) if number < 26 else f"K{chr(65 + number - 26)}"
        lines += [f'[[services]]\nid = "s{number}"\ngroup = "g{number * 6 // 40}"\nprefix = "{prefix}"\n']
        lines += [f'name = "{name}"\nname_en = "{name_en}"\ncolour = "#1d5fae"\n']
    services = [f"s{number}" for number in range(40)]
    lines += [f'[[counters]]\nid = "q1"\nnumber = 1\nroom = "101"\nservices = {services}\n']
    (folder / "catalogue.toml").write_text("".join(lines), encoding="utf-8")
    with WholeSite(provision(folder, Ports.free()), "hub", "kiosk") as running:
        yield running


@pytest.mark.req("K2", "K3")
@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
def test_forty_services_stand_on_one_screen_in_both_languages(
    forty: WholeSite, browser: Browser, viewport: ViewportSize
) -> None:
    page = browser.new_page(viewport=viewport)
    page.goto(forty.site.addresses["kiosk"])
    expect(page.locator(".tile")).to_have_count(40, timeout=20_000)
    assert page.evaluate(FLAWS) == []
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "en")
    assert page.evaluate(FLAWS) == []
    page.locator("[data-touch=language]").click()
    expect(page.locator("main")).to_have_attribute("lang", "vi")
    forty.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()
    assert page.evaluate(FLAWS) == []
    page.locator("[data-touch=dismiss]").click()
    page.close()
