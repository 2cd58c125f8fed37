"""The dashboard from the outside: every route that there is, asked by strangers, by other provinces and without tokens.

The walks take the routes from the application itself, so that a room which is added later is walked too. What anybody
may open is written down here, one by one.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from cloud.accounts.database import opened
from cloud.accounts.invitations import invite
from cloud.accounts.second_factor import begin_enrolment, confirm_enrolment
from cloud.accounts.sessions import begin
from cloud.config import Totp
from cloud.roles import RIGHTS, Right, Role
from cloud.web.access import allowed, require_site
from tests.cloud_people import (
    PEOPLE,
    SEALING_KEY,
    SITES,
    Visitor,
    add_people,
    add_sites,
    cloud_config,
    code_of,
    make_app,
)

PUBLIC = {
    "static",
    "brand.static",
    "today.home",  # leads to a page that asks
    "login.form",
    "login.attempt",
    "login.code",
    "login.check_code",
    "login.enrol",
    "login.confirm",
    "invitation.page",
    "invitation.open_invitation",
    "invitation.use",
    "oidc.start",
    "oidc.finish",
}
PUBLIC_ROOMS = {"phone"}  # a patient's ticket by its unguessable link
BY_TOKEN = {"api", "enrol"}  # ask for a token, a code or a signature and take no cookie: tests of their own
WITHOUT_RIGHT = {"login.end"}  # for whoever is logged in
OURS = {"Referer": "https://localhost/"}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
FOREIGN, FOREIGN_NAME = "khac-01", SITES["khac-01"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    add_people(folder)
    add_sites(folder)
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Flask:
    return make_app(cloud_config(data))


def room(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0]


def walked(app: Flask, *, public: bool = False) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if room(rule) in BY_TOKEN:
            continue
        if public or not (rule.endpoint in PUBLIC or room(rule) in PUBLIC_ROOMS):
            yield rule


def address(app: Flask, rule: Rule, site: str = "mau-01") -> str:
    """The rule's path with something in each of its places."""
    values = {
        name: site if name == "site" else "mai" if name == "name" else 1 if _is_number(rule, name) else "x"
        for name in rule.arguments
    }
    return str(app.url_map.bind("localhost", url_scheme="https").build(rule.endpoint, values))


def _is_number(rule: Rule, argument: str) -> bool:
    return isinstance(rule._converters[argument], IntegerConverter)


@pytest.mark.req("X1")
def test_no_stranger_opens_anything_that_is_not_public(app: Flask) -> None:
    stranger, asked = Visitor(app), 0
    token = stranger.token()
    for rule in walked(app):
        for method in rule.methods or ():
            if method in ("HEAD", "OPTIONS"):
                continue
            answer = stranger.client.open(
                address(app, rule),
                method=method,
                data={"csrf_token": token} if method in UNSAFE else None,
                headers=OURS,
            )
            refused = answer.status_code == 401 or (answer.status_code, answer.headers["Location"]) == (302, "/login")
            assert refused, (rule.rule, method, answer.status_code)
            assert not answer.data or answer.status_code == 302
            asked += 1
    assert asked > 15


