"""Who may let sites join at the dashboard, and what strangers can do at the address where hubs ask."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.enrolment import make_code
from cloud.web.doors import limiter
from edge.contracts.code_words import typeable
from edge.daemon.x509 import make_request, new_key
from tests.cloud_enrolment import CloudEnd
from tests.cloud_people import Visitor, cloud_config, make_app

ADDRESS = iter(f"198.51.100.{n}" for n in range(1, 200))


@pytest.fixture
def end(tmp_path: Path) -> Iterator[CloudEnd]:
    yield CloudEnd(tmp_path)
    limiter.reset()


@pytest.mark.req("X1", "X2", "X6")
def test_a_technician_makes_a_code_that_is_shown_once_and_stands_in_the_log(end: CloudEnd) -> None:
    minh = Visitor(end.app()).is_in("minh")
    page = minh.post("/enrolment", site="mau-01").text
    code = re.search(r'id="code">([^<]+)<', page)
    assert code
    assert len(code[1].split(" · ")) == 6
    assert "moiso-enrol cloud --url https://localhost --site mau-01" in page
    assert code[1] not in minh.get("/enrolment").text
    assert "mau-01" in minh.get("/enrolment").text
    assert code[1].encode() not in b"".join(path.read_bytes() for path in end.data.glob("*.db*"))
    lan = Visitor(end.app()).is_in("lan")
    assert "enrolment-code" in lan.get("/accounts/audit").text
    minh.post("/enrolment/mau-01/withdraw")
    assert "chưa dùng" not in minh.get("/enrolment").text


@pytest.mark.req("X1")
@pytest.mark.parametrize("site", ["khac-01", "ingest", "../x", "", "MAU-01", "mau-" + "1" * 40])
def test_no_code_is_made_for_a_site_of_another_province_or_for_none(end: CloudEnd, site: str) -> None:
    minh = Visitor(end.app()).is_in("minh")
    answer = minh.post("/enrolment", site=site)
    assert answer.status_code == 422
    assert 'id="code"' not in answer.text


@pytest.mark.req("X1")
def test_the_departments_staff_and_a_facility_do_not_open_the_page(end: CloudEnd) -> None:
    for name in ("mai", "hoa"):
        assert Visitor(end.app()).is_in(name).get("/enrolment").status_code == 403


@pytest.mark.req("X6")
def test_another_provinces_site_is_neither_shown_nor_revoked(end: CloudEnd) -> None:
    khanh = Visitor(end.app()).is_in("khanh")
    assert khanh.post("/enrolment/mau-01/revoke").status_code == 404
    assert khanh.post("/enrolment/mau-01/withdraw").status_code == 404


@pytest.mark.req("X1", "X5")
def test_whoever_guesses_codes_is_not_heard_any_more(end: CloudEnd) -> None:
    app = end.app()
    guesser = app.test_client()
    body = {"site": "mau-01", "code": "gà gà gà gà gà gà", "csr": csr()}
    statuses = [
        guesser.post("/enrol", json=body, environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code for _ in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2
    other = app.test_client().post("/enrol", json=body, environ_base={"REMOTE_ADDR": "192.0.2.10"})
    assert other.status_code == 401


def csr() -> str:
    return make_request(new_key(), "mau-01")


@pytest.mark.req("X1")
@pytest.mark.parametrize("path", ["/enrol", "/enrol/renewal"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff\xfe", b"x" * 20_000, json.dumps({"site": "mau-01"}).encode()]
)
def test_what_is_no_request_is_turned_away(end: CloudEnd, path: str, body: bytes) -> None:
    answer = end.app().test_client().post(path, data=body, environ_base={"REMOTE_ADDR": next(ADDRESS)})
    assert answer.status_code == 422


def test_without_an_issuer_a_right_code_says_that_nothing_can_be_issued_now(end: CloudEnd) -> None:
    body = {"site": "mau-01", "code": typeable(make_code(end.data, "mau-01", "lan")), "csr": csr()}
    answer = end.app().test_client().post("/enrol", json=body, environ_base={"REMOTE_ADDR": next(ADDRESS)})
    assert answer.status_code == 503


def test_where_nothing_is_issued_the_page_says_so_and_hubs_are_told(end: CloudEnd) -> None:
    app = make_app(replace(cloud_config(end.data), enrolment=None))
    assert "không có [enrolment]" in Visitor(app).is_in("minh").get("/enrolment").text
    answer = app.test_client().post("/enrol", json={"site": "mau-01", "code": "gà", "csr": csr()})
    assert answer.status_code == 404
