"""The page of API tokens in Chromium: it fits every screen, and a token is made, copied, seen used, and revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.roles import Right
from cloud.tokens import DAY_MS, Grant, Tokens
from tests.api_caller import Caller, api_app
from tests.axe import violations
from tests.bench.province_year import fill
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import add_people
from tests.dashboard import PHONE, WIDE, logged_in, served, today

LONG = "Kho dữ liệu dùng chung của Sở Y tế, trục tích hợp số liệu QA"
NOW = 1_795_000_000_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    fill(folder, sites=4, days=2, until=today())
    add_people(folder)
    return folder


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with served(api_app(data)) as url:
        yield url


@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    page = logged_in(browser, url, request.param)
    yield page
    page.context.close()


@pytest.mark.req("X1")
def test_the_page_fits_the_screen_and_is_open_to_everybody(page: Page, url: str, data: Path) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    flaws = {}
    for language in ("vi", "en"):
        page.goto(f"{url}/accounts/tokens?lang={language}")
        flaws[f"none, {language}"] = [*page.evaluate(SPILLS), *violations(page)]
    both = frozenset({Right.FIGURES, Right.DEVICES})
    made = [
        Tokens(data).add(Grant(LONG, "mau", "", both, 365, "lan"), NOW)[0],
        Tokens(data).add(Grant("W" * 60, "mau", "mau-003", both, 1, "nobody-of-this-province-any-more"), NOW - DAY_MS)[
            0
        ],
    ]
    for language in ("vi", "en"):
        page.goto(f"{url}/accounts/tokens?lang={language}")
        expect(page.locator("tbody tr")).to_have_count(2)
        flaws[f"two, {language}"] = [*page.evaluate(SPILLS), *violations(page)]
    page.emulate_media(media="print")
    expect(page.locator("tbody button").first).to_be_hidden()
    page.emulate_media(media="screen")
    for number in made:
        Tokens(data).revoke(number, "mau")
    assert {name: found for name, found in flaws.items() if found} == {}
    assert errors == []


@pytest.mark.req("X1")
def test_a_token_is_made_shown_once_used_and_revoked(page: Page, url: str, data: Path) -> None:
    page.goto(f"{url}/accounts/tokens?lang=vi")
    page.fill("[name=name]", LONG)
    page.select_option("[name=site]", "mau-002")
    page.get_by_label("Số liệu").uncheck()
    page.get_by_role("button", name="Tạo mã").click()
    expect(page.get_by_role("alert")).to_contain_text("ít nhất một phần")
    expect(page.locator("[name=name]")).to_have_value(LONG)
    expect(page.locator("[name=site]")).to_have_value("mau-002")
    page.get_by_label("Số liệu").check()
    page.get_by_role("button", name="Tạo mã").click()
    secret = page.get_by_label("Mã này chỉ hiện một lần").input_value()
    assert [*page.evaluate(SPILLS), *violations(page)] == []
    row = page.locator("tbody tr", has_text=LONG)
    expect(row).to_contain_text("chưa dùng")

    caller = Caller(api_app(data), secret)
    assert [one["site"] for one in caller.json("indicators")["facilities"]] == ["mau-002"]
    page.goto(f"{url}/accounts/tokens")
    expect(page.get_by_label("Mã này chỉ hiện một lần")).to_have_count(0)
    expect(row).not_to_contain_text("chưa dùng")

    row.get_by_role("button", name="Thu hồi").click()
    expect(page.get_by_role("status")).to_contain_text("Đã thu hồi")
    expect(page.locator("tbody tr", has_text=LONG)).to_have_count(0)
    assert caller.get("indicators").status_code == 401