@pytest.mark.req("X1")
def test_every_route_says_which_right_it_asks_for(app: Flask) -> None:
    silent = [
        rule.endpoint
        for rule in walked(app)
        if not hasattr(app.view_functions[rule.endpoint], "right") and rule.endpoint not in WITHOUT_RIGHT
    ]
    assert silent == []


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", PEOPLE)
def test_a_role_opens_what_its_rights_say_and_no_more(app: Flask, name: str) -> None:
    rights, visitor, refused = RIGHTS[PEOPLE[name][0]], Visitor(app).is_in(name), 0
    token = visitor.token()
    for rule in walked(app):
        right: Right | None = getattr(app.view_functions[rule.endpoint], "right", None)
        if right is None or right in rights:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = visitor.client.open(
                address(app, rule),
                method=method,
                data={"csrf_token": token} if method in UNSAFE else None,
                headers=OURS,
            )
            assert answer.status_code == 403, (rule.rule, method)
            refused += 1
    assert (refused > 0) is (rights != frozenset(Right))


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("name", "site"), [("lan", FOREIGN), ("minh", FOREIGN), ("hoa", "mau-02"), ("khanh", "mau-01")]
)
def test_another_tenants_facility_is_not_there(app: Flask, name: str, site: str) -> None:
    rights, visitor = RIGHTS[PEOPLE[name][0]], Visitor(app).is_in(name)
    token = visitor.token()
    for rule in walked(app):
        if "site" not in rule.arguments:
            continue
        right: Right | None = getattr(app.view_functions[rule.endpoint], "right", None)
        wanted = 404 if right is None or right in rights else 403
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = visitor.client.open(
                address(app, rule, site),
                method=method,
                data={"csrf_token": token} if method in UNSAFE else None,
                headers=OURS,
            )
            assert answer.status_code == wanted, (rule.rule, method)
            assert SITES[site] not in answer.text


@pytest.mark.req("X1")
def test_ones_own_facility_is_there(app: Flask) -> None:
    """Or the test before would pass on any 404."""
    opened = [
        rule.rule
        for rule in walked(app)
        if "site" in rule.arguments
        and "GET" in (rule.methods or set())
        and Visitor(app).is_in("lan").get(address(app, rule)).status_code == 200
    ]
    assert opened


@pytest.mark.req("X1")
def test_a_view_that_asks_for_its_site_is_refused_another_tenants(data: Path) -> None:
    app = make_app(cloud_config(data))

    @app.get("/new-room/<site>")
    @allowed(Right.FIGURES)
    def new_room(site: str) -> str:
        require_site(site)
        return "here"

    for name, site, status in (("lan", "mau-02", 200), ("lan", FOREIGN, 404), ("hoa", "mau-02", 404)):
        assert Visitor(app).is_in(name).get(f"/new-room/{site}").status_code == status


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["lan", "mai", "hoa", "minh"])
def test_no_page_tells_of_another_province_however_it_is_asked(app: Flask, name: str) -> None:
    visitor, shown = Visitor(app).is_in(name), 0
    for rule in walked(app, public=True):
        if "GET" not in (rule.methods or set()) or rule.endpoint.endswith("static"):
            continue
        for query in ("", f"?site={FOREIGN}&sites={FOREIGN}&facility={FOREIGN}&of={FOREIGN}&province=khac"):
            answer = visitor.get(address(app, rule) + query)
            # A report as XLSX or PDF is made of the same tables as its page.
            text = answer.text if (answer.mimetype or "").startswith(("text/", "application/json")) else ""
            assert FOREIGN_NAME not in text, (rule.rule, query)
            shown += answer.status_code == 200
    assert shown > 5


@pytest.mark.req("X1")
def test_every_form_without_its_token_is_refused(app: Flask) -> None:
    asked = 0
    for visitor in (Visitor(app).is_in("lan"), Visitor(app)):
        for rule in walked(app, public=True):
            for method in set(UNSAFE) & (rule.methods or set()):
                for form in ({}, {"csrf_token": "x"}):
                    answer = visitor.client.open(address(app, rule), method=method, data=form, headers=OURS)
                    assert answer.status_code == 400, (rule.rule, method)
                    assert "Trang đã cũ" in answer.text, (rule.rule, method)
                    asked += 1
    assert asked > 40
    assert Visitor(app).log_in("lan").status_code == 302  # nothing of it was done


@pytest.mark.req("X1")
def test_a_token_of_another_browser_or_from_another_place_is_refused(app: Flask) -> None:
    one, other = Visitor(app).is_in("lan"), Visitor(app).is_in("mai")
    form = {"csrf_token": other.token(), "id": ""}
    answer = one.client.post("/accounts/sessions/end", data=form, headers=OURS)
    assert answer.status_code == 400
    form = {"csrf_token": one.token(), "id": ""}
    for referer in ("https://evil.example/", ""):
        answer = one.client.post("/accounts/sessions/end", data=form, headers={"Referer": referer})
        assert answer.status_code == 400


