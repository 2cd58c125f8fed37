"""Who may open and send what at the officers' pages, over TLS as a browser does."""

import csv
import io
import re
import ssl
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from edge.contracts.commands import CallNext, Command, IssueTicket
from edge.daemon.hub_client import new_command_id
from provisioning.demo.site import ADMINISTRATOR, FLOOR_LEAD, OFFICER, Site
from tests.hub_http import Device

PIN = "482913"


class Browser:
    """A browser on a PC of its own; it keeps cookies and follows no redirect."""

    def __init__(self, site: Site) -> None:
        self.http = httpx.Client(
            base_url=f"https://127.0.0.1:{site.ports.hub}",
            verify=ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt"),
            trust_env=False,
            timeout=10,
        )

    def csrf(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.http.get(path).text)
        assert found, path
        return found[1]

    def log_in(self, name: str, password: str) -> httpx.Response:
        return self.send("/login", "/login", name=name, password=password)

    def send(self, form_on: str, to: str, **fields: str) -> httpx.Response:
        return self.http.post(to, data={"csrf": self.csrf(form_on), **fields})

    def press(self, command: Command, csrf: str) -> httpx.Response:
        return self.http.post("/press", content=msgspec.json.encode(command), headers={"X-CSRF": csrf})

    def temporary_password(self, name: str, role: str = "counter") -> str:
        """Add an account, as an administrator."""
        found = re.search(r'id="temporary">([^<]+)<', self.send("/accounts", "/accounts", name=name, role=role).text)
        assert found
        return found[1]


@pytest.fixture
def site(hub_site: Site) -> Site:
    return hub_site


@pytest.fixture
def administrator(site: Site) -> Iterator[Browser]:
    browser = Browser(site)
    assert browser.log_in(ADMINISTRATOR, site.passwords.administrator).headers["location"] == "/counters"
    yield browser
    browser.http.close()


def has_started(browser: Browser, name: str, temporary: str, password: str) -> None:
    """Log a new officer in and change the temporary password."""
    browser.log_in(name, temporary)
    changed = browser.send("/account", "/account", what="password", password=temporary, new=password, again=password)
    assert changed.status_code == 200, changed.text


