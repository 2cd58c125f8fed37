"""The kiosk in Chromium with somebody before its camera: consent, the mirror, the equal way without, and erasing."""

import os
import sqlite3
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.kiosk.consent import WORDING
from provisioning.demo.control import Control
from provisioning.demo.site import Ports, Site, provision
from provisioning.demo.supervisor import Supervisor
from tests.hub_http import Device
from tests.kiosk_page import FLAWS, LANDSCAPE, PORTRAIT, SMALL, begin_anew, choose, label, said, settle
from tests.waiting import until
from tests.whole_site import KioskPage

AGREE, WITHOUT = "Đồng ý và chụp", "Lấy số không cần ảnh"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    supervisor = Supervisor(site.programs("workbench", "hub", "kiosk"))
    control = Control(supervisor, site.control_socket)
    try:
        supervisor.start()
        until(lambda: KioskPage(site).health().get("camera") == "up", within_s=60, what="the camera")
        yield site
    finally:
        supervisor.stop()
        control.close()


@pytest.fixture(scope="module")
def table(site: Site, browser: Browser) -> Iterator[Page]:
    """The workbench, from which somebody steps before the camera."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.goto(site.addresses["workbench"])
    expect(page.locator("#stand")).to_have_attribute("aria-pressed", "false")
    yield page
    page.close()


def stand(table: Page, *, there: bool) -> None:
    switch = table.locator("#stand")
    if (switch.get_attribute("aria-pressed") == "true") is not there:
        switch.click()
    expect(switch).to_have_attribute("aria-pressed", str(there).lower())


@pytest.fixture
def page(site: Site, table: Page, browser: Browser) -> Iterator[Page]:
    faults: list[str] = []
    page = browser.new_page(viewport=PORTRAIT)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(site.addresses["kiosk"])
    begin_anew(page)
    yield page
    begin_anew(page)
    stand(table, there=False)
    assert faults == []
    page.close()


def ask(site: Site, table: Page, page: Page) -> None:
    """Somebody steps before the camera, and chooses a service once the camera has seen them."""
    stand(table, there=True)
    until(lambda: KioskPage(site).health().get("somebody"), within_s=30, what="somebody in view")
    choose(page, "general")
    expect(page.locator("main.consent")).to_be_visible()
    settle(page)


def kept(site: Site, file: str, query: str, ticket: str) -> list[str]:
    """What the hub's disk has of a ticket."""
    with sqlite3.connect(f"file:{site.folder}/data/hub/{file}?mode=ro", uri=True) as db:
        return [row[0] for row in db.execute(query, (ticket,))]


def press(page: Page, name: str) -> None:
    settle(page)
    page.get_by_role("button", name=name).click()


@pytest.mark.req("K8")
def test_nobody_before_the_camera_is_asked_nothing(site: Site, page: Page) -> None:
    choose(page, "general")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible()


@pytest.mark.req("K8")
def test_consent_ticks_nothing_the_mirror_shows_the_person_and_the_number_comes_with_a_portrait(
    site: Site, table: Page, page: Page
) -> None:
    ask(site, table, page)
    boxes = page.get_by_role("checkbox")
    assert [box.get_attribute("aria-checked") for box in boxes.all()] == ["false"]
    agree, without = (page.get_by_role("button", name=name).bounding_box() for name in (AGREE, WITHOUT))
    assert agree is not None
    assert without is not None
    assert (agree["width"], agree["height"]) == pytest.approx((without["width"], without["height"]), abs=0.5)
    press(page, AGREE)
    expect(said(page, "Xin chọn ít nhất một mục")).to_be_visible()
    boxes.first.click()
    expect(boxes.first).to_have_attribute("aria-checked", "true")
    assert httpx.get(site.addresses["kiosk"] + "mirror", trust_env=False).status_code == 403
    with page.expect_response(lambda answer: "/mirror" in answer.url and answer.status == 200) as mirror:
        press(page, AGREE)
    assert mirror.value.headers["content-type"] == "image/jpeg"
    assert mirror.value.headers["cache-control"] == "no-store"
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=30_000)
    token = page.locator("meta[name=touch-token]").get_attribute("content")
    gone = httpx.get(site.addresses["kiosk"] + "mirror", params={"token": token or ""}, trust_env=False)
    assert gone.status_code == 404
    given = label(page)
    (ticket,) = [t.id for t in Device(site, "board-1").snapshot().tickets.values() if t.label == given]
    assert kept(site, "faces.db", "SELECT kind FROM sealed WHERE ticket = ?", ticket) == ["portrait"]
    wording = "SELECT event ->> '$.wording' FROM (SELECT CAST(event AS TEXT) AS event FROM entries)"
    wording += " WHERE event ->> '$.type' = 'ConsentGiven/1' AND event ->> '$.ticket' = ?"
    assert kept(site, "hub.db", wording, ticket) == [WORDING]


@pytest.mark.req("K8")
def test_the_number_without_a_picture_is_as_near(site: Site, table: Page, page: Page) -> None:
    ask(site, table, page)
    press(page, WITHOUT)
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible()


def test_whoever_has_gone_leaves_nothing_to_the_next(site: Site, table: Page, page: Page) -> None:
    ask(site, table, page)
    stand(table, there=False)
    expect(page.locator("main.choose")).to_be_visible(timeout=20_000)


def test_the_picture_is_given_up_and_the_number_taken_without(site: Site, table: Page, page: Page) -> None:
    ask(site, table, page)
    page.get_by_role("checkbox").first.click()
    expect(page.get_by_role("checkbox").first).to_have_attribute("aria-checked", "true")
    press(page, AGREE)
    until(lambda: page.locator("main.looking, main.number").count(), within_s=15, what="the mirror, or the number")
    if page.locator("main.looking").count():
        page.evaluate("document.querySelector('[data-touch=without]')?.click()")
    expect(said(page, "Xin lấy phiếu và ngồi chờ gọi số")).to_be_visible(timeout=30_000)


@pytest.mark.req("K8")
def test_a_person_has_their_data_erased(table: Page, page: Page) -> None:
    press(page, "Xoá dữ liệu của tôi")
    expect(said(page, "Quét mã QR trên phiếu, hoặc giấy tờ của bạn")).to_be_visible()
    table.locator("[data-card=bhyt]").click()
    expect(said(page, "Hệ thống không giữ ảnh nào của bạn hôm nay.")).to_be_visible()


@pytest.mark.parametrize("viewport", [PORTRAIT, LANDSCAPE, SMALL], ids=["portrait", "landscape", "small"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_question_is_readable_and_its_buttons_are_large(
    site: Site, table: Page, page: Page, viewport: dict[str, int], language: str
) -> None:
    page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
    ask(site, table, page)
    if page.locator("main").get_attribute("lang") != language:
        page.locator("[data-touch=language]").click()
    expect(page.locator(f"main.consent[lang={language}]")).to_be_visible()
    assert page.evaluate(FLAWS) == []


def test_health_tells_the_staff_how_the_camera_is(site: Site) -> None:
    state = KioskPage(site).health()
    expected = "on" if os.environ.get("MOISO_FACE_PACK") else "no-pack"
    assert (state["camera"], state["faces"]) == ("up", expected)
