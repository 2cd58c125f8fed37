"""Nothing that a hand can do leads out of the page: keys, buttons and fingers, in a real Chromium with its policies."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from edge.screen.chromium import policies, policy_text
from tests.waiting import until
from tests.wire.screen_stage import AS_ROOT, HEIGHT, WIDTH, Display, Screen, Stage, end, with_policies
from tests.wire.screen_stage import display as display
from tests.wire.screen_stage import module_stage as module_stage

KEYS = re.findall(
    r"\S+",
    """
F1 F3 F5 F6 F7 F10 F11 F12 Escape shift+Escape Menu shift+F10 Tab BackSpace space Super_L Print ctrl+t ctrl+n
ctrl+shift+n ctrl+w ctrl+shift+w ctrl+F4 ctrl+q ctrl+shift+q ctrl+shift+t ctrl+Tab ctrl+shift+Tab ctrl+1 ctrl+9
ctrl+o ctrl+p ctrl+s ctrl+u ctrl+j ctrl+h ctrl+l ctrl+k ctrl+e ctrl+d ctrl+f ctrl+g ctrl+a ctrl+shift+b
ctrl+shift+o ctrl+shift+i ctrl+shift+j ctrl+shift+c ctrl+shift+Delete ctrl+shift+m ctrl+r ctrl+shift+r ctrl+plus
ctrl+minus ctrl+0 alt+Left alt+Right alt+Home alt+d alt+e alt+f alt+space alt+Tab XF86HomePage XF86Search XF86Back
XF86Forward XF86Reload XF86Mail XF86Explorer XF86Calculator
""",
)

OPEN = {"DeveloperToolsAvailability": 1, "RemoteDebuggingAllowed": True, "URLBlocklist": []}  # a test looks in


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, stage: Stage, display: Display) -> Iterator[Screen]:
    """A launcher whose Chromium finds the policies, as on a kiosk; the page is shown."""
    screen = Screen(tmp_path_factory.mktemp("screen"), stage, display)
    screen.write_policies()
    screen.start(prefix=with_policies(screen.policies))
    stage.page()
    until(display.shows_only_the_page, what="the page over the whole display")
    yield screen
    end(screen)


@pytest.mark.req("X1")
@pytest.mark.parametrize("key", KEYS)
def test_no_key_leads_out_of_the_page(key: str, stage: Stage, display: Display, locked: Screen) -> None:
    before = stage.page()
    display.do("key", "--clearmodifiers", key)
    assert stage.page() == before
    assert display.shows_only_the_page()
    assert stage.beats[-1] == {"id": before, "width": WIDTH, "height": HEIGHT, "scale": 1}


@pytest.mark.req("X1")
@pytest.mark.parametrize("button", ["2", "3", "8", "9"])
def test_no_button_of_a_mouse_leads_out_of_the_page(
    button: str, stage: Stage, display: Display, locked: Screen
) -> None:
    before = stage.page()
    display.do("mousemove", "200", "300", "click", button)
    assert stage.page() == before
    assert display.shows_only_the_page()


def test_a_window_that_is_closed_comes_back(stage: Stage, display: Display, locked: Screen) -> None:
    before = stage.page()
    display.do("key", "alt+F4")  # the window manager's own
    stage.page(not_id=before)
    until(display.shows_only_the_page, what="the page over the whole display")


@pytest.mark.req("X1")
@pytest.mark.parametrize("key", ["ctrl+t", "ctrl+n", "shift+Escape"])
def test_what_a_damaged_page_lets_come_before_it_does_not_stay(
    key: str, stage: Stage, display: Display, locked: Screen
) -> None:
    kept, stage.keys = stage.keys, ""
    try:
        whole = stage.page()
        stage.order = "location.reload()"
        damaged = stage.page(not_id=whole)
    finally:
        stage.keys = kept
    display.do("key", key)
    until(lambda: not display.shows_only_the_page(), what="something in front")
    stage.page(not_id=damaged)
    until(display.shows_only_the_page, what="the page over the whole display")


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/",
        "file:///etc/passwd",
        "chrome://settings",
        "view-source:{page}",
        "data:text/html,x",
    ],
)
def test_no_script_leads_to_another_address(address: str, stage: Stage, display: Display, locked: Screen) -> None:
    """What is refused does nothing, or is an empty page of the browser's own, which does not stay."""
    stage.page()
    stage.order = f"location = {json.dumps(address.format(page=stage.address[:-1]))}"
    until(lambda: not stage.order, what="the order taken")
    stage.page()
    until(display.shows_only_the_page, what="the page over the whole display")
    stage.page()
    assert display.shows_only_the_page()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What chrome://policy says of every policy: name → status."""
    folder, profile = tmp_path_factory.mktemp("policies"), tmp_path_factory.mktemp("profile")
    rules = {**policies("http://127.0.0.1:8081", b"\x30\x00"), **OPEN, "NoSuchPolicy": True}
    (folder / "moiso.json").write_text(policy_text(rules), encoding="utf-8")
    order = ["/usr/bin/chromium", "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", *AS_ROOT]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*with_policies(folder), *order], stderr=log, start_new_session=True)
    try:
        port = until(lambda: (profile / "DevToolsActivePort").exists() and _port(profile), within_s=30)
        with sync_playwright() as playwright:
            page = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0].new_page()
            page.goto("chrome://policy")
            rows = page.locator("policy-row:visible")
            rows.first.wait_for()
            pairs = rows.evaluate_all(
                """rows => rows.map(row => [".policy.row .name", ".policy.row .messages"]
                   .map(place => row.shadowRoot.querySelector(place)?.textContent.trim() ?? ""))"""
            )
        yield dict(pairs)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _port(profile: Path) -> str:
    return (profile / "DevToolsActivePort").read_text(encoding="ascii").partition("\n")[0]


def test_chromium_knows_every_policy(told: dict[str, str]) -> None:
    """``Deprecated`` still holds."""
    names = [*policies("http://127.0.0.1:8081", b""), "CACertificates"]
    assert {name: told.get(name) for name in names if told.get(name) not in ("OK", "Deprecated")} == {}


def test_chromium_says_so_where_it_does_not_know_one(told: dict[str, str]) -> None:
    assert told["NoSuchPolicy"] == "Error"