def lines(browser: Browser, officer: str = "") -> list[tuple[str, str, str]]:
    """Action, subject and outcome of the log's lines, the oldest first."""
    text = browser.http.get("/audit.csv", params={"officer": officer}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    return [(row["action"], row["subject"], row["outcome"]) for row in reversed(rows)]


@pytest.mark.req("X1")
def test_each_role_opens_its_own_pages_and_no_others(site: Site) -> None:
    passwords = site.passwords
    for name, password, expected in (
        (OFFICER, passwords.officer, [200, 200, 403, 403, 403]),
        (FLOOR_LEAD, passwords.floor_lead, [200, 200, 403, 403, 403]),
        (ADMINISTRATOR, passwords.administrator, [200, 200, 200, 200, 200]),
    ):
        browser = Browser(site)
        browser.log_in(name, password)
        paths = ("/account", "/switch", "/accounts", "/audit", "/audit.csv")
        assert [browser.http.get(path).status_code for path in paths] == expected
        added = browser.send("/account", "/accounts", name=f"by-{name}", role="administrator")
        assert added.status_code == expected[2]


@pytest.mark.req("X1")
def test_nothing_is_shown_or_done_without_a_session(site: Site) -> None:
    stranger = Browser(site)
    for path in ("/account", "/switch", "/accounts", "/accounts/edit", "/audit", "/audit.csv"):
        assert stranger.http.get(path).headers["location"] == "/login"
    for path in ("/account", "/switch", "/accounts", "/accounts/edit?name=quantri", "/logout"):
        assert stranger.http.post(path, data={"csrf": "", "change": "disable"}).headers["location"] == "/login"


@pytest.mark.req("X1")
@pytest.mark.parametrize("path", ["/accounts", f"/accounts/edit?name={OFFICER}", "/account", "/switch"])
def test_no_form_works_without_the_sessions_own_token(administrator: Browser, path: str) -> None:
    for csrf in ("", "guessed"):
        form = {"csrf": csrf, "name": "intruder", "role": "administrator", "change": "disable", "what": "password"}
        assert administrator.http.post(path, data=form).headers["location"] == "/login"
    assert "intruder" not in administrator.http.get("/accounts").text
    assert "Đã khoá<" not in administrator.http.get("/accounts").text


@pytest.mark.req("X1")
def test_whoever_has_a_temporary_password_can_do_nothing_but_change_it(administrator: Browser, site: Site) -> None:
    temporary = administrator.temporary_password("tam1", "administrator")
    officer = Browser(site)
    assert officer.log_in("tam1", temporary).headers["location"] == "/counters"
    for path in ("/counters", "/accounts", "/audit", "/switch"):
        assert officer.http.get(path).headers["location"] == "/account"
    csrf = officer.csrf("/account")
    assert officer.http.post("/accounts", data={"csrf": csrf, "name": "x1"}).headers["location"] == "/account"
    assert officer.press(CallNext(new_command_id(), "q1"), csrf).status_code == 403
    assert officer.http.get("/counters/q1/panel").status_code == 403
    pin = officer.send("/account", "/account", what="pin", password=temporary, pin=PIN, again=PIN)
    assert pin.status_code == 422
    assert officer.send("/account", "/account", password=temporary, new="short", again="short").status_code == 422
    same = officer.send("/account", "/account", password=temporary, new=temporary, again=temporary)
    assert same.status_code == 422
    has_started(officer, "tam1", temporary, "mot cau ngan de nho")
    assert officer.http.get("/counters").status_code == 200


@pytest.mark.req("X1")
def test_a_new_password_ends_every_other_session_of_its_officer(administrator: Browser, site: Site) -> None:
    temporary = administrator.temporary_password("tam2")
    here, there = Browser(site), Browser(site)
    has_started(here, "tam2", temporary, "mot cau ngan de nho")
    there.log_in("tam2", "mot cau ngan de nho")
    new = "mot cau khac de nho"
    here.send("/account", "/account", what="password", password="mot cau ngan de nho", new=new, again=new)
    assert here.http.get("/account").status_code == 200
    assert there.http.get("/account").headers["location"] == "/login"


@pytest.mark.req("X1", "X6")
def test_a_locked_account_is_out_with_its_next_click(administrator: Browser, site: Site) -> None:
    officer = Browser(site)
    has_started(officer, "tam3", administrator.temporary_password("tam3"), "mot cau ngan de nho")
    edit = "/accounts/edit?name=tam3"
    assert administrator.send(edit, edit, change="disable").status_code == 200
    assert officer.http.get("/counters").headers["location"] == "/login"
    assert officer.log_in("tam3", "mot cau ngan de nho").status_code == 403
    assert administrator.send(edit, edit, change="enable").status_code == 200
    assert officer.log_in("tam3", "mot cau ngan de nho").status_code == 303


@pytest.mark.req("X1", "X6")
def test_a_counters_panel_ends_with_the_session_that_opened_it(administrator: Browser, site: Site) -> None:
    officer = Browser(site)
    has_started(officer, "tam6", administrator.temporary_password("tam6"), "mot cau ngan de nho")
    edit = "/accounts/edit?name=tam6"
    with officer.http.stream("GET", "/counters/q2/panel") as panel:
        chunks = panel.iter_raw()
        assert next(chunks)
        administrator.send(edit, edit, change="disable")
        ticket = Device(site, "kiosk-1").do(IssueTicket(new_command_id(), "general")).ticket
        assert ticket.label.encode() not in b"".join(chunks)  # it comes to an end, and without anything new


@pytest.mark.req("X1")
def test_the_last_administrator_cannot_be_locked_or_demoted(administrator: Browser, site: Site) -> None:
    for account in re.findall(r"edit\?name=([a-z0-9-]+)", administrator.http.get("/accounts").text):
        if account not in (ADMINISTRATOR, OFFICER, FLOOR_LEAD):  # of the other tests
            administrator.send(f"/accounts/edit?name={account}", f"/accounts/edit?name={account}", change="disable")
    edit = f"/accounts/edit?name={ADMINISTRATOR}"
    for fields in ({"change": "disable"}, {"change": "role", "role": "counter"}):
        refused = administrator.send(edit, edit, **fields)
        assert refused.status_code == 409
        assert "quản trị viên cuối cùng" in refused.text
    assert administrator.http.get("/accounts").status_code == 200
    assert lines(administrator)[-1] == ("change-role", f"{ADMINISTRATOR} counter", "refused")


@pytest.mark.req("X1", "X2")
def test_an_officer_takes_over_by_pin_where_both_are_known_and_nowhere_else(administrator: Browser, site: Site) -> None:
    desk, elsewhere = Browser(site), Browser(site)
    has_started(desk, "tam4", administrator.temporary_password("tam4"), "mot cau ngan de nho")
    pin = desk.send("/account", "/account", what="pin", password="mot cau ngan de nho", pin=PIN, again=PIN)
    assert pin.status_code == 200
    desk.log_in(OFFICER, site.passwords.officer)
    old = dict(desk.http.cookies)
    wrong = desk.send("/switch", "/switch", name="tam4", pin="482914", counter="q1")
    assert wrong.status_code == 403
    taken = desk.send("/switch", "/switch", name="tam4", pin=PIN, counter="q1")
    assert taken.headers["location"] == "/counters/q1"
    assert "tam4" in desk.http.get("/account").text
    assert (
        httpx.get(
            f"https://127.0.0.1:{site.ports.hub}/counters",
            verify=ssl.create_default_context(cafile=site.folder / "tls/site-ca.crt"),
            headers={"Cookie": "; ".join(f"{name}={value}" for name, value in old.items())},
        ).headers["location"]
        == "/login"
    )
    elsewhere.log_in(OFFICER, site.passwords.officer)
    assert elsewhere.send("/switch", "/switch", name="tam4", pin=PIN).status_code == 403
    assert "tam4" not in elsewhere.http.get("/switch").text
    assert [line for line in lines(administrator, "tam4") if line[0] == "switch"] == [
        ("switch", "", "wrong-password"),
        ("switch", OFFICER, "done"),
        ("switch", "", "wrong-password"),
    ]


@pytest.mark.req("X1")
def test_a_switch_goes_on_to_a_counter_of_this_hub_and_to_no_other_site(administrator: Browser, site: Site) -> None:
    administrator.send("/account", "/account", what="pin", password=site.passwords.administrator, pin=PIN, again=PIN)
    for counter in ("//evil.example", "../../evil", "q1\r\nX: y", "https://evil.example/"):
        taken = administrator.send("/switch", "/switch", name=ADMINISTRATOR, pin=PIN, counter=counter)
        assert taken.headers["location"] == "/counters"


@pytest.mark.req("X1")
def test_five_wrong_pins_close_the_door(administrator: Browser, site: Site) -> None:
    officer = Browser(site)
    has_started(officer, "tam5", administrator.temporary_password("tam5"), "mot cau ngan de nho")
    officer.send("/account", "/account", what="pin", password="mot cau ngan de nho", pin=PIN, again=PIN)
    tries = [officer.send("/switch", "/switch", name="tam5", pin="000000").status_code for _ in range(5)]
    assert tries == [403] * 5
    assert officer.send("/switch", "/switch", name="tam5", pin=PIN).status_code == 429
    assert officer.log_in("tam5", "mot cau ngan de nho").status_code == 429


@pytest.mark.req("X2", "X3")
def test_the_log_keeps_logins_and_presses_and_no_name_that_a_stranger_typed(administrator: Browser, site: Site) -> None:
    stranger = Browser(site)
    stranger.log_in("my-secret-password", "oops")
    officer = Browser(site)
    officer.log_in(OFFICER, "wrong password")
    officer.log_in(OFFICER, site.passwords.officer)
    ticket = Device(site, "kiosk-1").do(IssueTicket(new_command_id(), "cashier")).ticket
    csrf = officer.csrf("/counters")
    assert officer.press(CallNext(new_command_id(), "q4"), csrf).status_code == 200
    officer.send("/counters", "/logout")
    told = lines(administrator, OFFICER)[-4:]
    assert told == [
        ("login", "", "wrong-password"),
        ("login", "", "done"),
        ("CallNext", f"q4 {ticket.label}", "done"),
        ("logout", "", "done"),
    ]
    whole = administrator.http.get("/audit.csv").text
    assert "my-secret-password" not in whole
    assert ("login", "", "wrong-password") in lines(administrator)
    assert "kiosk-1" not in whole


@pytest.mark.req("X2")
def test_the_log_is_shown_by_day_and_officer_and_what_is_no_day_or_page_is_left_out(administrator: Browser) -> None:
    page = administrator.http.get("/audit", params={"officer": ADMINISTRATOR})
    assert page.text.count('<td class="when">') >= 1
    assert '<td class="when">' not in administrator.http.get("/audit", params={"day": "2020-01-01"}).text
    for params in ({"day": "9999-12-31"}, {"day": "x"}, {"before": "x"}, {"before": "9" * 30}, {"officer": "<b>"}):
        assert administrator.http.get("/audit", params=params).status_code == 200
