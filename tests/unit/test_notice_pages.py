"""The page of what was sent about alarms: whose recipients it shows, how little of an address, and telling again."""

import re
import smtplib
import socket
import ssl
from pathlib import Path
from shutil import copytree

import pytest
from flask import Flask
from msgspec.structs import replace

from cloud.accounts.people import add_account
from cloud.audit import Wanted
from cloud.audit import lines as audit_lines
from cloud.delivery import STATES, State
from cloud.fleet.fault_words import fault_words
from cloud.fleet.news import News, Standing, Told
from cloud.fleet.notice_settings import Least, Notice, Recipient, recipients_of
from cloud.fleet.outbox import RETRIES_MS, Content, Outbox
from cloud.fleet.records import Event
from cloud.fleet.rules import Deed, Level
from cloud.fleet.webhook import NoAnswer, NotTaken
from cloud.roles import Role
from cloud.web.notices import MARKS
from tests.cloud_people import KHAC, MAU, PASSWORD, PEOPLE, Visitor, add_people, add_sites, cloud_config, make_app

PATH = "/alarms/notices"
NOW_MS = 1_795_755_600_000
NOTICES = (
    Notice("mau", mail="lan.nguyen@tinh.mau.example", reminder_hours=4),
    Notice("mau", webhook="https://so.mau.example:8443/in/hidden-path?token=hidden-token", secret_file=Path("/none")),
    Notice("mau", ("mau-01",), mail="truc@coso.mau.example", least=Least.FAIL),
    Notice("mau", ("mau-01", "mau-02"), mail="hai@coso.mau.example"),
    Notice("khac", mail="khac@khac.example"),
    Notice("nowhere", mail="ai@nowhere.example"),
)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts and sites, made once: a password takes a quarter of a second."""
    folder = tmp_path_factory.mktemp("people")
    add_people(folder)
    add_account(folder, "tam", PASSWORD, Role.TECHNICIAN, MAU.id, "mau-01")
    add_sites(folder)
    return folder


@pytest.fixture
def data(people: Path, tmp_path: Path) -> Path:
    copytree(people, tmp_path, dirs_exist_ok=True)
    Outbox(tmp_path).start([one.key for one in everybody()], NOW_MS)
    return tmp_path


@pytest.fixture
def app(data: Path) -> Flask:
    return make_app(replace(cloud_config(data), notice=NOTICES))


def everybody() -> tuple[Recipient, ...]:
    return (*recipients_of(NOTICES, MAU), *recipients_of(NOTICES, KHAC))


def key(number: int) -> str:
    return next(one.key for one in everybody() if one.number == number)


def shown(page: str) -> str:
    """The page's text without its marks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def tells(outbox: Outbox, number: int, end: State, fault: str = "NotTaken 503") -> None:
    """One alarm is open, and a message of it came so far."""
    to, alarm = key(number), number
    event = Event(alarm, NOW_MS, alarm, "mau-01", Deed.OPENED, Level.FAIL)
    outbox.hear(to, [event], lambda _before, _event: Standing(alarm, Level.FAIL, changed_ms=NOW_MS), 0)
    told = (Told(alarm, News.OPENED, Level.FAIL, acknowledged=False),)
    outbox.add(to, f"message-{number}", Content("", "what it says", told), NOW_MS)
    delivery = outbox.waiting(to)
    assert delivery is not None
    match end:
        case State.DUE:
            outbox.not_sent(outbox.begin(delivery, NOW_MS), fault, NOW_MS)
        case State.GOING_OUT:
            outbox.going_out(outbox.begin(delivery, NOW_MS), NOW_MS)
        case State.SENT:
            outbox.sent(outbox.begin(delivery, NOW_MS), NOW_MS)
        case State.UNSURE:
            outbox.unsure(outbox.begin(delivery, NOW_MS), NOW_MS)
        case State.FAILED:
            for _ in range(len(RETRIES_MS) + 1):
                delivery = outbox.begin(delivery, NOW_MS)
            outbox.not_sent(delivery, fault, NOW_MS)