@pytest.mark.req("X1", "X3")
def test_every_answer_carries_the_strict_headers(app: Flask) -> None:
    visitor = Visitor(app).is_in("lan")
    for rule in walked(app, public=True):
        if "GET" not in (rule.methods or set()):
            continue
        answer = visitor.get(address(app, rule))
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, rule.rule
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; ")), rule.rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert re.search(r"max-age=\d{8}", answer.headers["Strict-Transport-Security"])
        if answer.mimetype == "text/html":
            assert answer.headers["Cache-Control"] == "no-store", rule.rule
            assert not re.search(r'<script(?![^>]*\ssrc=)|<style|\sstyle="|\son[a-z]+="', answer.text), rule.rule


@pytest.mark.req("X1", "X3")
def test_the_cookie_is_strict_and_holds_neither_name_nor_role(app: Flask) -> None:
    answer = Visitor(app).log_in("lan")
    cookies = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("__Host-moiso=")]
    assert cookies
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie
        assert "lan" not in re.split(r"[.=;]", cookie)


@pytest.mark.req("X1")
def test_a_cookie_that_was_planted_before_the_login_opens_nothing_after_it(app: Flask) -> None:
    victim = Visitor(app)
    token = victim.token()
    planted = victim.cookie()
    assert victim.log_in("lan").status_code == 302
    assert victim.cookie() != planted
    form = {"csrf_token": token, "id": ""}  # the attacker knows this one
    assert victim.client.post("/accounts/sessions/end", data=form, headers=OURS).status_code == 400
    attacker = Visitor(app)
    attacker.client.set_cookie("__Host-moiso", planted, secure=True)
    assert attacker.get("/accounts").headers["Location"] == "/login"


@pytest.mark.req("X1")
def test_a_login_in_an_attackers_session_makes_another(app: Flask) -> None:
    attacker = Visitor(app).is_in("mai")
    attacker.get("/accounts")
    victim = Visitor(app)
    victim.client.set_cookie("__Host-moiso", attacker.cookie(), secure=True)
    assert victim.log_in("lan").status_code == 302
    assert "lan ·" in victim.get("/accounts").text
    assert "mai ·" in attacker.get("/accounts").text


@pytest.mark.req("X1")
def test_what_the_browser_kept_before_the_second_factor_opens_nothing_after_it(app: Flask, data: Path) -> None:
    waiting = begin(data, "minh", totp=Totp.REQUIRED)
    secret = begin_enrolment(data, SEALING_KEY, waiting.token)
    confirm_enrolment(data, SEALING_KEY, waiting.token, code_of(secret))
    victim = Visitor(app)
    assert victim.log_in("minh").headers["Location"] == "/login/code"
    kept = victim.cookie()
    assert victim.post("/login/code", code=code_of(secret, 1)).headers["Location"] != "/login"
    assert victim.get("/accounts").status_code == 200
    attacker = Visitor(app)
    attacker.client.set_cookie("__Host-moiso", kept, secure=True)
    assert attacker.get("/accounts").headers["Location"] == "/login"
    assert attacker.get("/login/code").headers["Location"] == "/login"
    assert attacker.post("/login/code", code=code_of(secret, 1)).status_code == 400


@pytest.mark.req("X1")
def test_the_cookie_of_before_the_logout_opens_nothing_after_it(app: Flask) -> None:
    visitor = Visitor(app).is_in("lan")
    visitor.get("/accounts")
    kept = visitor.cookie()
    assert visitor.post("/logout").status_code == 302
    visitor.client.set_cookie("__Host-moiso", kept, secure=True)
    assert visitor.get("/accounts").headers["Location"] == "/login"


