"""The launcher with the kiosk's own program and page, under its policies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioning.demo.site import Ports, Site, provision
from tests.waiting import until
from tests.whole_site import KioskPage, WholeSite
from tests.wire.screen_stage import AS_ROOT, Display, Screen, end, with_policies
from tests.wire.screen_stage import display as display


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hub and a kiosk."""
    site = provision(tmp_path_factory.mktemp("site"), Ports.free())
    with WholeSite(site, "hub", "kiosk"):
        page = KioskPage(site)
        until(lambda: page.shows('data-touch="service"'), within_s=20, what="the kiosk's services")
        yield site


@pytest.fixture
def screen(tmp_path: Path, site: Site, display: Display) -> Iterator[Screen]:
    """The launcher on the kiosk's page, started."""
    flags = ", ".join(f'"{flag}"' for flag in AS_ROOT)
    screen = Screen(tmp_path, site.addresses["kiosk"], display, f"silent_s = 8\nextra_flags = [{flags}]\n")
    screen.write_policies()
    screen.start(prefix=with_policies(screen.policies))
    yield screen
    end(screen)


def health(site: Site) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(site.addresses["kiosk"] + "health", trust_env=False).json()
    return answer


def beat_after(site: Site, process: int, screen: Screen) -> None:
    """Wait until the page beats, in another process than this one."""

    def beats() -> bool:
        seen_s = health(site)["page_seen_s"]
        return seen_s is not None and seen_s < 1 and screen.running("renderer") not in ([], [process])

    until(beats, within_s=60, what="the kiosk's page to beat")


@pytest.mark.req("K1", "X5")
def test_the_kiosks_page_is_shown_lets_nobody_out_and_comes_back(site: Site, display: Display, screen: Screen) -> None:
    beat_after(site, 0, screen)
    (page,) = screen.running("renderer")
    for key in ("ctrl+t", "ctrl+n", "F12", "F11", "ctrl+l", "shift+Escape", "alt+Left"):
        display.do("key", key)
    until(lambda: health(site)["page_seen_s"] > 1, what="the next beat to come")
    until(lambda: health(site)["page_seen_s"] < 1, what="the next beat")
    assert screen.running("renderer") == [page]
    assert not health(site)["busy"]
    os.kill(page, signal.SIGKILL)
    beat_after(site, page, screen)
    assert screen.lines("WARNING") == ["WARNING screen: the browser is started again: its page crashed"]
