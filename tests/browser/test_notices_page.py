"""The page of what was sent about alarms in Chromium: wide, on a phone and printed, and its button at work."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from cloud.delivery import State
from cloud.fleet.notice_settings import Notice, recipients_of
from cloud.fleet.outbox import DAY_MS, RETRIES_MS, Content, Outbox
from tests.axe import violations
from tests.browser.test_dashboard_figures import SPILLS
from tests.cloud_people import MAU, add_people, add_sites, cloud_config, make_app
from tests.dashboard import PHONE, WIDE, logged_in, served

PATH = "/alarms/notices"
HOOK = "https://tiep-nhan-canh-bao-va-su-co.trung-tam-dieu-hanh.so-y-te.tinh-mau.example/in?token=0"
NOTICES = (
    Notice("mau", mail="truc@so-y-te.mau.example", reminder_hours=4),
    Notice("mau", ("mau-01", "mau-02"), webhook=HOOK, secret_file=Path("secret")),
    Notice("mau", ("mau-01",), mail="coso@mau.example"),
)
ENDS = {
    1: (State.SENT, State.UNSURE, State.SENT),
    2: (State.SENT, State.FAILED, State.DUE),
    3: (),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    add_people(folder)
    add_sites(folder)
    recipients = recipients_of(NOTICES, MAU)
    outbox, now_ms = Outbox(folder), time.time_ns() // 1_000_000
    outbox.start([one.key for one in recipients[:2]], now_ms - 9 * DAY_MS)
    for recipient in recipients[:2]:
        ends = ENDS[recipient.number]
        for ago, state in enumerate(ends):
            _send(outbox, recipient.key, f"{recipient.number}-{ago}", state, now_ms - (len(ends) - ago) * DAY_MS)
    return folder


def _send(outbox: Outbox, key: str, id_: str, state: State, at_ms: int) -> None:
    outbox.add(key, id_, Content("", "", ()), at_ms)
    delivery = outbox.waiting(key)
    assert delivery is not None
    tries = len(RETRIES_MS) + 1 if state is State.FAILED else 8 if state is State.DUE else 1
    for _ in range(tries):
        delivery = outbox.begin(delivery, at_ms)
    match state:
        case State.SENT:
            outbox.sent(delivery, at_ms)
        case State.UNSURE:
            outbox.unsure(delivery, at_ms)
        case _:
            fault = "SSLCertVerificationError" if state is State.FAILED else "NotTaken 503"
            outbox.not_sent(delivery, fault, at_ms)


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with served(make_app(replace(cloud_config(data), notice=NOTICES))) as url:
        yield url


@pytest.fixture(scope="module", params=[WIDE, PHONE], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    page = logged_in(browser, url, request.param)
    yield page
    page.context.close()


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_fits_the_screen_and_is_open_to_everybody(page: Page, url: str, language: str) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{url}{PATH}?lang={language}")
    expect(page.locator("section.card")).to_have_count(3)
    expect(page.locator(".mark.fail").first).to_be_visible()
    assert [*page.evaluate(SPILLS), *violations(page), *errors] == []


@pytest.mark.req("D4")
@pytest.mark.parametrize("page", [WIDE], indirect=True, ids=["wide"])
def test_it_is_reached_from_the_alarms_and_who_was_not_reached_is_told_again(page: Page, url: str, data: Path) -> None:
    page.goto(f"{url}/alarms?lang=vi")
    page.get_by_role("link", name="Tin báo đi").click()
    expect(page.locator("h1")).to_have_text("Tin báo đi")
    expect(page.locator("nav [aria-current]")).to_have_text("Cảnh báo")
    button = page.get_by_role("button", name="Báo lại")
    expect(button).to_have_count(1)  # the first recipient's newest message arrived
    button.click()
    expect(page.get_by_role("status").filter(has_text="sẽ được báo lại")).to_be_visible()
    delivery = Outbox(data).waiting(recipients_of(NOTICES, MAU)[1].key)
    assert delivery is not None
    assert delivery.next_ms <= time.time_ns() // 1_000_000, "what is under way is tried at once"
    page.emulate_media(media="print")
    try:
        expect(page.locator(".title .links")).to_be_hidden()
        expect(page.locator("table.log").first).to_be_visible()
    finally:
        page.emulate_media(media="screen")