@pytest.mark.req("X1")
def test_a_cookie_that_was_signed_with_another_key_opens_nothing(app: Flask, tmp_path: Path) -> None:
    config = cloud_config(tmp_path)
    config.web.session_key_file.write_text("1" * 64)
    forger = make_app(config)
    with forger.test_client() as client, client.session_transaction(base_url="https://localhost") as cookie:
        cookie["_user_id"] = begin(Path(app.extensions["moiso_accounts"]), "lan", whole=True).token
    forged = client.get_cookie("__Host-moiso")
    assert forged
    visitor = Visitor(app)
    visitor.client.set_cookie("__Host-moiso", forged.value, secure=True)
    assert visitor.get("/accounts").headers["Location"] == "/login"


@pytest.mark.req("X1", "X5")
def test_guessing_passwords_is_throttled_by_name_and_by_address(data: Path) -> None:
    app = make_app(cloud_config(data))
    for number in range(10):
        assert Visitor(app, f"192.0.2.{number}").log_in("mai", "sai").status_code == 401
    assert Visitor(app, "192.0.2.99").log_in("mai").status_code == 429  # even the right one, from anywhere
    assert Visitor(app, "192.0.2.99").log_in("hoa").status_code == 302
    for number in range(20):
        assert Visitor(app, "198.51.100.7").log_in(f"name{number}", "sai").status_code == 401
    answer = Visitor(app, "198.51.100.7").log_in("hoa")
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text


@pytest.mark.req("X1", "X5")
def test_guessing_codes_is_throttled_by_account_from_anywhere(data: Path, tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_bytes((data / "accounts.db").read_bytes())
    app = make_app(cloud_config(tmp_path))
    waiting = begin(tmp_path, "mai")
    secret = begin_enrolment(tmp_path, SEALING_KEY, waiting.token)
    confirm_enrolment(tmp_path, SEALING_KEY, waiting.token, code_of(secret))
    for number in range(10):
        visitor = pending(app, tmp_path, f"192.0.2.{number}")
        assert visitor.post("/login/code", code="000000").status_code == 401
    visitor = pending(app, tmp_path, "192.0.2.99")
    assert visitor.post("/login/code", code=code_of(secret, 1)).status_code == 429


def pending(app: Flask, data: Path, address: str) -> Visitor:
    """A browser whose password was right and whose code is asked for."""
    visitor = Visitor(app, address)
    token = begin(data, "mai").token
    with visitor.client.session_transaction() as cookie:
        cookie["pending"] = token
    return visitor


@pytest.mark.req("X1", "X5")
def test_guessing_invitations_is_throttled(data: Path) -> None:
    app = make_app(cloud_config(data))
    token = invite(data, Role.PROVINCE, "mau", "", "lan")
    guesser = Visitor(app, "203.0.113.5")
    for number in range(20):
        assert guesser.post("/invitation", token=f"guess-{number}").status_code == 401
    assert guesser.post("/invitation", token=token).status_code == 429
    assert Visitor(app, "203.0.113.6").post("/invitation", token=token).status_code == 200


@pytest.mark.req("X1")
def test_what_a_page_fetches_by_itself_keeps_nobody_logged_in(app: Flask, data: Path) -> None:
    visitor = Visitor(app).is_in("hoa")
    with opened(data) as db:
        db.execute("UPDATE sessions SET seen_ms = seen_ms - 1800000 WHERE account = 'hoa'")
        (before,) = db.execute("SELECT max(seen_ms) FROM sessions WHERE account = 'hoa'").fetchone()
        assert visitor.get("/today/fragment", Sec_Fetch_Dest="empty").status_code == 200
        assert db.execute("SELECT max(seen_ms) FROM sessions WHERE account = 'hoa'").fetchone() == (before,)
        visitor.get("/today", Sec_Fetch_Dest="document")
        assert db.execute("SELECT max(seen_ms) FROM sessions WHERE account = 'hoa'").fetchone() > (before,)
