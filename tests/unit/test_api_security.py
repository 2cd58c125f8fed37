"""Who gets an answer of the API: whoever has a token that is in force, so and so often, and no cookie ever."""

import logging
from pathlib import Path

import pytest
from flask import Flask

from cloud.audit import FOR_EVER, Wanted, lines
from cloud.roles import Right
from cloud.tokens import FORM, Tokens
from cloud.web.api_schema import OPERATIONS
from cloud.web.bearer import A_MINUTE, AT_ONCE, _answering
from tests.api_caller import Caller, api_app, new_token, read
from tests.cloud_people import KHAC, PEOPLE, Visitor, add_people, add_sites

PATHS = [operation.path.removeprefix("/api/v1/") for operation in OPERATIONS]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloud")
    add_people(folder)
    add_sites(folder)
    return folder


@pytest.fixture(scope="module")
def app(data: Path) -> Flask:
    return api_app(data)


@pytest.mark.req("X1")
def test_without_a_token_that_opens_everything_is_answered_the_same(app: Flask, data: Path) -> None:
    ended = new_token(data, now_ms=1)
    good = new_token(data)
    wrong = {
        "none": {},
        "another": {"Authorization": "Bearer moiso_" + "a" * 43},
        "ended": {"Authorization": f"Bearer {ended}"},
        "no scheme": {"Authorization": good},
        "basic": {"Authorization": "Basic bGFuOng="},
        "two": {"Authorization": f"Bearer {good}, Bearer {good}"},
        "with more": {"Authorization": f"Bearer {good}x"},
        "case": {"Authorization": f"Bearer {good.upper()}"},
        "long": {"Authorization": "Bearer " + "x" * 5000},
        "empty": {"Authorization": "Bearer "},
    }
    client, answers = Caller(app).client, set()
    for number, headers in enumerate(wrong.values()):
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        for path in (*PATHS, "nothing", "facilities?x=1", "counts?site=khac-01"):
            answer = client.get(f"/api/v1/{path}", headers=headers)
            assert answer.status_code == 401, (headers, path)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="moiso"'
            answers.add(answer.data)
    assert len(answers) == 1
    assert "mau" not in answers.pop().decode()


@pytest.mark.req("X1")
def test_a_token_in_the_address_opens_nothing(app: Flask, data: Path) -> None:
    secret = new_token(data)
    assert Caller(app).get(f"facilities?access_token={secret}").status_code == 401
    assert secret not in Caller(app, secret).get(f"facilities?access_token={secret}").text


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", PEOPLE)
def test_a_session_of_the_dashboard_does_not_open_the_api(app: Flask, name: str) -> None:
    visitor = Visitor(app, "192.0.2.40").is_in(name)
    assert visitor.get("/accounts").status_code == 200
    for path in PATHS:
        assert visitor.get(f"/api/v1/{path}").status_code == 401


@pytest.mark.req("X1")
def test_a_token_opens_no_page(app: Flask, data: Path) -> None:
    headers = {"Authorization": f"Bearer {new_token(data)}"}
    for path in ("/overview", "/accounts/people", "/accounts/tokens", "/reports/counts.csv"):
        assert Caller(app).client.get(path, headers=headers).headers["Location"] == "/login"


@pytest.mark.req("X1")
def test_no_cookie_is_set_or_touched(app: Flask, data: Path) -> None:
    caller = Caller(app, new_token(data))
    for path in (*PATHS, "openapi.json", "facilities?lang=en", "nothing"):
        answer = caller.get(path)
        assert "Set-Cookie" not in answer.headers, path
        assert "Cookie" not in answer.headers.get("Vary", "")
    visitor = Visitor(app).is_in("lan")
    kept = visitor.cookie()
    visitor.get("/api/v1/facilities?lang=en")
    assert visitor.cookie() == kept
    assert visitor.get("/accounts").status_code == 200


@pytest.mark.req("X1")
def test_a_revoked_token_is_refused_at_once(app: Flask, data: Path) -> None:
    secret = new_token(data)
    caller = Caller(app, secret)
    assert caller.get("facilities").status_code == 200
    newest = Tokens(data).of_province("mau")[0]
    assert newest.used_ms
    Tokens(data).revoke(newest.id, "mau")
    assert caller.get("facilities").status_code == 401


@pytest.mark.req("X1")
def test_a_token_of_a_province_that_is_configured_no_more_opens_nothing(app: Flask, data: Path) -> None:
    assert Caller(app, new_token(data, province="cu")).get("facilities").status_code == 401


@pytest.mark.req("X1")
def test_each_province_sees_its_own(app: Flask, data: Path) -> None:
    caller = Caller(app, new_token(data, province=KHAC.id))
    assert [one["site"] for one in caller.json("facilities")["facilities"]] == ["khac-01"]
    assert caller.get("counts?site=mau-01").status_code == 404


@pytest.mark.req("X1")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_only_reading_is_answered(app: Flask, data: Path, method: str) -> None:
    caller = Caller(app, new_token(data))
    for path in ("facilities", "openapi.json"):
        answer = caller.client.open(f"/api/v1/{path}", method=method, headers=caller.headers, data={"x": "y"})
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD"
        assert answer.content_type == "application/problem+json"
        assert caller.client.open(f"/api/v1/{path}", method=method).status_code == 401
    assert caller.client.open("/api/v1/nothing", method=method, headers=caller.headers).status_code == 404


