"""The pages of devices and alarms: what each says, whom it shows, who acknowledges, and that text stays text."""

import re
import time
from pathlib import Path
from shutil import copytree

import pytest
from flask import Flask
from msgspec.structs import replace

from cloud.accounts.people import add_account
from cloud.audit import Wanted
from cloud.audit import lines as audit_lines
from cloud.fleet.records import Change, Kept, Look, SiteState, Step
from cloud.fleet.rules import Alarm, Cause, Deed, Kind, Level
from cloud.fleet.store import MOST_NOTE, Fleet
from cloud.roles import RIGHTS, Right, Role
from cloud.web.alarms import MOST_OPEN, PAGE
from edge.contracts.fleet import FleetPart
from edge.contracts.health import PartState
from tests.cloud_people import MAU, PASSWORD, Visitor, add_people, add_sites, cloud_config, make_app
from tests.fleet import DAY_MS, HOUR_MS, device, fill, report

SITES = ("mau-01", "mau-02", "mau-03", "mau-04", "mau-05", "mau-06", "khac-01")
HOSTILE = "<script>alert(1)</script>\"'{{ 7*7 }}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def made(data: Path) -> Flask:
    return make_app(cloud_config(data))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts and sites, made once: a password takes a quarter of a second."""
    folder = tmp_path_factory.mktemp("people")
    add_people(folder)
    add_sites(folder)
    return folder


@pytest.fixture
def data(people: Path, tmp_path: Path) -> Path:
    copytree(people, tmp_path, dirs_exist_ok=True)
    fill(tmp_path, SITES, now_ms())
    return tmp_path


@pytest.fixture
def app(data: Path) -> Flask:
    return made(data)


def look(data: Path, *causes: Cause, closed_ms: int = 0, level: Level = Level.FAIL, reason: str = "") -> list[Alarm]:
    """These alarms, open or closed then, as moiso-fleet would have written them."""
    now = now_ms()
    kept: list[Alarm] = []
    for cause in causes:
        alarm = Alarm(cause, level, now - HOUR_MS, reason, reason, opened_ms=now - HOUR_MS, worst=level, times=1)
        kept += Fleet(data).record(Look(now, steps=[Step(cause, None, alarm, Deed.OPENED)])).values()
    if closed_ms:
        over = [replace(one, closed_ms=closed_ms) for one in kept]
        pairs = list(zip(kept, over, strict=True))
        Fleet(data).record(Look(now, steps=[Step(one.cause, one, gone, Deed.CLOSED) for one, gone in pairs]))
        Fleet(data).record(Look(now, steps=[Step(one.cause, one, None, None) for one in over]))
    return kept


def open_of(data: Path, site: str) -> tuple[Kept, ...]:
    return Fleet(data).open_alarms([site])


def shown(page: str) -> str:
    """The page's text without its marks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@pytest.mark.req("D4", "X5")
def test_all_sites_stand_on_one_page_the_worst_first(app: Flask) -> None:
    page = Visitor(app).is_in("minh").get("/devices")
    order = re.findall(r'id="site-([a-z0-9-]+)"', page.text)
    assert order == ["mau-02", "mau-03", "mau-04", "mau-05", "mau-01", "mau-06"]
    text = shown(page.text)
    for said in ("Thiết bị, 6 cơ sở", "Bệnh viện Mẫu Hai", "Mất liên lạc", "Có sự cố", "Cần xem", "2 / 4 tốt", "1.8.0"):
        assert said in text
    assert "4 / 6" in text  # of which need a look
    attention = Visitor(app).is_in("minh").get("/devices?only=attention").text
    assert re.findall(r'id="site-([a-z0-9-]+)"', attention) == order[:4]


