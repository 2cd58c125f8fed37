"""Debian's Chromium, started once for each file of browser tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from provisioning.demo.site import Site
from tests.counter_desk import make_site, open_hub
from tests.whole_site import WholeSite


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as a kiosk starts it: sounds need no touch."""
    expect.set_options(timeout=60_000)  # a limit, for a machine with much else to do
    flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with a small catalogue, open day and night."""
    return make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def running(site: Site) -> Iterator[WholeSite]:
    """The site's hub on its first morning."""
    with open_hub(site) as running:
        yield running