@pytest.mark.req("X1")
def test_a_method_that_nobody_knows_and_an_address_that_is_none_are_problems_too(app: Flask, data: Path) -> None:
    caller = Caller(app, new_token(data))
    assert read(caller.client.open("/api/v1/facilities", method="BREW"))["code"] == "only-get"
    for path in ("/api/", "/api/v2/facilities", "/api/v1/facilities/", "/api/v1/%2e%2e/overview", "/api/v1/%00"):
        answer = caller.client.get(path, headers=caller.headers)
        assert (answer.status_code, read(answer)["code"]) == (404, "no-address"), path
    head = caller.client.head("/api/v1/facilities", headers=caller.headers)
    assert (head.status_code, head.data) == (200, b"")


@pytest.mark.req("X1")
def test_no_other_origin_may_read_it(app: Flask, data: Path) -> None:
    answer = Caller(app, new_token(data)).get("facilities", Origin="https://evil.example")
    assert "access-control" not in str(answer.headers).lower()


@pytest.mark.req("X1")
def test_a_token_is_answered_so_often_and_another_one_still_is(app: Flask, data: Path) -> None:
    busy, other = Caller(app, new_token(data), "203.0.113.7"), Caller(app, new_token(data), "203.0.113.7")
    statuses = [busy.get("facilities").status_code for _ in range(A_MINUTE)]
    answer = busy.get("counts")
    assert (set(statuses), answer.status_code) == ({200}, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 61  # a minute, and its end rounded up
    assert read(answer)["code"] == "too-often"
    assert Caller(app, busy.headers["Authorization"].split()[1], "198.51.100.9").get("facilities").status_code == 429
    assert other.get("facilities").status_code == 200


@pytest.mark.req("X1")
def test_strangers_are_answered_so_often_by_address(app: Flask) -> None:
    stranger = Caller(app, "", "203.0.113.8")
    assert {stranger.get("facilities").status_code for _ in range(A_MINUTE)} == {401}
    assert stranger.get("today").status_code == 429


@pytest.mark.req("X1")
def test_while_too_much_is_answered_the_pages_keep_their_threads(app: Flask, data: Path) -> None:
    caller = Caller(app, new_token(data))
    for _ in range(AT_ONCE):
        _answering.acquire()
    try:
        answer = caller.get("facilities")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    finally:
        for _ in range(AT_ONCE):
            _answering.release()
    assert caller.get("facilities").status_code == 200


@pytest.mark.req("X3")
def test_what_is_sent_is_in_no_log(app: Flask, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = new_token(data)
    for path in ("counts?site=0912345678", "counts?0912345678=1", "0912345678", "facilities"):
        Caller(app, secret).get(path)
        Caller(app, secret + "x").get(path)
    assert "0912345678" not in caplog.text
    assert secret not in caplog.text


@pytest.mark.req("X1")
def test_an_administrator_makes_a_token_sees_it_used_and_revokes_it(app: Flask, data: Path) -> None:
    visitor = Visitor(app, "192.0.2.50").is_in("lan")
    page = visitor.post("/accounts/tokens", name="Kho <b>số liệu</b>", site="mau-01", right="devices", days="30")
    (secret,) = FORM.findall(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in visitor.get("/accounts/tokens").text
    caller = Caller(app, secret)
    assert caller.get("devices").status_code == 200
    assert caller.get("counts").status_code == 403
    made = Tokens(data).of_province("mau")[0]
    assert (made.site, made.rights, made.made_by) == ("mau-01", frozenset({Right.DEVICES}), "lan")
    assert "&lt;b&gt;" in visitor.get("/accounts/tokens").text
    assert visitor.post(f"/accounts/tokens/{made.id}/revoke").status_code == 302
    assert caller.get("devices").status_code == 401
    logged = [(line.who, line.deed, line.about) for line in lines(data, Wanted(("mau",)), before=FOR_EVER, limit=2)]
    assert logged == [
        ("lan", "revoke-token", f"token {made.id}"),
        ("lan", "make-token", f"token {made.id}: devices mau-01"),
    ]


@pytest.mark.req("X1")
def test_an_administrator_of_another_province_neither_sees_nor_revokes_it(app: Flask, data: Path) -> None:
    secret = new_token(data)
    number = Tokens(data).of_province("mau")[0].id
    visitor = Visitor(app, "192.0.2.51").is_in("khanh")
    assert f"#{number}<" not in visitor.get("/accounts/tokens").text
    assert visitor.post(f"/accounts/tokens/{number}/revoke").status_code == 404
    assert visitor.post(f"/accounts/tokens/{10**30}/revoke").status_code == 404
    assert Caller(app, secret).get("facilities").status_code == 200


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["mai", "hoa", "minh"])
def test_nobody_but_administrators_comes_to_the_tokens(app: Flask, name: str) -> None:
    visitor = Visitor(app, "192.0.2.52").is_in(name)
    assert visitor.get("/accounts/tokens").status_code == 403
    assert visitor.post("/accounts/tokens", name="x", right="figures", days="30").status_code == 403


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "x" * 61}, 422),
        ({"name": "a\0b"}, 422),
        ({"right": ""}, 400),
        ({"right": "accounts"}, 400),
        ({"days": "366"}, 400),
        ({"days": "٣٠"}, 400),
        ({"site": "khac-01"}, 404),
        ({"site": "mau-99"}, 404),
    ],
)
def test_a_form_that_asks_for_too_much_makes_no_token(
    app: Flask, data: Path, form: dict[str, str], status: int
) -> None:
    visitor = Visitor(app, "192.0.2.53").is_in("lan")
    before = len(Tokens(data).of_province("mau"))
    sent = {"name": "Kho", "site": "", "right": "figures", "days": "30", **form}
    assert visitor.post("/accounts/tokens", **sent).status_code == status
    assert len(Tokens(data).of_province("mau")) == before
