"""The pages about accounts: who may do what to whom, what is said, and what the audit log keeps of it."""

import csv
import io
import re
from pathlib import Path

import pytest
from flask import Flask

from cloud import audit
from cloud.accounts.database import opened
from cloud.accounts.people import find_account
from cloud.accounts.sessions import sessions_of
from cloud.config import Totp
from cloud.roles import Role
from cloud.web.doors import browser_name
from tests.cloud_people import PASSWORD, Visitor, add_people, add_sites, cloud_config, code_of, make_app, secret_on

OTHER = "một câu khác cũng đủ dài"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The accounts of PEOPLE, made once for their passwords' sake."""
    folder = tmp_path_factory.mktemp("made")
    add_people(folder)
    return (folder / "accounts.db").read_bytes()


@pytest.fixture
def data(tmp_path: Path, made: bytes) -> Path:
    (tmp_path / "accounts.db").write_bytes(made)
    return tmp_path


@pytest.fixture
def app(data: Path) -> Flask:
    return make_app(cloud_config(data))


@pytest.fixture
def strict(data: Path) -> Flask:
    """Where administrators and technicians must have a second factor."""
    return make_app(cloud_config(data, totp=Totp.REQUIRED))


def deeds(data: Path, *provinces: str) -> list[tuple[str, str, str, str]]:
    found = audit.lines(data, audit.Wanted(provinces or ("mau", "khac", "")), limit=99)
    return [(line.who, line.deed, line.about, line.result) for line in found]


def link_on(page: str) -> str:
    found = re.search(r'id="link" value="https://localhost/invitation#([\w-]+)"', page)
    assert found
    return found[1]


@pytest.mark.req("X1")
def test_an_administrator_sets_up_a_second_factor_before_anything_opens(strict: Flask, data: Path) -> None:
    visitor = Visitor(strict)
    answer = visitor.log_in("lan")
    assert answer.headers["Location"] == "/login/enrol"
    assert visitor.get("/accounts").headers["Location"] == "/login"
    page = visitor.get("/login/enrol").text
    assert '<svg class="qr"' in page
    secret = secret_on(page)
    before = visitor.cookie()
    assert visitor.post("/login/enrol", code="000000").status_code == 401
    done = visitor.post("/login/enrol", code=code_of(secret))
    assert done.status_code == 200
    assert len(re.findall(r"<li>([a-z2-7]{4}-){3}[a-z2-7]{4}</li>", done.text)) == 10
    assert visitor.cookie() != before
    assert visitor.get("/accounts").status_code == 200
    assert find_account(data, "lan").second_factor
    assert ("lan", "second-factor-on", "lan", "done") in deeds(data)
    again = Visitor(strict)
    assert again.log_in("lan").headers["Location"] == "/login/code"
    assert again.get("/accounts").headers["Location"] == "/login"
    assert again.get("/login/enrol").headers["Location"] == "/login"  # a second phone cannot be added on the way in
    assert again.post("/login/enrol", code=code_of(secret, 1)).status_code == 400
    again.log_in("lan")
    wrong = again.post("/login/code", code="000000")
    assert wrong.status_code == 401
    assert "Mã không đúng" in wrong.text
    right = code_of(secret, 1)
    assert again.post("/login/code", code=right).headers["Location"] == "/today"
    assert again.get("/accounts").status_code == 200
    third = Visitor(strict)
    third.log_in("lan")
    assert third.post("/login/code", code=right).status_code == 401
    assert deeds(data)[0] == ("lan", "login", "", "wrong-code")


@pytest.mark.req("X1")
def test_where_it_is_only_offered_the_password_is_enough(app: Flask) -> None:
    visitor = Visitor(app)
    assert visitor.log_in("lan").headers["Location"] == "/today"
    assert "Chưa bật" in visitor.get("/accounts").text


@pytest.mark.req("X1")
def test_one_cannot_drop_a_second_factor_that_the_role_must_have(strict: Flask, data: Path) -> None:
    visitor = Visitor(strict).is_in("lan")
    answer = visitor.post("/accounts/second-factor/remove", current=PASSWORD)
    assert answer.status_code == 422
    assert "không bỏ được" in answer.text