@pytest.mark.req("D4", "X1")
def test_whoever_may_configure_sees_their_own_provinces_recipients_and_no_others(app: Flask) -> None:
    seen = {"lan": [1, 2, 3, 4], "minh": [1, 2, 3, 4], "khanh": [5], "tam": [3], "mai": None, "hoa": None}
    assert set(seen) == {*PEOPLE, "tam"}
    for name, numbers in seen.items():
        answer = Visitor(app).is_in(name).get(PATH)
        assert answer.status_code == (403 if numbers is None else 200)
        found = [int(n) for n in re.findall(r'id="to-([0-9]+)"', answer.text)]
        assert found == (numbers or []), name


@pytest.mark.req("D4", "X3")
def test_neither_an_address_nor_a_webhooks_path_nor_what_is_told_is_on_the_page(app: Flask, data: Path) -> None:
    tells(Outbox(data), 1, State.DUE)
    page = Visitor(app).is_in("lan").get(PATH).text
    text = shown(page)
    for said in ("l…@tinh.mau.example", "so.mau.example", "t…@coso.mau.example", "h…@coso.mau.example"):
        assert said in text
    of_addresses = ("lan.nguyen", "truc@", "hai@", "hidden-path", "hidden-token", ":8443", "khac.example", "nowhere")
    for hidden in (*of_addresses, '"/none', "what it says", key(1)):
        assert hidden not in page


@pytest.mark.req("D4")
def test_each_recipient_shows_what_it_asked_for_and_how_far_it_has_been_told(app: Flask, data: Path) -> None:
    tells(Outbox(data), 1, State.DUE)
    text = shown(Visitor(app).is_in("minh").get(PATH).text)
    for said in (
        "Người nhận 1: l…@tinh.mau.example",
        "cả tỉnh và trung tâm, mọi cảnh báo",
        "sau 4 giờ chưa ai nhận",
        "1 cảnh báo",
        "webhook có chữ ký",
        "Trung tâm Y tế huyện Mẫu, chỉ sự cố",
        "Trung tâm Y tế huyện Mẫu, Bệnh viện Mẫu Hai, mọi cảnh báo",
        "Chưa có tin nào được gửi cho người nhận này.",
    ):
        assert said in text
    english = shown(Visitor(app).is_in("minh").get(f"{PATH}?lang=en").text)
    assert "the whole province and the centre, every alarm" in english
    assert "The receiver has a fault of its own ( NotTaken 503 )" in english


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize("state", State)
def test_a_message_shows_its_state_its_tries_and_what_was_wrong(app: Flask, data: Path, state: State) -> None:
    tells(Outbox(data), 1, state)
    page = Visitor(app).is_in("lan").get(PATH).text
    text = shown(page)
    assert STATES[state] in text
    assert f'class="mark {MARKS[state]}"' in page
    tries = len(RETRIES_MS) + 1 if state is State.FAILED else 1
    assert re.search(rf'data-label="Số lần thử">{tries}</td>', page)
    assert ("Hệ thống bên nhận gặp lỗi" in text) is (state in (State.DUE, State.FAILED))
    assert ("Đường nối đứt khi đang gửi" in text) is (state is State.UNSURE)
    assert (f'action="{PATH}/1/again"' in page) is (state in (State.UNSURE, State.FAILED))
    assert "/again" not in Visitor(app).is_in("minh").get(PATH).text


@pytest.mark.req("D4", "X2")
@pytest.mark.parametrize("state", [State.UNSURE, State.FAILED])
def test_an_administrator_has_everything_open_told_again_at_once_and_it_is_audited(
    app: Flask, data: Path, state: State
) -> None:
    outbox, lan = Outbox(data), Visitor(app).is_in("lan")
    tells(outbox, 1, state)
    tells(outbox, 2, State.SENT)
    assert outbox.position(key(1)).said_ms
    for _ in range(2):  # pressed twice it is the same
        assert lan.post(f"{PATH}/1/again").status_code == 302
        assert outbox.position(key(1)).said_ms == 0
        assert [standing.told for standing in outbox.standings(key(1))] == [0]
    assert "sẽ được báo lại" in lan.get(PATH).text
    assert [standing.told for standing in outbox.standings(key(2))] == [Level.FAIL], "nobody else's"
    assert [one.state for one in outbox.history(key(1), 9)] == [state], "what was stays in the list"
    told = [line for line in audit_lines(data, Wanted(("mau",)), limit=9) if line.deed == "tell-again"]
    assert [(line.who, line.about) for line in told] == [("lan", "notice 1")] * 2
    assert "Báo lại cảnh báo cho người nhận" in lan.get("/accounts/audit").text


