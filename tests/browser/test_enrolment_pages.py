"""What an administrator sees of enrolment in Chromium, on a real hub: a code, its device, two words; and /trust."""

import hashlib
import json
import plistlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.daemon.site_tls import site_context
from edge.daemon.x509 import der_of, load_certificate
from edge.hub.web.trust import fingerprint_words
from provisioning.demo.site import ADMINISTRATOR, Site
from tests.axe import violations
from tests.dashboard import Dashboard
from tests.enrolment import HOME, ask_in, ca_of, own_authority, running_hub, url_of


@pytest.fixture(scope="module")
def enrolling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = own_authority(tmp_path_factory.mktemp("site") / "site")
    with running_hub(made):
        yield made


@pytest.fixture
def page(enrolling: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        base_url=f"https://127.0.0.1:{enrolling.ports.hub}",
        ignore_https_errors=True,
        viewport={"width": 1440, "height": 900},
    )
    opened = context.new_page()
    opened.goto("/login")
    opened.fill("[name=name]", ADMINISTRATOR)
    opened.fill("[name=password]", enrolling.passwords.administrator)
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/counters")
    yield opened
    context.close()


def looks_right(page: Page) -> None:
    """Nothing that axe finds, and nothing that hangs over, on a PC and on a telephone."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


@pytest.mark.req("X1", "X6", "P1")
def test_an_administrator_lets_a_board_in_with_the_code_on_its_screen(
    page: Page, enrolling: Site, tmp_path: Path
) -> None:
    page.goto("/devices")
    page.get_by_role("link", name="Duyệt và thu hồi thiết bị").click()
    looks_right(page)
    board = ask_in(enrolling, "board", tmp_path / "identity", "--host", "127.0.0.1", "--html", str(tmp_path / "c.html"))
    code = board.code()
    page.reload()
    expect(page.locator("main")).to_contain_text("Máy điều khiển bảng gọi · 127.0.0.1")
    page.fill("[name=code]", "không đúng mã này")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Không có thiết bị nào đang hiện mã này")
    looks_right(page)
    page.fill("[name=code]", code)
    page.keyboard.press("Enter")
    expect(page.locator(".secret")).to_have_text(code)
    looks_right(page)
    page.fill("[name=name]", "kiosk-1")
    page.get_by_role("button", name="Duyệt thiết bị này").click()
    expect(page.get_by_role("alert")).to_contain_text("Đã có thiết bị tên này")
    page.fill("[name=name]", "board-7")
    page.fill("[name=label]", "Bảng tầng 2")
    page.locator("[name=counter]").first.check()
    page.get_by_role("button", name="Duyệt thiết bị này").click()
    expect(page.locator("h1")).to_have_text("Đã duyệt Bảng tầng 2")
    looks_right(page)
    board.type(page.locator("#reply").inner_text())
    assert board.status() == 0, board.said
    page.goto(HOME)
    row = page.locator("tr", has_text="Bảng tầng 2")
    expect(row).to_contain_text("395 ngày")
    looks_right(page)
    row.locator("summary").click()
    row.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Đã thu hồi board-7")
    looks_right(page)


def test_the_page_with_the_code_shows_it_as_words_and_as_a_picture(page: Page, enrolling: Site, tmp_path: Path) -> None:
    shown = tmp_path / "code.html"
    kiosk = ask_in(enrolling, "kiosk", tmp_path / "identity", "--html", str(shown))
    code = kiosk.code()
    kiosk.kill()
    page.goto(f"file://{shown}")
    expect(page.locator("strong")).to_have_text(code)
    expect(page.locator("svg")).to_be_visible()


def test_the_address_in_the_picture_fills_the_code_in(page: Page) -> None:
    page.goto(f"{HOME}?code=cam-song-nui-trang")
    expect(page.locator("[name=code]")).to_have_value("cam-song-nui-trang")


@pytest.mark.req("X3")
def test_whoever_trusts_nothing_yet_reads_how_to_and_compares_eight_words(page: Page, enrolling: Site) -> None:
    ca = load_certificate(ca_of(enrolling).read_bytes())
    page.context.clear_cookies()
    page.goto("/trust")
    expect(page.locator(".secret")).to_have_text(" · ".join(fingerprint_words(ca)))
    digits = hashlib.sha256(der_of(ca)).hexdigest().upper()
    assert re.sub(r"\s", "", page.locator("code").first.inner_text()) == digits
    looks_right(page)


@pytest.mark.req("X3")
def test_the_authority_is_to_be_had_in_every_form_and_its_key_in_none(enrolling: Site) -> None:
    ca = load_certificate(ca_of(enrolling).read_bytes())
    with httpx.Client(base_url=url_of(enrolling), verify=site_context(ca_of(enrolling)), trust_env=False) as http:
        crt = http.get("/trust/site-ca.crt")
        assert (crt.content, crt.headers["content-type"]) == (der_of(ca), "application/x-x509-ca-cert")
        assert load_certificate(http.get("/trust/site-ca.pem").text) == ca
        profile = plistlib.loads(http.get("/trust/site-ca.mobileconfig").content)
        assert profile["PayloadContent"][0]["PayloadContent"] == der_of(ca)
        assert list(json.loads(http.get("/trust/moiso-ca.json").content)) == ["CACertificates"]
        for name in ("site-ca.key", "hub.pem", "..%2fhub.pem", "x"):
            assert http.get(f"/trust/{name}").status_code == 404


@pytest.mark.req("X1", "X6")
def test_at_the_dashboard_a_code_is_made_on_a_page_that_everybody_can_use(browser: Browser, tmp_path: Path) -> None:
    section = '[enrolment]\nsocket = "issuer.sock"\nca = "ca.crt"\nbroker = "broker.example.org:8883"\n'
    dashboard = Dashboard(tmp_path, section)
    dashboard.daemon.start()
    try:
        window = dashboard.logged_in(browser)
        window.get_by_role("link", name="Kết nối cơ sở").click()
        looks_right(window)
        window.fill("[name=site]", "INGEST")
        window.get_by_role("button", name="Tạo mã").click()
        expect(window.get_by_role("alert")).to_contain_text("Mã cơ sở chỉ gồm")
        looks_right(window)
        window.fill("[name=site]", "mau-01")
        window.get_by_role("button", name="Tạo mã").click()
        expect(window.locator("#code")).to_contain_text(" · ")
        looks_right(window)
        window.context.close()
    finally:
        dashboard.daemon.kill()