@pytest.mark.req("D4")
def test_a_site_shows_each_device_with_its_parts_figures_and_history(app: Flask) -> None:
    text = shown(Visitor(app).is_in("minh").get("/devices/mau-03").text)
    for said in (
        "kiosk-1: Máy in: hết giấy",
        "Xin thay cuộn giấy ngay.",
        "Máy chủ",
        "Máy điều khiển bảng gọi",
        "1 ngày 2 giờ",
        "51 °C",
        "21,5 GB",
        "1.310 MB",
        "còn 210 ngày",
        "đang nối",
        "Máy in: sắp hết giấy",
        "Phiên bản: 1.8.0",
    ):
        assert said in text
    english = shown(Visitor(app).is_in("minh").get("/devices/mau-03?lang=en").text)
    assert "out of paper" in english


@pytest.mark.req("D4")
def test_of_a_silent_site_it_is_said_that_the_rest_is_old(app: Flask) -> None:
    text = shown(Visitor(app).is_in("minh").get("/devices/mau-02").text)
    assert "Cơ sở không báo về nữa" in text
    assert "Lần báo cuối: Tốt" in text
    assert "chưa biết" in shown(Visitor(app).is_in("minh").get("/devices").text)


@pytest.mark.req("D4", "X5")
def test_open_alarms_come_worst_first_with_what_to_do_and_closed_ones_below(app: Flask) -> None:
    text = shown(Visitor(app).is_in("minh").get("/alarms").text)
    order = [
        "Bệnh viện Mẫu Hai: Không có tín hiệu từ cơ sở",
        "mau-03, kiosk-1: Máy in: hết giấy",
        "Xin thay cuộn giấy ngay.",
        "mau-05: Chứng thư của cơ sở sắp hết hạn: 19 ngày",
        "Đã hết",
        "mau-06, kiosk-1: Đầu đọc thẻ: không tìm thấy thiết bị",
    ]
    places = [text.index(said) for said in order]
    assert places == sorted(places)


@pytest.mark.req("D4", "X1")
@pytest.mark.parametrize("path", ["/devices/{}", "/fragments/devices/{}", "/alarms?site={}"])
@pytest.mark.parametrize("site", ["khac-01", "nowhere", "mau-99", "a/../b"])
def test_a_site_of_another_province_or_of_nobody_is_not_there(app: Flask, path: str, site: str) -> None:
    answer = Visitor(app).is_in("minh").get(path.format(site))
    assert answer.status_code == 404
    assert "Khác Hẳn" not in answer.text


@pytest.mark.req("D4", "X1")
def test_who_runs_a_facility_sees_only_its_own(app: Flask, data: Path) -> None:
    hoa = Visitor(app).is_in("hoa")
    assert hoa.get("/devices").headers["Location"].endswith("/devices/mau-01")
    assert hoa.get("/devices/mau-01").status_code == 200
    look(data, Cause("", "", Kind.BLIND))
    look(data, Cause("khac-01", "", Kind.SITE_SILENT))
    (foreign,) = open_of(data, "khac-01")
    (other, *_) = open_of(data, "mau-02")
    (centre,) = (kept for kept in Fleet(data).open_alarms([], centre=True))
    for path in (
        "/devices/mau-02",
        "/fragments/devices/mau-02",
        "/alarms?site=mau-02",
        f"/alarms/{other.alarm.id}",
        f"/alarms/{foreign.alarm.id}",
        f"/alarms/{centre.alarm.id}",
        "/alarms/999999",
        "/alarms/99999999999999999999999999",
    ):
        assert hoa.get(path).status_code == 404, path
    for path in ("/alarms", "/fragments/devices", "/overview"):
        text = hoa.get(path).text
        for name in ("mau-02", "mau-03", "Bệnh viện Mẫu Hai", "khac-01", "Bệnh viện Khác Hẳn"):
            assert name not in text, (path, name)
    for number in (other.alarm.id, foreign.alarm.id, centre.alarm.id, 999999):
        assert hoa.post(f"/alarms/{number}/acknowledge", note="x").status_code == 404
    assert not any(kept.acknowledged_ms for kept in (*open_of(data, "mau-02"), *open_of(data, "khac-01")))


