"""The page of one ticket in Chromium, as a telephone shows it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.blueprints import Blueprint
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from cloud.web.phone import register
from edge.contracts import brand
from edge.contracts.ticket import State
from tests.axe import violations
from tests.phones import tell, ticket_like, token_of

SIZES = ({"width": 390, "height": 844}, {"width": 360, "height": 640})
# A telephone that counts what it was asked to do, and asks at once how it stands.
WATCHED = """
Math.random = () => 0;
window.vibrated = 0;
navigator.vibrate = () => { window.vibrated += 1; return true; };
const later = window.setTimeout;
window.setTimeout = (work, ms) => later(work, ms >= 1000 ? 200 : ms);
"""


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class Phonebook:
    """A running server of pages, and what the facility says."""

    def __init__(self, data: Path) -> None:
        self.data = data
        app = Flask("cloud")
        static = Path(brand.__file__).parent / "static"
        app.register_blueprint(Blueprint("brand", __name__, static_folder=str(static), static_url_path="/brand"))
        register(app, data)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}/t/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phonebook]:
    book = Phonebook(tmp_path_factory.mktemp("phones"))
    yield book
    book.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=SIZES[0])  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.mark.req("P6", "T1")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_fits_a_telephone_and_axe_has_nothing_to_say(
    browser: Browser, book: Phonebook, scheme: str
) -> None:
    tickets = [
        ticket_like(1, ahead=128, window_min=(20, 45), counters=(0, 1, 2)),
        ticket_like(2),
        ticket_like(3, State.CALLED, counters=(2,)),
        ticket_like(4, State.PARKED, counters=(1,)),
        ticket_like(5, State.FINISHED),
        ticket_like(6, State.NO_SHOW, back_min=20),
        ticket_like(7, ahead=3, into="A004", window_min=(-5, 30)),
    ]
    tell(book.data, *tickets)
    found: list[str] = []
    size = SIZES[scheme == "dark"]
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("pageerror", lambda error: found.append(str(error)))
    for number in range(1, len(tickets) + 2):  # the last is nobody's
        page.goto(book.url + token_of(number) + ("" if number % 2 else "/en"))
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        sizes = page.eval_on_selector_all(
            ".num, .called h2", "nodes => nodes.map((node) => parseFloat(getComputedStyle(node).fontSize))"
        )
        assert min(sizes, default=28) >= 28
    found += violations(page)
    page.goto(book.url + token_of(1))
    page.evaluate("document.querySelectorAll('[hidden]').forEach((part) => { part.hidden = false; })")
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finish()))")
    found += violations(page)  # of everything that the page can say
    assert (found, context.cookies()) == ([], [])
    context.close()


@pytest.mark.req("P6", "T6")
def test_the_page_follows_the_ticket_and_rings_where_one_wants_it(page: Page, book: Phonebook) -> None:
    page.add_init_script(WATCHED)
    tell(book.data, ticket_like(20, ahead=2, window_min=(10, 20)))
    page.goto(book.url + token_of(20))
    expect(page.locator(".waiting .ahead")).to_have_text("2")
    page.get_by_role("button", name="Báo tôi khi đến lượt").click()
    expect(page.locator("#alert-on")).to_be_visible()
    felt = page.evaluate("window.vibrated")
    tell(book.data, ticket_like(20, ahead=1, window_min=(5, 15)))
    expect(page.locator(".waiting .ahead")).to_have_text("1")
    tell(book.data, ticket_like(20))
    expect(page.get_by_role("heading", name="Bạn là người tiếp theo")).to_be_visible()
    assert page.evaluate("window.vibrated") == felt
    tell(book.data, ticket_like(20, State.CALLED, counters=(2,)))
    called = page.locator(".called")
    expect(called).to_be_visible()
    expect(called).to_contain_text("Quầy 3 Phòng Siêu âm 3")
    expect(page).to_have_title("● A020 · MờiSố")
    assert page.evaluate("window.vibrated") == felt + 1
    expect(page.locator("[data-in=waiting]")).to_be_hidden()
    tell(book.data, ticket_like(20, State.FINISHED))
    expect(page.get_by_role("heading", name="Đã phục vụ xong")).to_be_visible()
    expect(called).to_be_hidden()


@pytest.mark.req("P6")
def test_whoever_was_sent_on_sees_it_and_nothing_rings_unasked(page: Page, book: Phonebook) -> None:
    page.add_init_script(WATCHED)
    tell(book.data, ticket_like(30, ahead=2, counters=(0, 1)))
    page.goto(book.url + token_of(30) + "/en")
    expect(page.locator(".where")).to_contain_text("1, 2")
    tell(book.data, ticket_like(30, ahead=4, counters=(2,)))
    expect(page.locator(".where")).to_contain_text("Siêu âm 3")
    expect(page.locator(".waiting .ahead")).to_have_text("4")
    tell(book.data, ticket_like(30, State.CALLED, counters=(2,)))
    expect(page.locator(".called")).to_be_visible()
    assert page.evaluate("window.vibrated") == 0


@pytest.mark.req("P6", "X4")
def test_the_page_says_when_what_it_shows_is_old(page: Page, context: BrowserContext, book: Phonebook) -> None:
    page.add_init_script(WATCHED)
    tell(book.data, ticket_like(40, ahead=2), site="mau-09", ago_min=5)
    page.goto(book.url + token_of(40))
    expect(page.get_by_role("alert")).to_contain_text("Cơ sở mất kết nối đã 5 phút")
    tell(book.data, ticket_like(40, ahead=2), site="mau-09")
    expect(page.get_by_role("alert")).to_be_hidden()
    context.set_offline(True)
    expect(page.locator("#lost")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()


@pytest.mark.req("P6")
def test_without_scripts_the_page_loads_itself_again(browser: Browser, book: Phonebook) -> None:
    tell(book.data, ticket_like(50, ahead=7, window_min=(10, 20)))
    context = browser.new_context(viewport=SIZES[1], java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(book.url + token_of(50))
    expect(page.locator(".waiting .ahead")).to_have_text("7")
    expect(page.locator(".called")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "15"
    context.close()


@pytest.mark.req("P6")
def test_a_number_that_has_not_come_up_yet_comes_by_itself(page: Page, book: Phonebook) -> None:
    page.add_init_script(WATCHED)
    page.goto(book.url + token_of(60))
    expect(page.get_by_role("heading", name="Không tìm thấy số này")).to_be_visible()
    tell(book.data, ticket_like(60, ahead=1))
    expect(page.locator("#label")).to_have_text("A060")
