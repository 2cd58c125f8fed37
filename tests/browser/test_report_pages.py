"""The pages of reports in Chromium: what they look like wide, on a phone and printed, and that their forms work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.reports.schedule import Cadence
from cloud.reports.store import Format, Subscription, Subscriptions
from tests.axe import violations
from tests.bench.province_year import fill
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import add_people, cloud_config, make_app
from tests.dashboard import PHONE, WIDE, logged_in, served, today

PAGES = {
    "reports": "/reports?period={year}&lang=vi",
    "reports-of-one": "/reports?period={year}-9m&site=mau-001&lang=en",
    "reports-of-nothing": "/reports?period=2001",
    "subscriptions": "/reports/subscriptions?lang=vi",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=4, days=250, until=today())
    add_people(folder)
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with served(make_app(cloud_config(data))) as url:
        yield url


@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    page = logged_in(browser, url, request.param)
    yield page
    page.context.close()


def subscribe(data: Path, address: str) -> int:
    """A recipient whose reports of the last months wait to be sent."""
    wished = Subscription(0, "mau", "", Cadence.MONTHLY, 5, Format.BOTH, "vi", address, "lan", 1_790_000_000_000)
    store = Subscriptions(data)
    number = store.add(wished)
    store.plan(today(), 1_795_000_000_000)
    return number


@pytest.mark.req("D1", "D2", "D3")
def test_every_page_of_reports_fits_the_screen_and_is_open_to_everybody(page: Page, url: str, data: Path) -> None:
    number = subscribe(data, "so.yte.voi.mot.dia.chi.rat.dai@van-phong.so-y-te.tinh-mau.example")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    flaws = {}
    for name, path in PAGES.items():
        page.goto(url + path.format(year=today().year))
        expect(page.locator("main h1").first).to_be_visible()
        flaws[name] = [*page.evaluate(SPILLS), *violations(page)]
    Subscriptions(data).remove(number, "mau")
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("D3")
@pytest.mark.parametrize("page", [WIDE], indirect=True, ids=["wide"])
def test_a_facility_is_chosen_and_its_files_are_downloaded(page: Page, url: str) -> None:
    page.goto(f"{url}/reports?period={today().year}-6m&lang=vi")
    page.select_option("#about", "mau-003")
    page.click(".about button")
    expect(page.locator(".official")).to_contain_text("Trung tâm Y tế khu vực Mẫu 3")
    expect(page.locator(".what")).to_contain_text("6 tháng đầu năm")
    for name, start in {"PDF": b"%PDF", "XLSX": b"PK", "CSV theo ngày": b"\xef\xbb\xbfsite,"}.items():
        with page.expect_download() as started:
            page.get_by_role("link", name=name, exact=True).click()
        assert started.value.suggested_filename.startswith("moiso-")
        assert "mau-003" in started.value.suggested_filename
        assert Path(started.value.path()).read_bytes().startswith(start)
    page.locator(".picker").get_by_role("link", name="9 tháng", exact=True).click()
    expect(page.locator(".official")).to_contain_text("Trung tâm Y tế khu vực Mẫu 3")  # it is kept


@pytest.mark.req("D3")
@pytest.mark.parametrize("page", [WIDE], indirect=True, ids=["wide"])
def test_an_address_is_added_corrected_and_removed(page: Page, url: str) -> None:
    page.goto(f"{url}/reports?lang=vi")
    page.get_by_role("link", name="Gửi báo cáo qua thư điện tử").click()
    page.fill("[name=address]", "ten@khong-co-cham")
    page.select_option("[name=day]", "10")
    page.get_by_role("button", name="Thêm").click()
    expect(page.get_by_role("alert")).to_contain_text("Địa chỉ thư không đúng")
    expect(page.locator("[name=day]")).to_have_value("10")
    page.fill("[name=address]", "so.yte@mau.example")
    page.get_by_role("button", name="Thêm").click()
    expect(page.get_by_role("status")).to_have_text("Đã lưu.")
    row = page.locator("tr", has_text="so.yte@mau.example")
    expect(row).to_contain_text("ngày 10")
    row.get_by_role("button", name="Bỏ").click()
    expect(page.get_by_role("status")).to_contain_text("Đã bỏ")
    expect(page.locator("tr", has_text="so.yte@mau.example")).to_have_count(0)


@pytest.mark.parametrize("page", [WIDE], indirect=True, ids=["wide"])
def test_the_printed_page_has_the_report_and_not_the_controls(page: Page, url: str) -> None:
    page.goto(f"{url}/reports?period={today().year}&lang=vi")
    page.emulate_media(media="print")
    try:
        for gone in ("header", ".controls.title", ".bar-of-report"):
            expect(page.locator(gone).first).to_be_hidden()
        expect(page.locator(".paper .what")).to_be_visible()
        expect(page.locator(".signature")).to_be_visible()
    finally:
        page.emulate_media(media="screen")