@pytest.mark.req("D4", "X1", "X2")
def test_a_technician_acknowledges_with_a_note_and_it_is_audited(app: Flask, data: Path) -> None:
    minh = Visitor(app).is_in("minh")
    (kept, *_) = open_of(data, "mau-03")
    number = kept.alarm.id
    assert f"/alarms/{number}/acknowledge" in minh.get("/alarms").text
    answer = minh.post(
        f"/alarms/{number}/acknowledge", note="Đã gọi thợ\r\n14 giờ có mặt\x07", back="list", site="mau-03"
    )
    assert answer.headers["Location"].endswith("/alarms?site=mau-03")
    listed = minh.get("/alarms?site=mau-03").text
    assert "anh chị nhận xử lý" in listed
    assert f"/alarms/{number}/acknowledge" not in listed
    one = shown(minh.get(f"/alarms/{number}").text)
    for said in ("minh đã nhận xử lý", "Đã gọi thợ 14 giờ có mặt", "Bắt đầu", "Đã nhận xử lý"):
        assert said in one
    after = Fleet(data).alarm(number)
    assert after is not None
    assert (after.acknowledged_by, after.note) == ("minh", "Đã gọi thợ\n14 giờ có mặt")
    (line,) = audit_lines(data, Wanted((MAU.id,), deed="acknowledge-alarm"), limit=10)
    assert (line.who, line.about, line.result) == ("minh", f"alarm {number}, mau-03", "done")


@pytest.mark.req("D4")
def test_of_two_who_acknowledge_the_second_is_told_and_changes_nothing(app: Flask, data: Path) -> None:
    (kept, *_) = open_of(data, "mau-03")
    Visitor(app).is_in("mai").post(f"/alarms/{kept.alarm.id}/acknowledge", note="tôi lo")
    minh = Visitor(app).is_in("minh")
    answer = minh.post(f"/alarms/{kept.alarm.id}/acknowledge", note="tôi cũng lo")
    assert answer.headers["Location"].endswith(f"/alarms/{kept.alarm.id}")
    page = minh.get(f"/alarms/{kept.alarm.id}").text
    assert "đã có người nhận trước" in page
    assert "tôi lo" in page
    assert "tôi cũng lo" not in page
    assert len(audit_lines(data, Wanted((MAU.id,), deed="acknowledge-alarm"), limit=10)) == 1


@pytest.mark.req("D4")
def test_a_note_that_is_too_long_is_refused_in_words_and_stays_in_the_form(app: Flask, data: Path) -> None:
    (kept, *_) = open_of(data, "mau-03")
    text = "dài" * MOST_NOTE
    minh = Visitor(app).is_in("minh")
    answer = minh.post(f"/alarms/{kept.alarm.id}/acknowledge", note=text)
    assert answer.status_code == 422
    assert f"Ghi chú dài {len(text)} ký tự, nhiều nhất là {MOST_NOTE}" in answer.text
    assert f">{text}</textarea>" in answer.text
    assert not open_of(data, "mau-03")[0].acknowledged_ms
    lines = "ấy\r\n" * 160 + "x" * 20  # 500 as a browser counts them
    assert minh.post(f"/alarms/{kept.alarm.id}/acknowledge", note=lines).status_code == 302


@pytest.mark.req("D4", "X1")
def test_without_the_right_there_is_no_form_and_the_deed_is_refused(
    app: Flask, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.PROVINCE, frozenset({Right.FIGURES, Right.DEVICES}))
    mai = Visitor(app).is_in("mai")
    (kept, *_) = open_of(data, "mau-03")
    for path in ("/alarms", f"/alarms/{kept.alarm.id}"):
        page = mai.get(path)
        assert page.status_code == 200
        assert "/acknowledge" not in page.text
    assert mai.post(f"/alarms/{kept.alarm.id}/acknowledge", note="x").status_code == 403
    assert not open_of(data, "mau-03")[0].acknowledged_ms


