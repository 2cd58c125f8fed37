"""The pages of devices and alarms in Chromium: none, one and 130 sites, wide and on a phone, fresh and printed."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from cloud.fleet.records import Look
from cloud.fleet.rules import Kind
from cloud.fleet.store import Fleet
from edge.contracts.fleet import FleetPart
from edge.contracts.health import PartState
from tests.axe import violations
from tests.bench.province_year import fill as fill_ledger
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import add_people, cloud_config, make_app
from tests.dashboard import PHONE, WIDE, logged_in, served, today
from tests.fleet import device, fill, report

SIZES = (0, 1, 130)
VIEWPORTS = {"wide": WIDE, "phone": PHONE}
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"  # as when somebody comes back to the page


class Centre:
    """A dashboard over this many sites; ``url`` is where it serves, ``data`` where its files lie."""

    def __init__(self, data: Path, sites: int) -> None:
        self.data = data
        self.sites = [f"mau-{n:03d}" for n in range(1, sites + 1)]
        if sites:
            fill_ledger(data, sites=sites, days=1, until=today())
        add_people(data)
        fill(data, self.sites, now_ms())
        app = make_app(cloud_config(data))
        self._serving = ExitStack()
        self.url = self._serving.enter_context(served(app))

    def close(self) -> None:
        """Serve no longer."""
        self._serving.close()

    def logged_in(self, browser: Browser, viewport: str, name: str = "lan") -> Page:
        """A window of its own, after the login."""
        return logged_in(browser, self.url, VIEWPORTS[viewport], name)

    def pages(self) -> dict[str, str]:
        """The address of each page that there is."""
        pages = {"devices": "/devices", "attention": "/devices?only=attention", "alarms": "/alarms"}
        pages["overview"] = "/overview"
        kept = Fleet(self.data).open_alarms(self.sites)
        closed = Fleet(self.data).closed_alarms(self.sites, before_ms=now_ms())
        for n in (0, 1, 2, 3, 4):
            if n < len(self.sites):
                pages[f"site-{n}"] = f"/devices/{self.sites[n]}"
        for n, one in enumerate((*kept[:1], *closed[:1])):
            pages[f"alarm-{n}"] = f"/alarms/{one.alarm.id}"
        if self.sites:
            pages["facility"] = f"/facilities/{self.sites[0]}"
        return pages


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Centre]]:
    made = {size: Centre(tmp_path_factory.mktemp(f"centre-{size}"), size) for size in SIZES}
    yield made
    for centre in made.values():
        centre.close()


@pytest.fixture
def centre(centres: dict[int, Centre]) -> Centre:
    return centres[130]


@pytest.fixture
def page(browser: Browser, centre: Centre) -> Iterator[Page]:
    page = centre.logged_in(browser, "wide", "minh")
    yield page
    page.context.close()


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize("viewport", VIEWPORTS)
@pytest.mark.parametrize("sites", SIZES)
def test_every_page_fits_the_screen_and_is_open_to_everybody(
    browser: Browser, centres: dict[int, Centre], sites: int, viewport: str
) -> None:
    centre = centres[sites]
    page = centre.logged_in(browser, viewport)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    flaws = {}
    language = "vi" if viewport == "wide" else "en"
    for name, path in centre.pages().items():
        page.goto(f"{centre.url}{path}{'&' if '?' in path else '?'}lang={language}")
        expect(page.locator("main h1")).to_be_visible()
        for details in page.locator(".alarms details").all()[:2]:
            details.evaluate("one => one.open = true")
        examined = [] if sites == max(SIZES) else violations(page)  # axe takes seconds where there is much
        flaws[f"{name}-{language}"] = [*page.evaluate(SPILLS), *examined]
    page.context.close()
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("D4")
def test_an_alarm_is_found_and_acknowledged(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/alarms?site=mau-004&lang=vi")
    alarm = page.locator(".alarms li", has_text="board-1")
    expect(alarm).to_contain_text("chưa ai nhận")
    alarm.locator("summary").click()
    alarm.get_by_label("Ghi chú (không bắt buộc)").fill("Đã gọi điện, cơ sở đang xem")
    alarm.get_by_role("button", name="Tôi nhận xử lý").click()
    expect(page.get_by_role("status").filter(has_text="Đã ghi")).to_be_visible()
    expect(alarm).to_contain_text("minh đã nhận xử lý")
    expect(alarm).to_contain_text("Đã gọi điện, cơ sở đang xem")
    expect(alarm.get_by_role("button")).to_have_count(0)
    alarm.get_by_role("link").click()
    expect(page.locator("table.log")).to_contain_text("Đã nhận xử lý")


@pytest.mark.req("D4")
def test_the_browser_does_not_let_a_note_grow_too_long(page: Page, centre: Centre) -> None:
    (kept, *_) = Fleet(centre.data).open_alarms(["mau-014"])
    page.goto(f"{centre.url}/alarms/{kept.alarm.id}?lang=vi")
    page.get_by_label("Ghi chú (không bắt buộc)").press_sequentially("a" * 10)
    page.evaluate("document.querySelector('textarea').removeAttribute('maxlength')")
    page.get_by_label("Ghi chú (không bắt buộc)").fill("dài " * 150 + "hết")
    page.get_by_role("button", name="Tôi nhận xử lý").click()
    expect(page.get_by_role("alert")).to_contain_text("Ghi chú dài 603 ký tự")
    expect(page.get_by_label("Ghi chú (không bắt buộc)")).to_have_value("dài " * 150 + "hết")


@pytest.mark.req("D4", "X5")
def test_the_page_of_a_site_renews_itself_and_the_focus_stays(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/devices/mau-007?lang=vi")
    expect(page.locator("#fleet")).to_contain_text("Không có cảnh báo nào đang mở.")
    page.focus("#to-alarms")
    (state,) = Fleet(centre.data).states(["mau-007"])
    jammed = device("kiosk-1", "kiosk", now_ms(), FleetPart("printer", PartState.FAIL, "cutter"))
    told = report(now_ms(), device("", "hub", now_ms()), jammed)
    Fleet(centre.data).record(Look(now_ms(), [replace(state, heard_ms=now_ms(), report=told)]))
    page.evaluate(LOOK_AGAIN)
    expect(page.locator("#fleet")).to_contain_text("kẹt giấy hoặc dao cắt")
    expect(page.locator("#to-alarms")).to_be_focused()


@pytest.mark.req("D4")
def test_where_the_server_is_away_the_page_says_that_it_is_old_and_comes_back(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/devices?only=attention&lang=vi")
    rows = page.locator("table.fleet tbody tr").count()
    page.route("**/fragments/**", lambda route: route.abort())
    page.evaluate(LOOK_AGAIN)
    expect(page.locator("#lost")).to_be_visible()
    page.unroute("**/fragments/**")
    page.evaluate(LOOK_AGAIN)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("table.fleet tbody tr")).to_have_count(rows)  # the filter is kept
    assert rows < 130


@pytest.mark.req("D4")
def test_text_that_somebody_selects_is_not_taken_away(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/devices/mau-008?lang=vi")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    with page.expect_response("**/fragments/**"):
        page.evaluate(LOOK_AGAIN)
    assert page.evaluate("String(getSelection())").strip()


@pytest.mark.req("D4")
def test_the_printed_page_has_the_states_and_not_the_controls(page: Page, centre: Centre) -> None:
    page.goto(f"{centre.url}/alarms?lang=vi")
    page.emulate_media(media="print")
    for gone in ("header", ".pick", ".alarms details"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".alarms .mark").first).to_be_visible()


def test_the_synthetic_fleet_has_trouble_of_each_kind_to_look_at(centre: Centre) -> None:
    kinds = {kept.alarm.cause.kind for kept in Fleet(centre.data).open_alarms(centre.sites)}
    assert kinds >= {Kind.SITE_SILENT, Kind.PART, Kind.DEVICE_SILENT, Kind.CERTIFICATE, Kind.VERSION, Kind.CLOCK}
