"""An administrator changes the kiosk page in Chromium with the keyboard alone: no programmer, no file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from edge.contracts.catalogue import Catalogue
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests.hub_http import Device
from tests.whole_site import WholeSite

HOME = "/admin/catalogue"
MOST_TABS = 120


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub") as running:
        yield running


@pytest.fixture
def context(running: WholeSite, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=running.site.addresses["counter"])
    yield context
    context.close()


@pytest.fixture
def page(running: WholeSite, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/login")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type(ADMINISTRATOR)
    page.keyboard.press("Tab")
    page.keyboard.type(running.site.passwords.administrator)
    page.keyboard.press("Enter")
    page.wait_for_url("**/counters")
    return page


def in_force(running: WholeSite) -> Catalogue:
    return Device(running.site, "kiosk-1").snapshot().catalogue


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus, and see that the focus is shown."""
    wanted = page.locator(selector)
    for _ in range(MOST_TABS):
        if wanted.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    assert wanted.evaluate("e => getComputedStyle(e).outlineStyle") != "none"


def choose(page: Page, name: str, value: str) -> None:
    """Go to a group of radio buttons and press the arrow until this one is chosen."""
    tab_to(page, f"[name={name}]:checked")
    wanted = page.locator(f'[name={name}][value="{value}"]')
    for _ in range(40):
        if wanted.is_checked():
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{value} is not reached with the arrows")


@pytest.mark.req("K2", "K3", "K4", "P1")
def test_a_service_with_icon_and_colour_reaches_the_kiosk_and_is_undone_with_keys_alone(
    page: Page, running: WholeSite
) -> None:
    before = in_force(running)
    page.goto(HOME)
    tab_to(page, f'a[href="{HOME}/services/new"]')
    page.keyboard.press("Enter")
    tab_to(page, "#name")
    page.keyboard.type("Khám mắt")
    choose(page, "colour", "#5a4fcf")
    choose(page, "icon", "mat")
    choose(page, "size", "wide")
    tab_to(page, '[name=counters][value="q1"]')
    page.keyboard.press("Space")
    tab_to(page, ".sheet .primary")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("xin điền vào đây")  # the English name
    expect(page.locator("#name_en")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#name")).to_have_value("Khám mắt")
    expect(page.locator('[name=icon][value="mat"]')).to_be_checked()
    tab_to(page, "#wrong a")
    page.keyboard.press("Enter")
    expect(page.locator("#name_en")).to_be_focused()
    page.keyboard.type("Eyes")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Đã lưu vào bản nháp")
    expect(page.locator("#service-kham-mat")).to_contain_text("Rộng gấp đôi")
    page.reload()
    assert in_force(running) == before

    tab_to(page, f'.rooms a[href="{HOME}/preview"]')
    page.keyboard.press("Enter")
    for shape in (".upright iframe", ".across iframe"):
        tile = page.frame_locator(shape).locator(".tile-of-kham-mat")
        expect(tile).to_contain_text("Khám mắt")
        expect(tile).to_have_css("border-left-color", "rgb(90, 79, 207)")
        beside = page.frame_locator(shape).locator(".tile-of-general")
        assert width(tile) > 1.9 * width(beside)

    tab_to(page, ".rooms .go")
    page.keyboard.press("Enter")
    tab_to(page, "#note")
    page.keyboard.type("Mở phòng khám mắt")
    tab_to(page, ".sheet .primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    expect(page.locator(".versions li").first).to_contain_text("Mở phòng khám mắt")
    published = in_force(running).service("kham-mat")
    assert (published.colour, published.icon, published.size) == ("#5a4fcf", "mat", "wide")

    tab_to(page, f'a[href="{HOME}/versions/0"]')
    page.keyboard.press("Enter")
    tab_to(page, ".sheet .primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    now = in_force(running)
    assert (now.services, now.version) == (before.services, 2)


def width(tile: Locator) -> float:
    """The width of what is shown."""
    box = tile.bounding_box()
    assert box
    return box["width"]


@pytest.mark.req("P1")
def test_every_page_speaks_english_fits_the_screen_and_labels_its_fields(page: Page) -> None:
    paths = ("", "/services/new", "/services/general", "/groups/new", "/counters/new", "/hours", "/days", "/days/new")
    more = ("/policy", "/facility", "/payment", "/kiosk", "/preview", "/publish", "/versions", "/versions/0", "/import")
    hall = ("/screens", "/screens/new", "/media", "/voices", "/voices/new", "/phrases/call", "/recordings")
    spoken = ("/announcements", "/announcements/new")
    for path in (*paths, *more, *hall, *spoken):
        page.goto(f"{HOME}{path}?lang=en")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(UNLABELLED) == [], path
        assert page.evaluate(SMALL) == [], path


UNLABELLED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(e => !e.labels.length && !e.ariaLabel).map(e => e.name)"""
# WCAG 2.2, 2.5.8: targets of at least 24 by 24 CSS pixels; a label belongs to its box, links in a sentence are exempt.
SMALL = """[...document.querySelectorAll('button, select, input:not([type=hidden]), .acts a, .button, .rooms a')]
  .filter(e => e.checkVisibility()).map(e => (e.closest('label') ?? e).getBoundingClientRect())
  .filter(box => box.height < 24 || box.width < 24).map(box => [box.x, box.y, box.width, box.height])"""
