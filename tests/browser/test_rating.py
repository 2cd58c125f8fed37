"""The tablet at a counter, and looking a visit up, in Chromium on a real hub."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.commands import CallNext, Complaint, Finish, IssueTicket, Undo
from edge.contracts.events import TicketRated
from edge.contracts.ticket import Document
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import FLOOR_LEAD
from tests.counter_desk import make_site, officer_at, open_hub, take_number
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite

PHONE = "0912345678"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with open_hub(make_site(tmp_path_factory.mktemp("site"))) as running:
        yield running


@pytest.fixture
def tablet(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, "/tablets", FLOOR_LEAD) as page:
        page.get_by_label("Biến chính máy này").select_option("q4")
        page.get_by_role("button", name="Ghép máy này").click()
        page.wait_for_url("**/rating")
        yield page


def serve(running: WholeSite) -> tuple[str, str]:
    """Somebody is called to counter 4 and served; the ticket, and the command that finished it."""
    ticket = take_number(running.site)
    board = Device(running.site, "board-1")
    board.do(CallNext(new_command_id(), "q4"))
    finish = Finish(new_command_id(), "q4", ticket)
    board.do(finish)
    return ticket, finish.id


@pytest.mark.req("P3")
def test_whoever_was_served_touches_a_face_and_the_tablet_asks_nobody_twice(running: WholeSite, tablet: Page) -> None:
    expect(tablet.get_by_role("heading")).to_contain_text("mạnh khoẻ")
    ticket, _ = serve(running)
    tablet.get_by_role("button", name="Rất hài lòng").click()
    expect(tablet.get_by_role("heading")).to_contain_text("Cảm ơn")
    rated = until(lambda: running.happened(TicketRated), what="the rating")[-1]
    assert (rated.ticket, rated.counter, rated.score) == (ticket, "q4", 5)
    expect(tablet.get_by_role("heading")).to_contain_text("mạnh khoẻ")


@pytest.mark.req("P3")
def test_who_is_not_satisfied_is_asked_once_why_and_may_skip_it_with_the_keyboard(
    running: WholeSite, tablet: Page
) -> None:
    for keys, complaint in ((["Enter"], Complaint.WAIT), (["Tab"] * 4 + ["Enter"], Complaint.NONE)):
        ticket, _ = serve(running)
        face = tablet.get_by_role("button", name="Chưa hài lòng")
        expect(face).to_be_visible()
        face.focus()
        tablet.keyboard.press("Enter")
        first = tablet.get_by_role("button", name="Phải chờ lâu")
        expect(first).to_be_visible()
        first.focus()
        for key in keys:
            tablet.keyboard.press(key)
        expect(tablet.get_by_role("heading")).to_contain_text("Cảm ơn")
        rated = running.happened(TicketRated)[-1]
        assert (rated.ticket, rated.score, rated.complaint) == (ticket, 2, complaint)


@pytest.mark.req("P3")
def test_a_question_about_a_service_that_was_taken_back_goes_away(running: WholeSite, tablet: Page) -> None:
    ticket, finish = serve(running)
    expect(tablet.get_by_role("button", name="Rất hài lòng")).to_be_visible()
    board = Device(running.site, "board-1")
    board.send(Undo(new_command_id(), "q4", finish))
    expect(tablet.get_by_role("heading")).to_contain_text("mạnh khoẻ")
    board.do(Finish(new_command_id(), "q4", ticket))


@pytest.mark.req("P3", "X1")
def test_a_paired_tablet_can_do_nothing_but_rate(tablet: Page) -> None:
    for path in ("/counters", "/tablets", "/visits"):
        tablet.goto(path)
        expect(tablet).to_have_url(re.compile("/login$"))
    tablet.goto("/rating")
    expect(tablet.get_by_role("heading")).to_be_visible()


@pytest.mark.req("P6", "X3")
def test_an_officer_finds_a_visit_by_id_and_by_a_telephone_number_that_is_stored_nowhere(
    running: WholeSite, browser: Browser
) -> None:
    command = IssueTicket(new_command_id(), "cashier", Document.CCCD_QR, "001099000017")
    label = Device(running.site, "kiosk-1").do(command).ticket.label
    with officer_at(running.site, browser, "/visits") as page:
        page.locator("#find-number").fill("001099000017")
        page.keyboard.press("Enter")
        expect(page.locator("table.found")).to_contain_text(label)
        page.get_by_text("Gắn số điện thoại").click()
        page.locator("#link-label").fill(label.lower())
        page.locator("#link-kind").select_option("phone")
        page.locator("#link-number").fill(PHONE)
        page.get_by_role("button", name="Gắn", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(label)
        page.locator("#find-kind").select_option("phone")
        page.locator("#find-number").fill("+84 912 345 678")
        page.get_by_role("button", name="Tìm").click()
        expect(page.locator("table.found")).to_contain_text(label)
        page.locator("#find-number").fill("12345678")
        page.get_by_role("button", name="Tìm").click()
        expect(page.get_by_role("status")).to_contain_text("Số chưa đúng")
        assert "912345678" not in page.content()
        assert "912" not in page.url
    for path in running.files_written():
        assert PHONE[1:].encode() not in path.read_bytes()
