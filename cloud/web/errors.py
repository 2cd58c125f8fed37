"""What the dashboard says where it cannot show what was asked for: in words, and what to do."""

import logging

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from cloud.statistics import StatisticsAway
from cloud.words import N_

log = logging.getLogger(__name__)

# status: what is wrong, what to do
WORDS = {
    400: (N_("Địa chỉ không đúng"), N_("Kỳ hoặc ngày trong địa chỉ không đọc được. Xin chọn lại kỳ trên trang.")),
    403: (N_("Tài khoản này không xem được trang"), N_("Nếu cần, xin nhờ quản trị của Sở cấp quyền.")),
    404: (N_("Không có trang này"), N_("Địa chỉ sai, hoặc cơ sở không thuộc phạm vi của tài khoản này.")),
    503: (N_("Kho số liệu không trả lời"), N_("Số liệu vẫn được giữ đủ. Xin tải lại trang sau một phút.")),
}


def register(app: Flask) -> None:
    """Answer these errors with a page."""
    for status in WORDS:
        app.register_error_handler(status, _page)
    app.register_error_handler(StatisticsAway, _away)


def _page(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 400
    what, then = WORDS[status]
    return render_template("error.html", what=what, then=then), status


def _away(error: StatisticsAway) -> ResponseReturnValue:
    log.error("the store of figures gives no answer: %s", error)
    what, then = WORDS[503]
    return render_template("error.html", what=what, then=then), 503