@pytest.mark.req("X1")
def test_acknowledging_asks_for_a_token_of_our_own_form(app: Flask, data: Path) -> None:
    (kept, *_) = open_of(data, "mau-03")
    minh = Visitor(app).is_in("minh")
    answer = minh.client.post(f"/alarms/{kept.alarm.id}/acknowledge", data={"note": "x"})
    assert answer.status_code in (302, 400)
    assert not open_of(data, "mau-03")[0].acknowledged_ms


@pytest.mark.req("D4")
def test_without_the_right_to_see_devices_other_pages_say_nothing_of_alarms(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.PROVINCE, frozenset({Right.FIGURES}))
    mai = Visitor(app).is_in("mai")
    assert [mai.get(path).status_code for path in ("/devices", "/alarms", "/fragments/devices")] == [403] * 3
    assert "Cảnh báo đang mở" not in mai.get("/overview").text
    assert "/devices/mau-01" not in mai.get("/facilities/mau-01").text


@pytest.mark.req("D4", "X5")
def test_the_overview_shows_the_worst_alarms_and_a_facility_leads_to_its_own(app: Flask, data: Path) -> None:
    look(data, Cause("mau-01", "", Kind.REFUSED), Cause("mau-01", "", Kind.OUTBOX))
    lan = Visitor(app).is_in("lan")
    overview = shown(lan.get("/overview").text)
    assert f"Cảnh báo đang mở ({len(Fleet(data).open_alarms(SITES[:-1]))})" in overview
    assert "Bệnh viện Mẫu Hai: Không có tín hiệu từ cơ sở" in overview
    assert "Không có tín hiệu từ cơ sở: " not in overview
    facility = lan.get("/facilities/mau-01").text
    assert 'href="/devices/mau-01"' in facility
    assert "2 cảnh báo đang mở" in facility


