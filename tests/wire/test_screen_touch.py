"""Fingers on the page: Chromium as the launcher starts it, and touches that it takes for those of a screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.waiting import until
from tests.wire.screen_stage import AS_ROOT, Display, Screen, Stage, end
from tests.wire.screen_stage import display as display
from tests.wire.screen_stage import module_stage as module_stage

TOUCH = {"x": 200, "y": 300, "gestureSourceType": "touch"}


@pytest.fixture(scope="module")
def fingers(tmp_path_factory: pytest.TempPathFactory, stage: Stage, display: Display) -> Iterator[Page]:
    """The page under fingers that Chromium itself moves: the launcher's flags, without the policies."""
    lines = ", ".join(f'"{flag}"' for flag in (*AS_ROOT, "--remote-debugging-port=0"))
    screen = Screen(tmp_path_factory.mktemp("fingers"), stage, display, f"extra_flags = [{lines}]\n")
    screen.write_policies()
    screen.start()
    stage.page()
    told = screen.profile / "data/DevToolsActivePort"
    until(told.exists, what="the debugging port")
    port = told.read_text(encoding="ascii").splitlines()[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        yield browser.contexts[0].pages[0]
    end(screen)


@pytest.mark.req("X1")
def test_two_fingers_do_not_enlarge_the_page(fingers: Page, stage: Stage, display: Display) -> None:
    session(fingers).send("Input.synthesizePinchGesture", {**TOUCH, "scaleFactor": 3})
    stage.page()
    assert stage.beats[-1]["scale"] == 1
    assert display.shows_only_the_page()


@pytest.mark.req("X1")
def test_a_long_touch_brings_no_menu(fingers: Page, stage: Stage, display: Display) -> None:
    session(fingers).send("Input.synthesizeTapGesture", {**TOUCH, "duration": 1500})
    stage.page()
    assert display.shows_only_the_page()


@pytest.mark.req("X1")
def test_a_swipe_does_not_lead_back(fingers: Page, stage: Stage, display: Display) -> None:
    fingers.goto(f"{stage.address}?later")
    session(fingers).send("Input.synthesizeScrollGesture", {**TOUCH, "x": 20, "xDistance": 450, "speed": 4000})
    stage.page()
    assert fingers.url == f"{stage.address}?later"
    assert len(fingers.context.pages) == 1


def session(page: Page) -> CDPSession:
    """The DevTools protocol of this page."""
    return page.context.new_cdp_session(page)
