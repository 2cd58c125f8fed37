"""The pages of figures in Chromium: with a year of a province, one facility, 130 of them, and none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.indicators import Key
from tests.axe import violations
from tests.dashboard import PHONE, WIDE, Dashboard, province, today
from tests.long import LONG

PAGES = {
    "overview": "/overview?period={year}",
    "overview-month": "/overview",
    "facilities": "/facilities",
    "facility": "/facilities/mau-001?period={year}",
    "facility-day": "/facilities/mau-001?period={day}",
    "indicator": "/indicators/look-ups?period={year}-9m",
    "indicator-of-one": "/indicators/wait-p90?period={year}&site=mau-001",
    "compare": "/compare?period={year}&site=mau-001&site=mau-002",
    "no-period": "/overview?period=yesterday",
    "nowhere": "/facilities/nowhere",
}
SPILLS = """() => [document.documentElement.scrollWidth > innerWidth + 1 ? "the page is wider than the screen" : "",
  ...[...document.querySelectorAll(".card, td, th, button")]
     .filter((e) => !e.closest(".wide, .heat") && e.scrollWidth > e.clientWidth + 2)
     .map((e) => `spills over: ${e.className || e.tagName}: ${e.textContent.trim().slice(0, 60)}`)].filter(Boolean)"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    dashboard = province(tmp_path_factory.mktemp("province"), sites=13, days=400)
    dashboard.daemon.start()
    yield dashboard
    dashboard.daemon.kill()


VIEWPORTS = {"wide": WIDE, "phone": PHONE}
WIDE_ONLY = pytest.mark.parametrize("page", ["wide"], indirect=True)


@pytest.fixture(scope="module", params=VIEWPORTS)
def page(request: pytest.FixtureRequest, browser: Browser, dashboard: Dashboard) -> Iterator[Page]:
    page = dashboard.logged_in(browser, VIEWPORTS[request.param])
    yield page
    page.context.close()


def address(dashboard: Dashboard, path: str) -> str:
    return dashboard.url + path.format(year=today().year, day=today())


@pytest.mark.req("D1", "D2")
@pytest.mark.parametrize("language", ["vi", "en"] if LONG else ["vi"])
def test_every_page_of_figures_fits_the_screen_and_is_open_to_everybody(
    page: Page, dashboard: Dashboard, language: str
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    flaws = {}
    for name, path in PAGES.items():
        target = address(dashboard, path)
        page.goto(f"{target}{'&' if '?' in target else '?'}lang={language}")
        expect(page.locator("main h1")).to_be_visible()
        narrow = page.viewport_size == PHONE  # the same page, that axe has seen wide
        flaws[name] = [*page.evaluate(SPILLS), *([] if narrow and not LONG else violations(page))]
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("D1", "D2")
@WIDE_ONLY
def test_every_indicator_leads_to_the_numbers_it_is_made_from(page: Page, dashboard: Dashboard) -> None:
    for key in Key:
        page.goto(address(dashboard, "/overview?period={year}&lang=vi"))
        shown = page.locator(f"#{key.value} .num").inner_text()
        page.click(f"#{key.value}")
        expect(page.locator(".one .num")).to_have_text(shown)
        assert page.locator("tbody tr").count() >= 13
        with page.expect_download() as started:
            page.get_by_role("link", name="CSV").click()
        lines = Path(started.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 14


@pytest.mark.req("D2")
@WIDE_ONLY
def test_the_period_is_picked_kept_and_stepped_through(page: Page, dashboard: Dashboard) -> None:
    page.goto(address(dashboard, "/overview?sort=no-shows&lang=vi"))
    page.get_by_role("link", name="Năm", exact=True).click()
    expect(page.locator(".picker .steps b")).to_contain_text("Năm ")
    page.get_by_role("link", name="Kỳ trước", exact=True).click()
    page.get_by_role("link", name="Kỳ sau", exact=True).click()
    expect(page.get_by_role("link", name="Kỳ sau", exact=True)).to_have_count(0)  # it has not begun
    expect(page.locator("th[aria-sort]")).to_have_text("Vắng")
    page.locator(".picker summary").click()
    page.fill("[name=first]", "2026-02-02")
    page.fill("[name=last]", "2026-03-17")
    page.get_by_role("button", name="Xem").click()
    expect(page.locator(".picker .steps b")).to_have_text("02/02/2026–17/03/2026")
    expect(page.locator("th[aria-sort]")).to_have_text("Vắng")


@pytest.mark.req("D2")
@WIDE_ONLY
def test_the_facilities_stand_in_the_order_of_the_column_that_is_asked_for(page: Page, dashboard: Dashboard) -> None:
    page.goto(address(dashboard, "/overview?period={year}&sort=wait-p90&lang=vi"))
    waits = [int(text.rstrip("+")) for text in page.locator("td[data-label='Chờ p90']").all_inner_texts()]
    assert waits == sorted(waits)
    page.goto(address(dashboard, "/overview?period={year}&sort=score&lang=vi"))
    scores = [float(text.replace(",", ".")) for text in page.locator("td[data-label='Hài lòng']").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.req("D2")
@WIDE_ONLY
def test_a_first_view_comes_through_a_slow_line(page: Page, dashboard: Dashboard) -> None:
    sizes: list[int] = []
    fresh = page.context.browser.new_context(storage_state=page.context.storage_state()).new_page()  # type: ignore[union-attr]
    fresh.on("response", lambda answer: sizes.append(len(answer.body())))
    fresh.goto(address(dashboard, "/overview?period={year}"))
    fresh.wait_for_load_state("networkidle")
    fresh.context.close()
    assert sum(sizes) <= 250_000, sizes


@pytest.mark.req("D1", "D2")
@pytest.mark.parametrize(("sites", "days"), [(0, 0), (1, 30), (130, 30)])
def test_one_facility_130_and_none_are_shown_as_well(browser: Browser, tmp_path: Path, sites: int, days: int) -> None:
    dashboard = province(tmp_path, sites, days)
    dashboard.daemon.start()
    try:
        page = dashboard.logged_in(browser)
        for path in ("/overview", "/compare", "/today"):
            page.goto(dashboard.url + path)
            expect(page.locator("main h1")).to_be_visible()
            examined = [] if sites > 1 and not LONG else violations(page)  # seconds, where there is much
            assert [*page.evaluate(SPILLS), *examined] == []
        page.goto(f"{dashboard.url}/overview")
        assert page.locator(".ranking tbody tr").count() == sites
        page.context.close()
    finally:
        dashboard.daemon.kill()
