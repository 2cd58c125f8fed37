"""Alarms are told by e-mail and by signed webhook: grouped, and no recipient waits for another."""

import contextlib
import json
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from cloud.delivery import State
from cloud.fleet.notice_settings import Least
from cloud.fleet.notices import Notices
from cloud.fleet.outbox import DAY_MS, RETRIES_MS
from cloud.fleet.rules import Cause, Kind, Level
from cloud.fleet.webhook import verify
from cloud.mail import Mail, Security
from tests.alarm_story import MINUTE_MS, AlarmStory, paper_out, silent
from tests.http_receiver import Receiver, http_receiver
from tests.notice_centre import NOW_MS, SECRET, Centre, came, make_authority, tls
from tests.smtp_server import Received, smtp_server
from tests.waiting import until

CENTRE = Cause("", "", Kind.BLIND)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def centre(tmp_path: Path, authority: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path, authority)
    yield centre
    centre.end()


@pytest.fixture
def post_office(centre: Centre) -> Iterator[Received]:
    with smtp_server() as (received, port):
        centre.mail_port = port
        yield received


@pytest.fixture
def receiver(authority: Path) -> Iterator[Receiver]:
    with http_receiver(tls(authority)) as receiver:
        yield receiver


@pytest.mark.req("D4", "X5")
def test_the_first_alarm_is_mailed_at_once_and_the_next_ones_together(centre: Centre, post_office: Received) -> None:
    centre.mail()
    centre.story.opens(paper_out(), reason="paper-out")
    centre.start()
    first = came(post_office, 1)
    assert first.startswith("MờiSố: 1 sự cố – Trung tâm Y tế huyện Mẫu\n")
    assert "kiosk-1: Máy in: hết giấy" in first
    assert "https://so.mau.example/alarms/1" in first
    for kiosk in ("kiosk-2", "kiosk-3"):
        centre.story.opens(paper_out("mau-02", kiosk), Level.WARN, "paper-low")
        centre.later(4)
    centre.has_heard_all()
    assert len(post_office.messages) == 1
    centre.later(2)
    assert came(post_office, 2).startswith("MờiSố: 2 cần xem – Bệnh viện Mẫu Hai\n")
    centre.end()
    assert len(post_office.messages) == 2


@pytest.mark.req("D4")
def test_worse_and_over_are_told_and_what_came_and_went_is_a_figure(centre: Centre, post_office: Received) -> None:
    centre.mail()
    centre.story.opens(paper_out(), Level.WARN, "paper-low")
    centre.start()
    came(post_office, 1)
    until(lambda: centre.states() == [State.SENT])
    centre.story.opens(paper_out("mau-02"))
    centre.story.closes(paper_out("mau-02"))
    centre.has_heard_all()
    centre.later(11)
    centre.has_heard_all()
    centre.story.worsens(paper_out(), "paper-out")
    second = came(post_office, 2)
    assert "Nặng hơn trước." in second
    assert "rồi tự hết từ thư trước: 1." in second
    until(lambda: centre.states() == [State.SENT, State.SENT])
    centre.story.closes(paper_out())
    centre.later(11)
    third = came(post_office, 3)
    assert third.startswith("MờiSố: 1 đã hết –")
    assert "tự hết từ" not in third


@pytest.mark.req("D4", "X1")
def test_nobody_is_told_of_another_province_or_of_what_they_did_not_ask_for(
    centre: Centre, post_office: Received
) -> None:
    centre.mail("tinh@mau.example")
    centre.mail("co-so@mau.example", sites=("mau-02",))
    centre.mail("nang@mau.example", least=Least.FAIL)
    centre.mail("english@mau.example", language="en")
    centre.story.opens(paper_out("khac-01"))
    centre.story.opens(CENTRE)
    centre.story.opens(paper_out("mau-02"), Level.WARN, "paper-low")
    centre.story.opens(silent("mau-01"))
    centre.start()
    until(lambda: len(post_office.messages) == 4, what="a letter for each")
    letters = {message["To"]: str(message.get_content()) for message in post_office.messages}
    told = {to: text.count("\n- ") for to, text in letters.items()}
    assert told == {
        "tinh@mau.example": 3,
        "co-so@mau.example": 1,
        "nang@mau.example": 2,
        "english@mau.example": 3,
    }
    assert "Bệnh viện Khác Hẳn" not in "".join(letters.values())


