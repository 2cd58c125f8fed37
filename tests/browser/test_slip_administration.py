"""An administrator sets out the printed slip, in Chromium on a real hub: what is typed shows before it is saved."""

import io
from base64 import b64decode
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect

from edge.contracts.slip import REQUIRED, BlockKind, SlipTemplate
from provisioning.demo.site import ADMINISTRATOR, Ports, provision
from tests import slips
from tests.axe import violations
from tests.counter_desk import no_script_fails, officer_at
from tests.hub_http import Device
from tests.waiting import until
from tests.whole_site import WholeSite

HOME = "/admin/catalogue"
WORDS = "Nhà thuốc ở tầng trệt"


def logo() -> bytes:
    """A blue disc with a white bar, on nothing."""
    picture = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 10, 290, 290), fill=(20, 60, 160, 255))
    draw.rectangle((120, 60, 180, 240), fill=(255, 255, 255, 255))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub") as running:
        yield running


@pytest.fixture
def page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    with officer_at(running.site, browser, HOME, ADMINISTRATOR) as page, no_script_fails(page):
        yield page


@pytest.fixture
def plain_page(running: WholeSite, browser: Browser) -> Iterator[Page]:
    """A browser that runs no scripts."""
    with officer_at(running.site, browser, HOME, ADMINISTRATOR, java_script_enabled=False) as page:
        yield page


def block(page: Page, kind: BlockKind) -> Locator:
    return page.locator(f".block:has([name=kind][value={kind.value}])").first


def png(page: Page, paper: int) -> bytes:
    address = page.locator(f"[data-paper='{paper}']").get_attribute("src") or ""
    return b64decode(address.removeprefix("data:image/png;base64,"))


@pytest.mark.req("K9")
def test_the_example_follows_every_key_before_anything_is_saved_and_reaches_the_kiosks_when_published(
    page: Page, running: WholeSite
) -> None:
    page.goto(f"{HOME}/slip")
    first = [png(page, paper) for paper in range(4)]
    assert [Image.open(io.BytesIO(one)).width for one in first] == [576, 576, 384, 384]
    page.select_option("[name=new]", "text")
    page.get_by_role("button", name="Thêm", exact=True).click()
    added = page.locator(".block").last
    expect(added.locator("legend")).to_have_text("Lời tự soạn")
    before = [png(page, paper) for paper in range(4)]
    added.locator("[name=text]").fill(WORDS + ", {number}")
    until(lambda: all(png(page, paper) != before[paper] for paper in range(4)), what="every example to be drawn anew")
    assert slips.missing(png(page, 0), (WORDS,)) == []
    assert Device(running.site, "kiosk-1").snapshot().catalogue.slip == SlipTemplate()

    before[0] = png(page, 0)
    block(page, BlockKind.QR).get_by_role("button", name="Bỏ mã QR").click()
    until(lambda: png(page, 0) != before[0], what="the slip without a QR")
    expect(block(page, BlockKind.QR)).to_have_count(0)
    up = block(page, BlockKind.NUMBER).get_by_role("button", name="Chuyển số thứ tự lên")
    up.click()
    expect(up).to_be_focused()
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu vào bản nháp")

    page.goto(f"{HOME}/publish")
    expect(page.locator(".changes")).to_contain_text("Phiếu: thêm “lời tự soạn”; bớt “mã QR”")
    page.locator(".sheet .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã công bố")
    blocks = Device(running.site, "kiosk-1").snapshot().catalogue.slip.blocks
    assert [one.kind for one in blocks[:3]] == [BlockKind.HEAD, BlockKind.NUMBER, BlockKind.SERVICE]
    assert blocks[-1].text == WORDS + ", {number}"


def test_what_must_stand_on_every_slip_cannot_be_taken_away_and_a_wrong_place_is_told(page: Page) -> None:
    page.goto(f"{HOME}/slip")
    for kind in REQUIRED:
        assert block(page, kind).locator("[data-do=remove]").count() == 0
    block(page, BlockKind.NEXT).locator("[name=text]").fill("Xin chào {tên}")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    expect(page.get_by_role("alert")).to_contain_text("không có chỗ điền “tên”; chỉ có facility")
    expect(block(page, BlockKind.NEXT).locator("[name=text]")).to_have_value("Xin chào {tên}")
    assert violations(page) == []
    page.get_by_role("button", name="Về phiếu mặc định").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".block")).to_have_count(len(SlipTemplate().blocks))


def test_without_a_script_each_button_does_its_step_and_the_example_comes_with_the_page(plain_page: Page) -> None:
    page = plain_page
    page.goto(f"{HOME}/slip")
    page.get_by_role("button", name="Về phiếu mặc định").click()
    before = png(page, 0)
    page.get_by_role("button", name="Bỏ biểu trưng và tên cơ sở").click()
    assert png(page, 0) != before
    kinds = [one.get_attribute("value") for one in page.locator("[name=kind]").all()]
    assert kinds[:2] == ["service", "number"]
    page.get_by_role("button", name="Chuyển số thứ tự lên").click()
    block(page, BlockKind.NUMBER).locator("[name=align]").select_option("centre")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu vào bản nháp")
    expect(block(page, BlockKind.NUMBER).locator("[name=align]")).to_have_value("centre")
    kinds = [one.get_attribute("value") for one in page.locator("[name=kind]").all()]
    assert kinds[:2] == ["number", "service"]


@pytest.mark.req("K5", "K9", "B4")
def test_the_facilitys_logo_is_chosen_once_and_shows_on_slip_kiosk_and_television(page: Page) -> None:
    page.goto(f"{HOME}/slip")
    page.get_by_role("button", name="Về phiếu mặc định").click()
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    before = png(page, 0)
    page.goto(f"{HOME}/media")
    page.set_input_files("#file", {"name": "Biểu trưng.png", "mimeType": "image/png", "buffer": logo()})
    page.locator(".upload .primary").click()
    expect(page.get_by_role("status")).to_contain_text("Đã tải tệp lên")
    page.goto(f"{HOME}/facility")
    page.select_option("#logo", label="Biểu trưng")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    page.goto(f"{HOME}/slip")
    assert png(page, 0) != before
    assert violations(page) == []
    page.goto(f"{HOME}/preview/screen")
    shown = page.locator("img.logo")
    assert "/media-file/" in (shown.get_attribute("src") or "")
    until(lambda: shown.evaluate("image => image.naturalWidth") == 300, what="the logo in the kiosk's head")
    page.goto(f"{HOME}/screens/new")
    expect(page.frame_locator("#tv").locator("#logo[src*='/media-file/']")).to_be_visible()
    page.goto(f"{HOME}/media")
    expect(page.locator("#medium-bieu-trung")).to_contain_text("Dùng ở:")
