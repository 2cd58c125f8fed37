"""The audit log, for administrators: who did what, newest first, and as a file for a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from msgspec import Struct

from cloud.accounts.people import accounts_of
from cloud.audit import DONE, FOR_EVER, Broken, Line, Wanted, lines, verify
from cloud.roles import Right
from cloud.web.access import allowed, note, viewer
from cloud.web.doors import doors, say
from cloud.words import N_
from edge.daemon.i18n import local_time

PAGE = 50
CHUNK = 1000
TIME_ZONE = "Asia/Ho_Chi_Minh"
COLUMNS = ("seq", "time_utc", "who", "deed", "about", "result", "sha256")
# What is done, in words; a deed that has none here is shown as it is named. Other rooms add theirs.
DEEDS = {
    "subscribe": N_("Thêm người nhận báo cáo"),
    "unsubscribe": N_("Bỏ người nhận báo cáo"),
    "send-report-again": N_("Gửi lại báo cáo"),
    "login": N_("Đăng nhập"),
    "login-oidc": N_("Đăng nhập bằng tài khoản của tỉnh"),
    "logout": N_("Đăng xuất"),
    "end-sessions": N_("Kết thúc phiên"),
    "change-password": N_("Đổi mật khẩu"),
    "second-factor-on": N_("Bật bước hai"),
    "second-factor-off": N_("Bỏ bước hai"),
    "recovery-codes": N_("Tạo mã dự phòng mới"),
    "invite": N_("Mời"),
    "invitation": N_("Mở lời mời"),
    "withdraw-invitation": N_("Thu hồi lời mời"),
    "account-by-invitation": N_("Tạo tài khoản theo lời mời"),
    "password-link": N_("Tạo liên kết đặt mật khẩu"),
    "password-by-link": N_("Đặt mật khẩu theo liên kết"),
    "change-role": N_("Đổi vai trò"),
    "disable": N_("Khoá tài khoản"),
    "enable": N_("Mở tài khoản"),
    "reset-second-factor": N_("Xoá bước hai"),
    "make-token": N_("Tạo mã truy cập API"),
    "revoke-token": N_("Thu hồi mã truy cập API"),
    "acknowledge-alarm": N_("Nhận xử lý cảnh báo"),
    "tell-again": N_("Báo lại cảnh báo cho người nhận"),
    "configure-site": N_("Gửi cấu hình cho cơ sở"),
    "set-target": N_("Đặt mục tiêu"),
    "set-place": N_("Đặt vị trí cơ sở"),
    "export-audit": N_("Tải nhật ký"),
    "command-add": N_("Tạo tài khoản trên máy chủ"),
    "command-password": N_("Đặt mật khẩu trên máy chủ"),
    "command-enable": N_("Mở tài khoản trên máy chủ"),
    "command-reset-second-factor": N_("Xoá bước hai trên máy chủ"),
}
RESULTS = {
    DONE: N_("xong"),
    "wrong-password": N_("sai mật khẩu"),
    "wrong-code": N_("sai mã"),
    "refused": N_("bị từ chối"),
    "last-administrator": N_("quản trị cuối cùng"),
    "no-role": N_("không có vai trò"),
    "no-province": N_("tỉnh không còn trong cấu hình"),
    "disabled": N_("tài khoản bị khoá"),
}

pages = Blueprint("audit", __name__)


class Shown(Struct, frozen=True):
    """One line as the page shows it."""

    at: datetime
    who: str
    deed: str
    about: str
    result: str
    good: bool


@pages.get("/accounts/audit")
@allowed(Right.ACCOUNTS)
def page() -> str:
    """One page of the log; ``check=1`` goes through its chain."""
    wanted = _wanted()
    before = request.args.get("before", "")
    start = int(before) if re.fullmatch(r"[0-9]{1,15}", before) else FOR_EVER
    found = lines(doors().data, wanted, before=start, limit=PAGE + 1)
    return render_template(
        "audit.html",
        lines=[_shown(line) for line in found[:PAGE]],
        older=found[PAGE - 1].seq if len(found) > PAGE else 0,
        newest=start == FOR_EVER,
        people=accounts_of(doors().data, viewer().scope.province.id),
        deeds=DEEDS,
        asked={key: request.args.get(key, "")[:80] for key in ("who", "deed", "day")},
        chain=_chain() if request.args.get("check") else None,
    )


@pages.get("/accounts/audit.csv")
@allowed(Right.ACCOUNTS)
def download() -> ResponseReturnValue:
    """Every line that the filter lets through, newest first, as CSV in UTF-8 with the mark that Excel needs."""
    note("export-audit")
    headers = {"Content-Disposition": 'attachment; filename="moiso-audit.csv"', "Cache-Control": "no-store"}
    data, wanted = doors().data, _wanted()

    def body() -> Iterator[bytes]:
        yield "\ufeff".encode() + _rows([COLUMNS])
        before = FOR_EVER
        while found := lines(data, wanted, before=before, limit=CHUNK):
            yield _rows([_cells(line) for line in found])
            before = found[-1].seq

    return Response(body(), content_type="text/csv; charset=utf-8", headers=headers)


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula. Source: OWASP, CSV Injection.

    >>> safe_cell("=1+1"), safe_cell("lan")
    ("'=1+1", 'lan')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _cells(line: Line) -> tuple[str, ...]:
    at = datetime.fromtimestamp(line.at_ms / 1000, UTC)
    texts = (line.who, line.deed, line.about, line.result, line.hash)
    return str(line.seq), f"{at:%Y-%m-%dT%H:%M:%S}.{line.at_ms % 1000:03}Z", *map(safe_cell, texts)


def _rows(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _shown(line: Line) -> Shown:
    return Shown(
        local_time(line.at_ms, TIME_ZONE),
        line.who,
        say(DEEDS.get(line.deed, line.deed)),
        line.about,
        say(RESULTS.get(line.result, line.result)),
        line.result == DONE,
    )


def _wanted() -> Wanted:
    """Lines of nobody's province, such as a login under an unknown name, are the first province's to see."""
    mine = viewer().scope.province.id
    provinces = (mine, "") if mine == next(iter(doors().provinces)) else (mine,)
    who, deed = request.args.get("who", "")[:80], request.args.get("deed", "")[:80]
    try:
        day = date.fromisoformat(request.args.get("day", ""))
        first = local_midnight_ms(day)
        return Wanted(provinces, who, deed, first, local_midnight_ms(day + timedelta(days=1)))
    except (ValueError, OverflowError):
        return Wanted(provinces, who, deed)


def local_midnight_ms(day: date) -> int:
    """When this day begins in Vietnam, which has no summer time."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) - 7 * 3_600_000


def _chain() -> tuple[bool, str]:
    """Whether the chain holds, and the last line's hash or the number of the first line that is wrong."""
    try:
        last = verify(doors().data)
    except Broken as broken:
        return False, str(broken.seq)
    return True, last.hash if last else ""
