"""The dashboard in Chromium: log in, see the figures change by themselves, log out for good."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from cloud.accounts import add_account
from cloud.ledger import Ledger
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from tests.cloud_people import PASSWORD
from tests.dashboard import CONFIG
from tests.journals import MINUTE_MS, Journal
from tests.wire.daemon import Daemon
from tests.wire.mosquitto import free_port


class Dashboard:
    """A running moiso-cloud with one account and one facility's journal."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "session.key").write_text("0" * 64)
        (folder / "cloud.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
        add_account(folder / "cloud", "lan", PASSWORD)
        self.daemon = Daemon("cloud.app", folder / "cloud.toml", folder / "cloud.log")
        self._ledger = Ledger(folder / "cloud")
        self._now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
        self.journal = Journal(int(self._now.timestamp() * 1000))
        self._sent = 0

    def open_day(self) -> None:
        self.journal.open(day=self._now.date().isoformat())

    def record(self) -> None:
        """Commit what was added to the journal, as the ingest does."""
        batch = self.journal.batch(self._sent + 1)
        self._sent = self._ledger.record("mau-01", batch, received_ms=int(self._now.timestamp() * 1000))


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    dashboard = Dashboard(tmp_path)
    dashboard.daemon.start()
    yield dashboard
    dashboard.daemon.kill()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(10_000)
    return page


def log_in(page: Page, dashboard: Dashboard, password: str = PASSWORD) -> None:
    page.goto(dashboard.url)
    page.get_by_label("Tên đăng nhập").fill("lan")
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


@pytest.mark.req("P4")
def test_figures_change_by_themselves_within_seconds(page: Page, dashboard: Dashboard) -> None:
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text))
    page.on("pageerror", lambda error: violations.append(str(error)))
    log_in(page, dashboard)
    expect(page.get_by_role("heading", name="Chưa có cơ sở nào gửi số liệu")).to_be_visible()
    dashboard.open_day()
    dashboard.journal.issue("t1", document=Document.CCCD_QR)
    dashboard.journal.issue("t2")
    dashboard.record()
    expect(page.locator("#tickets")).to_have_text("2", timeout=8_000)
    expect(page.locator("#waiting")).to_have_text("2")
    dashboard.journal.at_ms += 24 * MINUTE_MS
    dashboard.journal.call("t1")
    dashboard.journal.finish("t1")
    dashboard.record()
    expect(page.locator("#waiting")).to_have_text("1", timeout=8_000)
    row = page.locator("#site-mau-01")
    expect(row).to_contain_text("Trung tâm Y tế huyện Mẫu")
    expect(row).to_contain_text("50,0 %")
    expect(row).to_contain_text("1 / 2")
    assert violations == []


@pytest.mark.req("X1")
def test_a_wrong_password_is_told_in_words(page: Page, dashboard: Dashboard) -> None:
    log_in(page, dashboard, "sai mật khẩu rồi")
    expect(page.get_by_role("alert")).to_contain_text("Tên hoặc mật khẩu không đúng. Xin thử lại.")
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password. Please try again.")
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("lan")
    expect(page.get_by_label("Mật khẩu")).to_be_focused()


@pytest.mark.req("X1")
def test_logout_ends_the_session_on_the_server(page: Page, context: BrowserContext, dashboard: Dashboard) -> None:
    log_in(page, dashboard)
    expect(page.get_by_role("button", name="Đăng xuất")).to_be_visible()
    other_tab = context.new_page()
    other_tab.goto(f"{dashboard.url}/today")
    (kept,) = context.cookies()
    assert (kept["name"], kept["secure"], kept["httpOnly"]) == ("__Host-moiso", True, True)
    copy = {"Cookie": f"{kept['name']}={kept['value']}"}
    assert httpx.get(f"{dashboard.url}/today", headers=copy).status_code == 200
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("status")).to_contain_text("Đã đăng xuất")
    other_tab.wait_for_url("**/login", timeout=8_000)
    assert httpx.get(f"{dashboard.url}/today", headers=copy).status_code == 302
    page.goto(f"{dashboard.url}/today")
    expect(page).to_have_url(f"{dashboard.url}/login")


def test_a_lost_server_is_said_and_comes_back(page: Page, dashboard: Dashboard) -> None:
    log_in(page, dashboard)
    page.wait_for_url("**/today")  # and for its script, which tells
    dashboard.daemon.kill()
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    dashboard.daemon.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=15_000)


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    dashboard.journal.open("Bệnh viện Đa khoa tỉnh Mẫu, cơ sở 2 tại phường có tên rất dài", day=dashboard_day())
    for number in range(40):
        dashboard.journal.issue(f"t{number}")
    for document in Document:
        for fault in (None, *ReadingFault):
            dashboard.journal.read(document, fault)
    dashboard.record()
    log_in(page, dashboard)
    expect(page.locator("#tickets")).to_have_text("40")
    expect(page.locator("#readings")).to_contain_text("Nhấc thẻ ra khi đang đọc")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def dashboard_day() -> str:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()
