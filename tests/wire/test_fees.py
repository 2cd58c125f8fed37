"""The cashier's presses over TLS, as the page's script sends them: who may, and what is answered to what is wrong."""

from collections.abc import Iterator

import httpx
import pytest

from edge.contracts.commands import CallNext, IssueTicket, Refused, TakePayment
from edge.contracts.events import PaymentTaken
from edge.contracts.payment import PaymentMeans
from edge.contracts.refusals import Refusal
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import OFFICER, Site
from tests.hub_http import Device
from tests.officer_browser import OfficerBrowser
from tests.waiting import until

WITHDRAW = "/counters/q8/charge/withdraw"


@pytest.fixture
def officer(hub_site: Site) -> Iterator[OfficerBrowser]:
    browser = OfficerBrowser(hub_site, hub_site.folder / "tls/site-ca.crt")
    browser.log_in(OFFICER, hub_site.passwords.officer)
    yield browser
    browser.http.close()


@pytest.fixture
def ticket(hub_site: Site) -> str:
    """Somebody stands at counter 8, whose catalogue is the demo's."""
    kiosk, board = Device(hub_site, "kiosk-1"), Device(hub_site, "morning-board")
    there = kiosk.snapshot().at_counter.get("q8")
    if there:
        return there
    command = IssueTicket(new_command_id(), "cashier")
    kiosk.do(command)
    board.do(CallNext(new_command_id(), "q8"))
    return command.id


def press(browser: OfficerBrowser, path: str, content: object, csrf: str | None = None) -> httpx.Response:
    token = browser.csrf("/account") if csrf is None else csrf
    return browser.http.post(path, json=content, headers={"X-CSRF": token})


def ask(browser: OfficerBrowser, ticket: str, amount: str, counter: str = "q8") -> httpx.Response:
    return press(browser, f"/counters/{counter}/charge", {"ticket": ticket, "amount": amount})


@pytest.mark.req("D7", "X1")
def test_only_an_officer_with_the_pages_token_asks_for_money(hub_site: Site, officer: OfficerBrowser) -> None:
    stranger = OfficerBrowser(hub_site, hub_site.folder / "tls/site-ca.crt")
    for path in ("/counters/q8/charge", WITHDRAW):
        assert press(stranger, path, {}, csrf="").status_code == 403
        assert press(officer, path, {}, csrf="guessed").status_code == 403
        assert officer.http.get(path).status_code == 405


@pytest.mark.req("D7")
def test_what_is_no_wish_of_the_pages_script_is_refused(officer: OfficerBrowser) -> None:
    wrong: list[object] = [{}, [], {"ticket": "A001", "amount": "1"}, {"ticket": "a" * 32, "amount": 150_000}, "150000"]
    for content in wrong:
        assert press(officer, "/counters/q8/charge", content).status_code == 422
    long = {"ticket": "a" * 32, "amount": "1" * 41}
    assert press(officer, "/counters/q8/charge", long).status_code == 422
    assert press(officer, "/counters/q8/charge", "x" * 5000).status_code == 422


@pytest.mark.req("D7", "X6")
def test_a_wrong_amount_or_counter_is_answered_in_words_in_both_languages(officer: OfficerBrowser, ticket: str) -> None:
    for language, amount_words, counter_words in (
        ("vi", "Số tiền chưa đúng", "không còn ở quầy"),
        ("en", "amount is not right", "no longer at your counter"),
    ):
        officer.http.get(f"/counters?lang={language}")
        for amount in ("", "999", "abc", "1.000,50", "500.000.001", "-5000"):
            told = ask(officer, ticket, amount).json()
            assert not told["done"]
            assert amount_words in told["message"]
        for counter, person in (("q1", ticket), ("q99", ticket), ("q8", "f" * 32)):
            told = ask(officer, person, "150.000", counter).json()
            assert not told["done"]
            assert counter_words in told["message"]
    officer.http.get("/counters?lang=vi")


@pytest.mark.req("D7", "X3")
def test_the_code_stands_on_the_counters_page_until_it_is_withdrawn_and_in_no_file(
    hub_site: Site, officer: OfficerBrowser, ticket: str
) -> None:
    assert ask(officer, ticket, "171.717").json() == {"done": True, "message": "", "label": ""}
    page = officer.http.get("/counters/q8").text
    assert "171.717 đ" in page
    assert 'class="qr"' in page
    data = [path for path in (hub_site.folder / "data/hub").rglob("*") if path.is_file() and path.name != "spare"]
    assert data
    assert not any(b"171717" in content or b"171.717" in content for content in (p.read_bytes() for p in data))
    assert press(officer, WITHDRAW, {}).json()["done"]
    assert press(officer, WITHDRAW, {}).json()["done"]
    assert "171.717" not in officer.http.get("/counters/q8").text


@pytest.mark.req("D7")
def test_a_payment_is_noted_once_and_a_device_may_not_note_one(
    hub_site: Site, officer: OfficerBrowser, ticket: str
) -> None:
    def pay(means: str) -> httpx.Response:
        command = {"type": "TakePayment/1", "id": new_command_id(), "counter": "q8", "ticket": ticket, "means": means}
        return press(officer, "/press", command)

    refused = Device(hub_site, "morning-board").send(TakePayment(new_command_id(), "q8", ticket, PaymentMeans.CASH))
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.NOT_YOURS
    before = Device(hub_site, "kiosk-1").snapshot().seq
    assert pay("qr").json()["done"]
    again = pay("qr").json()
    assert not again["done"]
    assert "đã ghi" in again["message"]
    assert pay("cash").json()["done"]
    assert pay("gold").status_code == 422
    events = [entry.event for entry in Device(hub_site, "kiosk-1").entries(before, 2)]
    assert [(e.means, e.instead_of) for e in events if isinstance(e, PaymentTaken)] == [
        (PaymentMeans.QR, None),
        (PaymentMeans.CASH, PaymentMeans.QR),
    ]
    until(lambda: "Tiền mặt</b>" in officer.http.get("/counters/q8").text, what="the page to say so")
