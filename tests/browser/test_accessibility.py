"""Every page of the product in Chromium on real programs: WCAG 2.2 AA as axe-core tests it, and the keyboard alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.busy_site import BusySite, busy_site
from tests.every_page import CLOSED, HUBLESS, LOOKS, Look
from tests.long import LONG
from tests.visitor import Visitor

# Where the keyboard must come to, in the order of the page: one radio button stands for its group.
STOPS = """
  const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const root = document.querySelector("dialog[open]") ?? document;
  const groups = new Set();
  const stops = [...root.querySelectorAll(controls)].filter((e) => {
    if (e.disabled || e.type === "hidden" || e.tabIndex < 0) return false;
    if (!e.checkVisibility({ visibilityProperty: true })) return false;
    if (e.type !== "radio") return true;
    const checked = root.querySelector(`input[type=radio][name="${e.name}"]:checked`);
    if (checked ? checked !== e : groups.has(e.name)) return false;
    return groups.add(e.name);
  });
"""
TOLD = """
  const told = (e) =>
    `${e.tagName.toLowerCase()}#${e.id}.${e.className} ${(e.textContent || e.name || "").trim().slice(0, 40)}`;
"""
ALL = f"() => {{ {STOPS} {TOLD} window.stops = stops; return stops.map(told); }}"
HERE = f"""() => {{ {TOLD}
  const e = document.activeElement;
  if (!window.stops.includes(e)) {{ {STOPS} window.stops = stops; }}  // a page that draws itself anew has others
  const style = getComputedStyle(e);
  const box = (e.closest("label") ?? e).getBoundingClientRect();
  return {{
    at: window.stops.indexOf(e),
    told: told(e),
    shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
    seen: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  }};
}}"""


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusySite]:
    with busy_site(tmp_path_factory.mktemp("site")) as busy:
        yield busy


@pytest.fixture(scope="module")
def visitor(browser: Browser, busy: BusySite) -> Visitor:
    return Visitor(browser, busy)


WALKS = 3
SCREEN = "document.querySelector('main')?.dataset.step ?? ''"


def assert_accessible(visitor: Visitor, look: Look) -> None:
    """By key and by axe; in the long run in every language of the page, and each with more contrast, of which the
    short one tries every third."""
    for language in look.languages if LONG else look.languages[:1]:
        # Our pages allow no script but their own; axe's comes through the debugger, and its frames' messages too.
        with visitor.at(look, language, bypass_csp=True) as page:
            found = violations(page)
            if LONG or look in LOOKS[::3]:
                page.emulate_media(contrast="more")
                found += violations(page, ["color-contrast"])
                page.emulate_media(contrast="no-preference")
            assert not found, "\n".join([language, *found])
            if look.keyboard and not goes_by_itself(look):
                assert_keys_reach_everything(page)
    if look.keyboard and goes_by_itself(look):
        with visitor.at(look) as page:
            assert_keys_reach_everything(page)


def goes_by_itself(look: Look) -> bool:
    """A kiosk's screen ends before axe and the keys are both through with it."""
    return look.program == "kiosk"


@pytest.mark.req("P5", "K1", "P6", "K12")
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_page_has_no_violation_of_wcag_2_2_aa_and_every_control_comes_by_key(visitor: Visitor, look: Look) -> None:
    assert_accessible(visitor, look)


def assert_keys_reach_everything(page: Page) -> None:
    """The Tab key comes to every control, in the order of the page, and shows where it is."""
    for _ in range(WALKS):
        screen = page.evaluate(SCREEN)
        stops: list[str] = page.evaluate(ALL)
        visited = walk(page, len(stops))
        if page.evaluate(SCREEN) == screen:
            break  # a kiosk that went on to another screen meanwhile is walked again
    assert [stop for at, stop in enumerate(stops) if at not in visited] == [], "never reached"
    begun = visited.index(0)
    order = visited[begun:] + visited[:begun]
    assert order == sorted(order), "not in the order of the page"


def walk(page: Page, stops: int) -> list[int]:
    """Press Tab until it comes round: the places that it came to, each once. Every one must show that it is there."""
    visited: list[int] = []
    for _ in range(2 * stops + 8):
        page.keyboard.press("Tab")
        here: dict[str, Any] = page.evaluate(HERE)
        if here["at"] < 0 or [here["at"]] == visited[-1:]:  # the page itself, or the next part of a date
            continue
        if here["at"] in visited:
            break
        assert here["shown"], f"no sign of the focus: {here['told']}"
        assert here["seen"], f"the focus is off the screen: {here['told']}"
        visited.append(here["at"])
    return visited


@pytest.fixture(scope="module")
def closed(visitor: Visitor) -> None:
    """From here on the facility is closed today, so these tests come after those of an open one."""
    visitor.close_for_today()


@pytest.mark.req("K10", "T1")
@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("look", CLOSED, ids=lambda look: look.name)
def test_axe_finds_no_violation_out_of_hours(visitor: Visitor, look: Look) -> None:
    assert_accessible(visitor, look)


@pytest.fixture(scope="module")
def hubless(busy: BusySite) -> None:
    """From here on there is no hub."""
    busy.supervisor.unplug("hub")


@pytest.mark.req("T1")
@pytest.mark.usefixtures("hubless")
@pytest.mark.parametrize("look", HUBLESS, ids=lambda look: look.name)
def test_axe_finds_no_violation_without_the_hub(visitor: Visitor, look: Look) -> None:
    assert_accessible(visitor, look)
