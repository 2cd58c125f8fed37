"""The floor lead's page in Chromium, on a real hub."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import (
    Announced,
    CounterChanged,
    PrioritySet,
    TicketCancelled,
    TicketIssued,
    TicketMerged,
    TicketReturned,
    TicketSentOn,
)
from edge.contracts.ticket import Priority
from provisioning.demo.site import FLOOR_LEAD, OFFICER
from tests.counter_desk import log_in, officer_at, take_number
from tests.whole_site import WholeSite


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, "/floor", FLOOR_LEAD) as page:
        yield page


def find(page: Page, typed: str) -> None:
    """Search for a number by keys alone."""
    page.locator("#work").focus()
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")


def act(page: Page, label: str) -> None:
    """Open the dialog of this number, once it was found."""
    expect(page.locator("#result h2")).to_have_text(label)
    page.get_by_role("button", name="Sửa số này").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-ticket")).to_be_visible()


@pytest.mark.req("X1")
def test_an_officer_of_a_counter_is_not_shown_the_floor(running: WholeSite, browser: Browser) -> None:
    with officer_at(running.site, browser, "/floor", OFFICER) as page:
        expect(page.get_by_role("heading")).to_contain_text("không được mở trang đó")
        for path in ("/floor/panel", "/floor/tickets/V001"):
            assert page.evaluate("path => fetch(path).then(a => a.status)", path) == 403


@pytest.mark.req("P5", "T2")
def test_every_counter_is_seen_alive_with_who_sits_there(page: Page, running: WholeSite, browser: Browser) -> None:
    row = page.locator("tbody tr", has_text="Phòng 104")
    expect(row).to_contain_text("Đóng")
    with officer_at(running.site, browser, "/counters/q4") as counter:
        take_number(running.site)
        expect(row).to_contain_text(OFFICER)
        expect(counter.locator(".next")).to_contain_text("V001")
        counter.keyboard.press("Space")
        expect(row).to_contain_text("V001")
        expect(row).to_contain_text("Đang mở")
    take_number(running.site, "pharmacy")
    services = page.locator("section", has=page.get_by_role("heading", name="Các dịch vụ"))
    expect(services.locator("tr", has_text="Nhận thuốc").locator("td").first).to_have_text("1")


@pytest.mark.req("T2", "P5")
def test_any_counter_is_opened_and_paused_from_here_by_keys(page: Page, running: WholeSite) -> None:
    row = page.locator("tbody tr", has_text="Phòng 103")
    page.locator("#state-q3").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    expect(row).to_contain_text("Đang mở")
    assert page.evaluate("document.activeElement.id") == "state-q3"
    page.keyboard.press("Enter")
    page.keyboard.press("5")
    expect(row).to_contain_text("Sự cố thiết bị")
    assert [(event.counter, event.state, event.pause) for event in running.happened(CounterChanged)] == [
        ("q3", CounterState.OPEN, Pause.NONE),
        ("q3", CounterState.PAUSED, Pause.EQUIPMENT),
    ]


@pytest.mark.req("P2")
def test_claims_are_confirmed_or_dropped(page: Page, running: WholeSite) -> None:
    right = take_number(running.site, claim=Priority.MERIT)
    wrong = take_number(running.site, claim=Priority.DISABLED)
    page.locator(f"#yes-{right}").click()
    expect(page.locator(f"#yes-{right}")).to_have_count(0)
    page.locator(f"#no-{wrong}").click()
    expect(page.locator(f"#no-{wrong}")).to_have_count(0)
    assert [(event.ticket, event.priority) for event in running.happened(PrioritySet)] == [
        (right, Priority.MERIT),
        (wrong, Priority.NONE),
    ]


@pytest.mark.req("P6", "X2")
def test_a_number_is_searched_and_its_life_told(page: Page, running: WholeSite, browser: Browser) -> None:
    ticket = take_number(running.site)
    with officer_at(running.site, browser, "/counters/q4") as counter:
        expect(counter.locator(".next")).to_contain_text("V001")
        counter.keyboard.press("Space")
        expect(counter.locator(".now .n")).to_have_text("V001")
        counter.keyboard.press("v")
        expect(counter.locator(".now .n")).to_have_text("—")
    find(page, "v1")
    life = page.locator(".life li")
    expect(life).to_have_count(3)
    expect(life.nth(0)).to_contain_text("Lấy số")
    expect(life.nth(1)).to_contain_text("Được gọi · Thu viện phí · Quầy 4")
    expect(life.nth(2)).to_contain_text("Vắng mặt")
    act(page, "V001")
    page.locator("#dialog-ticket").get_by_role("button", name="Quay lại hàng").press("Enter")
    expect(page.locator("#result")).to_contain_text("Đang chờ")
    assert [event.ticket for event in running.happened(TicketReturned)] == [ticket]
    find(page, "x7")
    expect(page.locator("#result")).to_contain_text("Hôm nay không có số x7")


@pytest.mark.req("P5", "X2")
def test_a_number_is_referred_merged_and_cancelled_from_here(page: Page, running: WholeSite) -> None:
    first, second, third = (take_number(running.site) for _ in range(3))
    find(page, "V001")
    act(page, "V001")
    page.get_by_label("Chuyển sang dịch vụ").select_option("pharmacy")
    page.get_by_label("Chuyển sang dịch vụ").press("Enter")
    expect(page.locator("#result")).to_contain_text("Nhận thuốc")
    find(page, "V002")
    act(page, "V002")
    page.get_by_label("Người nhà vào cùng: gộp vào số").fill("v3")
    page.keyboard.press("Enter")
    page.locator("#dialog-sure").get_by_role("button", name="Đồng ý").press("Enter")
    expect(page.locator("#result")).to_contain_text("Đã gộp")
    find(page, "V003")
    act(page, "V003")
    page.locator("#dialog-ticket").get_by_role("button", name="Huỷ số").press("Enter")
    page.locator("#dialog-sure").get_by_role("button", name="Đồng ý").press("Enter")
    expect(page.locator("#result")).to_contain_text("Đã huỷ")
    assert [(event.ticket, event.service) for event in running.happened(TicketSentOn)] == [(first, "pharmacy")]
    assert [(event.ticket, event.into) for event in running.happened(TicketMerged)] == [(second, third)]
    assert [event.ticket for event in running.happened(TicketCancelled)] == [third]


@pytest.mark.req("P2", "P5")
def test_an_emergency_gets_a_number_from_here(page: Page, running: WholeSite) -> None:
    page.keyboard.press("s")
    page.locator("#dialog-give").get_by_label("Dịch vụ").select_option("general")
    page.locator("#dialog-give").get_by_label("Diện ưu tiên").select_option("emergency")
    page.keyboard.press("Enter")
    expect(page.locator("#given-label")).to_have_text("A001")
    assert running.happened(TicketIssued)[0].priority is Priority.EMERGENCY


def test_the_floor_speaks_english(page: Page) -> None:
    page.goto("/floor?lang=en")
    expect(page.get_by_role("heading", name="Needs a look")).to_be_visible()
    expect(page.locator("#state")).not_to_be_empty()


def test_a_floor_lead_who_logged_out_elsewhere_is_sent_to_log_in(page: Page, running: WholeSite) -> None:
    page.context.clear_cookies()
    find(page, "V001")
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()
    log_in(page, running.site.passwords.floor_lead, FLOOR_LEAD)
    expect(page.get_by_role("heading")).to_have_text("Bạn ngồi ở quầy nào?")


@pytest.mark.req("S6", "B3")
def test_something_is_announced_on_the_spot_by_keys_and_taken_down_again(page: Page, running: WholeSite) -> None:
    page.locator("#work").focus()
    page.keyboard.press("p")
    dialog = page.locator("#dialog-announce")
    expect(dialog).to_be_visible()
    page.keyboard.type("Xin rời sảnh theo lối thoát hiểm")
    dialog.get_by_label("Tiếng Anh").fill("Please leave the hall")
    dialog.get_by_label("Hiện trên TV").select_option("15")
    dialog.get_by_label("Khẩn cấp").check()
    dialog.get_by_role("button", name="Phát").click()
    shown = page.locator("section.notices li")
    expect(shown).to_contain_text("Khẩn cấp: Xin rời sảnh theo lối thoát hiểm")
    (event,) = [entry.event for entry in running.journal() if isinstance(entry.event, Announced)]
    assert (event.text_en, event.urgent, event.minutes, event.by) == ("Please leave the hall", True, 15, FLOOR_LEAD)
    shown.get_by_role("button", name="Gỡ").click()
    expect(shown).to_have_count(0)
