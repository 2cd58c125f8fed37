"""Fees without cash in Chromium: the cashier's page, the patient's tablet, and the code as a telephone reads it."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from edge.contracts.commands import CallNext, Finish
from edge.contracts.events import ActionUndone, PaymentTaken, TicketFinished, TicketRated
from edge.contracts.payment import PaymentMeans
from edge.daemon.hub_client import new_command_id
from edge.hub.payment.vietqr import Transfer, read_vietqr
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, Site
from tests.axe import violations
from tests.counter_desk import CATALOGUE, focused, no_script_fails, officer_at, open_hub, take_number
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite

PHONE: ViewportSize = {"width": 390, "height": 844}
ACCOUNT = '\n[payment]\nbank = "999999"\naccount = "MAU0000000001"\nname = "TRUNG TAM Y TE HUYEN MAU"\n'


def with_fees(site: Site, account: str = ACCOUNT) -> Site:
    """The cashier takes fees."""
    text = CATALOGUE.replace('name_en = "Cashier", ', 'name_en = "Cashier", fees = true, ')
    (site.folder / "catalogue.toml").write_text(text + account, encoding="utf-8")
    return site


@pytest.fixture
def running(site: Site) -> Iterator[WholeSite]:
    with open_hub(with_fees(site)) as running:
        yield running


@pytest.fixture
def ticket(running: WholeSite) -> str:
    """Somebody stands at counter 4 to pay."""
    ticket = take_number(running.site)
    Device(running.site, "board-1").do(CallNext(new_command_id(), "q4"))
    return ticket


@pytest.fixture
def page(running: WholeSite, browser: Browser, ticket: str) -> Iterator[Page]:
    with officer_at(running.site, browser, "/counters/q4") as page, no_script_fails(page):
        yield page


@pytest.fixture
def tablet(running: WholeSite, browser: Browser, ticket: str) -> Iterator[Page]:
    with officer_at(running.site, browser, "/tablets", FLOOR_LEAD) as page, no_script_fails(page):
        page.get_by_label("Biến chính máy này").select_option("q4")
        page.get_by_role("button", name="Ghép máy này").click()
        page.wait_for_url("**/rating")
        yield page


def scanned(code: Locator) -> Transfer:
    """What a telephone reads from the screen."""
    picture = cv2.imdecode(np.frombuffer(code.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    text, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(picture)
    return read_vietqr(text)


def type_amount(page: Page, amount: str) -> None:
    page.keyboard.press("p")
    page.keyboard.type(amount)
    page.keyboard.press("Enter")


@pytest.mark.req("D7")
def test_the_tablet_shows_at_once_what_the_cashier_typed_and_a_telephone_reads_it(
    running: WholeSite, page: Page, tablet: Page, ticket: str
) -> None:
    page.keyboard.press("p")
    page.keyboard.type("150000")
    expect(page.get_by_label("Số tiền")).to_have_value("150.000")
    page.keyboard.press("Enter")
    expect(tablet.get_by_role("heading")).to_have_text("Quét mã bằng ứng dụng ngân hàng")
    expect(tablet.locator("#rating")).to_contain_text("150.000 đ")
    expect(tablet.locator("#rating")).to_contain_text("TRUNG TAM Y TE HUYEN MAU")
    asked = scanned(tablet.locator("svg.qr"))
    assert (asked.bank, asked.account, asked.amount) == ("999999", "MAU0000000001", 150_000)
    expect(page.locator(".charge")).to_contain_text(asked.purpose)
    expect(tablet.locator("#rating")).to_contain_text(asked.purpose)
    assert asked.purpose.startswith("V001 ")
    expect(page.locator(".fee svg.qr")).to_have_count(0)  # the patient has the tablet
    page.get_by_role("button", name="Đã nhận chuyển khoản").click()
    expect(page.locator(".fee")).to_contain_text("Đã ghi: Chuyển khoản QR")
    expect(tablet.get_by_role("heading")).to_contain_text("mạnh khoẻ")
    paid = until(lambda: running.happened(PaymentTaken), what="the payment")
    assert [(event.ticket, event.means) for event in paid] == [(ticket, PaymentMeans.QR)]


@pytest.mark.req("D7")
def test_without_a_tablet_the_cashiers_own_page_shows_the_code(page: Page) -> None:
    type_amount(page, "45000")
    assert scanned(page.locator(".fee svg.qr")).amount == 45_000
    expect(page.locator(".charge")).to_contain_text("chưa có máy nào mở")
    until(lambda: focused(page) == "charged", what="the cursor to leave the field")
    page.keyboard.press("k")
    expect(page.locator(".fee")).to_contain_text("Đã ghi: Chuyển khoản QR")


@pytest.mark.req("D7")
def test_when_the_tablet_goes_away_the_code_comes_to_the_cashiers_page(page: Page, tablet: Page) -> None:
    type_amount(page, "45000")
    expect(tablet.locator("svg.qr")).to_be_visible()
    tablet.goto("about:blank")
    expect(page.locator(".fee svg.qr")).to_be_visible()


@pytest.mark.req("D7")
def test_a_second_enter_a_redrawn_page_and_another_amount_lose_nothing(
    running: WholeSite, page: Page, ticket: str
) -> None:
    type_amount(page, "120000")
    purpose = page.locator(".charge .num").nth(1)
    first = purpose.inner_text()
    until(lambda: focused(page) == "charged", what="the cursor to leave the field")
    page.keyboard.press("Enter")
    take_number(running.site)  # the page is drawn anew
    expect(page.locator(".q")).to_have_count(1)
    assert purpose.inner_text() == first
    assert focused(page) == "charged"
    assert not running.happened(TicketFinished), "one Enter too many ended the visit"
    expect(page.get_by_label("Số tiền")).to_have_value("120.000")
    page.keyboard.press("p")
    page.keyboard.type("13")
    take_number(running.site)
    expect(page.locator(".q")).to_have_count(2)
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    expect(page.locator(".charge")).to_contain_text("130.000 đ")
    assert purpose.inner_text() != first
    assert running.happened(PaymentTaken) == []
    assert Device(running.site, "kiosk-1").snapshot().at_counter["q4"] == ticket


@pytest.mark.req("D7")
@pytest.mark.parametrize("wrong", ["500", "150,5", "hai trăm", "600000000"])
def test_an_amount_that_is_wrong_is_told_and_may_be_corrected(page: Page, wrong: str) -> None:
    type_amount(page, wrong)
    expect(page.get_by_text("Số tiền chưa đúng")).to_be_visible()
    expect(page.locator(".charge")).to_have_count(0)
    page.keyboard.press("Control+a")
    page.keyboard.type("80000")
    page.keyboard.press("Enter")
    expect(page.locator(".charge")).to_contain_text("80.000 đ")


@pytest.mark.req("D7", "P5")
def test_cash_is_noted_by_one_key_without_an_amount_corrected_and_taken_back(running: WholeSite, page: Page) -> None:
    page.keyboard.press("m")
    expect(page.locator(".fee")).to_contain_text("Đã ghi: Tiền mặt")
    page.keyboard.press("m")  # the button can be pressed no more
    page.keyboard.press("t")
    expect(page.locator(".fee")).to_contain_text("Đã ghi: Thẻ")
    expect(page.locator("#do-undo")).to_contain_text("Đã ghi thu phí V001")
    page.keyboard.press("u")
    expect(page.locator(".fee")).to_contain_text("Đã ghi: Tiền mặt")
    assert [event.means for event in running.happened(PaymentTaken)] == [PaymentMeans.CASH, PaymentMeans.CARD]
    assert len(running.happened(ActionUndone)) == 1


@pytest.mark.req("D7")
def test_a_code_is_withdrawn_and_goes_with_the_person(running: WholeSite, page: Page, tablet: Page) -> None:
    type_amount(page, "45000")
    expect(tablet.locator("svg.qr")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(tablet.get_by_role("heading")).to_contain_text("mạnh khoẻ")
    type_amount(page, "45000")
    expect(tablet.locator("svg.qr")).to_be_visible()
    there = Device(running.site, "kiosk-1").snapshot().at_counter["q4"]
    Device(running.site, "board-1").do(Finish(new_command_id(), "q4", there))
    expect(tablet.locator(".faces")).to_be_visible()
    expect(page.locator(".fee")).to_have_count(0)


@pytest.mark.req("D7", "P3")
def test_whoever_still_says_why_they_were_not_content_keeps_their_score_when_the_next_pays(
    running: WholeSite, page: Page, tablet: Page, ticket: str
) -> None:
    board = Device(running.site, "board-1")
    board.do(Finish(new_command_id(), "q4", ticket))
    tablet.get_by_role("button", name="Chưa hài lòng").click()
    expect(tablet.get_by_role("button", name="Phải chờ lâu")).to_be_visible()
    take_number(running.site)
    board.do(CallNext(new_command_id(), "q4"))
    expect(page.locator(".fee")).to_be_visible()
    type_amount(page, "45000")
    expect(tablet.locator("svg.qr")).to_be_visible()
    rated = until(lambda: running.happened(TicketRated), what="the rating")[-1]
    assert (rated.ticket, rated.score) == (ticket, 2)


@pytest.mark.req("D7", "X6")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing_at_the_counter_and_on_the_tablet_large_and_small(
    page: Page, tablet: Page, language: str
) -> None:
    page.goto(f"/counters/q4?lang={language}")
    type_amount(page, "45000")
    expect(tablet.locator("svg.qr")).to_be_visible()
    tablet.goto(f"/rating?lang={language}")
    assert violations(page) == []
    assert violations(tablet) == []
    tablet.set_viewport_size(PHONE)
    assert violations(tablet) == []
    assert scanned(tablet.locator("svg.qr")).amount == 45_000
    assert tablet.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name={"vi": "Tiền mặt", "en": "Cash"}[language]).click()
    expect(page.locator("#do-paid-cash")).to_be_disabled()
    assert violations(page) == []


@pytest.mark.req("D7")
def test_an_administrator_marks_the_service_enters_the_account_and_publishes_it(site: Site, browser: Browser) -> None:
    with open_hub(with_fees(site, "")) as running:
        ticket = take_number(running.site)
        Device(running.site, "board-1").do(CallNext(new_command_id(), "q4"))
        with officer_at(site, browser, "/counters/q4") as page:
            expect(page.locator(".fee")).to_contain_text("chưa khai tài khoản")
            page.keyboard.press("m")
            expect(page.locator(".fee")).to_contain_text("Đã ghi: Tiền mặt")
        with officer_at(site, browser, "/admin/catalogue/payment", ADMINISTRATOR) as page, no_script_fails(page):
            page.get_by_label("BIN").fill("99999")
            page.get_by_label("Số tài khoản").fill("MAU 0000 0000 01")
            page.get_by_role("button", name="Lưu").click()
            expect(page.get_by_role("alert")).to_contain_text("sáu chữ số")
            expect(page.get_by_role("alert")).to_contain_text("Tên: xin điền vào đây")
            assert violations(page) == []
            page.get_by_label("BIN").fill("999999")
            page.get_by_label("Tên tài khoản").fill("TRUNG TAM Y TE HUYEN MAU")
            page.get_by_role("button", name="Lưu").click()
            expect(page.locator("#payment")).to_contain_text("MAU0000000001")
            page.goto("/admin/catalogue/services/insurance")
            page.get_by_label("Thu phí ở quầy").check()
            page.get_by_role("button", name="Lưu").click()
            page.goto("/admin/catalogue/publish")
            for change in (
                "Tài khoản nhận tiền: số tài khoản từ “—” thành “MAU0000000001”",
                "thu phí từ “không” thành “có”",
            ):
                expect(page.locator(".changes")).to_contain_text(change)
            page.get_by_label("Mật khẩu đang dùng").fill("quên mất rồi")
            page.locator("main .primary").click()
            expect(page.get_by_role("alert")).to_contain_text("chưa đúng")
            assert violations(page) == []
            page.get_by_label("Mật khẩu đang dùng").fill(site.passwords.administrator)
            page.locator("main .primary").click()
            expect(page.get_by_role("status")).to_contain_text("Đã công bố")
            page.goto("/admin/catalogue/versions/0")
            page.evaluate("document.querySelector('#password').required = false")
            page.locator("main .primary").click()
            expect(page.get_by_role("alert")).to_contain_text("chưa đúng")
        catalogue = Device(site, "kiosk-1").snapshot().catalogue
        assert catalogue.payment.account == "MAU0000000001"
        assert catalogue.service("insurance").fees
        assert running.happened(PaymentTaken)[0].ticket == ticket