@pytest.mark.req("X1")
def test_a_second_factor_is_set_up_renewed_and_dropped_only_with_the_password(app: Flask, data: Path) -> None:
    visitor = Visitor(app).is_in("mai")
    secret = secret_on(visitor.get("/accounts/second-factor").text)
    stolen = visitor.post("/accounts/second-factor", code=code_of(secret), current="sai")
    assert stolen.status_code == 401
    assert not find_account(data, "mai").second_factor
    done = visitor.post("/accounts/second-factor", code=code_of(secret), current=PASSWORD)
    assert "Mã dự phòng" in done.text
    assert "Còn 10 mã dự phòng." in visitor.get("/accounts").text
    assert visitor.post("/accounts/second-factor/codes", current="sai").status_code == 401
    assert visitor.post("/accounts/second-factor/codes", current=PASSWORD).status_code == 200
    assert visitor.post("/accounts/second-factor/remove", current="sai").status_code == 401
    assert find_account(data, "mai").second_factor
    assert visitor.post("/accounts/second-factor/remove", current=PASSWORD).status_code == 302
    assert not find_account(data, "mai").second_factor
    assert [deed[1] for deed in deeds(data, "mau") if deed[3] == "done"] == [
        "second-factor-off",
        "recovery-codes",
        "second-factor-on",
    ]


@pytest.mark.req("X1")
def test_a_new_password_needs_the_old_one_and_ends_every_other_session(app: Flask, data: Path) -> None:
    here, there = Visitor(app).is_in("mai"), Visitor(app).is_in("mai")
    before = here.cookie()
    wrong = here.post("/accounts/password", current="sai", password=OTHER, again=OTHER)
    assert wrong.status_code == 401
    assert "Mật khẩu hiện tại không đúng" in wrong.text
    assert here.post("/accounts/password", current=PASSWORD, password=OTHER, again=OTHER + "x").status_code == 422
    common = "matkhau123456"
    assert here.post("/accounts/password", current=PASSWORD, password=common, again=common).status_code == 422
    assert here.post("/accounts/password", current=PASSWORD, password=OTHER, again=OTHER).status_code == 302
    assert "Đã đổi mật khẩu" in here.get("/accounts").text
    assert here.cookie() != before
    assert there.get("/accounts").status_code == 302
    assert Visitor(app).log_in("mai", PASSWORD).status_code == 401
    assert Visitor(app).log_in("mai", OTHER).status_code == 302


@pytest.mark.req("X1")
def test_ones_sessions_are_listed_and_ended(app: Flask, data: Path) -> None:
    here, there, other = Visitor(app).is_in("mai"), Visitor(app).is_in("mai"), Visitor(app).is_in("hoa")
    page = here.get("/accounts").text
    (listed,) = re.findall(r'name="id" value="([0-9a-f]{16})"', page)
    assert other.post("/accounts/sessions/end", id=listed).status_code == 302
    assert there.get("/accounts").status_code == 200  # not hers to end
    here.post("/accounts/sessions/end", id=listed)
    assert there.get("/accounts").status_code == 302
    third = Visitor(app).is_in("mai")
    here.post("/accounts/sessions/end", id="")
    assert (here.get("/accounts").status_code, third.get("/accounts").status_code) == (200, 302)
    assert len(sessions_of(data, "mai")) == 1


