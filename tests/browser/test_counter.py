"""The officers' pages in Chromium, on a real hub."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from edge.contracts.commands import IssueTicket, ReportPrintFault
from edge.contracts.events import TicketCalled, TicketFinished, TicketNoShow, TicketRecalled
from edge.contracts.ticket import PrintFault
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import OFFICER, Ports, provision
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub") as running:
        yield running


@pytest.fixture
def context(running: WholeSite, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=running.site.addresses["counter"])
    yield context
    context.close()


@pytest.fixture
def page(running: WholeSite, context: BrowserContext) -> Page:
    page = context.new_page()
    log_in(page, running.site.passwords.officer)
    expect(page.get_by_role("heading")).to_have_text("Bạn ngồi ở quầy nào?")
    return page


def log_in(page: Page, password: str, name: str = OFFICER) -> None:
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Đăng nhập").click()


def issue(running: WholeSite, service: str = "cashier") -> str:
    return Device(running.site, "kiosk-1").do(IssueTicket(new_command_id(), service)).ticket.id


@pytest.mark.req("X1")
def test_a_wrong_password_is_told_in_words_and_five_of_them_close_the_door(
    running: WholeSite, context: BrowserContext
) -> None:
    page = context.new_page()
    for _ in range(5):
        log_in(page, "wrong")
        expect(page.get_by_role("alert")).to_have_text("Tên hoặc mật khẩu chưa đúng. Xin nhập lại.")
    log_in(page, running.site.passwords.officer)
    expect(page.get_by_role("alert")).to_contain_text("Xin đợi năm phút")


@pytest.mark.req("X1")
def test_nobody_sees_a_counter_without_logging_in(context: BrowserContext) -> None:
    page = context.new_page()
    for path in ("/", "/counters", "/counters/q1"):
        page.goto(path)
        expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()


@pytest.mark.req("X1")
def test_logging_out_ends_the_session_on_the_server(page: Page, context: BrowserContext) -> None:
    cookies = context.cookies()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()
    context.add_cookies([dict(cookie) for cookie in cookies])  # type: ignore[misc]
    page.goto("/counters")
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()


@pytest.mark.req("X1")
def test_a_form_without_the_pages_own_token_does_nothing(page: Page, running: WholeSite) -> None:
    issue(running)
    page.goto("/counters/q4")
    body = {"id": new_command_id(), "action": "next", "ticket": ""}
    for headers in ({}, {"X-CSRF": "guessed"}):
        send = "([body, headers]) => fetch('/counters/q4/press', {method: 'POST', headers, body}).then(a => a.status)"
        assert page.evaluate(send, [json.dumps(body), headers]) == 403
    assert running.happened(TicketCalled) == []
    page.evaluate("document.querySelector('form[action=\"/logout\"] [name=csrf]').value = 'guessed'")
    page.get_by_role("button", name="Đăng xuất").click()
    page.goto("/counters")
    expect(page.get_by_role("heading")).to_have_text("Bạn ngồi ở quầy nào?")


@pytest.mark.req("X1")
def test_a_login_form_from_elsewhere_is_turned_away_in_words(running: WholeSite, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/login")
    page.evaluate("document.querySelector('[name=csrf]').value = 'guessed'")
    page.fill("[name=name]", OFFICER)
    page.fill("[name=password]", running.site.passwords.officer)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_have_text("Trang đăng nhập đã cũ. Xin thử lại.")
    expect(page.locator("[name=name]")).to_have_value(OFFICER)


@pytest.mark.req("P5", "P2")
def test_a_visit_is_called_recalled_and_finished_with_keys_alone(page: Page, running: WholeSite) -> None:
    page.goto("/counters/q4")
    expect(page.get_by_role("heading", name="Chưa có ai chờ ở quầy này")).to_be_visible()
    issue(running)
    expect(page.locator(".next")).to_contain_text("V001")
    page.keyboard.press("Space")
    expect(page.locator(".now .n")).to_have_text("V001")
    page.keyboard.press("r")
    until(lambda: running.happened(TicketRecalled), what="the recall")
    page.keyboard.press("Enter")
    expect(page.locator(".now .n")).to_have_text("—")
    assert len(running.happened(TicketFinished)) == 1


@pytest.mark.req("P5")
def test_a_double_click_calls_one_person_and_says_why(page: Page, running: WholeSite) -> None:
    issue(running)
    issue(running)
    page.goto("/counters/q4")
    page.locator(".next").click()
    expect(page.locator(".now .n")).to_have_text("V001")
    page.locator(".next").click()
    expect(page.get_by_role("status")).to_contain_text("Quầy vừa gọi một số")
    assert len(running.happened(TicketCalled)) == 1


@pytest.mark.req("P5")
def test_two_officers_at_one_counter_see_the_same_and_call_one_person(page: Page, running: WholeSite) -> None:
    issue(running)
    issue(running)
    page.goto("/counters/q4")
    other = page.context.new_page()
    other.goto("/counters/q4")
    page.locator(".next").click()
    expect(other.locator(".now .n")).to_have_text("V001")
    other.keyboard.press("v")
    expect(page.locator(".now .n")).to_have_text("—")
    assert len(running.happened(TicketNoShow)) == 1


@pytest.mark.req("K9")
def test_a_slip_that_did_not_come_out_is_told_to_the_officer(page: Page, running: WholeSite) -> None:
    ticket = issue(running)
    Device(running.site, "kiosk-1").do(ReportPrintFault(new_command_id(), ticket, PrintFault.PAPER_OUT))
    page.goto("/counters/q4")
    expect(page.get_by_text("Chưa in được phiếu của V001")).to_be_visible()


def test_a_hub_that_is_away_is_said_and_a_press_is_not_kept(page: Page, running: WholeSite) -> None:
    issue(running)
    page.goto("/counters/q4")
    expect(page.locator(".next")).to_be_enabled()
    running.supervisor.unplug("hub")
    expect(page.locator("#link")).to_contain_text("Mất kết nối")
    page.locator(".next").click()
    expect(page.get_by_role("status")).to_contain_text("Chưa gửi được lệnh")
    running.supervisor.plug_in("hub")
    running.supervisor.wait_ready("hub")
    expect(page.locator("#link")).to_be_empty(timeout=15_000)
    assert running.happened(TicketCalled) == []
    page.locator(".next").click()
    expect(page.locator(".now .n")).to_have_text("V001")


def test_the_pages_speak_english(page: Page, running: WholeSite) -> None:
    issue(running)
    page.goto("/counters/q4?lang=en")
    expect(page.locator(".next")).to_contain_text("Call the next number")
    expect(page.locator("aside")).to_contain_text("Cashier")


@pytest.mark.req("P6")
def test_a_ticket_that_nobody_has_is_told_so_in_words(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"/t/{'0' * 32}")
    expect(page.get_by_role("heading")).to_contain_text("Không tìm thấy số này")
