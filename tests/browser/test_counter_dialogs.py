"""What an officer decides in a dialog of the counter's page, in Chromium on a real hub."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.commands import OutOfOrder, SetCounter
from edge.contracts.counter import CounterState
from edge.contracts.events import (
    Onward,
    PrioritySet,
    TicketCalled,
    TicketCancelled,
    TicketIssued,
    TicketMerged,
    TicketSentOn,
)
from edge.contracts.ticket import Priority
from edge.daemon.hub_client import new_command_id
from tests.counter_desk import call, focused, officer_at, take_number
from tests.hub_http import Device
from tests.whole_site import WholeSite


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, "/counters") as page:
        yield page


@pytest.mark.req("P5", "P2")
def test_somebody_is_transferred_to_a_room_with_keys_alone(page: Page, running: WholeSite) -> None:
    take_number(running.site, "insurance")
    Device(running.site, "board-1").send(SetCounter(new_command_id(), "q4", CounterState.OPEN))
    page.goto("/counters/q2")
    call(page, "B001")
    page.keyboard.press("c")
    dialog = page.locator("#dialog-transfer")
    expect(dialog).to_contain_text("B001")
    page.keyboard.type("V")
    page.keyboard.press("Tab")
    expect(dialog.locator("[name=room] option:not([hidden])")).to_have_count(2)  # any, and the only one that serves it
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".now .n")).to_have_text("—")
    (sent,) = running.happened(TicketSentOn)
    assert (sent.service, sent.room, sent.why) == ("cashier", "q4", Onward.TRANSFER)


@pytest.mark.req("P5")
def test_a_dialog_that_is_left_does_nothing_and_gives_the_focus_back(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    call(page, "V001")
    page.locator("#do-transfer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-transfer")).to_be_visible()
    take_number(running.site)  # the panel is drawn anew behind the dialog
    expect(page.locator(".next")).to_contain_text("V002")
    expect(page.locator("#dialog-transfer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog-transfer")).to_be_hidden()
    assert focused(page) == "do-transfer"
    assert running.happened(TicketSentOn) == []


@pytest.mark.req("P5")
def test_tests_are_chosen_in_the_order_of_the_visit(page: Page, running: WholeSite) -> None:
    take_number(running.site, "insurance")
    page.goto("/counters/q2")
    call(page, "B001")
    page.keyboard.press("x")
    dialog = page.locator("#dialog-tests")
    dialog.get_by_text("Thu viện phí").click()
    dialog.get_by_text("Thai, phụ khoa").click()
    page.keyboard.press("Enter")
    expect(page.locator(".now .n")).to_have_text("—")
    (sent,) = running.happened(TicketSentOn)
    assert (sent.service, [step.service for step in sent.steps]) == ("cashier", ["maternity", "insurance"])
    assert sent.steps[-1].room == "q2"


@pytest.mark.req("P5", "P2")
def test_a_call_out_of_turn_needs_a_reason_and_is_made_by_keys(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    second = take_number(running.site)
    page.goto("/counters/q4")
    expect(page.locator(".q")).to_have_count(2)
    page.keyboard.press("l")
    page.keyboard.press("ArrowDown")
    assert focused(page) == f"line-{second}"
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-ticket")).to_contain_text("V002")
    page.keyboard.press("Enter")  # without a reason
    expect(page.locator("#dialog-ticket")).to_be_visible()
    page.keyboard.type("Người bệnh")
    page.keyboard.press("Enter")
    expect(page.locator(".now .n")).to_have_text("V002")
    (called,) = running.happened(TicketCalled)
    assert called.reason is OutOfOrder.FRAIL


@pytest.mark.req("P2", "P5")
def test_a_claim_is_confirmed_and_the_person_comes_first(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    pregnant = take_number(running.site, claim=Priority.PREGNANT)
    page.goto("/counters/q4")
    expect(page.locator(".next")).to_contain_text("V001")
    page.locator(f"#line-{pregnant}").click()
    dialog = page.locator("#dialog-ticket")
    expect(dialog).to_contain_text("Phụ nữ mang thai")
    dialog.get_by_role("button", name="Đúng, xác nhận").click()
    expect(page.locator(f"#line-{pregnant}")).to_contain_text("Ưu tiên · Phụ nữ mang thai")
    expect(page.locator(f"#line-{pregnant}")).to_contain_text("× 4")
    assert [event.priority for event in running.happened(PrioritySet)] == [Priority.PREGNANT]


@pytest.mark.req("P5", "X2")
def test_a_number_is_cancelled_only_after_a_second_question(page: Page, running: WholeSite) -> None:
    ticket = take_number(running.site)
    page.goto("/counters/q4")
    for answer, cancelled in (("Thôi", 0), ("Đồng ý", 1)):
        page.locator(f"#line-{ticket}").click()
        page.locator("#dialog-ticket").get_by_role("button", name="Huỷ số").click()
        expect(page.locator("#dialog-sure")).to_contain_text("Huỷ số V001?")
        page.locator("#dialog-sure").get_by_role("button", name=answer).click()
        expect(page.locator(".q")).to_have_count(1 - cancelled)
        assert len(running.happened(TicketCancelled)) == cancelled


@pytest.mark.req("P5")
def test_a_family_is_merged_into_the_number_that_is_typed(page: Page, running: WholeSite) -> None:
    mother, child = take_number(running.site), take_number(running.site)
    page.goto("/counters/q4")
    for typed in ("v99", "v1"):
        page.locator(f"#line-{child}").click()
        page.get_by_label("Người nhà vào cùng: gộp vào số").fill(typed)
        page.keyboard.press("Enter")
        if typed == "v99":
            expect(page.get_by_role("status")).to_contain_text("Hôm nay không có số này")
    page.locator("#dialog-sure").get_by_role("button", name="Đồng ý").click()
    expect(page.locator(".q")).to_have_count(1)
    (merged,) = running.happened(TicketMerged)
    assert (merged.ticket, merged.into) == (child, mother)


@pytest.mark.req("P5")
def test_somebody_who_waits_is_referred_to_another_service(page: Page, running: WholeSite) -> None:
    ticket = take_number(running.site)
    page.goto("/counters/q4")
    page.locator(f"#line-{ticket}").click()
    page.get_by_label("Chuyển sang dịch vụ").select_option("pharmacy")
    page.locator("#dialog-ticket").get_by_role("button", name="Chuyển").click()
    expect(page.get_by_role("status")).to_contain_text("Đã chuyển V001")
    (sent,) = running.happened(TicketSentOn)
    assert (sent.service, sent.why) == ("pharmacy", Onward.REFERRAL)


@pytest.mark.req("P5", "P2")
def test_an_emergency_gets_a_number_by_hand_shown_large_and_is_next(page: Page, running: WholeSite) -> None:
    take_number(running.site)
    page.goto("/counters/q4")
    expect(page.locator(".q")).to_have_count(1)
    page.keyboard.press("s")
    dialog = page.locator("#dialog-give")
    dialog.get_by_label("Dịch vụ").select_option("cashier")
    dialog.get_by_label("Diện ưu tiên").select_option("emergency")
    page.keyboard.press("Enter")
    expect(page.locator("#given-label")).to_have_text("V002")
    page.keyboard.press("Enter")
    expect(page.locator(".next")).to_contain_text("V002")
    assert running.happened(TicketIssued)[-1].priority is Priority.EMERGENCY


@pytest.mark.req("P5")
def test_the_discipline_is_explained(page: Page) -> None:
    page.goto("/counters/q4")
    page.keyboard.press("?")
    expect(page.locator("#dialog-why")).to_contain_text("tính bằng 4 phút")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-why")).to_be_hidden()
