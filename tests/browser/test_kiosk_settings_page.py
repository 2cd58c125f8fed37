"""An administrator sets how the kiosks greet and guide, in Chromium on a real hub, and a real kiosk shows it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from edge.contracts.kiosk import Kiosk
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests.axe import violations
from tests.counter_desk import no_script_fails, officer_at
from tests.hub_http import Device
from tests.kiosk_page import FLAWS, PORTRAIT, begin_anew, choose
from tests.whole_site import WholeSite

HOME = "/admin/catalogue"
GREETING, GREETING_EN = "Bệnh viện Mẫu kính chào bà con", "Mau Hospital welcomes you"
BEGIN, BEGIN_EN = "Đặt thẻ căn cước vào ô sáng", "Hold your ID card under the light"
AFTER = "Mời bà con ngồi hàng ghế xanh"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub", "kiosk") as running:
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, HOME, ADMINISTRATOR) as page, no_script_fails(page):
        yield page


@pytest.fixture
def plain_page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    """A browser that runs no scripts."""
    with officer_at(running.site, browser, HOME, ADMINISTRATOR, java_script_enabled=False) as page:
        yield page


@pytest.fixture
def kiosk(running: WholeSite, browser: Browser) -> Iterator[Page]:
    """The page of the running kiosk, at its first screen."""
    kiosk = browser.new_page(viewport=PORTRAIT)
    kiosk.goto(running.site.addresses["kiosk"])
    begin_anew(kiosk)
    yield kiosk
    kiosk.close()


def in_force(running: WholeSite) -> Kiosk:
    return Device(running.site, "kiosk-1").snapshot().catalogue.kiosk


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("#kiosk")


def seen(page: Page) -> Locator:
    """The screen that the frame shows."""
    return frame(page).locator("main:not([hidden])")


def save(page: Page) -> None:
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu vào bản nháp")


def choose_vietnamese(kiosk: Page) -> None:
    begin_anew(kiosk)
    if kiosk.locator("main").get_attribute("lang") != "vi":
        kiosk.locator("[data-touch=language]").click()
    expect(kiosk.locator("main")).to_have_attribute("lang", "vi")


def publish(page: Page) -> None:
    page.goto(f"{HOME}/publish")
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")


@pytest.mark.req("K6")
def test_a_language_that_is_taken_away_is_offered_no_more_and_comes_back_when_it_is_given(
    page: Page, kiosk: Page
) -> None:
    page.goto(f"{HOME}/kiosk")
    expect(seen(page).locator(".other-language")).to_have_text("English")
    page.get_by_role("checkbox", name="English").uncheck()
    expect(seen(page).locator(".other-language")).to_be_hidden()
    save(page)
    publish(page)
    expect(kiosk.locator("[data-touch=language]")).to_have_count(0)
    page.goto(f"{HOME}/kiosk")
    expect(seen(page).locator(".other-language")).to_be_hidden()
    page.get_by_role("checkbox", name="English").check()
    save(page)
    publish(page)
    expect(kiosk.locator("[data-touch=language]")).to_have_text("English")


@pytest.mark.req("K2", "K3", "K4")
def test_another_order_colour_code_and_size_of_the_services_are_on_the_kiosk_at_once(page: Page, kiosk: Page) -> None:
    page.goto(HOME)
    page.locator("#service-general [value=down]").click()
    page.goto(f"{HOME}/services/general")
    page.locator("[name=colour][value='#5a4fcf']").check()
    page.locator("[name=icon][value=mat]").check()
    page.locator("[name=size][value=wide]").check()
    page.fill("#code", "M1")
    page.locator(".sheet .primary").click()
    publish(page)
    begin_anew(kiosk)  # on a slow machine it rests by now
    moved = kiosk.locator("[data-service=insurance] + [data-service=general]")
    expect(moved.locator(".letter")).to_have_text("M1")
    expect(moved.locator(".icon-mat")).to_be_visible()
    expect(moved).to_have_css("border-left-color", "rgb(90, 79, 207)")
    expect(moved).to_have_class(re.compile("tile-wide .*coded coloured"))


def test_what_the_kiosk_cannot_show_is_told_beside_its_field(page: Page) -> None:
    page.goto(f"{HOME}/kiosk")
    page.locator("#rest_s").fill("5")
    page.locator("#greeting").evaluate("field => { field.maxLength = 500; field.value = 'x'.repeat(91) }")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Lời chào: đang có 91 ký tự; cần từ 1 đến 70 ký tự in được")
    expect(told).to_contain_text("đang là 5; cần 0, hoặc từ 20 đến 600")
    expect(page.locator("#rest_s")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#rest_s")).to_have_value("5")
    assert violations(page) == []


@pytest.mark.req("K2", "K5", "K6")
def test_what_is_typed_shows_before_it_is_saved_and_on_the_kiosk_when_it_is_published(
    page: Page, kiosk: Page, running: WholeSite
) -> None:
    page.goto(f"{HOME}/kiosk")
    expect(seen(page)).to_have_attribute("data-screen", "choose")
    expect(seen(page).locator(".tile").first).to_be_visible()
    page.locator("#begin").press_sequentially(BEGIN)
    expect(seen(page).locator("h1")).to_have_text(BEGIN)
    page.locator("#begin").fill("")
    expect(seen(page).locator("h1")).to_have_text("Đưa mã QR trên thẻ căn cước vào khe quét")
    page.locator("#begin").fill(BEGIN)
    page.locator("#begin_en").fill(BEGIN_EN)
    expect(seen(page)).to_have_attribute("lang", "en")
    expect(seen(page).locator("h1")).to_have_text(BEGIN_EN)
    page.locator("#greeting_en").fill(GREETING_EN)
    page.locator("#greeting").fill(GREETING)
    expect(seen(page)).to_have_attribute("data-screen", "greeting")
    expect(seen(page).locator("h1")).to_have_text(GREETING)
    page.locator("#rest_s").fill("20")
    page.locator("#after").fill(AFTER)
    expect(seen(page).locator("h1")).to_have_text(AFTER)
    page.get_by_label("Tiếng Việt vùng nào").select_option("south")
    assert in_force(running) == Kiosk()
    save(page)
    expect(page.locator("#begin")).to_have_value(BEGIN)
    assert violations(page) == []

    page.goto(f"{HOME}/publish")
    changes = page.locator(".changes")
    expect(changes).to_contain_text(f"Trang kiosk: lời mời bắt đầu từ “câu có sẵn” thành “{BEGIN}”")
    expect(changes).to_contain_text("Trang kiosk: vùng miền từ “Miền Bắc” thành “Miền Nam”")
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    expect(kiosk.locator("main.resting h1")).to_have_text(GREETING, timeout=40_000)
    assert kiosk.evaluate(FLAWS) == []
    begin_anew(kiosk)
    expect(kiosk.locator("main.choose h1")).to_have_text(BEGIN)
    assert kiosk.evaluate(FLAWS) == []
    kiosk.locator("[data-touch=language]").click()
    expect(kiosk.locator("main.choose h1")).to_have_text(BEGIN_EN)
    choose(kiosk, "general")
    expect(kiosk.locator("main.number")).to_be_visible()
    kiosk.locator("[data-touch=dismiss]").click()
    choose_vietnamese(kiosk)
    choose(kiosk, "general")
    expect(kiosk.locator("main.number h1").get_by_text(AFTER)).to_be_visible()
    assert in_force(running).region == "south"


def test_without_a_script_the_frame_shows_the_form_when_asked_and_the_draft_once_it_is_saved(plain_page: Page) -> None:
    page = plain_page
    page.goto(f"{HOME}/kiosk")
    page.locator("#begin").fill("Mời quét thẻ ở đây")
    page.get_by_role("button", name="Xem thử").click()
    expect(seen(page).locator("h1")).to_have_text("Mời quét thẻ ở đây")
    page.locator("#greeting_en").fill("Good morning")
    save(page)
    page.locator(".looks a[data-screen=greeting][data-in=en]").click()
    expect(seen(page).locator("h1")).to_have_text("Good morning")
