"""Today's figures: a page, and the part of it that the page fetches again every two seconds."""

import time

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from cloud.rollups import MINUTE_MS
from cloud.statistics import Statistics, Today
from cloud.web.figures import CHART_HEIGHT, CHART_WIDTH, hour_bars
from edge.contracts.eligibility import Outcome
from edge.contracts.face import ChipVerdict, ContestVerdict, Purpose
from edge.contracts.reading import ReadingFault
from edge.contracts.ticket import Document

SILENT_MS = 30 * MINUTE_MS  # a facility that sends nothing for so long is said to be silent
DOCUMENTS = {
    Document.CCCD_CHIP: "Căn cước, chip",
    Document.CCCD_QR: "Căn cước, mã QR",
    Document.VNEID_QR: "VNeID, mã QR",
    Document.BHYT_QR: "Thẻ BHYT, mã QR",
    Document.NONE: "Không có giấy tờ",
}
READ_AS = {**DOCUMENTS, Document.NONE: "Không rõ loại giấy tờ"}
PURPOSES = {
    Purpose.PORTRAIT: "Để nhân viên nhận ra khi gọi số",
    Purpose.ONE_NUMBER: "Để một người không lấy nhiều số",
    Purpose.CHIP: "Để so với ảnh trong chip",
}
CHIP_FACES = {
    ChipVerdict.MATCH: "Khớp ảnh trong chip",
    ChipVerdict.UNSURE: "Chưa chắc khớp, nhân viên xem",
    ChipVerdict.NO_MATCH: "Không khớp, nhân viên xem",
}
CONTESTS = {
    ContestVerdict.SAME: "Nghi lấy hai số: cùng một người",
    ContestVerdict.DIFFERENT: "Nghi lấy hai số: hai người khác nhau",
    ContestVerdict.LEFT: "Nghi lấy hai số: người đó bỏ đi",
}
OUTCOMES = {
    Outcome.VALID: "Còn giá trị",
    Outcome.NEW_CARD: "Đã cấp thẻ mới",
    Outcome.FORCES_CARD: "Thẻ Quân đội, Công an",
    Outcome.EXPIRED: "Thẻ hết hạn",
    Outcome.STOPPED: "Ngừng đóng hoặc chuyển nơi khác",
    Outcome.REVOKED: "Thẻ bị thu hồi",
    Outcome.NOT_FOUND: "Không tìm thấy thẻ",
    Outcome.CODE_WRONG: "Mã thẻ sai",
    Outcome.NAME_WRONG: "Sai họ tên",
    Outcome.BIRTH_WRONG: "Sai ngày sinh",
    Outcome.CHILD_WITHOUT_CARD: "Trẻ em chưa có thẻ",
    Outcome.QUESTION_WRONG: "Cổng không nhận thông tin",
    Outcome.NOT_AUTHORISED: "Cơ sở chưa được cho tra cứu",
    Outcome.PORTAL_ERROR: "Cổng BHXH lỗi",
    Outcome.UNREACHABLE: "Không kết nối được Cổng BHXH",
    Outcome.UNKNOWN: "Mã trả lời chưa biết",
}
FAULTS = {
    ReadingFault.NO_READER: "Không có đầu đọc",
    ReadingFault.CARD_REMOVED: "Nhấc thẻ ra khi đang đọc",
    ReadingFault.NO_ANSWER: "Thẻ hoặc đầu đọc không trả lời",
    ReadingFault.NOT_EMRTD: "Không phải thẻ căn cước gắn chip",
    ReadingFault.WRONG_ACCESS_KEY: "Mã trên thẻ không mở được chip này",
    ReadingFault.ACCESS_REFUSED: "Chip từ chối cho đọc",
    ReadingFault.INTEGRITY_LOST: "Dữ liệu bị sai trên đường truyền",
    ReadingFault.MALFORMED: "Dữ liệu trong chip không đúng chuẩn",
    ReadingFault.HASH_MISMATCH: "Dữ liệu khác với bản đã ký",
    ReadingFault.SIGNATURE_INVALID: "Chữ ký số không đúng",
    ReadingFault.SIGNER_UNKNOWN: "Không rõ nơi ký",
    ReadingFault.SIGNER_EXPIRED: "Chứng thư của nơi ký hết hạn",
    ReadingFault.CLONED: "Chip bị sao chép",
    ReadingFault.QR_DISAGREES: "Chip và mã QR không khớp",
    ReadingFault.QR_UNREADABLE: "Máy quét không đọc được mã",
    ReadingFault.QR_DAMAGED: "Mã QR bị hỏng hoặc thiếu",
    ReadingFault.QR_UNKNOWN: "Mã QR không phải của giấy tờ",
}

pages = Blueprint("today", __name__)


def register(app: Flask, statistics: Statistics) -> None:
    """Add the pages, which read these statistics."""
    app.extensions["moiso_statistics"] = statistics
    app.register_blueprint(pages)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The way in."""
    return redirect(url_for("today.page"))


@pages.get("/today")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def page() -> str:
    """The whole page."""
    return _render("today.html")


@pages.get("/today/fragment")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no annotations
def fragment() -> str:
    """What changes of it."""
    return _render("today_figures.html")


def _render(template: str) -> str:
    now_ms = time.time_ns() // 1_000_000
    statistics: Statistics = current_app.extensions["moiso_statistics"]
    today: Today = statistics.today(now_ms)
    return render_template(
        template,
        today=today,
        total=today.total,
        silent=[site for site in today.sites if now_ms - site.heard_ms > SILENT_MS],
        bars=hour_bars(today.issued_by_hour),
        chart=(CHART_WIDTH, CHART_HEIGHT),
        documents=DOCUMENTS,
        read_as=READ_AS,
        faults=FAULTS,
        outcomes=OUTCOMES,
        purposes=PURPOSES,
        chip_faces=CHIP_FACES,
        contests=CONTESTS,
    )
