"""An officer's first day with the keyboard alone: account, password, PIN, taking over at a shared PC; and the log."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from provisioning.demo.site import ADMINISTRATOR, OFFICER, Ports, provision
from tests.whole_site import WholeSite

PASSWORD, PIN = "quầy này vui", "482913"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSite]:
    with WholeSite(provision(tmp_path_factory.mktemp("site"), Ports.free()), "hub") as running:
        yield running


@pytest.fixture
def context(running: WholeSite, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=running.site.addresses["counter"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus, and see that a focus is shown there."""
    wanted = page.locator(selector)
    for _ in range(40):
        if wanted.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    assert wanted.evaluate("e => getComputedStyle(e).outlineStyle") != "none"


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/login")
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: not address.endswith("/login"))


@pytest.mark.req("X1", "X2")
def test_an_officers_first_day_with_keys_alone(page: Page, running: WholeSite) -> None:
    log_in(page, ADMINISTRATOR, running.site.passwords.administrator)
    page.goto("/accounts")
    tab_to(page, "[name=name]")
    page.keyboard.type("mai")
    tab_to(page, "[name=role]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "main .primary")
    page.keyboard.press("Enter")
    temporary = page.locator("#temporary").inner_text()

    log_in(page, "mai", temporary)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tài khoản của tôi")
    expect(page.locator("[name=password]")).to_be_focused()
    page.keyboard.type(temporary)
    for field in ("new", "again"):
        tab_to(page, f"[name={field}]")
        page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã đổi mật khẩu.")

    tab_to(page, "form:has([name=pin]) [name=password]")
    page.keyboard.type(PASSWORD)
    for field in ("[name=pin]", "form:has([name=pin]) [name=again]"):
        tab_to(page, field)
        page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Đã đặt PIN.")

    log_in(page, OFFICER, running.site.passwords.officer)
    page.goto("/switch?counter=q1")
    expect(page.get_by_role("radio", name="mai")).to_be_focused()
    tab_to(page, "[name=pin]")
    page.keyboard.type("111222")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("PIN chưa đúng")
    expect(page.locator("[name=pin]")).to_be_focused()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/counters/q1")

    log_in(page, ADMINISTRATOR, running.site.passwords.administrator)
    page.goto("/audit")
    for deed in ("Thêm tài khoản", "Đổi mật khẩu", "Đặt PIN", "Đổi người bằng PIN"):
        expect(page.get_by_role("cell", name=deed).first).to_be_visible()
    expect(page.get_by_role("cell", name="Sai mật khẩu hoặc PIN")).to_be_visible()
    tab_to(page, "[name=officer]")
    page.keyboard.type("mai")
    tab_to(page, "form button.plain")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit?officer=mai**")
    assert set(page.locator("tbody td:nth-child(2)").all_inner_texts()) == {"mai"}


@pytest.mark.req("X1")
def test_the_pages_fit_a_small_window_and_ask_for_nothing_from_outside(page: Page, running: WholeSite) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    log_in(page, ADMINISTRATOR, running.site.passwords.administrator)
    for path in ("/accounts", f"/accounts/edit?name={OFFICER}", "/account", "/switch", "/audit"):
        for width, height in ((1366, 768), (320, 640)):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            small = "e => e.filter(x => x.offsetParent).map(x => x.getBoundingClientRect()).map(r => r.height)"
            heights = page.locator("button, a, input:not([type=hidden]), select").evaluate_all(small)
            assert min(heights) >= 24, path
    home = running.site.addresses["counter"]
    assert [url for url in asked if not url.startswith((home, "data:"))] == []
    assert complaints == []


@pytest.mark.req("X1")
def test_the_pages_speak_english_and_keep_what_they_show(page: Page, running: WholeSite) -> None:
    log_in(page, ADMINISTRATOR, running.site.passwords.administrator)
    page.goto(f"/accounts/edit?name={OFFICER}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFICER)
    expect(page.get_by_role("button", name="Lock the account")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
