"""The officers' pages in Chromium, on a real hub."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from edge.contracts.commands import ReportPrintFault
from edge.contracts.counter import CounterState, Pause
from edge.contracts.events import (
    ActionUndone,
    CounterChanged,
    TicketCalled,
    TicketFinished,
    TicketNoShow,
    TicketParked,
    TicketRecalled,
    TicketReturned,
)
from edge.contracts.ticket import PrintFault
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import OFFICER
from tests.counter_desk import call, focused, log_in, officer_at, take_number
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite


@pytest.fixture
def context(running: WholeSite, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=running.site.addresses["counter"])
    yield context
    context.close()


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, "/counters") as page:
        yield page


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
    take_number(running.site)
    page.goto("/counters/q4")
    body = {"type": "CallNext/1", "id": new_command_id(), "counter": "q4"}
    for headers in ({}, {"X-CSRF": "guessed"}):
        send = "([body, headers]) => fetch('/press', {method: 'POST', headers, body}).then(a => a.status)"
        assert page.evaluate(send, [json.dumps(body), headers]) == 403
    assert running.happened(TicketCalled) == []
    page.evaluate("document.querySelector('form[action=\"/logout\"] [name=csrf]').value = 'guessed'")
    page.locator(".menu summary").click()
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
    take_number(running.site)
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
    take_number(running.site)
    take_number(running.site)
    page.goto("/counters/q4")
    page.locator(".next").click()
    expect(page.locator(".now .n")).to_have_text("V001")
    page.locator(".next").click()
    expect(page.get_by_role("status")).to_contain_text("Quầy vừa gọi một số")
    assert len(running.happened(TicketCalled)) == 1


@pytest.mark.req("P5")
def test_two_clicks_in_one_breath_are_one_call(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    take_number(running.site)
    page.goto("/counters/q4")
    page.locator(".next").dblclick()
    expect(page.locator(".now .n")).to_have_text("V001")
    page.locator("#do-finish").dblclick()
    expect(page.locator(".now .n")).to_have_text("—")
    assert len(running.happened(TicketCalled)) == 1


@pytest.mark.req("P5")
def test_two_officers_at_one_counter_see_the_same_and_call_one_person(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    take_number(running.site)
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
    ticket = take_number(running.site)
    Device(running.site, "kiosk-1").do(ReportPrintFault(new_command_id(), ticket, PrintFault.PAPER_OUT))
    page.goto("/counters/q4")
    expect(page.get_by_text("Chưa in được phiếu của V001")).to_be_visible()


def test_a_hub_that_is_away_is_said_and_a_press_is_not_kept(page: Page, running: WholeSite) -> None:
    take_number(running.site)
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
    take_number(running.site)
    page.goto("/counters/q4?lang=en")
    expect(page.locator(".next")).to_contain_text("Call the next number")
    expect(page.locator("header.bar")).to_contain_text("Cashier")
    expect(page.locator("aside")).to_contain_text("why this order?")


@pytest.mark.req("P6")
def test_a_ticket_that_nobody_has_is_told_so_in_words(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"/t/{'0' * 32}")
    expect(page.get_by_role("heading")).to_contain_text("Không tìm thấy số này")


@pytest.mark.req("P5")
def test_a_call_is_taken_back_with_one_key_and_the_person_waits_again(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    call(page, "V001")
    expect(page.locator("#do-undo")).to_contain_text("Đã gọi V001")
    expect(page.locator("#do-undo")).to_contain_text("Hoàn tác")
    page.keyboard.press("Control+z")
    expect(page.locator(".now .n")).to_have_text("—")
    expect(page.locator(".next")).to_contain_text("V001")
    assert len(running.happened(ActionUndone)) == 1
    expect(page.locator("#do-undo")).to_have_count(0)


@pytest.mark.req("P5")
def test_the_undo_bar_counts_down_and_goes(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    page.locator(".next").click()
    expect(page.locator("#do-undo [data-left]")).to_have_text("9")
    expect(page.locator("#do-undo")).to_be_hidden()
    page.keyboard.press("u")
    expect(page.locator(".now .n")).to_have_text("V001")
    assert running.happened(ActionUndone) == []


@pytest.mark.req("P5")
def test_somebody_parked_is_called_back_and_a_no_show_returns_to_the_queue(page: Page, running: WholeSite) -> None:
    parked, missed = take_number(running.site), take_number(running.site)
    page.goto("/counters/q4")
    call(page, "V001")
    page.keyboard.press("g")
    expect(page.locator(".now .n")).to_have_text("—")  # a key that comes too soon calls nobody
    call(page, "V002")
    page.keyboard.press("v")
    expect(page.locator(f"#back-{missed}")).to_contain_text("Quay lại hàng")
    page.locator(f"#back-{missed}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".next")).to_contain_text("V002")
    page.locator(f"#back-{parked}").click()
    expect(page.locator(".now .n")).to_have_text("V001")
    assert [event.ticket for event in running.happened(TicketParked)] == [parked]
    assert [event.ticket for event in running.happened(TicketReturned)] == [missed]


@pytest.mark.req("T2", "T9", "P5")
def test_a_counter_opens_pauses_for_a_reason_works_online_and_closes_by_keys(page: Page, running: WholeSite) -> None:
    page.goto("/counters/q4")
    state = page.locator("#state .pill")
    expect(state).to_have_text("Đóng")
    page.keyboard.press("n")
    expect(state).to_have_text("Đang mở")
    page.keyboard.press("n")
    page.keyboard.press("3")
    expect(state).to_have_text("Tạm nghỉ · Họp, hội chẩn")
    page.keyboard.press("o")
    expect(state).to_have_text("Đang xử lý hồ sơ trực tuyến")
    page.keyboard.press("o")
    expect(state).to_have_text("Đang mở")
    page.keyboard.press("n")
    page.keyboard.press("7")
    expect(state).to_have_text("Đóng")
    assert [(event.state, event.pause) for event in running.happened(CounterChanged)] == [
        (CounterState.OPEN, Pause.NONE),
        (CounterState.PAUSED, Pause.MEETING),
        (CounterState.ONLINE_DOSSIERS, Pause.NONE),
        (CounterState.OPEN, Pause.NONE),
        (CounterState.CLOSED, Pause.NONE),
    ]


@pytest.mark.req("T2", "P5")
def test_a_counter_is_not_closed_while_somebody_is_there_and_says_why(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    call(page, "V001")
    page.keyboard.press("n")
    page.keyboard.press("7")
    expect(page.get_by_role("status")).to_contain_text("Quầy đang có người")


@pytest.mark.req("P5")
def test_the_focus_stays_where_it_was_when_the_panel_is_drawn_anew(page: Page, running: WholeSite) -> None:
    first, second = take_number(running.site), take_number(running.site)
    page.goto("/counters/q4")
    page.locator(f"#line-{second}").focus()
    take_number(running.site)
    expect(page.locator(".q")).to_have_count(3)
    assert focused(page) == f"line-{second}"
    page.locator(f"#line-{first}").focus()
    page.evaluate("document.querySelector('.next').click()")  # an officer at the other screen calls that very person
    expect(page.locator(".now .n")).to_have_text("V001")
    assert focused(page) == f"line-{second}"


@pytest.mark.req("P5")
def test_after_a_click_the_space_bar_still_calls_the_next_person(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    take_number(running.site)
    page.goto("/counters/q4")
    call(page, "V001")
    page.locator("#do-recall").click()
    until(lambda: running.happened(TicketRecalled), what="the recall")
    call(page, "V002")
    assert len(running.happened(TicketRecalled)) == 1


@pytest.mark.req("P5")
def test_the_shortcut_keys_can_be_turned_off(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Phím tắt").click()
    page.locator("#work").focus()
    page.keyboard.press("Space")
    page.reload()
    expect(page.get_by_role("button", name="Mời số tiếp theo")).to_be_enabled()
    page.keyboard.press("Space")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Phím tắt").click()
    page.locator("#work").focus()
    assert running.happened(TicketCalled) == []
    page.keyboard.press("Space")
    expect(page.locator(".now .n")).to_have_text("V001")


@pytest.mark.req("P5")
def test_the_whole_counter_fits_a_small_screen_however_many_wait(page: Page, running: WholeSite) -> None:
    for service in ("insurance", "general"):
        for _ in range(8):
            take_number(running.site, service)
    for language in ("vi", "en"):
        page.goto(f"/counters/q2?lang={language}")
        if language == "vi":
            expect(page.locator(".q")).to_have_count(16)
            call(page, "B001")
            page.keyboard.press("g")
            expect(page.locator(".now .n")).to_have_text("—")  # a key that comes too soon calls nobody
            call(page, "B002")
        for part in ("html", ".work"):
            assert (
                page.evaluate(
                    "s => { const e = document.querySelector(s); return e.scrollHeight - e.clientHeight }", part
                )
                <= 0
            )
        assert page.locator("#do-undo, .calls").first.is_visible()
