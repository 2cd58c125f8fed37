"""The periodic report through the dashboard's application: its page, its files, and who may have them."""

import csv
import io
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from cloud.accounts.people import add_account
from cloud.reports.csv import COLUMNS
from cloud.reports.pdf import package_file, pdf, typeset
from cloud.reports.store import Subscriptions
from cloud.reports.tables import report
from cloud.roles import Role
from cloud.rollups import MEASURES
from cloud.today import Facility, reading
from cloud.web import reports
from tests.bench.province_year import fill
from tests.cloud_people import PASSWORD, PEOPLE, Visitor, add_people, add_sites, cloud_config, make_app
from tests.reporting import FACILITIES, counts, days, facts

UNTIL = date(2026, 6, 30)
EVIL = "<script src=//evil.example></script>=1+1"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Two provinces; the first has three large facilities with half a year of figures besides its small ones."""
    data = tmp_path_factory.mktemp("cloud")
    fill(data, sites=3, days=181, until=UNTIL)
    add_sites(data)
    add_people(data)
    add_account(data, "loan", PASSWORD, Role.FACILITY, "mau", "mau-001")
    return make_app(cloud_config(data))


@pytest.fixture(scope="module")
def data(app: Flask) -> Path:
    found: Path = app.extensions["moiso_accounts"]
    return found


def lan(app: Flask) -> Visitor:
    return Visitor(app).is_in("lan")


def text_of(made: bytes) -> str:
    """What a PDF says, read by columns and by rows, each with its lines joined."""
    runs = (
        subprocess.run(["pdftotext", *way, "-", "-"], input=made, capture_output=True, check=True)
        for way in ([], ["-layout"])
    )
    return "\n".join(" ".join(run.stdout.decode().split()) for run in runs)


@pytest.fixture(scope="module")
def made_pdf() -> bytes:
    by_site = {
        "mau-01": counts(issued_cccd_chip=13093, issued_none=1893, insurance_valid=13093, insurance_not_found=1893),
        "mau-02": counts(issued_vneid_qr=4, called=3, wait_00=3, no_shows=1, unread_card_removed=2),
    }
    heard = {"mau-01": days("06-01", "06-02"), "mau-02": days("06-01", "06-02", "06-03")}
    facilities = (FACILITIES[0], Facility("mau-02", EVIL, EVIL, 0))
    return pdf(report(facts("2026-6m", by_site=by_site, heard=heard, facilities=facilities), "vi"))


@pytest.mark.req("D1", "D3")
def test_the_pdf_says_the_figures_as_the_department_writes_them(made_pdf: bytes) -> None:
    text = text_of(made_pdf)
    for sentence in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
        "ngày 26 tháng 11 năm 2026",
        "BÁO CÁO Kết quả tiếp nhận người bệnh bằng căn cước, VNeID, thẻ bảo hiểm y tế",
        "6 tháng đầu năm 2026 (01/01/2026–30/06/2026)",
        "Tỷ lệ tra cứu thẻ BHYT thành công đạt 87,37 % (13.093/14.986).",
        "87,37 % (13.093/14.986)",
        "Không tìm thấy thẻ 1.893 12,63 % (1.893/14.986)",
        "Nhấc thẻ ra khi đang đọc 2 100,00 % (2/2)",
        "Trung tâm Y tế huyện Mẫu 66,67 % (2/3) 1 03/06/2026 01/06/2026",
        "Số liệu đến 08:15 26/11/2026.",
        "người lập: lan.",
        "NGƯỜI LẬP BÁO CÁO",
        "THỦ TRƯỞNG ĐƠN VỊ",
    ):
        assert sentence in text, sentence
    assert EVIL.replace(" ", "") in text.replace(" ", "")


@pytest.mark.req("D3")
def test_the_pdf_brings_its_fonts_and_is_a4(made_pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(made_pdf)
    run = subprocess.run(["pdffonts", tmp_path / "report.pdf"], capture_output=True, check=True, text=True)
    fonts = [line.split() for line in run.stdout.splitlines()[2:]]
    assert len(fonts) == 2
    for name, *_, embedded, subset, mapped, _, _ in fonts:
        assert "Be-Vietnam-Pro" in name
        assert (embedded, subset, mapped) == ("yes", "yes", "yes")
    sizes = subprocess.run(["pdfinfo", "-l", "9", tmp_path / "report.pdf"], capture_output=True, check=True, text=True)
    assert {
        line.split("size:")[1].strip() for line in sizes.stdout.splitlines() if "size:" in line and "Page" in line
    } <= {
        "595.276 x 841.89 pts (A4)",
        "841.89 x 595.276 pts (A4)",
    }


def test_the_head_of_a_table_stands_on_each_of_its_pages() -> None:
    many = tuple(Facility(f"mau-{n:02d}", f"Trung tâm Y tế khu vực Mẫu {n}", "", 0) for n in range(30))
    made = pdf(report(facts("2026-6m", by_site={f.site: counts(issued_none=1) for f in many}, facilities=many), "vi"))
    run = subprocess.run(["pdftotext", "-", "-"], input=made, capture_output=True, check=True)
    pages = [" ".join(page.split()) for page in run.stdout.decode().split("\f")]
    with_rows = [page for page in pages if page.count("khu vực Mẫu") > 5]
    assert len(with_rows) >= 2
    assert all("Chip căn cước" in page for page in with_rows)


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:9/x.png",
        "file:///etc/passwd",
        "moiso:../../../../etc/passwd",
        "moiso:/etc/passwd",
        "data:,x",
        "x",
    ],
)
def test_a_report_fetches_nothing(reference: str) -> None:
    with pytest.raises(ValueError, match="nothing but its own"):
        package_file(reference)


def test_a_page_that_refers_to_anything_else_is_not_set() -> None:
    with pytest.raises(BaseException, match=r"127\.0\.0\.1:9"):
        typeset('<img src="http://127.0.0.1:9/x.png">')


@pytest.mark.req("D1", "D2", "D3")
def test_the_page_shows_the_report_and_leads_to_its_files(app: Flask) -> None:
    page = lan(app).get("/reports?period=2026-6m").text
    assert "6 tháng đầu năm 2026 (01/01/2026–30/06/2026)" in page
    assert "Trung tâm Y tế khu vực Mẫu 1" in page
    for link in (
        "/reports/report.pdf?period=2026-6m",
        "/reports/report.xlsx?period=2026-6m",
        "/reports/counts.csv?by=day&amp;period=2026-6m",
        "/reports/counts.csv?by=month&amp;period=2026-6m",
    ):
        assert f'href="{link}"' in page
    for link in ("report.xlsx", "counts.csv"):
        answer = lan(app).get(f"/reports/{link}?period=2026-06&site=mau-001")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=moiso-")
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.req("D3")
def test_page_workbook_and_pdf_say_the_same(app: Flask) -> None:
    visitor = lan(app)
    page = " ".join(visitor.get("/reports?period=2026-6m").text.split())
    book = openpyxl.load_workbook(io.BytesIO(visitor.get("/reports/report.xlsx?period=2026-6m").data), data_only=True)
    rows = list(book["Tra cứu"].iter_rows(min_row=3, max_row=3, values_only=True))
    _, insured, _, part, whole = rows[0][:5]
    assert insured == part
    written = f"({part:,}/{whole:,})".replace(",", ".")
    assert written in page
    answer = visitor.get("/reports/report.pdf?period=2026-6m")
    assert answer.headers["Content-Disposition"] == "attachment; filename=moiso-mau-2026-6m.pdf"
    assert written in text_of(answer.data)


@pytest.mark.req("D3")
def test_the_csv_is_every_count_of_every_day_and_sums_to_the_ledger(app: Flask, data: Path) -> None:
    answer = lan(app).get("/reports/counts.csv?period=2026-6m&by=day")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbfsite,")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    with reading(data) as db:
        n, called = db.execute(
            "SELECT COUNT(*), SUM(called) FROM days"
            " WHERE site GLOB 'mau-*' AND day BETWEEN '2026-01-01' AND '2026-06-30'"
        ).fetchone()
    assert (len(rows), sum(int(row["called"]) for row in rows)) == (n, called)
    by_month = lan(app).get("/reports/counts.csv?period=2026-6m&by=month").data.decode("utf-8-sig")
    months = list(csv.DictReader(io.StringIO(by_month)))
    assert {row["when"] for row in months} == {f"2026-0{n}" for n in range(1, 7)}
    for measure in MEASURES:
        assert sum(int(row[measure]) for row in months) == sum(int(row[measure]) for row in rows), measure


def test_another_tenants_figures_are_in_no_file(app: Flask) -> None:
    for name in ("khanh", "hoa"):
        visitor = Visitor(app).is_in(name)
        for path in ("/reports", "/reports/report.xlsx", "/reports/report.pdf", "/reports/counts.csv"):
            assert visitor.get(f"{path}?period=2026-6m&site=mau-001").status_code == 404, (name, path)
        page = visitor.get("/reports?period=2026").text
        rows = visitor.get("/reports/counts.csv?period=2026").text
        assert "mau-001" not in page + rows
        assert "khu vực Mẫu" not in page + rows
    assert "khac-01" in Visitor(app).is_in("khanh").get("/reports/counts.csv?period=2026-11").text


def test_whoever_runs_a_facility_gets_its_own_report(app: Flask) -> None:
    page = Visitor(app).is_in("loan").get("/reports?period=2026-06").text
    assert "Kết quả theo dịch vụ" in page
    assert "Kết quả theo cơ sở" not in page
    assert "/reports/subscriptions" not in page


def test_whoever_may_not_see_figures_gets_no_report(app: Flask) -> None:
    visitor = Visitor(app).is_in("minh")  # a technician, who may configure
    for path in ("/reports", "/reports/report.xlsx", "/reports/report.pdf", "/reports/counts.csv"):
        assert visitor.get(path).status_code == 403
    assert visitor.get("/reports/subscriptions").status_code == 403
    assert visitor.post("/reports/subscriptions", **WISH).status_code == 403  # nor by e-mail
    assert Visitor(app).get("/reports").status_code == 302


@pytest.mark.parametrize("period", ["yesterday", "2026-13", "2020-01-01..2026-01-01", "2026-6m\r\nX: y"])
def test_what_is_no_period_is_refused(app: Flask, period: str) -> None:
    for path in ("/reports", "/reports/report.pdf", "/reports/counts.csv"):
        assert lan(app).client.get(path, query_string={"period": period}).status_code == 400


def test_a_file_too_many_is_put_off_in_words(app: Flask) -> None:
    with reports._making:
        reports_waiting = [reports._asked_for.acquire(blocking=False) for _ in range(reports.QUEUE)]
        try:
            answer = lan(app).get("/reports/report.xlsx?period=2026-06")
        finally:
            for _ in reports_waiting:
                reports._asked_for.release()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "Máy đang làm báo cáo khác" in answer.text
    assert lan(app).get("/reports/report.xlsx?period=2026-06").status_code == 200


def test_a_csv_that_is_broken_off_makes_room_for_others(app: Flask) -> None:
    for _ in range(3 * reports.STREAMS):
        answer = lan(app).client.get("/reports/counts.csv?period=2026-06", buffered=False)
        assert answer.status_code == 200
        answer.close()


WISH = {
    "address": "so.yte@mau.example",
    "site": "",
    "cadence": "monthly",
    "day": "5",
    "format": "both",
    "language": "vi",
}


@pytest.fixture
def subscribed(app: Flask) -> Iterator[int]:
    """A subscription of the first province."""
    visitor = lan(app)
    assert visitor.post("/reports/subscriptions", **WISH).status_code == 302
    number = newest(app)
    yield number
    visitor.post(f"/reports/subscriptions/{number}/remove")


def newest(app: Flask) -> int:
    return max(one.id for one in Subscriptions(app.extensions["moiso_accounts"]).of_province("mau"))


@pytest.mark.req("D3")
def test_an_administrator_says_who_gets_reports(app: Flask, subscribed: int) -> None:
    page = lan(app).get("/reports/subscriptions").text
    assert "so.yte@mau.example" in page
    assert "chưa có kỳ nào đến hạn" in page
    assert lan(app).post(f"/reports/subscriptions/{subscribed}/remove").status_code == 302
    assert "so.yte@mau.example" not in lan(app).get("/reports/subscriptions").text


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"address": "so.yte@mau.example\r\nBcc: x@evil.example"}, 422),
        ({"address": "a@b.example, c@d.example"}, 422),
        ({"address": ""}, 422),
        ({"address": f"{'a' * 250}@mau.example"}, 422),
        ({"day": "29"}, 400),
        ({"day": "x"}, 400),
        ({"cadence": "hourly"}, 400),
        ({"format": "docx"}, 400),
        ({"language": "fr"}, 400),
        ({"site": "khac-01"}, 404),
        ({"site": "nowhere"}, 404),
    ],
)
def test_a_wish_that_cannot_be_is_refused(app: Flask, wish: dict[str, str], status: int) -> None:
    assert lan(app).post("/reports/subscriptions", **{**WISH, **wish}).status_code == status


def test_nobody_else_sees_or_removes_a_subscription(app: Flask, subscribed: int) -> None:
    for name in PEOPLE:
        if name == "lan":
            continue
        visitor = Visitor(app).is_in(name)
        assert "so.yte@mau.example" not in visitor.get("/reports/subscriptions").text
        assert visitor.post(f"/reports/subscriptions/{subscribed}/remove").status_code in (403, 404)
        answer = visitor.post(f"/reports/subscriptions/{subscribed}/again", period="2026-10")
        assert answer.status_code in (403, 404)
    assert newest(app) == subscribed


def test_a_form_of_another_site_subscribes_nobody(app: Flask) -> None:
    answer = lan(app).client.post("/reports/subscriptions", data=WISH, headers={"Referer": "https://localhost/"})
    assert answer.status_code in (400, 302)
    assert "so.yte@mau.example" not in lan(app).get("/reports/subscriptions").text
