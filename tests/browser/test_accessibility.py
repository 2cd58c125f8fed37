"""Every page of the product in Chromium on real programs: WCAG 2.2 AA as axe-core tests it, and the keyboard alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.busy_site import BusySite, busy_site
from tests.every_page import CLOSED, HUBLESS, LOOKS, Look
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
  const told = (e) =>
    `${e.tagName.toLowerCase()}#${e.id}.${e.className} ${(e.textContent || e.name || "").trim().slice(0, 40)}`;
"""
ALL = f"() => {{ {STOPS} return stops.map(told); }}"
HERE = f"""() => {{ {STOPS}
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const box = (e.closest("label") ?? e).getBoundingClientRect();
  return {{
    at: stops.indexOf(e),
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
    for language in look.languages:
        # Our pages allow no script but their own; axe's comes through the debugger, and its frames' messages too.
        with visitor.at(look, language, bypass_csp=True) as page:
            found = violations(page)
            if language == look.languages[0]:
                page.emulate_media(contrast="more")
                found += violations(page, ["color-contrast"])
            assert not found, "\n".join([language, *found])


@pytest.mark.req("P5", "K1", "P6")
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_axe_finds_no_violation_of_wcag_2_2_aa(visitor: Visitor, look: Look) -> None:
    assert_accessible(visitor, look)


@pytest.mark.req("P5", "K12")
@pytest.mark.parametrize("look", [look for look in LOOKS if look.keyboard], ids=lambda look: look.name)
def test_the_tab_key_comes_to_every_control_in_order_and_shows_where_it_is(visitor: Visitor, look: Look) -> None:
    with visitor.at(look) as page:
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