@pytest.mark.req("X1")
def test_texts_of_others_are_shown_as_text(app: Flask, data: Path) -> None:
    stranger = replace(
        device("kiosk-1", "kiosk", now_ms(), FleetPart("unknown", PartState.FAIL, "unknown")), version="1"
    )
    state = SiteState("mau-01", now_ms(), True, now_ms(), 0, report(now_ms(), stranger))
    change = Change(now_ms(), "mau-01", HOSTILE, "part", HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    Fleet(data).record(Look(now_ms(), [state], [change]))
    hostile = Cause("mau-01", HOSTILE, Kind.PART, HOSTILE)
    (alarm,) = look(data, hostile, reason=HOSTILE)
    minh = Visitor(app).is_in("minh")
    minh.post(f"/alarms/{alarm.id}/acknowledge", note=HOSTILE)
    over = minh.post(f"/alarms/{alarm.id}/acknowledge", note=HOSTILE * 20).text
    pages = [minh.get(path).text for path in ("/devices", "/devices/mau-01", "/alarms", f"/alarms/{alarm.id}")]
    for page in (over, *pages, Visitor(app).is_in("lan").get("/overview").text):
        assert "<script>alert" not in page
    assert all("&lt;script&gt;alert(1)" in page for page in (over, *pages[1:]))


@pytest.mark.req("D4", "X5")
@pytest.mark.parametrize("path", ["/devices", "/devices/mau-01", "/alarms", "/alarms/1", "/overview"])
def test_every_page_says_when_the_watcher_does_not_run(data: Path, path: str) -> None:
    lan = Visitor(made(data)).is_in("lan")
    Fleet(data).record(Look(now_ms()))
    assert "moiso-fleet" not in lan.get(path).text
    Fleet(data).record(Look(now_ms() - 61_000))
    assert "Chương trình theo dõi thiết bị không chạy từ" in lan.get(path).text
    Fleet(data).record(Look(now_ms()))
    look(data, Cause("", "", Kind.BLIND), reason="broker")
    assert "Trung tâm đang không nghe được các cơ sở." in lan.get(path).text


def test_before_the_watcher_ran_at_all_the_pages_say_so(tmp_path: Path) -> None:
    add_people(tmp_path)
    app = made(tmp_path)
    lan = Visitor(app).is_in("lan")
    for path in ("/devices", "/alarms", "/overview"):
        page = lan.get(path)
        assert page.status_code == 200
        assert path == "/overview" or "chưa chạy lần nào" in page.text
    assert "Chưa có cơ sở nào báo tình trạng thiết bị" in lan.get("/devices").text
    hoa = Visitor(app).is_in("hoa")
    assert "Chưa báo về lần nào" in hoa.get("/devices/mau-01").text


@pytest.mark.req("X1")
def test_the_centres_alarms_are_for_whole_provinces_and_do_not_tell_of_each_others_people(
    app: Flask, data: Path
) -> None:
    (alarm,) = look(data, Cause("", "", Kind.BLIND), reason="broker")
    lan, khanh, hoa = (Visitor(app).is_in(name) for name in ("lan", "khanh", "hoa"))
    khanh.post(f"/alarms/{alarm.id}/acknowledge", note="ghi chú của tỉnh khác")
    for path in ("/alarms", f"/alarms/{alarm.id}", "/overview"):
        mine, theirs = lan.get(path).text, khanh.get(path).text
        assert "Trung tâm không nghe được các cơ sở" in mine
        assert "Trung tâm không nghe được các cơ sở" in theirs
        assert "khanh" not in mine
        assert "ghi chú của tỉnh khác" not in mine
        if path != "/overview":
            assert "đã có người nhận xử lý" in mine
            assert "khanh đã nhận xử lý" in theirs
    assert "Trung tâm không nghe được các cơ sở" not in hoa.get("/alarms").text


@pytest.mark.req("D4")
def test_closed_alarms_are_paged_and_none_is_lost_where_many_closed_at_once(app: Flask, data: Path) -> None:
    long_ago = now_ms() - DAY_MS
    for n in range(3):
        causes = [Cause("mau-01", f"kiosk-{n}-{i}", Kind.DEVICE_SILENT) for i in range(PAGE - 5)]
        look(data, *causes, closed_ms=long_ago - n * HOUR_MS)
    lan = Visitor(app).is_in("lan")
    path, seen, pages = "/alarms?site=mau-01", [], 0
    while path:
        page = lan.get(path).text
        seen += re.findall(r"kiosk-[0-2]-[0-9]+", page)
        found = re.search(r'href="(/alarms\?[^"]*before=[^"]*)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
        pages += 1
    assert len(seen) == len(set(seen)) == 3 * (PAGE - 5)
    assert pages > 1
    assert lan.get("/alarms?before=x").status_code == 200


@pytest.mark.req("D4")
def test_of_very_many_open_alarms_the_worst_are_shown_and_the_others_counted(app: Flask, data: Path) -> None:
    causes = [Cause("mau-01", f"kiosk-{n}", Kind.DEVICE_SILENT) for n in range(MOST_OPEN)]
    look(data, *causes, level=Level.WARN)
    page = Visitor(app).is_in("lan").get("/alarms").text
    assert page.count("/acknowledge") == MOST_OPEN
    assert f"Còn {len(Fleet(data).open_alarms(SITES[:-1])) - MOST_OPEN} cảnh báo" in page
    assert "Không có tín hiệu từ cơ sở" in page


@pytest.mark.req("D4")
def test_a_closed_alarm_has_no_form(app: Flask, data: Path) -> None:
    (closed,) = Fleet(data).closed_alarms(["mau-06"], before_ms=now_ms())
    page = Visitor(app).is_in("lan").get(f"/alarms/{closed.alarm.id}").text
    assert "/acknowledge" not in page
    assert "Đã hết" in page


@pytest.mark.req("D4")
def test_a_site_that_the_ledger_does_not_know_yet_is_shown(app: Flask, data: Path) -> None:
    page = Visitor(app).is_in("minh").get("/devices/mau-04")
    assert page.status_code == 200
    assert "/facilities/mau-04" not in page.text
    add_account(data, "tho", PASSWORD, Role.TECHNICIAN, MAU.id, "mau-77")
    own = Visitor(app).is_in("tho").get("/devices/mau-77")
    assert own.status_code == 200
    assert "Chưa báo về lần nào" in own.text
