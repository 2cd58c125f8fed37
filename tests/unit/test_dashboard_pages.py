"""The dashboard's pages through Flask's test client: who gets in, what is said, what no page may do."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cloud.accounts import add_account
from cloud.config import Accounts, Cloud, Totp, Web
from cloud.ledger import Ledger
from cloud.web import create_app
from cloud.web.figures import hour_bars
from cloud.web.today import CHIP_FACES, CONTESTS, PURPOSES
from cloud.wording import DOCUMENTS, FAULTS, OUTCOMES, READ_AS
from edge.contracts.eligibility import Outcome
from edge.contracts.events import PaymentTaken
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.payment import PaymentMeans
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document
from edge.daemon.config import Broker, ConfigError
from edge.daemon.i18n import translations
from tests.journals import MINUTE_MS, Journal

PASSWORD = "một mật khẩu đủ dài"
OPEN_TO_ALL = {"login.form", "login.attempt", "static", "brand.static", "today.home"}


@pytest.fixture
def config(tmp_path: Path) -> Cloud:
    (tmp_path / "session.key").write_text("0" * 64)
    add_account(tmp_path, "lan", PASSWORD)
    nowhere = Broker("127.0.0.1:1", tmp_path, tmp_path, tmp_path)
    return Cloud(
        tmp_path,
        Web("127.0.0.1:0", tmp_path / "session.key"),
        nowhere,
        accounts=Accounts(Totp.OFFERED),
    )


@pytest.fixture
def app(config: Cloud) -> Flask:
    return create_app(config)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.config["PREFERRED_URL_SCHEME"] = "https"
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    return client


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def log_in(client: FlaskClient, password: str = PASSWORD, name: str = "lan") -> int:
    page = client.get("/login").text
    form = {"name": name, "password": password, "csrf_token": token(page)}
    return client.post("/login", data=form, headers={"Referer": "https://localhost/login"}).status_code


def record(
    data: Path,
    *,
    called: int,
    waiting: int,
    name: str = "Trung tâm Y tế huyện Mẫu",
    readings: Sequence[ReadingFault | None] = (),
    look_ups: Sequence[Outcome] = (),
    payments: Sequence[PaymentMeans] = (),
) -> None:
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    journal = Journal(int(now.timestamp() * 1000))
    journal.open(name, day=now.date().isoformat())
    for number in range(called + waiting):
        journal.issue(f"t{number}", document=Document.NONE if number % 4 else Document.CCCD_QR)
    for fault in readings:
        journal.read(Document.CCCD_CHIP, fault)
    for outcome in look_ups:
        journal.look_up(outcome)
    journal.at_ms += 20 * MINUTE_MS
    for number in range(called):
        journal.call(f"t{number}")
    for number, means in enumerate(payments):
        journal.happens(PaymentTaken(f"t{number}", "general", "q1", means))
    ledger = Ledger(data)
    ledger.record("mau-01", journal.batch(), received_ms=int(now.timestamp() * 1000))
    ledger.close()


@pytest.mark.req("P4")
def test_the_page_shows_the_figures(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=1, waiting=1199)
    assert log_in(client) == 302
    page = client.get("/today").text
    assert "Trung tâm Y tế huyện Mẫu" in page
    assert '<p class="num" id="tickets">1.200</p>' in page
    assert '<p class="num" id="waiting">1.199</p>' in page
    assert "25,0 %" in page
    assert "300 / 1.200" in page
    english = client.get("/today?lang=en").text
    assert '<p class="num" id="tickets">1,200</p>' in english
    assert "300 / 1,200" in english
    assert "Sample District Health Centre" in english
    assert "Hôm nay" not in english


@pytest.mark.req("D1", "P4")
def test_the_page_shows_how_documents_were_read_and_why_not(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=0, waiting=4, readings=(None, None, ReadingFault.CARD_REMOVED))
    log_in(client)
    page = client.get("/today").text
    readings = page.partition('id="readings"')[2].partition("</section>")[0]
    assert "Căn cước, chip" in readings
    assert "66,7 %" in readings
    assert "2 / 3" in readings
    assert re.search(r"Nhấc thẻ ra khi đang đọc</dt><dd>1</dd>", readings)
    assert "Chip bị sao chép" not in readings
    english = client.get("/today?lang=en").text
    assert "ID card, chip" in english
    assert "Card taken away while it was read" in english
    assert "Đọc giấy tờ" not in english


@pytest.mark.req("D1", "D5", "P4")
def test_the_page_shows_how_many_have_insurance_in_force_and_why_not(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=0, waiting=4, look_ups=(Outcome.VALID, Outcome.VALID, Outcome.EXPIRED))
    log_in(client)
    insurance = client.get("/today").text.partition('id="insurance"')[2].partition("</section>")[0]
    assert "66,7 %" in insurance
    assert "2 / 3" in insurance
    assert re.search(r"Thẻ hết hạn</dt><dd>1</dd>", insurance)
    assert "Insurance look-ups: in force" in client.get("/today?lang=en").text


def test_where_nothing_was_read_the_page_says_nothing_of_readings(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=0, waiting=4)
    log_in(client)
    page = client.get("/today").text
    assert 'id="readings"' not in page
    assert 'id="insurance"' not in page
    assert 'id="faces"' not in page


@pytest.mark.req("D7", "D1")
def test_the_share_without_cash_stands_on_the_pages_where_anything_was_reported(
    config: Cloud, client: FlaskClient
) -> None:
    record(config.data, called=3, waiting=1, payments=(PaymentMeans.QR, PaymentMeans.CARD, PaymentMeans.CASH))
    log_in(client)
    day = f"{datetime.now(ZoneInfo('Asia/Ho_Chi_Minh')):%Y-%m-%d}"
    card = client.get(f"/facilities/mau-01?period={day}").text.partition('id="payments"')[2].partition("</section>")[0]
    assert "Thanh toán không tiền mặt" in card
    assert "66,7 %" in card
    assert "2 / 3" in card
    assert re.search(r"Chuyển khoản bằng mã QR</dt><dd>1</dd>", card)
    line = client.get(f"/overview?period={day}").text.partition('id="payments"')[2].partition("</p>")[0]
    assert "66,7 % (2/3 lượt thu phí), 1 cơ sở báo" in line
    english = client.get(f"/facilities/mau-01?period={day}&lang=en").text
    assert "Cash-free payment" in english
    assert "Transfer by QR" in english
    assert "66.7 % (2/3 fees), reported by 1" in client.get(f"/overview?period={day}&lang=en").text


@pytest.mark.req("D7", "D1")
def test_where_no_payment_was_reported_no_page_shows_a_share_of_any(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=3, waiting=1)
    log_in(client)
    day = f"{datetime.now(ZoneInfo('Asia/Ho_Chi_Minh')):%Y-%m-%d}"
    page = client.get(f"/facilities/mau-01?period={day}").text
    assert 'id="payments"' not in page
    assert "Thanh toán không tiền mặt: cơ sở chưa báo." in page
    assert 'id="payments"' not in client.get(f"/overview?period={day}").text


def test_every_kind_of_document_and_every_reason_has_its_words_in_both_languages() -> None:
    assert (set(DOCUMENTS), set(READ_AS), set(FAULTS)) == (set(Document), set(Document), set(ReadingFault))
    assert set(OUTCOMES) == set(Outcome)
    assert (set(PURPOSES), set(CHIP_FACES), set(CONTESTS)) == (set(Purpose), set(ChipVerdict), set(ContestVerdict))
    english = translations("en", "cloud").gettext
    tables = (DOCUMENTS, READ_AS, FAULTS, OUTCOMES, PURPOSES, CHIP_FACES, CONTESTS)
    for words in (word for table in tables for word in table.values()):
        assert english(words) != words


def test_without_figures_the_page_says_what_to_do(client: FlaskClient) -> None:
    log_in(client)
    assert "Chưa có cơ sở nào gửi số liệu" in client.get("/today").text


@pytest.mark.req("X1")
def test_a_wrong_login_is_told_in_both_languages(client: FlaskClient) -> None:
    form = {"name": "lan", "password": "sai", "csrf_token": token(client.get("/login").text)}
    answer = client.post("/login", data=form, headers={"Referer": "https://localhost/login"})
    assert answer.status_code == 401
    assert "Tên hoặc mật khẩu không đúng" in answer.text
    assert "Wrong name or password" in answer.text
    assert client.get("/today").status_code == 302


@pytest.mark.req("X1", "X5")
def test_guessing_is_throttled_even_from_a_right_password(client: FlaskClient) -> None:
    for _ in range(10):
        assert log_in(client, "sai") == 401
    assert log_in(client, "sai") == 429
    assert log_in(client) == 429


@pytest.mark.req("X1")
def test_the_cookie_of_before_the_logout_opens_nothing_after_it(client: FlaskClient) -> None:
    log_in(client)
    kept = client.get_cookie("__Host-moiso")
    assert kept is not None
    form = {"csrf_token": token(client.get("/today").text)}
    assert client.post("/logout", data=form, headers={"Referer": "https://localhost/today"}).status_code == 302
    client.set_cookie("__Host-moiso", kept.value, secure=True)
    assert client.get("/today").status_code == 302
    assert client.get("/today/fragment").status_code == 401


@pytest.mark.req("X1")
def test_forms_without_their_token_do_nothing(client: FlaskClient) -> None:
    assert client.post("/login", data={"name": "lan", "password": PASSWORD}).status_code == 400
    log_in(client)
    assert client.post("/logout").status_code == 400
    assert client.get("/today").status_code == 200


@pytest.mark.req("X1", "X3")
def test_the_cookie_and_the_headers_are_strict(client: FlaskClient) -> None:
    answer = client.get("/login")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-moiso=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_name_from_a_site_is_text_and_not_markup(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=0, waiting=1, name="<script>alert(1)</script>")
    log_in(client)
    page = client.get("/today").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_no_page_carries_inline_script_or_style(config: Cloud, client: FlaskClient) -> None:
    record(config.data, called=3, waiting=2)
    pages = [client.get("/login").text]
    log_in(client)
    pages.append(client.get("/today").text)
    for page in pages:
        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\son[a-z]+=", page)


def test_a_missing_or_weak_session_key_is_named(config: Cloud) -> None:
    config.web.session_key_file.write_text("short")
    with pytest.raises(ConfigError, match=r"session\.key: .*shorter"):
        create_app(config)
    config.web.session_key_file.unlink()
    with pytest.raises(ConfigError, match=r"session\.key"):
        create_app(config)


def test_the_chart_shows_working_hours_and_every_hour_with_tickets() -> None:
    quiet = [0] * 24
    assert [bar.hour for bar in hour_bars(tuple(quiet))] == list(range(7, 17))
    quiet[5], quiet[20] = 3, 6
    bars = hour_bars(tuple(quiet))
    assert [bar.hour for bar in bars] == list(range(5, 21))
    assert bars[-1].height == 2 * bars[0].height > 0
    assert bars[-1].x + bars[-1].width <= 520
