"""The report as a workbook, opened by another program's eyes (openpyxl)."""

import io
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from cloud.reports.tables import report
from cloud.reports.xlsx import workbook
from cloud.rollups import MEASURES
from cloud.today import Facility
from tests.reporting import FACILITIES, MADE, counts, days, facts

EVIL = '=HYPERLINK("http://evil.example";"x")'
BY_SITE = {
    "mau-01": counts(
        issued_cccd_chip=13093,
        issued_none=1893,
        called=10,
        wait_00=5,
        wait_08=5,
        insurance_valid=3,
        insurance_expired=1,
    ),
    "mau-02": counts(issued_none=7),
}
HEARD = {"mau-01": days("06-01", "06-02"), "mau-02": days("06-01", "06-02", "06-03")}


def opened(*, values: bool, facilities: tuple[Facility, ...] = FACILITIES) -> Workbook:
    made = workbook(report(facts("2026-06", by_site=BY_SITE, heard=HEARD, facilities=facilities), "vi"), MADE)
    return openpyxl.load_workbook(io.BytesIO(made), data_only=values)


def sheet(book: Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


@pytest.mark.req("D3")
def test_the_workbook_has_the_sheets_the_department_asked_for() -> None:
    names = opened(values=False).sheetnames
    assert [name for name in names if name != "Chờ và hài lòng"] == [
        "Tổng hợp",
        "Cơ sở",
        "Giấy tờ",
        "Tra cứu",
        "Ngày im lặng",
        "Số liệu gốc",
    ]


@pytest.mark.req("D1", "D3")
def test_a_share_is_a_formula_over_its_numerator_and_denominator() -> None:
    formulas, values = (sheet(opened(values=values), "Cơ sở") for values in (False, True))
    heads = [cell.value for cell in formulas[2]]
    place = heads.index("Căn cước, VNeID") + 1
    assert heads[place : place + 2] == ["Căn cước, VNeID: tử số", "Căn cước, VNeID: mẫu số"]
    assert formulas.cell(3, place).value == '=IF(E3=0,"",D3/E3)'
    assert formulas.cell(3, place).number_format == "0.00%"
    assert (values.cell(3, place + 1).value, values.cell(3, place + 2).value) == (13093, 14986)
    assert values.cell(3, place).value == pytest.approx(13093 / 14986)


def test_numbers_are_numbers_and_dates_are_dates() -> None:
    book = opened(values=True)
    raw = sheet(book, "Số liệu gốc")
    assert [cell.value for cell in raw[2]] == ["site", "name", *MEASURES]
    assert all(isinstance(cell.value, int) for cell in raw[3][2:])
    assert raw.cell(3, 3 + MEASURES.index("issued_cccd_chip")).value == 13093
    silent = sheet(book, "Ngày im lặng")
    row = [cell.value for cell in silent[3]]
    assert row[:1] + row[2:6] == ["Trung tâm Y tế huyện Mẫu", 2, 3, 1, "03/06/2026"]
    stretch = [cell.value for cell in silent[silent.max_row]][:4]
    assert [stretch[0], stretch[3]] == ["Trung tâm Y tế huyện Mẫu", 1]
    assert isinstance(stretch[1], datetime)
    first = silent.cell(3, 7).value
    assert isinstance(first, datetime)
    assert first.date() == date(2026, 6, 1)


def test_heads_stay_in_sight_and_on_every_printed_page() -> None:
    book = opened(values=False)
    for name in ("Cơ sở", "Số liệu gốc", "Ngày im lặng"):
        one = sheet(book, name)
        assert one.freeze_panes == "B3"
        assert one.print_title_rows == "$1:$2"
        assert (one.page_setup.orientation, one.page_setup.paperSize) == ("landscape", 9)
    assert sheet(book, "Cơ sở").page_setup.fitToHeight == 0  # as wide as the paper, as long as it is
    assert sheet(book, "Số liệu gốc").print_title_cols == "$A:$B"  # too wide for any paper


@pytest.mark.parametrize("name", [EVIL, "+1+1", "-2", "@SUM(A1)", "http://evil.example/", "{=1}", "12345"])
def test_what_a_facility_calls_itself_stays_text(name: str) -> None:
    book = opened(values=False, facilities=(Facility("mau-01", name, name, 0), FACILITIES[1]))
    for sheet_name in ("Cơ sở", "Số liệu gốc", "Ngày im lặng"):
        cells = [cell for row in sheet(book, sheet_name).iter_rows() for cell in row if cell.value == name]
        assert cells, sheet_name
        assert {(cell.data_type, cell.hyperlink) for cell in cells} == {("s", None)}


def test_nothing_counted_is_a_workbook_too() -> None:
    made = workbook(report(facts(facilities=()), "en"), MADE)
    assert len(openpyxl.load_workbook(io.BytesIO(made)).sheetnames) == 7


def test_the_summary_says_the_results_the_period_and_the_stamp() -> None:
    texts = [
        str(cell.value) for row in sheet(opened(values=True), "Tổng hợp").iter_rows() for cell in row if cell.value
    ]
    assert "Tháng 06/2026 (01/06/2026–30/06/2026)" in texts
    assert "Sở Y tế tỉnh Mẫu" in texts
    assert any("75,00 % (3/4)" in text for text in texts)
    assert "Báo cáo do MờiSố lập lúc 08:15 26/11/2026, người lập: lan." in texts
