"""Accounts in Chromium: the second factor by its QR, an invitation from link to login, and every page on a phone."""

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from cloud import audit
from cloud.accounts.invitations import invite
from cloud.accounts.people import reset_second_factor
from cloud.accounts.second_factor import provisioning_uri
from cloud.config import Totp
from cloud.roles import Role
from tests.axe import violations
from tests.cloud_people import (
    PASSWORD,
    Visitor,
    add_people,
    add_sites,
    cloud_config,
    code_of,
    make_app,
)

OTHER = "một câu khác cũng đủ dài"
COOKIE = "__Host-moiso"


class Served:
    """The dashboard at ``url``, where administrators must have a second factor."""

    def __init__(self, data: Path) -> None:
        add_people(data)
        add_sites(data)
        self.data = data
        self.app = make_app(cloud_config(data, totp=Totp.REQUIRED))
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def let_in(self, context: BrowserContext, name: str) -> None:
        """As after a login."""
        visitor = Visitor(self.app).is_in(name)
        visitor.get("/accounts")
        secure = self.url.replace("http:", "https:")  # or Chromium takes no __Host- cookie from a test
        context.add_cookies([{"name": COOKIE, "value": visitor.cookie(), "url": secure, "secure": True}])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("cloud"))
    yield served
    served.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose browser must have nothing to complain about."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert [text for text in complaints if "status of 401" not in text and "status of 422" not in text] == []


def log_in(page: Page, served: Served, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{served.url}/login")
    page.get_by_label("Tên đăng nhập").fill(name)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def read_qr(page: Page) -> str:
    picture = cv2.imdecode(np.frombuffer(page.locator("svg.qr").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=2, fy=2))
    return text


@pytest.mark.req("X1")
def test_a_first_login_sets_up_the_phone_and_the_next_one_asks_for_it(page: Page, served: Served) -> None:
    reset_second_factor(served.data, "lan", "mau")
    log_in(page, served, "lan")
    expect(page.get_by_role("heading", name="Bật bước hai")).to_be_visible()
    page.get_by_text("Không quét được?").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert read_qr(page) == provisioning_uri(secret, "lan")
    assert violations(page) == []
    page.get_by_label("Mã 6 số").fill("000000")
    page.get_by_role("button", name="Bật bước hai").click()
    expect(page.get_by_role("alert")).to_contain_text("Mã không đúng")
    page.get_by_label("Mã 6 số").fill(code_of(secret))
    page.get_by_role("button", name="Bật bước hai").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert violations(page) == []
    code = page.locator(".codes li").first.inner_text()
    page.get_by_role("link", name="Tôi đã cất").click()
    page.get_by_role("button", name="Đăng xuất").click()
    log_in(page, served, "lan")
    expect(page.get_by_role("heading", name="Bước hai")).to_be_visible()
    expect(page.get_by_label("Mã 6 số")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("Mã 6 số").fill(code)  # the phone is lost
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/today")
    page.get_by_role("link", name="Tài khoản").click()
    expect(page.get_by_text("Còn 9 mã dự phòng.")).to_be_visible()


@pytest.mark.req("X1")
def test_an_invitation_goes_from_its_link_to_a_login(
    page: Page, context: BrowserContext, browser: Browser, served: Served
) -> None:
    served.let_in(context, "lan")
    page.goto(f"{served.url}/accounts/people")
    page.get_by_label("Vai trò").select_option("facility")
    page.get_by_role("button", name="Tạo lời mời").click()
    expect(page.get_by_role("alert")).to_contain_text("cần một mã cơ sở")
    page.get_by_label("Mã cơ sở").fill("mau-02")
    page.get_by_role("button", name="Tạo lời mời").click()
    link = page.get_by_label("Liên kết này chỉ hiện một lần").input_value()
    assert violations(page) == []
    elsewhere = browser.new_context()
    guest = elsewhere.new_page()
    asked: list[str] = []
    guest.on("request", lambda request: asked.append(request.url))
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Tạo tài khoản")).to_be_visible()
    token = link.partition("#")[2]
    assert token
    assert not any(token in url for url in [*asked, guest.url])
    assert violations(guest) == []
    guest.get_by_label("Tên đăng nhập").fill("nga")
    guest.get_by_label("Mật khẩu mới", exact=True).fill(OTHER)
    guest.get_by_label("Nhập lại mật khẩu mới").fill(OTHER)
    guest.get_by_role("button", name="Lưu").click()
    expect(guest.get_by_role("status")).to_contain_text("Tài khoản đã sẵn sàng")
    log_in(guest, served, "nga", OTHER)
    guest.wait_for_url("**/today")
    elsewhere.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_its_window_and_everybody(
    page: Page, context: BrowserContext, served: Served, width: int
) -> None:
    for number in range(3):
        audit.record(served.data, "lan", "change-role", f"mot-nguoi-co-ten-that-dai-{number}: facility mau-01")
        audit.record(served.data, "", "login", "lan", result="wrong-password", province="mau")
        invite(served.data, Role.FACILITY, "mau", "mau-01", "lan")
    served.let_in(context, "lan")
    page.set_viewport_size({"width": width, "height": 844})
    for path in ("", "/people", "/people/hoa", "/audit?check=1", "/second-factor"):
        page.goto(f"{served.url}/accounts{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert violations(page) == [], path