@pytest.mark.req("X1")
def test_somebody_is_invited_chooses_a_name_and_comes_in(app: Flask, data: Path) -> None:
    add_sites(data)
    lan = Visitor(app).is_in("lan")
    page = lan.post("/accounts/people/invite", role="facility", site="mau-02").text
    token = link_on(page)
    assert token not in lan.get("/accounts/people").text  # shown once
    guest = Visitor(app)
    assert guest.get("/invitation").status_code == 200
    asked = guest.post("/invitation", token=token)
    assert "Lãnh đạo cơ sở" in asked.text
    refused = guest.post("/invitation/accept", token=token, name="lan", password=OTHER, again=OTHER)
    assert refused.status_code == 422
    assert "Tên này đã có tài khoản" in refused.text
    made = guest.post("/invitation/accept", token=token, name="Nga", password=OTHER, again=OTHER)
    assert made.headers["Location"] == "/login"
    assert guest.log_in("nga", OTHER).headers["Location"] == "/today"
    assert find_account(data, "nga").site == "mau-02"
    overview = guest.get("/overview").text
    assert "Bệnh viện Mẫu Hai" in overview
    assert "Trung tâm Y tế huyện Mẫu" not in overview
    assert guest.post("/invitation", token=token).status_code == 401
    assert [deed[1] for deed in deeds(data, "mau")] == ["login", "account-by-invitation", "invite"]
    assert all(token not in part for deed in deeds(data) for part in deed)


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("role", "site", "status"),
    [
        ("facility", "", 422),
        ("facility", "khac-01", 422),
        ("facility", "*", 422),
        ("facility", "mau-*", 422),
        ("facility", "mau-01/../x", 422),
        ("administrator", "mau-01", 422),
        ("root", "", 400),
        ("technician", "mau-01", 200),
    ],
)
def test_nobody_is_invited_beyond_the_province(app: Flask, role: str, site: str, status: int) -> None:
    assert Visitor(app).is_in("lan").post("/accounts/people/invite", role=role, site=site).status_code == status


@pytest.mark.req("X1")
def test_an_administrator_changes_the_provinces_accounts_and_it_holds_at_once(app: Flask, data: Path) -> None:
    lan, minh = Visitor(app).is_in("lan"), Visitor(app).is_in("minh")
    assert minh.get("/overview").status_code == 403
    lan.post("/accounts/people/minh/role", role="province", site="")
    assert minh.get("/overview").status_code == 200
    lan.post("/accounts/people/minh/disabled", disabled="1")
    assert minh.get("/overview").status_code == 302
    assert Visitor(app).log_in("minh").status_code == 401
    assert "bị khoá" in lan.get("/accounts/people").text
    lan.post("/accounts/people/minh/disabled", disabled="0")
    assert find_account(data, "minh").role is Role.PROVINCE
    token = link_on(lan.post("/accounts/people/minh/password").text)
    guest = Visitor(app)
    guest.post("/invitation/accept", token=token, name="x", password=OTHER, again=OTHER)
    assert guest.log_in("minh", OTHER).status_code == 302
    assert [deed[:3] for deed in deeds(data, "mau") if deed[0] == "lan"] == [
        ("lan", "password-link", "minh"),
        ("lan", "enable", "minh"),
        ("lan", "disable", "minh"),
        ("lan", "change-role", "minh: province"),
    ]


@pytest.mark.req("X1")
def test_the_last_administrator_cannot_leave(app: Flask, data: Path) -> None:
    lan = Visitor(app).is_in("lan")
    for path, form in (("disabled", {"disabled": "1"}), ("role", {"role": "province", "site": ""})):
        answer = lan.post(f"/accounts/people/lan/{path}", **form)
        assert answer.status_code == 422
        assert "quản trị cuối cùng" in answer.text
    assert deeds(data)[0] == ("lan", "change-role", "lan", "last-administrator")
    assert find_account(data, "lan").role is Role.ADMINISTRATOR


@pytest.mark.req("X1")
@pytest.mark.parametrize("path", ["", "/role", "/disabled", "/second-factor", "/password"])
@pytest.mark.parametrize("name", ["khanh", "nobody"])
def test_another_provinces_accounts_are_not_there(app: Flask, data: Path, path: str, name: str) -> None:
    lan = Visitor(app).is_in("lan")
    where = f"/accounts/people/{name}{path}"
    answer = lan.post(where, role="province", site="", disabled="1") if path else lan.get(where)
    assert answer.status_code == 404
    assert "khanh" not in lan.get("/accounts/people").text
    assert not find_account(data, "khanh").disabled


@pytest.mark.req("X1")
@pytest.mark.parametrize("name", ["mai", "hoa", "minh"])
def test_nobody_else_looks_after_accounts(app: Flask, name: str) -> None:
    visitor = Visitor(app).is_in(name)
    page = visitor.get("/accounts")
    assert page.status_code == 200
    assert "/accounts/people" not in page.text
    for path in ("/accounts/people", "/accounts/people/lan", "/accounts/audit", "/accounts/audit.csv"):
        assert visitor.get(path).status_code == 403
    assert visitor.post("/accounts/people/invite", role="administrator", site="").status_code == 403


