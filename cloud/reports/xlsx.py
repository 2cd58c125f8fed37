"""The report as a workbook: real numbers with formats, shares as formulas over their numerators and denominators."""

import io
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from cloud.reports.report import Cell, Minutes, Report, Score, Share, Table
from cloud.reports.tongue import Tongue
from cloud.words import N_

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
A4 = 9
MOST_NAME = 31  # characters that a sheet's name may have
MOST_ACROSS = 30  # columns that can still be read across one page
WIDEST, NARROWEST = 52, 9
FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "bold": {"bold": True},
    "text": {"valign": "top", "text_wrap": True},
    "head": {
        "bold": True,
        "text_wrap": True,
        "valign": "vcenter",
        "align": "center",
        "border": 1,
        "bg_color": "#DFF1EE",
    },
    "cell": {"border": 1, "valign": "top", "text_wrap": True},
    "number": {"border": 1, "valign": "top", "num_format": "#,##0"},
    "share": {"border": 1, "valign": "top", "num_format": "0.00%"},
    "minutes": {"border": 1, "valign": "top", "num_format": "0.0"},
    "score": {"border": 1, "valign": "top", "num_format": "0.00"},
    "day": {"border": 1, "valign": "top", "num_format": "dd/mm/yyyy", "align": "left"},
}


def workbook(report: Report, made: datetime) -> bytes:
    """The bytes of an ``.xlsx``; ``made`` goes into its properties."""
    file = io.BytesIO()
    tongue = Tongue(report.language)
    # Nothing that a facility calls itself becomes a formula, a link or a number.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties(
        {
            "title": report.heading.subject,
            "company": report.heading.issuer,
            "created": made.replace(tzinfo=None),
        }
    )
    writing = _Writing(book, tongue)
    writing.cover(report)
    writing.sheet(tongue.say(N_("Cơ sở")), report.facilities)
    if report.by_service.rows:
        writing.sheet(tongue.say(N_("Dịch vụ")), report.by_service)
    writing.sheet(tongue.say(N_("Giấy tờ")), report.documents, report.reading)
    writing.sheet(tongue.say(N_("Tra cứu")), report.look_ups, report.unread)
    writing.sheet(tongue.say(N_("Chờ và hài lòng")), report.waits, report.ratings, report.payments)
    writing.sheet(tongue.say(N_("Ngày im lặng")), report.silence, report.silences)
    writing.sheet(tongue.say(N_("Số liệu gốc")), report.raw)
    book.close()
    return file.getvalue()


class _Writing:
    """A workbook being written."""

    def __init__(self, book: Any, tongue: Tongue) -> None:
        self._book = book
        self._tongue = tongue
        self._formats = {name: book.add_format({"font_name": "Arial", **look}) for name, look in FORMATS.items()}

    def cover(self, report: Report) -> None:
        """The first sheet: heading, results in words, the indicators, and how complete the figures are."""
        heading = report.heading
        sheet = self._new(self._tongue.say(N_("Tổng hợp")))
        row = 0
        said = [(heading.above, "text"), (heading.issuer, "bold"), (heading.subject, "title"), (heading.period, "bold")]
        said += [(heading.running, "text"), *((f"• {sentence}", "text") for sentence in report.sentences)]
        for text, look in said:
            if text:
                sheet.merge_range(row, 0, row, 9, "", self._formats[look])
                sheet.write_string(row, 0, text, self._formats[look])
                sheet.set_row(row, 18 * (1 + len(text) // 130))
                row += 1
        widths: list[int] = []
        row = self._table(sheet, row + 1, report.summary, widths)
        for text in report.stamp:
            sheet.write_string(row, 0, text)
            row += 1
        _set_widths(sheet, widths)

    def sheet(self, name: str, first: Table, *others: Table) -> None:
        """A sheet of its own. The head of its first table stays in sight, and on every printed page."""
        sheet = self._new(name)
        sheet.write_string(0, 0, first.title, self._formats["title"])
        widths: list[int] = []
        row = self._table(sheet, 1, first, widths, titled=False)
        if first.rows:
            sheet.freeze_panes(2, 1)
            sheet.repeat_rows(0, 1)
        if first.rows and not others:
            if len(_columns(first)) > MOST_ACROSS:
                sheet.fit_to_pages(0, 0)
                sheet.repeat_columns(0, 1)
            sheet.autofilter(1, 0, 1 + len(first.rows), max(0, len(_columns(first)) - 1))
        for table in others:
            row = self._table(sheet, row + 1, table, widths)
        _set_widths(sheet, widths)

    def _new(self, name: str) -> Any:
        sheet = self._book.add_worksheet(name[:MOST_NAME])
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P/&N")
        return sheet

    def _table(self, sheet: Any, row: int, table: Table, widths: list[int], *, titled: bool = True) -> int:
        """Write a table from ``row`` on; the row after it. ``widths`` grow to what its columns need."""
        if titled:
            sheet.write_string(row, 0, table.title, self._formats["title"])
            row += 1
        if table.rows:
            expanded = table.shares
            for column, head in enumerate(self._heads(table, expanded)):
                sheet.write_string(row, column, head, self._formats["head"])
                _widen(widths, column, max(map(len, head.split()), default=0) + 3)
            row += 1
            for cells in table.rows:
                self._row(sheet, row, cells, expanded, widths)
                row += 1
        if table.note:
            sheet.write_string(row, 0, table.note)
            row += 1
        return row + 1

    def _heads(self, table: Table, expanded: frozenset[int]) -> list[str]:
        heads = []
        part, whole = self._tongue.say(N_("tử số")), self._tongue.say(N_("mẫu số"))
        for column, head in enumerate(table.head):
            heads.append(head)
            if column in expanded:
                heads += [f"{head}: {part}", f"{head}: {whole}"]
        return heads

    def _row(self, sheet: Any, row: int, cells: tuple[Cell, ...], expanded: frozenset[int], widths: list[int]) -> None:
        column = 0
        for place, cell in enumerate(cells):
            self._cell(sheet, row, column, cell)
            if isinstance(cell, str):
                _widen(widths, column, len(cell) + 2)
            if place in expanded:
                parts = (cell.part, cell.whole) if isinstance(cell, Share) else (None, None)
                for further, n in enumerate(parts, 1):
                    self._cell(sheet, row, column + further, n)
                column += 2
            column += 1

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        formats = self._formats
        match cell:
            case None:
                sheet.write_blank(row, column, None, formats["cell"])
            case str():
                sheet.write_string(row, column, cell, formats["cell"])
            case int():
                sheet.write_number(row, column, cell, formats["number"])
            case date():
                sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), formats["day"])
            case Minutes(value):
                sheet.write_number(row, column, round(value, 2), formats["minutes"])
            case Score(value):
                sheet.write_number(row, column, round(value, 4), formats["score"])
            case Share(part, whole):
                above, below = xl_rowcol_to_cell(row, column + 1), xl_rowcol_to_cell(row, column + 2)
                share: float | str = part / whole if whole else ""
                sheet.write_formula(row, column, f'=IF({below}=0,"",{above}/{below})', formats["share"], share)


def _columns(table: Table) -> range:
    return range(len(table.head) + 2 * len(table.shares))  # a share takes three


def _set_widths(sheet: Any, widths: list[int]) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(WIDEST, max(NARROWEST, width)))


def _widen(widths: list[int], column: int, width: int) -> None:
    widths.extend([0] * (column + 1 - len(widths)))
    widths[column] = max(widths[column], width)
