"""An administrator sets up what the hall shows and says, in Chromium on a real hub: no programmer, no file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge.contracts.hall import MediumKind
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests.clips import picture, samples, tone
from tests.counter_desk import no_script_fails, officer_at
from tests.hub_http import Device
from tests.whole_site import WholeSite

HOME = "/admin/catalogue"
PLAYABLE = Path(__file__).parents[1] / "media/two-seconds.mp4"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a microphone that hears beeps."""
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=flags)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub") as running:
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    at_home = officer_at(running.site, browser, HOME, ADMINISTRATOR, permissions=["microphone"])
    with at_home as page, no_script_fails(page):
        yield page


def upload(page: Page, name: str, kind: str, data: bytes) -> None:
    page.goto(f"{HOME}/media")
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})
    page.locator(".upload .primary").click()


@pytest.mark.req("B2", "T3", "T5", "T8", "T10")
def test_a_picture_is_uploaded_shown_in_the_preview_and_reaches_the_devices(page: Page, running: WholeSite) -> None:
    upload(page, "Rửa tay.jpg", "image/jpeg", picture(exif=True))
    expect(page.get_by_role("status")).to_contain_text("Đã tải tệp lên")
    expect(page.locator("#medium-rua-tay img")).to_be_visible()
    upload(page, "Chào mừng.mp4", "video/mp4", PLAYABLE.read_bytes())
    expect(page.locator("#medium-chao-mung")).to_contain_text("Clip MP4")

    page.goto(f"{HOME}/screens")
    page.get_by_role("link", name="Thêm màn hình").click()
    tv = page.frame_locator("#tv")
    expect(tv.get_by_text("A001").first).to_be_visible()
    everywhere = tv.locator("#tv .tile:visible").count()
    assert everywhere > 4
    page.fill("#name", "Khu A")
    page.locator('[name=zones][value="Khu khám A"]').check()
    expect(tv.locator("#tv .tile:visible")).to_have_count(3)  # it follows before anything is saved
    page.select_option("#split", "right")
    page.select_option("#playlist-0", "rua-tay")
    shown = tv.locator("#tv img[src*='media-file']").first
    expect(shown).to_be_visible()
    page.fill("#notices", "Xin chào\nXin giữ trật tự")
    expect(tv.get_by_text("Xin giữ trật tự").first).to_be_attached()
    page.locator("#screen-form .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu vào bản nháp")
    expect(page.locator("#screen-1")).to_contain_text("/tv/1")

    page.locator(".rooms .go").click()
    expect(page.locator(".changes")).to_contain_text("Thêm màn hình “Khu A”")
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    board = Device(running.site, "board-1")
    (screen,) = board.snapshot().catalogue.screens
    assert (screen.zones, screen.split, screen.playlist) == (("Khu khám A",), "right", ("rua-tay",))
    assert screen.notices == ("Xin chào", "Xin giữ trật tự")
    for medium in board.snapshot().catalogue.media:
        assert len(board.http.get(f"/api/v1/media/{medium.sha256}").raise_for_status().content) == medium.size


def test_a_file_that_is_too_large_or_wrong_is_told_beside_the_button(page: Page) -> None:
    upload(page, "to.jpg", "image/jpeg", bytes(10_000_001))  # not sent at all
    expect(page.get_by_role("alert")).to_have_text("Tệp quá lớn: Hình nhận nhiều nhất 10 MB.")
    upload(page, "hong.mp4", "video/mp4", PLAYABLE.read_bytes()[:-200])
    expect(page.get_by_role("alert")).to_contain_text("Clip bị thiếu phần cuối")
    upload(page, "hong.ogg", "audio/ogg", b"nothing that can be heard")
    expect(page.get_by_role("alert")).to_contain_text("Trình duyệt không đọc được âm thanh này")
    expect(page.locator(".upload .primary")).to_be_enabled()


@pytest.mark.req("S5")
def test_fragments_are_recorded_in_the_browser_or_uploaded_and_the_page_says_what_is_missing(
    page: Page, running: WholeSite
) -> None:
    page.goto(f"{HOME}/recordings?pack=vi-south")
    expect(page.locator(".hint").first).to_contain_text("Giọng máy miền Nam")
    needed = page.locator("[data-fragment]").count()
    expect(page.get_by_text(f"Còn thiếu {needed} mẩu")).to_be_visible()
    first, second = page.locator("[data-fragment]").nth(0), page.locator("[data-fragment]").nth(1)
    button = first.locator("[data-act=record]")
    button.click()
    expect(button).to_have_text("Dừng và lưu (1 s)")  # the microphone beeps every second
    button.click()
    expect(first.get_by_role("status")).to_contain_text("Đã thu")
    second.locator("input[type=file]").set_input_files({"name": "a.wav", "mimeType": "audio/wav", "buffer": tone()})
    expect(second.get_by_role("status")).to_contain_text("Đã thu")
    page.reload()
    expect(page.get_by_text(f"Còn thiếu {needed - 2} mẩu")).to_be_visible()
    expect(first.locator("audio")).to_be_visible()

    path = first.locator("audio").get_attribute("src")
    heard = samples(page.request.get(str(path)).body())
    assert 0.2 < len(heard) / 22_050 < 30
    assert max(abs(heard)) > 0.01
    first.locator(".danger").click()
    expect(page.get_by_text(f"Còn thiếu {needed - 1} mẩu")).to_be_visible()
    page.goto(f"{HOME}/publish")
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    now = Device(running.site, "board-1").snapshot().catalogue
    (recording,) = now.recordings
    assert recording.id.startswith("vi-south/")
    assert recording.medium in {medium.id for medium in now.media if medium.kind is MediumKind.SOUND}
