"""The page of remote configuration in Chromium: wide, on a phone and printed, in each state, and its form at work."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from cloud import quarantine
from cloud.ledger import connect, transaction
from cloud.remote.store import Configurations
from cloud.web import remote
from edge.contracts.remote import Answer, Reason, Result, Wanted
from tests.axe import violations
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import add_people, add_sites, cloud_config, make_app
from tests.dashboard import PHONE, WIDE, logged_in, served
from tests.sites import CATALOGUE

PATH = "/devices/mau-01/configuration"
KIOSKS = ("kiosk-1", "kiosk-2", "kiosk-khoa-kham-benh-theo-yeu-cau-tang-3")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    add_people(folder)
    add_sites(folder)
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    app = make_app(cloud_config(data))
    if "remote" not in app.blueprints:
        remote.register(app)
    with served(app) as url:
        yield url


@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    page = logged_in(browser, url, request.param)
    yield page
    page.context.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.req("D4")
def test_every_state_fits_the_screen_and_is_open_to_everybody(page: Page, url: str, data: Path) -> None:
    store = Configurations(data)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    flaws: dict[str, list[str]] = {}

    def look(state: str, says: str, *, query: str = "") -> None:
        page.goto(f"{url}{PATH}?lang=vi{query}")
        expect(page.locator("main")).to_contain_text(says)
        flaws[state] = [*page.evaluate(SPILLS), *violations(page)]

    store.note_sender(0)
    look("silent sender", "moiso-remote")
    store.note_sender(now_ms())
    body = msgspec.json.encode(Wanted(CATALOGUE, KIOSKS[:1]))
    version = store.want("mau-01", body, "lan", after=store.last("mau-01"), at_ms=now_ms())
    look("waiting", "Đang chờ cơ sở trả lời")
    n, sha256 = version.version, version.sha256
    runs = Answer(n, sha256, Result.APPLIED, None, n, sha256, KIOSKS, KIOSKS[:1])
    store.take("mau-01", runs, now_ms())
    look("runs", "đang chạy đúng phiên bản")
    store.take("mau-01", replace(runs, running_sha256="0" * 64), now_ms())
    look("drift", "Cấu hình đang chạy khác phiên bản")
    store.take("mau-01", replace(runs, version=n + 5, result=Result.REJECTED, reason=Reason.SIGNATURE), now_ms())
    look("strange", "Chữ ký không phải của Sở")
    look("taken", "Lấy phiên bản", query="&take=site")
    expect(page.locator("textarea")).to_contain_text("Trung tâm Y tế huyện Mẫu")
    newest = store.want("mau-01", body, "lan", after=n, at_ms=now_ms())
    rejected = replace(runs, version=n + 1, sha256=newest.sha256, result=Result.REJECTED, reason=Reason.PEOPLE_WAIT)
    store.take("mau-01", rejected, now_ms())
    look("rejected", "Còn người đang chờ")
    with contextlib.closing(connect(data)) as db, transaction(db):
        quarantine.revoke(db, "mau-01", at_ms=now_ms())
    look("revoked", "Cơ sở này đã bị thu hồi")
    page.goto(f"{url}{PATH}?lang=en")
    flaws["english"] = [*page.evaluate(SPILLS), *violations(page)]
    with contextlib.closing(connect(data)) as db, transaction(db):
        quarantine.readmit(db, "mau-01")
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("D4")
@pytest.mark.parametrize("page", [WIDE], indirect=True, ids=["wide"])
def test_a_kiosk_is_taken_out_and_wrong_settings_are_corrected(page: Page, url: str, data: Path) -> None:
    store = Configurations(data)
    store.take("mau-01", Answer(store.last("mau-01"), kiosks=KIOSKS), now_ms())
    before = store.last("mau-01")
    page.goto(f"{url}{PATH}?lang=vi")
    page.get_by_label("kiosk-2").check()
    page.fill("textarea", "{")
    page.get_by_role("button", name="Ký và gửi").click()
    expect(page.get_by_role("alert").last).to_contain_text("Cấu hình không đúng mẫu")
    expect(page.get_by_label("kiosk-2")).to_be_checked()
    page.fill("textarea", "")
    page.get_by_role("button", name="Ký và gửi").click()
    expect(page.get_by_role("status")).to_contain_text(f"Đã ghi phiên bản {before + 1}")
    expect(page.get_by_label("kiosk-2")).to_be_checked()
    assert "kiosk-2" in store.wanted("mau-01", before + 1).kiosks_out
    page.get_by_role("link", name="Lấy cấu hình đang dùng của cơ sở").click()
    expect(page.locator("textarea")).to_contain_text("Trung tâm Y tế huyện Mẫu")
    with page.expect_download() as started:
        page.get_by_role("link", name=f"Tải về {before + 1}", exact=True).click()
    assert Path(started.value.path()).read_bytes() == store.body("mau-01", before + 1)
    page.emulate_media(media="print")
    try:
        expect(page.locator("form.fields")).to_be_hidden()
        expect(page.locator("#history")).to_be_visible()
    finally:
        page.emulate_media(media="screen")
