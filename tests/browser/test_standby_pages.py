"""The pages of the standby, of its hub, and of a hub that stepped down: readable, operable, and never too wide."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contracts.term import TERM_HEADER
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests.axe import violations
from tests.standby_site import PIN, WORDS, Pair
from tests.waiting import until

WIDTHS = (390, 1440)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(provision(tmp_path_factory.mktemp("standby"), Ports.free()))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


def assert_sound(page: Page, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], f"{name} at {width}"
        too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not too_wide, f"{name} at {width}"


def log_in(page: Page, url: str, pair: Pair) -> None:
    page.goto(f"{url}/login")
    page.fill("[name=name]", ADMINISTRATOR)
    page.fill("[name=password]", pair.site.passwords.administrator)
    page.keyboard.press("Enter")
    expect(page.locator("nav")).to_be_visible()


@pytest.mark.timeout(300)
@pytest.mark.req("X4", "X1")
def test_an_officer_makes_the_standby_the_hub_on_its_page(pair: Pair, browser: Browser) -> None:
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        log_in(page, pair.hub_url, pair)
        page.goto(f"{pair.hub_url}/succession")
        expect(page.get_by_text(re.compile("Bản sao chậm [0-9]+ giây"))).to_be_visible()
        assert_sound(page, "the hub's page")

        page.goto(pair.standby_url)
        for language in ("en", "vi"):
            page.goto(f"{pair.standby_url}/?lang={language}")
            assert_sound(page, f"the standby's page in {language}")
        page.fill("[name=who]", "Lê Thị Mẫu")
        page.fill("form[action='/promote'] [name=pin]", "000000")
        page.fill("[name=words]", WORDS)
        page.get_by_role("button", name="Làm máy chủ ngay").click()
        expect(page.get_by_role("alert")).to_contain_text("Sai mã PIN")
        assert_sound(page, "a wrong PIN")

        pair.hub.kill()
        page.fill("[name=who]", "Lê Thị Mẫu")
        page.fill("form[action='/promote'] [name=pin]", PIN)
        page.fill("[name=words]", WORDS)
        page.get_by_role("button", name="Làm máy chủ ngay").click()
        expect(page.get_by_role("alert")).to_contain_text("Máy này là máy chủ từ bây giờ")
        pair.wait_promoted()
        log_in(page, pair.standby_url, pair)
        page.goto(f"{pair.standby_url}/succession")
        expect(page.get_by_role("heading", name="Máy chủ đời 0")).to_be_visible()
        assert_sound(page, "the promoted hub's page")

        claim = pair.page().get("/api/v1/health").headers[TERM_HEADER]
        pair.hub.start()
        told = pair.page().get(f"{pair.hub_url}/api/v1/health", headers={TERM_HEADER: claim})
        assert told.status_code == httpx.codes.SERVICE_UNAVAILABLE
        pair.hub.exit_status()
        pair.hub.start()
        page.goto(f"{pair.hub_url}/counters")
        expect(page.get_by_role("link", name=re.compile("Sang máy chủ mới"))).to_have_attribute(
            "href", pair.standby_url
        )
        assert_sound(page, "a hub that stepped down")
        until(lambda: Path(pair.site.folder, "data/hub/stepped-down.json").exists(), what="the old hub's word")
