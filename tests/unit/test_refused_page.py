"""The page of what was refused: what it says, whom it shows, who may revoke, and that no content is on it."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cloud.accounts import add_account
from cloud.admission import Reason
from cloud.config import Accounts, Cloud, Totp, Web
from cloud.ledger import Arrival, Ledger, connect
from cloud.quarantine import Message, revoked
from cloud.roles import Role
from cloud.web import create_app
from cloud.web.refused import OTHERS, REASONS
from edge.contracts.events import TicketRated
from edge.daemon.config import Broker
from tests.journals import Journal

PASSWORD = "một mật khẩu đủ dài"
Enter = Callable[..., FlaskClient]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    (tmp_path / "session.key").write_text("0" * 64)
    nowhere = Broker("127.0.0.1:1", tmp_path, tmp_path, tmp_path)
    web = Web("127.0.0.1:0", tmp_path / "session.key")
    return create_app(Cloud(tmp_path, web, nowhere, accounts=Accounts(Totp.OFFERED)))


@pytest.fixture
def enter(app: Flask, tmp_path: Path) -> Enter:
    """A browser that is logged in to an account of this role and site."""
    app.config["PREFERRED_URL_SCHEME"] = "https"

    def entered(role: Role = Role.ADMINISTRATOR, site: str = "") -> FlaskClient:
        add_account(tmp_path, role.value, PASSWORD, role, site=site)
        client = app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        form = {"name": role.value, "password": PASSWORD, "csrf_token": token(client.get("/login").text)}
        client.post("/login", data=form, headers={"Referer": "https://localhost/login"})
        return client

    return entered


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def posted(client: FlaskClient, path: str) -> int:
    form = {"csrf_token": token(client.get("/refused").text)}
    return client.post(path, data=form, headers={"Referer": "https://localhost/refused"}).status_code


def fill(data: Path) -> None:
    ledger, journal, wrong = Ledger(data), Journal(), Journal()
    journal.open("Trung tâm Mẫu 1")
    ledger.record("mau-01", journal.batch(), received_ms=1_000)
    ledger.note_refusal("mau-01", Reason.NEWER, Message.of(b"Nguyen Van Mau"), received_ms=2_000)
    ledger.note_refusal("mau-02", Reason.UNREADABLE, Message.of(b"\xff"), received_ms=3_000)
    wrong.open()
    wrong.happens(TicketRated("a" * 32, "general", "q1", 9))
    ledger.record_all([Arrival("mau-03", wrong.batch(), Message.of(b"wrong"))], received_ms=4_000)
    ledger.close()


def test_without_refusals_it_says_so(enter: Enter) -> None:
    assert "Chưa có gói nào bị từ chối." in enter().get("/refused").text


@pytest.mark.req("X5")
def test_it_says_what_was_refused_of_whom_and_what_to_do(enter: Enter, tmp_path: Path) -> None:
    fill(tmp_path)
    page = enter().get("/refused").text
    assert re.findall(r'<section class="card" id="([^"]+)"', page) == ["mau-03", "mau-02", "mau-01"]
    assert "Trung tâm Mẫu 1" in page
    for reason in ("newer", "unreadable", "fault"):
        assert all(words in page for words in REASONS[reason])
    assert "KeyError tallies.py:" in page
    assert Message.of(b"Nguyen Van Mau").sha256[:16] in page
    assert "Nguyen Van Mau" not in page
    assert page.count("Đang bị chặn") == 3


@pytest.mark.req("X1")
def test_each_sees_their_own_sites_and_only_whoever_configures_may_revoke(enter: Enter, tmp_path: Path) -> None:
    fill(tmp_path)
    facility = enter(Role.FACILITY, "mau-02")
    page = facility.get("/refused").text
    assert re.findall(r'<section class="card" id="([^"]+)"', page) == ["mau-02"]
    assert "/revoke" not in page
    assert posted(facility, "/refused/mau-02/revoke") == 403
    technician = enter(Role.TECHNICIAN, "mau-02")
    assert posted(technician, "/refused/mau-01/revoke") == 404
    assert posted(technician, "/refused/mau-02/revoke") == 302
    with closing(connect(tmp_path)) as db:
        assert revoked(db) == {"mau-02"}
    assert "không nhận gì của cơ sở này" in technician.get("/refused").text
    assert posted(technician, "/refused/mau-02/readmit") == 302
    with closing(connect(tmp_path)) as db:
        assert revoked(db) == frozenset()


def test_a_revocation_without_its_token_is_refused(enter: Enter, tmp_path: Path) -> None:
    fill(tmp_path)
    client = enter()
    assert client.post("/refused/mau-01/revoke", headers={"Referer": "https://localhost/"}).status_code == 400


def test_nobody_is_shown_it_without_an_account(app: Flask) -> None:
    assert app.test_client().get("/refused").status_code == 302


def test_every_reason_has_words_or_those_of_others() -> None:
    assert set(REASONS) <= {reason.value for reason in Reason}
    assert all(OTHERS)
