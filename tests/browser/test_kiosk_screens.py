"""Every screen of the kiosk, at sites with 3, 12 and 40 services: nothing is cut off, small, or closed to anybody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.kiosk_gallery import VIEWPORTS, gallery, opened, show
from tests.kiosk_page import FLAWS, PORTRAIT


@pytest.fixture(scope="module", params=VIEWPORTS)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = opened(browser, VIEWPORTS[request.param])
    yield page
    page.close()


@pytest.mark.req("K1", "K2", "K3", "K5", "K6")
def test_every_screen_fits_and_can_be_read_and_touched(page: Page) -> None:
    flaws = {}
    for name, shown in gallery(upright=page.viewport_size == PORTRAIT):
        show(page, shown)
        flaws[name] = page.evaluate(FLAWS)
    assert {name: found for name, found in flaws.items() if found} == {}


@pytest.mark.parametrize("page", ["portrait"], indirect=True)
def test_every_screen_is_open_to_everybody_by_wcag_22_aa(page: Page) -> None:
    found = {}
    for name, shown in gallery(counts=[12]):
        if not name.endswith(("-en", "-troubled")):
            show(page, shown)
            found[name] = violations(page)
    assert {name: those for name, those in found.items() if those} == {}
