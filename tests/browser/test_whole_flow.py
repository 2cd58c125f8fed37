"""A patient, an officer, the hall and the Department, each at their own page in Chromium, on one whole site."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.contracts.events import TicketIssued
from provisioning.demo.site import ACCOUNT, OFFICER, Ports, provision
from tests import slips
from tests.waiting import until
from tests.whole_site import WholeSite

CARD = "001099000017|012345678|Nguyễn Văn Mẫu|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"
PHONE = ViewportSize(width=390, height=780)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free())) as running:
        yield running


def opened(browser: Browser, address: str, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    return page


@pytest.mark.req("K1", "K7", "K9", "B5", "B6", "T1", "T6", "P2", "P4", "P5", "P6", "D1")
def test_from_the_card_to_the_departments_dashboard(running: WholeSite, browser: Browser, tmp_path: Path) -> None:
    site = running.site
    kiosk = opened(browser, site.addresses["kiosk"], 1080, 1920)
    tv = opened(browser, site.addresses["tv"], 1920, 1080)
    dashboard = opened(browser, site.addresses["dashboard"], 1440, 900)
    dashboard.fill("[name=name]", ACCOUNT)
    dashboard.fill("[name=password]", site.passwords.account)
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#tickets")).to_have_text("0")

    running.scanner.scan(CARD)
    expect(kiosk.get_by_text("Nguyễn Văn Mẫu")).to_be_visible()
    tile = kiosk.get_by_role("button", name="Khám tổng quát")

    def touched() -> bool:  # a touch on a picture that nobody can have seen yet is none
        if tile.is_visible():
            tile.click()
        return kiosk.get_by_text("A001").first.is_visible()

    until(touched, what="the number on the kiosk")
    slip = until(lambda: running.printer.slips, what="the slip")[0].png
    assert slips.label(slip) == "A001"
    expected = ("Trung tâm Y tế huyện Mẫu", "Khám tổng quát", "Phòng 101, 102", "Người chờ trước bạn", "Lấy số lúc")
    assert slips.missing(slip, expected) == []

    ticket = slips.ticket_id(slip, tmp_path)
    phone = opened(browser, f"{site.addresses['counter']}t/{ticket}", **PHONE)
    expect(phone.get_by_role("heading")).to_have_text("Bạn là người tiếp theo")

    counter = opened(browser, site.addresses["counter"], 1366, 768)
    counter.fill("[name=name]", OFFICER)
    counter.fill("[name=password]", site.passwords.officer)
    counter.keyboard.press("Enter")
    counter.get_by_role("link", name="Quầy 1").click()
    counter.wait_for_url("**/counters/q1")  # and for its script: a key that comes before it is nobody's
    expect(counter.locator(".next")).to_contain_text("A001")
    counter.keyboard.press("Space")
    expect(counter.locator(".now .n")).to_have_text("A001")

    expect(tv.locator(".called, .call, .calling").first).to_contain_text("A001")
    until(lambda: any("A001" in row.text and row.blink for row in running.led_board.rows), what="the LED board")
    phone.reload()
    expect(phone.get_by_role("heading")).to_contain_text("mời vào quầy 1")

    counter.keyboard.press("Enter")
    expect(counter.locator(".now .n")).to_have_text("—")
    expect(dashboard.locator("#tickets")).to_have_text("1", timeout=15_000)
    assert len(running.happened(TicketIssued)) == 1
