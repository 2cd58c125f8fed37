"""What the periodic report says, and how complete it says its figures are."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.indicators import Key
from cloud.periods import parse
from cloud.reports.phrases import written
from cloud.reports.report import Cell, Minutes, Score, Share, Table
from cloud.reports.silence import Silence, heard_of, working_days
from cloud.reports.tables import report
from cloud.reports.tongue import Tongue
from cloud.rollups import MEASURES
from tests.reporting import FACILITIES, counts, days, facts

VI, EN = Tongue("vi"), Tongue("en")


def column(table: Table, head: str) -> list[Cell]:
    place = table.head.index(head)
    return [row[place] for row in table.rows]


@pytest.mark.req("D1", "D3")
def test_shares_stand_with_numerator_and_denominator_as_the_department_writes_them() -> None:
    assert VI.share(13093, 14986) == "87,37 % (13.093/14.986)"
    assert EN.share(1468, 2400) == "61.17 % (1,468/2,400)"
    assert VI.share(0, 0) == "– (0/0)"
    assert VI.percent(1, 800) == "0,13 %"  # 0.125: halves go up, as in a spreadsheet
    assert VI.percent(3, 2) == "150,00 %"


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_no_share_is_further_than_half_a_hundredth_from_the_truth(part: int, whole: int) -> None:
    said = float(EN.percent(part, whole).removesuffix(" %").replace(",", ""))
    assert abs(said - 100 * part / whole) <= 0.005 + 1e-9 * said


def test_periods_are_named_with_their_days() -> None:
    named = {text: VI.period(parse(text)) for text in ("2026-Q3", "2026-6m", "2026-9m", "2026", "2026-10", "2026-W48")}
    assert named == {
        "2026-Q3": "Quý III/2026 (01/07/2026–30/09/2026)",
        "2026-6m": "6 tháng đầu năm 2026 (01/01/2026–30/06/2026)",
        "2026-9m": "9 tháng đầu năm 2026 (01/01/2026–30/09/2026)",
        "2026": "Năm 2026 (01/01/2026–31/12/2026)",
        "2026-10": "Tháng 10/2026 (01/10/2026–31/10/2026)",
        "2026-W48": "Tuần 48 (23/11/2026–29/11/2026)",
    }
    assert VI.period(parse("2026-11-26")) == "26/11/2026"
    assert VI.period(parse("2026-01-05..2026-03-17")) == "05/01/2026–17/03/2026"


def test_a_cell_is_said_by_its_kind() -> None:
    cells = (None, "Mẫu", 12345, date(2026, 6, 30), Minutes(24.25), Minutes(180.0), Score(4.333), Share(1, 3))
    assert [written(cell, VI).main for cell in cells] == [
        "–",
        "Mẫu",
        "12.345",
        "30/06/2026",
        "24,2",
        "≥ 180",
        "4,33",
        "33,33 %",
    ]
    assert written(Share(0, 0), VI).main == "–"
    assert written(Share(13093, 14986), EN).of == "(13,093/14,986)"


@pytest.mark.req("D1", "D2")
def test_the_results_are_those_of_all_facilities_together() -> None:
    by_site = {
        "mau-01": counts(issued_cccd_chip=60, issued_none=20, insurance_valid=8, insurance_expired=2, rated_5=1),
        "mau-02": counts(issued_vneid_qr=10, issued_bhyt_qr=10, called=4, wait_00=3, wait_09=1, no_shows=1),
        "elsewhere": counts(issued_none=1000),
    }
    made = report(facts(by_site=by_site), "vi")
    cells = column(made.summary, "Trong kỳ")
    by_key = dict(zip(Key, cells[: len(Key)], strict=True))
    assert by_key[Key.TICKETS] == 100
    assert by_key[Key.BY_ID_CARD] == Share(70, 100)
    assert by_key[Key.BY_CHIP] == Share(60, 100)
    assert by_key[Key.LOOK_UPS] == Share(8, 10)
    assert by_key[Key.READINGS] is None
    assert by_key[Key.WAIT_WITHIN] == Share(4, 4)
    assert by_key[Key.NO_SHOWS] == Share(1, 4)
    assert by_key[Key.SCORE] == Score(5.0)
    assert "Đã cấp 100 lượt lấy số." in made.sentences
    assert "Tỷ lệ tra cứu thẻ BHYT thành công đạt 80,00 % (8/10)." in made.sentences
    assert [row[0] for row in made.facilities.rows] == [facility.name for facility in FACILITIES]
    assert [row[1] for row in made.facilities.rows] == [80, 20]


def test_the_period_before_stands_beside_or_a_dash() -> None:
    now = {"mau-01": counts(issued_none=10)}
    before = {"mau-01": counts(issued_cccd_qr=5, issued_none=5)}
    assert column(report(facts(by_site=now, before=before), "vi").summary, "Kỳ trước")[:2] == [10, Share(5, 10)]
    assert set(column(report(facts(by_site=now), "vi").summary, "Kỳ trước")) == {None}


def test_a_target_is_said_with_its_direction_and_whether_it_is_reached() -> None:
    made = report(
        facts(by_site={"mau-01": counts(issued_cccd_chip=89999, issued_none=10001, called=1, wait_16=1)}), "vi"
    )
    aims = dict(zip(Key, column(made.summary, "Mục tiêu")[: len(Key)], strict=True))
    verdicts = dict(zip(Key, column(made.summary, "Đánh giá")[: len(Key)], strict=True))
    assert (aims[Key.BY_ID_CARD], verdicts[Key.BY_ID_CARD]) == (
        "≥\u00a090,00\u00a0%",
        "chưa đạt",
    )  # though 90,00 % is shown
    assert (aims[Key.NO_SHOWS], verdicts[Key.NO_SHOWS]) == ("≤\u00a05,00\u00a0%", "đạt")
    assert verdicts[Key.LOOK_UPS] == "–"


@pytest.mark.req("D1")
def test_every_reason_of_a_failed_look_up_and_reading_is_counted() -> None:
    one = counts(
        insurance_valid=7, insurance_unreachable=2, insurance_not_found=1, unread_card_removed=3, unread_qr_damaged=1
    )
    made = report(facts(by_site={"mau-01": one}), "vi")
    assert made.look_ups.rows == (
        ("Thành công: thẻ còn giá trị", 7, Share(7, 10)),
        ("Không kết nối được Cổng BHXH", 2, Share(2, 10)),
        ("Không tìm thấy thẻ", 1, Share(1, 10)),
    )
    assert made.unread.rows == (
        ("Nhấc thẻ ra khi đang đọc", 3, Share(3, 4)),
        ("Mã QR bị hỏng hoặc thiếu", 1, Share(1, 4)),
    )


@pytest.mark.req("D2")
def test_the_report_of_one_facility_has_its_services_and_its_own_heading() -> None:
    services = {
        "": counts(read_ok_cccd_chip=5),
        "general": counts(issued_none=9, called=2, wait_00=2),
        "x": counts(called=1),
    }
    made = report(
        facts(
            facilities=FACILITIES[:1],
            by_site={"mau-01": counts(issued_none=9, called=3, wait_00=3)},
            services=services,
            service_names={"general": ("Khám bệnh", "General"), "x": ("Chụp X-quang", "")},
            one=True,
        ),
        "en",
    )
    assert (made.heading.above, made.heading.issuer) == ("Sample Department of Health", "Sample District Health Centre")
    assert [row[:3] for row in made.by_service.rows] == [("General", 9, 2), ("Chụp X-quang", 0, 1)]
    assert made.by_service in made.tables
    assert made.facilities not in made.tables


def test_a_period_without_figures_says_so_and_has_no_table_of_dashes_alone() -> None:
    made = report(facts(facilities=()), "vi")
    assert made.empty
    assert made.sentences == (
        "0/0 cơ sở có số liệu trong kỳ; – (0/0) cơ sở đã tiếp nhận bằng chip căn cước.",
        "Đã cấp 0 lượt lấy số.",
    )
    assert (made.look_ups.rows, made.unread.rows, made.ratings.rows) == ((), (), ())
    assert all(table.rows or table.note for table in made.tables if table is not made.facilities)


def test_a_period_that_runs_says_until_when_it_counts() -> None:
    assert report(facts("2026"), "vi").heading.running == (
        "Kỳ báo cáo chưa kết thúc: số liệu tính đến hết ngày 26/11/2026."
    )
    assert report(facts("2026-6m"), "vi").heading.running == ""


@pytest.mark.req("D3")
def test_the_stamp_names_who_was_silent_when() -> None:
    heard = {
        "mau-01": days("06-01", "06-02", "06-05"),
        "mau-02": days("06-01", "06-02", "06-03", "06-04", "06-05", "06-06"),
    }
    made = report(facts("2026-06", heard=heard), "vi")
    assert made.silence.rows == (
        ("Trung tâm Y tế huyện Mẫu", Share(3, 5), 2, "03/06/2026–04/06/2026", date(2026, 6, 1)),
    )
    assert "Đủ số liệu 80,00 % (8/10) ngày làm việc của các cơ sở; 1 cơ sở có ngày im lặng." in made.stamp
    assert made.stamp[0] == "Số liệu đến 08:15 26/11/2026."
    assert made.stamp[-1] == "Báo cáo do MờiSố lập lúc 08:15 26/11/2026, người lập: lan."


def test_a_holiday_of_everybody_is_no_working_day_and_neither_is_a_weekend_or_today() -> None:
    week = parse("2026-W48")  # Monday is the 23rd, today the 26th
    everybody = {"a": days("11-23", "11-26", "11-28"), "b": days("11-25")}
    assert working_days(week, everybody, date(2026, 11, 26)) == (date(2026, 11, 23), date(2026, 11, 25))
    assert len(working_days(week, {}, date(2026, 12, 26), alone=True)) == 5
    assert working_days(week, {}, date(2026, 12, 26)) == ()
    assert working_days(week, everybody, date(2026, 11, 1)) == ()  # it lies ahead


def test_silences_are_stretches_of_working_days_over_weekends_and_holidays() -> None:
    working = [date(2026, 11, day) for day in (19, 20, 23, 25, 26)]
    heard = heard_of("a", days("11-19", "11-26"), working)
    assert heard.silences == (Silence(date(2026, 11, 20), date(2026, 11, 25), 3),)
    assert (heard.working, heard.heard, heard.silent) == (5, 2, 3)
    assert heard_of("a", frozenset(), working).first is None


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31))), st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31))))
def test_heard_and_silent_days_are_the_working_days(working: set[date], spoke: set[date]) -> None:
    heard = heard_of("a", frozenset(day.isoformat() for day in spoke), sorted(working))
    assert heard.heard == len(working & spoke)
    assert heard.silent == sum(silence.days for silence in heard.silences) == len(working - spoke)
    for one in heard.silences:
        assert not any(one.first <= day <= one.last for day in working & spoke)


def test_the_raw_counts_have_every_measure_of_whoever_has_any() -> None:
    made = report(facts(by_site={"mau-02": counts(called=3)}), "vi")
    assert made.raw.head == ("site", "name", *MEASURES)
    assert [row[0] for row in made.raw.rows] == ["mau-02"]
    assert made.raw.rows[0][2 + MEASURES.index("called")] == 3


def test_a_facility_that_spoke_every_other_day_fills_no_page_with_its_silences() -> None:
    everything = days(*(f"{month:02d}-{day:02d}" for month in range(1, 7) for day in range(1, 29)))
    heard = {"mau-01": frozenset(day for day in everything if int(day[-2:]) % 2), "mau-02": everything}
    made = report(facts("2026-6m", heard=heard), "vi")
    ((_, _, silent, said, _),) = made.silence.rows
    assert isinstance(said, str)
    assert said.count("/2026") <= 2 * 20
    assert "khoảng nữa" in said
    assert sum(row[3] for row in made.silences.rows if isinstance(row[3], int)) == silent


def test_a_facility_that_never_sent_anything_has_an_empty_report() -> None:
    made = report(facts("2026-6m", facilities=(), one=True), "vi")
    assert made.empty
    assert made.heading.issuer == "Sở Y tế tỉnh Mẫu"
    assert made.stamp[0] == "Số liệu đến 08:15 26/11/2026."


@pytest.mark.parametrize("period", ["2099", "2000-01-01", "2096-02-29", "2026-W53"])
def test_any_period_can_be_reported(period: str) -> None:
    assert report(facts(period, by_site={"mau-01": counts()}), "en").empty
