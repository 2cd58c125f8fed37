"""The launcher with a real Chromium on a real display: the page comes, stays, and comes back."""

import os
import signal
from pathlib import Path

import pytest

from tests.waiting import until
from tests.wire.screen_stage import AS_ROOT, Display, Screen, Stage, end
from tests.wire.screen_stage import display as display
from tests.wire.screen_stage import screen as screen
from tests.wire.screen_stage import stage as stage

AGAIN = "WARNING screen: the browser is started again: "


@pytest.mark.req("K1")
def test_nothing_is_shown_before_the_page_can_be_had_and_nothing_but_the_page_afterwards(
    stage: Stage, display: Display, screen: Screen
) -> None:
    stage.away = True
    screen.start()
    until(lambda: stage.asked > 3, what="the page asked for")
    assert display.is_black()
    assert not screen.running()
    stage.away = False
    stage.page()
    until(display.shows_only_the_page, what="the page over the whole display")
    until(lambda: screen.lines("INFO screen: the page is shown"), what="the log says so")
    assert screen.lines("WARNING") == screen.lines("ERROR") == []


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    ("kind", "number", "said"),
    [
        ("", signal.SIGKILL, "it ended by itself"),
        ("", signal.SIGSTOP, "it was stopped"),
        ("renderer", signal.SIGKILL, "its page crashed"),
        ("renderer", signal.SIGSTOP, "its page is silent"),
    ],
)
def test_a_browser_that_is_killed_or_hangs_comes_back(
    kind: str, number: signal.Signals, said: str, stage: Stage, display: Display, screen: Screen
) -> None:
    screen.start()
    before = stage.page()
    (process,) = screen.running(kind)
    os.kill(process, number)
    stage.page(not_id=before)
    until(display.shows_only_the_page, what="the page over the whole display")
    noticed = {said, "its page is silent"} if said == "its page crashed" else {said}  # whichever is seen first
    (warning,) = screen.lines("WARNING")
    assert warning.removeprefix(AGAIN) in noticed
    assert process not in screen.running(kind)
    assert len(screen.running("")) == 1


def test_the_page_survives_the_graphics_process(stage: Stage, display: Display, screen: Screen) -> None:
    screen.start()
    stage.page()
    (process,) = screen.running("gpu-process")
    os.kill(process, signal.SIGKILL)
    until(lambda: process not in screen.running("gpu-process"), what="the process gone")
    stage.page()
    until(display.shows_only_the_page, what="the page over the whole display")


@pytest.mark.req("X5")
@pytest.mark.parametrize("order", ["for (;;) {}", "alert('here')", "open('about:blank')"])
def test_a_page_that_hangs_or_has_something_before_it_comes_back(
    order: str, stage: Stage, display: Display, screen: Screen
) -> None:
    screen.start()
    before = stage.page()
    display.do("mousemove", "9", "9", "click", "1")  # a page that was touched may open windows
    stage.order = order
    stage.page(not_id=before)
    until(display.shows_only_the_page, what="the page over the whole display")
    assert screen.lines("WARNING") == [AGAIN + "its page is silent"]


def test_while_the_program_behind_the_page_is_away_the_browser_is_left_alone(
    stage: Stage, display: Display, screen: Screen
) -> None:
    screen.start()
    before = stage.page()
    stage.away = True
    watched = stage.watched
    until(lambda: stage.watched > watched + 6, what="a longer absence than the page may be silent")
    stage.away = False
    assert stage.page() == before
    assert screen.lines("WARNING") == []


def test_a_browser_that_has_become_too_large_is_started_again_when_nobody_is_served(
    tmp_path: Path, stage: Stage, display: Display
) -> None:
    flags = ", ".join(f'"{flag}"' for flag in AS_ROOT)
    screen = Screen(tmp_path, stage, display, f"memory_mb = 500\nextra_flags = [{flags}]\n")
    screen.write_policies()
    stage.busy = True
    screen.start()
    try:
        before = stage.page()
        assert screen.lines("WARNING") == []
        stage.order = "window.held = new Uint8Array(400e6).fill(1)"
        watched = stage.watched
        until(lambda: stage.watched > watched + 5, what="the launcher to have looked")
        assert stage.page() == before
        stage.busy = False
        stage.page(not_id=before)
        assert screen.lines("WARNING") == [AGAIN + "it uses too much memory"]
    finally:
        end(screen)


def test_nothing_of_the_people_before_is_left_when_the_browser_is_started_again(stage: Stage, screen: Screen) -> None:
    screen.start()
    before = stage.page()
    stage.order = "localStorage.setItem('name', 'A047'); document.cookie = 'name=A047; max-age=9999'"
    stage.page()
    (process,) = screen.running()
    os.kill(process, signal.SIGKILL)
    stage.page(not_id=before)
    stage.order = "if (localStorage.getItem('name') || document.cookie) for (;;) {}"
    stage.page()
    stage.page()


def test_a_profile_that_holds_something_else_is_not_deleted(tmp_path: Path, screen: Screen) -> None:
    screen.profile.mkdir()
    (screen.profile / "letter.txt").write_text("mine", encoding="utf-8")
    screen.start()
    assert screen.exit_status() == 78
    assert (screen.profile / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_without_a_display_it_says_so_once_and_goes_on_trying(tmp_path: Path, stage: Stage) -> None:
    flags = ", ".join(f'"{flag}"' for flag in (*AS_ROOT, "--ozone-platform=x11"))
    screen = Screen(tmp_path, stage, None, f"extra_flags = [{flags}]\n")
    screen.write_policies()
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("DISPLAY", raising=False)
        screen.start()
    try:
        until(lambda: stage.asked > 8, within_s=40, what="the next starts to be due")
        assert screen.lines("WARNING") == [AGAIN + "it ended by itself"]
        assert screen.stop() == 0
    finally:
        end(screen)


def test_without_its_policies_it_does_not_start(stage: Stage, screen: Screen) -> None:
    (screen.policies / "moiso.json").write_text("{}", encoding="utf-8")
    screen.start()
    assert screen.exit_status() == 78
    assert f"moiso-screen --write-policies {screen.policies}" in screen.log.read_text(encoding="utf-8")


def test_nothing_of_the_browser_outlives_the_launcher(stage: Stage, screen: Screen) -> None:
    screen.start()
    stage.page()
    kinds = ("", "zygote", "gpu-process", "renderer", "utility")
    assert all(screen.running(kind) for kind in kinds)
    assert screen.stop() == 0
    assert not any(screen.running(kind) for kind in kinds)
