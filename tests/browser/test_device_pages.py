"""What staff see of the devices in Chromium, on a real hub: the strip on the floor's page, and a page of them all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.health import Reason, Subject, part
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER
from tests.axe import violations
from tests.counter_desk import officer_at
from tests.device_reports import tell
from tests.whole_site import WholeSite

LOW, OUT = part(Subject.PRINTER, Reason.PAPER_LOW), part(Subject.PRINTER, Reason.PAPER_OUT)
LED = part(Subject.LED_BOARD, Reason.NO_ANSWER, "q1,q2")


@pytest.fixture
def floor(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, "/floor", FLOOR_LEAD) as page:
        yield page


@pytest.mark.req("D4", "P1", "X5")
def test_a_roll_that_ends_is_seen_on_the_floor_and_gone_when_it_was_changed(floor: Page, running: WholeSite) -> None:
    strip = floor.locator("section.devices")
    expect(strip).to_have_count(0)
    tell(running.site, "kiosk-1", LOW)
    expect(strip).to_contain_text("kiosk-1: Máy in sắp hết giấy. Xin thay cuộn giấy.")
    expect(floor.locator("#aloud")).to_contain_text("1 thiết bị cần xem")
    tell(running.site, "kiosk-1", OUT)
    expect(strip.locator("li.fail")).to_contain_text("Máy in hết giấy")
    tell(running.site, "board-1", LED)
    expect(strip.locator("li")).to_have_count(2)
    expect(strip.locator("li").nth(1)).to_contain_text("Bảng LED (Quầy 1, 2) không trả lời")
    assert violations(floor) == []
    tell(running.site, "kiosk-1", part(Subject.PRINTER))
    tell(running.site, "board-1")
    expect(strip).to_have_count(0)


@pytest.mark.req("D4", "P1")
def test_the_page_of_devices_shows_each_part_and_follows(floor: Page, running: WholeSite) -> None:
    tell(running.site, "kiosk-1", OUT, part(Subject.SCANNER))
    floor.locator("#all-devices").click()
    expect(floor.get_by_role("heading", level=1)).to_have_text("Thiết bị")
    kiosk = floor.locator("section.device", has_text="kiosk-1")
    expect(kiosk).to_contain_text("phiên bản 0.1.0 · chạy được 1 giờ 30 phút")
    expect(kiosk).to_contain_text("21.3 GB")
    expect(kiosk.locator("li.fail")).to_contain_text("Xin thay cuộn giấy ngay.")
    expect(kiosk.locator("li.ok")).to_contain_text("Máy quét")
    expect(floor.locator("section.device", has_text="board-1")).to_contain_text("Đang chờ báo về")
    hub = floor.locator("section.device", has_text="Máy chủ")
    expect(hub).to_contain_text("Thẻ nhớ")
    assert violations(floor) == []
    tell(running.site, "kiosk-1", part(Subject.PRINTER), part(Subject.SCANNER))
    expect(kiosk.locator("li.fail")).to_have_count(0)


@pytest.mark.req("X1")
def test_an_officer_of_a_counter_does_not_see_the_devices_and_an_administrator_does(
    running: WholeSite, browser: Browser
) -> None:
    with officer_at(running.site, browser, "/devices", OFFICER) as page:
        expect(page.get_by_role("heading")).to_contain_text("không được mở trang đó")
        assert page.evaluate("fetch('/devices/panel').then(a => a.status)") == 403
    with officer_at(running.site, browser, "/devices?lang=en", ADMINISTRATOR) as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Devices")
        expect(page.locator("nav [aria-current]")).to_have_text("Devices")


@pytest.mark.req("D4", "K9")
def test_an_officer_at_a_counter_reads_which_kiosk_needs_paper_and_nothing_else(
    running: WholeSite, browser: Browser
) -> None:
    with officer_at(running.site, browser, "/counters/q1", OFFICER) as page:
        expect(page.locator("aside .alert")).to_have_count(0)
        tell(running.site, "kiosk-1", LOW, part(Subject.SCANNER, Reason.ABSENT))
        expect(page.locator("aside .alert")).to_have_text(
            "kiosk-1: sắp hết hoặc đã hết giấy in phiếu. Xin thay cuộn giấy."
        )
        tell(running.site, "kiosk-1", part(Subject.SCANNER, Reason.ABSENT))
        expect(page.locator("aside .alert")).to_have_count(0)
