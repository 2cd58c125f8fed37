"""The kiosk in Chromium: what its staff do there behind their PIN, and what a person who is slow, or sits, may ask."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from provisioning.demo.site import Ports, provision
from tests.axe import violations
from tests.kiosk_page import CARD_2021, FLAWS, NAME, PORTRAIT, begin_anew, said, settle
from tests.waiting import until
from tests.whole_site import WholeSite


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub", "kiosk") as running:
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PORTRAIT)
    page = context.new_page()
    page.goto(running.site.addresses["kiosk"])
    begin_anew(page)
    settle(page)
    yield page
    begin_anew(page)
    context.close()


def hold_the_clock(page: Page) -> None:
    box = page.locator(".clock").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(page.locator("main")).to_have_class(re.compile("staff-pin"))
    page.mouse.up()
    settle(page)


def type_pin(page: Page, pin: str) -> None:
    for digit in pin:
        page.locator(f"[data-key='{digit}']").click()
    page.locator("form button[type=submit]").click()


def enter(running: WholeSite, page: Page) -> None:
    hold_the_clock(page)
    type_pin(page, running.site.passwords.staff_pin)
    expect(said(page, "Dành cho nhân viên")).to_be_visible()
    settle(page)


def touch(page: Page, what: str) -> None:
    """Touch what has been seen for a while."""
    settle(page)
    page.locator(f"[data-touch={what}]").click()


@pytest.mark.req("P1", "X1")
def test_staff_print_a_test_page_and_see_how_each_device_is(running: WholeSite, page: Page) -> None:
    papers = len(running.printer.slips)
    enter(running, page)
    for words in ("Máy in: sẵn sàng", "Máy quét: sẵn sàng", "Máy chủ: đã nối"):
        expect(said(page, words)).to_be_visible()
    assert page.evaluate(FLAWS) == []
    assert violations(page) == []
    touch(page, "test-print")
    expect(said(page, "Đã in thử và cắt giấy.")).to_be_visible()
    assert len(running.printer.slips) == papers + 1
    running.scanner.scan(CARD_2021)
    expect(said(page, "Đã đọc được: Căn cước")).to_be_visible()
    assert NAME not in page.content()


def test_a_wrong_pin_opens_nothing_and_stands_nowhere(running: WholeSite, page: Page) -> None:
    hold_the_clock(page)
    type_pin(page, "000000")
    expect(said(page, "Mã không đúng. Xin nhập lại.")).to_be_visible()
    assert "000000" not in page.content()
    log = (running.site.logs / "kiosk.log").read_text(encoding="utf-8")
    assert "a wrong PIN" in log
    assert "000000" not in log


def test_a_short_touch_of_the_clock_is_nothing(page: Page) -> None:
    page.locator(".clock").click()
    settle(page)
    expect(page.locator("main")).to_have_class(re.compile("choose"))


@pytest.mark.req("P1")
def test_out_of_service_outlives_a_power_cut_and_staff_end_it(running: WholeSite, page: Page) -> None:
    enter(running, page)
    touch(page, "withdraw")
    expect(said(page, "Kiosk đang ngưng phục vụ.")).to_be_visible()
    touch(page, "dismiss")
    expect(said(page, "Kiosk này tạm ngưng phục vụ.")).to_be_visible()
    running.supervisor.unplug("kiosk")
    with page.expect_event("load", timeout=30_000):  # another program now: the page comes anew
        running.supervisor.plug_in("kiosk")
    expect(said(page, "Kiosk này tạm ngưng phục vụ.")).to_be_visible(timeout=30_000)
    settle(page)
    enter(running, page)
    touch(page, "reopen")
    expect(said(page, "Kiosk đang ngưng phục vụ.")).to_have_count(0)
    touch(page, "dismiss")
    expect(page.locator(".tile").first).to_be_visible()


@pytest.mark.req("K12")
def test_whoever_is_slow_is_asked_and_keeps_the_screen(running: WholeSite, page: Page) -> None:
    running.scanner.scan(CARD_2021)
    expect(said(page, NAME)).to_be_visible()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_be_visible(timeout=40_000)
    assert violations(page) == []
    asked.get_by_role("button").click()
    expect(asked).to_have_count(0)
    until(lambda: page.evaluate("Number(document.querySelector('main').dataset.left) > 20000"), what="more time")
    expect(said(page, NAME)).to_be_visible()


@pytest.mark.req("K12")
def test_a_person_who_sits_has_every_control_in_the_lower_part(running: WholeSite, page: Page) -> None:
    touch(page, "lower")
    expect(page.locator("main[data-lowered]")).to_be_visible()
    assert page.evaluate(FLAWS) == []
    tops = page.evaluate("[...document.querySelectorAll('main button')].map((b) => b.getBoundingClientRect().top)")
    assert min(tops) > 0.38 * PORTRAIT["height"]
    touch(page, "lower")
    expect(page.locator("main[data-lowered]")).to_have_count(0)


def test_the_page_says_that_it_lives(running: WholeSite, page: Page) -> None:
    def seen_s() -> float:
        health = page.request.get(f"{running.site.addresses['kiosk']}health").json()
        return float(health["page_seen_s"])

    assert seen_s() < 10