@pytest.mark.req("D4")
def test_one_who_was_told_nothing_for_hours_is_reminded_until_somebody_takes_it_on(
    centre: Centre, post_office: Received
) -> None:
    centre.mail(reminder_hours=4)
    centre.story.opens(paper_out())
    centre.start()
    came(post_office, 1)
    until(lambda: centre.states() == [State.SENT])
    centre.later(4 * 60 + 1)
    assert came(post_office, 2).startswith("MờiSố: 1 nhắc lại –")
    until(lambda: centre.states() == [State.SENT, State.SENT])
    centre.story.is_acknowledged(paper_out(), "lan.nguyen", "gọi chị Hoa")
    centre.has_heard_all()
    centre.later(9 * 60)
    centre.story.opens(paper_out("mau-02"))
    third = came(post_office, 3)
    assert "nhắc lại" not in third
    assert not any(hidden in third for hidden in ("lan.nguyen", "chị Hoa"))


@pytest.mark.req("D4", "X5")
def test_a_webhook_is_signed_and_tells_everything(centre: Centre, receiver: Receiver) -> None:
    centre.hook(receiver, "/moiso?token=hidden-token", every_minutes=1)
    number = centre.story.opens(paper_out(), reason="paper-out")
    centre.start()
    request = receiver.came(1)
    assert request.path == "/moiso?token=hidden-token"
    assert request.headers["content-type"] == "application/json"
    signature = request.headers["moiso-signature"]
    assert verify(SECRET.encode(), signature, request.body, NOW_MS / 1000)
    assert not verify(SECRET.encode(), signature, request.body.replace(b"mau-01", b"mau-02"), NOW_MS / 1000)
    told = json.loads(request.body)
    assert told["delivery"] == request.headers["moiso-delivery"]
    assert [(one["alarm"], one["site"], one["news"]) for one in told["alarms"]] == [(number, "mau-01", "opened")]
    until(lambda: centre.states() == [State.SENT])
    centre.story.is_acknowledged(paper_out(), "lan.nguyen", "gọi chị Hoa")
    centre.story.opens(silent("mau-02"))
    centre.story.closes(silent("mau-02"))
    centre.later(2)
    body = receiver.came(2).body
    assert {one["news"] for one in json.loads(body)["alarms"]} == {"acknowledged", "passed"}
    assert b"lan.nguyen" not in body
    assert "chị Hoa".encode() not in body


