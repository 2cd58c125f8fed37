"""The pages of targets and places in Chromium: they fit every screen, and what is set there shows where it is used."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, ViewportSize, expect

from cloud.indicators import TARGETS
from cloud.map import Place
from cloud.targets import Change, Kind, Targets
from tests.axe import violations
from tests.bench.province_year import fill
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import add_people, cloud_config, make_app
from tests.dashboard import PHONE, logged_in, served, today

DESK: ViewportSize = {"width": 1366, "height": 768}
PLACES = tuple(Place(f"mau-00{n}", 11.4 + n / 20, 106.7 + n / 15) for n in range(1, 4))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=6, days=40, until=today())
    add_people(folder)
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with served(make_app(replace(cloud_config(data), place=PLACES))) as url:
        yield url


@pytest.fixture(scope="module", params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    page = logged_in(browser, url, request.param)
    yield page
    page.context.close()


def forget(data: Path) -> None:
    """As if nobody had set anything."""
    store = Targets(data, TARGETS)
    for kind in Kind:
        own = store.settings(kind, "mau")
        store.change(kind, "mau", {name: Change(one.value, "") for name, one in own.items()}, "lan", 0)


@pytest.mark.req("D1")
def test_the_pages_fit_the_screen_and_are_open_to_everybody_right_and_wrong(page: Page, url: str, data: Path) -> None:
    forget(data)
    store = Targets(data, TARGETS)
    store.change(Kind.TARGET, "mau", {"wait-p90": Change("", "22.25"), "score": Change("", "null")}, "lan", 1)
    store.change(Kind.PLACE, "mau", {"mau-005": Change("", "[106.891234,11.531234]")}, "lan", 1)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    flaws = {}
    for language in ("vi", "en"):
        for path, name in (("targets", "look-ups"), ("places", "mau-004")):
            page.goto(f"{url}/accounts/{path}?lang={language}")
            flaws[f"{path}, {language}"] = [*page.evaluate(SPILLS), *violations(page)]
            page.fill(f"[name='own-{name}']", "W" * 60)
            page.locator(".settings + .row button").click()
            expect(page.get_by_role("alert")).to_be_visible()
            flaws[f"{path}, {language}, wrong"] = [*page.evaluate(SPILLS), *violations(page)]
        for path in ("/overview", "/indicators/look-ups"):
            page.goto(f"{url}{path}?lang={language}")
            flaws[f"{path}, {language}"] = page.evaluate(SPILLS)
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("D1")
def test_a_target_is_set_from_its_indicator_corrected_and_given_back(page: Page, url: str, data: Path) -> None:
    forget(data)
    page.goto(f"{url}/indicators/look-ups?lang=vi")
    expect(page.locator(".one")).to_contain_text("mục tiêu 95 %")
    page.get_by_role("link", name="Đặt chỉ tiêu").click()
    field = page.get_by_role("textbox", name="Tra cứu thẻ BHYT thành công")
    field.fill("870")
    other = page.get_by_role("textbox", name="Chờ, p90")
    other.fill("45")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Tra cứu thẻ BHYT thành công")
    expect(field).to_have_value("870")
    expect(field).to_have_accessible_description(
        "Cần một số từ 0 đến 100, nhiều nhất hai chữ số thập phân, ví dụ 87,5."
    )
    expect(other).to_have_value("45")
    field.fill("87,5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã lưu")
    page.locator("#look-ups").get_by_role("link").click()
    expect(page.locator(".one")).to_contain_text("mục tiêu 87,5 %")
    page.goto(f"{url}/overview")
    expect(page.locator("#look-ups")).to_contain_text("mục tiêu 87,5 %")
    expect(page.locator("#wait-p90")).to_contain_text("mục tiêu 45 phút")
    page.goto(f"{url}/accounts/targets")
    field.fill("")
    page.get_by_label("không đặt mục tiêu: Hài lòng").check()
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator("#score strong")).to_have_text("không có")
    page.goto(f"{url}/overview")
    expect(page.locator("#look-ups")).to_contain_text("mục tiêu 95 %")
    expect(page.locator("#score")).not_to_contain_text("mục tiêu")


@pytest.mark.req("D1")
def test_a_facility_is_put_on_the_map_and_taken_off(page: Page, url: str, data: Path) -> None:
    forget(data)
    page.goto(f"{url}/overview?lang=vi")
    expect(page.locator(".map circle")).to_have_count(3)
    page.get_by_role("link", name="Đặt vị trí cơ sở").click()
    row = page.locator("#mau-004")
    row.get_by_role("textbox").fill("106,75 ; 11,61")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu")
    expect(row.get_by_role("textbox")).to_have_value("11.61, 106.75")
    expect(row).to_contain_text("lan,")
    expect(page.locator(".map circle")).to_have_count(4)
    page.goto(f"{url}/overview")
    expect(page.locator(".map circle")).to_have_count(4)
    page.goto(f"{url}/accounts/places")
    row.get_by_role("textbox").fill("")
    page.locator("#mau-001").get_by_label("không hiện trên bản đồ").check()
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".map circle")).to_have_count(2)
