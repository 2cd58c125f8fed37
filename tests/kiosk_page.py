"""The kiosk's page in a browser: cards to show, ways to touch it, and what a person would notice to be wrong."""

import pytest
from playwright.sync_api import Locator, Page, ViewportSize

from tests.waiting import until

NAME, ID_NUMBER = "Nguyễn Văn Mẫu", "001099000017"
CARD_2021 = f"{ID_NUMBER}|012345678|{NAME}|01021999|Nam|Số 1 phố Giả, Hà Nội|10052021"
CARD_2024 = "001199000018||Trần Thị Giả|02031999|Nữ|Số 2 phố Giả, Hà Nội|01072024||||"
CARD_OLD = "001141000015||Lê Thị Cụ|1941|Nữ|Số 3 phố Giả, Hà Nội|01072021"
PORTRAIT, LANDSCAPE = ViewportSize(width=1080, height=1920), ViewportSize(width=1920, height=1080)
SMALL = ViewportSize(width=1024, height=768)  # of 15 inches: a pixel is 0.30 mm, not 0.25

# What a person would notice: text off the screen or cut off, too small to read, or a button too small to touch.
FLAWS = """() => {
  const flaws = [];
  const small = innerWidth / innerHeight < 1.5 && innerWidth > innerHeight;
  const scale = Math.min(innerWidth, innerHeight) / 1080 - 0.001;
  const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1; };
  for (const e of document.querySelectorAll("main *")) {
    if (!seen(e) || e.closest(".visually-hidden")) continue;
    const r = e.getBoundingClientRect();
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (r.right > innerWidth + 1 || r.bottom > innerHeight + 1 || r.left < -1 || r.top < -1)
      flaws.push(`off the screen: ${e.className || e.tagName}`);
    const least = (small ? 24 : 28) * scale;
    if (own && parseFloat(getComputedStyle(e).fontSize) < least) flaws.push(`small: ${e.textContent}`);
    if (e.tagName === "BUTTON" && r.height < 96 * scale) flaws.push(`low: ${e.textContent}`);
    if (e.tagName === "BUTTON" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
      flaws.push(`spills over: ${e.textContent}`);
    const box = e.closest(".tile, .ask, .ticket, .button");
    if (box && own) {
      const b = box.getBoundingClientRect();
      if (r.bottom > b.bottom + 1 || r.top < b.top - 1 || r.right > b.right + 1)
        flaws.push(`cut off: ${e.textContent}`);
    }
  }
  const parts = [...document.querySelectorAll("main > *")].map((e) => [e, e.getBoundingClientRect()]);
  for (const [a, p] of parts) for (const [b, q] of parts)
    if (a !== b && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
      flaws.push(`${a.className} over ${b.className}`);
  return flaws;
}"""


def press(page: Page, selector: str) -> None:
    """Click what is there now; Playwright's own click would wait for a button of the next person's screen."""
    page.evaluate("selector => document.querySelector(selector)?.click()", selector)


def begin_anew(page: Page) -> None:
    """Wait for, or touch the way to, the first screen; a kiosk that greets nobody is woken."""
    first = page.locator("main.choose:not(:has([data-touch=dismiss]))")

    def back() -> bool:
        press(page, "[data-touch=dismiss], [data-touch=wake]")
        return first.count() == 1

    until(back, within_s=20, what="the first screen")


def settle(page: Page) -> None:
    """Let the screen be seen: a touch that comes sooner after a change does nothing."""
    began = page.evaluate("performance.now()")
    until(lambda: page.evaluate("performance.now()") > began + 700, what="the screen to settle")


def tab_to(page: Page, kind: str, value: str) -> None:
    """Go with the Tab key to the button whose data attribute has this value."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.dataset.{kind}") == value:
            return
    pytest.fail(f"the keyboard does not come to {value}")


def choose(page: Page, service: str) -> None:
    """Touch a tile as a person would: again, if nothing happened."""

    def touched() -> bool:
        press(page, f"[data-service={service}]")
        return page.locator(f"[data-service={service}]").count() == 0

    until(touched, what="the touch to be taken")


def said(page: Page, words: str) -> Locator:
    """Words on the screen itself, not those for a screen reader alone."""
    return page.locator("main").get_by_text(words)


def label(page: Page) -> str:
    return page.locator(".label").inner_text()
