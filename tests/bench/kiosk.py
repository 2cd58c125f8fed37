"""The kiosk's page in Chromium: from a touch to the next screen as it is painted, and how much the page weighs."""

from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

from tests.kiosk_page import CARD_2021, PORTRAIT, begin_anew, settle
from tests.whole_site import WholeSite

TOUCHES = 100

# From the click to the second frame after the new screen stands in the page: the first is drawn by then.
TOUCH = """() => new Promise((done) => {
  const main = () => document.querySelector("main");
  const step = main().dataset.step;
  const began = performance.now();
  new MutationObserver((_, watch) => {
    if (main().dataset.step === step) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  }).observe(document.body, { childList: true });
  document.querySelector("[data-touch=language]").click();
})"""
WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .filter((e) => e.initiatorType !== "fetch").reduce((sum, e) => sum + e.transferSize, 0)"""


def touches(page: Page) -> list[float]:
    """Seconds of each touch that changes the whole screen: another language, with all its tiles."""
    return [page.evaluate(TOUCH) / 1000 for _ in range(TOUCHES)]


def measure(running: WholeSite) -> Iterator[tuple[str, list[float] | str]]:
    """Of the first screen and of one with a person; then the page's weight."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=PORTRAIT)
        page.goto(running.site.addresses["kiosk"])
        begin_anew(page)
        weight = page.evaluate(WEIGHT)
        yield "touch to the next screen, painted by Chromium", touches(page)
        settle(page)
        running.scanner.scan(CARD_2021)
        page.get_by_text("Nguyễn Văn Mẫu").first.wait_for()
        yield "  the same with a person on the screen", touches(page)
        yield "weight of the kiosk's page with fonts, script and style", f"{weight / 1000:.0f} kB"
        begin_anew(page)
        browser.close()