@pytest.mark.req("D4")
def test_what_arrived_is_told_again_to_nobody(app: Flask, data: Path) -> None:
    outbox, lan = Outbox(data), Visitor(app).is_in("lan")
    tells(outbox, 1, State.SENT)
    tells(outbox, 2, State.DUE)
    said = [outbox.position(key(number)) for number in (1, 2, 3)]
    for number in (1, 2, 3):
        assert lan.post(f"{PATH}/{number}/again").status_code == 302
    assert "không có gì để báo lại" in lan.get(PATH).text
    assert [outbox.position(key(number)) for number in (1, 2, 3)] == said
    assert [line for line in audit_lines(data, Wanted(("mau",)), limit=9) if line.deed == "tell-again"] == []


@pytest.mark.req("X1")
def test_nobody_tells_again_who_may_not_or_of_another_province_or_without_the_forms_token(
    app: Flask, data: Path
) -> None:
    tells(Outbox(data), 1, State.FAILED)
    before = Outbox(data).position(key(1))
    for name, status in {"minh": 403, "mai": 403, "hoa": 403, "tam": 403, "khanh": 404}.items():
        assert Visitor(app).is_in(name).post(f"{PATH}/1/again").status_code == status, name
    lan = Visitor(app).is_in("lan")
    for number in ("5", "6", "7", "51", "0", "-1", "9" * 40, "x"):
        assert lan.post(f"{PATH}/{number}/again").status_code == 404, number
    assert lan.client.post(f"{PATH}/1/again", headers={"Referer": "https://localhost/"}).status_code == 400
    assert Outbox(data).position(key(1)) == before


@pytest.mark.req("D4")
def test_a_recipient_that_moiso_fleet_has_not_taken_on_says_what_to_do(app: Flask, data: Path) -> None:
    Outbox(data).start([key(1)], NOW_MS)
    lan = Visitor(app).is_in("lan")
    assert shown(lan.get(PATH).text).count("moiso-fleet chưa biết người nhận này. Xin khởi động lại") == 3
    assert lan.post(f"{PATH}/2/again").status_code == 302


@pytest.mark.req("D4")
def test_where_nobody_is_told_the_page_says_how_to_change_that(data: Path) -> None:
    app = make_app(cloud_config(data))
    assert "thêm [[notice]] vào cloud.toml" in Visitor(app).is_in("lan").get(PATH).text
    assert f'href="{PATH}"' in Visitor(app).is_in("minh").get("/alarms").text
    assert PATH not in Visitor(app).is_in("mai").get("/alarms").text


@pytest.mark.req("X5")
def test_what_can_go_wrong_has_words_of_its_own() -> None:
    errors = [
        NotTaken(301),
        NotTaken(401),
        NotTaken(404),
        NotTaken(500),
        NoAnswer("BadStatusLine"),
        ssl.SSLCertVerificationError(),
        ssl.SSLError(),
        socket.gaierror(),
        TimeoutError(),
        ConnectionRefusedError(),
        ConnectionResetError(),
        smtplib.SMTPAuthenticationError(535, b""),
        smtplib.SMTPRecipientsRefused({}),
        smtplib.SMTPSenderRefused(550, b"", ""),
        smtplib.SMTPDataError(451, b""),
        smtplib.SMTPServerDisconnected(),
        OSError(),
    ]
    codes = [getattr(error, "smtp_code", "") or getattr(error, "status", "") for error in errors]
    faults = [f"{type(error).__name__} {code}".strip() for error, code in zip(errors, codes, strict=True)]
    assert len({fault_words(fault)[0] for fault in faults}) == len(faults)
    assert fault_words("SMTPConnectError 421") == fault_words("SMTPServerDisconnected")
    assert fault_words("NotTaken 302") == fault_words("NotTaken 307")
