"""A message says how many, where, since when and what to do, and holds nobody's name."""

import json
import re

import msgspec
import pytest
from msgspec.structs import replace

from cloud.fleet.letters import MOST_ALARMS, Body, Item, Matter, letter, webhook_body, worst_first
from cloud.fleet.news import News
from cloud.fleet.records import Kept
from cloud.fleet.rules import Alarm, Cause, Kind, Level
from cloud.reports.tongue import Tongue
from edge.contracts.health import Reason
from tests.alarm_story import paper_out, silent
from tests.cloud_people import MAU

NOW_MS = 1_795_755_600_000  # 05:00 UTC, which is noon in Viet Nam
HOUR_MS = 3_600_000
NAMES = {"mau-01": ("Trung tâm Y tế huyện Mẫu", "Mau Health Centre"), "mau-02": ("Bệnh viện Mẫu Hai", "")}
DASHBOARD = "https://so.mau.example"
VI, EN = Tongue("vi"), Tongue("en")


def item(news: News, cause: Cause, level: Level = Level.FAIL, reason: str = "", id_: int = 7) -> Item:
    alarm = Alarm(cause, level, NOW_MS - 2 * HOUR_MS, reason, "", NOW_MS - HOUR_MS, worst=level, times=2, id=id_)
    if news in (News.CLOSED, News.PASSED):
        alarm = replace(alarm, closed_ms=NOW_MS, gone_ms=NOW_MS)
    kept = Kept(alarm, NOW_MS, "lan.nguyen", "Đã gọi chị Hoa 0912345678")
    return Item(news, kept, int(level), "kiosk")


def matter(*items: Item, more: int = 0, passed: int = 0) -> Matter:
    return Matter(MAU, tuple(sorted(items, key=worst_first)), NOW_MS, more, passed)


@pytest.mark.req("D4")
def test_a_letter_says_where_what_since_when_and_what_to_do() -> None:
    subject, text = letter(matter(item(News.OPENED, paper_out(), reason="paper-out")), VI, NAMES, DASHBOARD)
    assert subject == "MờiSố: 1 sự cố – Trung tâm Y tế huyện Mẫu"
    assert "Kính gửi: Sở Y tế Mẫu" in text
    assert "- Trung tâm Y tế huyện Mẫu – kiosk-1: Máy in: hết giấy" in text
    assert "Từ 10:00 27/11/2026. Xin thay cuộn giấy ngay." in text
    assert "https://so.mau.example/alarms/7" in text
    assert not re.search(r"[{}]", text)


@pytest.mark.req("D4")
def test_the_worst_stands_first_and_what_is_over_last() -> None:
    closed = item(News.CLOSED, Cause("mau-02", "", Kind.CLOCK), Level.WARN, id_=1)
    warned = item(News.OPENED, Cause("mau-02", "", Kind.CERTIFICATE), Level.WARN, id_=2)
    failed = item(News.WORSENED, silent(), id_=3)
    old = item(News.REMINDER, paper_out(), reason="paper-out", id_=4)
    subject, text = letter(matter(closed, warned, old, failed, more=3, passed=12), VI, NAMES, DASHBOARD)
    assert subject == "MờiSố: 1 sự cố, 1 cần xem, 1 nhắc lại, 1 đã hết – 2 cơ sở"
    places = [text.index(part) for part in ("SỰ CỐ", "CẦN XEM", "NHẮC LẠI", "ĐÃ HẾT")]
    assert places == sorted(places)
    assert "Nặng hơn trước." in text
    assert "Từ 10:00 27/11/2026 đến 12:00 27/11/2026." in text
    assert "tự hết từ thư trước: 12" in text
    assert "trong thư sau: 3" in text


@pytest.mark.req("D4")
@pytest.mark.parametrize("tongue", [VI, EN])
def test_nobody_is_named_and_nothing_that_staff_typed_goes_out(tongue: Tongue) -> None:
    told = matter(*(item(news, paper_out(), reason="paper-out") for news in News))
    written = "".join(letter(told, tongue, NAMES, DASHBOARD)) + webhook_body(told, "d", tongue, NAMES, "").decode()
    assert not any(hidden in written for hidden in ("lan.nguyen", "Hoa", "0912345678"))


def test_every_kind_and_reason_is_worded() -> None:
    kinds = [item(News.OPENED, Cause("mau-01", "", kind, "printer"), reason="paper-out") for kind in Kind]
    reasons = [item(News.OPENED, paper_out(), reason=reason.value) for reason in Reason]
    newer = [item(News.OPENED, Cause("", "", Kind.PART, "teleporter"), reason="unknown")]
    _, text = letter(matter(*kinds, *reasons, *newer), VI, NAMES, "")
    assert text.count("\n- ") == len(kinds) + len(reasons) + 1
    assert "https://" not in text


def test_a_name_with_a_line_end_adds_no_line_and_no_header() -> None:
    names = {"mau-01": ("Trạm\r\nBcc: x@mau.example\n\nSỰ CỐ", "")}
    subject, text = letter(matter(item(News.OPENED, silent())), VI, names, "")
    assert "\n" not in subject
    assert "\nBcc" not in text


def test_a_letter_that_may_repeat_another_says_so() -> None:
    opened = item(News.OPENED, silent())
    assert "Không rõ thư trước" not in letter(matter(opened), VI, NAMES, "")[1]
    assert "Không rõ thư trước" in letter(matter(replace(opened, unsure=True)), VI, NAMES, "")[1]


@pytest.mark.req("D4")
def test_a_webhook_has_the_codes_and_the_words() -> None:
    body = webhook_body(matter(item(News.OPENED, paper_out(), reason="paper-out")), "d1", VI, NAMES, DASHBOARD)
    told = json.loads(body)
    (alarm,) = told.pop("alarms")
    assert told == {"version": 1, "delivery": "d1", "made_ms": NOW_MS, "province": "mau", "more": 0}
    assert alarm == {
        "news": "opened",
        "alarm": 7,
        "site": "mau-01",
        "device": "kiosk-1",
        "kind": "part",
        "subject": "printer",
        "reason": "paper-out",
        "detail": "",
        "level": "fail",
        "open": True,
        "acknowledged": True,
        "since_ms": NOW_MS - 2 * HOUR_MS,
        "opened_ms": NOW_MS - HOUR_MS,
        "closed_ms": 0,
        "times": 2,
        "place": "Trung tâm Y tế huyện Mẫu",
        "text": "kiosk-1: Máy in: hết giấy",
        "todo": "Xin thay cuộn giấy ngay.",
        "link": "https://so.mau.example/alarms/7",
    }


def test_the_largest_webhook_stays_below_half_a_mebibyte() -> None:
    names = {"mau-01": ("Trung tâm Y tế " * 14, "")}
    cause = Cause("mau-01", "k" * 40, Kind.PART, "s" * 30)
    told = matter(*(item(News.OPENED, cause, reason="r" * 30, id_=2**40 + n) for n in range(MOST_ALARMS)))
    body = webhook_body(told, "d" * 32, VI, names, DASHBOARD)
    assert len(body) < 512 * 1024
    assert len(msgspec.json.decode(body, type=Body).alarms) == MOST_ALARMS