@pytest.mark.req("X1")
def test_an_account_whose_province_is_not_configured_gets_nowhere(app: Flask, data: Path) -> None:
    visitor = Visitor(app).is_in("mai")
    with opened(data) as db:
        db.execute("UPDATE accounts SET province = 'gone' WHERE name = 'mai'")
    assert visitor.get("/accounts").status_code == 302
    assert Visitor(app).log_in("mai").headers["Location"] == "/login"
    assert deeds(data, "gone")[0] == ("mai", "login", "", "no-province")


@pytest.mark.req("X2")
def test_the_log_shows_the_provinces_own_lines_by_who_deed_and_day(app: Flask, data: Path) -> None:
    audit.record(data, "mai", "login")
    audit.record(data, "lan", "invite", "hoa")
    audit.record(data, "khanh", "invite", "somebody-elsewhere")
    audit.record(data, "hoa", "print-report", "<b>mau-01</b>")
    lan, khanh = Visitor(app).is_in("lan"), Visitor(app).is_in("khanh")
    page = lan.get("/accounts/audit").text
    assert "somebody-elsewhere" not in page
    assert "print-report" in page  # a deed without words is shown as it is named
    assert "&lt;b&gt;mau-01" in page
    assert "somebody-elsewhere" in khanh.get("/accounts/audit").text
    assert re.findall(r'data-label="Ai">(\w+)', lan.get("/accounts/audit?who=mai").text) == ["mai"]
    assert re.findall(r'data-label="Ai">(\w+)', lan.get("/accounts/audit?deed=invite").text) == ["lan"]
    assert "Không có dòng nào như vậy" in lan.get("/accounts/audit?day=2020-01-01").text
    for odd in ("day=x", "day=0001-01-01", "day=9999-12-31", "before=x", "before=99999999999999999", "who=%00"):
        assert lan.get(f"/accounts/audit?{odd}").status_code == 200
    assert "Chuỗi nhật ký nguyên vẹn" in lan.get("/accounts/audit?check=1").text
    assert "Today" not in page
    assert "print-report" not in khanh.get("/accounts/audit").text


@pytest.mark.req("X2")
def test_the_log_goes_page_by_page_and_as_a_file_without_formulas(app: Flask, data: Path) -> None:
    for number in range(60):
        audit.record(data, "lan", "invite", f"=cmd|'/c calc'!A{number}")
    audit.record(data, "khanh", "invite", "somebody-elsewhere")
    lan = Visitor(app).is_in("lan")
    page = lan.get("/accounts/audit").text
    older = re.search(r'href="(/accounts/audit\?before=\d+[^"]*)"', page)
    assert older
    assert page.count('scope="row"') == 50
    assert lan.get(older[1].replace("&amp;", "&")).text.count('scope="row"') == 10
    answer = lan.get("/accounts/audit.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["seq", "time_utc", "who", "deed", "about", "result", "sha256"]
    assert len(rows) == 62  # and the export itself
    assert rows[1][2:4] == ["lan", "export-audit"]
    assert rows[2][4].startswith("'=cmd")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[2][1])
    assert "somebody-elsewhere" not in answer.text


@pytest.mark.req("X2")
def test_a_wrong_password_is_noted_without_what_was_typed(app: Flask, data: Path) -> None:
    Visitor(app).log_in("mật-khẩu-gõ-nhầm-ô", "x")
    Visitor(app).log_in("mai", "sai mật khẩu")
    assert deeds(data)[:2] == [("", "login", "mai", "wrong-password"), ("", "login", "", "wrong-password")]
    stored = (data / "audit.db").read_bytes()
    assert "gõ-nhầm".encode() not in stored
    assert "sai mật khẩu".encode() not in stored


def test_every_page_speaks_english_too(app: Flask, data: Path) -> None:
    lan = Visitor(app).is_in("lan")
    lan.get("/accounts?lang=en")
    for path in ("/accounts", "/accounts/people", "/accounts/people/mai", "/accounts/audit", "/accounts/second-factor"):
        assert lan.get(path).status_code == 200


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5", "?"),
        ("<script>alert(1)</script>", "?"),
    ],
)
def test_a_browser_is_named_in_two_words(agent: str, name: str) -> None:
    assert browser_name(agent) == name