@pytest.mark.req("X5")
def test_a_webhook_that_is_refused_comes_again_with_the_same_name_until_it_is_taken(
    centre: Centre, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    centre.hook(receiver, "/moiso?token=hidden-token")
    receiver.status = 503
    centre.story.opens(paper_out())
    with caplog.at_level(logging.DEBUG):
        centre.start()
        receiver.came(1)
        until(lambda: "tried again: NotTaken 503" in caplog.text)
        centre.story.opens(paper_out("mau-02"))
        centre.later(0.2)
        receiver.came(2)
        receiver.status = 200
        centre.later(0.6)
        receiver.came(3)
        until(lambda: centre.states() == [State.SENT])
        assert len(set(receiver.ids)) == 1
        assert len({request.body for request in receiver.requests}) == 1
        centre.later(11)
        receiver.came(4)
        centre.end()
    assert [one["site"] for one in json.loads(receiver.requests[3].body)["alarms"]] == ["mau-02"]
    assert not any(hidden in caplog.text for hidden in ("hidden-token", SECRET, "mau.example", "127.0.0.1"))


@pytest.mark.req("X5")
def test_after_a_day_of_refusals_a_webhook_is_given_up_and_what_it_said_is_not(
    centre: Centre, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    centre.hook(receiver)
    receiver.status = 500
    centre.story.opens(paper_out())
    centre.start()
    for n, wait_ms in enumerate(RETRIES_MS, 1):
        receiver.came(n)
        until(lambda n=n: f"{n}" and caplog.text.count("tried again") == n)  # type: ignore[misc]
        centre.later(wait_ms / MINUTE_MS)
    receiver.came(len(RETRIES_MS) + 1)
    until(lambda: centre.states() == [State.FAILED], what="given up")
    until(lambda: "given up (NotTaken 500)" in caplog.text)  # it is noted before it is logged
    assert abs(sum(RETRIES_MS) - DAY_MS) < DAY_MS / 20
    receiver.status = 200
    centre.later(11)
    again = receiver.came(len(RETRIES_MS) + 2)
    assert again.headers["moiso-delivery"] != receiver.ids[0]
    assert [one["news"] for one in json.loads(again.body)["alarms"]] == ["opened"]


@pytest.mark.req("D4", "X5")
def test_who_was_not_reached_is_told_again_of_everything_that_is_open_without_waiting(
    centre: Centre, post_office: Received
) -> None:
    centre.mail(every_minutes=60)
    centre.story.opens(paper_out())
    centre.start()
    came(post_office, 1)
    until(lambda: centre.states() == [State.SENT])
    key = centre.settings.recipients[0].key
    assert not centre.outbox.tell_again(key, centre.story.now_ms), "it arrived"
    centre.story.opens(silent("mau-02"))
    post_office.refuse = "354 neither yes nor no"
    centre.later(61)
    until(lambda: centre.states() == [State.UNSURE, State.SENT], what="a letter that may have arrived")
    post_office.refuse = ""
    centre.has_heard_all()
    before = len(post_office.messages)
    assert centre.outbox.tell_again(key, centre.story.now_ms)
    letter = came(post_office, before + 1)
    # Of one moment, as these two are by the test's clock, messages stand in any order.
    until(lambda: Counter(centre.states()) == {State.SENT: 2, State.UNSURE: 1}, what="the letter noted as sent")
    assert letter.count("\n- ") == 2, "what was told before, too"
    centre.end()
    assert len(post_office.messages) == before + 1


@pytest.mark.req("X5")
def test_a_receiver_that_hangs_holds_up_nobody_else(
    centre: Centre, authority: Path, post_office: Received, receiver: Receiver
) -> None:
    with http_receiver(tls(authority)) as hanging:
        hanging.holding.set()
        centre.hook(hanging)
        centre.hook(receiver)
        centre.mail()
        begin = monotonic()
        centre.story.opens(paper_out())
        centre.start()
        hanging.came(1)
        receiver.came(1)
        came(post_office, 1)
        assert monotonic() - begin < 8  # the other one's time-out is 10 s
        hanging.ended.set()


@pytest.mark.req("D4")
def test_a_letter_that_the_server_refused_says_how_it_is_when_it_goes_out(
    centre: Centre, post_office: Received, caplog: pytest.LogCaptureFixture
) -> None:
    centre.mail()
    post_office.refuse = "451 4.7.1 truc@mau.example comes too often"
    centre.story.opens(paper_out())
    centre.story.opens(silent("mau-02"))
    centre.start()
    until(lambda: "tried again: SMTPDataError 451" in caplog.text)
    centre.story.closes(paper_out())
    centre.has_heard_all()
    post_office.refuse = ""
    centre.later(0.2)
    letter = came(post_office, 1)
    assert letter.startswith("MờiSố: 1 sự cố – Bệnh viện Mẫu Hai\n")
    assert "rồi tự hết từ thư trước: 1." in letter
    assert "mau.example" not in caplog.text


def test_a_letter_that_says_nothing_any_more_is_not_sent(centre: Centre, post_office: Received) -> None:
    centre.mail()
    post_office.refuse = "451 4.7.1 later"
    centre.story.opens(paper_out())
    centre.start()
    key = centre.settings.recipients[0].key
    until(lambda: [one.fault for one in centre.outbox.history(key, 9)] == ["SMTPDataError 451"])
    centre.story.closes(paper_out())
    centre.has_heard_all()
    post_office.refuse = ""
    centre.later(0.2)
    until(lambda: centre.states() == [], what="the letter dropped")
    assert post_office.messages == []


def test_a_recipient_that_is_new_hears_what_is_open_and_nothing_of_the_past(
    centre: Centre, post_office: Received
) -> None:
    for n in range(40):
        centre.story.opens(paper_out("mau-01", f"kiosk-{n}"))
        centre.story.closes(paper_out("mau-01", f"kiosk-{n}"))
    centre.story.opens(silent("mau-02"))
    centre.later(3)
    centre.mail()
    centre.start()
    letter = came(post_office, 1)
    assert letter.count("\n- ") == 1
    assert "tự hết từ" not in letter


def test_a_message_holds_200_alarms_and_the_next_one_the_rest(centre: Centre, receiver: Receiver) -> None:
    centre.hook(receiver)
    for n in range(230):
        centre.story.opens(paper_out("mau-01", f"kiosk-{n}"))
    centre.start()
    first = json.loads(receiver.came(1).body)
    assert (len(first["alarms"]), first["more"]) == (200, 30)
    until(lambda: centre.states() == [State.SENT])
    centre.later(11)
    second = json.loads(receiver.came(2).body)
    alarms = {one["alarm"] for told in (first, second) for one in told["alarms"]}
    assert len(alarms) == 230


def test_where_fleet_db_was_set_back_every_open_alarm_is_told_anew(
    centre: Centre, post_office: Received, caplog: pytest.LogCaptureFixture
) -> None:
    centre.mail()
    for kiosk in ("kiosk-1", "kiosk-2"):
        centre.story.opens(paper_out("mau-01", kiosk))
    centre.start()
    came(post_office, 1)
    until(lambda: centre.states() == [State.SENT])
    centre.end()
    for path in centre.data.glob("fleet.db*"):
        path.unlink()
    centre.story = AlarmStory(centre.data, centre.story.now_ms + 11 * MINUTE_MS)
    centre.story.opens(silent("mau-02"))
    centre.start()
    assert came(post_office, 2).startswith("MờiSố: 1 sự cố – Bệnh viện Mẫu Hai\n")
    assert "fleet.db was set back" in caplog.text


def test_what_is_no_recipient_any_more_leaves_nothing_behind(centre: Centre, post_office: Received) -> None:
    centre.mail()
    centre.story.opens(paper_out())
    centre.start()
    came(post_office, 1)
    until(lambda: centre.states() == [State.SENT])
    old = centre.settings.recipients[0].key
    centre.end()
    centre.sections.clear()
    centre.mail("khac@mau.example")
    centre.start()
    came(post_office, 2)
    assert centre.outbox.history(old, 9) == ()
    assert centre.outbox.standings(old) == ()
    kept = b"".join(path.read_bytes() for path in centre.data.glob("notices.db*"))
    assert not any(address in kept for address in (b"truc@", b"khac@", SECRET.encode()))


def test_a_fault_of_our_own_ends_everybodys_part_and_is_raised(centre: Centre, post_office: Received) -> None:
    centre.mail()
    centre.mail("khac@mau.example")
    server = Mail("127.0.0.1", "moiso@mau.example", centre.mail_port, Security.NONE)
    notices = Notices(centre.story.fleet, centre.data, centre.settings, server, lambda: NOW_MS, look_up_s=0.02)
    with contextlib.closing(sqlite3.connect(centre.data / "notices.db")) as db:
        db.execute("DROP TABLE standings")
    with pytest.raises(sqlite3.OperationalError, match="standings"):
        notices.run(threading.Event())
